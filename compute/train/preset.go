package train

import (
	"fmt"
	"strings"

	"reta/compute/models"
)

// Fast is the preset of this program: a good accuracy within few epochs.
const Fast = "fast"

// Preset is a published training for images up to a side of UpTo pixels. New fills in what depends on the data: the steps
// of warm-up, and a Period of 0, which is all epochs.
type Preset struct {
	Name         string
	UpTo         int
	Recipe       Recipe
	WarmupEpochs int
}

// Presets are the trainings of the published teachers, as their authors' code has them: CV-DD's, which FADRM uses too,
// SRe2L's and EDC's. All use plain cross-entropy. Beside them there is Fast.
var Presets = []Preset{
	{"cv-dd", 32, Recipe{Optimizer: "adam", LR: 1e-3, Momentum: 0.9, WeightDecay: 1e-4, Epochs: 200, Schedule: EpochCosine, Batch: 512, Augment: PadCrop, Pad: 4, Border: Black}, 0},
	{"cv-dd", 64, Recipe{Optimizer: "sgd", LR: 0.01, Momentum: 0.9, WeightDecay: 1e-4, Epochs: 50, Schedule: EpochCosine, Batch: 128, Augment: PadCrop, Pad: 4, Border: Black}, 0},
	{"cv-dd", 1024, Recipe{Optimizer: "sgd", LR: 0.01, Momentum: 0.9, WeightDecay: 1e-4, Epochs: 300, Schedule: EpochCosine, Period: 100, Batch: 64, Augment: RandomCrop}, 0},
	{"sre2l", 32, Recipe{Optimizer: "sgd", LR: 0.1, Momentum: 0.9, WeightDecay: 5e-4, Epochs: 200, Schedule: EpochCosine, Batch: 128, Augment: PadCrop, Pad: 4, Border: Black}, 0},
	{"sre2l", 64, Recipe{Optimizer: "sgd", LR: 0.2, Momentum: 0.9, WeightDecay: 1e-4, Epochs: 50, Schedule: EpochCosine, Batch: 256, Augment: RandomCrop}, 5},
	{"edc", 64, Recipe{Optimizer: "sgd", LR: 0.05, Momentum: 0.9, Epochs: 50, Schedule: Constant, Batch: 64, Augment: PadCrop, Pad: 4, Border: Black}, 0},
}

// PresetNames lists the presets by name, Fast first.
func PresetNames() []string {
	names := []string{Fast}
	for _, p := range Presets {
		if names[len(names)-1] != p.Name {
			names = append(names, p.Name)
		}
	}
	return names
}

// New is a preset's recipe for so many training images of the given side. Epochs of 0 are the preset's own; fast has none.
func New(name string, images, size, epochs int) (Recipe, error) {
	if name == Fast {
		return fast(images, size, epochs), nil
	}
	upTo := 0
	for _, p := range Presets {
		if p.Name == name && size <= p.UpTo {
			r := p.build(images, epochs)
			r.Init = r.Init.For(models.StemFor(size))
			return r, nil
		}
		if p.Name == name {
			upTo = p.UpTo
		}
	}
	if upTo > 0 {
		return Recipe{}, fmt.Errorf("preset %s: images of %d px: want at most %d: take another preset, or a smaller --size", name, size, upTo)
	}
	return Recipe{}, fmt.Errorf("preset %q: want one of %s", name, strings.Join(PresetNames(), ", "))
}

func (p Preset) build(images, epochs int) Recipe {
	r := p.Recipe
	r.Preset = p.Name
	if epochs != 0 {
		r.Epochs = epochs
	}
	if r.Period == 0 {
		r.Period = r.Epochs
	}
	r.Warmup = p.WarmupEpochs * max(1, images/r.Batch)
	return r
}

// fast trains well within the given epochs: SGD with Nesterov momentum, warm-up and label smoothing, and a batch that
// gives small sets enough steps.
func fast(images, size, epochs int) Recipe {
	r := Recipe{
		Preset: Fast, Optimizer: "sgd", LR: 0.1, Momentum: 0.9, Nesterov: true, WeightDecay: 5e-4, Smoothing: 0.1,
		Epochs: epochs, Schedule: StepCosine, Period: epochs, Batch: 128, Augment: PadCrop, Pad: size / 8, Border: Mean,
		Init: models.He,
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
