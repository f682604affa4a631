package topology_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"reta/shared/testdata"
	"reta/shared/topology"
)

func bars(pairs ...[2]float64) []topology.Bar {
	var list []topology.Bar
	for _, p := range pairs {
		list = append(list, topology.Bar{Degree: 1, Birth: p[0], Death: p[1]})
	}
	return list
}

var forever = math.Inf(1)

func TestBottleneckByHand(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []topology.Bar
		want float64
	}{
		{"nothing", nil, nil, 0},
		{"one against none goes to the diagonal", bars([2]float64{1, 4}), nil, 1.5},
		{"nearer to each other", bars([2]float64{1, 4}), bars([2]float64{1.25, 4.5}), 0.5},
		{"nearer to the diagonal", bars([2]float64{0, 1}), bars([2]float64{10, 11}), 0.5},
		{"two alike against one", bars([2]float64{0, 8}, [2]float64{0, 8}), bars([2]float64{0, 8}), 4},
		{"the greedy pair is wrong", bars([2]float64{0, 10}, [2]float64{0, 13}), bars([2]float64{0, 12}, [2]float64{0, 16}), 3},
		{"a length of zero is no bar", bars([2]float64{3, 3}), nil, 0},
		{"essential alone", bars([2]float64{2, forever}), bars([2]float64{5, forever}), 3},
		{"essential in order", bars([2]float64{0, forever}, [2]float64{4, forever}), bars([2]float64{5, forever}, [2]float64{1, forever}), 1},
		{"essential and finite", bars([2]float64{0, forever}, [2]float64{0, 2}), bars([2]float64{0, forever}), 1},
		{"more essential", bars([2]float64{0, forever}), bars([2]float64{0, forever}, [2]float64{0, forever}), forever},
		{"essential against finite", bars([2]float64{0, forever}), bars([2]float64{0, 1e300}), forever},
	} {
		if got := topology.Bottleneck(c.a, c.b); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got := topology.Bottleneck(c.b, c.a); got != c.want {
			t.Errorf("%s, the other way: %v, want %v", c.name, got, c.want)
		}
	}
}

// GUDHI 3.13.0, bottleneck_distance with e = 0, on three diagrams and on the finite bars of the pairs' mutual k-NN graphs.
func TestBottleneckEqualsGUDHI(t *testing.T) {
	a := bars([2]float64{0.1, 0.9}, [2]float64{0.2, 0.35}, [2]float64{0.4, 1.3}, [2]float64{0.45, 0.5}, [2]float64{0.7, 2.2})
	b := bars([2]float64{0.15, 1.0}, [2]float64{0.3, 1.2}, [2]float64{0.6, 2.5}, [2]float64{0.61, 0.66})
	c := bars([2]float64{0.0, 3.0}, [2]float64{0.5, 0.9}, [2]float64{0.5, 1.1})
	for i, got := range []float64{topology.Bottleneck(a, b), topology.Bottleneck(a, c), topology.Bottleneck(b, c)} {
		if want := []float64{0.2999999999999998, 0.7999999999999998, 0.5999999999999999}[i]; math.Abs(got-want) > 1e-15 { // GUDHI takes differences of sums
			t.Errorf("diagrams, pair %d: %v, want %v", i, got, want)
		}
	}
	for _, c := range []struct {
		name string
		k    int
		want [2]float64
	}{
		{"circle_pulled", 10, [2]float64{0.3537093687361277, 0.0}},
		{"circle_same_law", 10, [2]float64{0.11783779219761592, 0.0}},
		{"circle_shrunk", 10, [2]float64{0.20385421614273336, 0.0}},
		{"features_10_pulled", 10, [2]float64{8.324673469338375, 0.026977542078943983}},
		{"features_10_pulled3", 10, [2]float64{8.324673469338375, 0.006744402588726217}},
		{"features_10_same_law", 10, [2]float64{0.2421018350362676, 0.05395507440623604}},
		{"features_16_pulled", 10, [2]float64{8.13713434679153, 0.008661675768985688}},
		{"features_16_pulled3", 10, [2]float64{8.273690808695982, 0.002165401761674124}},
		{"features_16_same_law", 10, [2]float64{1.1508805381641416, 0.2572887222429241}},
		{"features_200_pulled", 20, [2]float64{7.978620216279314, 0.23838778222008816}},
		{"features_50_pulled", 10, [2]float64{7.926688926936832, 0.15027389222734922}},
		{"features_50_pulled3", 10, [2]float64{8.294220288563128, 0.15027389222734922}},
		{"features_50_same_law", 10, [2]float64{7.444787324193516, 0.21115570664613337}},
	} {
		dir := testdata.Dir(t, "fixtures", "topology", "pairs", c.name)
		real := topology.Persistence(topology.MutualKNN(distances(t, readCloud(t, filepath.Join(dir, "real.npy"))), c.k))
		syn := topology.Persistence(topology.MutualKNN(distances(t, readCloud(t, filepath.Join(dir, "syn.npy"))), c.k))
		for q, want := range c.want {
			got := topology.Bottleneck(finite(real.Bars[q]), finite(syn.Bars[q]))
			if math.Abs(got-want) > 1e-12*max(1, want) {
				t.Errorf("%s, H%d: %v, want %v", c.name, q, got, want)
			}
		}
	}
}

func finite(bars []topology.Bar) []topology.Bar {
	return slices.DeleteFunc(slices.Clone(bars), topology.Bar.Essential)
}

// The least over all pairings, each bar of both diagrams with one of the other or with the diagonal.
func bruteBottleneck(a, b []topology.Bar) float64 {
	if len(a) == 0 {
		most := 0.0
		for _, p := range b {
			most = max(most, p.Persistence()/2)
		}
		return most
	}
	best := max(a[0].Persistence()/2, bruteBottleneck(a[1:], b))
	for j, q := range b {
		rest := slices.Concat(b[:j], b[j+1:])
		apart := max(math.Abs(a[0].Birth-q.Birth), math.Abs(a[0].Death-q.Death))
		best = min(best, max(apart, bruteBottleneck(a[1:], rest)))
	}
	return best
}

func randomBars(rng *rand.Rand, n int) []topology.Bar {
	var list []topology.Bar
	for range n {
		birth := float64(rng.IntN(6)) // ties are wanted
		list = append(list, bars([2]float64{birth, birth + rng.ExpFloat64()*2})...)
	}
	return list
}

func TestBottleneckEqualsAllPairings(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for range 2000 {
		a, b := randomBars(rng, rng.IntN(6)), randomBars(rng, rng.IntN(6))
		if got, want := topology.Bottleneck(a, b), bruteBottleneck(a, b); got != want {
			t.Fatalf("%v and %v: %v, want %v", a, b, got, want)
		}
	}
}

func TestBottleneckIsAMetric(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 0))
	for range 200 {
		a, b, c := randomBars(rng, 1+rng.IntN(40)), randomBars(rng, 1+rng.IntN(40)), randomBars(rng, 1+rng.IntN(40))
		ab, bc, ac := topology.Bottleneck(a, b), topology.Bottleneck(b, c), topology.Bottleneck(a, c)
		rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		if back := topology.Bottleneck(b, a); back != ab {
			t.Fatalf("%v one way, %v the other", ab, back)
		}
		if ac > ab+bc+1e-12 {
			t.Fatalf("%v is more than %v + %v", ac, ab, bc)
		}
		if self := topology.Bottleneck(b, bars()); self == 0 || topology.Bottleneck(b, slices.Clone(b)) != 0 {
			t.Fatalf("a diagram is not at 0 from itself, or at %v from the empty one", self)
		}
	}
}

// Stability: points moved by at most delta change distances by at most 2*delta, and the Vietoris-Rips diagrams no more.
func TestBottleneckIsStable(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	still := rings(t, 60, 3)
	rips := func(c topology.Cloud) *topology.Homology {
		d := distances(t, c)
		return topology.Persistence(topology.Rips(d, topology.EnclosingRadius(d)))
	}
	before := rips(still)
	for _, delta := range []float64{1e-6, 1e-3, 0.03, 0.2} {
		x := slices.Clone(still.X)
		for i := 0; i < len(x); i += 2 {
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			x[i], x[i+1] = x[i]+delta*cos, x[i+1]+delta*sin
		}
		after := rips(mustCloud(t, x, still.N, 2))
		for q := range 2 {
			if got := topology.Bottleneck(before.Bars[q], after.Bars[q]); got == 0 || got > 2*delta+1e-12 {
				t.Errorf("H%d moved by %v, points by %v", q, got, delta)
			}
		}
	}
}

// Components of two draws of one law, n bars each.
func BenchmarkBottleneck(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"n=100", 100}, {"n=400", 400}, {"n=1600", 1600}} {
		real := topology.Persistence(topology.MutualKNN(distances(b, clusters(b, c.n, 8, 3, 1)), 10))
		syn := topology.Persistence(topology.MutualKNN(distances(b, clusters(b, c.n, 8, 3, 2)), 10))
		for q, degree := range []string{"H0", "H1"} {
			x, y := finite(real.Bars[q]), finite(syn.Bars[q])
			b.Run(c.name+"/"+degree, func(b *testing.B) {
				for b.Loop() {
					topology.Bottleneck(x, y)
				}
				b.ReportMetric(float64(len(x)+len(y)), "bars")
			})
		}
	}
}
