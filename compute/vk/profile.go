package vk

// #include "shim.h"
import "C"

import (
	"context"
	"fmt"
)

// Timing is the device time of one operation of a program.
type Timing struct {
	Label   string
	Kernel  string // "copy" and "fill" for those
	Seconds float64
}

// Profile runs the program once more with a timestamp after every operation,
// each waiting for the one before. Results are the same as of Run.
func (p *Program) Profile(ctx context.Context) ([]Timing, error) {
	f := p.dev.info.Features
	if !f.Timestamps {
		return nil, fmt.Errorf("vk: program %q: %s has no timestamps: %w", p.name, p.dev.info.Name, ErrUnsupported)
	}
	p.mu.Lock()
	defer p.mu.Unlock() // one profile at a time: they share the queries
	if p.closed {
		return nil, fmt.Errorf("vk: program %q is closed", p.name)
	}
	if !p.profiled {
		if err := p.record(true); err != nil {
			return nil, err
		}
		p.profiled = true
	}
	fl, err := p.submit(p.c.profile)
	if err != nil {
		return nil, err
	}
	if err := fl.wait(ctx); err != nil {
		p.flights = append(p.flights, fl) // Close waits for it
		return nil, err
	}
	ticks := make([]C.uint64_t, len(p.ops)+1)
	r := C.shim_program_times(p.dev.shim, &p.c, C.uint32_t(len(ticks)), &ticks[0])
	if err := p.dev.result("read timestamps", r); err != nil {
		return nil, err
	}
	mask := ^uint64(0) >> (64 - min(f.timestampBits, 64))
	times := make([]Timing, len(p.ops))
	for i := range times {
		n := (uint64(ticks[i+1]) - uint64(ticks[i])) & mask
		times[i] = Timing{p.labels[i].label, p.labels[i].kernel, float64(n) * f.TimestampPeriod * 1e-9}
	}
	return times, nil
}
