package topo

import (
	"fmt"

	"reta/shared/topology"
)

// Picture is the feature space of one class as a viewer draws it. Places are in the plane of Projection; lengths of
// edges, births and deaths are true distances between features.
type Picture struct {
	Projection *Projection
	EpsMax     float64 // the filtration ends here
	Real, Syn  Shape
	Alignment  *topology.Alignment // losses, kappa, and why the class takes no part
}

// Shape is one of the two sets.
type Shape struct {
	Places    []float32 // x, y of each point
	Homology  *topology.Homology
	Triangles []topology.Triangle // of Homology.Graph, in the order they enter
	Complete  bool                // no triangle was left out
}

// Look gathers the picture of a class from its synthetic features [n, dim]. before is the last picture of the class or
// nil; at most triangles of them are listed per set.
func (a *Aligner) Look(class int, features []float32, n, dim int, before *Picture, triangles int) (*Picture, error) {
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
	var last *Projection
	if before != nil {
		last = before.Projection
	}
	if p.Projection, err = Project(t.Cloud, syn, last); err != nil {
		return nil, fmt.Errorf("class %d: %w", class, err)
	}
	shape := func(c topology.Cloud, h *topology.Homology) Shape {
		s := Shape{Places: p.Projection.Apply(c), Homology: h}
		s.Triangles, s.Complete = h.Graph.Triangles(p.EpsMax, triangles)
		return s
	}
	p.Real, p.Syn = shape(t.Cloud, t.Homology), shape(syn, p.Alignment.Homology)
	return p, nil
}
