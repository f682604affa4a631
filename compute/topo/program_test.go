package topo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

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
	s := Size{Classes: len(pairs), Grid: pairs[0].options.Grid}
	for _, p := range pairs {
		s.Points, s.Width = max(s.Points, p.syn.N), max(s.Width, p.syn.Dim)
	}
	p, err := newProgram(graphtest.Device(t), s, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	poison := slices.Repeat([]float32{float32(math.NaN())}, s.Classes*max(s.Points*s.Width, reportWords))
	features := slices.Clone(poison[:s.Classes*s.Points*s.Width])
	targets, points := make([]*topology.Target, s.Classes), make([]int, s.Classes)
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
		p.Gradient.Write(poison[:len(features)]), p.report.Write(poison[:s.Classes*reportWords]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

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

// words reads a stage of the last update.
func (p *Program) words(t testing.TB, n interface{ Size() int }) []uint32 { return nil }

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

// randomCloud draws n points of one of several kinds: in general position, on a grid with many ties, with duplicates,
// all in one place, on a circle.
func randomCloud(rng *rand.Rand, n, dim, kind int) topology.Cloud {
	c := topology.Cloud{N: n, Dim: dim, X: make([]float64, n*dim)}
	for i := range n {
		row := c.Row(i)
		for d := range row {
			switch kind % 5 {
			case 0:
				row[d] = float64(float32(rng.NormFloat64()))
			case 1:
				row[d] = float64(rng.IntN(4))
			case 2:
				if i%3 == 2 {
					row[d] = c.Row(i - 1)[d]
				} else {
					row[d] = float64(float32(rng.NormFloat64()))
				}
			case 3:
				row[d] = 1.5
			case 4:
				angle := 2 * math.Pi * float64(i) / float64(n)
				row[d] = float64(float32(math.Cos(angle + float64(d%2)*math.Pi/2) + 0.05*rng.NormFloat64()))
			}
		}
	}
	return c
}

func TestDevicePairsEqualTheHostTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var pairs []pair
	for _, n := range []int{0, 1, 2, 3, 4, 5, 31, 32, 33, 50, 63, 64, 65} {
		for kind := range 5 {
			o := topology.DefaultOptions()
			o.K = 1 + rng.IntN(max(1, n))
			if kind == 4 {
				o.K = 1 + n/8
			}
			pairs = append(pairs, pair{randomCloud(rng, max(n, 2), 3, 0), randomCloud(rng, n, 3, kind), o})
		}
	}
	p := batch(t, 1, pairs...)
	r := align(t, p)
	for c, o := range r.Classes {
		if err := sameHomology(p.homology(t, c, o), p.twin(t, c)); err != nil {
			t.Fatalf("class %d, n %d, k %d: %v", c, p.points[c], p.targets[c].Options.K, err)
		}
		t.Logf("%d n %d k %d: %+v", c, p.points[c], p.targets[c].Options.K, o)
	}
}
