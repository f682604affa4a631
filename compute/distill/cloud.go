package distill

import (
	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/topology"
)

// maxTriangles bounds the triangles sent of each set: more cannot be told apart
// on a screen.
const maxTriangles = 4000

// showCloud sends the feature space of the class that viewers look at, if it is
// in this group.
func (g *group) showCloud() error {
	c := g.r.Shown() - g.first
	if c < 0 || c >= g.count || g.aligner == nil {
		return nil
	}
	points, err := g.lookAtPoints(g.classRows(c, g.aligner.Points(g.r.points())[c]))
	if err != nil {
		return err
	}
	return g.sendCloud(c, points)
}

// sendCloud sends the feature space of the group's class c, given its
// synthetic points [n_c,F].
func (g *group) sendCloud(c int, points []float32) error {
	p, err := g.aligner.Look(c, points, len(points)/g.r.pool.width, g.r.pool.width, g.pictures[c], maxTriangles)
	if err != nil {
		return err
	}
	g.pictures[c] = p
	a := p.Alignment
	g.r.Emit(event.Cloud{
		Step: g.step, Stage: g.shownStage(), Class: g.first + c, K: g.r.Recipe.PTA.K, EpsMax: float32(p.EpsMax),
		Explained: [2]float32{float32(p.Projection.Explained[0]), float32(p.Projection.Explained[1])},
		Real:      setOf(p.Real, p.EpsMax), Syn: setOf(p.Syn, p.EpsMax),
		Kappa:  [2]float32{float32(a.Kappa.H0), float32(a.Kappa.H1)},
		Active: a.Inactive == "" && g.puller != nil, Reason: g.idle(a),
	})
	return nil
}

// idle says why topology does not move a class, "" when it does.
func (g *group) idle(a *topology.Alignment) string {
	if !g.r.Recipe.PTA.On {
		return "topology alignment is off in this run"
	}
	return string(a.Inactive)
}

// setOf is one of the two sets as events tell it.
func setOf(s topo.Shape, epsMax float64) event.Set {
	h := s.Homology
	set := event.Set{Points: s.Places}
	for _, e := range h.Graph.Edges {
		set.Edges = append(set.Edges, event.Edge{I: int(e.I), J: int(e.J), Length: float32(e.Weight)})
	}
	for _, t := range s.Triangles {
		set.Triangles = append(set.Triangles, event.Triangle{I: int(t.I), J: int(t.J), K: int(t.K), Length: float32(h.Graph.Edges[t.Edge].Weight)})
	}
	ends := func(edge int) [2]int {
		if edge < 0 {
			return [2]int{}
		}
		e := h.Graph.Edges[edge]
		return [2]int{int(e.I), int(e.J)}
	}
	for degree, bars := range h.Bars {
		for _, b := range bars {
			bar := event.Bar{
				Degree: degree, Birth: float32(b.Birth), Death: float32(b.Death), Essential: b.Essential(),
				BirthEdge: ends(b.BirthEdge), DeathEdge: ends(b.DeathEdge),
			}
			if bar.Essential {
				bar.Death = float32(epsMax)
			}
			set.Bars = append(set.Bars, bar)
		}
	}
	return set
}
