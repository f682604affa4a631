package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"reta/compute/label"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
)

// Job is an evaluation: trials in the order in which they are made.
type Job struct {
	Data     train.Data // classes, side and normalisation of all sets; Test is what students are tested on
	Hash     string     // of the test images
	Teachers string     // hash of what makes soft labels; "" where nothing is soft
	Protocol string     // name, for viewers
	Trials   []Trial
	// Range are the trials to make: the first, and the one after the last. Zero: all. The others are listed as planned.
	Range [2]int
	Dir   string // keeps checkpoints and finished trials; "": nothing is kept
	Emit  func(event.Event)
	// Corruptions are what the trained students are tested on beside; Dir then keeps their weights. A trial that was finished
	// without that is made again.
	Corruptions []Corruption
	// Keep has Dir keep the weights of trained students. A trial that was finished without that is made again.
	Keep bool
	// Trainers are how many trials are made at the same time at most, each on a device beside Run's (vk.Device.Beside), to the bits that
	// each comes to alone; 0 and 1: one after the other, on Run's.
	Trainers int
	// Gate is called between steps and may block, or end the job; nil: neither.
	Gate func(ctx context.Context) error

	Memory int64 // bytes of the devices in use when Run has come to the end of the trials

	*crew
	outcomes []*Outcome
	list     []event.Trial
	steps    []int     // made of the trials that are in the making
	rates    []float64 // steps a second of these
	shown    time.Time
	seconds  []float64          // that each trial will take
	testing  []float64          // seconds that its tests on corrupted images will take
	toMake   map[string]float64 // seconds that making the labels of each source will take

	corrupted []scores // by corruption
}

// Run makes the trials of Range that are not finished and returns the outcomes of Range.
func (j *Job) Run(ctx context.Context, dev *vk.Device) ([]Outcome, error) {
	if j.Emit == nil {
		j.Emit = func(event.Event) {}
	}
	if err := j.prepare(); err != nil {
		return nil, err
	}
	defer j.close()
	if err := j.open(dev); err != nil {
		return nil, err
	}
	if err := j.forecast(ctx); err != nil {
		return nil, err
	}
	if err := j.make(ctx); err != nil {
		return nil, err
	}
	for _, on := range j.trainers {
		used, _ := on.dev.MemoryUsed() // of all students; 0 where it is not known
		j.Memory += used
	}
	if err := j.testCorrupted(ctx); err != nil {
		return nil, err
	}
	var out []Outcome
	for i := j.Range[0]; i < j.Range[1]; i++ {
		o := *j.outcomes[i]
		o.Corrupted = j.results(j.Trials[i])
		out = append(out, o)
	}
	return out, nil
}

// String names the trial in errors and logs.
func (t Trial) String() string {
	return fmt.Sprintf("%s on %s images with %s labels, seed %d", t.name(), t.Set.Kind, t.Labels, t.Seed)
}

// prepare checks all trials, reads the finished ones and emits what is known.
func (j *Job) prepare() error {
	if j.Data.Test.Len() == 0 {
		return fmt.Errorf("evaluate: %s has no test images: want a test or val folder beside train", j.Data.Name)
	}
	if j.Range == [2]int{} {
		j.Range[1] = len(j.Trials)
	}
	if j.Range[0] < 0 || j.Range[0] > j.Range[1] || j.Range[1] > len(j.Trials) {
		return fmt.Errorf("evaluate: trials %d to %d: want some of %d", j.Range[0], j.Range[1], len(j.Trials))
	}
	if err := j.readScores(); err != nil {
		return err
	}
	j.crew = &crew{stores: map[string]*label.Store{}}
	j.outcomes, j.list, j.steps = make([]*Outcome, len(j.Trials)), make([]event.Trial, len(j.Trials)), make([]int, len(j.Trials))
	j.rates = make([]float64, len(j.Trials))
	for i, t := range j.Trials {
		if err := t.Protocol.Validate(); err != nil {
			return fmt.Errorf("evaluate: %s: %w", t, err)
		}
		if t.Set.Images.Len() == 0 || t.Labels == event.SoftLabels && t.Set.Soft == nil {
			return fmt.Errorf("evaluate: %s: %d images, soft labels %t: want images, and a source of soft labels", t, t.Set.Images.Len(), t.Set.Soft != nil)
		}
		if _, err := t.plan(j.Data.Size); err != nil {
			return fmt.Errorf("evaluate: %s: %w", t, err)
		}
		j.list[i] = event.Trial{
			Images: t.Set.Kind, Labels: t.Labels, Student: t.name(), Seed: t.Seed, State: event.Planned,
			Count: t.Set.Images.Len(), Epochs: t.Protocol.Student.Epochs,
		}
		o, there, err := j.kept(t)
		if err != nil {
			return err
		}
		if there && !j.lost(t) {
			j.outcomes[i], j.list[i] = &o, o.Event()
		}
	}
	j.emitTrials()
	for i, o := range j.outcomes {
		if o != nil {
			j.emitCurve(i, o.Curve)
		}
	}
	for i, o := range j.outcomes {
		if o != nil && j.first(i) == i {
			j.emitAnswers(i)
		}
	}
	return nil
}

// trial makes one trial.
func (j *Job) trial(ctx context.Context, on *trainer, i int) (Outcome, error) {
	t := j.Trials[i]
	labels, err := j.source(ctx, on, t)
	if err != nil {
		return Outcome{}, err
	}
	s, err := j.student(on, t)
	if err != nil {
		return Outcome{}, err
	}
	run := &training{student: s, trial: t, at: i, labels: labels, job: j, began: time.Now()}
	resumed, err := run.restore()
	if err == nil && t.Before != nil {
		err = readWeights(t.Before.Weights, s.before)
	}
	if err == nil && !resumed {
		err = s.begin(uint64(t.Seed))
		if err == nil && t.Before != nil {
			err = s.goOn()
		}
	}
	if err != nil {
		return Outcome{}, err
	}
	j.mu.Lock()
	j.list[i].State = event.Training
	j.mu.Unlock()
	j.report(run)
	o, err := run.run(ctx)
	if err != nil {
		return o, err
	}
	return o, j.keepWeights(t, s.tested())
}

// source is where the trial's soft labels come from, nil with hard ones. Trials of a trainer with the same views of the same set share it.
func (j *Job) source(ctx context.Context, on *trainer, t Trial) (label.Source, error) {
	if t.Labels != event.SoftLabels {
		return nil, nil
	}
	j.labels.Lock() // the first trainer makes labels that are missing, the others read them
	defer j.labels.Unlock()
	plan, err := t.plan(j.Data.Size)
	if err != nil {
		return nil, err
	}
	key := sourceKey(t, plan)
	if store := j.stores[key]; store != nil && on.sources[key] == nil {
		on.sources[key] = store.Again()
	}
	if on.sources[key] == nil {
		source, err := t.Set.Soft(ctx, plan)
		if err != nil {
			return nil, err
		}
		if n := source.Classes(); n != j.Data.Classes {
			return nil, fmt.Errorf("labels of %s: want one for each of the %s", event.Counted(n, "class"), event.Counted(j.Data.Classes, "class"))
		}
		on.sources[key] = source
		j.stores[key], _ = source.(*label.Store)
		j.mu.Lock()
		delete(j.toMake, key)
		j.mu.Unlock()
	}
	return on.sources[key], nil
}

// sourceKey tells the soft labels of trials from each other.
func sourceKey(t Trial, plan label.Plan) string {
	return fmt.Sprint(t.Set.Kind, t.Set.Hash, plan.Labels)
}

// student is the network that trains by the trial's protocol: the one that did before, where seed, images and rates are all
// that differs.
func (j *Job) student(on *trainer, t Trial) (*student, error) {
	plan, err := t.plan(j.Data.Size)
	if err != nil {
		return nil, err
	}
	p := t.Protocol
	p.Student.LR, p.Student.Eta, p.Student.Epochs, p.Student.Schedule, p.Student.WeightDecay = 1, 1, 1, "", 0
	p.Name, p.Test, p.Labels.Seed, p.Labels.Epochs = "", t.Protocol.Test, 0, 0
	known := 0 // classes
	if t.Before != nil {
		known = t.Before.Classes
	}
	key := fmt.Sprintf("%s %+v, %d images, %d classes", t.Student, p, plan.Images%p.Labels.Batch, known)
	s := on.students[key]
	if s == nil {
		if s, err = newStudent(on.dev, j.Data, t.Student, t.Protocol, plan, known); err != nil {
			return nil, err
		}
		on.students[key] = s
	}
	s.protocol, s.plan = t.Protocol, plan
	return s, nil
}

func closeSource(s label.Source) {
	if c, ok := s.(interface{ Close() }); ok {
		c.Close()
	}
}

// finish notes and emits what came of a trial.
func (j *Job) finish(i int, o Outcome) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.outcomes[i], j.list[i], j.rates[i] = &o, o.Event(), 0
	j.emitTrials()
	j.emitCurve(i, o.Curve)
	j.emitAnswers(j.first(i))
	last := o.Last()
	j.say("%s: last top-1 %.2f %%, top-5 %.2f %%, best %.2f %%, %.0f s", j.Trials[i], 100*last.Top1, 100*last.Top5, 100*o.Best().Top1, o.Seconds)
}

// first is the place of the first trial that differs from trial i in its seed only.
func (j *Job) first(i int) int {
	return slices.IndexFunc(j.list, func(e event.Trial) bool { return alike(e, j.list[i]) })
}

// alike reports whether two trials differ in their seed only.
func alike(a, b event.Trial) bool {
	return a.Images == b.Images && a.Labels == b.Labels && a.Student == b.Student
}

func (j *Job) say(format string, args ...any) {
	j.Emit(event.Log{Text: "evaluate: " + fmt.Sprintf(format, args...)})
}

func (j *Job) emitTrials() {
	j.Emit(event.Trials{Protocol: j.Protocol, TestImages: j.Data.Test.Len(), List: slices.Clone(j.list)})
}

func (j *Job) emitCurve(i int, curve []Point) { j.Emit(curveEvent(i, curve)) }

// curveEvent is the curve of the i-th trial, with NaN for epochs that were not tested.
func curveEvent(i int, curve []Point) event.Curve {
	c := event.Curve{Trial: i}
	for _, p := range thinned(curve) {
		point := event.CurvePoint{Epoch: p.Epoch, Loss: float32(p.Loss), LR: float32(p.LR), Top1: float32(math.NaN()), Top5: float32(math.NaN())}
		if p.Tested {
			point.Top1, point.Top5 = float32(p.Top1), float32(p.Top5)
		}
		c.Points = append(c.Points, point)
	}
	return c
}

// mostPoints bounds the points of a curve that are sent.
const mostPoints = 250

// thinned leaves out points between tests where there are too many.
func thinned(curve []Point) []Point {
	if len(curve) <= mostPoints {
		return curve
	}
	every := (len(curve) + mostPoints - 1) / mostPoints
	var out []Point
	for i, p := range curve {
		if p.Tested || i%every == 0 {
			out = append(out, p)
		}
	}
	return out
}
