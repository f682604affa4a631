package topo

import (
	"fmt"
	"math"
	"slices"

	"reta/shared/topology"
)

// Picture is the feature space of one class as a viewer draws it. Places are in the plane of Projection, Scaled those of
// Map; lengths of edges, births and deaths are true distances between features.
type Picture struct {
	Projection *Projection
	Fidelity   Fidelity // of Projection
	Map        *Map     // nil above maxScaled points
	EpsMax     float64  // the filtration ends here
	Real, Syn  Shape
	Anchors    Spots               // points outside both sets
	Alignment  *topology.Alignment // losses, kappa, and why the class takes no part
}

// Spots are points on both maps.
type Spots struct {
	Places []float32 // x, y of each point in the plane of Projection
	Scaled []float32 // x, y of each on Map; nil without one
}

// maxScaled bounds the points that are scaled: the time of a turn grows with the square of their number.
const maxScaled = 400

// Shape is one of the two sets.
type Shape struct {
	Spots
	Homology  *topology.Homology
	Triangles []topology.Triangle // of Homology.Graph, in the order they enter
	Complete  bool                // no triangle was left out
}

// Look gathers the picture of a class from its synthetic features [n, dim]. anchors are further points to place on it,
// which change nothing else. before is the last picture of the class, of which only Projection and Map are used, or nil;
// at most triangles of them are listed per set.
func (a *Aligner) Look(class int, features []float32, n, dim int, anchors topology.Cloud, before *Picture, triangles int) (*Picture, error) {
	if class < 0 || class >= len(a.Targets) {
		return nil, fmt.Errorf("topology: class %d: want 0 to %d", class, len(a.Targets)-1)
	}
	t := a.Targets[class]
	syn, err := topology.NewCloud(features, n, dim)
	if err != nil {
		return nil, fmt.Errorf("class %d: %w", class, err)
	}
	p := &Picture{EpsMax: t.EpsMax}
	if p.Alignment, err = t.Align(syn); err != nil {
		return nil, fmt.Errorf("class %d: %w", class, err)
	}
	if before == nil {
		before = &Picture{}
	}
	if p.Projection, err = Project(t.Cloud, syn, before.Projection); err != nil {
		return nil, fmt.Errorf("class %d: %w", class, err)
	}
	if err := p.place(t.Cloud, syn, anchors, before.Map, t.Options.K); err != nil {
		return nil, fmt.Errorf("class %d: %w", class, err)
	}
	shape := func(s *Shape, h *topology.Homology) {
		s.Homology = h
		s.Triangles, s.Complete = h.Graph.Triangles(p.EpsMax, triangles)
	}
	shape(&p.Real, p.Alignment.Real)
	shape(&p.Syn, p.Alignment.Homology)
	return p, nil
}

// place puts both sets and the anchors on both maps and judges these by k neighbours.
func (p *Picture) place(real, syn, anchors topology.Cloud, before *Map, k int) error {
	p.Real.Places, p.Syn.Places, p.Anchors.Places = p.Projection.Apply(real), p.Projection.Apply(syn), p.Projection.Apply(anchors)
	both := topology.Cloud{N: real.N + syn.N, Dim: real.Dim, X: slices.Concat(real.X, syn.X)}
	if both.N > maxScaled {
		return nil
	}
	dist, err := both.Distances()
	if err != nil {
		return err
	}
	start := slices.Concat(p.Real.Places, p.Syn.Places)
	flat := make([]float64, len(start))
	for i, v := range start {
		flat[i] = float64(v)
	}
	p.Fidelity = Judge(dist, flat, k)
	if p.Map, err = Scale(dist, real, start, before, k); err != nil {
		return err
	}
	all := make([]float32, len(start))
	for i, v := range p.Map.Places {
		all[i] = float32(v)
	}
	p.Real.Scaled, p.Syn.Scaled = all[:2*real.N:2*real.N], all[2*real.N:]
	delta := make([]float64, both.N)
	for i := range anchors.N {
		for j := range both.N {
			delta[j] = distance(anchors.Row(i), both.Row(j))
		}
		at := p.Map.Place(delta)
		p.Anchors.Scaled = append(p.Anchors.Scaled, float32(at[0]), float32(at[1]))
	}
	return nil
}

// distance is Euclidean.
func distance(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += (v - b[i]) * (v - b[i])
	}
	return math.Sqrt(s)
}

// LookAll is Look for some of the classes, in parallel, from the features of all as in Align. anchors and before give
// those of a class; anchors is called from several goroutines.
func (a *Aligner) LookAll(classes []int, features []float32, rows, dim int, anchors func(class int) (topology.Cloud, error), before []*Picture, triangles int) ([]*Picture, error) {
	if rows < 0 || dim < 0 || len(features) != len(a.Targets)*rows*dim || len(before) != len(a.Targets) {
		return nil, fmt.Errorf("topology: %d numbers and %d pictures: want %d classes x %d points x %d features, and a picture each",
			len(features), len(before), len(a.Targets), rows, dim)
	}
	pictures, points := make([]*Picture, len(classes)), a.Points(rows)
	err := parallel(classes, func(i, class int) error {
		spots, err := anchors(class)
		if err != nil {
			return err
		}
		n := points[class]
		pictures[i], err = a.Look(class, features[class*rows*dim:][:n*dim], n, dim, spots, before[class], triangles)
		return err
	})
	return pictures, err
}
