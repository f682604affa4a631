package observe

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"reta/compute/distill"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// ending is what a stage's end finds before anything is blended.
type ending struct {
	event   event.StageEnd
	shape   event.Diagnosis
	steps   time.Duration        // that the stage's steps took
	fixed   [][]retrieval.Choice // of anchors that stand fixed, [class][image]
	origins [][]int              // candidates that the images started from, [class][image]
}

// judged is what one image is blended with at a residual connection: the two terms of Eqn 4 and the anchor's name.
type judged struct {
	id              string
	fit, complexity float64
}

// StageEnds measures the group at the end of a stage's steps, and shows its images as they are.
func (o *Observer) StageEnds(g *distill.Group) (err error) {
	o.ending = ending{steps: o.pace.stage}
	o.pace.stage = 0
	if o.ending.event, o.ending.shape, err = o.measure(g); err != nil {
		return err
	}
	o.ending.event.Seconds = float32(o.ending.steps.Seconds())
	if g.Aligned() {
		o.logTopology(o.ending.shape)
	}
	for c := range g.Count() {
		o.ending.origins = append(o.ending.origins, g.Origins(c))
	}
	if g.Recipe.Connects(g.Stage()) {
		if o.ending.fixed, err = g.Judge(); err != nil {
			return err
		}
	}
	return o.show(g, true)
}

// StageEnded tells what a stage's end did, in words and pictures.
func (o *Observer) StageEnded(g *distill.Group, b *distill.Blend) error {
	end, shape := &o.ending.event, &o.ending.shape
	if b != nil {
		end.Next = b.Size
		if b.Before != nil {
			if err := o.connected(g, b); err != nil {
				return err
			}
		}
	}
	sumUp(end, *shape)
	o.Emit(*end)
	o.Emit(*shape)
	o.say("stage %d/%d%s, step %d/%d, %s", end.Stage+1, g.Recipe.Stages, ofClasses(g), end.Step, g.Recipe.Steps, describe(*end, g.Recipe))
	if err := o.show(g, true); err != nil {
		return err
	}
	return o.showOtherMaps(g, o.ending.steps)
}

// connected tells what a residual connection did.
func (o *Observer) connected(g *distill.Group, b *distill.Blend) error {
	pool, err := g.Pool()
	if err != nil {
		return err
	}
	choices := b.Choices
	if choices == nil {
		choices = o.ending.fixed
	}
	if choices == nil { // a connection that judges no anchors
		return nil
	}
	end := &o.ending.event
	end.Anchors = g.Count() * g.Recipe.IPC
	anchors := make([][]judged, g.Count())
	share := 1 / float32(g.Count())
	for c, class := range choices {
		for _, k := range class {
			anchors[c] = append(anchors[c], judged{nameOf(g, pool, c, k.Anchor.Index), k.Anchor.Fit, k.Anchor.Complexity})
		}
		s := retrieval.Judge(class, o.ending.origins[c])
		end.CollisionRate += share * float32(s.Collisions)
		end.SelfRetrieval += share * float32(s.SelfRetrieval)
		end.Entropy += share * float32(s.Entropy)
	}
	if err := o.diagnoseBlend(g, b, anchors); err != nil {
		return err
	}
	o.showResidual(g, b, anchors)
	if b.Distances != nil {
		return o.showRetrieval(g, b, o.ending.origins)
	}
	return nil
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

// logTopology logs which classes topology alignment cannot move as it should, and why.
func (o *Observer) logTopology(d event.Diagnosis) {
	var beyond, contracting []int
	idle := map[string][]int{}
	clipped := 0
	for i, c := range d.Classes {
		class := d.First + i
		switch {
		case c.Idle != "":
			idle[c.Idle] = append(idle[c.Idle], class)
			continue
		case c.BeyondEpsMax:
			beyond = append(beyond, class)
		case c.Push > 0:
			contracting = append(contracting, class)
		}
		clipped += c.Clipped
	}
	for _, reason := range slices.Sorted(maps.Keys(idle)) {
		o.warn("topology alignment: inactive in %s: %s", distill.SomeClasses(idle[reason]), reason)
	}
	if len(beyond) > 0 {
		o.say("topology alignment, after the stage: no gradient in %s: all components further apart than eps_max", distill.SomeClasses(beyond))
	}
	if len(contracting) > 0 {
		o.say("topology alignment, after the stage: a descent step would contract %s of %d", distill.SomeClasses(contracting), len(d.Classes))
	}
	if clipped > 0 {
		o.say("topology alignment, after the stage: %s of synthetic points above eps_max", event.Counted(clipped, "edge"))
	}
}

// describe is what a line of the log says of the images: the rest is in the events.
func describe(e event.StageEnd, r recipe.Recipe) string {
	s := fmt.Sprintf("%d px: CE %.4g, L_BN %.4g", e.Resolution, e.CE, e.BN)
	if e.Classes > 0 {
		s += fmt.Sprintf(", L_topo %.4g", e.Topo)
	}
	pairs := r.IPC > 1 // of one image, kappa and spread say nothing
	if pairs {
		s += fmt.Sprintf(", kappa %.4g, spread %.4g", e.KappaMean, e.SpreadBefore)
	}
	if e.Anchors > 0 {
		s += fmt.Sprintf("; %s blended in", event.Counted(e.Anchors, "anchor"))
		if pairs {
			s += fmt.Sprintf(", spread %.4g", e.SpreadAfter)
		}
	}
	return s
}

// ofClasses names the group's classes where it has not all.
func ofClasses(g *distill.Group) string {
	if g.Count() == g.Data.Classes {
		return ""
	}
	return fmt.Sprintf(" of classes %d to %d", g.First(), g.First()+g.Count()-1)
}
