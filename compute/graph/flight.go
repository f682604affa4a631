package graph

import (
	"context"
	"fmt"

	"reta/compute/vk"
)

// lane is what a run on its way has for itself: a recording on inputs and
// outputs of its own. Everything else is shared, since runs follow each other.
type lane struct {
	step, poison *vk.Program
	ranges       map[*store]vk.Range // of its own
	inputs       []*store
	set          map[*store]bool // the inputs written for its next run
	flight       *Flight         // its newest run, nil once its next one is being prepared
}

// Flight is a run on its way to the device.
type Flight struct {
	exec *Exec
	lane *lane
	done bool
	err  error
	kept map[*Node][]float32 // outputs, once its lane serves another run
	read bool                // its outputs may be asked for
}

// Submit hands one run to the device and returns while it is on its way. It sees what all submitted before has written, and
// the inputs as they are set. CompileOptions.InFlight runs can be on their way; whatever prepares one more waits for the
// oldest to end. Variables are the host's to read or write only while no run is on its way.
func (e *Exec) Submit(ctx context.Context) (*Flight, error) {
	f, err := e.submit(ctx)
	if err == nil {
		f.read = true
	}
	return f, err
}

func (e *Exec) submit(ctx context.Context) (*Flight, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	if l.poison != nil {
		if err := l.poison.Run(ctx); err != nil {
			return nil, fmt.Errorf("%s: poison: %w", e.name, err)
		}
	}
	if err := l.step.Submit(); err != nil {
		return nil, fmt.Errorf("%s: %w", e.name, err)
	}
	l.flight = &Flight{exec: e, lane: l}
	e.last = l
	return l.flight, nil
}

// open is the lane that the next run takes. Once a lane's run is submitted the next lane's turn comes, and the run that has
// had it ends first.
func (e *Exec) open() (*lane, error) {
	if e.lanes[e.at].flight == nil {
		return e.lanes[e.at], nil
	}
	next := (e.at + 1) % len(e.lanes)
	l := e.lanes[next]
	if l.flight != nil {
		if err := l.flight.leave(); err != nil {
			return nil, err
		}
	}
	l.flight, e.at = nil, next
	clear(l.set)
	return l, nil
}

// carry gives a lane the inputs of the run before that were not set anew.
func (e *Exec) carry(l *lane) error {
	if e.last == nil || e.last == l {
		return nil
	}
	for _, s := range l.inputs {
		if l.set[s] {
			continue
		}
		from, to := e.last.ranges[s], l.ranges[s]
		data := make([]byte, to.Bytes)
		if err := from.Buffer.Read(from.Offset, data); err != nil {
			return err
		}
		if err := to.Buffer.Write(to.Offset, data); err != nil {
			return err
		}
	}
	return nil
}

// Wait waits for the run to end. When ctx ends first its error is returned and
// the run goes on.
func (f *Flight) Wait(ctx context.Context) error {
	if f.done {
		return f.err
	}
	err := f.lane.step.Wait(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", f.exec.name, err)
	}
	if err == nil || ctx.Err() == nil {
		f.done, f.err = true, err
	}
	return err
}

// Get returns a copy of an output as the run left it, for which it waits.
func (f *Flight) Get(n *Node) ([]float32, error) {
	if err := f.Wait(context.Background()); err != nil {
		return nil, err
	}
	out := make([]float32, n.Size())
	if err := f.copy(n, out); err != nil {
		return nil, err
	}
	return out, nil
}

// copy copies the first elements of an output of the run, which has ended.
func (f *Flight) copy(n *Node, to []float32) error {
	if kept, ok := f.kept[n]; ok {
		copy(to, kept)
		return nil
	}
	return f.exec.read(f.lane, n, to)
}

// leave ends the run and keeps its outputs, so that its lane can serve another.
func (f *Flight) leave() error {
	if err := f.Wait(context.Background()); err != nil || !f.read {
		return err
	}
	kept := map[*Node][]float32{}
	for n := range f.exec.outputs {
		if _, own := f.lane.ranges[f.exec.stores[root(n)]]; !own {
			continue // it is a variable, or the same in every run
		}
		out := make([]float32, n.Size())
		if err := f.exec.read(f.lane, n, out); err != nil {
			return err
		}
		kept[n] = out
	}
	f.kept = kept
	return nil
}
