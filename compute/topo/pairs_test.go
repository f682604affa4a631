package topo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reta/shared/topology"
)

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

// wheels is 252 leaves and two pairs of hubs, 108 and 118 apart and as far from every leaf. Seven pairs of leaves are
// nearer each other than the second hubs are, the others farther. So the edge between two hubs comes after all spokes,
// and its link is all leaves, apart; 512 edges lie between the two such edges.
func wheels() topology.Cloud {
	const leaves, width = 252, 3*252 + 9
	c := topology.Cloud{N: leaves + 4, Dim: width, X: make([]float64, (leaves+4)*width)}
	for i := range leaves {
		row := c.Row(i)
		if i%2 == 1 && i < 14 {
			row[3*i-3], row[3*i-2], row[3*i], row[3*i+1] = 10, 10, 80, 30
			continue
		}
		row[3*i], row[3*i+1], row[3*i+2] = 50, 50, 50
	}
	axes := func(i int) []float64 { return c.Row(leaves + i)[3*leaves:] }
	copy(axes(0), []float64{54, 0, 35, 4, 2, 1, 1, 1})
	copy(axes(1), []float64{-54, 0, 35, 4, 2, 1, 1, 1})
	copy(axes(2), []float64{0, 59, -54, 0, 0, 0, 1, 5, 1})
	copy(axes(3), []float64{0, -59, -54, 0, 0, 0, 1, 5, 1})
	return c
}

// Links of as many components as there can be: each is flooded from all its vertices.
func TestLinksOfManyComponents(t *testing.T) {
	o := topology.DefaultOptions()
	o.K, o.Margin = 4, 100
	c := wheels()
	p := batchOf(t, func(x *extent) { x.slots = 1024 }, 1, pair{c, c, o})
	outcome := align(t, p).Classes[0]
	if want := 2*(2*252+1) + 7; outcome.Host != "" || outcome.Edges != want {
		t.Fatalf("host %q, %d edges, want %d", outcome.Host, outcome.Edges, want)
	}
	if err := sameHomology(p.homology(t, 0, outcome), p.twin(t, 0)); err != nil {
		t.Error(err)
	}
}
