package protocol

import (
	"fmt"
	"math"
	"slices"

	"reta/shared/recipe"
)

func init() {
	register("cv-dd", "CV-DD's: as fadrm, with the teachers weighted by their priors, 300 epochs and rates of its own", cvdd)
}

// cvdd is the protocol of CV-DD's validate/train_fkd.py. On ImageNette labels in batches of 10 do not fit its own
// validation in 16; 10 is taken.
func cvdd(s Setup) Protocol {
	p := fadrm(s)
	p.Student.Epochs, p.Labels.Weighting = 300, ByPrior
	p.Test = Test{Every: 10, Crop: 1}
	r := cvddRates.of(s)
	p.Student.LR, p.Student.Eta = r.lr, r.eta
	return p
}

// cvddRates are by set, network and IPC. ImageWoof, which it has none for, takes ImageNette's.
var cvddRates = rates{
	cifar10: {
		"resnet18":  {{1e-3, 1}, {1e-3, 1}, {1e-3, 1}},
		"resnet50":  {{1e-3, 1}, {1e-3, 1}, {1e-3, 1}},
		"resnet101": {{5e-4, 1}, {5e-4, 1}, {5e-4, 1}},
	},
	cifar100: {
		"resnet18":  {{1e-3, 1}, {1e-3, 2}, {1e-3, 1}},
		"resnet50":  {{1e-3, 1}, {1e-3, 2}, {1e-3, 1}},
		"resnet101": {{5e-4, 1}, {5e-4, 1}, {5e-4, 1}},
	},
	tiny: {
		"resnet18":  {{1e-3, 2}, {1e-3, 1}, {1e-3, 2}},
		"resnet50":  {{1e-3, 1}, {1e-3, 1}, {1e-3, 1}},
		"resnet101": {{5e-4, 2}, {5e-4, 2}, {5e-4, 2}},
	},
	nette: {
		"resnet18":  {{5e-4, 2}, {5e-4, 1}, {5e-4, 2}},
		"resnet50":  {{5e-4, 2}, {1e-3, 1}, {5e-4, 1}},
		"resnet101": {{5e-4, 2}, {5e-4, 2}, {1e-3, 2}},
	},
	full: {
		"resnet18":  {{1e-3, 2}, {1e-3, 2}, {1e-3, 1}},
		"resnet50":  {{1e-3, 2}, {1e-3, 2}, {1e-3, 1}},
		"resnet101": {{1e-3, 2}, {1e-3, 2}, {5e-4, 2}},
	},
}

// SettingError is a setting of labels that the teachers do not fit.
type SettingError struct{ error }

func (e SettingError) Unwrap() error { return e.error }

// TeacherWeights are the weights of teachers on a set, in the order of their networks: Weights where there are some, else by
// Weighting softmax(prior/10); nil where they count equally. Its errors are SettingErrors.
func (l Labels) TeacherWeights(d recipe.Dataset, networks []string) ([]float64, error) {
	if n := len(l.Weights); n > 0 && n != len(networks) {
		return nil, SettingError{fmt.Errorf("labels.weights %v: want one for each of the teachers, which are %d", l.Weights, len(networks))}
	}
	if n := len(l.Weights); n > 0 && slices.Max(l.Weights) <= 0 {
		return nil, SettingError{fmt.Errorf("labels.weights %v: want one above 0 at least", l.Weights)}
	}
	if l.Weighting != ByPrior || len(l.Weights) > 0 || len(networks) < 2 {
		return l.Weights, nil
	}
	weights, sum := make([]float64, len(networks)), 0.0
	for i, network := range networks {
		prior, known := recipe.Prior(d, network)
		if !known {
			return nil, SettingError{fmt.Errorf("labels.weighting %s: no prior is known of %s: want labels.weighting %s, or labels.weights", ByPrior, network, Equal)}
		}
		weights[i] = math.Exp(prior / 10)
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights, nil
}
