package distill

import (
	"context"
	"fmt"
	"slices"

	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/recipe"
)

// newRun refuses jobs that cannot run, before anything is allocated.
func newRun(ctx context.Context, dev *vk.Device, job Job) (*run, error) {
	if err := job.check(); err != nil {
		return nil, err
	}
	if job.Emit == nil {
		job.Emit = func(event.Event) {}
	}
	if job.Gate == nil {
		job.Gate = func(ctx context.Context, _ func() error) error { return ctx.Err() }
	}
	if job.Observer == nil {
		job.Observer = unobserved{}
	}
	if job.Steering == nil {
		job.Steering = new(Steering)
	}
	r := &run{ctx: ctx, dev: dev, Job: job, asked: job.Recipe}
	var err error
	if r.pool, err = newPool(r.Data, r.Recipe); err != nil {
		return nil, err
	}
	if r.Groups == [2]int{} {
		r.Groups[1] = r.Recipe.Groups(r.Data.Classes)
	}
	size, first := r.Data.Size, r.Groups[0]*r.Recipe.Group
	r.out = &Synthetic{IPC: r.Recipe.IPC, First: first, Classes: min(r.Groups[1]*r.Recipe.Group, r.Data.Classes) - first, Size: size}
	r.out.Pixels = make([]float32, r.out.Classes*r.Recipe.IPC*size*size*3)
	return r, job.Steering.start(job.Recipe, r.out.First, r.out.Classes, r.Data.Classes, job.Emit)
}

// part reports whether the run recovers some of the groups only.
func (r *run) part() bool { return r.out.Classes < r.Data.Classes }

func (j *Job) check() error {
	if err := j.Recipe.Validate(); err != nil {
		return err
	}
	if all := j.Recipe.Groups(j.Data.Classes); j.Groups != [2]int{} && (j.Groups[0] < 0 || j.Groups[0] >= j.Groups[1] || j.Groups[1] > all) {
		return fmt.Errorf("recover: groups %d to %d: want some of the %s", j.Groups[0], j.Groups[1], event.Counted(all, "group"))
	}
	if len(j.Teachers) == 0 {
		return fmt.Errorf("recover: no teacher: give one with --teacher or let the run train one")
	}
	if n := j.Recipe.Teachers(); len(j.Teachers) < n {
		return fmt.Errorf("recover: recipe %s takes %d teachers at least in every step, and has %d: give more with --teacher, or --teachers to train several", j.Recipe.Name, n, len(j.Teachers))
	}
	if n := len(j.Recipe.Priors); n > 0 && n != len(j.Teachers) && j.Recipe.Ensemble == recipe.Pair {
		return fmt.Errorf("recover: priors %v: want one for each of the %d teachers, in their order", j.Recipe.Priors, len(j.Teachers))
	}
	if j.Recipe.Phi >= len(j.Teachers) {
		return fmt.Errorf("recover: phi = %d: want 0 to %d, the number of a teacher", j.Recipe.Phi, len(j.Teachers)-1)
	}
	for _, t := range j.Teachers {
		if _, err := j.Data.Outputs(t); err != nil {
			return fmt.Errorf("recover: teacher %s: %w", t.Name, err)
		}
		if !t.Spec.Frozen {
			return fmt.Errorf("recover: teacher %s is not frozen", t.Name)
		}
	}
	return nil
}

// announce logs the run's terms.
func (r *run) announce() {
	c := r.Recipe
	r.say("recover: recipe %s, %s x %s, %s in %s, teachers %s, seed %d", c.Name, event.Counted(r.Data.Classes, "class"),
		event.Counted(c.IPC, "image"), event.Counted(c.Steps, "step"), event.Counted(c.Stages, "stage"), r.teacherNames(), c.Seed)
	if r.part() {
		r.say("recover: here the %s from %d on of %d, classes %d to %d", event.Counted(r.Groups[1]-r.Groups[0], "group"), r.Groups[0], r.Recipe.Groups(r.Data.Classes),
			r.out.First, r.out.First+r.out.Classes-1)
	}
	r.say("features (phi) from %s; pool: %s", r.phi().Name, event.Counted(r.pool.Size(), "real image"))
	if c.SoftBudget {
		if soft := c.Softened(); soft.LR != c.LR {
			r.say("soft budget for %d steps: learning rate %.4g instead of %g, crops of at least %.3g of the image instead of %g",
				c.Steps, soft.LR, c.LR, soft.Crop.Area[0], c.Crop.Area[0])
		}
	}
	if c.Ensemble == recipe.Pair && c.Steps > 0 {
		if priors := r.priors(); slices.Max(priors) > 0 {
			r.say("priors of the teachers: %v", priors)
		} else {
			r.warn("no prior is known of the teachers %s on %s: they count the same; server prior measures them, --set priors=... gives them", r.teacherNames(), r.Data.Name)
		}
	}
	for _, line := range c.Notices() {
		r.warn("%s", line)
	}
	for _, t := range r.Teachers {
		if c.Steps > 0 && slices.Contains(c.Losses, "bn") && c.BNWeight > 0 && !t.HasBatchNorm() {
			r.warn("teacher %s has no batch norm: its L_BN is 0, and its steps follow the other losses alone", t.Name)
		}
	}
	if c.PTA.On && c.IPC > 1 {
		r.say("topology alignment: lambda_topo %g (weighting %s), k %d, sigma %g, updates every %d steps and at stage ends, %s",
			c.PTA.LambdaTopo, c.PTA.Weighting, c.PTA.K, c.PTA.Sigma, c.PTA.Every, c.PTA.Update)
	}
}
