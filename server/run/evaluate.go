package run

import (
	"context"
	"fmt"
	"slices"

	"reta/compute/distill"
	"reta/compute/evaluate"
	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
	"reta/shared/trial"
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
	Device     *vk.Device
	Set        train.Data // Train are the real images, Test is what is tested on
	SetHash    string
	Images     train.Source                                      // that are judged
	Starting   func(context.Context) (*distill.Synthetic, error) // the images that recovery started from; nil: not known
	Teachers   []*models.Model                                   // of soft labels; none: soft labels are those of Stores
	TeacherKey string
	Students   []Student
	Seeds      int
	Controls   []string
	Stores     []string // folders that may hold labels of the images, which are not written to
	Labels     string   // folder for labels of the images, "" for one in Dir
	Dir        string   // for trials and the labels of controls
	Emit       func(event.Event)
	Gate       func(context.Context) error
}

// Do makes the trials that an earlier call has not finished. What it cannot make for want of a teacher, of patches or of enough
// images is left out with a warning.
func (e Evaluating) Do(ctx context.Context) (*Evaluation, error) {
	first := e.Students[0].Protocol.Test
	e.Set.Test = evaluate.FirstOfEach(e.Set.Test, e.Set.Classes, first.PerClass)
	e.Set.Centre = first.Crop
	trials, err := e.trials(ctx)
	if err != nil {
		return nil, err
	}
	job := evaluate.Job{
		Data: e.Set, Hash: e.SetHash, Teachers: e.TeacherKey, Protocol: e.Students[0].Protocol.Name, Trials: trials, Dir: e.Dir, Emit: e.Emit, Gate: e.Gate,
	}
	outcomes, err := job.Run(ctx, e.Device)
	if err != nil {
		return nil, err
	}
	return e.result(outcomes), nil
}

// trials are all trainings: for each student and seed the images and the controls.
func (e Evaluating) trials(ctx context.Context) (list []evaluate.Trial, err error) {
	e.Controls = e.possible()
	sets, err := e.sets(ctx)
	if err != nil {
		return nil, err
	}
	wants := func(control string) bool { return slices.Contains(e.Controls, control) }
	for _, s := range e.Students {
		for seed := 1; seed <= e.Seeds; seed++ {
			for _, v := range s.Protocol.Variants() {
				t := evaluate.Trial{Student: s.Network, Variant: variant(s.Protocol, v), Seed: seed}
				soft := v.Labels.Source != protocol.Hard
				add := func(kind string, p protocol.Protocol, suffix string) {
					if t := t; sets[kind] != nil {
						t.Set, t.Protocol, t.Labels, t.Variant = sets[kind], p, event.SoftLabels, t.Variant+suffix
						if p.Labels.Source == protocol.Hard {
							t.Labels = event.HardLabels
						}
						list = append(list, t)
					}
				}
				add(event.Distilled, v, "")
				if wants(RandomControl) {
					add(event.Random, v, "")
				}
				if wants(PatchesControl) {
					add(event.Patches, v, "")
				}
				if wants(HardControl) && soft {
					add(event.Distilled, v.Hardened(), "")
				}
				if wants(RandomHardControl) && soft {
					add(event.Random, v.Hardened(), "")
				}
				if wants(ViewsControl) {
					add(event.Distilled, v.OnWholeViews(), trial.WholeViews)
					add(event.Random, v.OnWholeViews(), trial.WholeViews)
				}
				if wants(WholeControl) {
					add(event.AllReal, v.Whole(e.Images.Len(), e.Set.Train.Len()), "")
				}
			}
		}
	}
	return list, nil
}

// possible are the controls that there are labels for.
func (e Evaluating) possible() []string {
	soft := func(control string) bool {
		return slices.Contains([]string{RandomControl, PatchesControl, ViewsControl}, control)
	}
	hard := !slices.ContainsFunc(e.Students, func(s Student) bool { return s.Protocol.Labels.Source != protocol.Hard })
	if hard || len(e.Teachers) > 0 || !slices.ContainsFunc(e.Controls, soft) {
		return e.Controls
	}
	warnf(e.Emit, "evaluate: no teacher is given, so controls get no soft labels and are left out: give the teacher of the labels with --teacher")
	return slices.DeleteFunc(slices.Clone(e.Controls), soft)
}

// variant tells the protocols of a search from each other.
func variant(of, v protocol.Protocol) string {
	if !of.Student.Search {
		return ""
	}
	return fmt.Sprintf(" (lr %g, eta %g)", v.Student.LR, v.Student.Eta)
}

// sets are the images of every kind that is wanted and can be had.
func (e Evaluating) sets(ctx context.Context) (map[string]*evaluate.Set, error) {
	sets := map[string]*evaluate.Set{}
	add := func(kind string, images train.Source, hash string) error {
		if hash == "" {
			data := e.Set
			data.Train = images
			pixels, err := label.HashImages(data)
			if err != nil {
				return err
			}
			hash = fmt.Sprint(pixels, evaluate.PerClass(images, e.Set.Classes))
		}
		s := &evaluate.Set{Kind: kind, Images: images, Hash: hash}
		if kind != event.AllReal {
			s.Soft = e.soft(kind, images)
		}
		sets[kind] = s
		return nil
	}
	if err := add(event.Distilled, e.Images, ""); err != nil {
		return nil, err
	}
	wants := func(controls ...string) bool {
		return slices.ContainsFunc(controls, func(c string) bool { return slices.Contains(e.Controls, c) })
	}
	if wants(RandomControl, RandomHardControl, ViewsControl) {
		images, err := evaluate.Random(e.Set.Train, evaluate.PerClass(e.Images, e.Set.Classes), randomSeed)
		if err != nil {
			warnf(e.Emit, "evaluate: %v: the control is left out", err)
		} else if err := add(event.Random, images, ""); err != nil {
			return nil, err
		}
	}
	if wants(PatchesControl) && e.Starting != nil {
		start, err := e.Starting(ctx)
		if err != nil {
			return nil, err
		}
		if err := add(event.Patches, evaluate.Synthetic(start, e.Set.Mean, e.Set.Std), ""); err != nil {
			return nil, err
		}
	}
	if wants(WholeControl) {
		return sets, add(event.AllReal, e.Set.Train, e.SetHash)
	}
	return sets, nil
}

// randomSeed draws the random images: the same for all students and seeds, as the images that they are compared with are.
const randomSeed = 1

// Evaluate trains students on the images that a finished run has exported. Soft labels are those of the given teachers or,
// where none are given, of the run's own; they are made in the folder's labels, unless others lie there. Events go to the run's
// log too.
func (r *Run) Evaluate(ctx context.Context, teachers []*models.Model, e Evaluating, choose func(perClass int) ([]Student, error)) (result *Evaluation, err error) {
	if err := r.openLog(); err != nil {
		return nil, err
	}
	defer r.log.close()
	r.data = DataOf(r.Set)
	defer r.freeTeachers()
	if result, err = r.evaluate(ctx, teachers, e, choose); err != nil {
		return nil, err // the log keeps the end of a run that came through
	}
	r.emit(event.Status{State: event.Done, Text: "the results are in " + r.Folder.File(EvaluationFile), Phase: "evaluate", Done: 1, Total: 1})
	return result, nil
}

func (r *Run) evaluate(ctx context.Context, given []*models.Model, e Evaluating, choose func(perClass int) ([]Student, error)) (*Evaluation, error) {
	images, err := OpenImages(ctx, r.Folder.File("export"), r.Set.Size, r.Set.Classes)
	if err != nil {
		return nil, err
	}
	defer images.Close()
	for _, text := range images.Warnings() {
		r.warn("images: %s", text)
	}
	if e.Students, err = choose(images.PerClass(len(r.Set.Classes))); err != nil {
		return nil, err
	}
	r.Unchecked = true // they are measured on the images that they label
	if e.Set, e.Teachers = r.data, given; len(given) > 0 {
		e.TeacherKey, err = UseTeachers(given, &e.Set, r.emit)
	} else if e.Teachers, e.TeacherKey, err = r.teachers(ctx); err == nil {
		e.Set = r.data
		err = r.Folder.sameTeachers(e.TeacherKey)
	}
	if err != nil {
		return nil, err
	}
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
	e.Device, e.SetHash, e.Images, e.Emit = r.Device, r.Set.Hash, images, r.emit
	e.Labels, e.Dir = r.Folder.File("labels"), r.Folder.File("evaluation")
	e.Gate = func(ctx context.Context) error { return r.Gate.Wait(ctx, nil) }
	result, err := e.Do(ctx)
	if err != nil {
		return nil, err
	}
	if err := result.Write(r.Folder.File(EvaluationFile)); err != nil {
		return nil, err
	}
	return result, r.Folder.gather()
}
