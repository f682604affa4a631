package topology_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
)

// Tiny and degenerate sets answer, with the reason where a class takes no part.
func TestSmallSets(t *testing.T) {
	for _, c := range []struct {
		name      string
		real, syn []float64 // on a line
		why       topology.Reason
	}{
		{"nothing", nil, nil, topology.TooFewReal},
		{"one real", []float64{1}, []float64{1}, topology.TooFewReal},
		{"one synthetic", []float64{1, 2}, []float64{1}, topology.TooFewSyn},
		{"no synthetic", []float64{1, 2}, nil, topology.TooFewSyn},
		{"coincident real", []float64{1, 1, 1}, []float64{1, 2, 3}, topology.NoLength},
		{"two each", []float64{1, 2}, []float64{1, 1.5}, ""},
		{"coincident synthetic", []float64{1, 2, 4}, []float64{1, 1, 1}, ""},
		{"beyond eps_max", []float64{1, 2}, []float64{1, 9}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, err := topology.NewTarget(topology.DefaultOptions(), mustCloud(t, c.real, len(c.real), 1))
			if err != nil {
				t.Fatal(err)
			}
			a, err := target.Align(mustCloud(t, c.syn, len(c.syn), 1))
			if err != nil {
				t.Fatal(err)
			}
			if a.Inactive != c.why {
				t.Errorf("inactive because %q, want %q", a.Inactive, c.why)
			}
			if a.Inactive != "" && a.Total != 0 || math.IsNaN(a.Total) {
				t.Errorf("the loss is %v", a.Total)
			}
			if len(a.Grad) != len(c.syn) {
				t.Errorf("gradient has %d entries, want %d", len(a.Grad), len(c.syn))
			}
			if a.BeyondEpsMax != (c.name == "beyond eps_max") {
				t.Errorf("beyond eps_max is %v", a.BeyondEpsMax)
			}
			_ = topology.BettiCurve(a.Homology.Bars[0], target.EpsMax, 8)
		})
	}
}

// By hand: real points at 0 and 1, synthetic ones at 0 and s < 1. eps_max = 1; each side has one bar dying at the
// distance and one essential bar dying at 1, all at x = 0, so that
// L = sum over u, v of (kx(u) (s ky(s, v) - ky(1, v)))^2 and the gradient is dL/ds along the line.
func TestTwoPointsByHand(t *testing.T) {
	const s, sigma, n = 0.6, 0.2, 32
	k := func(u, at float64) float64 { return math.Exp(-(u - at) * (u - at) / (2 * sigma * sigma)) }
	want, slope := 0.0, 0.0
	for i := range n {
		for j := range n {
			u, v := (float64(i)+0.5)/n, (float64(j)+0.5)/n
			d := k(u, 0) * (s*k(v, s) - k(v, 1))
			want += d * d
			slope += 2 * d * k(u, 0) * k(v, s) * (1 + s*(v-s)/(sigma*sigma))
		}
	}
	target, err := topology.NewTarget(topology.Options{K: 1, Grid: n, Sigma: sigma, Exponent: 1, Margin: 1}, mustCloud(t, []float64{0, 1}, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	a, err := target.Align(mustCloud(t, []float64{0, s}, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(a.Total-want) > 1e-12*want {
		t.Errorf("loss %v, by hand %v", a.Total, want)
	}
	if math.Abs(a.Grad[1]-slope) > 1e-12*math.Abs(slope) || a.Grad[0] != -a.Grad[1] {
		t.Errorf("gradient %v, by hand %v at the second point and its opposite at the first", a.Grad, slope)
	}
	if math.Abs(a.Kappa.H0-(1-s)) > 1e-15 {
		t.Errorf("kappa %v, by hand %v", a.Kappa.H0, 1-s)
	}
}

func TestBadInputIsNamed(t *testing.T) {
	nan, inf := math.NaN(), float32(math.Inf(-1))
	check := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("error %v does not mention %q", err, w)
			}
		}
	}
	_, err := topology.NewCloud([]float64{1, 2, 3, nan, 5, 6}, 3, 2)
	check(err, "point 1", "coordinate 1", "NaN")
	_, err = topology.NewCloud([]float32{1, 2, inf}, 3, 1)
	check(err, "point 2", "-Inf")
	_, err = topology.NewCloud([]float32{1, 2, 3}, 2, 2)
	check(err, "3 numbers", "2 points x 2")
	_, err = topology.NewCloud([]float32{}, -1, 0)
	check(err, "negative")
	_, err = topology.NewCloud(make([]float32, 2<<20), 2<<20, 1)
	check(err, "2097152 points", "1048576")
	_, err = mustCloud(t, make([]float64, 20000), 20000, 1).Distances()
	check(err, "20000 points", "16384")
	far := mustCloud(t, []float64{1e200, 0, -1e200}, 3, 1)
	_, err = far.Distances()
	check(err, "points 0 and", "too far apart")
	_, err = topology.NewGraph(3, []topology.Edge{{I: 1, J: 3, Weight: 1}})
	check(err, "(1, 3)", "< 3")
	_, err = topology.NewGraph(3, []topology.Edge{{I: 1, J: 2, Weight: nan}})
	check(err, "(1, 2)", "NaN")
	_, err = topology.NewGraph(3, []topology.Edge{{I: 1, J: 2, Weight: 1}, {I: 0, J: 2, Weight: 1}, {I: 1, J: 2, Weight: 3}})
	check(err, "(1, 2)", "twice")
	o := topology.DefaultOptions()
	o.Sigma = 0
	_, err = topology.NewTarget(o, far)
	check(err, "Sigma = 0")
	target, err := topology.NewTarget(topology.DefaultOptions(), mustCloud(t, []float64{1, 2, 3, 4}, 2, 2))
	check(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = target.Align(mustCloud(t, []float64{1, 2, 3}, 3, 1))
	check(err, "synthetic points", "1 coordinates", "2")
}

// A pair that is listed twice is named wherever it stands and at whatever lengths, in graphs of few and many points, with
// few and many edges; without it the list is fine.
func TestPairsAreListedOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	for _, c := range []struct{ n, edges int }{{2, 1}, {64, 300}, {65, 300}, {64, 2016}, {300, 2000}, {300, 30}, {100000, 5000}} {
		pairs := map[[2]int32]bool{}
		for len(pairs) < c.edges {
			if i, j := rng.Int32N(int32(c.n)), rng.Int32N(int32(c.n)); i < j {
				pairs[[2]int32{i, j}] = true
			}
		}
		var edges []topology.Edge
		for p := range pairs {
			edges = append(edges, topology.Edge{I: p[0], J: p[1], Weight: rng.Float64()})
		}
		if _, err := topology.NewGraph(c.n, slices.Clone(edges)); err != nil {
			t.Errorf("%d points, %d edges: %v", c.n, c.edges, err)
		}
		again := edges[rng.IntN(len(edges))]
		again.Weight++
		edges = slices.Insert(edges, rng.IntN(len(edges)+1), again)
		_, err := topology.NewGraph(c.n, edges)
		if name := fmt.Sprintf("(%d, %d) is listed twice", again.I, again.J); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%d points, %d edges: error %v does not say that %s", c.n, c.edges, err, name)
		}
	}
}

// By hand: real curves 2 on [0,3), 1 after; synthetic 2 on [0,1), 3 on [1,2), 1 on [2,5), 0 from 5. Up to 6 the real one
// is ahead by 1 on [2,3) and by 1 on [5,6). A bar born past the end counts for nothing.
func TestKappaByHand(t *testing.T) {
	inf := math.Inf(1)
	bars := func(ends ...[2]float64) *topology.Homology {
		h := &topology.Homology{}
		for _, e := range ends {
			h.Bars[1] = append(h.Bars[1], topology.Bar{Degree: 1, Birth: e[0], Death: e[1], DeathEdge: -1})
		}
		return h
	}
	real := bars([2]float64{0, 3}, [2]float64{0, inf}, [2]float64{7, 9})
	syn := bars([2]float64{0, 2}, [2]float64{0, 5}, [2]float64{1, 2}, [2]float64{8, inf})
	if k := topology.MeasureKappa(real, syn, 6); k != (topology.Kappa{H1: 2}) || k.Total(0.5) != 1 {
		t.Errorf("kappa %+v, by hand 0 and 2", k)
	}
}

// Two ways from 0 to 3, then the edge between: the loop of an essential bar closes by the shorter way, and only by edges
// that were there before it.
func TestLoopOfAnEssentialBarIsTheShortest(t *testing.T) {
	e := func(i, j int32, w float64) topology.Edge { return topology.Edge{I: i, J: j, Weight: w} }
	g, err := topology.NewGraph(8, []topology.Edge{
		e(0, 1, 1), e(1, 2, 1), e(2, 3, 1), // 0-1-2-3, length 3
		e(0, 4, 1.1), e(4, 5, 1.1), e(3, 5, 1.1), // 0-4-5-3, length 3.3: opens the first loop
		e(0, 3, 2),                 // the bar to look at
		e(3, 7, 0.5), e(0, 7, 2.1), // a shorter way, but later
	})
	if err != nil {
		t.Fatal(err)
	}
	h := topology.Persistence(g)
	for i, b := range h.Bars[1] {
		if g.Edges[b.BirthEdge].Weight != 2 {
			continue
		}
		length := 0.0
		for _, e := range h.Loop(i) {
			length += g.Edges[e].Weight
		}
		if !b.Essential() || length != 5 {
			t.Errorf("bar %+v has a loop of length %v, want 2 + 3", b, length)
		}
		return
	}
	t.Error("no bar born at 2")
}
