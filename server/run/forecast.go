package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"reta/compute/distill"
	"reta/compute/evaluate"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/event"
	"reta/shared/recipe"
)

// Forecasting says how long the phases of a run will take, before there is a run: it makes a few steps of each on the real
// images, with teachers whose weights are drawn where they are not trained yet.
type Forecasting struct {
	Device *vk.Device
	Set    *dataset.Dataset
	Config Config
	Cache  string
}

// Squeeze is the seconds that training the teachers takes which are not there yet.
func (f Forecasting) Squeeze(ctx context.Context, preset string) (seconds float64, err error) {
	c := f.Config
	if err := c.Settle(f.Device.Info(), f.Set, preset); err != nil || c.Training == nil {
		return 0, err
	}
	for _, network := range c.networks(f.Set.Size) {
		if _, err := os.Stat(filepath.Join(f.Cache, "teachers", teacherName(f.Set, network, *c.Training)+".safetensors")); err == nil {
			continue
		}
		s, err := f.training(ctx, network, *c.Training)
		if err != nil {
			return 0, err
		}
		seconds += s
	}
	return seconds, nil
}

// training is the seconds that training a network takes.
func (f Forecasting) training(ctx context.Context, network string, recipe train.Recipe) (float64, error) {
	data := DataOf(f.Set)
	m, err := models.New(f.Device, network, models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Size: data.Size, Init: recipe.Init, Seed: recipe.Seed})
	if err != nil {
		return 0, err
	}
	defer m.Free()
	p := pacing{warm: 1, steps: 2}
	_, err = train.Squeeze{Recipe: recipe, Data: data, Serial: true, Gate: func(ctx context.Context, _ int) error { return p.gate(ctx) }}.Run(ctx, f.Device, m)
	batch := min(recipe.Batch, data.Train.Len())
	return p.step() * float64(recipe.Epochs*(data.Train.Len()/batch)), p.came(err)
}

// pacing lets a loop make some steps and measures them. The first ones, in which programs are recorded, do not count.
type pacing struct {
	warm, steps int
	began       []time.Time
}

func (p *pacing) gate(ctx context.Context) error {
	p.began = append(p.began, time.Now())
	if len(p.began) > p.warm+p.steps {
		return distill.ErrStop
	}
	return ctx.Err()
}

// step is the mean seconds of the steps, 0 where the loop had fewer.
func (p *pacing) step() float64 {
	n := len(p.began) - 1 - p.warm
	if n < 1 {
		return 0
	}
	return p.began[n+p.warm].Sub(p.began[p.warm]).Seconds() / float64(n)
}

// came is the loop's error, but that it was ended here.
func (p *pacing) came(err error) error {
	if errors.Is(err, distill.ErrStop) {
		return nil
	}
	return err
}

// teachers are networks as those of the run, with weights that are drawn where they are not given.
func (f Forecasting) teachers() (list []*models.Model, err error) {
	c := f.Config
	if len(c.Teachers) > 0 {
		return ReadTeachers(f.Device, c.Teachers, c.Network)
	}
	names := c.networks(f.Set.Size)
	switch published := c.published(); {
	case c.embedded():
		names = c.demoNetworks()
	case len(names) == 0 && len(published) > 0:
		for _, p := range published {
			names = append(names, p.Network)
		}
	case len(names) == 0:
		names = []string{DefaultNetwork(f.Device.Info())}
	}
	for _, name := range names {
		m, err := models.New(f.Device, name, models.Spec{Classes: len(f.Set.Classes), Stem: models.StemFor(f.Set.Size), Size: f.Set.Size, Frozen: true, Seed: 1})
		if err != nil {
			freeAll(list)
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// scarce is so many training images of each class that a recipe can choose from, few enough to be looked at at once.
const scarce = 16

// Recover is the seconds that recovery takes: its steps, of which it makes a few for one image of each class, and looking at the
// real images that it starts from and retrieves. What it computes every so many steps beside them is not counted.
func (f Forecasting) Recover(ctx context.Context) (seconds float64, err error) {
	teachers, err := f.teachers()
	if err != nil {
		return 0, err
	}
	defer freeAll(teachers)
	dir, err := os.MkdirTemp("", "reta-forecast-")
	if err != nil {
		return 0, fmt.Errorf("forecast: %w", err)
	}
	defer os.RemoveAll(dir)
	data, r := DataOf(f.Set), f.Config.Recipe
	all := float64(data.Train.Len())
	data.Train = evaluate.FirstOfEach(data.Train, data.Classes, max(scarce, r.IPC))
	all /= float64(data.Train.Len())                               // times as many images
	one, p := r, pacing{warm: len(teachers), steps: len(teachers)} // each teacher acts once before it is measured
	if one.Match.Experts = 1; r.Match.By == recipe.ByTeachers {
		one.IPC, one.Rounds = 1, 1
	}
	began := time.Now()
	_, err = distill.Recover(ctx, f.Device, distill.Job{Recipe: one, Teachers: teachers, Data: data, Dir: dir, DataKey: f.Set.Hash,
		Gate: func(ctx context.Context, made func() error) error {
			if err := made(); err != nil { // the time of a step is the device's too
				return err
			}
			return p.gate(ctx)
		}})
	if err := p.came(err); err != nil {
		return 0, err
	}
	if p.step() == 0 { // it has next to no steps: its time is that of looking at images
		return time.Since(began).Seconds() * all, nil
	}
	before := p.began[0].Sub(began).Seconds()
	group := min(r.Group, data.Classes)
	steps := p.step() * float64((data.Classes+group-1)/group*r.Steps)
	switch r.Match.By {
	case recipe.ByTeachers:
		before += f.looks() * p.step() / float64(group)
		together := r
		together.Rounds = 1
		steps *= float64(r.IPC) * r.Passes(data.Size) / together.Passes(data.Size)
	case recipe.ByTrajectory:
		before *= all * float64(r.Match.Experts)
	}
	return before + steps, nil
}

// looks is how many steps of one image cost as much as looking at all the real images that the recipe starts from and retrieves.
func (f Forecasting) looks() (n float64) {
	r, images := f.Config.Recipe, float64(f.Set.Train.Len())
	const forward = 0.5 // of a step, whose other half is the gradient
	if r.Init.Start == recipe.Patch {
		n += forward * images
	}
	if r.Connection == recipe.Retrieval || r.PTA.On {
		n += forward * images
	}
	return n
}

// Evaluate is the seconds that the students take, with the labels that they are taught and their tests, on corrupted images too
// where c is not nil, by the kind of images, as event.Trial has it.
func (f Forecasting) Evaluate(ctx context.Context, students []Student, seeds int, controls []string, c *Corruptions) (map[string]float64, error) {
	teachers, err := f.teachers()
	if err != nil {
		return nil, err
	}
	defer freeAll(teachers)
	data, ipc := DataOf(f.Set), f.Config.Recipe.IPC
	counts := make([]int, data.Classes)
	for i := range counts {
		counts[i] = ipc
	}
	images, err := evaluate.Random(data.Train, counts, 1) // in the place of those that are to be recovered
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "reta-forecast-")
	if err != nil {
		return nil, fmt.Errorf("forecast: %w", err)
	}
	defer os.RemoveAll(dir)
	e := Evaluating{
		Device: f.Device, Set: data, SetHash: f.Set.Hash, Images: images, Formation: f.Config.Recipe.Formation(), Teachers: teachers, TeacherKey: "forecast", Students: students, Seeds: seeds, Controls: controls,
		Corruptions: c, Dir: dir, Emit: func(event.Event) {},
	}
	if f.Config.Recipe.Init.Start == recipe.Patch {
		e.Starting = func(context.Context) (*distill.Synthetic, error) {
			return &distill.Synthetic{IPC: ipc, Classes: data.Classes, Size: data.Size, Pixels: make([]float32, data.Classes*ipc*data.Size*data.Size*3)}, nil
		}
	}
	job, err := e.job(ctx)
	if err != nil {
		return nil, err
	}
	return job.Forecast(ctx, f.Device)
}
