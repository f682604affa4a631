package graph

import (
	"context"
	"fmt"
)

// Set writes an Input for the next run. The length must be its size. An input
// that is not set keeps its value from run to run. Where all runs that may be
// on their way are, it waits for the oldest.
func (e *Exec) Set(n *Node, data []float32) error {
	if n.dtype != F32 || len(data) != n.Size() {
		return fmt.Errorf("%s: set %v: got %d f32 elements", e.name, n, len(data))
	}
	return e.set(n, 0, bytesOf(data))
}

// SetU32 is Set for U32 inputs.
func (e *Exec) SetU32(n *Node, data []uint32) error {
	if n.dtype != U32 || len(data) != n.Size() {
		return fmt.Errorf("%s: set %v: got %d u32 elements", e.name, n, len(data))
	}
	return e.set(n, 0, bytesOf(data))
}

// set writes the bytes of an input from off on.
func (e *Exec) set(n *Node, off int64, data []byte) error {
	s := e.stores[n]
	if s == nil || n.op != inputOp {
		return nil // an input that no output depends on
	}
	l, err := e.open()
	if err != nil {
		return err
	}
	l.set[s] = true
	r := l.ranges[s]
	return r.Buffer.Write(r.Offset+off, data)
}

// Run executes the program once and waits for it.
func (e *Exec) Run(ctx context.Context) error {
	f, err := e.submit(ctx)
	if err != nil {
		return err
	}
	return f.Wait(ctx)
}

// Repeat executes the program n times in a row and waits once, at the end: for programs that find the inputs of each run by
// themselves. It returns the runs that were made, all n of them unless ctx ends or the device fails; at ctx's end
// those on their way are waited for.
func (e *Exec) Repeat(ctx context.Context, n int) (done int, err error) {
	if e.lanes[0].poison != nil {
		for ; done < n; done++ {
			if err := e.Run(ctx); err != nil {
				return done, err
			}
		}
		return done, nil
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l, err := e.ready(ctx)
	if err != nil {
		return 0, err
	}
	e.last = l
	for ; done < n; done++ {
		if err = l.step.Keep(ctx, InFlight-1); err == nil {
			err = l.step.Submit()
		}
		if err != nil {
			break
		}
	}
	if waited := l.step.Wait(context.Background()); err == nil {
		err = waited
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", e.name, err)
	}
	return done, err
}

// ready is the lane that the next run takes, with all that the run needs.
func (e *Exec) ready(ctx context.Context) (*lane, error) {
	l, err := e.open()
	if err == nil {
		err = e.carry(l)
	}
	if err != nil {
		return nil, err
	}
	if err := e.prepareIfChanged(ctx); err != nil {
		return nil, fmt.Errorf("%s: prepare: %w", e.name, err)
	}
	return l, nil
}

func (e *Exec) prepareIfChanged(ctx context.Context) error {
	if e.prepare == nil {
		return nil
	}
	stale := !e.prepared
	for i, v := range e.frozen {
		now := v.version.Load()
		if i >= len(e.versions) {
			e.versions = append(e.versions, now)
		} else if e.versions[i] != now {
			e.versions[i], stale = now, true
		}
	}
	if !stale {
		return nil
	}
	if err := e.prepare.Run(ctx); err != nil {
		e.prepared = false
		return err
	}
	e.prepared = true
	return nil
}

// Get returns a copy of an output as the run submitted last left it; that has
// been waited for.
func (e *Exec) Get(n *Node) ([]float32, error) {
	out := make([]float32, n.Size())
	if err := e.read(e.last, n, out); err != nil {
		return nil, err
	}
	return out, nil
}

// read copies the first elements of an output of a lane.
func (e *Exec) read(l *lane, n *Node, to []float32) error {
	s := e.stores[root(n)]
	if s == nil || !(e.outputs[n] || n.variable != nil) {
		return fmt.Errorf("%s: %v is not an output of this program", e.name, n)
	}
	if l == nil { // before the first run
		l = e.lanes[0]
	}
	r, own := l.ranges[s]
	if !own {
		r = s.rng
	}
	if err := r.Buffer.Read(r.Offset, bytesOf(to)); err != nil {
		return fmt.Errorf("%s: get %v: %w", e.name, n, err)
	}
	return nil
}
