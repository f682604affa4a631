package run

import (
	"context"
	"sync"

	"reta/compute/distill"
)

// Gate lets viewers and signals hold a run between two steps: pause, single
// steps, stop. The zero value is not usable; see NewGate.
type Gate struct {
	mu      sync.Mutex
	paused  bool
	stop    bool
	steps   int           // to take while paused
	change  chan struct{} // closed at every change
	notify  func(paused bool)
	waiting bool // reported to notify: the run is held
}

// NewGate is an open gate.
func NewGate() *Gate { return &Gate{change: make(chan struct{})} }

// Notify has f called when the run is held at the gate and when it continues; a single step does not count as continuing.
func (g *Gate) Notify(f func(paused bool)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notify = f
}

func (g *Gate) set(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
	close(g.change)
	g.change = make(chan struct{})
}

// Pause holds the run before its next step.
func (g *Gate) Pause() { g.set(func() { g.paused, g.steps = true, 0 }) }

// Resume lets the run go on.
func (g *Gate) Resume() { g.set(func() { g.paused, g.steps = false, 0 }) }

// Step lets a run make n more steps and then pauses it.
func (g *Gate) Step(n int) { g.set(func() { g.paused = true; g.steps += max(1, n) }) }

// Stop ends the run at the next step, after a checkpoint.
func (g *Gate) Stop() { g.set(func() { g.stop = true }) }

// Paused reports whether the gate is closed.
func (g *Gate) Paused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused && g.steps == 0
}

// Poke has a run that is held call show again: a viewer asks for something else.
func (g *Gate) Poke() { g.set(func() {}) }

// Wait returns when the next step may be made, distill.ErrStop when none may,
// or the context's error. While it holds the run it calls show, if not nil,
// once and at every Poke.
func (g *Gate) Wait(ctx context.Context, show func() error) error {
	for {
		g.mu.Lock()
		stop, held, change := g.stop, g.paused && g.steps == 0, g.change
		if !stop && !held && g.steps > 0 {
			g.steps--
		}
		continues := g.waiting && (stop || !g.paused) // not for a single step
		if continues {
			g.waiting = false
		}
		notify := g.notify
		g.mu.Unlock()
		if continues && notify != nil {
			notify(false)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case stop:
			return distill.ErrStop
		case !held:
			return nil
		}
		if show != nil {
			if err := show(); err != nil {
				return err
			}
		}
		g.mu.Lock()
		first := !g.waiting
		g.waiting = true
		g.mu.Unlock()
		if first && notify != nil {
			notify(true)
		}
		select {
		case <-change:
		case <-ctx.Done():
		}
	}
}
