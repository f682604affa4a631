package graph

import (
	"context"
	"math"

	"reta/compute/vk"
)

// Fastest is which of n ways to compute something is the fastest on the device,
// or -1 where that is not known (see vk.Device.Choose). what names the thing and
// the ways. lower records a way, on tensors of its own: Scratch of any content.
func (l *Lowering) Fastest(what string, n int, lower func(l *Lowering, way int)) int {
	if !l.compiles {
		return -1
	}
	way, err := l.g.dev.Choose(what, n, func(way int) (float64, error) {
		return l.g.seconds(l.node, func(l *Lowering) { lower(l, way) })
	})
	if err != nil {
		l.Fail(err)
	}
	return way
}

// seconds is the least time, of a few, of what lower records.
func (g *Graph) seconds(node *Node, lower func(l *Lowering)) (float64, error) {
	const runs = 4 // the first is slower
	l := &Lowering{g: g, node: node, stores: map[*Node]*store{}}
	lower(l)
	if l.err != nil {
		return 0, l.err
	}
	e := &Exec{name: "tune"}
	defer e.Close()
	p := l.part()
	for _, s := range p.free {
		b, err := e.buffer(g.dev, bytes16(s.words), vk.DeviceLocal)
		if err != nil {
			return 0, err
		}
		s.rng = b.Slice(0, b.Bytes())
	}
	step, err := record(g.dev, p.dispatches, e.name)
	if err != nil {
		return 0, err
	}
	e.lanes = []*lane{{step: step}}
	least := math.Inf(1)
	for range runs {
		times, err := step.Profile(context.Background())
		if err != nil {
			return 0, err
		}
		sum := 0.0
		for _, t := range times {
			sum += t.Seconds
		}
		least = min(least, sum)
	}
	return least, nil
}
