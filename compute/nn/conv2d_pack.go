package nn

import "reta/compute/graph"

// pack is w as the kernels read it, a node of its own: frozen weights are
// packed once, trained ones every step, for all its micro-batches together. The
// layout is [ceil(K/32)][taps][ceil(C/4)][8 lanes][4 input channels][4 output
// channels], zero beyond K and C, with the channels swapped when transposed (for
// the data gradient); Winograd puts its 36 transformed taps first:
// [36][ceil(K/32)]... For FragmentsMatrix they are fp16, two to a word. For FragmentsVector conv2d_pack.comp has the layout; without
// Winograd, C zeros follow, which stand for padding.
func pack(w *graph.Node, s convShape, transposed bool) *graph.Node {
	return w.Graph().Apply(conv2dPackOp, packAttr{s, transposed}, w)
}

type packAttr struct {
	convShape
	transposed bool
}

// channels are the output and input channels of the product the pack is for.
func (a packAttr) channels() (out, in int) {
	if a.transposed {
		return a.C, a.K
	}
	return a.K, a.C
}

// groups counts the blocks of 32 output and 4 input channels of one tap.
func (a packAttr) groups() int {
	out, in := a.channels()
	return (out + 31) / 32 * ((in + 3) / 4)
}

const (
	packBlock    = 32 * 4 // floats of 32 output and 4 input channels
	winogradTaps = 36
)

var conv2dPackOp = &graph.Op{
	Name: "conv2d_pack",
	Once: true,
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		a, taps := attr.(packAttr), winogradTaps
		if a.Algorithm != ConvWinograd {
			taps = a.R * a.S
		}
		switch {
		case a.Fragments == FragmentsMatrix:
			return graph.Shape{taps, a.groups(), packBlock / 2}, graph.F32, nil
		case a.Fragments == FragmentsVector && a.Algorithm != ConvWinograd:
			_, c := a.channels()
			return graph.Shape{taps*a.groups()*packBlock + roundUp(c, 4)}, graph.F32, nil
		}
		return graph.Shape{taps, a.groups(), packBlock}, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a := n.Attr().(packAttr)
		out, in := a.channels()
		shader, vec4s := "conv2d_pack", n.Size()/4
		switch {
		case a.Algorithm == ConvWinograd:
			shader, vec4s = "conv2d_winograd_pack", n.Size()/4/winogradTaps
		case a.Fragments == FragmentsMatrix:
			shader, vec4s = "conv2d_pack_half", n.Size()/2
		}
		var order []uint32
		if a.Fragments == FragmentsVector {
			shader += "_vec"
			if a.Algorithm == ConvWinograd {
				order = []uint32{flag(a.inGroups(in)), flag(a.inGroups(out))}
			}
		}
		l.Dispatch(graph.Kernel{
			Shader: shader,
			Spec:   order,
			In:     []graph.Tensor{l.In(0)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"K": out, "C": in, "C4": (in + 3) / 4, "taps": a.R * a.S, "transposed": a.transposed},
			Groups: graph.Grid(vec4s, 64),
		})
	},
}

// words are specialisation constants.
func words(v ...int) []uint32 {
	w := make([]uint32, len(v))
	for i, x := range v {
		w[i] = uint32(int32(x))
	}
	return w
}
