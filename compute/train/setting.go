package train

import (
	"math"

	"reta/compute/models"
	"reta/shared/setting"
)

// Setting describes one field of a Recipe: a row of the table that validation, squeeze's flags and their help come from.
// With - for _ its name is the flag of squeeze.
type Setting = setting.Row[Recipe]

const unbounded = setting.Unbounded

// Settings are the fields of a Recipe, but for the preset's name.
var Settings = setting.Table[Recipe]{
	{Name: "optimizer", Help: "sgd (with momentum) or adam (betas 0.9 and 0.999, epsilon 1e-8)", Choices: []string{"sgd", "adam"}},
	{Name: "lr", Help: "peak learning rate", Above: true, Max: 100},
	{Name: "momentum", Help: "momentum of sgd", Max: 1},
	{Name: "nesterov", Help: "Nesterov's momentum of sgd"},
	{Name: "weight_decay", Help: "weight decay of every trainable tensor, added to its gradient", Max: 1},
	{Name: "smoothing", Help: "label smoothing", Max: 1},
	{Name: "epochs", Help: "passes over the training images", Min: 1, Max: unbounded},
	{Name: "schedule", Help: "of the learning rate: cosine (over all steps), epoch-cosine (changed after each epoch) or constant",
		Choices: []string{string(StepCosine), string(EpochCosine), string(Constant)}},
	{Name: "period", Help: "epochs in which epoch-cosine falls to 0, torch's T_max; it rises again after", Min: 1, Max: unbounded},
	{Name: "warmup", Help: "steps of linear warm-up", Max: unbounded},
	{Name: "batch", Help: "images a step", Min: 1, Max: 65536},
	{Name: "augment", Help: "none, pad-crop (pad, crop back, flip) or random-crop (area 0.08 to 1, ratio 3/4 to 4/3, resize, flip)",
		Choices: []string{string(NoAugment), string(PadCrop), string(RandomCrop)}},
	{Name: "pad", Help: "pixels on each side for pad-crop", Max: 256},
	{Name: "border", Help: "colour of these pixels: mean (of the set) or black (as in torchvision's code)", Optional: true, Choices: []string{string(Mean), string(Black)}},
	{Name: "init", Help: "initial weights of convolutions: uniform (PyTorch's own) or he (normal by fan-out, torchvision's)",
		Optional: true, Choices: []string{string(models.Uniform), string(models.He)}},
	{Name: "ema", Help: "decay of an exponential moving average of the weights, which is tested and kept in their place; 0 for none", Max: 0.99999},
	{Name: "seed", Help: "seed of weights, order and augmentation", Max: math.Inf(1)},
}
