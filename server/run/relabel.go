package run

import (
	"context"
	"fmt"

	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// Relabelling has teachers label views of images and keeps the labels in a folder.
type Relabelling struct {
	Device   *vk.Device
	Images   train.Data // its Train are labelled
	Teachers []*models.Model
	Protocol protocol.Protocol
	Dir      string
	Shard    *Shard // of the epochs; nil: all of them
	Emit     func(event.Event)
}

// Do labels all views, or those that an earlier call that was stopped has left, and emits some of what students are shown, as it is made.
func (r Relabelling) Do(ctx context.Context) (*label.Store, error) {
	var networks []string
	for _, m := range r.Teachers {
		networks = append(networks, m.Name)
	}
	weights, err := r.Protocol.Labels.TeacherWeights(recipe.Dataset{Name: r.Images.Name, Classes: r.Images.Classes, Size: r.Images.Size}, networks)
	if err != nil {
		return nil, err
	}
	job := label.Job{Labels: r.Protocol.Labelled(), Images: r.Images, Teachers: r.Teachers, Weights: weights, Shown: true, Temperature: r.Protocol.Student.Temperature}
	if job.Only, err = r.Shard.of(job.Labels.Epochs, "epoch"); err != nil {
		return nil, err
	}
	if r.Shard != nil {
		logf(r.Emit, "labels: here epochs %d to %d of %d", job.Only[0]+1, job.Only[1], job.Labels.Epochs)
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	store, err := label.Relabel(ctx, r.Device, job, r.Dir, Version(), r.Emit)
	if err != nil {
		return nil, err
	}
	first, end := store.Manifest.Epochs()
	logf(r.Emit, "labels: those of %s are in %s", event.Counted(end-first, "epoch"), r.Dir)
	return store, nil
}

// look logs each teacher's accuracy on some of the images, and warns of one near chance: its classes are others, or in another
// order.
func (r Relabelling) look(ctx context.Context) error {
	data := r.Images
	data.Test = none{}
	for _, m := range r.Teachers {
		score, err := train.Estimate(ctx, r.Device, m, data)
		if err != nil {
			return fmt.Errorf("teacher %s: %w", m.Name, err)
		}
		logf(r.Emit, "teacher: %s: top-1 %.1f %% on %d of the %s to be labelled", m.Name, 100*score.Top1, score.Images, event.Counted(data.Train.Len(), "image"))
		if chance := 1 / float64(data.Classes); score.Images >= 10 && score.Top1 < min(2*chance, (1+chance)/2) {
			warnf(r.Emit, "teacher: %s is near chance (%.1f %%): are the folders named after the right classes, and the images normalised as it was trained?", m.Name, 100*chance)
		}
	}
	return nil
}

// none is no image.
type none struct{ train.Source }

func (none) Len() int { return 0 }

// Relabel labels the images that a finished run has exported, by the given teachers or, where none are given, by the run's
// own, into the folder's labels. It has the protocol chosen for the number of images of a class. Events go to the run's log
// too.
func (r *Run) Relabel(ctx context.Context, teachers []*models.Model, choose func(perClass int) (protocol.Protocol, error)) (store *label.Store, err error) {
	defer func() { r.refused(err) }()
	if err := r.openLog(); err != nil {
		return nil, err
	}
	defer r.log.close()
	r.data = DataOf(r.Set)
	defer r.freeTeachers()
	if err := r.beginShard(); err != nil {
		return nil, err
	}
	if store, err = r.relabel(ctx, teachers, choose); err != nil {
		return nil, err // the log keeps the end of a run that came through
	}
	r.emit(event.Status{State: event.Done, Text: "labels are in " + r.Folder.File("labels"), Phase: "relabel", Done: 1, Total: 1})
	return store, nil
}

func (r *Run) relabel(ctx context.Context, given []*models.Model, choose func(perClass int) (protocol.Protocol, error)) (*label.Store, error) {
	images, err := OpenImages(ctx, r.Folder.export(), r.Set.Size, r.Set.Classes)
	if err != nil {
		return nil, err
	}
	defer images.Close()
	for _, text := range images.Warnings() {
		r.warn("images: %s", text)
	}
	p, err := choose(images.PerClass(len(r.Set.Classes)))
	if err != nil {
		return nil, err
	}
	list, _, data, err := r.labellers(ctx, given)
	if err != nil {
		return nil, err
	}
	data.Train = label.Formed(images, data.Size, r.Config.Recipe.Formation())
	store, err := Relabelling{Device: r.Device, Images: data, Teachers: list, Protocol: p, Dir: r.Folder.File("labels"), Shard: r.Config.Shard, Emit: r.emit}.Do(ctx)
	if err != nil {
		return nil, err
	}
	return store, r.Folder.gather()
}

// labellers are the teachers that label the run's images, the given ones or else the run's own, the hash of their files, and the
// run's data with their normalisation.
func (r *Run) labellers(ctx context.Context, given []*models.Model) (list []*models.Model, key string, data train.Data, err error) {
	r.Unchecked = true // they are measured on the images that they label
	if len(given) > 0 {
		data = r.data
		key, err = UseTeachers(given, &data, r.emit)
		return given, key, data, err
	}
	if list, key, err = r.teachers(ctx); err == nil {
		err = r.Folder.sameTeachers(key)
	}
	return list, key, r.data, err
}
