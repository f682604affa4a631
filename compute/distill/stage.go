package distill

import (
	"fmt"

	"reta/shared/event"
	"reta/shared/recipe"
)

// openingNight assesses and shows the images before the first step.
func (g *group) openingNight() error {
	_, a, err := g.assess()
	if err != nil {
		return err
	}
	g.before = a
	g.r.say("classes %d to %d: before step 0 CE %.4f, L_BN %.4f (un-augmented, under %s)",
		g.first, g.first+g.count-1, a.CE, a.BN, g.r.Teachers[0].Name)
	if err := g.show(true); err != nil {
		return err
	}
	return g.showClouds(0)
}

// endStage measures the group, injects anchors unless the stage is the last,
// and opens the next canvas.
func (g *group) endStage() error {
	r := g.r
	measured, points, err := g.measure()
	if err != nil {
		return err
	}
	_, now, err := g.assess()
	if err != nil {
		return err
	}
	g.after = now
	end := event.StageEnd{
		Stage: g.stage, Step: g.step, Resolution: g.canvas.size,
		CE: float32(now.CE), BN: float32(now.BN), Topo: float32(measured.Total), Seconds: float32(g.watch.stage.Seconds()),
	}
	steps := g.watch.stage
	g.watch.stage = 0
	shape := g.diagnose(measured, points, now)
	if g.puller != nil {
		end.Classes = measured.Active
		g.sayTopology(shape)
	}
	if g.stage == r.Recipe.Stages-1 {
		g.stage++
	} else if err := g.reconnect(&end, &shape); err != nil {
		return err
	}
	sumUp(&end, shape)
	r.Emit(end)
	r.Emit(shape)
	r.say("%s", describe(end, shape, r.Recipe))
	if err := g.show(true); err != nil {
		return err
	}
	return g.showClouds(steps)
}

// reconnect injects the anchors and opens the next stage's canvas.
func (g *group) reconnect(end *event.StageEnd, shape *event.Diagnosis) error {
	r := g.r
	next := r.Recipe.Stage(g.stage + 1).Resolution
	end.Next = next
	var m moment
	var chosen []anchor
	var err error
	if !r.Recipe.Connects(g.stage) {
		pixels, err := g.canvas.pixels.Read()
		if err != nil {
			return err
		}
		if m.after, err = resampled(r.ctx, r.dev, pixels, g.canvas.size, next); err != nil {
			return err
		}
	} else {
		var images []float32
		if images, chosen, err = g.anchors(end); err != nil {
			return err
		}
		if m, err = g.connect(images, next); err != nil {
			return err
		}
		end.Anchors = g.canvas.rows
	}
	if err := g.paint(next, m.after); err != nil {
		return err
	}
	g.stage++ // with the new canvas: a run that ends from here on continues in the next stage
	if chosen == nil {
		return nil
	}
	points, err := g.lookAtPoints(g.topologyRows())
	if err != nil {
		return err
	}
	g.connected(shape, m, chosen, points)
	for row, a := range chosen {
		g.anchored[row] = a.image
	}
	g.showResidual(m, chosen)
	if r.Recipe.Connection == recipe.Retrieval {
		g.showRetrieval(chosen)
	}
	return nil
}

// describe is a stage's end in one line.
func describe(e event.StageEnd, d event.Diagnosis, r recipe.Recipe) string {
	s := fmt.Sprintf("stage %d/%d done at step %d (%d px): CE %.4f, L_BN %.4f",
		e.Stage+1, r.Stages, e.Step, e.Resolution, e.CE, e.BN)
	pairs := r.IPC > 1 // of one image, kappa and spread say nothing
	if pairs {
		s += fmt.Sprintf(", kappa %.4g, spread %.4f", e.KappaMean, e.SpreadBefore)
	}
	if e.Classes > 0 {
		s += fmt.Sprintf(", L_topo %.4g over %d classes, %.2g of the loss", e.Topo, e.Classes, share(d.Terms))
	}
	if e.Anchors > 0 {
		s += fmt.Sprintf("; injected %d anchors (%s, alpha %g) at %d px: ", e.Anchors, r.Connection, r.Alpha, e.Next)
		if pairs {
			s += fmt.Sprintf("spread %.4f, ", e.SpreadAfter)
		}
		s += fmt.Sprintf("fit %.4g, complexity %.4g", e.MeanFit, e.MeanComplexity)
	}
	if r.Connection == recipe.Retrieval && e.Anchors > 0 {
		s += fmt.Sprintf(", collisions %.0f %%, own patch %.0f %%, entropy %.2f", 100*e.CollisionRate, 100*e.SelfRetrieval, e.Entropy)
	}
	return s
}

// share is the part of the weighted loss that topology makes up.
func share(t event.Terms) float64 { return float64(t.Topo) / max(float64(t.CE+t.BN+t.Topo), 1e-12) }
