package distill

import (
	"fmt"
	"slices"

	"reta/compute/nn"
	"reta/compute/topo"
	"reta/shared/recipe"
	"reta/shared/topology"
)

// Target is the real side of Eqns 9 to 11 for every class, drawn and measured when it is first asked for, and held still
// until the stage ends.
func (g *Group) Target() (*topo.Aligner, error) {
	if g.target != nil {
		return g.target, nil
	}
	if err := g.embed(); err != nil {
		return nil, err
	}
	p := g.Recipe.PTA
	a, err := topo.NewAligner(topologyOptions(p), g.count, topo.Draws{
		Count: p.RealDraws, AutoGamma: p.AutoGamma,
		Cloud: g.realPoints,
	})
	if err != nil {
		return nil, fmt.Errorf("real features: %w", err)
	}
	g.target = a
	return a, nil
}

// realPoints is draw i of n_c real points of the group's class c.
func (g *Group) realPoints(c, i int) (topology.Cloud, error) {
	drawn := g.Drawn(c, i)
	return g.CandidatePoints(c, drawn[:min(g.TopologyPoints(), len(drawn))])
}

// CandidatePoints are the features of candidates of the group's class c, as topology compares them.
func (g *Group) CandidatePoints(c int, candidates []int) (topology.Cloud, error) {
	class, width := g.first+c, g.pool.Width
	all, lengths := g.pool.Features(class), g.pool.Lengths(class)
	var points []float32
	for _, at := range candidates {
		length := float32(1)
		if !g.Recipe.PTA.Normalize {
			length = lengths[at]
		}
		for _, z := range all[at*width : (at+1)*width] {
			points = append(points, length*z)
		}
	}
	return topology.NewCloud(points, len(candidates), width)
}

// Drawn is the order in which draw i takes candidates of the group's class c: at random, behind the present anchors where
// the recipe wants these.
func (g *Group) Drawn(c, i int) []int {
	class := g.pool.Class[g.first+c]
	order := nn.NewDraws(g.Recipe.Seed, streamReal, g.first+c, g.stage, i).Perm(len(class))
	if !g.Recipe.PTA.WithAnchors {
		return order
	}
	isAnchor := map[int]bool{}
	for row := c; row < len(g.anchors); row += g.count {
		isAnchor[g.anchors[row]] = true
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := isAnchor[class[a]], isAnchor[class[b]]; {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	return order
}

// TopologyPoints is the largest n_c, the number of points of a class in either set; a smaller pool has fewer, see
// topo.Aligner.Points.
func (r *run) TopologyPoints() int { return min(r.Recipe.IPC, r.Recipe.PTA.MaxPoints) }

// TopologyRows are the rows of the first TopologyPoints images of every class, class after class.
func (g *Group) TopologyRows() []uint32 {
	var rows []uint32
	for c := range g.count {
		rows = append(rows, g.classRows(c, g.TopologyPoints())...)
	}
	return rows
}

// ClassRows are the rows of the points of the group's class c.
func (g *Group) ClassRows(c int) ([]uint32, error) {
	a, err := g.Target()
	if err != nil {
		return nil, err
	}
	return g.classRows(c, a.Points(g.TopologyPoints())[c]), nil
}

func topologyOptions(p recipe.PTA) topology.Options {
	o := topology.DefaultOptions()
	o.K, o.Grid, o.Sigma, o.Exponent, o.Gamma, o.Margin = p.K, p.Grid, p.Sigma, p.Exponent, p.Gamma, p.EpsMargin
	o.Relative, o.DropEssential = p.Relative, p.Drop
	if p.Graph == recipe.Union {
		o.Graph = topology.Union
	}
	return o
}

// TopologyWeights are what each class's loss is multiplied by, see recipe.Weighting.
func (g *Group) TopologyWeights(a *topo.Aligner) []float64 {
	p, rows := g.Recipe.PTA, g.TopologyPoints()
	points, active := a.Points(rows), float64(max(1, a.Active(rows)))
	weights := make([]float64, g.count)
	for c := range weights {
		switch p.Weighting {
		case recipe.PerImage:
			weights[c] = p.LambdaTopo * float64(points[c]) / float64(min(g.Recipe.Batch, g.count))
		case recipe.PerBatch:
			weights[c] = p.LambdaTopo * float64(g.Recipe.IPC) / active
		case recipe.PerClass:
			weights[c] = p.LambdaTopo / active
		case recipe.Sum:
			weights[c] = p.LambdaTopo
		}
	}
	return weights
}

// classSlots are the places of the points of class c in the tensors that topology works on: whole classes, class after class.
func (g *Group) classSlots(a *topo.Aligner, c int) []uint32 {
	n := g.TopologyPoints()
	return rowsFrom(c*n, a.Points(n)[c])
}

// rowsOf are the rows of the image buffer whose features lie in slots.
func (g *Group) rowsOf(slots []uint32) []uint32 {
	n, rows := uint32(g.TopologyPoints()), make([]uint32, len(slots))
	for i, slot := range slots {
		rows[i] = slot%n*uint32(g.count) + slot/n
	}
	return rows
}
