package graph

import (
	"fmt"
	"math"

	"reta/compute/vk"
	"reta/shaders"
)

// Tensor is a range of device memory during lowering: where it lies is decided
// once every dispatch is known.
type Tensor struct {
	store *store
	off   int  // elements from the store's start
	n     int  // elements
	whole bool // see Whole
}

// Size is the number of the tensor's elements.
func (t Tensor) Size() int { return t.n }

// Slice is elements [off, off+n) of the tensor; off must be a multiple of
// Lowering.AlignOf it. See Lowering.Parts for ranges of items.
func (t Tensor) Slice(off, n int) Tensor { return Tensor{store: t.store, off: t.off + off, n: n} }

// element is the size of an element in bytes.
func (t Tensor) element() int64 {
	if t.store != nil && t.store.half {
		return 2
	}
	return 4
}

// bytes is how much of the tensor is bound: all up to the end of its last 16 bytes.
func (t Tensor) bytes() int64 { return (int64(t.n)*t.element() + 15) &^ 15 }

// store is one block of memory: a node's result or a dispatch's scratch.
type store struct {
	words       int
	half        bool // it holds fp16, two to a word
	first, last int  // dispatches that touch it, for the memory plan
	offset      int  // words into the arena, set by the plan
	own         bool // memory of its own: a variable, an input, a kept output
	rng         vk.Range
}

func newStore(elements int, half bool) *store {
	if half {
		elements = (elements + 1) / 2
	}
	return &store{words: elements, half: half, first: math.MaxInt, last: -1}
}

// Push are a kernel's push constants by the names its shader declares, checked
// when the program is compiled.
type Push = vk.Push

// Kernel is one dispatch: a shader with its constants, its storage buffers in
// binding order (In, then Out), its push constants and its grid.
type Kernel struct {
	Shader       string
	Spec         []uint32 // specialisation constants, constant_id 0 upwards
	SubgroupSize uint32   // 0: whatever the device takes
	Push         Push
	In           []Tensor
	Out          []Tensor
	Groups       [3]int
	Flops        int // multiplications and additions, for profiles; 0: not counted
	Touched      int // elements of a tensor that it reads or writes at most, for profiles; 0: all
}

type dispatch struct {
	Kernel
	halves uint32 // bit i: binding i is of fp16
	label  string
}

// Lowering collects the dispatches of a program. Op.Lower gets it positioned at
// one node.
type Lowering struct {
	g          *Graph
	node       *Node
	stores     map[*Node]*store
	halves     map[*Node]bool // by root, see Graph.halves
	absorbed   map[*Node]*absorption
	readers    map[*Node][]*Node // who reads a node; nothing where every operation is to pass over memory by itself
	left       map[*Node]any     // see Leave
	dispatches []dispatch
	compiles   bool // the program will run: what it may choose between may be timed
	err        error
}

// In is the tensor of the node's input i, which is not absorbed.
func (l *Lowering) In(i int) Tensor {
	if l.absorbed[l.node.in[i]] != nil {
		l.Fail(fmt.Errorf("input %d is read, but was absorbed", i))
	}
	return l.tensor(l.node.in[i])
}

// Out is the tensor the node must fill completely.
func (l *Lowering) Out() Tensor { return l.tensor(l.node) }

// Scratch is memory that lives for this node's dispatches only. Its content is
// undefined at first use.
func (l *Lowering) Scratch(n int) Tensor { return Tensor{store: newStore(n, false), n: n} }

// ScratchLike is Scratch of n elements that are stored as those of t are.
func (l *Lowering) ScratchLike(t Tensor, n int) Tensor {
	return Tensor{store: newStore(n, t.store.half), n: n}
}

// Info describes the device.
func (l *Lowering) Info() vk.Info { return l.g.Info() }

// Fail makes Compile return err for the node being lowered.
func (l *Lowering) Fail(err error) {
	if l.err == nil {
		l.err = fmt.Errorf("%s %q %v: %w", l.node.op.Name, l.node.name, l.node.shape, err)
	}
}

// Dispatch appends a dispatch. Dispatches run in order; the recorder adds the
// barriers their reads and writes need. Where a tensor is of fp16 the shader is the one
// of that name that takes it so.
func (l *Lowering) Dispatch(k Kernel) {
	at := len(l.dispatches)
	limit := l.g.dev.Info().Limits.StorageRange
	var halves uint32
	for i, t := range append(append([]Tensor(nil), k.In...), k.Out...) {
		if t.store == nil {
			l.Fail(fmt.Errorf("%s: an argument has no memory", k.Shader))
			return
		}
		t.store.first, t.store.last = min(t.store.first, at), max(t.store.last, at)
		if t.bytes() > limit {
			l.Fail(fmt.Errorf("%s: %s of %s is over the device's storage-buffer range of %s: use a smaller batch or resolution",
				k.Shader, l.describe(t), mib(int(t.bytes()/4)), mib(int(limit/4))))
			return
		}
		if t.store.half {
			halves |= 1 << i
		}
	}
	if halves != 0 {
		k.Shader = shaders.Half(k.Shader)
	}
	label := l.node.name
	if label == "" {
		label = l.node.op.Name
	} else {
		label = l.node.op.Name + " " + label
	}
	l.dispatches = append(l.dispatches, dispatch{k, halves, label})
}

func (l *Lowering) tensor(n *Node) Tensor {
	n = root(n)
	s := l.stores[n]
	if s == nil {
		s = newStore(n.Size(), l.halves[n])
		l.stores[n] = s
	}
	return Tensor{store: s, n: n.Size()}
}

// describe names a tensor for errors.
func (l *Lowering) describe(t Tensor) string {
	for n, s := range l.stores {
		if s == t.store {
			return "tensor " + n.String()
		}
	}
	return "scratch"
}

// mib is a size in words, in MiB.
func mib(words int) string { return fmt.Sprintf("%.4g MiB", float64(words)/(1<<18)) }

// lower gives the dispatches of the given nodes, in order, and the stores that
// they need an arena for.
func (l *Lowering) lower(nodes []*Node) (part, error) {
	l.dispatches = nil
	for _, n := range nodes {
		if n.op.Lower == nil {
			continue
		}
		l.node = n
		n.op.Lower(l, n)
		if l.err != nil {
			return part{}, l.err
		}
	}
	return l.part(), nil
}

// part is what is recorded so far.
func (l *Lowering) part() part {
	p := part{dispatches: l.dispatches}
	seen := map[*store]bool{}
	for _, d := range p.dispatches {
		for _, ts := range [][]Tensor{d.In, d.Out} {
			for _, t := range ts {
				if s := t.store; !s.own && !seen[s] {
					seen[s] = true
					p.free = append(p.free, s)
				}
			}
		}
	}
	return p
}
