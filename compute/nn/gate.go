package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Gate is x times gate, a number for each channel of each image, for x [N,H,W,C]
// and gate [N,C]: the end of a squeeze-and-excite block (Hu et al. 2018).
//
//	s := nn.Linear(nn.GlobalAvgPool(x), w1, b1, nn.SiLU)
//	x = nn.Gate(x, nn.Linear(s, w2, b2, nn.Sigmoid))
func Gate(x, gate *graph.Node) *graph.Node { return x.Graph().Apply(gateOp, gateChannels, x, gate) }

// gateAttr says what the gate is of and what is added.
type gateAttr int

const (
	gateChannels gateAttr = iota // [N,C]
	gateImages                   // [N], of x [N,...]
	gateAdded                    // [N], and a third input, of x's shape, is added
	gateShifted                  // [N,C], and a third input [N,C], by the number of pixels, is added
)

// gateOp takes x, the gate and what is added.
var gateOp = &graph.Op{
	Name: "gate",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		x, want := in[0].Shape(), graph.Shape{in[0].Dim(0)}
		switch attr.(gateAttr) {
		case gateChannels, gateShifted:
			if want = append(want, in[0].Dim(-1)); len(x) != 4 {
				return nil, 0, fmt.Errorf("got %v, want [N,H,W,C]", x)
			}
		case gateAdded:
			if !in[2].Shape().Equal(x) || in[2].DType() != graph.F32 {
				return nil, 0, fmt.Errorf("added is %v %v, want f32 %v", in[2].DType(), in[2].Shape(), x)
			}
		}
		if !in[1].Shape().Equal(want) || in[0].DType() != graph.F32 || in[1].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("gate is %v %v for %v %v, want f32 %v", in[1].DType(), in[1].Shape(), in[0].DType(), x, want)
		}
		return x, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, shader, push := n.Attr().(gateAttr), "gate", graph.Push{}
		switch a {
		case gateAdded:
			shader = "gate_add"
		case gateShifted:
			shader, push["scale"] = "gate_shift", 1/float64(n.Dim(1)*n.Dim(2))
		}
		byImage(l, n, shader, inputs(l, n), []uint32{flag(a == gateChannels || a == gateShifted)}, push)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		g, in := n.Graph(), n.In()
		if n.Attr().(gateAttr) == gateChannels {
			return []*graph.Node{g.Apply(n.Op(), gateChannels, dy, in[1]), g.Apply(gateGradOp, instanceLanes(g.Info()), dy, in[0])}
		}
		return []*graph.Node{g.Apply(n.Op(), gateImages, dy, in[1]), nil, dy}[:len(in)] // a mask has no gradient
	},
	Halves: graph.Always(0, 2, graph.Result),
}

// gateGradOp is the gradient of a gate [N,C] from dy and x: the sum of their
// product over the pixels. Its attribute is the number of lanes.
var gateGradOp = &graph.Op{
	Name: "gate_grad",
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return graph.Shape{in[0].Dim(0), in[0].Dim(-1)}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerPixelSums(l, n, "gate_grad")
	},
	Halves: graph.Always(0, 1),
}

// byImage dispatches a kernel over the rows of n [N,...,C] in which no slot
// belongs to two images. Inputs smaller than n have a row for each image.
func byImage(l *graph.Lowering, n *graph.Node, shader string, in []graph.Tensor, spec []uint32, push graph.Push) {
	c := n.Dim(-1)
	if len(n.Shape()) < 2 {
		c = 1
	}
	pixels := n.Size() / n.Dim(0) / c
	per := pixels // rows of a slot
	for p := rowsPerSlot; p < 4*rowsPerSlot && per > 4*rowsPerSlot; p++ {
		if pixels%p == 0 {
			per = p
		}
	}
	for i, x := range n.In() {
		if x.Size() < n.Size() {
			in[i] = in[i].Whole()
		}
	}
	first := 0
	for images, t := range l.Parts(n.Dim(0), 1, append(in, l.Out())) {
		more := merge(graph.Push{"perImage": pixels / per, "firstImage": first}, push)
		l.Dispatch(rows{n: images * pixels, c: c}.kernel(shader, per, t[:len(in)], t[len(in)], spec, more))
		first += images
	}
}
