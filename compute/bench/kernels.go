package bench

import (
	"cmp"
	"slices"

	"reta/compute/graph"
)

// Kernel is all dispatches of one shader in a step.
type Kernel struct {
	Name    string
	Calls   int
	Seconds float64
	Share   float64 // of the step's device time
	// Flops per second where the operation counts them, else 0. Winograd's are
	// those of its products, a quarter of the convolution's.
	FlopRate float64
	// Bytes per second of tensors, each read or written once a dispatch.
	ByteRate float64
}

// ByKernel adds up a profile by shader, costliest first.
func ByKernel(timings []graph.Timing) []Kernel {
	total := 0.0
	at := map[string]int{}
	var list []Kernel
	for _, t := range timings {
		i, ok := at[t.Kernel]
		if !ok {
			i = len(list)
			at[t.Kernel], list = i, append(list, Kernel{Name: t.Kernel})
		}
		k := &list[i]
		k.Calls++
		k.Seconds += t.Seconds
		k.FlopRate += float64(t.Flops) // rates below
		k.ByteRate += float64(t.Bytes)
		total += t.Seconds
	}
	for i := range list {
		k := &list[i]
		k.Share = ratio(k.Seconds, total)
		k.FlopRate, k.ByteRate = ratio(k.FlopRate, k.Seconds), ratio(k.ByteRate, k.Seconds)
	}
	slices.SortStableFunc(list, func(a, b Kernel) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return list
}

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
