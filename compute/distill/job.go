package distill

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/recipe"
)

// Job is everything a recover run needs.
type Job struct {
	Recipe   recipe.Recipe
	Teachers []*models.Model // frozen; used in rotation; the first gives the features
	Data     train.Data

	// Emit receives what happens. It must not block for long.
	Emit func(event.Event)
	// Gate is called between steps and may block: pause, single step. While it
	// does it may call show to have the present state shown. An error
	// ends the run after a checkpoint.
	Gate func(ctx context.Context, show func() error) error
	// Shown is the class whose feature space the viewer looks at.
	Shown func() int
	// Steering changes settings while the run goes on; nil: nobody does.
	Steering *Steering
	// Profile, if not nil, receives the time of every kernel of a recover step,
	// once for each teacher, after the last step.
	Profile func(program string, timings []graph.Timing)
	// Dir keeps the run's checkpoints; "" keeps none.
	Dir string
	// Cache is a folder for pool features and complexities; "" keeps none.
	Cache string
	// Key identifies data and teachers in the cache (a content hash).
	Key string
}

// Synthetic is a distilled set.
type Synthetic struct {
	IPC, Classes, Size int
	Pixels             []float32 // [Classes,IPC,Size,Size,3], normalised
	Before, After      Assessment
}

// Assessment is how the teachers see the un-augmented images, means over
// batches of one image per class.
type Assessment struct{ CE, BN float64 }

// check refuses jobs that cannot run, before anything is allocated.
func (j *Job) check() error {
	if err := j.Recipe.Validate(); err != nil {
		return err
	}
	if len(j.Teachers) == 0 {
		return fmt.Errorf("recover: no teacher: give one with --teacher or let the run train one")
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

// Recover distils the data. A run that stops early (the context, Gate) leaves a
// checkpoint in Dir, from which the next call continues with the same
// bits.
func Recover(ctx context.Context, dev *vk.Device, job Job) (*Synthetic, error) {
	if err := job.check(); err != nil {
		return nil, err
	}
	if job.Emit == nil {
		job.Emit = func(event.Event) {}
	}
	if job.Shown == nil {
		job.Shown = func() int { return 0 }
	}
	if job.Gate == nil {
		job.Gate = func(ctx context.Context, _ func() error) error { return ctx.Err() }
	}
	if job.Steering == nil {
		job.Steering = new(Steering)
	}
	if err := job.Steering.start(job.Recipe, job.Data.Classes, job.Emit); err != nil {
		return nil, err
	}
	defer job.Steering.end()
	r := &run{ctx: ctx, dev: dev, Job: job, asked: job.Recipe}
	return r.recover()
}

// say adds a line to the run's log.
func (j *Job) say(format string, args ...any) { j.Emit(event.Log{Text: fmt.Sprintf(format, args...)}) }

func (j *Job) warn(format string, args ...any) {
	j.Emit(event.Log{Level: event.Warning, Text: fmt.Sprintf(format, args...)})
}
