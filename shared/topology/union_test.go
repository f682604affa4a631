package topology_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
)

// By hand, real points at 0 and 3, synthetic ones at 1 and 2 on a line, k = 1: each real point's nearest is synthetic and
// does not name it alone, as 1 and 2 are as near to each other. Edges are 0-1, 1-2 and 2-3: one between synthetic points,
// none between real ones, which their own graph joins.
func TestUnionByHand(t *testing.T) {
	real, syn := mustCloud(t, []float64{0, 3}, 2, 1), mustCloud(t, []float64{1, 2}, 2, 1)
	onReal, onSyn, err := topology.MutualKNNUnion(real, syn, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := []topology.Edge{{I: 0, J: 1, Weight: 1}}; onReal.N != 2 || len(onReal.Edges) != 0 || !slices.Equal(onSyn.Edges, want) {
		t.Errorf("edges of %d real points %v, of %d synthetic ones %v; want none and %v", onReal.N, onReal.Edges, onSyn.N, onSyn.Edges, want)
	}
	if own := topology.MutualKNN(distances(t, real), 1); len(own.Edges) != 1 {
		t.Errorf("the real points alone have the edges %v, want one", own.Edges)
	}
	if _, _, err := topology.MutualKNNUnion(real, mustCloud(t, nil, 0, 2), 1); err == nil || !strings.Contains(err.Error(), "1 coordinates, synthetic ones 2") {
		t.Errorf("clouds of two dimensions: %v", err)
	}
}

// By the definition, on clouds with ties, coincident points and unequal sizes: two points of a set are joined iff each is
// no farther than the k-th nearest of all other points of either set.
func TestUnionIsMutualAmongAllPoints(t *testing.T) {
	base := clusters(t, 30, 4, 2, 3)
	for name, sets := range map[string][2]topology.Cloud{
		"clusters": {clusters(t, 25, 6, 2, 1), clusters(t, 18, 6, 2, 2)}, "ties": {grid(t, 5), grid(t, 4)},
		"coincident": {base, pick(t, base, []int{3, 3, 4, 4, 4, 5, 29, 0})}, "one synthetic": {base, pick(t, base, []int{7})}, "no synthetic": {base, pick(t, base, nil)},
	} {
		real, syn := sets[0], sets[1]
		all := mustCloud(t, slices.Concat(real.X, syn.X), real.N+syn.N, real.Dim)
		d := distances(t, all)
		for _, k := range []int{1, 4, 20, 100} {
			onReal, onSyn, err := topology.MutualKNNUnion(real, syn, k)
			if err != nil {
				t.Fatal(err)
			}
			radius := func(i int) float64 {
				row := slices.Clone(d.Row(i))
				row = slices.Delete(row, i, i+1)
				slices.Sort(row)
				return row[min(k, len(row))-1]
			}
			for part, g := range map[string]*topology.Graph{"real": onReal, "synthetic": onSyn} {
				first := map[string]int{"real": 0, "synthetic": real.N}[part]
				var edges []topology.Edge
				for i := range g.N {
					for j := i + 1; j < g.N; j++ {
						if w := d.At(first+i, first+j); w <= radius(first+i) && w <= radius(first+j) {
							edges = append(edges, topology.Edge{I: int32(i), J: int32(j), Weight: w})
						}
					}
				}
				want, err := topology.NewGraph(g.N, edges)
				if err != nil || !slices.Equal(want.Edges, g.Edges) {
					t.Errorf("%s, k=%d: %d edges on the %s points, want %d (%v)", name, k, len(g.Edges), part, len(edges), err)
				}
			}
		}
	}
}

// Where the sets lie far apart, and where k takes in all points, the union aligns as the sets do on their own, bit for
// bit; where they mix, it does not, and the real side follows the synthetic points.
func TestUnionOfSetsFarApart(t *testing.T) {
	real, syn := rings(t, 40, 1), rings(t, 40, 2)
	away := slices.Clone(syn.X)
	for i := range away {
		away[i] += 1000
	}
	far := mustCloud(t, away, 40, 2)
	align := func(graph topology.Neighbours, k int, syn topology.Cloud) *topology.Alignment {
		o := topology.DefaultOptions()
		o.Graph, o.K, o.Gamma = graph, k, 10
		target, err := topology.NewTarget(o, real)
		if err != nil {
			t.Fatal(err)
		}
		a, err := target.Align(syn)
		if err != nil || a.Loss[1] == 0 && k < 40 {
			t.Fatalf("loss %v, %v", a.Loss, err)
		}
		return a
	}
	for _, c := range []struct {
		name string
		k    int
		syn  topology.Cloud
		same bool
	}{{"far apart", 8, far, true}, {"all neighbours", 100, syn, true}, {"mixed", 8, syn, false}} {
		own, union := align(topology.PerSet, c.k, c.syn), align(topology.Union, c.k, c.syn)
		if same := own.Total == union.Total && slices.Equal(own.Grad, union.Grad) && own.Kappa == union.Kappa &&
			slices.Equal(own.Real.Graph.Edges, union.Real.Graph.Edges); same != c.same {
			t.Errorf("%s: loss %v per set and %v of the union, %d and %d real edges; want them equal: %v", c.name, own.Total, union.Total,
				len(own.Real.Graph.Edges), len(union.Real.Graph.Edges), c.same)
		}
	}
}

// With several draws the union is that of the synthetic points with each, the images of both sides are means, and what
// is reported beside the loss is of the first draw.
func TestUnionAveragesDraws(t *testing.T) {
	o := topology.DefaultOptions()
	o.Graph, o.K = topology.Union, 8
	draws := []topology.Cloud{rings(t, 40, 1), rings(t, 40, 2), rings(t, 40, 3)}
	syn := rings(t, 40, 4)
	target, err := topology.NewTarget(o, draws[0], draws[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	a, err := target.Align(syn)
	if err != nil {
		t.Fatal(err)
	}
	im := topology.Imager{Grid: o.Grid, Sigma: o.Sigma, EpsMax: target.EpsMax, Exponent: o.Exponent}
	var difference [2][]float64
	for i, draw := range draws {
		onReal, onSyn, err := topology.MutualKNNUnion(draw, syn, o.K)
		if err != nil {
			t.Fatal(err)
		}
		real, made := topology.Persistence(onReal.UpTo(target.EpsMax)), topology.Persistence(onSyn.UpTo(target.EpsMax))
		if i == 0 && (!slices.Equal(a.Homology.Bars[0], made.Bars[0]) || !slices.Equal(a.Real.Bars[1], real.Bars[1]) ||
			a.Kappa != topology.MeasureKappa(real, made, target.EpsMax)) {
			t.Error("what is reported is not of the first draw")
		}
		for q := range difference {
			if i == 0 {
				difference[q] = make([]float64, o.Grid*o.Grid)
			}
			r, s := im.Image(real.Bars[q]), im.Image(made.Bars[q])
			for m := range r {
				difference[q][m] += (s[m] - r[m]) / float64(len(draws))
			}
		}
	}
	for q, v := range difference {
		want := 0.0
		for _, x := range v {
			want += x * x / target.Scale
		}
		if math.Abs(a.Loss[q]-want) > 1e-10*want || want == 0 {
			t.Errorf("loss %d is %v, want %v", q, a.Loss[q], want)
		}
	}
}

// Small sets answer as they do on their own, and a graph that is neither is refused.
func TestUnionOfSmallSets(t *testing.T) {
	o := topology.DefaultOptions()
	o.Graph = topology.Union
	for _, c := range []struct {
		real, syn []float64 // on a line
		why       topology.Reason
	}{{nil, nil, topology.TooFewReal}, {[]float64{1, 2}, nil, topology.TooFewSyn}, {[]float64{1, 2}, []float64{1}, topology.TooFewSyn},
		{[]float64{1, 1}, []float64{1, 1}, topology.NoLength}, {[]float64{1, 2}, []float64{1, 9}, ""}, {[]float64{1, 2, 4}, []float64{1, 1, 1}, ""}} {
		target, err := topology.NewTarget(o, mustCloud(t, c.real, len(c.real), 1))
		if err != nil {
			t.Fatal(err)
		}
		a, err := target.Align(mustCloud(t, c.syn, len(c.syn), 1))
		if err != nil || a.Inactive != c.why || math.IsNaN(a.Total) || len(a.Grad) != len(c.syn) || a.Real.Graph.N != len(c.real) {
			t.Errorf("%v and %v: %+v, %v; want inactive %q", c.real, c.syn, a, err, c.why)
		}
	}
	o.Graph = 2
	if _, err := topology.NewTarget(o, mustCloud(t, []float64{1, 2}, 2, 1)); err == nil || !strings.Contains(err.Error(), "Graph = 2") {
		t.Errorf("graph 2: %v", err)
	}
}
