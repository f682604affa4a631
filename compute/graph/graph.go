package graph

import (
	"fmt"
	"slices"
	"strings"

	"reta/compute/vk"
)

// Graph is a list of nodes under construction. It is not safe for concurrent
// use and is spent once compiled into every Exec wanted from it.
type Graph struct {
	dev    *vk.Device
	nodes  []*Node
	scope  []string
	exact  bool
	err    error
	consts []*Variable // made by Const; the first Exec owns them
}

// Node is one tensor of a graph: an Input, a Variable, or what an Op makes of
// other nodes.
type Node struct {
	g        *Graph
	id       int
	op       *Op
	attr     any
	in       []*Node
	shape    Shape
	dtype    DType
	name     string
	variable *Variable
	full     bool // stored in float32 always
}

// New returns an empty graph for a device. Operations may choose their
// algorithm by what the device offers. A graph for no device (nil) gives shapes
// and cannot be compiled.
func New(dev *vk.Device) *Graph { return &Graph{dev: dev} }

// Device is the device the graph is built for.
func (g *Graph) Device() *vk.Device { return g.dev }

// Exact makes operations added from now on multiply in float32 whatever the
// device's precision, and keeps all tensors in float32, and returns the graph:
// for results whose differences matter, which fp16 would drown.
func (g *Graph) Exact() *Graph {
	g.exact = true
	return g
}

// Info describes the device, with the precision that operations are to take; it
// is zero for none.
func (g *Graph) Info() vk.Info {
	if g.dev == nil {
		return vk.Info{}
	}
	info := g.dev.Info()
	if g.exact {
		info.Precision = vk.FP32
	}
	return info
}

// Err is the first error met while building, or nil.
func (g *Graph) Err() error { return g.err }

// Scope names the nodes made inside f: "layer1.0.conv1". Scopes nest.
func (g *Graph) Scope(name string, f func()) {
	g.scope = append(g.scope, name)
	f()
	g.scope = g.scope[:len(g.scope)-1]
}

// Input adds a tensor that the host writes with Exec.Set before a run.
func (g *Graph) Input(name string, dtype DType, shape ...int) *Node {
	n := g.add(&Node{op: inputOp, shape: shape, dtype: dtype, name: name})
	if err := n.shape.check(); err != nil {
		g.fail(n, err)
	}
	return n
}

// Variable adds a tensor that lives on the device between runs.
func (g *Graph) Variable(v *Variable) *Node {
	for _, n := range g.nodes {
		if n.variable == v {
			return n
		}
	}
	return g.add(&Node{op: variableOp, shape: v.shape, dtype: v.dtype, name: v.name, variable: v})
}

// Apply adds the node that op makes of its inputs. A shape that op refuses
// poisons the graph: Compile returns the error.
func (g *Graph) Apply(op *Op, attr any, in ...*Node) *Node {
	if op.Once {
		if n := g.applied(op, attr, in); n != nil {
			return n
		}
	}
	n := &Node{op: op, attr: attr, in: in, shape: Shape{1}}
	g.add(n)
	if g.err != nil {
		return n
	}
	for i, x := range in {
		if x == nil || x.g != g {
			g.fail(n, fmt.Errorf("input %d belongs to another graph", i))
			return n
		}
	}
	shape, dtype, err := op.Infer(attr, in)
	if err == nil {
		err = shape.check()
	}
	if err != nil {
		g.fail(n, err)
		return n
	}
	n.shape, n.dtype = shape, dtype
	return n
}

// applied is the newest node that op made of equal inputs, none of which has
// been updated since, or nil.
func (g *Graph) applied(op *Op, attr any, in []*Node) *Node {
	for _, n := range slices.Backward(g.nodes) {
		if n.op == op && n.attr == attr && slices.Equal(n.in, in) {
			return n
		}
		for _, i := range n.op.Updates {
			if slices.ContainsFunc(in, func(x *Node) bool { return x != nil && root(x) == root(n.in[i]) }) {
				return nil
			}
		}
	}
	return nil
}

// Poison records err as the graph's error, with the current scope, and returns
// a node that stands in for the result. Builders use it to refuse arguments
// that have no node of their own.
func (g *Graph) Poison(what string, err error) *Node {
	n := g.add(&Node{op: inputOp, shape: Shape{1}, name: what})
	g.fail(n, err)
	return n
}

func (g *Graph) add(n *Node) *Node {
	n.g, n.id = g, len(g.nodes)
	if len(g.scope) > 0 {
		scope := strings.Join(g.scope, ".")
		if n.name == "" {
			n.name = scope
		} else if n.variable == nil {
			n.name = scope + "." + n.name
		}
	}
	g.nodes = append(g.nodes, n)
	return n
}

func (g *Graph) fail(n *Node, err error) {
	if g.err != nil {
		return
	}
	shapes := make([]string, len(n.in))
	for i, x := range n.in {
		if x != nil {
			shapes[i] = x.shape.String()
		}
	}
	g.err = fmt.Errorf("%s %q (%s): %w", n.op.Name, n.name, strings.Join(shapes, " "), err)
}

// Graph is the graph the node belongs to.
func (n *Node) Graph() *Graph { return n.g }

// Shape is the extent of the node's tensor.
func (n *Node) Shape() Shape { return n.shape }

// Dim is dimension i of the shape; negative i count from the end.
func (n *Node) Dim(i int) int {
	if i < 0 {
		i += len(n.shape)
	}
	if i < 0 || i >= len(n.shape) { // poisoned node: the graph's error says why
		return 1
	}
	return n.shape[i]
}

// Size is the number of elements of the node's tensor.
func (n *Node) Size() int { return n.shape.Size() }

// DType is the element type of the node's tensor.
func (n *Node) DType() DType { return n.dtype }

// Op is the operation that makes the node.
func (n *Node) Op() *Op { return n.op }

// Attr is the attribute given to Apply.
func (n *Node) Attr() any { return n.attr }

// In are the nodes the operation reads.
func (n *Node) In() []*Node { return n.in }

// Name is the path of the layer that made the node, or the name of the input
// or variable.
func (n *Node) Name() string { return n.name }

// Named sets the node's name, for profiles and errors.
func (n *Node) Named(name string) *Node {
	n.name = name
	return n
}

func (n *Node) String() string { return fmt.Sprintf("%s %q %v", n.op.Name, n.name, n.shape) }
