package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Activation is the function at the end of a layer. BatchNorm, InstanceNorm,
// Bias and Linear apply it in their own pass.
type Activation uint32

// The activations, numbered as in activation.glsl: those whose gradient is a
// function of the result come first. At a kink it is zero.
const (
	None    Activation = iota // x
	ReLU                      // max(x, 0)
	ReLU6                     // min(max(x, 0), 6)
	Sigmoid                   // 1/(1 + exp(-x))
	SiLU                      // x sigmoid(x)
	GELU                      // x (1 + erf(x/sqrt 2))/2, exact, not by tanh
)

var activationNames = [...]string{"none", "relu", "relu6", "sigmoid", "silu", "gelu"}

func (a Activation) String() string {
	if int(a) < len(activationNames) {
		return activationNames[a]
	}
	return fmt.Sprintf("activation %d", uint32(a))
}

func (a Activation) check() error {
	if int(a) >= len(activationNames) {
		return fmt.Errorf("%v: want one of %v", a, activationNames)
	}
	return nil
}

// fromZ says whether the gradient is a function of the activation's input; if
// not, its result will do.
func (a Activation) fromZ() bool { return a >= SiLU }

// source is what a layer's gradient takes the activation's derivative from: its
// result y or what it was computed of, x. Where there is no activation it is
// dy, which is at hand and not read twice.
func (a Activation) source(x, y, dy *graph.Node) *graph.Node {
	switch {
	case a == None:
		return dy
	case a.fromZ():
		return x
	}
	return y
}

// Activate is a of each element of x.
func Activate(x *graph.Node, a Activation) *graph.Node {
	if a == None {
		return x
	}
	return x.Graph().Apply(activateOp, a, x)
}

var activateOp = &graph.Op{
	Name: "activate",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		if err := attr.(Activation).check(); err != nil {
			return nil, 0, err
		}
		return graph.SameShape(attr, in)
	},
	Lower: func(l *graph.Lowering, n *graph.Node) { lowerActivation(l, n, "activate") },
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{activateGrad(dy, n.In()[0], n, n.Attr().(Activation))}
	},
	Halves: graph.Always(0, graph.Result),
}

// activateGrad is the gradient of x from dy, that of y = act(x). Where dy is the
// sum of two gradients, as at the end of a residual block, the addition is part
// of the same pass.
func activateGrad(dy, x, y *graph.Node, a Activation) *graph.Node {
	if a == None {
		return dy
	}
	return dy.Graph().Apply(activateGradOp, a, append([]*graph.Node{a.source(x, y, dy)}, graph.Terms(dy)...)...)
}

// activateGradOp multiplies the sum of its second and, if any, third input by
// the derivative from its first.
var activateGradOp = &graph.Op{
	Name:  "activate_grad",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		if lowerActivationGradient(l, n) {
			return
		}
		shader := "activate_grad"
		if len(n.In()) > 2 {
			shader = "activate_grad_sum"
		}
		lowerActivation(l, n, shader)
	},
	Halves: graph.Always(0, 1, 2, graph.Result),
	Absorb: absorbBeforeActivation,
}

func lowerActivation(l *graph.Lowering, n *graph.Node, shader string) {
	elementwise(l, n, shader, nil, uint32(n.Attr().(Activation)))
}

// elementwise dispatches a kernel that includes elementwise.glsl and whose push
// constants are n, the number of elements, and those in push.
func elementwise(l *graph.Lowering, n *graph.Node, shader string, push graph.Push, spec ...uint32) {
	in := inputs(l, n)
	for i, x := range n.In() {
		if x.Size() != n.Size() { // a scalar
			in[i] = in[i].Whole()
		}
	}
	for size, t := range l.Parts(n.Size(), 1, append(in, l.Out())) {
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   spec,
			In:     t[:len(in)],
			Out:    t[len(in):],
			Push:   merge(graph.Push{"n": size}, push),
			Groups: graph.Elementwise(size),
		})
	}
}
