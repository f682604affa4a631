package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"reta/compute/distill"
	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/observe"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// Run is one distillation in a folder.
type Run struct {
	Config Config
	Folder *Folder
	Device *vk.Device
	Set    *dataset.Dataset
	Given  []*models.Model // the teachers of Config, if they have been read; Do frees them
	Cache  string          // downloads, teachers, features
	Gate   *Gate
	// Steering lets viewers change settings; nil: nobody does, but a continued run keeps to the changes it has had.
	Steering *distill.Steering
	// Emit receives all that happens, beside the run's own log.
	Emit func(event.Event)
	// Kept, if not nil, receives what the log keeps, in its order.
	Kept func(event.Event)
	// NoLog leaves out the run's log, events.reta: there is nothing to replay or to report of then.
	NoLog bool
	// Watched reports whether a viewer looks at a topic of a class now; nil: none ever does.
	Watched func(t event.Topic, class int) bool
	// Recall, if not nil, receives what came of a continued run before it was interrupted.
	Recall func(event.Event)
	// Shown is the class whose feature space viewers look at.
	Shown func() int
	// Untrained has Prepare name the teachers that are to be trained, and not train them.
	Untrained bool
	// Unchecked leaves out the measuring of given teachers on a few images before recovery.
	Unchecked bool
	// MinAccuracy is the top-1, as a fraction, below which a given teacher is refused; nil: by its classes and its file.
	MinAccuracy *float64
	// Record, if not nil, receives the path of the run's log, to be read while it is written and after.
	Record func(path string)
	// Interrupted says how the process that computed before this one ended, "" if none did.
	Interrupted string
	// Profile, if not nil, receives the time of every kernel of a step after the
	// last.
	Profile func(program string, timings []graph.Timing)

	data       train.Data
	opened     []*models.Model // the teachers, once they are
	teacherKey string
	mu         sync.Mutex
	log        *journal
	last       event.Status // the newest of progress
	paused     bool         // at the gate, or between single steps
	// logWriteFailed: the log could not be written, and that was warned of.
	logWriteFailed bool
	damagedLog     string // what was no log is here now, "" for none
}

// Outcome is what came of a run's phases.
type Outcome struct {
	Result     event.Result
	Evaluation *Evaluation // nil where the run ends before
}

// Do carries the run out, phase by phase, from the first that is not finished. It returns distill.ErrStop, or the context's
// error, when it ended early and can be continued. A new run that fails before its first step leaves no folder behind.
func (r *Run) Do(ctx context.Context) (out Outcome, err error) {
	if err := r.openLog(); err != nil {
		r.Folder.discard()
		return out, err
	}
	ready := false
	defer func() {
		r.log.close()
		if err != nil && !ready && !resumable(err) {
			r.Folder.discard()
		}
	}()

	r.Gate.Notify(r.setPaused)
	defer r.Gate.Notify(nil)
	defer r.freeTeachers()
	if r.Folder.of != "" {
		ready = true
		out.Evaluation, err = r.made(ctx)
		return out, err
	}
	if err := r.begin(); err != nil {
		return out, r.failed(err)
	}
	if err := r.Folder.sameData(r.Set); err != nil { // before a teacher of other data is trained
		return out, r.failed(err)
	}
	first, end := r.Config.recovered(len(r.Set.Classes))
	out.Result = event.Result{Path: r.Folder.File("export"), Images: (end - first) * r.Config.Recipe.IPC}
	if !exported(r.Folder.Path) {
		if out.Result, err = r.recover(ctx, &ready); err != nil {
			return out, r.failed(err)
		}
	} else if _, err := os.Stat(r.Folder.File("checkpoints")); err == nil { // the run was killed before it could remove them
		if err := wholefile.RemoveAll(r.Folder.File("checkpoints")); err != nil {
			return out, r.failed(err)
		}
		r.say("recover: %s in %s", event.Counted(out.Result.Images, "image"), out.Result.Path)
	}
	ready = true
	if out.Evaluation, err = r.followUp(ctx); err != nil {
		return out, r.failed(err)
	}
	done := event.Status{State: event.Done, Text: "distilled images are in " + out.Result.Path, Phase: string(r.Config.last()), Done: 1, Total: 1, Step: r.Config.Recipe.Steps}
	if out.Evaluation != nil {
		done.Text = "the results are in " + r.Folder.File(EvaluationFile)
	}
	if s := r.Config.Shard; s != nil {
		r.say("shard %v of recover is finished: server merge puts it together with the others", s)
	}
	r.emit(done)
	return out, nil
}

// recover optimises the images, from the teacher on, and exports them. From the first step on, when it sets ready, the run can
// be continued.
func (r *Run) recover(ctx context.Context, ready *bool) (result event.Result, err error) {
	began := time.Now()
	teachers, key, err := r.teachers(ctx)
	if err != nil {
		return result, err
	}
	if err := r.Folder.sameTeachers(key); err != nil {
		return result, err
	}
	if err := r.describe(teachers, key); err != nil {
		return result, err
	}
	if r.Steering == nil {
		r.Steering = new(distill.Steering)
	}
	if err := r.Folder.steer(r.Steering); err != nil {
		return result, err
	}
	*ready = true
	groups, err := r.Config.groups(len(r.Set.Classes))
	if err != nil {
		return result, err
	}
	if r.Config.Shard != nil {
		r.say("shard %v of recover: the teacher and what is computed of all real images are taken from the cache in %s where it has them, else made here: to the same bits on equal devices",
			r.Config.Shard, r.Cache)
	}
	observer := observe.New(observe.Options{Emit: r.emit, Wants: r.wants, Shown: r.Shown})
	job := distill.Job{
		Recipe: r.Config.Recipe, Teachers: teachers, Data: r.data, Groups: groups, Emit: r.emit,
		Gate: r.Gate.Wait, Steering: r.Steering, Profile: r.Profile, Dir: r.Folder.File("checkpoints"), Cache: r.Cache, Key: r.Set.Hash + " " + key, DataKey: r.Set.Hash,
	}
	observed := r.log != nil || r.Watched != nil
	if observed {
		job.Observer = observer
	}
	started := time.Now()
	synthetic, err := distill.Recover(ctx, r.Device, job)
	if err != nil {
		return result, err
	}
	cost := Cost{Images: synthetic.IPC * synthetic.Classes, Seconds: time.Since(started).Seconds()}
	_, cost.Memory = r.Device.MemoryUsed()
	manifest, err := r.describes(teachers)
	if err != nil {
		return result, r.failed(err)
	}
	var path string
	err = distill.UntilRoom(ctx, r.emit, func() (err error) {
		path, err = export(r.Folder, r.Set, synthetic, manifest)
		return err
	})
	if err != nil {
		return result, err
	}
	if err := wholefile.RemoveAll(r.Folder.File("checkpoints")); err != nil {
		return result, err
	}
	if !r.Folder.Resumed {
		if err := r.Folder.WriteJSON(costFile, cost); err != nil {
			return result, err
		}
	}
	result = event.Result{
		Path: path, Images: synthetic.IPC * synthetic.Classes,
		CEBefore: float32(observer.Before.CE), CEAfter: float32(observer.After.CE),
		BNBefore: float32(observer.Before.BN), BNAfter: float32(observer.After.BN),
		Seconds: float32(time.Since(began).Seconds()),
	}
	done := fmt.Sprintf("recover: %s in %s", event.Counted(result.Images, "image"), path)
	if observed {
		done += fmt.Sprintf("; images without augmentation: CE %.4f -> %.4f, L_BN %.4f -> %.4f",
			result.CEBefore, result.CEAfter, result.BNBefore, result.BNAfter)
	}
	r.say("%s", done)
	r.emit(result)
	return result, nil
}

// begin emits what the run is about.
func (r *Run) begin() error {
	set, c := r.Set, r.Config.Recipe
	r.data = DataOf(set)
	if err := c.Fits(Facts(set)); err != nil {
		return err
	}
	if _, err := r.Config.groups(len(set.Classes)); err != nil {
		return err
	}
	r.emit(r.hello())
	r.say("data: %s: %s, %s and %s of %d px", set.Title, event.Counted(len(set.Classes), "class"), event.Counted(set.Train.Len(), "training image"),
		event.Counted(set.Test.Len(), "test image"), set.Size)
	for _, n := range set.Report() {
		if n.Warning {
			r.warn("data: %s", n.Text)
		} else {
			r.say("data: %s", n.Text)
		}
	}
	if r.Folder.Resumed {
		r.say("continuing the run in %s", r.Folder.Path)
		if r.Interrupted != "" {
			r.warn("the engine before %s", r.Interrupted)
		}
		if r.damagedLog != "" {
			r.warn("log: what was there is no recording, and lies in %s now: the curves begin anew", r.damagedLog)
		}
		if n := r.log.cut(); n > 0 {
			r.warn("log: its last %d bytes could not be read and are gone: the run was killed while it wrote, or the file was damaged", n)
		}
		if err := r.recall(); err != nil {
			r.warn("what the run was before is not shown: %v", err)
		}
	}
	return nil
}

// Facts are what a recipe must know of an opened set.
func Facts(d *dataset.Dataset) recipe.Dataset {
	per := make([]int, len(d.Classes))
	for i := range d.Train.Len() {
		per[d.Train.Label(i)]++
	}
	least := 0
	for i, n := range per {
		if i == 0 || n < least {
			least = n
		}
	}
	return recipe.Dataset{Name: d.Name, Classes: len(d.Classes), Size: d.Size, PerClass: least}
}

// describe writes meta.json and the fingerprints of the images.
func (r *Run) describe(teachers []*models.Model, key string) error {
	if err := writeFile(r.Folder.File(imagesFile), r.Set.Fingerprints()); err != nil {
		return err
	}
	info := r.Device.Info()
	meta := Meta{
		Version: Version(), Started: time.Now().UTC().Format(time.RFC3339), Device: info.Name, Driver: info.Driver, Precision: string(info.Precision), DataHash: r.Set.Hash,
		TeacherHash: key, Mean: r.data.Mean, Std: r.data.Std, Seed: r.Config.Recipe.Seed,
	}
	for _, t := range teachers {
		meta.Teachers = append(meta.Teachers, t.Name)
	}
	return r.Folder.WriteJSON(metaFile, meta)
}

// resumable reports whether a run that ended with err can be continued.
func resumable(err error) bool {
	return errors.Is(err, distill.ErrStop) || errors.Is(err, context.Canceled)
}

// failed emits why the run ended.
func (r *Run) failed(err error) error {
	if resumable(err) {
		r.emit(event.Status{State: event.Paused, Text: "stopped; continue with --resume " + r.Folder.Path})
		return err
	}
	if saved, _ := os.ReadDir(r.Folder.File("checkpoints")); len(saved) > 0 {
		r.say("progress saved; fix the error, then continue with --resume %s", r.Folder.Path)
	}
	r.emit(event.Status{State: event.Failed, Text: err.Error()})
	r.emit(event.Log{Level: event.Error, Text: err.Error(), Unix: time.Now().UnixMilli()})
	return err
}

// Version is the program's version and, where known, commit.
func Version() string {
	v := "0.1.0"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 7 {
				v += "+" + s.Value[:7]
			}
		}
	}
	return v
}
