package topo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/topology"
)

// sphere draws n features of length 1 around a few directions, as a teacher's normalised features are.
func sphere(n, dim int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 5))
	var x []float32
	for i := range n {
		row, s := make([]float64, dim), 0.0
		for d := range row {
			row[d] = math.Abs(rng.NormFloat64())
			if d%3 == i%3 {
				row[d] += 2
			}
			s += row[d] * row[d]
		}
		for _, v := range row {
			x = append(x, float32(v/math.Sqrt(s)))
		}
	}
	return x
}

func cloud(t testing.TB, x []float32, n, dim int) topology.Cloud {
	t.Helper()
	c, err := topology.NewCloud(x, n, dim)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const classes, points, dim = 5, 12, 32

func real(class, i int) (topology.Cloud, error) {
	return topology.NewCloud(sphere(points, dim, uint64(100*class+i)), points, dim)
}

func synthetic() (x []float32) {
	for class := range classes {
		x = append(x, sphere(points, dim, uint64(1000+class))...)
	}
	return x
}

func aligner(t testing.TB, draws Draws) *Aligner {
	t.Helper()
	a, err := NewAligner(topology.DefaultOptions(), classes, draws)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The batch is the mean of its classes, each as shared/topology has it, and the gradient descends.
func TestBatchIsTheMeanOfItsClasses(t *testing.T) {
	a := aligner(t, Draws{Cloud: real})
	x := synthetic()
	u, err := a.Align(x, points, dim)
	if err != nil {
		t.Fatal(err)
	}
	total, kappa := 0.0, 0.0
	for class := range classes {
		c, _ := real(class, 0)
		target, err := topology.NewTarget(topology.DefaultOptions(), c)
		if err != nil {
			t.Fatal(err)
		}
		one, err := target.Align(cloud(t, x[class*points*dim:][:points*dim], points, dim))
		if err != nil {
			t.Fatal(err)
		}
		total, kappa = total+one.Total/classes, kappa+one.Kappa.H0/classes
	}
	if u.Active != classes || math.Abs(u.Total-total) > 1e-12*total || math.Abs(u.Kappa.H0-kappa) > 1e-12*kappa {
		t.Errorf("batch of %d: loss %v, kappa %v, want %v and %v", u.Active, u.Total, u.Kappa.H0, total, kappa)
	}
	contracting := 0
	for _, c := range u.Classes {
		if c.Push > 0 {
			contracting++
		}
	}
	if u.Contracting != contracting {
		t.Errorf("%d classes contracting, want %d", u.Contracting, contracting)
	}
}

// The gradient of an update is that of the weighted sum of the classes' losses, for Eqn 11's sum, for the mean and for
// weights that differ, one of them 0, on graphs per set (the device's) and on the union (the host's): along a random
// direction the twin's loss changes as it says, and both say what that loss is. A class that takes no part adds nothing,
// whatever its weight.
func TestGradientIsTheSlopeOfTheLoss(t *testing.T) {
	for _, graph := range []topology.Neighbours{topology.PerSet, topology.Union} {
		slopeOfTheLoss(t, graph)
	}
}

func slopeOfTheLoss(t *testing.T, graph topology.Neighbours) {
	o := topology.DefaultOptions()
	o.Graph = graph
	a, err := NewAligner(o, classes, Draws{Count: 2, Cloud: func(class, i int) (topology.Cloud, error) {
		if class == 2 { // all points the same
			return topology.NewCloud(slices.Repeat(sphere(1, dim, 0), points), points, dim)
		}
		return real(class, i)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Active(points); got != classes-1 {
		t.Fatalf("%d active classes, want %d", got, classes-1)
	}
	if got := a.Active(1); got != 0 {
		t.Fatalf("%d active classes of one point, want none", got)
	}
	x := synthetic()
	p, err := NewProgram(graphtest.Device(t), Size{Classes: classes, Points: points, Width: dim, Grid: 32})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for name, weights := range map[string][]float64{
		"sum":     slices.Repeat([]float64{0.5}, classes),
		"mean":    slices.Repeat([]float64{0.5 / float64(a.Active(points))}, classes),
		"by size": {1, 0, 7, 0.25, 3},
	} {
		if err := errors.Join(p.SetTargets(a.Targets, a.Points(points), weights), p.Features.Write(x)); err != nil {
			t.Fatal(err)
		}
		r := align(t, p)
		grad, err := p.Gradient.Read()
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		direction, slope := make([]float64, len(x)), 0.0
		for i := range direction {
			direction[i] = rng.NormFloat64()
			slope += direction[i] * float64(grad[i])
		}
		at := func(h float64) float64 {
			moved := make([]float32, len(x))
			for i := range moved {
				moved[i] = x[i] + float32(h*direction[i])
			}
			u, err := a.Align(moved, points, dim)
			if err != nil {
				t.Fatal(err)
			}
			return u.Weighted(weights)
		}
		if fd := (at(1e-4) - at(-1e-4)) / 2e-4; math.Abs(fd-slope) > 1e-2*math.Abs(slope) {
			t.Errorf("graph %d, %s: slope %v along a random direction, by differences %v", graph, name, slope, fd)
		}
		sum := 0.0
		for c, o := range r.Classes {
			sum += weights[c] * o.Total
		}
		if want := at(0); math.Abs(r.Weighted-want) > 1e-3*want || math.Abs(r.Weighted-sum) > 1e-12 || r.Active != classes-1 {
			t.Errorf("graph %d, %s: the loss is %v of %d classes, the twin's %v", graph, name, r.Weighted, r.Active, want)
		}
	}
}

func TestInactiveClassesAreLeftOut(t *testing.T) {
	a := aligner(t, Draws{Cloud: func(class, i int) (topology.Cloud, error) {
		if class == 2 { // all points the same
			return topology.NewCloud(slices.Repeat(sphere(1, dim, 0), points), points, dim)
		}
		return real(class, i)
	}})
	u, err := a.Align(synthetic(), points, dim)
	if err != nil {
		t.Fatal(err)
	}
	if u.Active != classes-1 || u.Classes[2].Inactive != topology.NoLength {
		t.Errorf("%d active classes, class 2 is %q", u.Active, u.Classes[2].Inactive)
	}
	if u.Classes[2].Total != 0 || slices.Max(u.Classes[2].Grad) != 0 || u.Classes[0].Total == 0 {
		t.Errorf("the inactive class has the loss %v, an active one %v", u.Classes[2].Total, u.Classes[0].Total)
	}
	one, err := NewAligner(topology.DefaultOptions(), 1, Draws{Cloud: func(_, _ int) (topology.Cloud, error) {
		return topology.NewCloud(sphere(1, dim, 0), 1, dim)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := one.Align(sphere(1, dim, 1), 1, dim); err != nil || u.Active != 0 || u.Total != 0 {
		t.Errorf("IPC 1: %d active, loss %v (%v)", u.Active, u.Total, err)
	}
}

// Both sets have as many points: where the pool is small, the rows past n_c count for nothing.
func TestBothSetsHaveAsManyPoints(t *testing.T) {
	const few = 7
	a := aligner(t, Draws{Cloud: func(class, i int) (topology.Cloud, error) {
		if class == 1 {
			return topology.NewCloud(sphere(few, dim, 3), few, dim)
		}
		return real(class, i)
	}})
	x := synthetic()
	for i := few * dim; i < points*dim; i++ {
		x[points*dim+i] = float32(math.NaN())
	}
	u, err := a.Align(x, points, dim)
	if err != nil {
		t.Fatal(err)
	}
	if n, want := u.Classes[1].Homology.Graph.N, []int{points, few, points, points, points}; n != few || !slices.Equal(a.Points(points), want) {
		t.Errorf("class 1 has %d points, classes have %v", n, a.Points(points))
	}
}

func TestAutoGammaIsWithinItsBounds(t *testing.T) {
	a := aligner(t, Draws{Count: 2, AutoGamma: true, Cloud: real})
	for class, target := range a.Targets {
		if g := target.Options.Gamma; !(g >= 1 && g <= 1000) {
			t.Errorf("class %d: gamma %v", class, g)
		}
	}
}

// Two runs give the same bits whatever the scheduling.
func TestRunsAreEqual(t *testing.T) {
	var last []float64
	for range 3 {
		u, err := aligner(t, Draws{Cloud: real}).Align(synthetic(), points, dim)
		if err != nil {
			t.Fatal(err)
		}
		var g []float64
		for _, c := range u.Classes {
			g = append(g, c.Grad...)
		}
		if last != nil && !slices.Equal(g, last) {
			t.Fatal("the gradient differs between runs")
		} else {
			last = g
		}
	}
}

func TestErrorsNameTheClass(t *testing.T) {
	a := aligner(t, Draws{Cloud: real})
	x := synthetic()
	x[3*points*dim+2*dim+7] = float32(math.NaN())
	for words, call := range map[string]func() error{
		"class 3: cloud: point 2, coordinate 7 is NaN": func() error { _, err := a.Align(x, points, dim); return err },
		"want 5 classes x 12 points x 31":              func() error { _, err := a.Align(x, points, 31); return err },
		"class 4: no such pool": func() error {
			_, err := NewAligner(topology.DefaultOptions(), classes, Draws{Cloud: func(class, i int) (topology.Cloud, error) {
				if class == 4 {
					return topology.Cloud{}, fmt.Errorf("no such pool")
				}
				return real(class, i)
			}})
			return err
		},
		"class 9: want 0 to 4": func() error { _, err := a.Look(9, x, points, dim, topology.Cloud{}, nil, 10); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}

// BenchmarkAlign is a batch as the recover loop has it, 100 classes of 512 features, by the host twin and by the device.
func BenchmarkAlign(b *testing.B) {
	const classes, n, dim = 100, 50, 512
	a, err := NewAligner(topology.DefaultOptions(), classes, Draws{Cloud: func(class, i int) (topology.Cloud, error) {
		return topology.NewCloud(sphere(n, dim, uint64(class)), n, dim)
	}})
	if err != nil {
		b.Fatal(err)
	}
	x := make([]float32, 0, classes*n*dim)
	for class := range classes {
		x = append(x, sphere(n, dim, uint64(class+500))...)
	}
	b.Run("host", func(b *testing.B) {
		for b.Loop() {
			if u, err := a.Align(x, n, dim); err != nil || u.Active != classes {
				b.Fatal(u, err)
			}
		}
	})
	b.Run("device", func(b *testing.B) {
		p, err := NewProgram(graphtest.Device(b), Size{Classes: classes, Points: n, Width: dim, Grid: 32})
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		if err := errors.Join(p.SetTargets(a.Targets, slices.Repeat([]int{n}, classes), slices.Repeat([]float64{0.005}, classes)), p.Features.Write(x)); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if r := align(b, p); r.Active != classes {
				b.Fatal(r.Summary)
			}
		}
		b.StopTimer()
		best := map[string]float64{}
		for range 20 {
			timings, err := p.Exec().Profile(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			for _, k := range timings {
				if least, ok := best[k.Kernel]; !ok || k.Seconds < least {
					best[k.Kernel] = k.Seconds
				}
			}
		}
		for kernel, seconds := range best {
			b.ReportMetric(1e3*seconds, kernel+"-ms")
		}
	})
}
