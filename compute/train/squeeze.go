package train

import (
	"context"
	"fmt"
	"time"

	"reta/compute/models"
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
	// Gate is called between steps, some of which may still be on their way, and may block or end the training.
	Gate func(ctx context.Context, step int) error
	// Serial has a step end before the gate is asked for the next: for measurements of steps.
	Serial bool
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
	first, err := t.restore(s.Checkpoint)
	if err != nil {
		return Score{}, err
	}
	var score Score
	for number := first; number < s.Recipe.Epochs; number++ {
		e := epoch{Squeeze: s, t: t, number: number, steps: s.Data.Train.Len() / t.batch, began: time.Now()}
		if err := e.run(ctx); err != nil {
			return score, err
		}
		if score, err = evaluate(); err != nil {
			return score, err
		}
		s.Emit(event.Log{Text: fmt.Sprintf("squeeze: %s epoch %d/%d: %s top-1 %.2f %%, top-5 %.2f %%, loss %.4f, %.1f s",
			t.model.Name, number+1, s.Recipe.Epochs, score.Split, 100*score.Top1, 100*score.Top5, score.Loss, time.Since(e.began).Seconds())})
		if err := t.save(s.Checkpoint, number+1); err != nil {
			return score, err
		}
	}
	if score.Images == 0 { // every epoch was done before
		return evaluate()
	}
	return score, nil
}
