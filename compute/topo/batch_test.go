package topo

import (
	"context"
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

// batch is a program aimed at some pairs, each of the same weight, with all its memory poisoned and the features in place.
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
		p.SetTargets(targets, points, slices.Repeat([]float64{weight}, s.Classes)), p.Features.Write(features),
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
