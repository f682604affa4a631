package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/event"
)

// epoch is one epoch of a training.
type epoch struct {
	Squeeze
	t      *trainer
	number int // from 0
	steps  int // of every epoch
	began  time.Time
	ahead  []launched // oldest first
	points []event.TrainPoint
}

// launched is a step on its way to the device, of all that the training makes.
type launched struct {
	*graph.Flight
	step int
	lr   float64
}

// run makes the epoch's steps. While one is prepared others are on their way; all of them have ended when it returns.
func (e *epoch) run(ctx context.Context) error {
	rng := nn.RNG{Seed: e.Recipe.Seed}
	order := rng.Perm(streamShuffle, uint32(e.number), e.Data.Train.Len())
	step, most := e.number*e.steps, graph.InFlight-1
	if e.Serial {
		most = 0
	}
	for b, err := range e.t.batches(order, step) {
		if err != nil {
			return e.inStep(step, err)
		}
		if err := e.Gate(ctx, step); err != nil {
			if late := e.report(0); late != nil {
				return late
			}
			return err
		}
		lr := e.Recipe.rate(step, e.steps)
		if err := e.t.set(b.Words, step); err != nil {
			return e.inStep(step, err)
		}
		f, err := e.t.launch(ctx, b.Labels, step, lr)
		if err != nil {
			return e.inStep(step, err)
		}
		e.ahead = append(e.ahead, launched{f, step, lr})
		step++
		if err := e.report(most); err != nil {
			return err
		}
	}
	return e.report(0)
}

// inStep names the step that an error is of.
func (e *epoch) inStep(step int, err error) error {
	return fmt.Errorf("squeeze: epoch %d, step %d: %w", e.number+1, step+1, err)
}

// report emits what the oldest steps found, until so many are on their way at most.
func (e *epoch) report(most int) error {
	for ; len(e.ahead) > most; e.ahead = e.ahead[1:] {
		s := e.ahead[0]
		loss, accuracy, err := e.t.score(s.Flight)
		if err != nil {
			return e.inStep(s.step, err)
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return e.inStep(s.step, fmt.Errorf("the loss is %v: a smaller learning rate than %g?", loss, e.Recipe.LR))
		}
		e.emit(s, loss, accuracy)
	}
	return nil
}

func (e *epoch) emit(s launched, loss, accuracy float64) {
	name, made, total := e.t.model.Name, s.step+1, e.steps*e.Recipe.Epochs
	done := made - e.number*e.steps
	e.points = append(e.points, event.TrainPoint{Epoch: e.number + 1, Step: made, Loss: float32(loss), Accuracy: float32(accuracy), LR: float32(s.lr), Teacher: name})
	if len(e.points) >= 8 || done == e.steps {
		e.Emit(event.Squeeze{Points: e.points})
		e.points = nil
	}
	rate := float64(done) / time.Since(e.began).Seconds()
	e.Emit(event.Status{
		State: event.Squeezing, Phase: "squeeze", Text: fmt.Sprintf("training the teacher %s, epoch %d of %d", name, e.number+1, e.Recipe.Epochs),
		Done: made, Total: total, StepsPerSecond: float32(rate), ETASeconds: float32(float64(total-made) / rate),
	})
}
