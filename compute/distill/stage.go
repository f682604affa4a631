package distill

import (
	"fmt"
	"runtime"

	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/topology"
)

// parallel bounds the classes whose topology the host computes side by side.
var parallel = max(1, runtime.NumCPU())

// openingNight assesses and shows the images before the first step.
func (g *group) openingNight() error {
	_, a, err := g.assess()
	if err != nil {
		return err
	}
	g.before = a
	g.r.say("classes %d to %d: before step 0 CE %.4f, L_BN %.4f (un-augmented, under %s)",
		g.first, g.first+g.count-1, a.CE, a.BN, g.r.Teachers[0].Name)
	return g.show(true)
}

// endStage measures the group, injects anchors unless the stage is the last,
// and opens the next canvas.
func (g *group) endStage() error {
	r := g.r
	measured, features, err := g.measure()
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
		CE: float32(now.CE), BN: float32(now.BN), Seconds: float32(g.watch.stage.Seconds()),
	}
	g.watch.stage = 0
	g.diagnose(&end, measured)
	end.SpreadBefore = g.spread(features)
	end.SpreadAfter = end.SpreadBefore
	if g.stage == r.Recipe.Stages-1 {
		g.stage++
	} else if err := g.reconnect(&end); err != nil {
		return err
	}
	r.Emit(end)
	r.say("%s", describe(end, r.Recipe))
	return g.show(true)
}

// diagnose fills in the topological figures of a stage's end.
func (g *group) diagnose(end *event.StageEnd, u *topo.Update) {
	end.KappaMean = float32(u.Kappa.H0 + u.Kappa.H1)
	end.Topo = float32(u.Total)
	if g.puller == nil {
		return
	}
	end.Classes = u.Active
	for _, class := range u.Classes {
		if idle := len(u.Classes) - u.Active; class.Inactive != "" {
			g.r.warn("topology alignment: %d of %d classes inactive: %s", idle, len(u.Classes), class.Inactive)
			break
		}
	}
	if u.TooWide > 0 {
		g.r.say("topology alignment: %d classes are wider than eps_max and feel no pull", u.TooWide)
	}
	if u.Narrowing > 0 {
		g.r.say("topology alignment: the pull narrows %d of %d classes", u.Narrowing, u.Active)
	}
}

// spread is the mean over classes of the mean pairwise feature distance, the
// quantity that the residual connection contracts (Eqn 8).
func (g *group) spread(features []float32) float32 {
	n, width := g.r.points(), g.r.pool.width
	sum := 0.0
	for c := range g.count {
		cloud, err := topology.NewCloud(features[c*n*width:(c+1)*n*width], n, width)
		if err != nil {
			return 0
		}
		s, err := cloud.Spread()
		if err != nil {
			return 0
		}
		sum += s
	}
	return float32(sum / float64(g.count))
}

// reconnect injects the anchors and opens the next stage's canvas.
func (g *group) reconnect(end *event.StageEnd) error {
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
	features, _, err := g.look(g.topologyRows())
	if err != nil {
		return err
	}
	end.SpreadAfter = g.spread(features)
	if chosen != nil {
		g.showResidual(m, chosen)
	}
	return nil
}

// describe is a stage's end in one line.
func describe(e event.StageEnd, r recipe.Recipe) string {
	s := fmt.Sprintf("stage %d/%d done at step %d (%d px): CE %.4f, L_BN %.4f, kappa %.4g, spread %.4f",
		e.Stage+1, r.Stages, e.Step, e.Resolution, e.CE, e.BN, e.KappaMean, e.SpreadBefore)
	if e.Classes > 0 {
		s += fmt.Sprintf(", L_topo %.4g over %d classes", e.Topo, e.Classes)
	}
	if e.Anchors > 0 {
		s += fmt.Sprintf("; injected %d anchors (%s, alpha %g) at %d px: spread %.4f",
			e.Anchors, r.Connection, r.Alpha, e.Next, e.SpreadAfter)
	}
	if r.Connection == recipe.Retrieval && e.Anchors > 0 {
		s += fmt.Sprintf(", fit %.4g, complexity %.4g, collisions %.0f %%, own patch %.0f %%, entropy %.2f",
			e.MeanFit, e.MeanComplexity, 100*e.CollisionRate, 100*e.SelfRetrieval, e.Entropy)
	}
	return s
}
