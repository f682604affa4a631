package graph

import "fmt"

// Op declares an operation once: its shape rule, the kernels that compute it
// and its gradient. Operations may be declared wherever this package is
// visible.
type Op struct {
	Name string

	// Infer returns shape and element type of the result, or an error that
	// says what was expected.
	Infer func(attr any, in []*Node) (Shape, DType, error)

	// Lower records the dispatches that compute the node.
	Lower func(l *Lowering, n *Node)

	// Grad returns, for each input, the gradient that dy (the gradient of n)
	// sends to it; nil where the operation is not differentiable.
	Grad func(n, dy *Node) []*Node

	// Accumulate returns a node equal to n + base computed in one pass, for
	// gradients that meet in one tensor. Optional.
	Accumulate func(n, base *Node) *Node

	// Halves lists what a node's kernels take in fp16 as well as in float32, each by
	// itself: positions of inputs, and Result. See Graph.halves. nil: nothing.
	Halves func(n *Node) []int

	// Absorb says whether a node's kernels can do the work of the node that makes
	// its input i on the way, as they load or store, so that this input is never
	// stored; they find it by Lowering.Absorbed. with, if not nil, is a node that
	// they need for it, made of that node's or their own inputs. It happens
	// where all who read the input can. Optional. See Graph.absorb.
	Absorb func(n *Node, i int) (with *Node, ok bool)

	// Updates lists the inputs, all Variables, that Lower writes in place.
	Updates []int

	// InPlace says that the result takes over the memory of the first input:
	// Lower writes only what no other reader of that input needs, before or
	// after. For tensors that are filled in pieces.
	InPlace bool

	// Once says that Apply returns the node there is where the operation was
	// applied to the same inputs, none of them updated since, with an equal
	// attribute (of a comparable type): for work that several passes through a
	// network have in common.
	Once bool
}

// Result stands for the result among the positions that Op.Halves lists.
const Result = -1

// Always is the Halves of an operation that takes the same operands in fp16 whatever
// the node.
func Always(operands ...int) func(*Node) []int { return func(*Node) []int { return operands } }

var (
	inputOp    = &Op{Name: "input"}
	variableOp = &Op{Name: "variable"}
)

// Reshape views x with another shape of the same size; no data moves.
func Reshape(x *Node, shape ...int) *Node { return x.g.Apply(reshapeOp, Shape(shape), x) }

var reshapeOp = &Op{
	Name: "reshape",
	Infer: func(attr any, in []*Node) (Shape, DType, error) {
		s := attr.(Shape)
		if s.Size() != in[0].Size() {
			return nil, 0, fmt.Errorf("cannot view %v as %v: %d elements against %d", in[0].shape, s, in[0].Size(), s.Size())
		}
		return s, in[0].dtype, nil
	},
}

func init() { // apart, for Apply looks through reshapes
	reshapeOp.Grad = func(n, dy *Node) []*Node { return []*Node{n.g.Apply(n.op, n.in[0].shape, dy)} }
}

// Add is a + b, element by element.
func Add(a, b *Node) *Node { return a.g.Apply(addOp, nil, a, b) }

var addOp = &Op{
	Name:  "add",
	Infer: SameShape,
	Lower: func(l *Lowering, n *Node) {
		for size, t := range l.Parts(n.Size(), 1, []Tensor{l.In(0), l.In(1), l.Out()}) {
			l.Dispatch(Kernel{Shader: "add", In: t[:2], Out: t[2:], Push: Push{"n": size}, Groups: Elementwise(size)})
		}
	},
	Grad:   func(n, dy *Node) []*Node { return []*Node{dy, dy} },
	Halves: Always(0, 1, Result),
}

// Scale is s * x.
func Scale(x *Node, s float64) *Node { return x.g.Apply(scaleOp, s, x) }

var scaleOp = &Op{
	Name:  "scale",
	Infer: SameShape,
	Lower: func(l *Lowering, n *Node) {
		for size, t := range l.Parts(n.Size(), 1, []Tensor{l.In(0), l.Out()}) {
			l.Dispatch(Kernel{Shader: "scale", In: t[:1], Out: t[1:], Push: Push{"n": size, "s": n.attr}, Groups: Elementwise(size)})
		}
	},
	Grad:   func(n, dy *Node) []*Node { return []*Node{n.g.Apply(n.op, n.attr, dy)} },
	Halves: Always(0, Result),
}

// Terms are the operands of an Add, or x itself: an operation that reads a sum
// once can do the addition on the way.
func Terms(x *Node) []*Node {
	if x.op == addOp {
		return x.in
	}
	return []*Node{x}
}

// SameShape is the Infer of operations whose inputs are all float32 of one
// shape, which is the result's too.
func SameShape(_ any, in []*Node) (Shape, DType, error) {
	for _, x := range in {
		if !x.shape.Equal(in[0].shape) {
			return nil, 0, fmt.Errorf("shapes differ: %v and %v", in[0].shape, x.shape)
		}
		if x.dtype != F32 {
			return nil, 0, fmt.Errorf("want f32, got %v", x.dtype)
		}
	}
	return in[0].shape, F32, nil
}

// Elementwise is the grid for kernels that include elementwise.glsl: one
// invocation takes four vec4 of n elements, 64 invocations a workgroup.
func Elementwise(n int) [3]int { return Grid(n, 64*16) }

// Grid spreads n elements over workgroups that take per elements each. It uses
// the second dimension where the first would pass 65535 groups; a kernel finds
// its group as x + 65535*y.
func Grid(n, per int) [3]int {
	groups := (n + per - 1) / per
	if groups <= 65535 {
		return [3]int{groups, 1, 1}
	}
	return [3]int{65535, (groups + 65534) / 65535, 1}
}
