package graph

import (
	"context"
	"fmt"

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
	// Name labels the program in errors and profiles.
	Name string
}

// Exec is a compiled program with its memory. It is not safe for concurrent
// use.
type Exec struct {
	name     string
	step     *vk.Program
	prepare  *vk.Program
	poison   *vk.Program
	stores   map[*Node]*store
	outputs  map[*Node]bool
	frozen   []*Variable
	versions []uint64
	prepared bool
	buffers  []*vk.Buffer
	consts   []*Variable
	work     []work // of the step's dispatches
}

const poisonWord = 0x7fc00000 // NaN

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
	l, err := g.layout(o.Outputs)
	if err != nil {
		return err
	}
	e.stores, e.frozen = l.stores, l.frozen
	for _, p := range l.own {
		b, err := g.dev.NewBuffer(bytes16(p.store.words), p.kind)
		if err != nil {
			return err
		}
		e.buffers = append(e.buffers, b)
		p.store.rng = b.Slice(0, b.Bytes())
	}
	if len(l.prepare.dispatches) > 0 {
		if e.prepare, _, err = e.record(g.dev, l.prepare, o.Name+" prepare"); err != nil {
			return err
		}
	}
	var arena []*vk.Buffer
	if e.step, arena, err = e.record(g.dev, l.step, o.Name); err != nil {
		return err
	}
	e.work = workOf(l.step.dispatches)
	if o.Poison {
		return e.recordPoison(g.dev, arena, l.static)
	}
	return nil
}

// record gives the part its arena and records its dispatches. It returns the
// arena's slabs.
func (e *Exec) record(dev *vk.Device, p part, name string) (*vk.Program, []*vk.Buffer, error) {
	var arena []*vk.Buffer
	for at := 0; at < p.words; at += p.slab {
		b, err := dev.NewBuffer(bytes16(min(p.slab, p.words-at)), vk.DeviceLocal)
		if err != nil {
			return nil, nil, fmt.Errorf("arena of %d MiB: %w", p.words>>18, err)
		}
		e.buffers = append(e.buffers, b)
		arena = append(arena, b)
	}
	for _, s := range p.free {
		s.rng = arena[s.offset/p.slab].Slice(int64(4*(s.offset%p.slab)), bytes16(s.words))
	}

	kernels, err := compileKernels(dev, p.dispatches)
	if err != nil {
		return nil, nil, err
	}
	rec := dev.NewRecorder(name)
	for i, d := range p.dispatches {
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
			return nil, nil, fmt.Errorf("%s: %w", d.label, err)
		}
		rec.Dispatch(k, args, push, groups, d.label)
	}
	program, err := rec.End()
	return program, arena, err
}

// arg binds the tensor up to the end of its last vec4: kernels work on whole
// vec4, and what lies between a tensor's end and that boundary belongs to no
// one.
func (t Tensor) arg(a vk.Access) vk.Arg {
	r := t.store.rng
	return vk.Arg{Range: vk.Range{Buffer: r.Buffer, Offset: r.Offset + int64(4*t.off), Bytes: bytes16(t.words)}, Access: a}
}

// bytes16 is the size of words 32-bit words in bytes, rounded up to 16.
func bytes16(words int) int64 { return (int64(4*words) + 15) &^ 15 }

// recordPoison fills the arena and the outputs, except those computed before the
// first run: they stay.
func (e *Exec) recordPoison(dev *vk.Device, arena []*vk.Buffer, static []bool) error {
	rec := dev.NewRecorder("poison")
	for _, b := range arena {
		rec.Fill(b.Slice(0, b.Bytes()), poisonWord)
	}
	for n := range e.outputs {
		if n.op != variableOp && n.op != inputOp && len(n.op.Updates) == 0 && !static[n.id] {
			rec.Fill(e.stores[root(n)].rng, poisonWord)
		}
	}
	p, err := rec.End()
	e.poison = p
	return err
}

// root is the node in whose memory n lies.
func root(n *Node) *Node {
	for n.op == reshapeOp || n.op.InPlace {
		n = n.in[0]
	}
	return n
}

// Set writes an Input. The length must be its size.
func (e *Exec) Set(n *Node, data []float32) error {
	if n.dtype != F32 || len(data) != n.Size() {
		return fmt.Errorf("%s: set %v: got %d f32 elements", e.name, n, len(data))
	}
	return e.set(n, bytesOf(data))
}

// SetU32 is Set for U32 inputs.
func (e *Exec) SetU32(n *Node, data []uint32) error {
	if n.dtype != U32 || len(data) != n.Size() {
		return fmt.Errorf("%s: set %v: got %d u32 elements", e.name, n, len(data))
	}
	return e.set(n, bytesOf(data))
}

func (e *Exec) set(n *Node, data []byte) error {
	s := e.stores[n]
	if s == nil || n.op != inputOp {
		return nil // an input that no output depends on
	}
	return s.rng.Buffer.Write(s.rng.Offset, data)
}

// Run executes the program once and waits for it.
func (e *Exec) Run(ctx context.Context) error {
	if err := e.prepareIfChanged(ctx); err != nil {
		return fmt.Errorf("%s: prepare: %w", e.name, err)
	}
	if e.poison != nil {
		if err := e.poison.Run(ctx); err != nil {
			return fmt.Errorf("%s: poison: %w", e.name, err)
		}
	}
	if err := e.step.Run(ctx); err != nil {
		return fmt.Errorf("%s: %w", e.name, err)
	}
	return nil
}

// Repeat executes the program n times in a row and waits once, at the end: for programs that find the inputs of each run by
// themselves. It returns the runs that were made, all n of them unless ctx ends or the device fails; at ctx's end
// those on their way are waited for.
func (e *Exec) Repeat(ctx context.Context, n int) (done int, err error) {
	if e.poison != nil {
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
	if err := e.prepareIfChanged(ctx); err != nil {
		return 0, fmt.Errorf("%s: prepare: %w", e.name, err)
	}
	for ; done < n; done++ {
		if err = e.step.Keep(ctx, inFlight-1); err == nil {
			err = e.step.Submit()
		}
		if err != nil {
			break
		}
	}
	if waited := e.step.Wait(context.Background()); err == nil {
		err = waited
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", e.name, err)
	}
	return done, err
}

// inFlight is how many runs of Repeat are on their way: as few as keep the device busy, so that it ends soon when ctx does.
const inFlight = 3

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

// Get returns a copy of an output as the last run left it.
func (e *Exec) Get(n *Node) ([]float32, error) {
	out := make([]float32, n.Size())
	if err := e.read(n, out); err != nil {
		return nil, err
	}
	return out, nil
}

// read copies the first elements of an output.
func (e *Exec) read(n *Node, to []float32) error {
	s := e.stores[root(n)]
	if s == nil || !(e.outputs[n] || n.variable != nil) {
		return fmt.Errorf("%s: %v is not an output of this program", e.name, n)
	}
	if err := s.rng.Buffer.Read(s.rng.Offset, bytesOf(to)); err != nil {
		return fmt.Errorf("%s: get %v: %w", e.name, n, err)
	}
	return nil
}

// Bytes is the device memory the program holds beside its variables.
func (e *Exec) Bytes() int64 {
	var n int64
	for _, b := range e.buffers {
		n += b.Bytes()
	}
	return n
}

// Close frees the program and its memory. It is safe to call twice.
func (e *Exec) Close() {
	for _, p := range []*vk.Program{e.step, e.prepare, e.poison} {
		if p != nil {
			p.Close()
		}
	}
	for _, b := range e.buffers {
		b.Free()
	}
	for _, v := range e.consts {
		v.Free()
	}
	e.consts = nil
	e.step, e.prepare, e.poison, e.buffers = nil, nil, nil, nil
}
