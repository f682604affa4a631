package nn

import (
	"slices"

	"reta/compute/graph"
	"reta/compute/vk"
)

// fused is what a convolution's kernels do on the way (see fused.glsl): the batch norm of what they load, or its gradient before
// they store. The zero value is nothing.
type fused struct {
	kind  string         // "_norm", "_grad" or "": what the kernels' names end in
	in    []graph.Tensor // inputs behind those of the convolution: of _norm the batch norm, of _grad gradAffine and so on
	act   Activation
	grad  through // of _grad
	stats bool    // of _grad: u feeds channel statistics
	base  bool    // of _grad: gradBase is there
	add   bool    // of _grad: to what the result holds
	count int     // of _grad: pixels of the batch
	row   int     // channels of what is loaded (_norm) or stored (_grad), of which the convolution has those
	from  int     // from this one on

	moments *graph.Node // the ChannelStats of the result, which is left its slots' moments; nil: none
}

// through is whose gradient a data gradient goes through on the way.
type through uint32

const (
	throughNothing through = iota
	throughActivation
	throughNorm
)

// moments are what a convolution's kernels leave for the ChannelStats of their result: as rows.reduce makes them.
type moments struct {
	part       graph.Tensor
	per, slots int
}

// affineOp is a batch norm as [mean; scale; shift] of [3, C], from gamma, beta and the statistics; the attribute is eps.
var affineOp = &graph.Op{
	Name: "batchnorm_affine",
	Once: true,
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{3, in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		c := n.Dim(-1)
		l.Dispatch(graph.Kernel{
			Shader: "batchnorm_affine",
			In:     inputs(l, n),
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"C": c, "eps": n.Attr()},
			Groups: graph.Grid(c, 64),
		})
	},
}

// affine is it for gamma, beta and stats.
func affine(eps float64, in []*graph.Node) *graph.Node {
	return in[0].Graph().Apply(affineOp, eps, in...)
}

// absorbNorm is the Absorb of convolutions, whose input 0 may be a batch norm.
func absorbNorm(n *graph.Node, i int) (*graph.Node, bool) {
	if !n.Attr().(convShape).normPays(n.Graph().Info()) {
		return nil, false
	}
	return normBefore(n, i)
}

// absorbNormOfWeights is the Absorb of weight gradients, likewise: there each channel is a lane's own, so it costs little.
func absorbNormOfWeights(n *graph.Node, i int) (*graph.Node, bool) {
	if s := n.Attr().(convShape); !s.takesMore() || !s.depthwise() && s.withPatches() != s {
		return nil, false
	}
	return normBefore(n, i)
}

// normBefore says whether input i is a batch norm that the kernels take, and what it does to x.
func normBefore(n *graph.Node, i int) (*graph.Node, bool) {
	x, s := n.In()[0], n.Attr().(convShape)
	if i != 0 || x.Op() != batchNormOp || len(x.In()) > 4 {
		return nil, false
	}
	a := x.Attr().(batchNormAttr)
	if s.C%4 > 0 || a.slab && !s.takesRows(x.In()[0], a) {
		return nil, false
	}
	return affine(a.Eps, x.In()[1:4]), true
}

// takesRows says whether the kernels take some channels of a slab's tensor.
func (s convShape) takesRows(slab *graph.Node, a batchNormAttr) bool {
	return !s.depthwise() && s.Algorithm != ConvWinograd && slab.Dim(-1)%4 == 0 && a.from%4 == 0
}

// normPays says whether normalising on load is cheaper than a pass of its own. It is done again for every tap and tile of channels
// that a pixel is loaded for. On a CPU, where kernels are bound by their loads, that is too often but for few of them.
func (s convShape) normPays(i vk.Info) bool {
	return s.takesMore() && (s.depthwise() || s.Algorithm == ConvWinograd || i.Kind != vk.CPU || s.R*s.S*((s.K+31)/32) <= 3)
}

// takesMore says whether the kernels do anything on the way: those that fill vector registers load and store, and nothing else.
func (s convShape) takesMore() bool {
	return s.depthwise() || s.Algorithm == ConvWinograd || s.Fragments != FragmentsVector
}

// normOf is the batch norm that the node lowered now does on loading its input 0, and that input; or nothing.
func normOf(l *graph.Lowering) (fused, graph.Tensor) {
	b, coefficients := l.Absorbed(0)
	if b == nil {
		return fused{}, l.In(0)
	}
	a, x := b.Attr().(batchNormAttr), b.In()[0]
	return fused{kind: "_norm", in: []graph.Tensor{coefficients.Whole()}, act: a.Act, row: x.Dim(-1), from: a.from}, l.Of(x)
}

// isDataGradient says whether n is a convolution's data gradient whose kernels take a gradient behind it.
func isDataGradient(n *graph.Node) bool {
	ops := []*graph.Op{conv2dGradInputOp, conv2dAddGradInputOp, depthwiseGradInputOp}
	return slices.Contains(ops, n.Op()) && n.Attr().(convShape).takesGradient()
}

// takesGradient says whether the kernels of the data gradient do more before they store: they do not add up columns.
func (s convShape) takesGradient() bool {
	return s.C%4 == 0 && s.takesMore() && (s.depthwise() || s.withColumns() == s)
}

// The inputs of fused.in for _grad.
const (
	gradAffine = iota // of the batch norm
	gradU             // what was normalised, or what the activation's gradient comes from
	gradBatch         // statistics of u
	gradDBatch        // their gradient
	gradBase          // what is added first
	gradInputs
)

// absorbDataGradient is the Absorb of a batch norm's gradient, whose inputs from first on are dz, x, gamma, beta and the statistics: dz
// may be a convolution's data gradient.
func absorbDataGradient(first int) func(n *graph.Node, i int) (*graph.Node, bool) {
	return func(n *graph.Node, i int) (*graph.Node, bool) {
		in, a := n.In()[first:], n.Attr().(batchNormAttr)
		if i -= first; i < 0 || i > 1 || in[i] != in[0] || !isDataGradient(in[0]) {
			return nil, false
		}
		if s := in[0].Attr().(convShape); a.slab && !s.takesRows(n, a) {
			return nil, false
		}
		return affine(a.Eps, in[2:5]), true
	}
}

// lowerNormGradient is the Lower of a batch norm's gradient that absorbed a data gradient; false where there is none.
func lowerNormGradient(l *graph.Lowering, n *graph.Node, first int, add bool) bool {
	c, coefficients := l.Absorbed(first)
	if c == nil {
		return false
	}
	in, a := n.In()[first:], n.Attr().(batchNormAttr)
	f := fused{grad: throughNorm, in: make([]graph.Tensor, gradInputs), act: a.Act, add: add, from: a.from, count: rowsOf(n).n}
	f.in[gradAffine] = coefficients.Whole()
	if in[1] != in[0] {
		f.in[gradU] = l.In(first + 1)
	}
	if len(in) > batchNormGradInputs {
		f.stats, f.in[gradBatch], f.in[gradDBatch] = true, l.In(first+5).Whole(), l.In(first+6).Whole()
	}
	lowerDataGradient(l, c, n, f)
	return true
}

// absorbBeforeActivation is the Absorb of an activation's gradient, the sum of whose inputs from 1 on is what goes through it.
func absorbBeforeActivation(n *graph.Node, i int) (*graph.Node, bool) {
	in := n.In()
	if i == 0 || len(in) > 2 && (i == 2 || len(in[i].In()) > 2) { // one of two, and no third
		return nil, false
	}
	return nil, isDataGradient(in[i]) && in[i] != in[0]
}

// lowerActivationGradient is the Lower of an activation's gradient that absorbed a data gradient; false where there is none.
func lowerActivationGradient(l *graph.Lowering, n *graph.Node) bool {
	c, _ := l.Absorbed(1)
	if c == nil {
		return false
	}
	f := fused{grad: throughActivation, in: make([]graph.Tensor, gradInputs), act: n.Attr().(Activation)}
	f.in[gradU] = l.In(0)
	if len(n.In()) > 2 {
		f.base, f.in[gradBase] = true, l.In(2)
	}
	lowerDataGradient(l, c, n, f)
	return true
}

// lowerDataGradient computes the node n, which is the data gradient c, or what f makes of that. Tensors that f has none of are filled
// in.
func lowerDataGradient(l *graph.Lowering, c, n *graph.Node, f fused) {
	s, dy, w := c.Attr().(convShape), l.Of(c.In()[0]), l.Of(c.In()[1])
	f.kind, f.row = "_grad", n.Dim(-1)
	if len(c.In()) > 2 {
		f.base, f.in[gradBase] = true, l.Of(c.In()[2])
	}
	for i, t := range f.in {
		if t.Size() == 0 {
			f.in[i] = w.Whole()
		}
	}
	if s.depthwise() {
		lowerDepthwiseGradInput(l, s, dy, w, l.Out(), f)
	} else {
		lowerConv2d(l, s, dy, w, l.Out(), true, f)
	}
}

// partly is f with the tensors of a part of the batch in place of its own.
func (f fused) partly(in []graph.Tensor) fused {
	f.in = in
	return f
}

// on is a kernel of x that does it as well.
func (f fused) on(k graph.Kernel) graph.Kernel {
	if f.kind == "" {
		return k
	}
	const first = 20 // constant_id in fused.glsl
	k.Spec = append(slices.Clone(k.Spec), make([]uint32, first-len(k.Spec))...)
	k.Spec = append(k.Spec, uint32(f.act), uint32(f.grad), flag(f.stats), flag(f.base), flag(f.add))
	k.Shader += f.kind
	k.In = append(slices.Clone(k.In), f.in...)
	if f.kind == "_grad" {
		k.Push["count"] = f.count
	}
	return k
}

// inRows is on for kernels that take some channels of a slab's tensor.
func (f fused) inRows(k graph.Kernel) graph.Kernel {
	if f.kind != "" {
		k.Push["row"], k.Push["from"] = f.row/4, f.from/4
	}
	return f.on(k)
}

// scratch is f on memory of no content, to be timed.
func (f fused) scratch(l *graph.Lowering) fused {
	f.in = slices.Clone(f.in)
	for i, t := range f.in {
		f.in[i] = l.ScratchLike(t, t.Size())
	}
	return f
}

// slots are where the moments of so many slots are left, of per pixels each but the last, and of so many vec4 of channels.
func (f fused) slots(l *graph.Lowering, per, slots, quads int) (m moments) {
	if f.moments != nil {
		m = moments{l.Scratch(slots * 8 * quads), per, slots}
		l.Leave(f.moments, m)
	}
	return m
}

// leaving is a kernel of f that leaves these moments as well.
func (f fused) leaving(k graph.Kernel, m moments) graph.Kernel {
	if f.moments != nil {
		k.Shader += "_moments"
		k.Out = append(slices.Clone(k.Out), m.part)
	}
	return k
}

// withoutMoments is f where a result is not made in one piece.
func (f fused) withoutMoments() fused {
	f.moments = nil
	return f
}
