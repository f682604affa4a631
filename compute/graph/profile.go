package graph

import (
	"context"

	"reta/compute/vk"
)

// Timing is the device time of one dispatch beside the work it does.
type Timing struct {
	vk.Timing
	Flops int // multiplications and additions; 0 where the operation does not count them
	Bytes int // of what it reads and writes of tensors, each once
}

// work is what a dispatch does.
type work struct {
	kernel       string
	flops, bytes int
}

func workOf(ds []dispatch) []work {
	list := make([]work, len(ds))
	for i, d := range ds {
		list[i].kernel, list[i].flops = d.Shader, d.Flops
		for _, ts := range [][]Tensor{d.In, d.Out} {
			for _, t := range ts {
				if d.Touched > 0 {
					t.n = min(t.n, d.Touched)
				}
				list[i].bytes += t.n * int(t.element())
			}
		}
	}
	return list
}

// Profile runs the program once with a timestamp around every dispatch. It has
// all effects of Run.
func (e *Exec) Profile(ctx context.Context) ([]Timing, error) {
	l, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	e.last = l
	times, err := l.step.Profile(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Timing, len(times))
	for i, t := range times {
		list[i] = Timing{t, e.work[i].flops, e.work[i].bytes}
	}
	return list, nil
}

// Work is a Profile without times: what the dispatches of a step do. Nothing runs.
func (e *Exec) Work() []Timing {
	list := make([]Timing, len(e.work))
	for i, w := range e.work {
		list[i] = Timing{vk.Timing{Kernel: w.kernel}, w.flops, w.bytes}
	}
	return list
}
