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

// Recipe is how a network is trained on real images.
type Recipe struct {
	Optimizer   string  `toml:"optimizer" json:"optimizer"`       // "sgd" (Nesterov) or "adam"
	LR          float64 `toml:"lr" json:"lr"`                     // peak, after warm-up; cosine to 0
	Momentum    float64 `toml:"momentum" json:"momentum"`         // of sgd
	WeightDecay float64 `toml:"weight_decay" json:"weight_decay"` // on every trainable tensor
	Smoothing   float64 `toml:"smoothing" json:"smoothing"`       // of the labels
	Epochs      int     `toml:"epochs" json:"epochs"`
	Warmup      int     `toml:"warmup" json:"warmup"` // steps of linear warm-up
	Batch       int     `toml:"batch" json:"batch"`
	Augment     Augment `toml:"augment" json:"augment"`
	Seed        uint64  `toml:"seed" json:"seed"`
}

// Augment is how training images vary.
type Augment string

// The augmentations.
const (
	NoAugment  Augment = "none"
	PadCrop    Augment = "pad-crop"    // pad by an eighth of the side (4 at 32 px), crop back, flip
	RandomCrop Augment = "random-crop" // area .08-1, ratio 3/4-4/3, resize, flip
)

// Default is a recipe that trains well within the given epochs: SGD with
// Nesterov momentum and a batch that gives small sets enough steps.
func Default(images, size, epochs int, seed uint64) Recipe {
	r := Recipe{
		Optimizer: "sgd", LR: 0.1, Momentum: 0.9, WeightDecay: 5e-4, Smoothing: 0.1,
		Epochs: epochs, Batch: 128, Augment: PadCrop, Seed: seed,
	}
	for r.Batch > 16 && images/r.Batch < 16 {
		r.Batch /= 2
	}
	r.LR *= float64(r.Batch) / 128
	r.Warmup = max(1, min(images/r.Batch, images/r.Batch*epochs/10))
	if size > 64 {
		r.Augment = RandomCrop
	}
	return r
}

// Validate names the first setting that cannot be.
func (r Recipe) Validate() error {
	switch {
	case r.Optimizer != "sgd" && r.Optimizer != "adam":
		return fmt.Errorf("squeeze: optimizer %q: want sgd or adam", r.Optimizer)
	case !(r.LR > 0) || math.IsInf(r.LR, 0):
		return fmt.Errorf("squeeze: learning rate %g: want more than 0", r.LR)
	case r.Epochs < 1:
		return fmt.Errorf("squeeze: %d epochs: want at least 1", r.Epochs)
	case r.Batch < 1:
		return fmt.Errorf("squeeze: batch %d: want at least 1", r.Batch)
	case r.Augment != NoAugment && r.Augment != PadCrop && r.Augment != RandomCrop:
		return fmt.Errorf("squeeze: augmentation %q: want %s, %s or %s", r.Augment, NoAugment, PadCrop, RandomCrop)
	}
	return nil
}

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
		return Score{}, fmt.Errorf("squeeze: %s has %d training images: want at least 2", s.Data.Name, n)
	}
	if m.Spec.Frozen || m.Spec.Classes != s.Data.Classes {
		return Score{}, fmt.Errorf("squeeze: %s has %d classes (frozen %t): want %d, not frozen", m.Name, m.Spec.Classes, m.Spec.Frozen, s.Data.Classes)
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
	judge, split := s.Data.Test, "test"
	if judge.Len() == 0 {
		judge, split = s.Data.Train, "training"
	}
	scorer, err := NewScorer(dev, m, s.Data, min(100, judge.Len()))
	if err != nil {
		return Score{}, fmt.Errorf("squeeze: %w", err)
	}
	defer scorer.Close()
	return s.epochs(ctx, t, func() (Score, error) {
		score, err := scorer.Run(ctx, judge, nil)
		score.Split = split
		return score, err
	})
}

// epochs runs the epochs that are left.
func (s Squeeze) epochs(ctx context.Context, t *trainer, judge func() (Score, error)) (Score, error) {
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
		for i := range perEpoch {
			step := epoch*perEpoch + i
			if err := s.Gate(ctx, step); err != nil {
				return score, err
			}
			lr := nn.WarmupCosine(step, s.Recipe.Warmup, total, s.Recipe.LR)
			loss, accuracy, err := t.step(ctx, order[i*t.batch:(i+1)*t.batch], step, lr)
			if err != nil {
				return score, fmt.Errorf("squeeze: epoch %d, step %d: %w", epoch+1, step, err)
			}
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return score, fmt.Errorf("squeeze: epoch %d, step %d: the loss is %v: a smaller learning rate than %g?", epoch+1, step, loss, s.Recipe.LR)
			}
			points = append(points, event.TrainPoint{Epoch: epoch, Step: step, Loss: float32(loss), Accuracy: float32(accuracy), LR: float32(lr), Teacher: t.model.Name})
			if len(points) >= 8 || i == perEpoch-1 {
				s.Emit(event.Squeeze{Points: points})
				points = nil
			}
			rate := float64(i+1) / time.Since(began).Seconds()
			s.Emit(event.Status{
				State: event.Squeezing, Phase: "squeeze", Text: fmt.Sprintf("training the teacher %s, epoch %d of %d", t.model.Name, epoch+1, s.Recipe.Epochs),
				Done: step + 1, Total: total, StepsPerSecond: float32(rate), ETASeconds: float32(float64(total-step-1) / rate),
			})
		}
		if score, err = judge(); err != nil {
			return score, err
		}
		s.Emit(event.Log{Text: fmt.Sprintf("squeeze: %s epoch %d/%d: %s top-1 %.2f %%, top-5 %.2f %%, loss %.4f, %.1f s",
			t.model.Name, epoch+1, s.Recipe.Epochs, score.Split, 100*score.Top1, 100*score.Top5, score.Loss, time.Since(began).Seconds())})
		if err := t.save(s.Checkpoint, epoch+1); err != nil {
			return score, err
		}
	}
	if score.Images == 0 { // every epoch was done before
		return judge()
	}
	return score, nil
}
