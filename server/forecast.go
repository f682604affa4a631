package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/experiment"
	"reta/server/run"
	"reta/shared/event"
)

// announce says what there is to do, and returns the cells that are to be run.
func announce(plan *experiment.Plan, out *console) (open []*experiment.Planned, err error) {
	count := map[experiment.State]int{}
	var reasons []string
	lacking := map[string]int{} // cells by reason
	for _, c := range plan.Cells {
		state, _, err := c.State()
		if err != nil {
			return nil, dataError{err}
		}
		count[state]++
		switch state {
		case experiment.NotRun:
			if lacking[c.Reason] == 0 {
				reasons = append(reasons, c.Reason)
			}
			lacking[c.Reason]++
		case experiment.Open, experiment.Failed:
			open = append(open, c)
		}
	}
	said := fmt.Sprintf("experiment: %s in %s: %d done, %d to run", event.Counted(len(plan.Cells), "cell"), plan.Dir, count[experiment.Done], len(open))
	if n := count[experiment.Failed]; n > 0 {
		said += fmt.Sprintf(" (%d of them failed before)", n)
	}
	out.say("%s, %d not run", said, count[experiment.NotRun])
	for _, text := range reasons {
		out.say("experiment: not run: %s: %s", event.Counted(lacking[text], "cell"), text)
	}
	return open, nil
}

// times are seconds of phases.
type times struct{ squeeze, recover, evaluate float64 }

// forecast measures the phases of the cells that are to be run, each kind of them once, and says how long all will take.
func (r *cells) forecast(ctx context.Context, open []*experiment.Planned, out *console) error {
	cache, err := r.common.cacheDir()
	if err != nil {
		return err
	}
	dev, err := r.common.openDevice(cache)
	if err != nil {
		return err
	}
	defer dev.Close()
	out.say("experiment: measuring some steps of each recipe and student on %s", dev.Info().Name)
	f := &forecaster{device: dev, cache: cache, known: map[string]measured{}, counted: map[string]bool{}}
	defer f.close()
	var sum times
	var unknown []string
	bySet := slices.SortedStableFunc(slices.Values(open), func(a, b *experiment.Planned) int { return strings.Compare(a.Data, b.Data) })
	for _, c := range bySet {
		t, err := f.cell(ctx, c, r.known[c.Key])
		switch {
		case ctx.Err() != nil:
			return stopped{ctx.Err(), sameCommand()}
		case err != nil:
			unknown = append(unknown, fmt.Sprintf("%s: %v", c.Name(), err))
			continue
		}
		sum.squeeze, sum.recover, sum.evaluate = sum.squeeze+t.squeeze, sum.recover+t.recover, sum.evaluate+t.evaluate
	}
	if n := len(open) - len(unknown); n > 0 {
		out.say("experiment: %s: about %s: teachers %s, recovery %s, labels and students %s", event.Counted(n, "cell"), event.Duration(sum.squeeze+sum.recover+sum.evaluate),
			event.Duration(sum.squeeze), event.Duration(sum.recover), event.Duration(sum.evaluate))
	}
	const most = 5
	for _, text := range unknown[:min(len(unknown), most)] {
		out.say("experiment: no forecast of %s", text)
	}
	if n := len(unknown) - most; n > 0 {
		out.say("experiment: no forecast of %s more", event.Counted(n, "cell"))
	}
	return nil
}

// forecaster measures phases, each kind once.
type forecaster struct {
	device  *vk.Device
	cache   string
	known   map[string]measured // by what decides them
	set     *dataset.Dataset    // of the last cell: there is room for one
	at      string              // its options
	counted map[string]bool     // teachers, images and controls of earlier cells
}

func (f *forecaster) close() {
	if f.set != nil {
		f.set.Close()
		f.set, f.at = nil, ""
	}
}

// cell is the seconds that a cell takes. What an earlier cell makes is not counted again.
func (f *forecaster) cell(ctx context.Context, c *experiment.Planned, r resolved) (t times, err error) {
	if c.Recover == nil {
		return t, fmt.Errorf("its images are no recipe's")
	}
	o := options(r.config)
	o.Cache = f.cache
	if !dataset.Here(*o) {
		return t, fmt.Errorf("images of %s are to be downloaded first: --data %s=PATH says where they are", r.config.Dataset, c.Data)
	}
	at := fmt.Sprint(*o)
	if at != f.at {
		f.close()
		set, err := openData(ctx, *o, func(event.Event) {})
		if err != nil {
			return t, err
		}
		f.set, f.at = set, at
	}
	of := run.Forecasting{Device: f.device, Set: f.set, Config: r.config, Cache: f.cache}
	teachers := fmt.Sprint(at, r.config.Teachers, r.config.Network, r.config.Networks, r.config.Epochs, r.preset)
	if t.squeeze, err = f.once("squeeze "+teachers, func() (float64, error) { return of.Squeeze(ctx, r.preset) }); err != nil {
		return t, err
	}
	if !run.Recovered(c.ImagesDir()) {
		of := of
		of.Config.Recipe.Seed = 0 // it does not change what a step takes
		m, err := f.measured("recover "+teachers+of.Config.Recipe.Key(), func() (m measured, err error) {
			m.recover, err = of.Recover(ctx)
			return m, err
		})
		if err != nil {
			return t, err
		}
		if !f.counted["images "+c.Run] {
			t.recover = m.recover
		}
		f.counted["images "+c.Run] = true
	}
	if c.Incremental.Steps > 0 {
		t.evaluate, err = f.incremental(ctx, of, c, r, teachers)
		return t, err
	}
	tests := evaluateFlags{corrupted: r.corrupted}
	if err := tests.corruption.check(); err != nil { // all of them
		return t, err
	}
	key := fmt.Sprint("evaluate ", teachers, r.config.Recipe.IPC, r.student.Network, r.student.Protocol.Key(), c.Seeds, c.Controls)
	m, err := f.measured(key+fmt.Sprint(r.config.Recipe.Init.Start), func() (m measured, err error) {
		m.kinds, err = of.Evaluate(ctx, []run.Student{r.student}, c.Seeds, c.Controls, tests.corruptions(f.set.Size))
		return m, err
	})
	for kind, seconds := range m.kinds {
		shared := map[string]string{event.Random: key, event.AllReal: key, event.Patches: key + r.config.Recipe.Key("init")}[kind]
		if at := "students " + kind + shared; shared == "" || !f.counted[at] {
			t.evaluate += seconds
			f.counted[at] = true
		}
	}
	return t, err
}

// incremental is the seconds of class-incremental learning: those of students of all classes, times the images in memory after each
// step as parts of all. After GDumb's last step all orders have the same students.
func (f *forecaster) incremental(ctx context.Context, of run.Forecasting, c *experiment.Planned, r resolved, teachers string) (seconds float64, err error) {
	m, err := f.measured(fmt.Sprint("incremental ", teachers, r.config.Recipe.IPC, r.student.Network, r.student.Protocol.Key(), c.Seeds, c.Controls), func() (m measured, err error) {
		m.kinds, err = of.Evaluate(ctx, []run.Student{r.student}, c.Seeds, c.Controls, nil)
		return m, err
	})
	for _, s := range m.kinds {
		seconds += s
	}
	i, all := c.Incremental, len(f.set.Classes)*r.config.Recipe.IPC
	trainings := 0.0
	for step := range i.Steps {
		images := (step + 1) * all / i.Steps
		if i.Memory > 0 {
			images = min(images, i.Memory)
		}
		orders := i.Orders
		if i.Method == run.GDumb && step == i.Steps-1 {
			orders = 1
		}
		trainings += float64(orders*images) / float64(all)
	}
	return seconds * trainings, err
}

// measured is the seconds of recovery, or those of students by the kind of their images.
type measured struct {
	recover float64
	kinds   map[string]float64
}

// measured measures what is not known yet.
func (f *forecaster) measured(key string, measure func() (measured, error)) (m measured, err error) {
	if m, known := f.known[key]; known {
		return m, nil
	}
	if m, err = measure(); err == nil {
		f.known[key] = m
	}
	return m, err
}

// once measures what is counted for the first cell only that has a forecast of it.
func (f *forecaster) once(key string, measure func() (float64, error)) (float64, error) {
	if f.counted[key] {
		return 0, nil
	}
	seconds, err := measure()
	f.counted[key] = err == nil
	return seconds, err
}
