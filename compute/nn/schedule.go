package nn

import "math"

// Cosine is the learning rate at step (from 0) of total: lr at the start, zero
// at the end, half a cosine between (Loshchilov and Hutter 2017, no restarts).
func Cosine(step, total int, lr float64) float64 {
	if total <= 0 {
		return lr
	}
	return lr * 0.5 * (1 + math.Cos(math.Pi*float64(min(max(step, 0), total))/float64(total)))
}

// WarmupCosine rises linearly to lr over the first warm steps, lr/warm at step
// 0, and follows Cosine over the rest.
func WarmupCosine(step, warm, total int, lr float64) float64 {
	if step < warm {
		return lr * float64(step+1) / float64(warm)
	}
	return Cosine(step-warm, total-warm, lr)
}
