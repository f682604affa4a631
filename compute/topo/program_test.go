package topo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/shared/topology"
)

// pair is one class of a test: its real points, its synthetic ones, and the options that compare them.
type pair struct {
	real, syn topology.Cloud
	options   topology.Options
}

// batch is a program aimed at some pairs, with all its memory poisoned and the features in place.
func batch(t testing.TB, weight float64, pairs ...pair) *Program {
	t.Helper()
	return batchOf(t, func(*extent) {}, weight, pairs...)
}

func batchOf(t testing.TB, edit func(*extent), weight float64, pairs ...pair) *Program {
	t.Helper()
	s := Size{Classes: len(pairs), Points: 1, Grid: pairs[0].options.Grid}
	for _, p := range pairs {
		s.Points, s.Width = max(s.Points, p.syn.N), max(s.Width, p.syn.Dim)
	}
	dev := graphtest.Device(t)
	x := newExtent(dev.Info(), s)
	edit(&x)
	p, err := newProgram(dev, s, x, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	targets, points := make([]*topology.Target, s.Classes), make([]int, s.Classes)
	features := poison(s.Classes * s.Points * s.Width)
	for c, pair := range pairs {
		if targets[c], err = topology.NewTarget(pair.options, widened(pair.real, s.Width)); err != nil {
			t.Fatal(err)
		}
		points[c] = pair.syn.N
		for i, v := range widened(pair.syn, s.Width).X {
			features[c*s.Points*s.Width+i] = float32(v)
		}
	}
	for _, err := range []error{
		p.Aim(targets, points, weight), p.Features.Write(features),
		p.Gradient.Write(poison(len(features))), p.report.Write(poison(s.Classes * reportWords)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func poison(n int) []float32 { return slices.Repeat([]float32{float32(math.NaN())}, n) }

// widened adds coordinates that are 0.
func widened(c topology.Cloud, dim int) topology.Cloud {
	wide := topology.Cloud{N: c.N, Dim: dim, X: make([]float64, c.N*dim)}
	for i := range c.N {
		copy(wide.Row(i), c.Row(i))
	}
	return wide
}

func align(t testing.TB, p *Program) *Result {
	t.Helper()
	r, err := p.Align(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// gradient is the gradient of a class as the program left it.
func (p *Program) gradient(t testing.TB, c int) []float32 {
	t.Helper()
	g, err := p.Gradient.ReadAt(c*p.size.Points*p.size.Width, p.size.Points*p.size.Width)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// homology is what the device found of class c, in the terms of the host.
func (p *Program) homology(t testing.TB, c int, o Outcome) *topology.Homology {
	t.Helper()
	edges, err1 := p.exec.Get(p.stages.edges)
	bars, err2 := p.exec.Get(p.stages.bars)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	x := p.extent
	h := &topology.Homology{Graph: &topology.Graph{N: p.points[c]}}
	for e := range o.Edges {
		weight, ends := edges[2*(c*x.slots+e)], math.Float32bits(edges[2*(c*x.slots+e)+1])
		h.Graph.Edges = append(h.Graph.Edges, topology.Edge{I: int32(ends >> 16), J: int32(ends & 0xffff), Weight: float64(weight)})
	}
	for q := range h.Bars {
		for i := range o.Bars[q].Finite + o.Bars[q].Essential {
			at := 2 * (c*x.bars() + q*x.points + i)
			b := topology.Bar{Degree: q, BirthEdge: int(int32(math.Float32bits(bars[at]))), DeathEdge: int(int32(math.Float32bits(bars[at+1]))), Death: math.Inf(1)}
			if b.BirthEdge >= 0 {
				b.Birth = h.Graph.Edges[b.BirthEdge].Weight
			}
			if b.DeathEdge >= 0 {
				b.Death = h.Graph.Edges[b.DeathEdge].Weight
			}
			h.Bars[q] = append(h.Bars[q], b)
		}
	}
	return h
}

// twin is the homology that the host finds on the very distances of the device.
func (p *Program) twin(t testing.TB, c int) *topology.Homology {
	t.Helper()
	d, err := p.exec.Get(p.stages.distances)
	if err != nil {
		t.Fatal(err)
	}
	x, n := p.extent, p.points[c]
	matrix := make([]float32, 0, n*n)
	for i := range n {
		matrix = append(matrix, d[(c*x.points+i)*x.stride():][:n]...)
	}
	distances, err := topology.NewDistances(n, matrix)
	if err != nil {
		t.Fatal(err)
	}
	eps := float64(float32(p.targets[c].EpsMax))
	return topology.Persistence(topology.MutualKNN(distances, p.targets[c].Options.K).UpTo(eps))
}

func sameHomology(got, want *topology.Homology) error {
	if !slices.Equal(got.Graph.Edges, want.Graph.Edges) {
		return fmt.Errorf("%d edges, want %d, or they differ", len(got.Graph.Edges), len(want.Graph.Edges))
	}
	for q := range want.Bars {
		if !slices.Equal(got.Bars[q], want.Bars[q]) {
			return fmt.Errorf("H%d is\n%v\nwant\n%v", q, got.Bars[q], want.Bars[q])
		}
	}
	return nil
}

// The kinds of random clouds.
const (
	general    = iota // in general position
	grid              // of small integers: many distances are equal
	duplicates        // a third of the points lie on others
	collapsed         // all points are one
	circle
	kinds
)

func randomCloud(rng *rand.Rand, n, dim, kind int) topology.Cloud {
	c := topology.Cloud{N: n, Dim: dim, X: make([]float64, n*dim)}
	for i := range n {
		row := c.Row(i)
		for d := range row {
			switch x := rng.NormFloat64(); kind {
			case grid:
				row[d] = float64(rng.IntN(4))
			case collapsed:
				row[d] = 1.5
			case circle:
				row[d] = math.Cos(2*math.Pi*float64(i)/float64(n)+float64(d%2)*math.Pi/2) + 0.05*x
			default:
				row[d] = x
			}
			row[d] = float64(float32(row[d]))
		}
		if kind == duplicates && i%3 == 2 {
			copy(row, c.Row(i-1))
		}
	}
	return c
}

// The kernels find the edges, their order, the bars and the critical edges that the host twin finds on the same
// distances, bit for bit: in general position and under ties, at sizes about a word of bits, with few neighbours and
// with all.
func TestDevicePairsEqualTheHostTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, sizes := range map[string][]int{
		"small":  {0, 1, 2, 3, 4, 5, 31, 32, 33, 50, 63, 64, 65},
		"medium": {100, 96, 97}, "large": {200, 256, 255},
	} {
		t.Run(name, func(t *testing.T) {
			var pairs []pair
			for _, n := range sizes {
				for kind := range kinds {
					o := topology.DefaultOptions()
					o.K = 1 + rng.IntN(min(max(1, n), 8000/max(n, 1)))
					pairs = append(pairs, pair{randomCloud(rng, max(n, 2), 3, general), randomCloud(rng, n, 3, kind), o})
				}
			}
			p := batch(t, 1, pairs...)
			edges, loops := 0, 0
			for c, o := range align(t, p).Classes {
				if o.Host != "" { // tied: more edges than nk/2
					continue
				}
				got, want := p.homology(t, c, o), p.twin(t, c)
				if err := sameHomology(got, want); err != nil {
					t.Fatalf("class %d, n %d, k %d: %v", c, p.points[c], p.targets[c].Options.K, err)
				}
				edges, loops = edges+len(got.Graph.Edges), loops+len(got.Bars[1])
			}
			t.Logf("%d edges, %d loops", edges, loops)
			if loops < 100 {
				t.Errorf("only %d loops were compared", loops)
			}
		})
	}
}

// Many long loops, up to what the walk over the edges may take: beyond it the class is the host's, and not wrong.
func TestManyLoopsAreRightOrTheHosts(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	var pairs []pair
	for _, c := range []struct{ n, k int }{{100, 49}, {128, 40}, {200, 20}, {200, 31}, {256, 24}, {256, 31}} {
		for _, dim := range []int{10, 64} {
			o := topology.DefaultOptions()
			o.K, o.Margin = c.k, 100
			pairs = append(pairs, pair{randomCloud(rng, c.n, dim, general), randomCloud(rng, c.n, dim, general), o})
		}
	}
	p := batch(t, 1, pairs...)
	device := 0
	for c, o := range align(t, p).Classes {
		if o.Host != "" {
			continue
		}
		device++
		if err := sameHomology(p.homology(t, c, o), p.twin(t, c)); err != nil {
			t.Errorf("class %d, n %d, k %d: %v", c, p.points[c], p.targets[c].Options.K, err)
		}
	}
	if device < 6 {
		t.Errorf("the device kept %d of %d classes", device, len(pairs))
	}
}

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
		if o.Inactive != want.Inactive || o.TooWide != want.TooWide || o.Moves != (size > 0) {
			t.Errorf("%s: inactive %q, too wide %v, moves %v; want %q, %v, %v", name, o.Inactive, o.TooWide, o.Moves, want.Inactive, want.TooWide, size > 0)
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

// ragged is a batch of everything at once: ordinary classes, tiny, tied, collapsed, too wide ones, one of no length, one
// too large and one whose ties make more edges than there is room for.
func ragged() []pair {
	rng := rand.New(rand.NewPCG(5, 6))
	o := topology.DefaultOptions()
	scaled := func(c topology.Cloud, by float64) topology.Cloud {
		for i := range c.X {
			c.X[i] = float64(float32(by * c.X[i]))
		}
		return c
	}
	all := o
	all.K = 400
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
	}
	for c, o := range r.Classes {
		if o.TooWide != slices.Contains(wide, c) || o.Host != host[c] {
			t.Errorf("class %d: too wide %v, host %q; want %v, %q", c, o.TooWide, o.Host, slices.Contains(wide, c), host[c])
		}
	}
	want := Summary{Active: 10, TooWide: 1}
	for _, c := range r.Classes {
		if c.Inactive != "" {
			continue
		}
		want.Total += c.Total / 10
		want.Clipped += c.Clipped
	}
	if r.Active != want.Active || r.TooWide != want.TooWide || math.Abs(r.Total-want.Total) > 1e-12 || r.Clipped != want.Clipped ||
		r.Narrowing+r.Widening > 10 || r.Widening == 0 {
		t.Errorf("summary %+v, want %+v", r.Summary, want)
	}
}

// The kernels for GPUs give what those of this device give, whose shared memory may hold half as much.
func TestKernelsForOtherDevices(t *testing.T) {
	pairs := ragged()
	p := batchOf(t, func(x *extent) { x.broadcast, x.slots = false, 2040 }, 0.5, pairs...)
	r := align(t, p)
	twins(t, p, r, pairs)
	for c, o := range r.Classes {
		if o.Host != "" {
			continue
		}
		if err := sameHomology(p.homology(t, c, o), p.twin(t, c)); err != nil {
			t.Errorf("class %d: %v", c, err)
		}
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

// Columns that outgrow their arena are found out, and the class is the host's.
func TestLongLoopsGoToTheHost(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	o := topology.DefaultOptions()
	o.K = 10
	pairs := []pair{{randomCloud(rng, 64, 8, general), randomCloud(rng, 64, 8, general), o}}
	p := batchOf(t, func(x *extent) { x.arena = 3 }, 1, pairs...)
	r := align(t, p)
	if got := r.Classes[0].Host; got != "its loops are too long" {
		t.Errorf("taken over because %q", got)
	}
	twins(t, p, r, pairs)
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
		"2 targets and 1 counts of points: want 1 of each":                       p.Aim(append(p.targets, p.targets...), p.points, 1),
		"class 0: 21 points of 8 features, images of 32 pixels: want at most 20": p.Aim(p.targets, []int{21}, 1),
		"class 0: 20 points of 7 features":                                       p.Aim([]*topology.Target{narrow}, []int{20}, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
	p.targets = nil
	if _, err := p.Align(context.Background()); err == nil || !strings.Contains(err.Error(), "call Aim first") {
		t.Errorf("without targets: %v", err)
	}
}

// Rows land where the indices say, and nowhere else.
func TestPlace(t *testing.T) {
	for _, width := range []int{1, 3, 64, 257} {
		g := graph.New(graphtest.Device(t))
		table, err := graph.NewVariable(g.Device(), "table", graph.F32, false, 7, width)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Free()
		x, idx := g.Input("x", graph.F32, 4, width), g.Input("idx", graph.U32, 4)
		exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{Place(g.Variable(table), x, idx)}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Close()
		rows, want := make([]float32, 4*width), make([]float32, 7*width)
		for i := range rows {
			rows[i] = float32(i + 1)
		}
		for from, to := range []uint32{5, 7, 0, math.MaxUint32} {
			if to < 7 {
				copy(want[int(to)*width:], rows[from*width:(from+1)*width])
			}
		}
		for _, err := range []error{exec.Set(x, rows), exec.SetU32(idx, []uint32{5, 7, 0, math.MaxUint32}), exec.Run(context.Background())} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := table.Read(); err != nil || !slices.Equal(got, want) {
			t.Errorf("width %d: %v, want %v (%v)", width, got, want, err)
		}
	}
}
