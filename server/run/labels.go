package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"reta/compute/label"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// soft opens the soft labels of a set's views: made in every step, found, or made now and kept.
func (e Evaluating) soft(kind string, images train.Source) func(context.Context, label.Plan) (label.Source, error) {
	data := e.Set
	data.Train = images
	return func(ctx context.Context, plan label.Plan) (label.Source, error) {
		if plan.Labels.Source == protocol.Online {
			job, err := e.labelling(data, plan.Labels)
			if err != nil {
				return nil, err
			}
			return label.NewTeachers(e.Device, job)
		}
		if store, err := e.there(kind, data, plan.Labels); store != nil || err != nil {
			return store, err
		}
		return e.stored(ctx, kind, data, plan.Labels)
	}
}

// labeller opens who makes the soft labels of a set's views.
func (e Evaluating) labeller(images train.Source) func(label.Plan) (label.Source, error) {
	data := e.Set
	data.Train = images
	return func(plan label.Plan) (label.Source, error) {
		job, err := e.labelling(data, plan.Labels)
		if err != nil {
			return nil, err
		}
		return label.NewTeachers(e.Device, job)
	}
}

// lacks counts the epochs of a set's soft labels that are still to be stored.
func (e Evaluating) lacks(kind string, images train.Source) func(label.Plan) (int, error) {
	data := e.Set
	data.Train = images
	return func(plan label.Plan) (int, error) {
		if store, err := e.there(kind, data, plan.Labels); store != nil || err != nil {
			return 0, err
		}
		job, err := e.labelling(data, plan.Labels)
		if err != nil {
			return 0, err
		}
		if kind == event.Distilled && e.Labels != "" {
			if n, err := label.Lacks(e.Labels, job); !errors.Is(err, label.ErrOther) {
				return n, err
			}
		}
		return label.Lacks(e.ownLabels(kind, plan.Labels), job)
	}
}

// there is the store of a set's soft labels among those that are not written to, nil where it is not.
func (e Evaluating) there(kind string, data train.Data, l protocol.Labels) (label.Source, error) {
	if kind != event.Distilled {
		return nil, nil
	}
	for _, dir := range e.Stores {
		if store, err := found(dir, data, l); store != nil || err != nil {
			return store, err
		}
	}
	return nil, nil
}

// ownLabels is the evaluation's folder for labels with these settings.
func (e Evaluating) ownLabels(kind string, l protocol.Labels) string {
	return filepath.Join(e.Dir, fmt.Sprintf("labels-%s-%s", kind, recipe.Key(l, protocol.Labels{})))
}

// labelling is the job of labelling images.
func (e Evaluating) labelling(data train.Data, l protocol.Labels) (label.Job, error) {
	var networks []string
	for _, m := range e.Teachers {
		networks = append(networks, m.Name)
	}
	if len(networks) == 0 {
		return label.Job{}, fmt.Errorf("soft labels: no teacher: give one with --teacher, or take --labels hard")
	}
	weights, err := l.TeacherWeights(recipe.Dataset{Name: data.Name, Classes: data.Classes, Size: data.Size}, networks)
	return label.Job{Labels: l, Images: data, Teachers: e.Teachers, Weights: weights}, err
}

// stored has labels made that are kept: of the images that are judged where relabel keeps them, unless others lie there; all
// others in a folder of the evaluation that is named after their settings.
func (e Evaluating) stored(ctx context.Context, kind string, data train.Data, l protocol.Labels) (label.Source, error) {
	job, err := e.labelling(data, l)
	if err != nil {
		return nil, err
	}
	if kind == event.Distilled && e.Labels != "" {
		r := Relabelling{Device: e.Device, Images: data, Teachers: e.Teachers, Protocol: protocol.Protocol{Labels: l}, Dir: e.Labels, Emit: e.Emit}
		r.Protocol.Student.Temperature = e.Students[0].Protocol.Student.Temperature
		store, err := r.Do(ctx)
		if err == nil {
			return store, nil
		}
		if !errors.Is(err, label.ErrOther) {
			return nil, err
		}
		logf(e.Emit, "labels: those in %s have other settings, and stay as they are", e.Labels)
	}
	dir := e.ownLabels(kind, l)
	if err := wholefile.MkdirAll(e.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	logf(e.Emit, "labels: for the %s images", kind)
	store, err := label.Relabel(ctx, e.Device, job, dir, Version(), e.Emit)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// found is the finished store of a folder if it has these labels of these images, else nil.
func found(dir string, data train.Data, l protocol.Labels) (label.Source, error) {
	m, err := label.ReadManifest(dir)
	if errors.Is(err, label.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pixels, err := label.HashImages(data)
	if err != nil {
		return nil, err
	}
	m.Labels.Source = l.Source
	same := m.Side == data.Size && m.Mean == data.Mean && m.Std == data.Std && len(m.Classes) == data.Classes && !m.Part()
	if lines := protocol.Settings.Difference(protocol.Protocol{Labels: m.Labels}, protocol.Protocol{Labels: l}); len(lines) > 0 || m.Pixels != pixels || !same {
		return nil, nil
	}
	return label.Open(dir)
}
