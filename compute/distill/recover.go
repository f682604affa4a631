package distill

import (
	"context"
	"errors"
	"fmt"

	"reta/compute/vk"
)

// Recover distils the data: group by group, stage by stage, step by step. A run that stops early (the context, Gate) leaves
// a checkpoint in Dir, from which the next call continues with the same bits.
func Recover(ctx context.Context, dev *vk.Device, job Job) (*Synthetic, error) {
	r, err := newRun(ctx, dev, job)
	if err != nil {
		return nil, err
	}
	defer r.Steering.end()
	r.announce()
	if err := r.forecast(); err != nil {
		return nil, err
	}
	for n := r.Groups[0]; n < r.Groups[1]; n++ {
		first := n * r.Recipe.Group
		if err := r.recoverGroup(first); err != nil {
			return nil, fmt.Errorf("recover: classes %d to %d: %w", first, min(first+r.Recipe.Group, r.Data.Classes)-1, err)
		}
	}
	return r.out, nil
}

// recoverGroup optimises the images of the classes from first on, or takes them from a finished checkpoint.
func (r *run) recoverGroup(first int) error {
	g, err := r.newGroup(first)
	if err != nil {
		return err
	}
	defer g.close()
	done, err := g.restore()
	if err == nil && !done {
		err = g.optimise()
	}
	if err == nil {
		err = g.collect()
	}
	if err == nil && r.Profile != nil && first+g.count == r.out.First+r.out.Classes {
		err = g.profile()
	}
	return err
}

// optimise makes the group's remaining stages.
func (g *Group) optimise() error {
	if g.images == nil {
		if err := g.start(); err != nil {
			return err
		}
	}
	for _, k := range g.parts.keepers() { // now, that it can be interrupted
		if err := k.Begin(g.ctx, g, g.images.size); err != nil {
			return err
		}
	}
	// A step is made whole or not at all, so that a stopped run keeps what a step left: from here on only the gate, between
	// two steps, listens to the caller.
	ctx := g.ctx
	g.ctx = context.WithoutCancel(ctx)
	defer func() { g.ctx = ctx }()
	for g.stage < g.Recipe.Stages {
		if err := g.runStage(ctx); err != nil { // advances g.stage
			if errors.Is(err, context.Canceled) || errors.Is(err, ErrStop) {
				err = errors.Join(err, g.save(false))
			}
			return err
		}
	}
	return g.keep(ctx, true)
}

// start makes the first images.
func (g *Group) start() error {
	size := g.Recipe.Stage(0).Resolution
	first, err := g.parts.start.Images(g, size)
	if err != nil {
		return err
	}
	g.origins, g.anchors, g.cells = first.Origins, append([]int(nil), first.Origins...), first.cells
	g.parts.end.Start(first)
	pixels, err := resampled(g.ctx, g.dev, first.Pixels, first.Size, size)
	if err != nil {
		return err
	}
	return g.replace(size, pixels)
}

// runStage makes the steps left of the present stage, and what ends it.
func (g *Group) runStage(ctx context.Context) error {
	stage := g.Recipe.Stage(g.stage)
	g.Recipe = g.Steering.begin(g.first, g.step)
	g.target = nil
	for _, k := range g.parts.keepers() {
		if err := k.Begin(ctx, g, stage.Resolution); err != nil {
			return err
		}
	}
	if err := g.parts.align.Begin(g); err != nil {
		return err
	}
	if err := g.Observer.Begin(g); err != nil {
		return err
	}
	show := func() error {
		if err := g.report(0); err != nil {
			return err
		}
		return g.Observer.Show(g)
	}
	for g.step < stage.End {
		if err := g.wait(ctx, show); err != nil {
			return err
		}
		g.Recipe = g.Steering.take(g.first, g.step)
		s, err := g.launch(stage)
		if err != nil {
			return g.inStep(g.step, err)
		}
		g.ahead = append(g.ahead, s)
		g.step++
		if err := g.report(stepsAhead); err != nil {
			return err
		}
		if err := g.saveSometimes(ctx); err != nil {
			return err
		}
	}
	if err := g.report(0); err != nil {
		return err
	}
	return g.endStage()
}

// inStep names the step that an error is of.
func (g *Group) inStep(step int, err error) error {
	return fmt.Errorf("stage %d/%d, step %d: %w", g.stage+1, g.Recipe.Stages, step+1, err)
}

// endStage does what the recipe does at a stage's end, and opens the next stage unless this was the last.
func (g *Group) endStage() error {
	if err := g.Observer.StageEnds(g); err != nil {
		return err
	}
	if g.stage == g.Recipe.Stages-1 {
		g.stage++
		return g.Observer.StageEnded(g, nil)
	}
	next := g.Recipe.Stage(g.stage + 1).Resolution
	blend, err := g.parts.end.Blend(g, next)
	if err != nil {
		return err
	}
	if err := g.replace(next, blend.After); err != nil {
		return err
	}
	g.stage++ // with the new images: a run that ends from here on continues in the next stage
	for row, choice := range blend.byRow(g.count) {
		g.anchors[row] = g.pool.Class[g.first+row%g.count][choice.Anchor.Index]
	}
	return g.Observer.StageEnded(g, blend)
}

// collect puts the group's finished images into the result, resized to the data's size where the last stage was smaller.
func (g *Group) collect() error {
	pixels, err := g.Pixels()
	if err != nil {
		return err
	}
	if pixels, err = resampled(g.ctx, g.dev, pixels, g.images.size, g.Data.Size); err != nil {
		return err
	}
	g.deliver(pixels)
	return g.Observer.Done(g)
}

// deliver puts the group's rows [rows,S,S,3], at the data's size, into the result.
func (g *Group) deliver(pixels []float32) {
	each := g.Data.Size * g.Data.Size * 3
	for row := range g.Recipe.IPC * g.count {
		i, c := row/g.count, g.first+row%g.count
		copy(g.out.Pixels[((c-g.out.First)*g.Recipe.IPC+i)*each:], pixels[row*each:(row+1)*each])
	}
}
