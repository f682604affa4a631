package run

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"slices"
	"sync"

	"reta/compute/distill"
	"reta/compute/evaluate"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// The controls: what students are trained on beside the images that are judged.
const (
	RandomControl     = "random"      // as many random real images of each class, with the same kind of labels
	HardControl       = "hard"        // the same images with hard labels
	PatchesControl    = "patches"     // the images that recovery started from, with the same kind of labels
	RandomHardControl = "random-hard" // random real images with hard labels
	ViewsControl      = "whole-views" // the same images and random ones without augmentation
	WholeControl      = "whole-set"   // all real images with hard labels
)

// Controls lists them all.
func Controls() []string {
	return []string{RandomControl, HardControl, PatchesControl, RandomHardControl, ViewsControl, WholeControl}
}

// DefaultControls are those that are made without being asked for.
func DefaultControls() []string { return []string{RandomControl, HardControl, PatchesControl} }

// Student is a network and how it is trained.
type Student struct {
	Network  string
	Protocol protocol.Protocol
}

// Evaluating trains students on images, and on the controls beside them, and tests them.
type Evaluating struct {
	Device      *vk.Device
	Set         train.Data // Train are the real images, Test is what is tested on
	SetHash     string
	Images      train.Source                                      // that are judged
	Formation   int                                               // smaller images that one of them holds along each axis; 0 and 1: they are whole
	Starting    func(context.Context) (*distill.Synthetic, error) // the images that recovery started from; nil: not known
	Teachers    []*models.Model                                   // of soft labels; none: soft labels are those of Stores
	TeacherKey  string
	Students    []Student
	Seeds       int
	Controls    []string
	WholeOnce   bool         // students are trained on the whole set from the first seed only
	Corruptions *Corruptions // of the test images that students are tested on beside; nil: none
	Redraw      bool         // each seed has views, labels and random images of its own
	Stores      []string     // folders that may hold labels of the images, which are not written to
	Labels      string       // folder for labels of the images, "" for one in Dir
	Dir         string       // for trials and the labels of controls
	Trials      string       // keeps finished trials, which evaluations of other images find too; "" for Dir
	Shard       *Shard       // of the trials; nil: all of them
	Emit        func(event.Event)
	Gate        func(context.Context) error
}

// Do makes the trials that an earlier call has not finished. What it cannot make for want of a teacher, of patches or of enough
// images is left out with a warning.
func (e Evaluating) Do(ctx context.Context) (*Evaluation, error) {
	job, err := e.job(ctx)
	if err != nil {
		return nil, err
	}
	if e.Shard != nil {
		logf(e.Emit, "evaluate: here trainings %d to %d of %d, from %s on", job.Range[0]+1, job.Range[1], len(job.Trials), job.Trials[job.Range[0]])
	}
	outcomes, err := job.Run(ctx, e.Device)
	if err != nil {
		return nil, err
	}
	result := e.result(outcomes, job.Memory)
	if e.Shard != nil {
		result.Shard, result.Plan = e.Shard.String(), job.Keys()
	}
	return result, nil
}

// job is all trials.
func (e *Evaluating) job(ctx context.Context) (*evaluate.Job, error) {
	var one sync.Mutex // labels are made while other students train
	emit := e.Emit
	e.Emit = func(event event.Event) {
		one.Lock()
		defer one.Unlock()
		emit(event)
	}
	first := e.Students[0].Protocol.Test
	e.Set.Test = evaluate.FirstOfEach(e.Set.Test, e.Set.Classes, first.PerClass)
	e.Set.Centre = first.Crop
	trials, err := e.trials(ctx)
	if err != nil {
		return nil, err
	}
	part, err := e.Shard.of(len(trials), "training")
	if err != nil {
		return nil, err
	}
	corruptions, err := e.corruptions()
	return &evaluate.Job{
		Data: e.Set, Hash: e.SetHash, Teachers: e.TeacherKey, Protocol: e.Students[0].Protocol.Name, Trials: trials, Range: part,
		Dir: cmp.Or(e.Trials, e.Dir), Emit: e.Emit, Gate: e.Gate, Corruptions: corruptions, Trainers: e.trainers(),
	}, err
}

// trainers are as many as a CPU has cores, unless the user, or whoever started this process beside others, has said how many threads the
// driver has. A GPU trains one student after the other.
func (e *Evaluating) trainers() int {
	if _, set := os.LookupEnv(vk.ThreadsVariable); set || e.Device.Info().Kind != vk.CPU {
		return 1
	}
	return runtime.NumCPU()
}

// Evaluate trains students on the images that a finished run has exported. Soft labels are those of the given teachers or,
// where none are given, of the run's own; they are made in the folder's labels, unless others lie there. Students of hard labels
// need no teacher. Events go to the run's log too.
func (r *Run) Evaluate(ctx context.Context, teachers []*models.Model, e Evaluating, choose func(perClass int) ([]Student, error)) (result *Evaluation, err error) {
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
	if result, err = r.evaluate(ctx, teachers, e, choose); err != nil {
		return nil, err // the log keeps the end of a run that came through
	}
	r.emit(event.Status{State: event.Done, Text: "the results are in " + r.Folder.File(EvaluationFile), Phase: "evaluate", Done: 1, Total: 1})
	return result, nil
}

// judging completes an evaluation of the run's images, which the caller closes. Soft labels are those of the given teachers or, where
// none are given, of the run's own; students of hard labels need none.
func (r *Run) judging(ctx context.Context, given []*models.Model, e *Evaluating, choose func(perClass int) ([]Student, error)) (images *Images, err error) {
	if images, err = OpenImages(ctx, r.Folder.export(), r.Set.Size, r.Set.Classes); err != nil {
		return nil, err
	}
	for _, text := range images.Warnings() {
		r.warn("images: %s", text)
	}
	e.Students, err = choose(images.PerClass(len(r.Set.Classes)))
	switch {
	case err != nil:
	case len(given) == 0 && hardOnly(e.Students):
		e.Set, err = r.asBegun()
	default:
		e.Teachers, e.TeacherKey, e.Set, err = r.labellers(ctx, given)
	}
	if err != nil {
		images.Close()
		return nil, err
	}
	e.Device, e.SetHash, e.Images, e.Formation = r.Device, r.Set.Hash, images, r.Config.Recipe.Formation()
	e.Gate = func(ctx context.Context) error { return r.Gate.Wait(ctx, nil) }
	return images, nil
}

func (r *Run) evaluate(ctx context.Context, given []*models.Model, e Evaluating, choose func(perClass int) ([]Student, error)) (*Evaluation, error) {
	images, err := r.judging(ctx, given, &e, choose)
	if err != nil {
		return nil, err
	}
	defer images.Close()
	if start := r.Config.Recipe.Init.Start; start == recipe.Patch {
		e.Starting = func(ctx context.Context) (*distill.Synthetic, error) {
			r.say("evaluate: choosing the patches again that recovery started from")
			own, key, err := r.teachers(ctx)
			if err != nil {
				return nil, err
			}
			return distill.Starting(ctx, r.Device, distill.Job{Recipe: r.Config.Recipe, Teachers: own, Data: r.data, Cache: r.Cache, Key: r.Set.Hash + " " + key})
		}
	} else if slices.Contains(e.Controls, PatchesControl) {
		r.say("evaluate: recovery started from %s: there are no starting patches to compare with", start)
	}
	e.Emit = r.clearing()
	e.Labels, e.Dir, e.Shard = r.Folder.File("labels"), r.Folder.File("evaluation"), r.Config.Shard
	if e.Shard != nil {
		e.Stores = r.Folder.LabelStores()
	}
	result, err := e.Do(ctx)
	if err != nil {
		return nil, err
	}
	if err := result.Write(r.Folder.File(EvaluationFile)); err != nil {
		return nil, err
	}
	return result, r.Folder.gather()
}

// clearing emits to viewers and the log. Before the first list of trials it empties what the log has of the trials of an earlier
// evaluation, whose places these take.
func (r *Run) clearing() func(event.Event) {
	cleared := r.log == nil
	return func(e event.Event) {
		if _, begins := e.(event.Trials); begins && !cleared {
			cleared = true
			for _, e := range emptied(r.log.file.Index()) {
				r.emit(e)
			}
		}
		r.emit(e)
	}
}

// emptied says of all trials in a log that nothing is known of them any more.
func emptied(index event.Index) (list []event.Event) {
	for _, was := range index.At(index.Last()) {
		switch was.Kind {
		case event.KindCurve:
			list = append(list, event.Curve{Trial: was.Part})
		case event.KindConfusion:
			list = append(list, event.Confusion{Trial: was.Part})
		case event.KindMistakes:
			list = append(list, event.Mistakes{Trial: was.Part, Width: 1, Height: 1})
		}
	}
	return list
}
