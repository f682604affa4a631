package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"reta/compute/label"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/protocol"
)

// Set is images to train students on.
type Set struct {
	Kind   string // event.Distilled, event.Random, event.Patches or event.AllReal
	Images train.Source
	Hash   string // of the images and their classes in order
	// Soft opens the soft labels of the views of a plan; nil for a set that is for hard labels only. It may take as long as
	// making them does.
	Soft func(ctx context.Context, plan label.Plan) (label.Source, error)
	// Lacks counts the epochs that Soft will have labelled and stored before it returns, and Labeller opens who labels views, to
	// be timed; it closes with the source's Close. Nil: making labels takes no time.
	Lacks    func(plan label.Plan) (epochs int, err error)
	Labeller func(plan label.Plan) (label.Source, error)
}

// Trial is a student to be trained on a set and tested.
type Trial struct {
	Set      *Set
	Labels   string // event.SoftLabels or event.HardLabels
	Student  string // network
	Variant  string // what tells it from other protocols of the network, ""; shown after its name
	Seed     int
	Protocol protocol.Protocol // whose Source is Hard with hard labels
	Before   *Before           // that the student goes on from; nil: it is trained from scratch
}

// name is what the student is called in events and tables.
func (t Trial) name() string { return t.Student + t.Variant }

// plan draws the views of the trial.
func (t Trial) plan(side int) (label.Plan, error) {
	return label.NewPlan(t.Protocol.Labelled(), t.Set.Images.Len(), side)
}

// Point is a trial at the end of an epoch.
type Point struct {
	Epoch  int     `json:"epoch"` // epochs done
	Loss   float64 `json:"loss"`  // mean of the epoch's steps
	LR     float64 `json:"lr"`
	Tested bool    `json:"tested,omitempty"`
	Top1   float64 `json:"top1,omitempty"` // fractions of the test images
	Top5   float64 `json:"top5,omitempty"`
}

// Outcome is what came of a finished trial.
type Outcome struct {
	Images   string  `json:"images"`
	Labels   string  `json:"labels"`
	Student  string  `json:"student"`
	Seed     int     `json:"seed"`
	Count    int     `json:"count"` // training images
	Curve    []Point `json:"curve"`
	Seconds  float64 `json:"seconds"`           // of training and tests, stops left out
	Answers  []int   `json:"answers,omitempty"` // class that each test image was taken for at the last test
	Protocol string  `json:"protocol"`

	Corrupted []Corrupted `json:"corrupted,omitempty"` // on each of the job's corruptions
}

// Event is the outcome as a row of event.Trials.
func (o Outcome) Event() event.Trial {
	last, best := o.Last(), o.Best()
	return event.Trial{
		Images: o.Images, Labels: o.Labels, Student: o.Student, Seed: o.Seed, State: event.Trained, Count: o.Count, Epoch: last.Epoch, Epochs: last.Epoch,
		Last: float32(last.Top1), LastTop5: float32(last.Top5), Best: float32(best.Top1), BestTop5: float32(best.Top5), BestEpoch: best.Epoch, Seconds: float32(o.Seconds),
	}
}

// CurveEvent is the outcome's curve as that of the i-th trial of event.Trials.
func (o Outcome) CurveEvent(i int) event.Curve { return curveEvent(i, o.Curve) }

// Last is the last test.
func (o Outcome) Last() Point { return o.Curve[len(o.Curve)-1] }

// Best is the test with the highest top-1, the first of equals.
func (o Outcome) Best() Point { return best(o.Curve) }

func best(curve []Point) (b Point) {
	for _, p := range curve {
		if p.Tested && (!b.Tested || p.Top1 > b.Top1) {
			b = p
		}
	}
	return b
}

// training is a trial in the making.
type training struct {
	*student
	trial  Trial
	at     int          // its place in the job
	labels label.Source // nil with hard labels
	state  progress
	began  time.Time // of this process's share
	pace   pace
	job    *Job
}

// progress is what a checkpoint keeps beside the weights.
type progress struct {
	Epoch   int     `json:"epoch"` // of the next step, from 0
	Batch   int     `json:"batch"`
	Loss    float64 `json:"loss"` // sum over the epoch's steps so far
	Curve   []Point `json:"curve"`
	Seconds float64 `json:"seconds"`
}

// run trains from where the state says to the end.
func (t *training) run(ctx context.Context) (Outcome, error) {
	if t.state.Batch == t.plan.Batches() { // stopped during the test
		if err := t.endEpoch(ctx); err != nil {
			return Outcome{}, err
		}
	}
	feeding, stop := context.WithCancel(ctx)
	feed := t.feed(feeding, t.state.Epoch, t.state.Batch)
	defer func() {
		stop()
		for range feed.out { // until it has ended
		}
	}()
	saved := time.Now()
	for s := range feed.out {
		if s.err != nil {
			return Outcome{}, s.err
		}
		err := t.steps(ctx, s)
		feed.done(s)
		if err != nil && ctx.Err() == nil { // it would fail again
			return Outcome{}, err
		}
		if err == nil {
			t.job.report(t)
			err = t.job.wait(ctx)
		}
		if err != nil || time.Since(saved) > saveEvery {
			saved = time.Now()
			err = errors.Join(err, t.save())
		}
		if err != nil {
			return Outcome{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	return t.outcome(ctx)
}

// steps makes prepared steps, and ends the epoch after its last. What was done before an error is noted.
func (t *training) steps(ctx context.Context, s *steps) error {
	if s.first == 0 && t.trial.Protocol.Student.Restarts(s.epoch) {
		if err := t.forget(); err != nil {
			return err
		}
	}
	began := time.Now()
	losses, err := t.student.run(ctx, s.program, s.block, s.count)
	for _, l := range losses {
		t.state.Loss += float64(l)
	}
	t.state.Batch += len(losses)
	t.pace.took(len(losses), time.Since(began))
	switch {
	case err != nil:
		return err
	case math.IsNaN(t.state.Loss) || math.IsInf(t.state.Loss, 0):
		return fmt.Errorf("epoch %d: the loss is %v: want a smaller student.lr than %g", s.epoch+1, t.state.Loss, t.trial.Protocol.Student.LR)
	case t.state.Batch == t.plan.Batches():
		return t.endEpoch(ctx)
	}
	return nil
}

// saveEvery is the most time that a crash costs.
const saveEvery = 60 * time.Second

// endEpoch tests the student where its protocol says so, and notes the epoch.
func (t *training) endEpoch(ctx context.Context) error {
	p, e := t.trial.Protocol, t.state.Epoch
	point := Point{Epoch: e + 1, Loss: t.state.Loss / float64(t.plan.Batches()), LR: p.Student.Rate(e)}
	if p.Test.After(e, p.Student.Epochs) {
		if err := t.ready(); err != nil {
			return err
		}
		score, err := t.scorer.Run(ctx, t.data.Test, nil)
		if err != nil {
			return err
		}
		point.Tested, point.Top1, point.Top5 = true, score.Top1, score.Top5
	}
	t.state.Curve = append(t.state.Curve, point)
	t.state.Epoch, t.state.Batch, t.state.Loss = e+1, 0, 0
	return nil
}

// outcome is that of a trial whose epochs are all done.
func (t *training) outcome(ctx context.Context) (Outcome, error) {
	if err := t.ready(); err != nil {
		return Outcome{}, err
	}
	answers, _, err := t.scorer.Answers(ctx, t.data.Test)
	o := Outcome{
		Images: t.trial.Set.Kind, Labels: t.trial.Labels, Student: t.trial.name(), Seed: t.trial.Seed, Count: t.trial.Set.Images.Len(),
		Curve: t.state.Curve, Seconds: t.seconds(), Answers: answers, Protocol: t.trial.Protocol.Name,
	}
	return o, err
}

// seconds is the time that the trial has taken so far.
func (t *training) seconds() float64 { return t.state.Seconds + time.Since(t.began).Seconds() }
