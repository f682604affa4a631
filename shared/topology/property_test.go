package topology_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reta/shared/topology"
)

// lengths returns the sorted (birth, death) pairs of a degree.
func lengths(h *topology.Homology, q int) [][2]float64 {
	var list [][2]float64
	for _, b := range h.Bars[q] {
		list = append(list, [2]float64{b.Birth, b.Death})
	}
	slices.SortFunc(list, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
	return list
}

func mustCloud(t testing.TB, x []float64, n, dim int) topology.Cloud {
	t.Helper()
	c, err := topology.NewCloud(x, n, dim)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pick returns the rows of c in another order, or with repeats.
func pick(t testing.TB, c topology.Cloud, order []int) topology.Cloud {
	t.Helper()
	var x []float64
	for _, i := range order {
		x = append(x, c.Row(i)...)
	}
	return mustCloud(t, x, len(order), c.Dim)
}

// rings draws two noisy circles of n points together: full of loops at small k.
func rings(t testing.TB, n int, seed uint64) topology.Cloud {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	var x []float64
	for i := range n {
		angle, r := rng.Float64()*2*math.Pi, float64(1+2*(i%2))
		x = append(x, r*math.Cos(angle)+0.1*rng.NormFloat64(), r*math.Sin(angle)+0.1*rng.NormFloat64())
	}
	return mustCloud(t, x, n, 2)
}

// grid is a cloud full of ties.
func grid(t testing.TB, side int) topology.Cloud {
	var x []float64
	for i := range side {
		for j := range side {
			x = append(x, float64(i), float64(j))
		}
	}
	return mustCloud(t, x, side*side, 2)
}

// Renumbering the points changes neither the number of edges nor any bar, ties and coincident points included.
func TestRenumberingChangesNothing(t *testing.T) {
	base := clusters(t, 40, 16, 3, 5)
	twice := append(rand.New(rand.NewPCG(1, 1)).Perm(40), 3, 3, 17, 29, 29, 29)
	for name, c := range map[string]topology.Cloud{"clusters": base, "ties": grid(t, 6), "coincident": pick(t, base, twice)} {
		for _, k := range []int{1, 4, 10, 100} {
			g := topology.MutualKNN(distances(t, c), k)
			h := topology.Persistence(g)
			rng := rand.New(rand.NewPCG(uint64(k), 2))
			for range 5 {
				other := topology.MutualKNN(distances(t, pick(t, c, rng.Perm(c.N))), k)
				if len(other.Edges) != len(g.Edges) {
					t.Fatalf("%s, k=%d: %d edges after renumbering, %d before", name, k, len(other.Edges), len(g.Edges))
				}
				for q := range 2 {
					if a, b := lengths(h, q), lengths(topology.Persistence(other), q); !slices.Equal(a, b) {
						t.Fatalf("%s, k=%d: H%d changed from %v to %v", name, k, q, a, b)
					}
				}
			}
		}
	}
}

// The deaths of H0 are the edges of the minimum spanning tree, here by Prim's algorithm on the distances.
func TestH0IsTheMinimumSpanningTree(t *testing.T) {
	c := clusters(t, 60, 8, 4, 9)
	d := distances(t, c)
	var tree []float64
	dist, in := slices.Clone(d.Row(0)), make([]bool, c.N)
	for at := 0; len(tree) < c.N-1; {
		in[at] = true
		next := -1
		for v := range c.N {
			dist[v] = min(dist[v], d.At(at, v))
			if !in[v] && (next < 0 || dist[v] < dist[next]) {
				next = v
			}
		}
		tree, at = append(tree, dist[next]), next
	}
	slices.Sort(tree)
	var deaths []float64
	for _, b := range topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d))).Bars[0] {
		if !b.Essential() {
			deaths = append(deaths, b.Death)
		}
	}
	if !slices.Equal(deaths, tree) {
		t.Errorf("H0 dies at %v, the minimum spanning tree has %v", deaths, tree)
	}
}

// From k = n-1 on the mutual k-NN graph is the full Vietoris-Rips graph.
func TestDenseEqualsSparse(t *testing.T) {
	for _, c := range []topology.Cloud{clusters(t, 30, 5, 2, 3), grid(t, 5)} {
		d := distances(t, c)
		full := topology.Rips(d, math.Inf(1))
		for _, k := range []int{c.N - 1, c.N, 10 * c.N} {
			if g := topology.MutualKNN(d, k); !slices.Equal(g.Edges, full.Edges) {
				t.Errorf("k=%d of %d points differs from the complete graph", k, c.N)
			}
		}
		cone := topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d)))
		whole := topology.Persistence(full)
		for q := range 2 {
			if a, b := lengths(cone, q), lengths(whole, q); !slices.Equal(a, b) {
				t.Errorf("H%d up to the enclosing radius is %v, of all pairs %v", q, a, b)
			}
		}
	}
}

// A power of two scales every distance exactly, so bars, kappa and gradient scale with it and the loss does not move.
func TestScaling(t *testing.T) {
	real, syn := clusters(t, 24, 12, 3, 1), clusters(t, 24, 12, 3, 2)
	scale := func(c topology.Cloud, s float64) topology.Cloud {
		x := slices.Clone(c.X)
		for i := range x {
			x[i] *= s
		}
		return mustCloud(t, x, c.N, c.Dim)
	}
	o := topology.DefaultOptions()
	o.K = 6
	run := func(s float64) (*topology.Target, *topology.Alignment) {
		target, err := topology.NewTarget(o, scale(real, s))
		if err != nil {
			t.Fatal(err)
		}
		a, err := target.Align(scale(syn, s))
		if err != nil {
			t.Fatal(err)
		}
		return target, a
	}
	t1, a1 := run(1)
	t4, a4 := run(4)
	if t4.EpsMax != 4*t1.EpsMax || a4.Total != a1.Total || a4.Kappa.H0 != 4*a1.Kappa.H0 || a1.Total == 0 {
		t.Errorf("scaled by 4: eps_max %v from %v, loss %v from %v, kappa %v from %v",
			t4.EpsMax, t1.EpsMax, a4.Total, a1.Total, a4.Kappa, a1.Kappa)
	}
	for i := range a1.Grad {
		if a4.Grad[i] != a1.Grad[i]/4 {
			t.Fatalf("gradient [%d] is %v, want a quarter of %v", i, a4.Grad[i], a1.Grad[i])
		}
	}
}

// The relative loss of a set with itself is 0, with nothing at all in place of it 1.
func TestRelativeScale(t *testing.T) {
	real := clusters(t, 20, 6, 2, 4)
	target, err := topology.NewTarget(topology.DefaultOptions(), real)
	if err != nil {
		t.Fatal(err)
	}
	same, err := target.Align(real)
	if err != nil || same.Total != 0 {
		t.Errorf("the loss of a set with itself is %v (%v), want 0", same.Total, err)
	}
	flat, err := target.Align(pick(t, real, make([]int, 20))) // every point the same: H0 has one essential bar
	if err != nil || !(flat.Total > 0.5 && flat.Total < 1) {
		t.Errorf("the loss of a collapsed set is %v (%v), want a little under 1", flat.Total, err)
	}
	for i, g := range flat.Grad {
		if g != 0 {
			t.Fatalf("the gradient of a collapsed set is %v at %d, want 0", g, i)
		}
	}
}

// Every representative loop is a cycle whose latest edge is the birth edge. That of a finite bar bounds when the death
// edge has entered and not before; that of an essential bar never does.
func TestLoopsAreCycles(t *testing.T) {
	c := rings(t, 50, 8)
	for _, g := range []*topology.Graph{
		topology.MutualKNN(distances(t, c), 5),
		topology.Rips(distances(t, c), topology.EnclosingRadius(distances(t, c))),
	} {
		h := topology.Persistence(g)
		if len(h.Bars[1]) == 0 {
			t.Fatal("no loop to test")
		}
		for i, b := range h.Bars[1] {
			degree := make([]int, g.N)
			loop := h.Loop(i)
			for _, e := range loop {
				degree[g.Edges[e].I]++
				degree[g.Edges[e].J]++
			}
			for v, d := range degree {
				if d%2 != 0 {
					t.Fatalf("loop %d has %d edges at point %d", i, d, v)
				}
			}
			if len(loop) < 4 || slices.Max(loop) != b.BirthEdge {
				t.Fatalf("loop %d is %v, want at least 4 edges with %d the latest", i, loop, b.BirthEdge)
			}
			if b.Essential() {
				if bounds(g, loop, len(g.Edges)) {
					t.Errorf("loop %d never dies but bounds", i)
				}
			} else if bounds(g, loop, b.DeathEdge-1) || !bounds(g, loop, b.DeathEdge) {
				t.Errorf("loop %d does not begin to bound with edge %d", i, b.DeathEdge)
			}
		}
		if h.Loop(-1) != nil || h.Loop(len(h.Bars[1])) != nil {
			t.Error("a loop out of range is not nil")
		}
	}
}

// kappa is 0 for equal sets and for a wider synthetic set, and grows as the set is pulled together.
func TestKappaMeasuresContraction(t *testing.T) {
	real := clusters(t, 40, 20, 3, 6)
	target, err := topology.NewTarget(topology.DefaultOptions(), real)
	if err != nil {
		t.Fatal(err)
	}
	kappa := func(s float64) float64 {
		x := slices.Clone(real.X)
		for i := range x {
			x[i] *= s
		}
		a, err := target.Align(mustCloud(t, x, real.N, real.Dim))
		if err != nil {
			t.Fatal(err)
		}
		return a.Kappa.H0
	}
	if kappa(1) != 0 || kappa(1.5) != 0 {
		t.Errorf("kappa is %v for the set itself and %v for one 1.5 times as wide, want 0", kappa(1), kappa(1.5))
	}
	if !(kappa(0.9) > 0 && kappa(0.5) > kappa(0.9)) {
		t.Errorf("kappa is %v at 0.9 and %v at 0.5: want growth", kappa(0.9), kappa(0.5))
	}
}

// The gradient descends: a small step against it lowers the loss by what it promises, in both degrees and scalings.
func TestGradientByCentralDifferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 0))
	for _, o := range []topology.Options{
		{K: 7, Grid: 16, Sigma: 0.1, Exponent: 1, Gamma: 30, Margin: 1},
		{K: 12, Grid: 32, Sigma: 0.2, Exponent: 2, Gamma: 5, Margin: 0.9, Relative: true},
		{K: 6, Grid: 24, Sigma: 0.15, Exponent: 1.5, Gamma: 100, Margin: 1.2, DropEssential: true},
		{K: 14, Graph: topology.Union, Grid: 16, Sigma: 0.1, Exponent: 1, Gamma: 30, Margin: 1},
		{K: 20, Graph: topology.Union, Grid: 32, Sigma: 0.2, Exponent: 2, Gamma: 5, Margin: 0.9, Relative: true},
	} {
		target, err := topology.NewTarget(o, rings(t, 70, 31), rings(t, 70, 33))
		if err != nil {
			t.Fatal(err)
		}
		syn := rings(t, 70, 32)
		loss := func(x []float64) float64 {
			a, err := target.Align(mustCloud(t, x, 70, 2))
			if err != nil {
				t.Fatal(err)
			}
			return a.Total
		}
		a, err := target.Align(syn)
		if err != nil || a.Loss[1] == 0 {
			t.Fatalf("loss by degree %v, %v: want loops to test with", a.Loss, err)
		}
		_, size := compare(make([]float64, len(a.Grad)), a.Grad)
		for range 40 {
			i, h := rng.IntN(len(syn.X)), 1e-6
			up, down := slices.Clone(syn.X), slices.Clone(syn.X)
			up[i] += h
			down[i] -= h
			if fd := (loss(up) - loss(down)) / (2 * h); math.Abs(fd-a.Grad[i]) > 1e-5*size {
				t.Errorf("%+v: gradient [%d] is %g, by central differences %g (largest %g)", o, i, a.Grad[i], fd, size)
			}
		}
	}
}

// Of several draws the cut-off is the mean of their longest edges, and the images are averaged at it.
func TestTargetAveragesDraws(t *testing.T) {
	o := topology.DefaultOptions()
	draws := []topology.Cloud{rings(t, 40, 1), rings(t, 40, 2), rings(t, 40, 3)}
	target, err := topology.NewTarget(o, draws[0], draws[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	longest := 0.0
	for _, c := range draws {
		longest += topology.MutualKNN(distances(t, c), o.K).EpsMax() / 3
	}
	if math.Abs(target.EpsMax-longest) > 1e-12*longest {
		t.Errorf("cut-off %g, want the mean %g", target.EpsMax, longest)
	}
	im := topology.Imager{Grid: o.Grid, Sigma: o.Sigma, EpsMax: target.EpsMax, Exponent: 1}
	for q := range 2 {
		mean := make([]float64, o.Grid*o.Grid)
		for _, c := range draws {
			h := topology.Persistence(topology.MutualKNN(distances(t, c), o.K).UpTo(target.EpsMax))
			for m, v := range im.Image(h.Bars[q]) {
				mean[m] += v / 3
			}
		}
		if worst, largest := compare(target.Images[q], mean); worst > 1e-12*largest || largest == 0 {
			t.Errorf("H%d: the mean image is off by %g of %g", q, worst, largest)
		}
	}
}

// The deaths of H0 on a mutual k-NN graph are the edges of its minimum spanning forest, here by relabelling: every
// merger renames one of two components throughout.
func TestH0IsTheMinimumSpanningForest(t *testing.T) {
	for _, k := range []int{2, 5, 15} {
		g := topology.MutualKNN(distances(t, clusters(t, 300, 8, 4, 9)), k)
		label := make([]int, g.N)
		for v := range label {
			label[v] = v
		}
		var forest []int
		for e, edge := range g.Edges {
			a, b := label[edge.I], label[edge.J]
			if a == b {
				continue
			}
			forest = append(forest, e)
			for v, l := range label {
				if l == b {
					label[v] = a
				}
			}
		}
		var deaths []int
		essential := 0
		for _, b := range topology.Persistence(g).Bars[0] {
			if b.Essential() {
				essential++
			} else {
				deaths = append(deaths, b.DeathEdge)
			}
		}
		if !slices.Equal(deaths, forest) || essential != g.N-len(forest) {
			t.Errorf("k=%d: H0 dies with edges %v and keeps %d, the forest has %v", k, deaths, essential, forest)
		}
	}
}

// Points that coincide are one component without loops, however many, and no point at all has no homology.
func TestCoincidentPoints(t *testing.T) {
	for n := range 70 {
		for _, k := range []int{1, 5, 100} {
			h := topology.Persistence(topology.MutualKNN(distances(t, mustCloud(t, make([]float64, 3*n), n, 3)), k))
			if len(h.Bars[0]) != min(n, 1) || len(h.Bars[1]) != 0 || n > 0 && !h.Bars[0][0].Essential() {
				t.Errorf("%d coincident points, k=%d: %v", n, k, h.Bars)
			}
		}
	}
}

// Coordinates that float32 holds give the same cloud by either entry.
func TestFloat32AndFloat64Agree(t *testing.T) {
	wide := clusters(t, 40, 7, 3, 8)
	narrow := make([]float32, len(wide.X))
	for i, v := range wide.X {
		narrow[i] = float32(v)
	}
	c, err := topology.NewCloud(narrow, wide.N, wide.Dim)
	if err != nil || !slices.Equal(c.X, wide.X) {
		t.Errorf("the clouds differ (%v)", err)
	}
}
