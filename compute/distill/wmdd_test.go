package distill

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/shared/recipe"
)

// A plan is the cheapest of all: mass is cut into units, and every way of sending them is tried.
func TestTransportIsOptimal(t *testing.T) {
	for seed := range uint64(30) {
		n, k := 1+int(seed%4), 1+int(seed/4%3)
		if n*k > 8 {
			continue
		}
		cost := make([][]float64, n)
		for i := range cost {
			for j := range k {
				cost[i] = append(cost[i], math.Pow(graphtest.Normal(seed, uint64(i*k+j)), 2))
			}
		}
		plan, got := transport(cost), 0.0
		columns := make([]float64, k)
		for i, row := range plan {
			sum := 0.0
			for j, share := range row {
				got += share * cost[i][j]
				sum, columns[j] = sum+share, columns[j]+share
				if share < 0 {
					t.Fatalf("%d to %d: share %g", n, k, share)
				}
			}
			if math.Abs(sum-1/float64(n)) > 1e-12 {
				t.Errorf("%d to %d: source %d sends %g", n, k, i, sum)
			}
		}
		for j, sum := range columns {
			if math.Abs(sum-1/float64(k)) > 1e-12 {
				t.Errorf("%d to %d: sink %d takes %g", n, k, j, sum)
			}
		}
		if want := leastCost(cost, n, k); math.Abs(got-want) > 1e-9 {
			t.Errorf("seed %d, %d to %d: the plan costs %.9g, the cheapest %.9g", seed, n, k, got, want)
		}
	}
}

// leastCost tries all ways of sending n*k units and returns the least cost of one of all mass.
func leastCost(cost [][]float64, n, k int) float64 {
	room := make([]int, k)
	for j := range room {
		room[j] = n
	}
	best := math.Inf(1)
	var send func(unit int, spent float64)
	send = func(unit int, spent float64) {
		if unit == n*k {
			best = min(best, spent)
			return
		}
		for j := range room {
			if room[j] > 0 {
				room[j]--
				send(unit+1, spent+cost[unit/k][j]/float64(n*k))
				room[j]++
			}
		}
	}
	send(0, 0)
	return best
}

// Sources that are alike, as an image that a set has twice, and costs of very different sizes: ways of equal cost differ by
// rounding, and the plan is found all the same.
func TestTransportOfTies(t *testing.T) {
	for seed := range uint64(20) {
		rng := nn.RNG{Seed: seed}
		n, k := 19, 5
		cost := make([][]float64, n)
		for i := range cost {
			if i >= 3 {
				cost[i] = cost[rng.IntN(1, uint64(i), 3)]
				continue
			}
			for j := range k {
				v := 1e7 * rng.Uniform(2, uint64(i*k+j))
				if rng.Uniform(3, uint64(i*k+j)) < 1./3 {
					v *= 1e-16
				}
				cost[i] = append(cost[i], v)
			}
		}
		columns := make([]float64, k)
		for _, row := range transport(cost) {
			for j, share := range row {
				columns[j] += share
			}
		}
		for j, sum := range columns {
			if math.Abs(sum-1/float64(k)) > 1e-12 {
				t.Errorf("seed %d: sink %d takes %g", seed, j, sum)
			}
		}
	}
}

// One point goes to the mean; two to the means of two clusters; where masses do not fit, a point is shared.
func TestFreeSupport(t *testing.T) {
	for _, c := range []struct {
		points, start, want []float64
		width               int
	}{
		{[]float64{1, 2, 3, 4, 8, 0}, []float64{0, 0}, []float64{4, 2}, 2},
		{[]float64{0, 0.2, 9.8, 10}, []float64{3, 4}, []float64{0.1, 9.9}, 1},
		{[]float64{0, 1, 5}, []float64{-1, 1}, []float64{1. / 3, 11. / 3}, 1}, // 0 and half of 1; half of 1 and 5
	} {
		got, err := freeSupport(context.Background(), c.points, c.width, c.start, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if math.Abs(float64(got[i])-want) > 1e-6 {
				t.Errorf("%v from %v: %v, want %v", c.points, c.start, got, c.want)
			}
		}
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := freeSupport(stopped, []float64{1, 2}, 1, []float64{0}, 5); err == nil {
		t.Error("it does not stop")
	}
}

func TestStatsOfClasses(t *testing.T) {
	for _, s := range [][5]int{{2, 3, 4, 2, 5}, {1, 2, 1, 3, 4}, {3, 1, 2, 2, 1}} {
		classes, n, h, w, c := s[0], s[1], s[2], s[3], s[4]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: []int{classes * n, h, w, c}}},
			Build:  func(in []*graph.Node) *graph.Node { return statsOfClasses(in[0], classes) },
			Ref: func(in [][]float64) []float64 {
				out, of := make([]float64, 2*classes*c), float64(n*h*w)
				for i, v := range in[0] {
					out[i/(n*h*w*c)*c+i%c] += v / of
				}
				for i, v := range in[0] {
					at := i/(n*h*w*c)*c + i%c
					out[classes*c+at] += (v - out[at]) * (v - out[at]) / of
				}
				return out
			},
			Tol: 1e-4, GradTol: 1e-3,
		})
	}
}

// wmddGroup is a group of WMDD on stripes with a loss ready.
func wmddGroup(t *testing.T, name string) (*Group, Loss) {
	t.Helper()
	job := smallJob(t)
	c, err := recipe.New("wmdd", recipe.Dataset{Name: "stripes", Classes: 3, Size: 16, IPC: 2})
	if err != nil {
		t.Fatal(err)
	}
	c.Batch, c.Steps, c.Losses = 4, 8, []string{name}
	job.Recipe = c
	watchJob(&job)
	g := openGroup(t, job, 0, 3)
	l := g.parts.losses[0]
	if err := l.(Keeper).Begin(context.Background(), g, 16); err != nil {
		t.Fatal(err)
	}
	return g, l
}

// The term is the mean over the classes of the distance from each one's real statistics, the first layer's times first_bn: of a
// class alone its batch norms say what its statistics are.
func TestClassNormTerm(t *testing.T) {
	g, l := wmddGroup(t, recipe.ClassBNLoss)
	o := view(t, g, l)
	got, want := o.at(t, o.images, 0), 0.0
	real := l.(*classNorm).of[0].real
	each := len(o.images) / 2
	for class := range 2 { // of the batch's four images
		alone := view(t, g, l)
		images := append(append([]float32{}, o.images[class*each:][:each]...), o.images[class*each:][:each]...) // twice: the same statistics
		alone.at(t, images, 0)
		stats, at, first := alone.get(t, alone.stats), 0, true
		width := len(stats) / 2
		for _, layer := range alone.layers {
			var mean, variance float64
			for i := at; i < at+layer.columns; i++ {
				m := float64(real.classes[class][i])
				v := float64(real.ofClass(class, i))
				mean += math.Pow(float64(stats[i])-m, 2)
				variance += math.Pow(float64(stats[width+i])-v, 2)
			}
			if layer.norm != "" {
				factor := 1.0
				if first {
					factor, first = g.Recipe.FirstBN, false
				}
				want += factor * (math.Sqrt(mean) + math.Sqrt(variance)) / 2
			}
			at += layer.columns
		}
	}
	if !(math.Abs(got-want) < 1e-4*want) {
		t.Errorf("%.7g, the formula gives %.7g", got, want)
	}
	alongGradient(t, o)
}

// By hand: a class of two images with means 3000 and 3000.5 and variances 0.25 and 0.75 has the variance 0.5 + 0.0625; together
// with a class of one image, 3001.75 and 0.125, the mean is 3000.75, the variance (2 * 0.5625 + 0.125) / 3 + 0.541667. In float32
// 3000 squared is a multiple of 1.
func TestVarianceFarFromZero(t *testing.T) {
	s := realStatistics{layers: []layer{{norm: "bn", columns: 1}}, whole: make([]float32, 2)}
	for _, images := range [][][]float32{{{3000, 0.25}, {3000.5, 0.75}}, {{3001.75, 0.125}}} {
		m := newMoments(1)
		for _, stats := range images {
			m.add(stats)
		}
		s.put(m.numbers())
	}
	if got, want := s.ofClasses([]int{0, 1}, 1), []float32{3000.25, 3001.75, 0.5625, 0.125}; !slices.Equal(got, want) {
		t.Errorf("classes have means and variances %v, want %v", got, want)
	}
	mean, variance := s.ofWhole(0, [][]int{{0, 1}, {2}})
	if want := (2*0.5625+0.125)/3 + (0.5*0.5*2+1)/3; mean != 3000.75 || math.Abs(float64(variance)-want) > 1e-6 {
		t.Errorf("together they have mean %g and variance %g, want 3000.75 and %g", mean, variance, want)
	}
}

// The term is the distance of all features of the batch from the points of their classes.
func TestBarycentreTerm(t *testing.T) {
	g, l := wmddGroup(t, recipe.BarycentreLoss)
	o := view(t, g, l)
	got, square := o.at(t, o.images, 0), 0.0
	points, features := l.(*barycentre).points, o.get(t, o.features)
	f := len(features) / 4
	for i, v := range features {
		image, class := i/f%2, i/f/2
		square += math.Pow(float64(v)-float64(points[class][image*f+i%f]), 2)
	}
	if want := math.Sqrt(square); !(math.Abs(got-want) < 1e-4*want) {
		t.Errorf("%.7g, the formula gives %.7g", got, want)
	}
	alongGradient(t, o)
	// The points of a class average to the mean of its real features.
	real := g.rawFeatures(1)
	for j := range f {
		mean, of := 0.0, float64(len(real)/f)
		for i := j; i < len(real); i += f {
			mean += real[i] / of
		}
		if at := (float64(points[1][j]) + float64(points[1][f+j])) / 2; math.Abs(at-mean) > 1e-4*(1+math.Abs(mean)) {
			t.Fatalf("feature %d: the points average to %g, the real ones to %g", j, at, mean)
		}
	}
}

// alongGradient fails unless a term rises along its gradient as the gradient says, by central differences on the device.
func alongGradient(t *testing.T, o *onView) {
	t.Helper()
	o.at(t, o.images, 0)
	along, square := o.get(t, o.dx), 0.0
	for _, v := range along {
		square += float64(v) * float64(v)
	}
	moved := func(h float64) float64 {
		images := make([]float32, len(o.images))
		for i, v := range o.images {
			images[i] = v + float32(h*float64(along[i])/math.Sqrt(square))
		}
		return o.at(t, images, 0)
	}
	const h = 0.02
	slope := (moved(h) - moved(-h)) / (2 * h)
	if want := math.Sqrt(square); !(math.Abs(slope-want) < 0.01*want) {
		t.Errorf("the term rises by %.5g along its gradient, whose length is %.5g", slope, want)
	}
}
