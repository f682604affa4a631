package topo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
)

// twins compares losses, push and gradient with those of topology.Target.Align in float64.
func twins(t *testing.T, p *Program, r *Result, pairs []pair) {
	t.Helper()
	for c, pair := range pairs {
		want, err := p.targets[c].Align(widened(pair.syn, p.size.Width))
		if err != nil {
			t.Fatal(err)
		}
		o, size, worst := r.Classes[c], 0.0, 0.0
		got := p.gradient(t, c)
		for i, v := range want.Grad {
			v *= p.weights[c]
			size, worst = max(size, math.Abs(v)), max(worst, math.Abs(v-float64(got[i])))
		}
		name := fmt.Sprintf("class %d (n %d, k %d, %q)", c, pair.syn.N, pair.options.K, o.Host)
		if !(worst <= 5e-4*size+1e-6*p.weights[c]) {
			t.Errorf("%s: the gradient is off by %g, its largest entry is %g", name, worst, size)
		}
		for i, v := range got[len(want.Grad):] {
			if v != 0 {
				t.Fatalf("%s: number %d past the points is %v", name, i, v)
			}
		}
		for q, l := range want.Loss {
			if !(math.Abs(o.Loss[q]-l) <= 2e-4*l+1e-6) {
				t.Errorf("%s: loss %d is %v, want %v", name, q, o.Loss[q], l)
			}
		}
		if o.Inactive != want.Inactive || o.BeyondEpsMax != want.BeyondEpsMax || o.Moves != (size > 0) {
			t.Errorf("%s: inactive %q, beyond eps_max %v, moves %v; want %q, %v, %v", name, o.Inactive, o.BeyondEpsMax, o.Moves, want.Inactive, want.BeyondEpsMax, size > 0)
		}
		if !(math.Abs(o.Push-want.Push) <= 1e-3*math.Abs(want.Push)+1e-5) {
			t.Errorf("%s: push %v, want %v", name, o.Push, want.Push)
		}
	}
}

// Settings and sizes that the fixtures do not have: widths and grids off a vec4, exponents, essential bars dropped,
// relative and literal losses.
func TestDeviceAgreesWithTheTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, grid := range []int{1, 31, 32, 33, 70} {
		for _, dim := range []int{1, 3, 33, 128} {
			t.Run(fmt.Sprintf("grid=%d/width=%d", grid, dim), func(t *testing.T) {
				var pairs []pair
				for i := range 6 {
					n := []int{2, 5, 20, 33, 50, 70}[i]
					o := topology.Options{
						K: 1 + rng.IntN(n), Grid: grid, Sigma: []float64{0.1, 0.2, 0.4}[i%3], Exponent: []float64{1, 2, 1.5}[i%3],
						Gamma: float64(i), Margin: 0.9 + 0.2*float64(i%2), DropEssential: i%2 == 1, Relative: i%3 > 0,
					}
					pairs = append(pairs, pair{randomCloud(rng, n, dim, general), randomCloud(rng, n, dim, general), o})
				}
				p := batch(t, 0.5, pairs...)
				twins(t, p, align(t, p), pairs)
			})
		}
	}
}

// ragged is a batch of everything at once: ordinary classes, tiny, tied, collapsed ones, ones beyond eps_max, one of no length, one
// too large, one whose ties make more edges than there is room for, and one on the union graph.
func ragged() []pair {
	rng := rand.New(rand.NewPCG(5, 6))
	o := topology.DefaultOptions()
	scaled := func(c topology.Cloud, by float64) topology.Cloud {
		for i := range c.X {
			c.X[i] = float64(float32(by * c.X[i]))
		}
		return c
	}
	all, union := o, o
	all.K, union.Graph = 400, topology.Union
	return []pair{
		{randomCloud(rng, 50, 32, general), randomCloud(rng, 50, 32, general), o},
		{randomCloud(rng, 1, 32, general), randomCloud(rng, 1, 32, general), o},
		{randomCloud(rng, 2, 32, general), scaled(randomCloud(rng, 2, 32, general), 0.5), o},
		{randomCloud(rng, 50, 32, general), randomCloud(rng, 50, 32, grid), o},
		{randomCloud(rng, 50, 32, general), randomCloud(rng, 50, 32, collapsed), o},
		{randomCloud(rng, 20, 32, general), scaled(randomCloud(rng, 20, 32, general), 100), o},
		{randomCloud(rng, 20, 32, collapsed), randomCloud(rng, 20, 32, general), o},
		{randomCloud(rng, 30, 32, general), scaled(randomCloud(rng, 30, 32, general), 0.5), o},
		{randomCloud(rng, 300, 32, general), randomCloud(rng, 300, 32, general), o},
		{randomCloud(rng, 120, 32, general), randomCloud(rng, 120, 32, collapsed), o},
		{randomCloud(rng, 120, 32, general), randomCloud(rng, 120, 32, general), all},
		{randomCloud(rng, 30, 32, general), scaled(randomCloud(rng, 30, 32, general), 0.5), o},
		{randomCloud(rng, 5, 32, general), randomCloud(rng, 0, 32, general), o},
		{randomCloud(rng, 30, 32, general), randomCloud(rng, 30, 32, general), union},
	}
}

func TestRaggedBatch(t *testing.T) {
	pairs := ragged()
	p := batch(t, 0.5, pairs...)
	r := align(t, p)
	twins(t, p, r, pairs)
	wide, host := []int{5}, map[int]string{
		8:  "300 points, the device takes 256",
		9:  fmt.Sprintf("equal distances make more than %d edges", p.extent.slots),
		10: fmt.Sprintf("up to 7140 edges, the device takes %d", p.extent.slots),
		13: "nearest neighbours among real and synthetic points together, the device takes them per set",
	}
	for c, o := range r.Classes {
		if o.BeyondEpsMax != slices.Contains(wide, c) || o.Host != host[c] {
			t.Errorf("class %d: beyond eps_max %v, host %q; want %v, %q", c, o.BeyondEpsMax, o.Host, slices.Contains(wide, c), host[c])
		}
	}
	want := Summary{Active: 11, BeyondEpsMax: 1}
	for _, c := range r.Classes {
		if c.Inactive != "" {
			continue
		}
		want.Total += c.Total / 11
		want.Clipped += c.Clipped
	}
	if r.Active != want.Active || r.BeyondEpsMax != want.BeyondEpsMax || math.Abs(r.Total-want.Total) > 1e-12 || r.Clipped != want.Clipped ||
		r.Contracting+r.Expanding > 11 || r.Expanding == 0 {
		t.Errorf("summary %+v, want %+v", r.Summary, want)
	}
}

// Two updates of one program and of another give the same bits.
func TestUpdatesRepeat(t *testing.T) {
	var last []float32
	for range 2 {
		p := batch(t, 0.5, ragged()...)
		for range 2 {
			align(t, p)
			report, err1 := p.report.Read()
			gradient, err2 := p.Gradient.Read()
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if now := append(report, gradient...); last != nil && !slices.Equal(now, last) {
				t.Fatal("an update differs from the one before")
			} else {
				last = now
			}
		}
	}
}

// Columns that outgrow their arena, and walks of too many turns, are found out, and the class is the host's.
func TestLongLoopsGoToTheHost(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	o := topology.DefaultOptions()
	o.K = 10
	pairs := []pair{{randomCloud(rng, 64, 8, general), randomCloud(rng, 64, 8, general), o}}
	for _, edit := range []func(*extent){func(x *extent) { x.arena = 3 }, func(x *extent) { x.steps = 100 }} {
		p := batchOf(t, edit, 1, pairs...)
		r := align(t, p)
		if got := r.Classes[0].Host; got != "its loops are too long" {
			t.Errorf("taken over because %q", got)
		}
		twins(t, p, r, pairs)
	}
}

func TestFeaturesThatAreNotFinite(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	pairs := make([]pair, 3)
	for i := range pairs {
		pairs[i] = pair{randomCloud(rng, 20, 8, general), randomCloud(rng, 20, 8, general), topology.DefaultOptions()}
	}
	p := batch(t, 1, pairs...)
	at := (2*20+7)*8 + 5 // class 2, point 7, coordinate 5
	for _, c := range []struct {
		value float64
		words string
	}{
		{math.NaN(), "class 2: cloud: point 7, coordinate 5 is NaN"},
		{math.Copysign(math.NaN(), -1), "class 2: cloud: point 7, coordinate 5 is NaN"},
		{math.Inf(-1), "class 2: cloud: point 7, coordinate 5 is -Inf"},
	} {
		if err := p.Features.WriteAt(at, []float32{float32(c.value)}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Align(context.Background()); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("error %v, want %q", err, c.words)
		}
	}
	if err := p.Features.WriteAt(at, []float32{1e30}); err != nil { // its square is beyond float32, not beyond the host
		t.Fatal(err)
	}
	pairs[2].syn.Row(7)[5] = float64(float32(1e30))
	r := align(t, p)
	if got := r.Classes[2].Host; got != "distances that float32 does not hold" {
		t.Errorf("taken over because %q", got)
	}
	twins(t, p, r, pairs)
}

func TestAimRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	one := pair{randomCloud(rng, 20, 8, general), randomCloud(rng, 20, 8, general), topology.DefaultOptions()}
	p := batch(t, 1, one)
	narrow, err := topology.NewTarget(one.options, randomCloud(rng, 20, 7, general))
	if err != nil {
		t.Fatal(err)
	}
	for words, err := range map[string]error{
		"2 targets, 1 counts of points and 1 weights: want 1 of each":            p.SetTargets(append(p.targets, p.targets...), p.points, p.weights),
		"1 targets, 1 counts of points and 2 weights: want 1 of each":            p.SetTargets(p.targets, p.points, []float64{1, 1}),
		"class 0: 21 points of 8 features, images of 32 pixels: want at most 20": p.SetTargets(p.targets, []int{21}, p.weights),
		"class 0: 20 points of 7 features":                                       p.SetTargets([]*topology.Target{narrow}, []int{20}, p.weights),
		"class 0: weight NaN: want a finite number of at least 0":                p.SetTargets(p.targets, p.points, []float64{math.NaN()}),
		"class 0: weight -1: want":                                               p.SetTargets(p.targets, p.points, []float64{-1}),
		"class 0: weight +Inf: want":                                             p.SetTargets(p.targets, p.points, []float64{math.Inf(1)}),
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
	p.targets = nil
	if _, err := p.Align(context.Background()); err == nil || !strings.Contains(err.Error(), "call SetTargets first") {
		t.Errorf("without targets: %v", err)
	}
}
