package train

import "reta/shared/recipe"

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
	switch {
	case step < r.Warmup:
		return r.LR * float64(step+1) / float64(r.Warmup)
	case r.Schedule == StepCosine:
		return recipe.Cosine(r.LR, float64(step-r.Warmup), float64(perEpoch*r.Epochs-r.Warmup))
	case r.Schedule == Constant:
		return r.LR
	}
	warm := r.Warmup / perEpoch // epochs
	return recipe.Cosine(r.LR, float64(step/perEpoch-warm), float64(r.Period-warm))
}
