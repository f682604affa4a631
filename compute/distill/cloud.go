package distill

import (
	"slices"
	"time"

	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/topology"
)

// maxTriangles bounds the triangles sent of each set: more cannot be told apart
// on a screen.
const maxTriangles = 4000

// Feature spaces of all classes are shown before the first step and when a stage
// ends: of a run's first maxClouds classes, and of no more in a group than take
// one part in allShare of the time of the stage's steps, but of fewClouds always.
const maxClouds, fewClouds, allShare = 200, 16, 100

// showCloud sends the feature space and thumbnails of the class that viewers
// look at, if it is in this group.
func (g *group) showCloud() error {
	c := g.r.Shown() - g.first
	if c < 0 || c >= g.count || g.aligner == nil {
		return nil
	}
	if err := g.showFaces(c, true); err != nil {
		return err
	}
	points, err := g.lookAtPoints(g.classRows(c, g.aligner.Points(g.r.points())[c]))
	if err != nil {
		return err
	}
	anchors, err := g.anchorPoints(c)
	if err != nil {
		return err
	}
	width := g.r.pool.width
	p, err := g.aligner.Look(c, points, len(points)/width, width, anchors, g.pictures[c], maxTriangles)
	if err != nil {
		return err
	}
	g.tellCloud(c, p)
	return nil
}

// showClouds sends feature spaces and thumbnails of the other classes, for those
// who choose another and for recordings. stage is the time that the steps of the
// stage took.
func (g *group) showClouds(stage time.Duration) error {
	classes := g.otherClasses(stage)
	if len(classes) == 0 {
		return nil
	}
	points, err := g.lookAtPoints(g.topologyRows())
	if err != nil {
		return err
	}
	began := time.Now()
	pictures, err := g.aligner.LookAll(classes, points, g.r.points(), g.r.pool.width, g.anchorPoints, g.pictures, maxTriangles)
	if err != nil {
		return err
	}
	g.watch.cloud = time.Since(began) / time.Duration(len(classes))
	for i, c := range classes {
		g.tellCloud(c, pictures[i])
		if err := g.showFaces(c, false); err != nil {
			return err
		}
	}
	return nil
}

// otherClasses are those of the group that showClouds sends.
func (g *group) otherClasses(stage time.Duration) (list []int) {
	most := fewClouds
	if g.watch.cloud > 0 {
		most = max(most, int(stage/allShare/g.watch.cloud))
	}
	for c := 0; c < g.count && g.first+c < maxClouds && len(list) < most; c++ {
		if g.first+c != g.r.Shown() {
			list = append(list, c)
		}
	}
	return list
}

// tellCloud sends a picture of the group's class c.
func (g *group) tellCloud(c int, p *topo.Picture) {
	g.pictures[c] = &topo.Picture{Projection: p.Projection, Map: p.Map}
	a := p.Alignment
	e := event.Cloud{
		Step: g.step, Stage: g.shownStage(), Class: g.first + c, K: g.r.Recipe.PTA.K, EpsMax: float32(p.EpsMax),
		Explained: [2]float32{float32(p.Projection.Explained[0]), float32(p.Projection.Explained[1])},
		Real:      setOf(p.Real, p.EpsMax), Syn: setOf(p.Syn, p.EpsMax),
		Kappa:  [2]float32{float32(a.Kappa.H0), float32(a.Kappa.H1)},
		Active: a.Inactive == "" && g.puller != nil, Reason: g.idle(a),
		Anchors: g.anchorSpots(c, p.Anchors),
	}
	if p.Map != nil {
		e.PCA, e.MDS = fidelity(p.Fidelity), fidelity(p.Map.Fidelity)
	}
	for _, k := range g.album.real[c] {
		e.Real.Index = append(e.Real.Index, k)
		e.Real.IDs = append(e.Real.IDs, g.nameOf(c, k))
	}
	g.r.Emit(e)
}

func fidelity(f topo.Fidelity) *event.Fidelity {
	return &event.Fidelity{Stress: float32(f.Stress), Kept: float32(f.Kept)}
}

// nameOf is the name of candidate k of the group's class c.
func (g *group) nameOf(c, k int) string {
	return g.r.Data.Train.ID(g.r.pool.class[g.first+c][k])
}

// lastConnection is the stage that ended with the last residual connection, or
// -1.
func (g *group) lastConnection() int {
	stage := min(g.stage, g.r.Recipe.Stages) - 1
	for stage >= 0 && !g.r.Recipe.Connects(stage) {
		stage--
	}
	return stage
}

// anchorsOf lists the synthetic images among the points of the group's class c
// that the last residual connection blended with candidates of the class, and
// those candidates. For a fixed anchor, a patch, that is the image it was cut
// from.
func (g *group) anchorsOf(c int) (images, candidates []int) {
	if g.lastConnection() < 0 {
		return nil, nil
	}
	for i, row := range g.classRows(c, g.aligner.Points(g.r.points())[c]) {
		if k := slices.Index(g.r.pool.class[g.first+c], g.anchored[row]); k >= 0 {
			images, candidates = append(images, i), append(candidates, k)
		}
	}
	return images, candidates
}

// anchorPoints are the features of those candidates.
func (g *group) anchorPoints(c int) (topology.Cloud, error) {
	_, candidates := g.anchorsOf(c)
	return g.candidatePoints(c, candidates)
}

// anchorSpots are their places, nil where there are none.
func (g *group) anchorSpots(c int, s topo.Spots) *event.Anchors {
	images, candidates := g.anchorsOf(c)
	if len(images) == 0 {
		return nil
	}
	a := &event.Anchors{Points: s.Places, MDS: s.Scaled, Image: images, Stage: g.lastConnection()}
	for _, k := range candidates {
		a.IDs = append(a.IDs, g.nameOf(c, k))
	}
	return a
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
