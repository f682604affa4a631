package models

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// valueCheck refuses numbers that no trained network has: NaN, infinity, impossible variances. Kernels would carry on
// with them and report an accuracy all the same (max(NaN, 0) is 0 on a device).
type valueCheck struct{ means map[string][]float32 } // running means by layer

// check judges the values of one tensor; a layer's mean comes before its variance.
func (c *valueCheck) check(name string, shape []int, data []float32) error {
	for i, x := range data {
		if wide := float64(x); math.IsNaN(wide) || math.IsInf(wide, 0) {
			return fmt.Errorf("tensor %q has %v at %v: want finite numbers: its training diverged, or the file is damaged: take an earlier checkpoint",
				name, x, place(shape, i))
		}
	}
	if layer, ok := strings.CutSuffix(name, "running_mean"); ok {
		c.means[layer] = data
	}
	layer, ok := strings.CutSuffix(name, "running_var")
	if !ok {
		return nil
	}
	for i, x := range data {
		switch mean := c.means[layer]; {
		case x < 0:
			return fmt.Errorf("tensor %q has %v at [%d]: want a variance, 0 or more: the file is damaged, or its tensors are exchanged", name, x, i)
		case x == 0 && (slices.Max(data) == 0 || i < len(mean) && math.Abs(float64(mean[i])) > 1e-3):
			// a channel that does not vary is 0 throughout, and never are all of a layer's
			return fmt.Errorf("tensor %q has 0 at [%d]: want a variance above 0: the statistics were not saved with the weights: save them after training, in eval mode",
				name, i)
		}
	}
	return nil
}

// place is the index of element i of a tensor.
func place(shape []int, i int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d], i = i%shape[d], i/shape[d]
	}
	return at
}
