package distill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/event"
	"reta/shared/recipe"
)

// Job is everything a recover run needs.
type Job struct {
	Recipe   recipe.Recipe
	Teachers []*models.Model // frozen; Recipe.Ensemble says which act on a step, Recipe.Phi which gives the features
	Data     train.Data
	// Groups are the groups of classes to recover: the first, and the one after the last. Zero: all. What a group becomes does
	// not depend on the others.
	Groups [2]int

	// Emit receives log lines and the progress of what comes before the first step. It must not block for long.
	Emit func(event.Event)
	// Gate is called between steps and may block: pause, single step. While it
	// does it may call show to have the present state shown, and all steps made that have begun. An error
	// ends the run after a checkpoint.
	Gate func(ctx context.Context, show func() error) error
	// Observer is called with what the run does; nil: no events, and nothing is made for them.
	Observer Observer
	// Steering changes settings while the run goes on; nil: nobody does.
	Steering *Steering
	// Profile, if not nil, receives the time of every kernel of a recover step,
	// once for each recorded step, after the last.
	Profile func(program string, timings []graph.Timing)
	// Dir keeps the run's checkpoints; "" keeps none.
	Dir string
	// Cache is a folder for pool features and complexities; "" keeps none.
	Cache string
	// Key identifies data and teachers in the cache (a content hash), DataKey the data alone.
	Key, DataKey string
}

// Observer is called between a run's steps and may look at the group: it changes nothing. Its errors end the run.
type Observer interface {
	// Begin is called before the first step of a stage, or the first one after the run was continued.
	Begin(*Group) error
	// Step is called with every step, in order, once its losses are known. Later ones may have begun: the group is as all of
	// them leave it.
	Step(*Group, Step) error
	// StageEnds is called when a stage's steps are made, StageEnded when what ends it is done. blend is nil at the last
	// stage's end.
	StageEnds(*Group) error
	StageEnded(g *Group, blend *Blend) error
	// Show is called when somebody wants to see the present state.
	Show(*Group) error
	// Done is called with a group's last images, of a checkpoint too.
	Done(*Group) error
	// State is what a checkpoint keeps for Restore.
	State() []nn.Tensor
	Restore(*nn.TensorFile) error
}

// Step is what one step did.
type Step struct {
	Index, Stage int
	LR           float64
	Terms        []Term  // of the loss, in the recipe's order, means over the step's batches
	Total        float64 // their weighted sum
	Topology     Topology
	Duration     time.Duration
}

// Term is one term of the loss.
type Term struct {
	Name          string
	Value, Weight float64
}

// Topology is what a topology update found.
type Topology struct {
	Updated  bool
	Loss     float64 // the mean of L_c over active classes
	Weighted float64 // what it adds to the loss, spread over the step's IPC batches as the terms are
}

// Term is the value of a term, 0 where the loss has none of that name.
func (s Step) Term(name string) float64 {
	for _, t := range s.Terms {
		if t.Name == name {
			return t.Value
		}
	}
	return 0
}

func (s Step) terms() string {
	var words []string
	for _, t := range s.Terms {
		words = append(words, fmt.Sprintf("%s %v", strings.ToUpper(t.Name), t.Value))
	}
	return strings.Join(words, ", ")
}

// Synthetic is a distilled set: images of Classes classes from First on.
type Synthetic struct {
	IPC, First, Classes, Size int
	Pixels                    []float32 // [Classes,IPC,Size,Size,3], normalised
}

// RGB8 is normalised pixels [..., 3] as bytes. Values are cut off, not rounded, as in the published protocol.
func RGB8(pixels []float32, mean, std [3]float64) []byte {
	rgb := make([]byte, len(pixels))
	for i, v := range pixels {
		c := i % 3
		rgb[i] = uint8(max(0, min(255, (float64(v)*std[c]+mean[c])*255+1e-3))) // 1e-3: what float32 loses on the way
	}
	return rgb
}

// ErrStop, returned by a Gate, ends the run after a checkpoint.
var ErrStop = errors.New("stopped on request")

// run is one recover run in progress.
type run struct {
	Job   // its Recipe is the one in force
	asked recipe.Recipe
	ctx   context.Context
	dev   *vk.Device
	pool  *Pool
	out   *Synthetic
}

func (r *run) teacherNames() string {
	var names []string
	for _, t := range r.Teachers {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// phi is the teacher whose features serve retrieval and topology.
func (r *run) phi() *models.Model { return r.Teachers[r.Recipe.Phi] }

// watched reports whether the run has an observer.
func (r *run) watched() bool {
	_, alone := r.Observer.(unobserved)
	return !alone
}

// say adds a line to the run's log.
func (j *Job) say(format string, args ...any) { j.Emit(event.Log{Text: fmt.Sprintf(format, args...)}) }

func (j *Job) warn(format string, args ...any) {
	j.Emit(event.Log{Level: event.Warning, Text: fmt.Sprintf(format, args...)})
}

// progress reports what comes before the first step.
func (r *run) progress(phase, text string, done, total int) {
	bytes, _ := r.dev.MemoryUsed()
	r.Emit(event.Status{State: event.Loading, Phase: phase, Text: text, Done: done, Total: total, MemoryBytes: bytes})
}

// unobserved is the Observer of a run that nobody watches.
type unobserved struct{}

func (unobserved) Begin(*Group) error              { return nil }
func (unobserved) Step(*Group, Step) error         { return nil }
func (unobserved) StageEnds(*Group) error          { return nil }
func (unobserved) StageEnded(*Group, *Blend) error { return nil }
func (unobserved) Show(*Group) error               { return nil }
func (unobserved) Done(*Group) error               { return nil }
func (unobserved) State() []nn.Tensor              { return nil }
func (unobserved) Restore(*nn.TensorFile) error    { return nil }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) dataIdentity() string {
	return fmt.Sprintf("%s %s %dpx", r.Data.Name, r.Key, r.Data.Size)
}
