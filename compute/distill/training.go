package distill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"reta/compute/match"
	"reta/compute/nn"
	"reta/shared/event"
	"reta/shared/recipe"
)

// training moves a group's images by what they do to a network in training, in the place of the teachers.
type training struct {
	mover mover
	of    *imageBuffer // that the mover moves
}

// mover is a method of package match.
type mover interface {
	// Step moves the images once and returns the loss before.
	Step(ctx context.Context, step int, rate float64) (float64, error)
	// State is what a checkpoint keeps for Restore, beside the image buffer.
	State() ([]nn.Tensor, error)
	Restore(f *nn.TensorFile) error
	Close()
}

// Begin prepares the steps, where that is not done: it trains the experts that the cache lacks, and takes up what the
// checkpoint of a continued run keeps.
func (t *training) Begin(ctx context.Context, g *Group, _ int) error {
	if t.of == g.images {
		return nil
	}
	var experts *match.Trajectories
	if g.Recipe.Match.By == recipe.ByTrajectory {
		var err error
		if experts, err = g.trainExperts(ctx); err != nil {
			return err
		}
	}
	if err := t.open(g, experts); err != nil || g.step == 0 {
		return err
	}
	f, err := nn.OpenTensors(g.restored)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	if err := t.mover.Restore(f); err != nil {
		return fmt.Errorf("checkpoint %s: %w; remove the file to continue from the one before", g.restored, err)
	}
	return nil
}

// open makes the mover of the group's image buffer.
func (t *training) open(g *Group, experts *match.Trajectories) error {
	t.Close()
	c := g.Recipe.Match
	lo, hi := pixelRange(g.Data)
	images := match.Images{Pixels: g.images.pixels, Velocity: g.images.m, Lo: lo, Hi: hi, Momentum: c.Momentum}
	classes := make([]uint32, g.images.rows)
	for row := range classes {
		classes[row] = uint32(g.first + row%g.count)
	}
	if c.By == recipe.ByGradient {
		m, err := match.NewGradient(g.dev, g.Data, images, classes, match.GradientSettings{
			Network: c.Network, Factor: g.Recipe.Formation(), Real: c.Real, Renew: c.Renew, Trained: c.Trained, Batch: c.Batch, Rate: c.Rate,
			Momentum: 0.9, Decay: 5e-4, Mixed: 0.5, Seed: g.Recipe.Seed,
		})
		if err != nil {
			return err
		}
		t.mover, t.of = m, g.images
		return nil
	}
	m, err := match.NewTrajectory(g.dev, g.Data, images, classes, experts, match.TrajectorySettings{
		Steps: c.Inner, Batch: c.Images, Start: c.Start, Ahead: c.Ahead, RateRate: c.RateRate, Seed: g.Recipe.Seed,
	})
	if err != nil {
		return err
	}
	t.mover, t.of = m, g.images
	return nil
}

// experts says how the recipe's experts are trained.
func (g *Group) experts() match.Experts {
	c := g.Recipe.Match
	return match.Experts{Network: c.Network, Number: c.Experts, Epochs: c.Epochs, Batch: c.Batch, Rate: c.Rate, Seed: g.Recipe.Seed}
}

func (g *Group) trainExperts(ctx context.Context) (*match.Trajectories, error) {
	dir := g.Cache
	if dir == "" {
		dir = g.Dir
	}
	if dir == "" {
		return nil, errors.New("recover: trajectories need a folder for their experts: want a cache or a run folder")
	}
	e := g.experts()
	g.say("trajectories of %s of %s, %s each, kept in %s", event.Counted(e.Number, "expert"), e.Network, event.Counted(e.Epochs, "epoch"), filepath.Join(dir, "experts"))
	return e.Train(ctx, g.dev, g.Data, filepath.Join(dir, "experts"), g.DataKey, func(done, total int) {
		g.progress("experts", "training experts on all real images", done, total)
	})
}

// step moves the group's images once.
func (t *training) step(g *Group, stage recipe.Stage) (Step, error) {
	c := g.Recipe.Match
	s := Step{Index: g.step, Stage: stage.Index, LR: c.PixelRate}
	if c.By == recipe.ByGradient {
		s.LR *= float64(g.Recipe.IPC) / 10
	}
	g.seen = nil
	var err error
	if s.Total, err = t.mover.Step(g.ctx, g.step, s.LR); err != nil {
		return s, err
	}
	if math.IsNaN(s.Total) || math.IsInf(s.Total, 0) {
		return s, fmt.Errorf("the loss is %v: training on the images diverges: want a lower match.rate or match.pixel_rate than %g and %g", s.Total, c.Rate, c.PixelRate)
	}
	s.Terms = []Term{{Name: "match", Value: s.Total, Weight: 1}}
	return s, nil
}

// State is what a checkpoint keeps.
func (t *training) State(*Group) ([]nn.Tensor, error) {
	if t.mover == nil {
		return nil, nil
	}
	return t.mover.State()
}

// Restore leaves the checkpoint to Begin: there are no steps yet to take it up.
func (t *training) Restore(*Group, *nn.TensorFile) error { return nil }

// Close frees what the steps hold.
func (t *training) Close() {
	if t.mover != nil {
		t.mover.Close()
	}
	t.mover, t.of = nil, nil
}
