package distill

import (
	"context"
	"fmt"

	"reta/compute/match"
	"reta/compute/vk"
)

// Fits prepares the steps of a job's largest stage as Recover does, and frees them: its error says what the device has no room
// for. The teachers' weights do not matter, so it can be asked before a teacher is trained.
func Fits(ctx context.Context, dev *vk.Device, job Job) error {
	r, err := newRun(ctx, dev, job)
	if err != nil {
		return err
	}
	g, err := r.newGroup(0)
	if err != nil {
		return err
	}
	defer g.close()
	size := 0
	for stage := range r.Recipe.Stages {
		size = max(size, r.Recipe.Stage(stage).Resolution)
	}
	if err := g.prepare(size); err != nil {
		return fmt.Errorf("recover: a step at %d px, %d images of %d classes: %w", size, r.Recipe.IPC*g.count, g.count, err)
	}
	return nil
}

// prepare opens all that a step at the given size uses, on black images.
func (g *Group) prepare(size int) error {
	if err := g.replace(size, make([]float32, g.Recipe.IPC*g.count*size*size*3)); err != nil {
		return err
	}
	if t := g.parts.training; t != nil {
		if err := t.open(g, &match.Trajectories{Experts: g.experts()}); err != nil {
			return err
		}
		_, err := g.features()
		return err
	}
	err := g.eachProgram(func(acting []Share, n int) error {
		_, err := g.program(acting, n)
		return err
	})
	if err == nil {
		_, err = g.features()
	}
	return err
}
