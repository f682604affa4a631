package distill

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/topology"
)

// diagnose tells the shape of every class at a stage's end, whatever the recipe: how far its Betti curves fall short of
// real ones (Eqn 9), what the topology loss would be and which way it pushes, its spread, and what each loss weighs.
func (g *group) diagnose(u *topo.Update, points []float32, now Assessment) event.Diagnosis {
	r := g.r.Recipe
	d := event.Diagnosis{
		Stage: g.stage, Step: g.step, First: g.first, Gamma: float32(r.PTA.Gamma),
		Terms: event.Terms{CE: float32(now.CE), BN: float32(r.BNWeight * now.BN)},
	}
	if g.puller != nil {
		d.Terms.Topo = float32(r.PTA.LambdaTopo * u.Total)
	}
	spread, n := g.spreads(points), g.aligner.Points(g.r.points())
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

// spreads is the mean pairwise distance of each class's points [classes][IPC or MaxPoints][F], of which a class uses n_c:
// what a residual connection contracts (Eqn 8).
func (g *group) spreads(points []float32) []float64 {
	rows, width := g.r.points(), g.r.pool.width
	list := make([]float64, g.count)
	for c, n := range g.aligner.Points(rows) {
		cloud, err := topology.NewCloud(points[c*rows*width:][:n*width], n, width)
		if err == nil {
			list[c], err = cloud.Spread()
		}
		if err != nil { // features that are not finite: the loss says so too
			g.r.warn("class %d: spread: %v", g.first+c, err)
		}
	}
	return list
}

// connected adds what the residual connection did: the fit gap of Theorem 4.1, the two terms of Eqn 4 of the anchors it
// took, and the spread it left.
func (g *group) connected(d *event.Diagnosis, m moment, chosen []anchor, points []float32) {
	each := m.size * m.size * 3
	share := 1 / float32(g.r.Recipe.IPC)
	for row, a := range chosen {
		c := &d.Classes[row%g.count]
		c.Fit += share * float32(a.fit)
		c.Complexity += share * float32(a.complexity)
		gap := 0.0
		for i := row * each; i < (row+1)*each; i++ {
			v := float64(m.before[i]) - float64(m.anchor[i])
			gap += v * v
		}
		c.Delta += share * float32(gap)
	}
	for c, s := range g.spreads(points) {
		d.Classes[c].SpreadAfter = float32(s)
	}
}

// sumUp gives a stage's end the means over the group's classes.
func sumUp(end *event.StageEnd, d event.Diagnosis) {
	share := 1 / float32(len(d.Classes))
	for _, c := range d.Classes {
		end.KappaMean += share * (c.Kappa[0] + d.Gamma*c.Kappa[1])
		end.SpreadBefore += share * c.SpreadBefore
		end.SpreadAfter += share * c.SpreadAfter
		end.MeanFit += share * c.Fit
		end.MeanComplexity += share * c.Complexity
	}
}

// sayTopology logs which classes topology alignment cannot move as it should, and why.
func (g *group) sayTopology(d event.Diagnosis) {
	var wide, narrow []int
	idle := map[string][]int{}
	clipped := 0
	for i, c := range d.Classes {
		class := d.First + i
		switch {
		case c.Idle != "":
			idle[c.Idle] = append(idle[c.Idle], class)
			continue
		case c.BeyondEpsMax:
			wide = append(wide, class)
		case c.Push > 0:
			narrow = append(narrow, class)
		}
		clipped += c.Clipped
	}
	for _, reason := range slices.Sorted(maps.Keys(idle)) {
		g.r.warn("topology alignment: inactive in %s: %s", someClasses(idle[reason]), reason)
	}
	if len(wide) > 0 {
		g.r.say("topology alignment: no pull on %s: all components wider apart than eps_max", someClasses(wide))
	}
	if len(narrow) > 0 {
		g.r.say("topology alignment: the pull narrows %s of %d: its loss falls by contracting", someClasses(narrow), len(d.Classes))
	}
	if clipped > 0 {
		g.r.say("topology alignment: %d synthetic edges lie above eps_max", clipped)
	}
}

// someClasses counts classes and names the first few.
func someClasses(list []int) string {
	slices.Sort(list)
	var names []string
	for _, c := range list[:min(8, len(list))] {
		names = append(names, fmt.Sprint(c))
	}
	more := ""
	if len(list) > len(names) {
		more = ", ..."
	}
	word := "classes"
	if len(list) == 1 {
		word = "class"
	}
	return fmt.Sprintf("%d %s (%s%s)", len(list), word, strings.Join(names, ", "), more)
}
