package train

import (
	"math"

	"reta/compute/nn"
)

// Schedule is how the learning rate goes from its peak over the epochs, after the warm-up.
type Schedule string

// The schedules.
const (
	StepCosine  Schedule = "cosine"       // half a cosine to 0 over all steps
	EpochCosine Schedule = "epoch-cosine" // torch's CosineAnnealingLR stepped after each epoch: to 0 at Period epochs, back at twice that
	Constant    Schedule = "constant"
)

// rate is the learning rate at a step (from 0) of a training with so many steps an epoch.
func (r Recipe) rate(step, perEpoch int) float64 {
	warm := step < r.Warmup
	switch {
	case r.Schedule == StepCosine:
		return nn.WarmupCosine(step, r.Warmup, perEpoch*r.Epochs, r.LR)
	case warm:
		return r.LR * float64(step+1) / float64(r.Warmup)
	case r.Schedule == Constant:
		return r.LR
	}
	epoch := float64(step/perEpoch - r.Warmup/perEpoch)
	return r.LR / 2 * (1 + math.Cos(math.Pi*epoch/float64(r.Period-r.Warmup/perEpoch)))
}
