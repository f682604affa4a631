package run

import (
	"context"
	"fmt"
	"slices"

	"reta/compute/evaluate"
	"reta/compute/label"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/trial"
)

// trials are all trainings: for each student and seed the images and the controls.
func (e Evaluating) trials(ctx context.Context) (list []evaluate.Trial, err error) {
	e.Controls = e.possible()
	sets, err := e.sets(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range e.Students {
		for seed := 1; seed <= e.Seeds; seed++ {
			for _, v := range s.Protocol.Variants() {
				t := evaluate.Trial{Student: s.Network, Variant: variant(s.Protocol, v), Seed: seed}
				if e.Redraw {
					v.Labels.Seed += uint64(seed - 1)
				}
				list = append(list, e.of(sets, t, v)...)
			}
		}
	}
	return list, nil
}

// of are the trainings of a student by one protocol with one seed.
func (e Evaluating) of(sets *controlSets, t evaluate.Trial, v protocol.Protocol) (list []evaluate.Trial) {
	add := func(kind string, p protocol.Protocol, suffix string) {
		t := t
		if t.Set = sets.get(kind, t.Seed); t.Set == nil {
			return
		}
		t.Protocol, t.Labels, t.Variant = p, event.SoftLabels, t.Variant+suffix
		if p.Labels.Source == protocol.Hard {
			t.Labels = event.HardLabels
		}
		list = append(list, t)
	}
	soft := v.Labels.Source != protocol.Hard
	add(event.Distilled, v, "")
	if e.wants(RandomControl) {
		add(event.Random, v, "")
	}
	if e.wants(PatchesControl) {
		add(event.Patches, v, "")
	}
	if e.wants(HardControl) && soft {
		add(event.Distilled, v.Hardened(), "")
	}
	if e.wants(RandomHardControl) && soft {
		add(event.Random, v.Hardened(), "")
	}
	if e.wants(ViewsControl) {
		add(event.Distilled, v.OnWholeViews(), trial.WholeViews)
		add(event.Random, v.OnWholeViews(), trial.WholeViews)
	}
	if e.wants(WholeControl) && (t.Seed == 1 || !e.WholeOnce) {
		add(event.AllReal, v.Whole(e.shown(e.Images).Len(), e.Set.Train.Len()), "")
	}
	return list
}

// wants reports whether any of some controls is asked for.
func (e Evaluating) wants(controls ...string) bool {
	return slices.ContainsFunc(controls, func(c string) bool { return slices.Contains(e.Controls, c) })
}

// possible are the controls that there are labels for.
func (e Evaluating) possible() []string {
	soft := func(control string) bool {
		return slices.Contains([]string{RandomControl, PatchesControl, ViewsControl}, control)
	}
	if hardOnly(e.Students) || len(e.Teachers) > 0 || !slices.ContainsFunc(e.Controls, soft) {
		return e.Controls
	}
	warnf(e.Emit, "evaluate: no teacher is given, so controls get no soft labels and are left out: give the teacher of the labels with --teacher")
	return slices.DeleteFunc(slices.Clone(e.Controls), soft)
}

// hardOnly reports whether no student learns from soft labels.
func hardOnly(list []Student) bool {
	return !slices.ContainsFunc(list, func(s Student) bool { return s.Protocol.Labels.Source != protocol.Hard })
}

// variant tells the protocols of a search from each other.
func variant(of, v protocol.Protocol) string {
	if !of.Student.Search {
		return ""
	}
	return fmt.Sprintf(" (lr %g, eta %g)", v.Student.LR, v.Student.Eta)
}

// controlSets are the images of every kind that is wanted and can be had.
type controlSets struct {
	of     map[string]*evaluate.Set
	random []*evaluate.Set // by seed, from 1; one for all seeds unless each draws its own
}

// get is nil for a kind that there is none of.
func (c *controlSets) get(kind string, seed int) *evaluate.Set {
	if kind == event.Random && len(c.random) > 0 {
		return c.random[(seed-1)%len(c.random)]
	}
	return c.of[kind]
}

func (e Evaluating) sets(ctx context.Context) (c *controlSets, err error) {
	c = &controlSets{of: map[string]*evaluate.Set{}}
	if c.of[event.Distilled], err = e.set(event.Distilled, e.shown(e.Images)); err != nil {
		return nil, err
	}
	if e.wants(RandomControl, RandomHardControl, ViewsControl) {
		draws := 1
		if e.Redraw {
			draws = e.Seeds
		}
		for seed := 1; seed <= draws; seed++ {
			images, err := evaluate.Random(e.Set.Train, evaluate.PerClass(e.Images, e.Set.Classes), uint64(seed))
			if err != nil {
				warnf(e.Emit, "evaluate: %v: the control is left out", err)
				break
			}
			s, err := e.set(event.Random, images)
			if err != nil {
				return nil, err
			}
			c.random = append(c.random, s)
		}
	}
	if e.wants(PatchesControl) && e.Starting != nil {
		start, err := e.Starting(ctx)
		if err != nil {
			return nil, err
		}
		if c.of[event.Patches], err = e.set(event.Patches, e.shown(evaluate.Synthetic(start, e.Set.Mean, e.Set.Std))); err != nil {
			return nil, err
		}
	}
	if e.wants(WholeControl) {
		c.of[event.AllReal] = &evaluate.Set{Kind: event.AllReal, Images: e.Set.Train, Hash: e.SetHash}
	}
	return c, nil
}

// shown are synthetic images as students see them.
func (e Evaluating) shown(images train.Source) train.Source {
	return label.Formed(images, e.Set.Size, e.Formation)
}

// set is images with their soft labels.
func (e Evaluating) set(kind string, images train.Source) (*evaluate.Set, error) {
	data := e.Set
	data.Train = images
	pixels, err := label.HashImages(data)
	return &evaluate.Set{
		Kind: kind, Images: images, Hash: fmt.Sprint(pixels, evaluate.PerClass(images, e.Set.Classes)),
		Soft: e.soft(kind, images), Lacks: e.lacks(kind, images), Labeller: e.labeller(images),
	}, err
}
