package graph

import (
	"context"
	"fmt"

	"reta/compute/vk"
	"reta/shaders"
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

const (
	slabWords    = 1 << 28 // 1 GiB
	hostOutBytes = 1 << 20 // smaller outputs live in host-visible memory
	poisonWord   = 0x7fc00000
)

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
	needed := g.needed(o.Outputs)
	static := g.static(needed)
	l := &Lowering{g: g, stores: map[*Node]*store{}}
	e.stores = l.stores

	var once, each []*Node
	for id, n := range g.nodes {
		if !needed[id] {
			continue
		}
		for _, i := range n.op.Updates {
			if v := n.in[i].variable; v == nil || v.frozen {
				return fmt.Errorf("%v updates %v: want a variable that is not frozen", n, n.in[i])
			}
		}
		s := l.tensor(n).store
		switch {
		case n.op == variableOp:
			s.rng, s.placed = n.variable.buf.Slice(0, n.variable.buf.Bytes()), true
			if n.variable.frozen {
				e.frozen = append(e.frozen, n.variable)
			}
		case n.op == inputOp:
			if err := e.place(g.dev, s, vk.Host); err != nil {
				return err
			}
		case static[id] && n.op != reshapeOp:
			if err := e.place(g.dev, s, vk.DeviceLocal); err != nil {
				return err
			}
			once = append(once, n)
		case n.op != reshapeOp:
			each = append(each, n)
		}
	}
	for n := range e.outputs {
		if s := l.tensor(n).store; !s.placed {
			kind := vk.DeviceLocal
			if 4*s.words <= hostOutBytes {
				kind = vk.Host
			}
			if err := e.place(g.dev, s, kind); err != nil {
				return err
			}
		}
	}

	if len(once) > 0 {
		if err := l.lower(once); err != nil {
			return err
		}
		p, _, err := e.record(g.dev, l.dispatches, o.Name+" prepare")
		if err != nil {
			return err
		}
		e.prepare, l.dispatches = p, nil
	}
	if err := l.lower(each); err != nil {
		return err
	}
	p, arena, err := e.record(g.dev, l.dispatches, o.Name)
	if err != nil {
		return err
	}
	e.step = p
	e.work = workOf(l.dispatches)
	if o.Poison {
		return e.recordPoison(g.dev, arena, static)
	}
	return nil
}

// needed marks what the outputs depend on.
func (g *Graph) needed(outputs []*Node) []bool {
	mark := make([]bool, len(g.nodes))
	for _, n := range outputs {
		mark[n.id] = true
	}
	for id := len(g.nodes) - 1; id >= 0; id-- {
		if mark[id] {
			for _, x := range g.nodes[id].in {
				mark[x.id] = true
			}
		}
	}
	return mark
}

// static marks the needed nodes that depend on frozen variables alone.
func (g *Graph) static(needed []bool) []bool {
	mark := make([]bool, len(g.nodes))
	for id, n := range g.nodes {
		if !needed[id] {
			continue
		}
		if n.variable != nil {
			mark[id] = n.variable.frozen
			continue
		}
		mark[id] = len(n.in) > 0 && len(n.op.Updates) == 0
		for _, x := range n.in {
			mark[id] = mark[id] && mark[x.id]
		}
	}
	return mark
}

// place gives a store a buffer of its own.
func (e *Exec) place(dev *vk.Device, s *store, kind vk.Kind) error {
	b, err := dev.NewBuffer(bytes16(s.words), kind)
	if err != nil {
		return err
	}
	e.buffers = append(e.buffers, b)
	s.rng, s.placed = b.Slice(0, b.Bytes()), true
	return nil
}

// record places the stores that have no memory yet in an arena and records the
// dispatches. It returns the arena's slabs.
func (e *Exec) record(dev *vk.Device, ds []dispatch, name string) (*vk.Program, []*vk.Buffer, error) {
	var free []*store
	seen := map[*store]bool{}
	for _, d := range ds {
		for _, ts := range [][]Tensor{d.In, d.Out} {
			for _, t := range ts {
				if !t.store.placed && !seen[t.store] {
					seen[t.store] = true
					free = append(free, t.store)
				}
			}
		}
	}
	total := plan(free, slabWords)
	var arena []*vk.Buffer
	for at := 0; at < total; at += slabWords {
		b, err := dev.NewBuffer(bytes16(min(slabWords, total-at)), vk.DeviceLocal)
		if err != nil {
			return nil, nil, fmt.Errorf("arena of %d MiB: %w", total>>18, err)
		}
		e.buffers = append(e.buffers, b)
		arena = append(arena, b)
	}
	for _, s := range free {
		s.rng = arena[s.offset/slabWords].Slice(int64(4*(s.offset%slabWords)), bytes16(s.words))
		s.placed = true
	}

	rec := dev.NewRecorder(name)
	for _, d := range ds {
		k, err := kernel(dev, d.Kernel)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", d.label, err)
		}
		args := make([]vk.Arg, 0, len(d.In)+len(d.Out))
		for _, t := range d.In {
			args = append(args, t.arg(vk.Read))
		}
		for _, t := range d.Out {
			args = append(args, t.arg(vk.ReadWrite))
		}
		groups := [3]uint32{uint32(d.Groups[0]), uint32(d.Groups[1]), uint32(d.Groups[2])}
		rec.Dispatch(k, args, bytesOf(d.Push), groups, d.label)
	}
	p, err := rec.End()
	return p, arena, err
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

func kernel(dev *vk.Device, k Kernel) (*vk.Kernel, error) {
	code, err := shaders.Load(k.Shader)
	if err != nil {
		return nil, err
	}
	return dev.NewKernel(vk.KernelSpec{Name: k.Shader, SPIRV: code, Spec: k.Spec, SubgroupSize: k.SubgroupSize})
}

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

func root(n *Node) *Node {
	for n.op == reshapeOp {
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
	s := e.stores[root(n)]
	if s == nil || !(e.outputs[n] || n.variable != nil) {
		return nil, fmt.Errorf("%s: %v is not an output of this program", e.name, n)
	}
	out := make([]float32, n.Size())
	if err := s.rng.Buffer.Read(s.rng.Offset, bytesOf(out)); err != nil {
		return nil, fmt.Errorf("%s: get %v: %w", e.name, n, err)
	}
	return out, nil
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
