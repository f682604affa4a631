package topology_test

import (
	"cmp"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"reta/shared/testdata"
	"reta/shared/topology"
)

type cloudMeta struct {
	N, Dim, K  int
	EpsMax     float64  `json:"eps_max"`
	KnnMargin  *float64 `json:"knn_margin"`
	MinEdgeGap float64  `json:"min_edge_gap_rel"`
	Sigmas     []float64
	Triangles  int
	Components int
}

func readCloud(t testing.TB, path string) topology.Cloud {
	t.Helper()
	x, shape := npy[float32](t, path)
	c, err := topology.NewCloud(x, shape[0], shape[1])
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return c
}

func distances(t testing.TB, c topology.Cloud) topology.Distances {
	t.Helper()
	d, err := c.Distances()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every cloud: graph, diagrams with critical edges, Betti curves and images against GUDHI, Ripser and numpy, within
// the float64 tolerances stated with the fixtures.
func TestFixtureClouds(t *testing.T) {
	for _, dir := range folders(t, testdata.Dir(t, "fixtures", "topology", "clouds")) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var meta cloudMeta
			readJSON(t, filepath.Join(dir, "meta.json"), &meta)
			cloud := readCloud(t, filepath.Join(dir, "points.npy"))
			d := distances(t, cloud)
			g := topology.MutualKNN(d, meta.K)
			h := topology.Persistence(g)
			checkGraph(t, dir, g)
			checkTriangles(t, g, meta.Triangles)
			checkDiagram(t, dir, meta, h, 1e-12*meta.EpsMax)
			checkBetti(t, dir, h)
			checkImages(t, dir, meta, h)
			checkRips(t, dir, d)
			checkFloat32(t, dir, meta, cloud)
		})
	}
}

func checkGraph(t *testing.T, dir string, g *topology.Graph) {
	t.Helper()
	want := fixtureGraph(t, dir)
	if len(g.Edges) != len(want.Edges) {
		t.Fatalf("%d edges, want %d", len(g.Edges), len(want.Edges))
	}
	for i, w := range want.Edges {
		e := g.Edges[i]
		if e.I != w.I || e.J != w.J || math.Abs(e.Weight-w.Weight) > 1e-12*w.Weight {
			t.Fatalf("edge %d is %+v, want %+v", i, e, w)
		}
	}
}

func fixtureGraph(t testing.TB, dir string) *topology.Graph {
	t.Helper()
	var file struct {
		N     int
		Edges [][3]float64
	}
	readJSON(t, filepath.Join(dir, "graph.json"), &file)
	g := &topology.Graph{N: file.N}
	for _, e := range file.Edges {
		g.Edges = append(g.Edges, topology.Edge{I: int32(e[0]), J: int32(e[1]), Weight: e[2]})
	}
	return g
}

func checkTriangles(t *testing.T, g *topology.Graph, want int) {
	t.Helper()
	list, complete := g.Triangles(math.Inf(1), -1)
	if len(list) != want || !complete {
		t.Errorf("%d triangles, want %d", len(list), want)
	}
}

type diagramFile struct {
	Mutual struct {
		H0 struct {
			Finite    [][4]float64
			Essential int
		}
		H1 struct {
			Finite    [][6]float64
			Essential [][3]float64
		}
	} `json:"flag_complex_of_mutual_knn_graph"`
	Rips *struct {
		Tool      string
		Threshold float64
		H0, H1    struct {
			Finite    [][2]float64
			Essential []float64
		}
	} `json:"full_vietoris_rips"`
}

// flat is a bar with its critical edges written out: birth, death, birth edge i j, death edge i j.
type flat [6]float64

func flatten(h *topology.Homology, q int) []flat {
	var list []flat
	for _, b := range h.Bars[q] {
		f := flat{b.Birth, b.Death, -1, -1, -1, -1}
		if b.BirthEdge >= 0 {
			f[2], f[3] = float64(h.Graph.Edges[b.BirthEdge].I), float64(h.Graph.Edges[b.BirthEdge].J)
		}
		if b.DeathEdge >= 0 {
			f[4], f[5] = float64(h.Graph.Edges[b.DeathEdge].I), float64(h.Graph.Edges[b.DeathEdge].J)
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b flat) int { return slices.Compare(a[:], b[:]) })
	return list
}

func checkDiagram(t *testing.T, dir string, meta cloudMeta, h *topology.Homology, tol float64) {
	t.Helper()
	var file diagramFile
	readJSON(t, filepath.Join(dir, "diagrams.json"), &file)
	inf := math.Inf(1)
	var want [2][]flat
	for _, b := range file.Mutual.H0.Finite {
		want[0] = append(want[0], flat{b[0], b[1], -1, -1, b[2], b[3]})
	}
	for range file.Mutual.H0.Essential {
		want[0] = append(want[0], flat{0, inf, -1, -1, -1, -1})
	}
	for _, b := range file.Mutual.H1.Finite {
		want[1] = append(want[1], flat(b))
	}
	for _, b := range file.Mutual.H1.Essential {
		want[1] = append(want[1], flat{b[0], inf, b[1], b[2], -1, -1})
	}
	for q := range want {
		slices.SortFunc(want[q], func(a, b flat) int { return slices.Compare(a[:], b[:]) })
		got := flatten(h, q)
		if len(got) != len(want[q]) {
			t.Fatalf("H%d has %d bars, want %d", q, len(got), len(want[q]))
		}
		for i, w := range want[q] {
			g := got[i]
			if !near(g[0], w[0], tol) || !near(g[1], w[1], tol) || [4]float64(g[2:]) != [4]float64(w[2:]) {
				t.Fatalf("H%d bar %d is %v, want %v", q, i, g, w)
			}
		}
	}
	// and exactly equal from the stored weights
	stored := topology.Persistence(fixtureGraph(t, dir))
	for q := range want {
		if got := flatten(stored, q); !slices.Equal(got, want[q]) {
			t.Errorf("H%d from graph.json is %v, want exactly %v", q, got, want[q])
		}
	}
}

func near(a, b, tol float64) bool { return a == b || math.Abs(a-b) <= tol }

func checkBetti(t *testing.T, dir string, h *topology.Homology) {
	t.Helper()
	var file struct {
		EpsMax float64 `json:"eps_max"`
		Steps  int
		B0, B1 []int
	}
	readJSON(t, filepath.Join(dir, "betti.json"), &file)
	for q, want := range [2][]int{file.B0, file.B1} {
		if got := topology.BettiCurve(h.Bars[q], file.EpsMax, file.Steps); !slices.Equal(got, want) {
			t.Errorf("Betti curve %d is %v, want %v", q, got, want)
		}
	}
}

var tags = []string{"s05", "s20"}

func checkImages(t *testing.T, dir string, meta cloudMeta, h *topology.Homology) {
	t.Helper()
	for s, tag := range tags {
		want, _ := npy[float64](t, filepath.Join(dir, "pi_"+tag+".npy"))
		im := topology.Imager{Grid: 32, Sigma: meta.Sigmas[s], EpsMax: meta.EpsMax, Exponent: 1}
		for q := range 2 {
			worst, largest := compare(im.Image(h.Bars[q]), want[q*1024:][:1024])
			if worst > 1e-10*max(1, largest) {
				t.Errorf("image %s of H%d is off by %g", tag, q, worst)
			}
		}
	}
}

// compare returns the largest difference and the largest value of want.
func compare(got, want []float64) (worst, largest float64) {
	for i, w := range want {
		worst, largest = max(worst, math.Abs(got[i]-w)), max(largest, math.Abs(w))
	}
	return worst, largest
}

// checkRips compares the full Vietoris-Rips diagram. Ripser works in float32 and prints six digits.
func checkRips(t *testing.T, dir string, d topology.Distances) {
	t.Helper()
	var file diagramFile
	readJSON(t, filepath.Join(dir, "diagrams.json"), &file)
	if file.Rips == nil {
		return
	}
	cut := topology.EnclosingRadius(d)
	tol := 1e-5 * file.Rips.Threshold
	if !near(cut, file.Rips.Threshold, tol) {
		t.Errorf("enclosing radius %v, want %v", cut, file.Rips.Threshold)
	}
	h := topology.Persistence(topology.Rips(d, cut))
	for q, want := range [2][][2]float64{file.Rips.H0.Finite, file.Rips.H1.Finite} {
		long := func(bars [][2]float64) [][2]float64 { // bars as short as the tolerance may be missing
			list := slices.DeleteFunc(slices.Clone(bars), func(b [2]float64) bool { return b[1]-b[0] < 4*tol })
			slices.SortFunc(list, func(a, b [2]float64) int {
				return cmp.Or(cmp.Compare(a[1]-a[0], b[1]-b[0]), cmp.Compare(a[0], b[0]))
			})
			return list
		}
		var got [][2]float64
		for _, b := range h.Bars[q] {
			if !b.Essential() {
				got = append(got, [2]float64{b.Birth, b.Death})
			}
		}
		g, w := long(got), long(want)
		if d := len(g) - len(w); d < -2 || d > 2 { // at the threshold of length itself
			t.Fatalf("Vietoris-Rips H%d has %d bars, want %d", q, len(g), len(w))
		}
		for _, b := range w {
			if !slices.ContainsFunc(got, func(a [2]float64) bool { return near(a[0], b[0], 2*tol) && near(a[1], b[1], 2*tol) }) {
				t.Errorf("Vietoris-Rips H%d lacks the bar %v", q, b)
			}
		}
	}
}

// checkFloat32 rounds the weights to float32, as a device makes them: each bar moves by rounding only.
func checkFloat32(t *testing.T, dir string, meta cloudMeta, c topology.Cloud) {
	t.Helper()
	g := fixtureGraph(t, dir)
	exact := topology.Persistence(g)
	edges := slices.Clone(g.Edges)
	for i := range edges {
		edges[i].Weight = float64(float32(edges[i].Weight))
	}
	rounded, err := topology.NewGraph(g.N, edges)
	if err != nil {
		t.Fatal(err)
	}
	if meta.MinEdgeGap < 1e-6 {
		return // rounding may reorder edges
	}
	h := topology.Persistence(rounded)
	for q := range 2 {
		a, b := flatten(exact, q), flatten(h, q)
		if len(a) != len(b) {
			t.Fatalf("H%d from float32 weights has %d bars, want %d", q, len(b), len(a))
		}
		for i := range a {
			if !near(a[i][0], b[i][0], 3e-7*meta.EpsMax) || !near(a[i][1], b[i][1], 3e-7*meta.EpsMax) {
				t.Errorf("H%d from float32 weights: %v, want %v", q, b[i], a[i])
			}
		}
	}
}
