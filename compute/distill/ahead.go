package distill

import (
	"context"
	"fmt"
	"math"
	"time"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/recipe"
)

// stepsAhead is how many steps may be on their way to the device while the next is prepared: a pause, a stop or a changed
// setting comes as many steps late at most.
const stepsAhead = graph.InFlight - 1

// launched is a step that was handed to the device.
type launched struct {
	Step
	began   time.Time
	flights []batchFlight
	done    bool
	err     error
}

// batchFlight is the part of a step that moves one batch.
type batchFlight struct {
	*graph.Flight
	program *stepProgram
	share   float64 // of the step's images
}

// wait returns when the next step may be made. Before the run ends, the steps on their way do.
func (g *Group) wait(ctx context.Context, show func() error) error {
	began := time.Now()
	err := g.Gate(ctx, show)
	if err = firstError(err, ctx.Err()); err != nil {
		return firstError(g.report(0), err)
	}
	held := time.Since(began)
	g.ended = g.ended.Add(held)
	for _, s := range g.ahead {
		s.began = s.began.Add(held)
	}
	return nil
}

// launch hands a step to the device that moves every image which has entered once, a batch after the other.
func (g *Group) launch(stage recipe.Stage) (s *launched, err error) {
	rec := g.Recipe
	s = &launched{began: time.Now()}
	if g.parts.training != nil {
		s.Step, err = g.parts.training.step(g, stage)
		s.Duration, s.done = time.Since(s.began), true
		return s, err
	}
	s.Step = Step{Index: g.step, Stage: g.stage, LR: rec.LearningRate(g.step), Terms: make([]Term, len(g.parts.losses))}
	hyper := nn.Hyper{LR: s.LR, Beta1: rec.Betas[0], Beta2: rec.Betas[1], Eps: rec.Epsilon}.At(g.step - stage.First + 1)
	if err := g.parts.align.Before(g); err != nil {
		return s, err
	}
	g.seen = nil
	batches := g.batches(g.step)
	if err := g.keepPrograms(batches); err != nil {
		return s, err
	}
	for _, b := range batches {
		n := len(b.Rows)
		program, err := g.program(g.parts.ensemble.Acting(g.step, b.Image), n)
		if err != nil {
			return s, err
		}
		boxes := augmentation(rec, b.draws(rec.Seed, streamCrop, g.step), g.step, g.images.size, n)
		f, err := program.launch(g.ctx, rec, g.step, b, boxes, hyper)
		if err != nil {
			return s, err
		}
		s.flights = append(s.flights, batchFlight{f, program, float64(n) / float64(countRows(batches))})
	}
	s.Topology, err = g.parts.align.After(g, hyper)
	return s, err
}

// finish waits for a step and completes it.
func (g *Group) finish(s *launched) error {
	if s.done {
		return s.err
	}
	s.done = true
	for _, f := range s.flights {
		if s.err = f.addTo(&s.Step); s.err != nil {
			return s.err
		}
	}
	if math.IsNaN(s.Total) || math.IsInf(s.Total, 0) {
		s.err = fmt.Errorf("the loss is %v (%s): a teacher with unusable weights, or a learning rate of %g too large", s.Total, s.terms(), s.LR)
	}
	if g.ended.After(s.began) {
		s.began = g.ended
	}
	g.ended = time.Now()
	s.Duration = max(0, g.ended.Sub(s.began))
	return s.err
}

// addTo adds the batch's share of the losses, for which it waits, to the step's.
func (f batchFlight) addTo(s *Step) error {
	read := func(n *graph.Node, to *float64) error {
		v, err := f.Get(n)
		if err == nil {
			*to += f.share * float64(v[0])
		}
		return err
	}
	for i, term := range f.program.terms {
		s.Terms[i].Name = f.program.names[i]
		if err := read(term, &s.Terms[i].Value); err != nil {
			return err
		}
	}
	return read(f.program.total, &s.Total)
}

// settle waits for all steps on their way. Whoever reads what they write, or writes what they read, settles first.
func (g *Group) settle() error {
	for _, s := range g.ahead {
		if err := g.finish(s); err != nil {
			return g.inStep(s.Index, err)
		}
	}
	return nil
}

// report tells the observer of the oldest steps, until so many are on their way at most.
func (g *Group) report(most int) error {
	for len(g.ahead) > most {
		s := g.ahead[0]
		if err := g.finish(s); err != nil {
			return g.inStep(s.Index, err)
		}
		g.ahead = g.ahead[1:]
		if err := g.Observer.Step(g, s.Step); err != nil {
			return err
		}
	}
	return nil
}
