package distill

import (
	"fmt"
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
		Cloud: func(class, i int) (topology.Cloud, error) {
			cloud, _, err := g.realPoints(class, i)
			return cloud, err
		},
	})
	if err != nil {
		return fmt.Errorf("real features: %w", err)
	}
	g.aligner = a
	if g.pictures == nil {
		g.pictures = make([]*topo.Picture, g.count)
	}
	return nil
}

// realPoints is draw i of n_c real features of the group's class c, with their
// training images.
func (g *group) realPoints(c, i int) (topology.Cloud, []int, error) {
	r := g.r
	class := g.first + c
	all, of, width := r.pool.of(class), r.pool.class[class], r.pool.width
	n := min(r.points(), len(of))
	points := make([]float32, 0, n*width)
	images := make([]int, 0, n)
	for _, at := range draws(r.Recipe.Seed, streamReal, class, g.stage, i).perm(len(of))[:n] {
		points = append(points, all[at*width:(at+1)*width]...)
		images = append(images, of[at])
	}
	cloud, err := topology.NewCloud(points, n, width)
	return cloud, images, err
}

// points is n_c, the number of points of a class in either set.
func (r *run) points() int { return min(r.Recipe.IPC, r.Recipe.PTA.MaxPoints) }

func topologyOptions(p recipe.PTA) topology.Options {
	o := topology.DefaultOptions()
	o.K, o.Grid, o.Sigma, o.Exponent, o.Gamma, o.Margin = p.K, p.Grid, p.Sigma, p.Exponent, p.Gamma, p.EpsMargin
	o.Relative, o.DropEssential = p.Relative, p.Drop
	return o
}

// topologyRows are the rows of whole classes, class after class.
func (g *group) topologyRows() []uint32 {
	var rows []uint32
	for c := range g.count {
		rows = append(rows, g.classRows(c)...)
	}
	return rows
}

// classRows are the rows of the group's class c that topology looks at.
func (g *group) classRows(c int) []uint32 {
	rows := make([]uint32, g.r.points())
	for i := range rows {
		rows[i] = uint32(i*g.count + c)
	}
	return rows
}

// measure looks at whole classes as they are and compares them with their
// targets. It returns the features too, [classes][n_c][F].
func (g *group) measure() (*topo.Update, []float32, error) {
	features, _, err := g.look(g.topologyRows())
	if err != nil {
		return nil, nil, err
	}
	u, err := g.aligner.Align(features, g.r.points(), g.r.pool.width)
	return u, features, err
}

// align makes one topology update: features of whole classes, their loss and
// gradient, and the pull on the pixels of the classes that have one. It returns
// L_topo, the mean over those classes.
//
// The update goes through the step's Adam moments and learning rate, and does
// not advance their clock: the bias correction is the ordinary step's.
func (g *group) align(hyper []float32) (float64, error) {
	u, _, err := g.measure()
	if err != nil || u.Active == 0 {
		return 0, err
	}
	n, width := g.r.points(), g.r.pool.width
	gradient := u.Grad(g.r.Recipe.PTA.LambdaTopo)
	var rows []uint32
	var moving []float32
	for c := range u.Classes {
		part := gradient[c*n*width : (c+1)*n*width]
		if slices.ContainsFunc(part, func(v float32) bool { return v != 0 }) { // else Adam would move it by old momentum
			rows = append(rows, g.classRows(c)...)
			moving = append(moving, part...)
		}
	}
	return u.Total, g.pull(rows, moving, hyper)
}
