package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
	"reta/shared/event"
)

// Squeeze is one training of a network.
type Squeeze struct {
	Recipe Recipe
	Data   Data
	// Checkpoint is the file an interrupted training continues from; "" keeps
	// none.
	Checkpoint string
	Emit       func(event.Event)
	// Gate is called between steps and may block or end the training.
	Gate func(ctx context.Context, step int) error
}

// Run trains m and returns its score on the test split, or, where the set has
// none, on the training images.
func (s Squeeze) Run(ctx context.Context, dev *vk.Device, m *models.Model) (Score, error) {
	if err := s.Recipe.Validate(); err != nil {
		return Score{}, err
	}
	if n := s.Data.Train.Len(); n < 2 {
		return Score{}, fmt.Errorf("squeeze: %s has %s: want at least 2", s.Data.Name, event.Counted(n, "training image"))
	}
	if m.Spec.Frozen || m.Spec.Classes != s.Data.Classes {
		return Score{}, fmt.Errorf("squeeze: %s has %s (frozen %t): want %d, not frozen", m.Name, event.Counted(m.Spec.Classes, "class"), m.Spec.Frozen, s.Data.Classes)
	}
	if s.Emit == nil {
		s.Emit = func(event.Event) {}
	}
	if s.Gate == nil {
		s.Gate = func(ctx context.Context, _ int) error { return ctx.Err() }
	}
	batch := min(s.Recipe.Batch, s.Data.Train.Len())
	t, err := newTrainer(dev, m, s.Data, s.Recipe, batch)
	if err != nil {
		return Score{}, fmt.Errorf("squeeze: %w", err)
	}
	defer t.Close()
	images, split := s.Data.Test, "test"
	if images.Len() == 0 {
		images, split = s.Data.Train, "training"
	}
	tested := m
	if t.average != nil {
		tested = t.average.Model
	}
	scorer, err := NewScorer(dev, tested, s.Data, min(100, images.Len()))
	if err != nil {
		return Score{}, fmt.Errorf("squeeze: %w", err)
	}
	defer scorer.Close()
	score, err := s.epochs(ctx, t, func() (Score, error) {
		if t.average != nil {
			if err := t.average.Complete(); err != nil {
				return Score{}, err
			}
		}
		score, err := scorer.Run(ctx, images, nil)
		score.Split = split
		return score, err
	})
	if err == nil && t.average != nil {
		err = t.average.Keep()
	}
	return score, err
}

// epochs runs the epochs that are left.
func (s Squeeze) epochs(ctx context.Context, t *trainer, evaluate func() (Score, error)) (Score, error) {
	perEpoch := s.Data.Train.Len() / t.batch
	total := perEpoch * s.Recipe.Epochs
	first, err := t.restore(s.Checkpoint)
	if err != nil {
		return Score{}, err
	}
	var score Score
	rng := nn.RNG{Seed: s.Recipe.Seed}
	for epoch := first; epoch < s.Recipe.Epochs; epoch++ {
		order := rng.Perm(streamShuffle, uint32(epoch), s.Data.Train.Len())
		began := time.Now()
		var points []event.TrainPoint
		step := epoch * perEpoch
		for b, err := range t.batches(order, step) {
			if err != nil {
				return score, fmt.Errorf("squeeze: epoch %d, step %d: %w", epoch+1, step+1, err)
			}
			if err := s.Gate(ctx, step); err != nil {
				return score, err
			}
			lr := s.Recipe.rate(step, perEpoch)
			loss, accuracy, err := t.step(ctx, b, step, lr)
			if err != nil {
				return score, fmt.Errorf("squeeze: epoch %d, step %d: %w", epoch+1, step+1, err)
			}
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return score, fmt.Errorf("squeeze: epoch %d, step %d: the loss is %v: a smaller learning rate than %g?", epoch+1, step+1, loss, s.Recipe.LR)
			}
			step++
			done := step - epoch*perEpoch
			points = append(points, event.TrainPoint{Epoch: epoch + 1, Step: step, Loss: float32(loss), Accuracy: float32(accuracy), LR: float32(lr), Teacher: t.model.Name})
			if len(points) >= 8 || done == perEpoch {
				s.Emit(event.Squeeze{Points: points})
				points = nil
			}
			rate := float64(done) / time.Since(began).Seconds()
			s.Emit(event.Status{
				State: event.Squeezing, Phase: "squeeze", Text: fmt.Sprintf("training the teacher %s, epoch %d of %d", t.model.Name, epoch+1, s.Recipe.Epochs),
				Done: step, Total: total, StepsPerSecond: float32(rate), ETASeconds: float32(float64(total-step) / rate),
			})
		}
		if score, err = evaluate(); err != nil {
			return score, err
		}
		s.Emit(event.Log{Text: fmt.Sprintf("squeeze: %s epoch %d/%d: %s top-1 %.2f %%, top-5 %.2f %%, loss %.4f, %.1f s",
			t.model.Name, epoch+1, s.Recipe.Epochs, score.Split, 100*score.Top1, 100*score.Top5, score.Loss, time.Since(began).Seconds())})
		if err := t.save(s.Checkpoint, epoch+1); err != nil {
			return score, err
		}
	}
	if score.Images == 0 { // every epoch was done before
		return evaluate()
	}
	return score, nil
}
