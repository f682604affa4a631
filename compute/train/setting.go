package train

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/compute/models"
)

// Setting describes one field of a Recipe: a row of the table that validation, squeeze's flags and their help come from.
type Setting struct {
	Name string // in config.toml; with - for _ the flag of squeeze
	Help string
	// A number is from Least to Most, or above Least where Above is set; a text is one of Choices.
	Least, Most float64
	Above       bool
	Choices     []string
	Optional    bool                // a text may be "": by the network
	field       func(r *Recipe) any // *string of some kind, *float64, *int, *uint64 or *bool
}

const unbounded = 1e9

// Settings are the fields of a Recipe, but for the preset's name.
var Settings = []Setting{
	{Name: "optimizer", Help: "sgd (with momentum) or adam (.9, .999, 1e-8)", Choices: []string{"sgd", "adam"}, field: func(r *Recipe) any { return &r.Optimizer }},
	{Name: "lr", Help: "peak learning rate", Above: true, Most: 100, field: func(r *Recipe) any { return &r.LR }},
	{Name: "momentum", Help: "momentum of sgd", Most: 1, field: func(r *Recipe) any { return &r.Momentum }},
	{Name: "nesterov", Help: "Nesterov's momentum of sgd", field: func(r *Recipe) any { return &r.Nesterov }},
	{Name: "weight_decay", Help: "weight decay of every trainable tensor, added to its gradient", Most: 1, field: func(r *Recipe) any { return &r.WeightDecay }},
	{Name: "smoothing", Help: "label smoothing", Most: 1, field: func(r *Recipe) any { return &r.Smoothing }},
	{Name: "epochs", Help: "passes over the training images", Least: 1, Most: unbounded, field: func(r *Recipe) any { return &r.Epochs }},
	{Name: "schedule", Help: "of the learning rate: cosine (over all steps), epoch-cosine (changed after each epoch) or constant",
		Choices: []string{string(StepCosine), string(EpochCosine), string(Constant)}, field: func(r *Recipe) any { return (*string)(&r.Schedule) }},
	{Name: "period", Help: "epochs in which epoch-cosine falls to 0, torch's T_max; it rises again after", Least: 1, Most: unbounded, field: func(r *Recipe) any { return &r.Period }},
	{Name: "warmup", Help: "steps of linear warm-up", Most: unbounded, field: func(r *Recipe) any { return &r.Warmup }},
	{Name: "batch", Help: "images a step", Least: 1, Most: 65536, field: func(r *Recipe) any { return &r.Batch }},
	{Name: "augment", Help: "none, pad-crop (pad, crop back, flip) or random-crop (area .08-1, ratio 3/4-4/3, resize, flip)",
		Choices: []string{string(NoAugment), string(PadCrop), string(RandomCrop)}, field: func(r *Recipe) any { return (*string)(&r.Augment) }},
	{Name: "pad", Help: "pixels of zeros on each side for pad-crop", Most: 256, field: func(r *Recipe) any { return &r.Pad }},
	{Name: "init", Help: "initial weights of convolutions: uniform (PyTorch's own) or he (normal by fan-out, torchvision's)",
		Optional: true, Choices: []string{string(models.Uniform), string(models.He)}, field: func(r *Recipe) any { return (*string)(&r.Init) }},
	{Name: "seed", Help: "seed of weights, order and augmentation", Most: math.Inf(1), field: func(r *Recipe) any { return &r.Seed }},
}

// Want is what a value may be, in words.
func (s Setting) Want() string {
	var r Recipe
	switch _, whole := s.field(&r).(*float64); {
	case len(s.Choices) > 0:
		last := len(s.Choices) - 1
		return strings.Join(s.Choices[:last], ", ") + " or " + s.Choices[last]
	case s.Above:
		return fmt.Sprintf("more than %g, at most %g", s.Least, s.Most)
	case s.Most == 0:
		return "true or false"
	case s.Most >= unbounded && !whole:
		return fmt.Sprintf("a whole number of at least %g", s.Least)
	default:
		return fmt.Sprintf("%g to %g", s.Least, s.Most)
	}
}

// Set changes the setting in r from text.
func (s Setting) Set(r *Recipe, text string) (err error) {
	switch to := s.field(r).(type) {
	case *string:
		*to = text
	case *float64:
		*to, err = strconv.ParseFloat(text, 64)
	case *int:
		*to, err = strconv.Atoi(text)
	case *uint64:
		*to, err = strconv.ParseUint(text, 10, 64)
	case *bool:
		*to, err = strconv.ParseBool(text)
	}
	if err != nil {
		return fmt.Errorf("%s %q: want %s", s.Name, text, s.Want())
	}
	return s.check(r)
}

// Get is the setting's value in r.
func (s Setting) Get(r Recipe) any {
	switch v := s.field(&r).(type) {
	case *string:
		return *v
	case *float64:
		return *v
	case *int:
		return *v
	case *uint64:
		return *v
	case *bool:
		return *v
	}
	return nil
}

func (s Setting) check(r *Recipe) error {
	ok := true
	number := func(x float64) { ok = x >= s.Least && x <= s.Most && !(s.Above && x == s.Least) } // NaN is none
	switch v := s.Get(*r).(type) {
	case string:
		ok = slices.Contains(s.Choices, v) || s.Optional && v == ""
	case float64:
		number(v)
	case int:
		number(float64(v))
	}
	if !ok {
		return fmt.Errorf("%s %v: want %s", s.Name, s.Get(*r), s.Want())
	}
	return nil
}
