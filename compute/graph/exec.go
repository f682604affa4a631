package graph

import (
	"fmt"
	"slices"

	"reta/compute/vk"
)

// CompileOptions say what a program must produce.
type CompileOptions struct {
	// Outputs are the nodes to compute: those read with Get, and updates such
	// as optimiser steps.
	Outputs []*Node
	// Poison fills the arena with NaN before every run, so that a kernel that
	// leaves an element unwritten is seen. For tests.
	Poison bool
	// Separate makes a pass over memory of every operation: none does another's work on the way (see Op.Absorb). For tests and
	// comparisons.
	Separate bool
	// Name labels the program in errors and profiles.
	Name string
	// Arena, if not nil, is memory that the program shares with others; else it has its own.
	Arena *Arena
	// InFlight is how many runs may be on their way at once, see Exec.Submit: each has its own inputs and outputs in memory.
	// 0 means one.
	InFlight int
}

// InFlight is how many runs of a program keep a device busy: one that runs, one
// that waits its turn, one that the host prepares. More would only run on for
// longer when they are to end.
const InFlight = 3

// Exec is a compiled program with its memory. It is not safe for concurrent
// use.
type Exec struct {
	name     string
	lanes    []*lane
	at       int   // of the lane that the next run takes
	last     *lane // of the run submitted last, nil before the first
	prepare  *vk.Program
	stores   map[*Node]*store
	outputs  map[*Node]bool
	frozen   []*Variable
	versions []uint64
	prepared bool
	buffers  []*vk.Buffer
	shared   *Arena       // nil where all its memory is its own
	taken    []*vk.Buffer // of it
	consts   []*Variable
	work     []work // of the step's dispatches
	memory   Memory
}

const poisonWord = 0x7fc07fc0 // NaN, of float32 and of two fp16

// Compile plans memory and records the program. What depends only on frozen
// variables is computed before the first run and again after one of them is
// written.
func (g *Graph) Compile(o CompileOptions) (*Exec, error) {
	e := &Exec{name: o.Name, outputs: map[*Node]bool{}, consts: g.consts}
	g.consts = nil
	if g.err != nil {
		e.Close()
		return nil, g.err
	}
	for _, n := range o.Outputs {
		if n == nil {
			e.Close()
			return nil, fmt.Errorf("compile %s: an output is nil", o.Name)
		}
		e.outputs[n] = true
	}
	if err := g.compile(e, o); err != nil {
		e.Close()
		return nil, fmt.Errorf("compile %s: %w", o.Name, err)
	}
	return e, nil
}

func (g *Graph) compile(e *Exec, o CompileOptions) error {
	l, err := g.layout(o.Outputs, true, o.Separate)
	if err != nil {
		return err
	}
	lanes := max(1, o.InFlight)
	e.stores, e.frozen, e.memory = l.stores, l.frozen, l.memory(lanes)
	for _, p := range l.own {
		if !p.lane {
			if err := e.allocate(g.dev, p); err != nil {
				return err
			}
		}
	}
	arena, err := e.arena(g.dev, l, o.Arena)
	if err != nil {
		return fmt.Errorf("arena of %d MiB: %w", l.words>>18, err)
	}
	for _, s := range slices.Concat(l.prepare.free, l.step.free) {
		s.rng = arena[s.offset/l.slab].Slice(int64(4*(s.offset%l.slab)), bytes16(s.words))
	}
	if len(l.prepare.dispatches) > 0 {
		if e.prepare, err = record(g.dev, l.prepare.dispatches, o.Name+" prepare"); err != nil {
			return err
		}
	}
	e.work = workOf(l.step.dispatches)
	for range lanes {
		n, err := e.newLane(g.dev, l, arena, o)
		e.lanes = append(e.lanes, n)
		if err != nil {
			return err
		}
	}
	return nil
}

// arena is the memory of what the program computes on the way: from the one that it shares, where that is cut as the program's own
// would be.
func (e *Exec) arena(dev *vk.Device, l *layout, shared *Arena) (list []*vk.Buffer, err error) {
	if shared != nil && l.slab == slabWords {
		list, err = shared.take(l.words)
		e.shared, e.taken = shared, list
		return list, err
	}
	for at := 0; at < l.words; at += l.slab {
		b, err := e.buffer(dev, bytes16(min(l.slab, l.words-at)), vk.DeviceLocal)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// newLane is a recording of the step on inputs and outputs of its own.
func (e *Exec) newLane(dev *vk.Device, l *layout, arena []*vk.Buffer, o CompileOptions) (n *lane, err error) {
	n = &lane{ranges: map[*store]vk.Range{}, set: map[*store]bool{}}
	for _, p := range l.own {
		if !p.lane {
			continue
		}
		if err := e.allocate(dev, p); err != nil {
			return n, err
		}
		n.ranges[p.store] = p.store.rng
		if p.input {
			n.inputs = append(n.inputs, p.store)
		}
	}
	if n.step, err = record(dev, l.step.dispatches, o.Name); err == nil && o.Poison {
		n.poison, err = e.recordPoison(dev, arena, l.static)
	}
	return n, err
}

// allocate gives a store a buffer of its own.
func (e *Exec) allocate(dev *vk.Device, p placement) error {
	b, err := e.buffer(dev, bytes16(p.store.words), p.kind)
	if err == nil {
		p.store.rng = b.Slice(0, b.Bytes())
	}
	return err
}

// buffer is memory that the program frees.
func (e *Exec) buffer(dev *vk.Device, bytes int64, kind vk.Kind) (*vk.Buffer, error) {
	b, err := dev.NewBuffer(bytes, kind)
	if err == nil {
		e.buffers = append(e.buffers, b)
	}
	return b, err
}

// record records dispatches whose tensors have their memory.
func record(dev *vk.Device, dispatches []dispatch, name string) (*vk.Program, error) {
	kernels, err := compileKernels(dev, dispatches)
	if err != nil {
		return nil, err
	}
	rec := dev.NewRecorder(name)
	for i, d := range dispatches {
		k := kernels[i]
		args := make([]vk.Arg, 0, len(d.In)+len(d.Out))
		for _, t := range d.In {
			args = append(args, t.arg(vk.Read))
		}
		for _, t := range d.Out {
			args = append(args, t.arg(vk.ReadWrite))
		}
		groups := [3]uint32{uint32(d.Groups[0]), uint32(d.Groups[1]), uint32(d.Groups[2])}
		push, err := k.Push(d.Push)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.label, err)
		}
		rec.Dispatch(k, args, push, groups, d.label)
	}
	return rec.End()
}

// arg binds the tensor up to the end of its last vec4: kernels work on whole
// vec4, and what lies between a tensor's end and that boundary belongs to no
// one.
func (t Tensor) arg(a vk.Access) vk.Arg {
	r := t.store.rng
	return vk.Arg{Range: vk.Range{Buffer: r.Buffer, Offset: r.Offset + int64(t.off)*t.element(), Bytes: t.bytes()}, Access: a}
}

// bytes16 is the size of words 32-bit words in bytes, rounded up to 16.
func bytes16(words int) int64 { return (int64(4*words) + 15) &^ 15 }

// recordPoison fills the arena and the outputs, except those computed before the
// first run: they stay.
func (e *Exec) recordPoison(dev *vk.Device, arena []*vk.Buffer, static []bool) (*vk.Program, error) {
	rec := dev.NewRecorder("poison")
	for _, b := range arena {
		rec.Fill(b.Slice(0, b.Bytes()), poisonWord)
	}
	for n := range e.outputs {
		if n.op != variableOp && n.op != inputOp && len(n.op.Updates) == 0 && !static[n.id] {
			rec.Fill(e.stores[root(n)].rng, poisonWord)
		}
	}
	return rec.End()
}

// root is the node in whose memory n lies.
func root(n *Node) *Node {
	for n.op == reshapeOp || n.op.InPlace {
		n = n.in[0]
	}
	return n
}

// Bytes is the device memory the program holds beside its variables and a shared arena.
func (e *Exec) Bytes() int64 {
	var n int64
	for _, b := range e.buffers {
		n += b.Bytes()
	}
	return n
}

// Close frees the program and its memory. It is safe to call twice.
func (e *Exec) Close() {
	for _, l := range e.lanes {
		l.step.Close()
		l.poison.Close()
	}
	e.prepare.Close()
	for _, b := range e.buffers {
		b.Free()
	}
	for _, v := range e.consts {
		v.Free()
	}
	if e.shared != nil {
		e.shared.give(e.taken)
	}
	e.consts, e.lanes, e.prepare, e.buffers, e.shared = nil, nil, nil, nil, nil
}
