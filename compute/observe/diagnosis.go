package observe

import (
	"reta/compute/distill"
	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/topology"
)

// measure sums up the images as they are, in the terms of a stage's end: their losses, which it takes note of, and the shape
// of every class.
func (o *Observer) measure(g *distill.Group) (end event.StageEnd, shape event.Diagnosis, err error) {
	target, err := g.Target()
	if err != nil {
		return end, shape, err
	}
	points, width, err := topologyPoints(g)
	if err != nil {
		return end, shape, err
	}
	measured, err := target.Align(points, g.TopologyPoints(), width)
	if err != nil {
		return end, shape, err
	}
	if o.now, err = o.assess(g); err != nil {
		return end, shape, err
	}
	end = event.StageEnd{
		Stage: g.Stage(), Step: g.Step(), Resolution: g.Size(),
		CE: float32(o.now.CE), BN: float32(o.now.BN), Topo: float32(measured.Total),
	}
	if g.Aligned() {
		end.Classes = measured.Active
	}
	return end, o.diagnose(g, target, measured, points, width), nil
}

// diagnose measures the shape of every class, whatever the recipe: how far its Betti curves fall short of
// real ones (Eqn 9), what the topology loss would be and whether descent on it expands the set, the set's spread, and each loss times
// its weight.
func (o *Observer) diagnose(g *distill.Group, target *topo.Aligner, u *topo.Update, points []float32, width int) event.Diagnosis {
	r := g.Recipe
	d := event.Diagnosis{
		Stage: g.Stage(), Step: g.Step(), First: g.First(), Gamma: float32(r.PTA.Gamma),
		Terms: event.Terms{CE: float32(o.now.CE), BN: float32(r.BNWeight * o.now.BN)},
	}
	if g.Aligned() {
		d.Terms.Topo = float32(u.Weighted(g.TopologyWeights(target)) / float64(r.IPC))
	}
	spread, n := o.spreads(g, points, width), target.Points(g.TopologyPoints())
	for c, a := range u.Classes {
		d.Classes = append(d.Classes, event.ClassShape{
			Points: n[c],
			Kappa:  [2]float32{float32(a.Kappa.H0), float32(a.Kappa.H1)},
			Loss:   [2]float32{float32(a.Loss[0]), float32(a.Loss[1])},
			Push:   float32(a.Push), Clipped: a.Clipped, BeyondEpsMax: a.BeyondEpsMax, Idle: string(a.Inactive),
			SpreadBefore: float32(spread[c]),
		})
	}
	return d
}

// diagnoseBlend adds what the residual connection did: the fit gap of Theorem 4.1, the two terms of Eqn 4 of the anchors it
// took, and the spread it left.
func (o *Observer) diagnoseBlend(g *distill.Group, b *distill.Blend, anchors [][]judged) error {
	each := b.Size * b.Size * 3
	share := 1 / float32(g.Recipe.IPC)
	d := &o.ending.shape
	for c, class := range anchors {
		s := &d.Classes[c]
		for i, a := range class {
			s.Fit += share * float32(a.fit)
			s.Complexity += share * float32(a.complexity)
			row, gap := i*g.Count()+c, 0.0
			for p := row * each; p < (row+1)*each; p++ {
				v := float64(b.Before[p]) - float64(b.Anchor[p])
				gap += v * v
			}
			s.Delta += share * float32(gap)
		}
	}
	points, width, err := topologyPoints(g)
	if err != nil {
		return err
	}
	for c, s := range o.spreads(g, points, width) {
		d.Classes[c].SpreadAfter = float32(s)
	}
	return nil
}

// spreads is the mean pairwise distance of each class's points [classes][TopologyPoints][width], of which a class uses n_c:
// what a residual connection contracts (Eqn 8).
func (o *Observer) spreads(g *distill.Group, points []float32, width int) []float64 {
	rows, list := g.TopologyPoints(), make([]float64, g.Count())
	target, err := g.Target()
	if err != nil {
		return list
	}
	for c, n := range target.Points(rows) {
		cloud, err := topology.NewCloud(points[c*rows*width:][:n*width], n, width)
		if err == nil {
			list[c], err = cloud.Spread()
		}
		if err != nil { // features that are not finite: the loss says so too
			o.warn("class %d: spread: %v", g.First()+c, err)
		}
	}
	return list
}
