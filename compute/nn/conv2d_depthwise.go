package nn

import "reta/compute/graph"

// depthwise says whether every channel is a group of its own.
func (s convShape) depthwise() bool { return s.Groups == s.C && s.K == s.C && s.C > 1 }

// depthwiseSpec are the constants of conv2d_depthwise.glsl.
func depthwiseSpec(s convShape) []uint32 {
	return append([]uint32{flag(s.C%4 == 0)}, words(s.R, s.S, s.Stride)...)
}

// quads is the number of vec4 that hold a pixel's channels.
func (s convShape) quads() int { return (s.C + 3) / 4 }

// depthwiseOp is a convolution of each channel with its own kernel; it takes x
// and w.
var depthwiseOp = &graph.Op{
	Name:  "conv2d_depthwise",
	Infer: fixed(convShape.y),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := n.Attr().(convShape)
		f, x := normOf(l)
		depthwise(l, s, x, l.In(1), l.Out(), s.H, s.W, s.P, s.Q, s.Padding, s.Padding, false, f)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		x, w, g := n.In()[0], n.In()[1], n.Graph()
		return []*graph.Node{g.Apply(depthwiseGradInputOp, n.Attr(), dy, w), g.Apply(depthwiseGradWeightOp, n.Attr(), x, dy)}
	},
	Halves: graph.Always(0, graph.Result),
	Absorb: absorbNorm,
}

// depthwise launches conv2d_depthwise.comp from h x w pixels of x to p x q of
// y.
func depthwise(l *graph.Lowering, s convShape, x, weights, y graph.Tensor, h, w, p, q, padY, padX int, turn bool, f fused) {
	for images, t := range l.Parts(s.N, 1, append([]graph.Tensor{x, weights.Whole(), y}, f.in...)) {
		l.Dispatch(f.partly(t[3:]).on(graph.Kernel{
			Shader: "conv2d_depthwise",
			Spec:   depthwiseSpec(s),
			In:     t[:2],
			Out:    t[2:3],
			Push:   graph.Push{"N": images, "H": h, "W": w, "C": s.C, "quads": s.quads(), "P": p, "Q": q, "padY": padY, "padX": padX, "turn": turn},
			Groups: graph.Grid(images*p*((q+3)/4)*s.quads(), 64),
		}))
	}
}

// depthwiseGradInputOp takes dy and w. Stride 1 is a convolution with the
// kernel turned by half a turn.
var depthwiseGradInputOp = &graph.Op{
	Name:  "conv2d_depthwise_grad_input",
	Infer: fixed(convShape.x),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerDepthwiseGradInput(l, n.Attr().(convShape), l.In(0), l.In(1), l.Out(), fused{})
	},
	Halves: graph.Always(0, graph.Result),
}

func lowerDepthwiseGradInput(l *graph.Lowering, s convShape, dy, w, dx graph.Tensor, f fused) {
	if s.Stride == 1 {
		depthwise(l, s, dy, w, dx, s.P, s.Q, s.H, s.W, s.R-1-s.Padding, s.S-1-s.Padding, true, f)
		return
	}
	for images, t := range l.Parts(s.N, 1, append([]graph.Tensor{dy, w.Whole(), dx}, f.in...)) {
		l.Dispatch(f.partly(t[3:]).on(graph.Kernel{
			Shader: "conv2d_depthwise_grad_input",
			Spec:   depthwiseSpec(s),
			In:     t[:2],
			Out:    t[2:3],
			Push:   graph.Push{"N": images, "H": s.H, "W": s.W, "C": s.C, "quads": s.quads(), "P": s.P, "Q": s.Q, "pad": s.Padding},
			Groups: graph.Grid(images*s.H*((s.W+3)/4)*s.quads(), 64),
		}))
	}
}

// depthwiseGradWeightOp takes x and dy.
var depthwiseGradWeightOp = &graph.Op{
	Name:  "conv2d_depthwise_grad_weight",
	Infer: fixed(convShape.w),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := n.Attr().(convShape)
		// 4096 invocations keep a GPU busy and are not too many sums to add.
		chunks := min(s.N*s.P, max(1, 4096/s.quads()))
		chunk := (s.N*s.P + chunks - 1) / chunks
		slots := func(images int) int { return (images*s.P + chunk - 1) / chunk }
		f, x := normOf(l)
		part, chunks := partials(l, s.N, 1, []graph.Tensor{x, l.In(1)}, s.R*s.S*4*s.quads(), slots,
			func(images int, in []graph.Tensor, out graph.Tensor, chunks int) {
				l.Dispatch(f.on(graph.Kernel{
					Shader: "conv2d_depthwise_grad_weight",
					Spec:   depthwiseSpec(s),
					In:     in,
					Out:    []graph.Tensor{out},
					Push: graph.Push{"N": images, "H": s.H, "W": s.W, "C": s.C, "quads": s.quads(), "P": s.P, "Q": s.Q, "pad": s.Padding,
						"chunk": chunk, "chunks": chunks},
					Groups: graph.Grid(chunks*s.quads(), 64),
				}))
			})
		l.Dispatch(graph.Kernel{
			Shader: "conv2d_grad_weight_sum",
			In:     []graph.Tensor{part},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"K": 1, "C": s.C, "KP": 1, "CP": 4 * s.quads(), "taps": s.R * s.S, "chunks": chunks},
			Groups: graph.Grid(s.C, 64),
		})
	},
	Halves: graph.Always(0, 1),
	Absorb: absorbNormOfWeights,
}
