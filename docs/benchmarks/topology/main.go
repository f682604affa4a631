//go:build unix

// Command topology times the host's homology beside Ripser and GUDHI, on the same inputs by turns, and prints the table
// of docs/benchmarks/topology.md:
//
//	taskset -c 0 go run ./docs/benchmarks/topology --ripser DIR --python PYTHON
//
// DIR holds ripser.cpp of release 1.2.1, which is compiled here with -O3 -DNDEBUG; PYTHON has the packages gudhi and
// numpy. All figures are the fastest run's processor time on one thread, so that other jobs disturb them little.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"reta/shared/topology"
)

var (
	sources = flag.String("sources", "docs/benchmarks/topology/peers", "folder of ripser_timer.cpp and gudhi_timer.py")
	ripser  = flag.String("ripser", "", "folder of ripser.cpp")
	python  = flag.String("python", "python3", "interpreter with the packages gudhi and numpy")
	rounds  = flag.Int("rounds", 3, "turns of each peer")
	seconds = flag.Float64("seconds", 0.5, "of each turn")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	if *ripser == "" {
		log.Fatal("topology: --ripser is missing: the folder of ripser.cpp")
	}
	runtime.GOMAXPROCS(1)
	os.Setenv("OMP_NUM_THREADS", "1")
	dir, err := os.MkdirTemp("", "topology")
	check(err)
	defer os.RemoveAll(dir)
	timer := filepath.Join(dir, "ripser_timer")
	source := filepath.Join(*sources, "ripser_timer.cpp")
	command("c++", "-std=c++11", "-O3", "-DNDEBUG", "-w", "-I", *ripser, source, "-o", timer)
	fmt.Println("GUDHI", string(command(*python, filepath.Join(*sources, "gudhi_timer.py"), "version")))
	fmt.Println("| n | complex | edges | H1 bars | reta | sorted | from the matrix | Ripser | GUDHI | faster peer / reta |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, n := range []int{50, 100, 200, 400, 800} {
		d, err := clusters(n, 512, 5, 7).Distances()
		check(err)
		for _, k := range []int{10, 15, 20} {
			knn(filepath.Join(dir, "edges"), timer, d, k)
		}
		full(filepath.Join(dir, "lower"), timer, d)
	}
}

// knn prints the row of a mutual k-NN graph.
func knn(path, timer string, d topology.Distances, k int) {
	g := topology.MutualKNN(d, k)
	shuffled := slices.Clone(g.Edges)
	rand.New(rand.NewPCG(1, 0)).Shuffle(len(shuffled), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	write(path, func(w *bufio.Writer) {
		for _, e := range shuffled {
			fmt.Fprintln(w, e.I, e.J, e.Weight)
		}
	})
	edges := make([]topology.Edge, len(shuffled))
	var r row
	for range *rounds {
		r.reta.least(fastest(func() {
			copy(edges, shuffled)
			g, err := topology.NewGraph(d.N, edges)
			check(err)
			topology.Persistence(g)
		}))
		r.sorted.least(fastest(func() { topology.Persistence(g) }))
		r.matrix.least(fastest(func() { topology.Persistence(topology.MutualKNN(d, k)) }))
		r.ripser.peer(timer, "sparse", path)
		r.gudhi.peer(*python, filepath.Join(*sources, "gudhi_timer.py"), "sparse", path)
	}
	r.print(fmt.Sprintf("k = %d", k), g)
}

// full prints the row of the whole Vietoris-Rips complex. GUDHI is left out above 200 points, where it takes seconds.
func full(path, timer string, d topology.Distances) {
	rips := func() *topology.Graph { return topology.Rips(d, topology.EnclosingRadius(d)) }
	g := rips()
	write(path, func(w *bufio.Writer) {
		for i := range d.N {
			for _, v := range d.Row(i)[:i] {
				fmt.Fprintf(w, "%v,", v)
			}
			fmt.Fprintln(w)
		}
	})
	var r row
	for range *rounds {
		r.reta.least(fastest(func() { topology.Persistence(rips()) }))
		r.sorted.least(fastest(func() { topology.Persistence(g) }))
		r.ripser.peer(timer, "matrix", path)
		if d.N <= 200 {
			r.gudhi.peer(*python, filepath.Join(*sources, "gudhi_timer.py"), "matrix", path)
		}
	}
	r.matrix = r.reta
	r.print("full", g)
}

// row is the figures of one case.
type row struct{ reta, sorted, matrix, ripser, gudhi figure }

func (r *row) print(complex string, g *topology.Graph) {
	peer := r.ripser.microseconds
	if r.gudhi.microseconds > 0 {
		peer = min(peer, r.gudhi.microseconds)
	}
	bars := len(topology.Persistence(g).Bars[1])
	fmt.Printf("| %d | %s | %d | %s | %.1f | %.1f | %.1f | %.1f | %s | %.1f |\n", g.N, complex, len(g.Edges),
		r.bars(bars), r.reta.microseconds, r.sorted.microseconds, r.matrix.microseconds, r.ripser.microseconds,
		r.gudhi, peer/r.reta.microseconds)
}

// bars prints the number of loops, and the peers' where they differ.
func (r *row) bars(n int) string {
	text := fmt.Sprint(n)
	if r.ripser.bars != n {
		text += fmt.Sprintf(" (Ripser %d)", r.ripser.bars)
	}
	if r.gudhi.microseconds > 0 && r.gudhi.bars != n {
		text += fmt.Sprintf(" (GUDHI %d)", r.gudhi.bars)
	}
	return text
}

// figure is the fastest run so far; 0 stands for none.
type figure struct {
	microseconds float64
	bars         int
}

func (f figure) String() string {
	if f.microseconds == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", f.microseconds)
}

func (f *figure) least(microseconds float64) {
	if f.microseconds == 0 || microseconds < f.microseconds {
		f.microseconds = microseconds
	}
}

// peer runs a timer, which prints the microseconds and the number of bars.
func (f *figure) peer(name string, args ...string) {
	out := command(name, append(args, fmt.Sprint(*seconds))...)
	var microseconds float64
	_, err := fmt.Sscan(string(out), &microseconds, &f.bars)
	check(err)
	f.least(microseconds)
}

// fastest returns the microseconds of the fastest run, or of the mean over the fastest batch of short ones.
func fastest(run func()) float64 {
	start := processor()
	run()
	batch := 1 + int(200/(processor()-start+1))
	best := math.Inf(1)
	for end := processor() + 1e6**seconds; processor() < end; {
		start := processor()
		for range batch {
			run()
		}
		best = min(best, (processor()-start)/float64(batch))
	}
	return best
}

// processor returns the microseconds this process has used.
func processor() float64 {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

// clusters draws n points of dim coordinates around m centres: what features of a class look like.
func clusters(n, dim, m int, seed uint64) topology.Cloud {
	rng := rand.New(rand.NewPCG(seed, 0))
	centres := make([]float64, m*dim)
	for i := range centres {
		centres[i] = rng.NormFloat64()
	}
	x := make([]float32, n*dim)
	for i := range x {
		x[i] = float32(centres[i/dim%m*dim+i%dim]*0.5 + rng.NormFloat64())
	}
	c, err := topology.NewCloud(x, n, dim)
	check(err)
	return c
}

func write(path string, lines func(w *bufio.Writer)) {
	f, err := os.Create(path)
	check(err)
	w := bufio.NewWriter(f)
	lines(w)
	check(w.Flush())
	check(f.Close())
}

func command(name string, args ...string) []byte {
	c := exec.Command(name, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		log.Fatalf("topology: %s: %v", name, err)
	}
	return out
}

func check(err error) {
	if err != nil {
		log.Fatalf("topology: %v", err)
	}
}
