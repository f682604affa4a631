package distill

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"reta/compute/topo"
	"reta/shared/recipe"
	"reta/shared/topology"
)

// aim draws the real points of every class for the present stage and measures
// them: the real side of Eqns 9-11, held still until the stage ends.
func (g *group) aim() error {
	p := g.r.Recipe.PTA
	a, err := topo.NewAligner(topologyOptions(p), g.count, topo.Draws{
		Count: p.RealDraws, AutoGamma: p.AutoGamma,
		Cloud: g.realPoints,
	})
	if err != nil {
		return fmt.Errorf("real features: %w", err)
	}
	g.aligner, g.told = a, map[string]bool{}
	g.album.open(g.stage, g.count)
	for c, n := range a.Points(g.r.points()) {
		g.album.real[c] = g.drawn(c, 0)[:n]
	}
	if g.pictures == nil {
		g.pictures = make([]*topo.Picture, g.count)
	}
	g.weight = math.NaN()
	return g.weigh()
}

// topologyWeight is what L_topo is multiplied by in one update.
func (r *run) topologyWeight() float64 {
	if r.Recipe.PTA.Weighting == recipe.PerClass {
		return r.Recipe.PTA.LambdaTopo
	}
	return r.Recipe.PTA.LambdaTopo * float64(r.Recipe.IPC)
}

// weigh gives the device the weight of topology that is in force, where it has another.
func (g *group) weigh() error {
	weight := g.r.topologyWeight()
	if g.topology == nil || weight == g.weight {
		return nil
	}
	g.weight = weight
	rows := g.r.points()
	weights := slices.Repeat([]float64{weight / float64(max(1, g.aligner.Active(rows)))}, g.count)
	return g.topology.Aim(g.aligner.Targets, g.aligner.Points(rows), weights)
}

// realPoints is draw i of n_c real points of the group's class c.
func (g *group) realPoints(c, i int) (topology.Cloud, error) {
	drawn := g.drawn(c, i)
	return g.candidatePoints(c, drawn[:min(g.r.points(), len(drawn))])
}

// candidatePoints are the features of candidates of the group's class c, as
// topology compares them.
func (g *group) candidatePoints(c int, candidates []int) (topology.Cloud, error) {
	r := g.r
	class := g.first + c
	all, lengths, width := r.pool.of(class), r.pool.lengthsOf(class), r.pool.width
	var points []float32
	for _, at := range candidates {
		length := float32(1)
		if !r.Recipe.PTA.Normalize {
			length = lengths[at]
		}
		for _, z := range all[at*width : (at+1)*width] {
			points = append(points, length*z)
		}
	}
	return topology.NewCloud(points, len(candidates), width)
}

// drawn is the order in which draw i takes candidates of the group's class c:
// by chance, behind the present anchors where the recipe wants these.
func (g *group) drawn(c, i int) []int {
	class := g.r.pool.class[g.first+c]
	order := draws(g.r.Recipe.Seed, streamReal, g.first+c, g.stage, i).perm(len(class))
	if !g.r.Recipe.PTA.WithAnchors {
		return order
	}
	isAnchor := map[int]bool{}
	for row := c; row < len(g.anchored); row += g.count {
		isAnchor[g.anchored[row]] = true
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

// points is the largest n_c, the number of points of a class in either set; a
// smaller pool has fewer, see topo.Aligner.Points.
func (r *run) points() int { return min(r.Recipe.IPC, r.Recipe.PTA.MaxPoints) }

func topologyOptions(p recipe.PTA) topology.Options {
	o := topology.DefaultOptions()
	o.K, o.Grid, o.Sigma, o.Exponent, o.Gamma, o.Margin = p.K, p.Grid, p.Sigma, p.Exponent, p.Gamma, p.EpsMargin
	o.Relative, o.DropEssential = p.Relative, p.Drop
	return o
}

// classRows are the rows of the first n images of the group's class c.
func (g *group) classRows(c, n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i*g.count + c)
	}
	return rows
}

// topologyRows are the rows of whole classes, class after class.
func (g *group) topologyRows() []uint32 {
	var rows []uint32
	for c := range g.count {
		rows = append(rows, g.classRows(c, g.r.points())...)
	}
	return rows
}

// classSlots are the places of the points of class c in the tensors that
// topology works on: whole classes, class after class.
func (g *group) classSlots(c int) []uint32 {
	n := g.aligner.Points(g.r.points())[c]
	return rowsFrom(c*g.r.points(), n)
}

// rowOf is the row of the canvas whose features lie in a slot.
func (g *group) rowOf(slot uint32) uint32 {
	n := uint32(g.r.points())
	return slot%n*uint32(g.count) + slot/n
}

// measure looks at whole classes as they are and compares them with their
// targets on the host, kappa included. It returns the points too,
// [classes][points][F].
func (g *group) measure() (*topo.Update, []float32, error) {
	points, err := g.lookAtPoints(g.topologyRows())
	if err != nil {
		return nil, nil, err
	}
	u, err := g.aligner.Align(points, g.r.points(), g.r.pool.width)
	return u, points, err
}

// align makes one topology update, on the device: features of whole classes,
// their loss and gradient, and the pull on the pixels of the classes that have
// one; Adam would move the others by old momentum. It returns what the update
// says of every class.
//
// The update goes through the step's Adam moments and learning rate, and does
// not advance their clock: the bias correction is the ordinary step's.
func (g *group) align(hyper []float32) (*topo.Result, error) {
	var slots []uint32
	for c, t := range g.aligner.Targets {
		if t.Inactive == "" {
			slots = append(slots, g.classSlots(c)...)
		}
	}
	for batch := range slices.Chunk(slots, g.count) {
		rows := make([]uint32, len(batch))
		for i, slot := range batch {
			rows[i] = g.rowOf(slot)
		}
		if err := g.see(rows, batch); err != nil {
			return nil, err
		}
	}
	u, err := g.topology.Align(g.r.ctx)
	if err != nil {
		return nil, fmt.Errorf("topology alignment: %w", err)
	}
	var moving []uint32
	for c, o := range u.Classes {
		if o.Moves {
			moving = append(moving, g.classSlots(c)...)
		}
	}
	g.sayUpdate(u)
	return u, g.pull(moving, hyper)
}

// sayUpdate logs an update in one line and, once a stage and reason, the
// classes that the host had to compute.
func (g *group) sayUpdate(u *topo.Result) {
	host := map[string][]int{}
	for c, o := range u.Classes {
		if o.Host != "" {
			host[o.Host] = append(host[o.Host], g.first+c)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(host)) {
		if !g.told[reason] {
			g.told[reason] = true
			g.r.warn("topology alignment: the host computes %s: %s", someClasses(host[reason]), reason)
		}
	}
	g.r.say("topology update after step %d: L_topo %.4g (H0 %.4g, H1 %.4g) over %d of %d classes; %d classes expanding, %d contracting, %d beyond eps_max, %d edges above eps_max",
		g.step, u.Total, u.Loss[0], u.Loss[1], u.Active, len(u.Classes), u.Expanding, u.Contracting, u.BeyondEpsMax, u.Clipped)
}
