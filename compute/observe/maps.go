package observe

import (
	"time"

	"reta/compute/distill"
	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/topology"
)

// maxTriangles bounds the triangles sent of each set: more cannot be distinguished on a screen.
const maxTriangles = 4000

// Feature spaces of all classes are shown before the first step and when a stage ends: of a run's first maxMaps classes, and
// of no more in a group than take one part in allShare of the time of the stage's steps, but of fewMaps always.
const maxMaps, fewMaps, allShare = 200, 16, 100

// featureMaps are the feature spaces as they were last shown, by class: what the next ones follow on from.
type featureMaps struct {
	last []*topo.Picture
	cost time.Duration // of a class's when all were made
}

func newMaps(g *distill.Group) featureMaps {
	return featureMaps{last: make([]*topo.Picture, g.Count())}
}

// showMap sends the feature space and thumbnails of the class that viewers look at, if it is in this group.
func (o *Observer) showMap(g *distill.Group, edge bool) error {
	c := o.Shown() - g.First()
	if c < 0 || c >= g.Count() || !o.wants(g, event.TopicCloud, c, edge) {
		return nil
	}
	if err := o.showThumbnails(g, c, true); err != nil {
		return err
	}
	target, err := g.Target()
	if err != nil {
		return err
	}
	rows, err := g.ClassRows(c)
	if err != nil {
		return err
	}
	f, err := g.Features(rows)
	if err != nil {
		return err
	}
	anchors, err := anchorPoints(g, c)
	if err != nil {
		return err
	}
	p, err := target.Look(c, f.Points, len(rows), len(f.Points)/len(rows), anchors, o.maps.last[c], maxTriangles)
	if err != nil {
		return err
	}
	return o.sendMap(g, c, p)
}

// showOtherMaps sends feature spaces and thumbnails of the other classes, for those who choose another and for recordings.
// stage is the time that the steps of the stage took.
func (o *Observer) showOtherMaps(g *distill.Group, stage time.Duration) error {
	classes := o.otherClasses(g, stage)
	if len(classes) == 0 {
		return nil
	}
	target, err := g.Target()
	if err != nil {
		return err
	}
	points, width, err := topologyPoints(g)
	if err != nil {
		return err
	}
	began := time.Now()
	anchors := func(c int) (topology.Cloud, error) { return anchorPoints(g, c) }
	pictures, err := target.LookAll(classes, points, g.TopologyPoints(), width, anchors, o.maps.last, maxTriangles)
	if err != nil {
		return err
	}
	o.maps.cost = time.Since(began) / time.Duration(len(classes))
	for i, c := range classes {
		if err := o.sendMap(g, c, pictures[i]); err != nil {
			return err
		}
		if err := o.showThumbnails(g, c, false); err != nil {
			return err
		}
	}
	return nil
}

// topologyPoints are the points of whole classes, [classes][TopologyPoints][F], and F.
func topologyPoints(g *distill.Group) ([]float32, int, error) {
	f, err := g.AllFeatures()
	width := g.Teachers[g.Recipe.Phi].Width()
	if err != nil {
		return nil, 0, err
	}
	return distill.Gather(f.Points, g.TopologyRows(), width), width, nil
}

// otherClasses are those of the group that showOtherMaps sends.
func (o *Observer) otherClasses(g *distill.Group, stage time.Duration) (list []int) {
	most := fewMaps
	if o.maps.cost > 0 {
		most = max(most, int(stage/allShare/o.maps.cost))
	}
	for c := 0; c < g.Count() && g.First()+c < maxMaps && len(list) < most; c++ {
		if g.First()+c != o.Shown() && o.wants(g, event.TopicCloud, c, true) {
			list = append(list, c)
		}
	}
	return list
}

// sendMap sends the feature space of the group's class c.
func (o *Observer) sendMap(g *distill.Group, c int, p *topo.Picture) error {
	pool, err := g.Pool()
	if err != nil {
		return err
	}
	o.maps.last[c] = &topo.Picture{Projection: p.Projection, Map: p.Map}
	a := p.Alignment
	e := event.Cloud{
		Step: g.Step(), Stage: shownStage(g), Class: g.First() + c, K: g.Recipe.PTA.K, EpsMax: float32(p.EpsMax),
		Explained: [2]float32{float32(p.Projection.Explained[0]), float32(p.Projection.Explained[1])},
		Real:      setOf(p.Real, p.EpsMax), Syn: setOf(p.Syn, p.EpsMax),
		Kappa:  [2]float32{float32(a.Kappa.H0), float32(a.Kappa.H1)},
		Active: a.Inactive == "" && g.Aligned(), Reason: idle(g, a),
		Anchors: anchorPlaces(g, pool, c, p.Anchors),
	}
	if p.Map != nil {
		e.PCA, e.MDS = fidelity(p.Fidelity), fidelity(p.Map.Fidelity)
	}
	for _, k := range o.thumbs.real[c] {
		e.Real.Index = append(e.Real.Index, k)
		e.Real.IDs = append(e.Real.IDs, nameOf(g, pool, c, k))
	}
	o.Emit(e)
	return nil
}

func fidelity(f topo.Fidelity) *event.Fidelity {
	return &event.Fidelity{Stress: float32(f.Stress), Kept: float32(f.Kept)}
}

// anchorsOf lists the synthetic images among the points of the group's class c that the last residual connection blended with
// candidates of the class, and those candidates. For a fixed anchor, a patch, that is the image it was cut from.
func anchorsOf(g *distill.Group, c int) (images, candidates []int, err error) {
	if lastConnection(g) < 0 {
		return nil, nil, nil
	}
	rows, err := g.ClassRows(c)
	if err != nil {
		return nil, nil, err
	}
	for i, k := range g.Anchors(c)[:len(rows)] {
		if k >= 0 {
			images, candidates = append(images, i), append(candidates, k)
		}
	}
	return images, candidates, nil
}

// anchorPoints are the features of those candidates.
func anchorPoints(g *distill.Group, c int) (topology.Cloud, error) {
	_, candidates, err := anchorsOf(g, c)
	if err != nil {
		return topology.Cloud{}, err
	}
	return g.CandidatePoints(c, candidates)
}

// anchorPlaces are their places on the map, nil where there are none.
func anchorPlaces(g *distill.Group, pool *distill.Pool, c int, s topo.Spots) *event.Anchors {
	images, candidates, err := anchorsOf(g, c)
	if err != nil || len(images) == 0 {
		return nil
	}
	a := &event.Anchors{Points: s.Places, MDS: s.Scaled, Image: images, Stage: lastConnection(g)}
	for _, k := range candidates {
		a.IDs = append(a.IDs, nameOf(g, pool, c, k))
	}
	return a
}

// idle says why topology does not move a class, "" when it does.
func idle(g *distill.Group, a *topology.Alignment) string {
	if !g.Recipe.PTA.On {
		return "topology alignment is off in this run"
	}
	return string(a.Inactive)
}

// setOf is one of the two sets as events tell it.
func setOf(s topo.Shape, epsMax float64) event.Set {
	h := s.Homology
	set := event.Set{Points: s.Places, MDS: s.Scaled}
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
