package train

import (
	"fmt"
	"strings"

	"reta/compute/models"
	"reta/shared/event"
)

// Recipe is how a network is trained on real images. Presets have the published ones; the table in setting.go describes
// each field.
type Recipe struct {
	Preset      string      `toml:"preset" json:"preset"`
	Optimizer   string      `toml:"optimizer" json:"optimizer"`
	LR          float64     `toml:"lr" json:"lr"`
	Momentum    float64     `toml:"momentum" json:"momentum"`
	Nesterov    bool        `toml:"nesterov" json:"nesterov"`
	WeightDecay float64     `toml:"weight_decay" json:"weight_decay"`
	Smoothing   float64     `toml:"smoothing" json:"smoothing"`
	Epochs      int         `toml:"epochs" json:"epochs"`
	Schedule    Schedule    `toml:"schedule" json:"schedule"`
	Period      int         `toml:"period" json:"period"`
	Warmup      int         `toml:"warmup" json:"warmup"`
	Batch       int         `toml:"batch" json:"batch"`
	Augment     Augment     `toml:"augment" json:"augment"`
	Pad         int         `toml:"pad" json:"pad"`
	Border      Border      `toml:"border" json:"border"`
	Init        models.Init `toml:"init" json:"init"`
	EMA         float64     `toml:"ema" json:"ema"`
	Seed        uint64      `toml:"seed" json:"seed"`
}

// Augment is how training images vary.
type Augment string

// The augmentations.
const (
	NoAugment  Augment = "none"
	PadCrop    Augment = "pad-crop"    // pad with zeros, crop back, flip
	RandomCrop Augment = "random-crop" // area .08-1, ratio 3/4-4/3, resize, flip
)

// Border is what a shifted image leaves free.
type Border string

// The borders. "" is Mean, as trainings of before there was a choice.
const (
	Mean  Border = "mean"  // the set's mean colour: zeros after normalisation
	Black Border = "black" // torchvision's RandomCrop of images before they are normalised
)

// String is the training in a line.
func (r Recipe) String() string {
	text := r.Optimizer
	if r.Optimizer == "sgd" {
		text += fmt.Sprintf(" with momentum %g", r.Momentum)
		if r.Nesterov {
			text += " (Nesterov)"
		}
	}
	text += fmt.Sprintf(", lr %g %s, weight decay %g, %s, batch %d, %s", r.LR, r.Schedule, r.WeightDecay, event.Counted(r.Epochs, "epoch"), r.Batch, r.Augment)
	if r.Augment == PadCrop {
		text += fmt.Sprintf(" by %d px", r.Pad)
		if r.Border == Black {
			text += " over black"
		}
	}
	if r.Schedule == EpochCosine && r.Period != 0 && r.Period != r.Epochs {
		text += fmt.Sprintf(", period %s", event.Counted(r.Period, "epoch"))
	}
	if r.Warmup > 0 {
		text += fmt.Sprintf(", %s of warm-up", event.Counted(r.Warmup, "step"))
	}
	if r.EMA > 0 {
		text += fmt.Sprintf(", weights averaged with decay %g", r.EMA)
	}
	if r.Smoothing > 0 {
		text += fmt.Sprintf(", label smoothing %g", r.Smoothing)
	}
	return text
}

// Validate names the first setting that cannot be.
func (r Recipe) Validate() error {
	for _, s := range Settings {
		if err := s.Check(r); err != nil {
			return fmt.Errorf("squeeze: %w", err)
		}
	}
	return nil
}

// Key identifies the training among those of images with the given side. Recipes of the first version, and whatever is
// equal to them, keep that version's text, so that their teachers and checkpoints are found: a later field is added only
// where it differs from what the program did before it had the field.
func (r Recipe) Key(size int) string {
	first := struct {
		Optimizer                            string
		LR, Momentum, WeightDecay, Smoothing float64
		Epochs, Warmup, Batch                int
		Augment                              Augment
		Seed                                 uint64
	}{r.Optimizer, r.LR, r.Momentum, r.WeightDecay, r.Smoothing, r.Epochs, r.Warmup, r.Batch, r.Augment, r.Seed}
	key := fmt.Sprintf("%+v", first)
	var later []string // by name
	if r.Augment == PadCrop && r.Border == Black {
		later = append(later, "border=black")
	}
	if r.cropsOriginals(size) {
		later = append(later, "crop=original")
	}
	if r.EMA > 0 {
		later = append(later, fmt.Sprint("ema=", r.EMA))
	}
	if init := r.Init.For(models.StemFor(size)); init != models.He {
		later = append(later, "init="+string(init))
	}
	if r.Optimizer == "sgd" && !r.Nesterov {
		later = append(later, "nesterov=false")
	}
	if r.Augment == PadCrop && r.Pad != size/8 {
		later = append(later, fmt.Sprint("pad=", r.Pad))
	}
	if r.Schedule == EpochCosine && r.Period != r.Epochs {
		later = append(later, fmt.Sprint("period=", r.Period))
	}
	if r.Schedule != StepCosine {
		later = append(later, "schedule="+string(r.Schedule))
	}
	return strings.Join(append([]string{key}, later...), " ")
}

// cropsOriginals reports whether random crops are cut from images as they are stored, as torchvision does it: images up to 64 px
// are stored as they are seen.
func (r Recipe) cropsOriginals(size int) bool { return r.Augment == RandomCrop && size > 64 }
