package graph

import (
	"fmt"

	"reta/compute/vk"
)

// Fits reports whether a program of the given outputs can run on the device,
// without compiling or allocating it. The error names what is too large, its
// size and the limit: a tensor over what one binding sees, or all of them over
// the memory that is free.
func (g *Graph) Fits(outputs ...*Node) error { return g.fits(outputs, 1, 1) }

// fits is Fits with a share of the free memory, for so many runs on their way.
func (g *Graph) fits(outputs []*Node, share float64, lanes int) error {
	l, err := g.layout(outputs, false, false)
	if err != nil {
		return err
	}
	need, free := l.memory(lanes).Bytes(), g.dev.MemoryFree()
	if float64(need) > share*float64(free) {
		return fmt.Errorf("program of %s: %s has %s of memory free: use a smaller batch or resolution, or raise the memory limit",
			mib(int(need/4)), g.Info().Name, mib(int(free/4)))
	}
	return nil
}

// Largest is the largest n from 1 to want for which the Pass that build makes
// fits the device (see Graph.Fits) and half of its free memory, by shapes alone. build makes the graph for n items and returns its outputs; what fits
// for n must fit for less. The error says why one item does not fit.
func Largest(dev *vk.Device, want int, build func(g *Graph, n int) []*Node) (int, error) {
	if want < 1 {
		return 0, fmt.Errorf("batch %d: want at least 1", want)
	}
	fits := func(n int, share float64) error {
		g := New(dev)
		defer g.Discard()
		return g.fits(build(g, n), share, passesInFlight)
	}
	if fits(want, 0.5) == nil {
		return want, nil
	}
	if err := fits(1, 1); err != nil {
		return 0, err
	}
	return Most(want-1, func(n int) bool { return fits(n, 0.5) == nil }), nil
}

// Most is the largest n from 1 to most that fits, where what fits for n does for less; 1 where none is asked for.
func Most(most int, fits func(n int) bool) int {
	low, high := 1, most+1 // low is taken to fit
	for high-low > 1 {
		if mid := (low + high) / 2; fits(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// Discard frees the constants of a graph that is not compiled.
func (g *Graph) Discard() {
	for _, v := range g.consts {
		v.Free()
	}
	g.consts = nil
}
