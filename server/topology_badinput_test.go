package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/pointfile"
	"reta/shared/topology"
)

// What a user of server topology may get wrong, all that is said about it, and the exit code. FILE in a command or a
// message is the case's file, DIR its folder.
func TestTopologyBadInput(t *testing.T) {
	square := "0,0\n1,0\n1,1\n0,1\n"
	for _, c := range []struct {
		name    string
		command string // words between blanks, behind topology
		ending  string // of the file's name
		content string
		code    int
		want    string // the whole message
	}{
		{"no file", "", "", "", 2, `FILE is missing: want points, distances or edges, or - for standard input; see server topology --help`},
		{"two files", "a b", "", "", 2, `"b" is one word too many: want one FILE, and the other behind --compare; see server topology --help`},
		{"missing file", "DIR/none.csv", "", "", 3, `open DIR/none.csv: no such file or directory: want a file of points, distances or edges, or - for standard input`},
		{"folder", "DIR", "", "", 3, `DIR is a folder: want a file of points, distances or edges, or - for standard input`},

		{"no neighbours", "FILE --k 0", ".csv", square, 2, `--k 0: want 1 to 1048576`},
		{"no number", "FILE --k ten", ".csv", square, 2, `--k "ten": want a whole number; see server topology --help`},
		{"negative neighbours", "FILE --k -1", ".csv", square, 2, `--k -1: want 1 to 1048576`},
		{"neighbours of all pairs", "FILE --vr --k 3", ".csv", square, 2, `--vr and --k do not go together: want one of them`},
		{"two forms", "FILE --json --csv", ".csv", square, 2, `--json and --csv do not go together: want one of them`},
		{"bars of a document", "FILE --json --bars 3", ".csv", square, 2, `--json and --bars do not go together: want one of them`},
		{"no cutoff", "FILE --cutoff 0", ".csv", square, 2, `--cutoff 0: want a distance of more than 0`},
		{"infinite cutoff", "FILE --cutoff Inf", ".csv", square, 2, `--cutoff +Inf: want a distance of more than 0`},
		{"no steps", "FILE --betti --steps 0", ".csv", square, 2, `--steps 0: want 1 to 1000000`},
		{"steps of nothing", "FILE --steps 8", ".csv", square, 2, `--steps is about --betti or --json: give that too, or drop it`},
		{"bandwidth of nothing", "FILE --sigma 0.1", ".csv", square, 2, `--sigma is about --image or --compare: give that too, or drop it`},
		{"no bandwidth", "FILE --image DIR/a.png --sigma NaN", ".csv", square, 2, `--sigma NaN: want 0.001 to 10`},
		{"pixels past memory", "FILE --image DIR/a.npy --grid 100000", ".csv", square, 2, `--grid 100000: want 1 to 1024`},
		{"gamma of nothing", "FILE --gamma 2", ".csv", square, 2, `--gamma is about --compare: give that too, or drop it`},
		{"union of nothing", "FILE --union", ".csv", square, 2, `--union is about --compare: give that too, or drop it`},
		{"seed of nothing", "FILE --seed 2", ".csv", square, 2, `--seed is about --sample: give that too, or drop it`},
		{"empty sample", "FILE --sample 0", ".csv", square, 2, `--sample 0: want 1 to 2147483647`},
		{"unknown format", "FILE --format xlsx", ".csv", square, 2, `--format "xlsx": want points, csv, npy, off, distances, lower-distance, upper-distance, sparse or json`},
		{"format of another kind", "FILE --format npy", ".csv", square, 3, `FILE, as npy: it begins with 30 2c 30 0a 31 2c: want the mark of NumPy's .npy files, 93 4e 55 4d 50 59`},
		{"array as text", "FILE --format csv", ".npy", string(pointfile.AppendNPY(nil, []float64{1, 2}, 2)), 3, `FILE, as csv: it begins with a NumPy array: want rows of text; choose another format or name`},
		{"mesh by another name", "FILE", ".csv", "OFF\n1 0 0\n0 0 0\n", 3, `FILE, as csv: it begins with an OFF header: want rows of text; choose another format or name`},
		{"cut mesh", "FILE", ".off", "OFF\n9 0 0\n0 0 0\n", 3, `FILE, as off: 1 of 9 vertices: the file is cut short`},
		{"distances not symmetric", "FILE --format distances", ".csv", "0,1\n2,0\n", 3, `FILE, as distances: line 2, column 1: distance 2, but 1 at line 1, column 2: want a symmetric matrix`},
		{"points as distances", "FILE --format distances", ".csv", square, 3, `FILE, as distances: 4 rows of 2 numbers: want a square matrix of distances`},
		{"points of distances", "FILE --points 9", ".distance_matrix", "0 1\n1 0\n", 2, `--points is about edges, FILE holds distances: drop it`},
		{"compare distances", "FILE --compare DIR/line.csv", ".distance_matrix", "0 1\n1 0\n", 2, `--compare is about points, FILE holds distances: want points in both files`},
		{"format twice", "FILE --format csv --graph", ".csv", square, 2, `--graph and --format do not go together: want one of them`},
		{"picture of another kind", "FILE --image DIR/a.jpg", ".csv", square, 2, `--image DIR/a.jpg: want a name that ends in .npy or .png`},
		{"picture over the points", "FILE --image FILE", ".npy", "", 2, `--image FILE would write over FILE: want another name`},
		{"picture nowhere", "FILE --image DIR/no/a.png", ".csv", square, 5,
			`--image DIR/no/a.png: no such file or directory: want a file in a folder that exists and that this user may write`},
		{"points of points", "FILE --points 9", ".csv", square, 2, `--points is about edges, FILE holds points: drop it`},
		{"neighbours of a graph", "FILE --k 3", ".edges", "0 1 1\n", 2, `--k is about points or distances, FILE holds edges: drop it`},
		{"all pairs of a graph", "FILE --vr", ".json", `{"edges": [[0,1,1]]}`, 2, `--vr is about points or distances, FILE holds edges: drop it`},
		{"sample of a graph", "FILE --sample 3", ".graph", "0 1 1\n", 2, `--sample is about points or distances, FILE holds edges: drop it`},
		{"fewer points than named", "FILE --points 2", ".edges", "0 5 1\n", 2, `--points 2: FILE names point 5: want 6 or more`},

		{"compare all pairs", "FILE --compare FILE --vr", ".csv", square, 2, `--compare and --vr do not go together: want one of them`},
		{"compare with edges", "FILE --compare DIR/e.edges", ".csv", square, 2, `--compare is about points, DIR/e.edges holds edges: want points in both files`},
		{"compare edges", "DIR/e.edges --compare FILE", ".csv", square, 2, `--compare is about points, DIR/e.edges holds edges: want points in both files`},
		{"compare other dimensions", "FILE --compare DIR/line.csv", ".csv", square, 3,
			`DIR/line.csv: synthetic points: 1 coordinates, the real points have 2: want the same feature layer`},
		{"compare with nothing", "FILE --compare DIR/none.csv", ".csv", square, 3,
			`open DIR/none.csv: no such file or directory: want a file of points, distances or edges, or - for standard input`},
		{"compare with so many points", "FILE --compare FILE --points 9", ".csv", square, 2, `--compare and --points do not go together: want one of them`},
		{"compare standard input with itself", "- --compare -", "", "", 2, `FILE and --compare both read standard input: want a file for one of them`},

		{"empty", "FILE", ".csv", "", 3, `FILE, as csv: there is no point in it: want a line of numbers for each`},
		{"empty standard input", "-", "", "", 3, `standard input, as csv: there is no point in it: want a line of numbers for each`},
		{"not a number", "FILE", ".csv", "x,y\n1,nan\n", 3, `FILE, as csv: line 2, column 2: NaN: want a finite number`},
		{"ragged", "FILE", ".txt", "1 2\n3\n", 3, `FILE, as csv: line 2 has 1 column, line 1 has 2: want as many in every line`},
		{"a program", "FILE", "", "\x7fELF\x02\x01\x01\x00", 3, `FILE, as csv: no text: byte 7 is 0; want lines of numbers`},
		{"points as edges", "FILE --graph", ".csv", square, 3, `FILE, as sparse: line 1 has 2 columns: want three, i j weight`},
		{"edge twice", "FILE", ".edges", "0 1 1\n1 0 2\n", 3,
			`FILE, as sparse: line 2: points 0 and 1 are joined already, by line 1: want each pair once, in one direction`},
		{"text as an array", "FILE", ".npy", "1,2\n3,4\n", 3, `FILE, as npy: it begins with 31 2c 32 0a 33 2c: want the mark of NumPy's .npy files, 93 4e 55 4d 50 59`},
		{"packed arrays", "FILE", ".npz", "PK\x03\x04\x00", 3, `FILE, as npy: it is a zip, as .npz files are: unpack it and take one of the .npy files inside`},
		{"short array", "FILE", ".npy", string(pointfile.AppendNPY(nil, []float64{1, 2}, 9, 9)), 3,
			`FILE, as npy: 16 bytes behind the header, shape (9, 9,) of f8 wants 9 x 9 x 8: the file is damaged`},
		{"too far apart", "FILE", ".csv", "1e200\n-1e200\n", 3, `FILE: distances: points 0 and 1 are too far apart for float64: scale the coordinates down`},

		{"too many points", "FILE", ".csv", strings.Repeat("1 2\n", 50000), 3,
			`FILE: 50000 points need about 52 MiB of memory and 43 s of one core: --sample 2000 takes as many of them at random, --force tries it anyway`},
		{"too many pairs", "FILE --vr", ".csv", strings.Repeat("1 2\n", 6000), 3,
			`FILE: 6000 points need about 1.01 GiB of memory and 14 s of one core: --sample 2000 takes as many of them at random, --force tries it anyway`},
		{"past the matrix", "FILE --vr --force", ".csv", strings.Repeat("1 2\n", 17000), 3,
			`FILE: 17000 points: want at most 16384: --sample 2000 takes as many of them at random`},
		{"too many to compare", "FILE --compare FILE", ".csv", strings.Repeat("1 2\n", 20000), 3,
			`FILE: 20000 points need about 21 MiB of memory and 63 s of one core: --sample 2000 takes as many of them at random, --force tries it anyway`},
		{"too many vertices", "FILE", ".edges", "0 2000000 1\n", 3,
			`FILE: 2000001 points: want at most 1048576: leave out the points that matter least`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "input"+c.ending)
			writeFile(t, file, []byte(c.content))
			writeFile(t, filepath.Join(dir, "e.edges"), []byte("0 1 1\n"))
			writeFile(t, filepath.Join(dir, "line.csv"), []byte("1\n2\n"))
			words := strings.Fields(strings.NewReplacer("FILE", file, "DIR", dir).Replace(c.command))
			root := command(run.NewGate())
			var out bytes.Buffer
			root.SetArgs(append([]string{"topology"}, words...))
			root.SetIn(strings.NewReader(""))
			root.SetOut(&out)
			root.SetErr(&out)
			err := root.ExecuteContext(t.Context())
			if err == nil {
				t.Fatalf("no error; it printed\n%s", out.Bytes())
			}
			text := strings.NewReplacer(file, "FILE", dir, "DIR").Replace(err.Error() + remedy(err))
			if want := c.want; text != want {
				t.Errorf("says\n  %s\nwant\n  %s", text, want)
			}
			if got := exitCode(err); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if left, _ := os.ReadDir(dir); len(left) != 3 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// The estimate grows with every cause, and its words are round. Whatever is affordable fits what is accepted.
func TestTopologyCost(t *testing.T) {
	cost := func(n, dim, k int, vr bool) topology.Cost {
		f := topologyFlags{vr: vr}
		f.options.K = k
		c, _ := f.cost(n, dim)
		return c
	}
	least := cost(1000, 16, 10, false)
	for _, c := range []topology.Cost{cost(2000, 16, 10, false), cost(1000, 512, 10, false), cost(1000, 16, 20, false), cost(1000, 16, 10, true)} {
		if c.Bytes < least.Bytes || c.Seconds <= least.Seconds {
			t.Errorf("%+v is no more than %+v", c, least)
		}
	}
	// a graph of all pairs of 1600 points with random weights takes 59 s and 725 MB, of 800 points 1.4 s and 130 MB
	for n, want := range map[int]topology.Cost{1600: {Bytes: 725e6, Seconds: 59}, 800: {Bytes: 130e6, Seconds: 1.4}} {
		var edges []topology.Edge
		for j := range int32(n) {
			for i := range j {
				edges = append(edges, topology.Edge{I: i, J: j, Weight: 1})
			}
		}
		g, err := topology.NewGraph(n, edges)
		if err != nil {
			t.Fatal(err)
		}
		pairs := float64(n) * float64(n-1) / 2
		if most := g.MostTriangles(); math.Abs(most/(pairs*float64(n-2)/3)-1) > 1e-9 {
			t.Errorf("%d points have %v triangles at most, want %v", n, most, pairs*float64(n-2)/3)
		}
		c := topology.CostGraph(n, len(edges), g.MostTriangles())
		if b, s := c.Bytes/want.Bytes, c.Seconds/want.Seconds; b < 0.5 || b > 2 || s < 0.5 || s > 2 {
			t.Errorf("%d points: estimate %+v, want about %+v", n, c, want)
		}
	}
	var f topologyFlags
	if err := f.affordable("x", 10_000, topology.MaxPoints, cost(10_000, 2, 15, false), ""); err != nil {
		t.Error(err)
	}
	for s, want := range map[float64]string{0.2: "1 s", 90: "90 s", 150: "2 min", 7201: "2 h", 1e6: "12 days"} {
		if got := inWords(s); got != want {
			t.Errorf("%v s is %q, want %q", s, got, want)
		}
	}
	f.force = true
	if got := fmt.Sprint(f.affordable("x", 5000, 4096, topology.Cost{Bytes: 1e12, Seconds: 1e12}, "take fewer")); got != "x: 5000 points: want at most 4096: take fewer" {
		t.Error(got)
	}
}
