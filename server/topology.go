package main

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"reta/shared/pointfile"
	"reta/shared/topology"
)

// topologyFlags are all that the topology command takes.
type topologyFlags struct {
	format  string
	read    pointfile.Format // of --format or --graph, "" to tell it from the file
	graph   bool
	points  int
	sample  int
	seed    uint64
	force   bool
	vr      bool
	cutoff  float64
	options topology.Options
	json    bool
	csv     bool
	bars    int
	betti   bool
	steps   int
	image   string
	compare string
	union   bool
}

func topologyCommand() *cobra.Command {
	f := topologyFlags{options: topology.DefaultOptions()}
	f.options.Relative = false
	c := &cobra.Command{
		Use:   "topology FILE",
		Short: "Persistent homology of points, distances or a weighted graph",
		Long: `Topology computes the components (H0) and loops (H1) of a point cloud, a distance matrix or a weighted graph,
with the edges that begin and end each: exactly, in float64, over Z/2, and without a device. Two points are neighbours as in
a run, each among the k nearest of the other; --vr takes all pairs instead. A triangle is filled as soon as
its three edges are there (flag complex). Points are numbered from 0. A bar that never ends is essential; its death is printed as inf.

FILE is - for standard input, or holds one of
  points          a point a line, numbers between commas, semicolons, tabs or blanks        .csv .tsv .txt
                  an array of NumPy of shape (n, dim), float32, float64 or whole numbers    .npy
                  OFF or nOFF, the vertices                                                 .off
  distances       a symmetric n x n matrix, as text or .npy                                 .distance_matrix
  lower-distance  its lower triangle row after row, as Ripser's default and GUDHI's         .lower_distance_matrix
  upper-distance  its upper triangle row after row, as SciPy's pdist                        .upper_distance_matrix
  sparse, edges   an edge a line, "i j weight", as Ripser's sparse format                   .sparse .edges .graph
  json            {"n": 4, "edges": [[0, 1, 0.5], ...]}                                     .json
Other names are recognised by their first bytes; .csv, .tsv and .txt with rows of 1, 2, 3, ... numbers hold a lower triangle.
--format overrules the name; its values csv and npy mean points in that format. A name or format that the first bytes contradict
is an error. Points that look like distances or edges are read as points, with a warning. Lines that begin with # are left out. A line
of names may come first; a first column without a name, or called index or id and counting rows, is left out, with a warning.

--json prints one document: n, dim, k, eps_max and counts; the diagrams, H0 as [0, death, i, j] with the edge that merges
two components, H1 as [birth, death, i, j of the birth edge, i, j of the death edge], essential bars of H0 as their number
(with --vr as their births), of H1 as [birth, i, j]; and the Betti curves at eps_max*i/steps, i = 0..steps.

--image writes the persistence images of H0 and H1 (Eqn 10): with .npy an array (2, grid, grid) of float64, degree, row
along the persistence, column along the birth, both from 0 to eps_max, pixel centres at (i+0.5)/grid; with .png the two
side by side, birth to the right and persistence upwards, each on its own scale, bars as dots.

--compare sets synthetic points FILE2 against the real points FILE: kappa (Eqn 9, how much of the real Betti curve is
lacking, in units of distance), the loss of topology alignment (Eqn 11 as printed, or with --relative divided as in a
run by the size of the real images), whether a descent step on that loss expands or contracts the synthetic set, and the bottleneck distance of the bars up to
eps_max, where essential bars are paired among themselves: infinite (null in JSON) when their numbers differ. With --union the
k nearest neighbours are sought among the points of both, and each set keeps the edges among its own.`,
		Example: `  server topology points.csv
  server topology features.npy --k 10 --image features.png
  server topology ring.csv --vr --json | jq .full_vietoris_rips.h1
  server topology weights.edges --cutoff 0.8 --csv > bars.csv
  server topology d.csv --format distances --vr
  sort -u points.txt | server topology -
  server topology real.npy --compare synthetic.npy --relative`,
		Args: func(c *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return usage("FILE is missing: want points, distances or edges, or - for standard input; see %s --help", c.CommandPath())
			case 1:
				return nil
			}
			return usage("%q is one word too many: want one FILE, and the other behind --compare; see %s --help",
				args[1], c.CommandPath())
		},
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	fs := c.Flags()
	fs.StringVar(&f.format, "format", "", "what FILE holds, see above: points, distances, lower-distance, ... (default: by its name and content)")
	fs.BoolVar(&f.graph, "graph", false, "FILE lists edges, i j weight: --format sparse")
	fs.IntVar(&f.points, "points", 0, "number of points of a list of edges (default: as many as it names)")
	fs.IntVar(&f.sample, "sample", 0, "take this many of the points, at random")
	fs.Uint64Var(&f.seed, "seed", 0, "seed of --sample")
	fs.BoolVar(&f.force, "force", false, "compute whatever it takes")
	fs.IntVar(&f.options.K, "k", f.options.K, "neighbours of a point, mutual; the default is that of a run")
	fs.BoolVar(&f.vr, "vr", false, "all pairs up to the enclosing radius, the full Vietoris-Rips complex")
	fs.Float64Var(&f.cutoff, "cutoff", 0, "leave out longer edges, and take this as eps_max (default: the longest edge)")
	fs.BoolVar(&f.json, "json", false, "print one JSON document")
	fs.BoolVar(&f.csv, "csv", false, "print CSV: a bar a line, with --betti the curves, with --compare a degree a line")
	fs.IntVar(&f.bars, "bars", 20, "bars of each degree to print, longest first; 0 for all (JSON and CSV always hold all)")
	fs.BoolVar(&f.betti, "betti", false, "print the Betti curves too")
	fs.IntVar(&f.steps, "steps", 128, "steps of the Betti curves from 0 to eps_max")
	fs.StringVar(&f.image, "image", "", "write the persistence images to this .npy or .png")
	fs.IntVar(&f.options.Grid, "grid", f.options.Grid, "pixels along a side of the images")
	fs.Float64Var(&f.options.Sigma, "sigma", f.options.Sigma, "bandwidth of the images, in units of eps_max")
	fs.StringVar(&f.compare, "compare", "", "synthetic points to set against the real ones in FILE")
	fs.Float64Var(&f.options.Gamma, "gamma", f.options.Gamma, "weight of H1 in the totals of --compare")
	fs.BoolVar(&f.union, "union", false, "seek neighbours of --compare among the points of both files, as pta.graph union of a run")
	fs.BoolVar(&f.options.Relative, "relative", false, "the loss of --compare on the scale of a run")
	return c
}

// check refuses values out of range and flags that contradict each other or do nothing.
func (f *topologyFlags) check(given func(flag string) bool, file string) error {
	for _, r := range []struct {
		flag          string
		value, lo, hi float64
	}{
		{"k", float64(f.options.K), 1, topology.MaxPoints},
		{"grid", float64(f.options.Grid), 1, 1024},
		{"sigma", f.options.Sigma, 1e-3, 10},
		{"gamma", f.options.Gamma, 0, 1e6},
		{"steps", float64(f.steps), 1, 1e6},
		{"points", float64(f.points), 1, 1 << 24},
		{"sample", float64(f.sample), 1, math.MaxInt32},
		{"bars", float64(f.bars), 0, math.MaxInt32},
	} {
		if given(r.flag) && !(r.value >= r.lo && r.value <= r.hi) {
			text := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
			return usage("--%s %s: want %s to %s", r.flag, text(r.value), text(r.lo), text(r.hi))
		}
	}
	if given("cutoff") && !(f.cutoff > 0 && f.cutoff <= math.MaxFloat64) {
		return usage("--cutoff %v: want a distance of more than 0", f.cutoff)
	}
	for _, pair := range [][2]string{
		{"json", "csv"}, {"json", "bars"}, {"csv", "bars"}, {"vr", "k"},
		{"graph", "format"}, {"graph", "k"}, {"graph", "vr"}, {"graph", "sample"}, {"graph", "compare"},
		{"compare", "vr"}, {"compare", "cutoff"}, {"compare", "betti"}, {"compare", "steps"}, {"compare", "image"},
		{"compare", "bars"}, {"compare", "points"},
	} {
		if given(pair[0]) && given(pair[1]) {
			return usage("--%s and --%s do not go together: want one of them", pair[0], pair[1])
		}
	}
	for _, need := range []struct {
		flag string
		of   []string
	}{
		{"seed", []string{"sample"}}, {"gamma", []string{"compare"}}, {"relative", []string{"compare"}}, {"union", []string{"compare"}},
		{"grid", []string{"image", "compare"}}, {"sigma", []string{"image", "compare"}}, {"steps", []string{"betti", "json"}},
	} {
		if given(need.flag) && !slices.ContainsFunc(need.of, given) {
			return usage("--%s is about --%s: give that too, or drop it", need.flag, strings.Join(need.of, " or --"))
		}
	}
	if given("format") {
		var err error
		if f.read, err = pointfile.ParseFormat(f.format); err != nil {
			return usage("--%w", err)
		}
	} else if f.graph {
		f.read = pointfile.Sparse
	}
	switch {
	case given("image") && !slices.Contains([]string{".npy", ".png"}, strings.ToLower(filepath.Ext(f.image))):
		return usage("--image %s: want a name that ends in .npy or .png", f.image)
	case given("image") && sameFile(f.image, file):
		return usage("--image %s would write over FILE: want another name", f.image)
	case given("compare") && f.compare == "-" && file == "-":
		return usage("FILE and --compare both read standard input: want a file for one of them")
	}
	return nil
}

// sameFile reports whether two names are of one file that is there.
func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// run reads, computes and prints. What a person reads appears as it is known.
func (f *topologyFlags) run(c *cobra.Command, file string) error {
	given := c.Flags().Changed
	if err := f.check(given, file); err != nil {
		return err
	}
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	defer out.Flush()
	in, err := interruptible(c.Context(), func() (*shape, error) { return f.open(c, file) })
	if err != nil {
		return err
	}
	if given("compare") {
		return f.runCompare(c, out, in)
	}
	if in.graph != nil {
		for _, flag := range []string{"k", "vr", "sample"} {
			if given(flag) {
				return usage("--%s is about points or distances, %s holds edges: drop it", flag, in.name)
			}
		}
	} else if given("points") {
		return usage("--points is about edges, %s holds %s: drop it", in.name, in.holds())
	}
	d, err := interruptible(c.Context(), func() (*diagram, error) { return f.filtration(in) })
	if err != nil {
		return err
	}
	if !f.json && !f.csv {
		d.printHead(out)
		out.Flush()
	}
	if _, err = interruptible(c.Context(), func() (any, error) {
		d.compute()
		if given("image") {
			return nil, f.writeImage(d)
		}
		return nil, nil
	}); err != nil {
		return err
	}
	switch {
	case f.json:
		err = d.printJSON(out, f.steps)
	case f.csv && f.betti:
		err = d.printBettiCSV(out, f.steps)
	case f.csv:
		err = d.printCSV(out)
	default:
		d.printBars(out, f.bars)
		if f.betti {
			d.printBetti(out, f.steps)
		}
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// interruptible returns what compute does, or at once the reason why the program is asked to stop.
func interruptible[T any](ctx context.Context, compute func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := compute()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("topology: %w", ctx.Err())
	}
}
