package nn

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/vk"
)

// ConvAttr configures Conv2d. Dilation is always one.
type ConvAttr struct {
	Stride  int // in both directions; 0 means 1
	Padding int // zeros on every side
	Groups  int // channel groups that do not mix; 0 means 1

	Algorithm ConvAlgorithm // how to compute; ConvAuto outside tests and benchmarks
	Fragments ConvFragments // how a workgroup shares operands; FragmentsAuto likewise
	Tile      MatrixTile    // of FragmentsMatrix; the zero value, by shape, likewise
}

// ConvAlgorithm says how an ungrouped convolution is computed.
type ConvAlgorithm int

const (
	ConvAuto     ConvAlgorithm = iota // Winograd where it applies and pays
	ConvDirect                        // implicit matrix product
	ConvWinograd                      // F(4x4, 3x3): 3x3 kernels of stride 1
)

// ConvFragments says how the invocations of a workgroup share operands in the
// matrix products.
type ConvFragments int

const (
	FragmentsAuto      ConvFragments = iota // by device
	FragmentsBroadcast                      // subgroup broadcast: CPU drivers
	FragmentsShared                         // shared memory: GPUs
	FragmentsVector                         // vector registers: CPU drivers that have vk.Features.Vectors
	FragmentsMatrix                         // cooperative matrices on operands rounded to fp16: devices of tier 2
)

// Conv2d is the cross-correlation y[n,p,q,k] = sum x[n, p*stride-pad+r,
// q*stride-pad+s, c] w[k,c,r,s] of x [N,H,W,C] with weights w [K,C/groups,R,S]:
// torch's conv2d without bias, on channels-last activations. It is
// differentiable in both.
func Conv2d(x, w *graph.Node, a ConvAttr) *graph.Node {
	a.Stride, a.Groups = max(a.Stride, 1), max(a.Groups, 1)
	g := x.Graph()
	auto := a.Fragments == FragmentsAuto
	if auto {
		a.Fragments = fragmentsFor(g.Info())
	}
	s, err := newConvShape(x.Shape(), w.Shape(), a)
	s.auto = auto
	if err == nil {
		err = s.supported(g.Info())
	}
	if err != nil {
		return g.Poison("conv2d", err)
	}
	if s.depthwise() {
		return g.Apply(depthwiseOp, s, x, w)
	}
	if s.Groups > 1 {
		return g.Apply(groupedOp, s, x, w)
	}
	s.Algorithm = s.choose(g.Info())
	return g.Apply(conv2dOp, s, x, pack(w, s.summing(s.C), false), w)
}

// fragmentsFor picks the operand exchange for a device.
func fragmentsFor(i vk.Info) ConvFragments {
	switch {
	case i.Precision == vk.FP16:
		return FragmentsMatrix
	case i.Features.Vectors:
		return FragmentsVector
	case i.Kind == vk.CPU && broadcasts(i):
		return FragmentsBroadcast
	}
	return FragmentsShared
}

// broadcasts says whether a device can run FragmentsBroadcast.
func broadcasts(i vk.Info) bool {
	return i.Features.SubgroupBallot && i.Features.Int64 && i.Limits.SubgroupSize >= 8
}

// supported says what the device lacks for what was asked for by name.
func (s convShape) supported(i vk.Info) error {
	switch {
	case s.Fragments == FragmentsBroadcast && !broadcasts(i):
		return fmt.Errorf("%s has no 64-bit integers or subgroups of 8 to broadcast in: use FragmentsAuto", i.Name)
	case s.Fragments == FragmentsVector && !i.Features.Vectors:
		return fmt.Errorf("the compiler of %s does not fill vector registers: use FragmentsAuto", i.Name)
	case s.Fragments == FragmentsMatrix && i.Tier() < 2:
		return fmt.Errorf("%s has no cooperative matrices of fp16: use FragmentsAuto", i.Name)
	case s.Tile.M > 0 && !slices.ContainsFunc(matrixTiles, s.Tile.is):
		return fmt.Errorf("no tile of %dx%d: want one of %v", s.Tile.M, s.Tile.N, matrixTiles)
	case s.Fragments == FragmentsMatrix && s.Algorithm == ConvWinograd:
		return fmt.Errorf("Winograd's transformed tiles are too large for fp16: use ConvAuto")
	case s.Algorithm == ConvWinograd && !i.Features.Int64:
		return fmt.Errorf("%s has no 64-bit integers for Winograd: use ConvAuto", i.Name)
	}
	return nil
}

// convShape is the attribute of the convolution operations: every extent of
// y [N,P,Q,K] = x [N,H,W,C] * w [K,C/Groups,R,S].
type convShape struct {
	ConvAttr
	N, H, W, C, P, Q, K, R, S int
	auto                      bool // Fragments were not asked for by name
}

// summing is s as it is computed where it sums over c channels. A step of FragmentsVector takes 16 of them at least to be worth its
// while, which the patches of a few may have.
func (s convShape) summing(c int) convShape {
	if !s.auto || s.Fragments != FragmentsVector || s.Algorithm == ConvWinograd || c%16 == 0 || c >= 64 {
		return s
	}
	if one := s.withPatches(); c == s.C && one != s {
		return one
	}
	s.Fragments = FragmentsBroadcast
	return s
}

func newConvShape(x, w graph.Shape, a ConvAttr) (convShape, error) {
	if len(x) != 4 || len(w) != 4 {
		return convShape{}, fmt.Errorf("input %v with weight %v: want [N,H,W,C] and [K,C/groups,R,S]", x, w)
	}
	s := convShape{ConvAttr: a, N: x[0], H: x[1], W: x[2], C: x[3], K: w[0], R: w[2], S: w[3]}
	s.P, s.Q = (s.H+2*a.Padding-s.R)/s.Stride+1, (s.W+2*a.Padding-s.S)/s.Stride+1
	switch {
	case s.C%s.Groups != 0 || s.K%s.Groups != 0:
		return s, fmt.Errorf("%d groups do not divide %d input and %d output channels", s.Groups, s.C, s.K)
	case w[1] != s.C/s.Groups:
		return s, fmt.Errorf("weight %v does not take input %v in %d group(s): want C=%d, got %d", w, x, s.Groups, w[1]*s.Groups, s.C)
	case a.Padding < 0 || s.H+2*a.Padding < s.R || s.W+2*a.Padding < s.S:
		return s, fmt.Errorf("kernel %dx%d is larger than input %dx%d with padding %d", s.R, s.S, s.H, s.W, a.Padding)
	case a.Algorithm == ConvWinograd && !s.winogradApplies():
		return s, fmt.Errorf("winograd takes 3x3 kernels of stride 1 and padding up to 2 in one group, got %+v with weight %v", a, w)
	}
	return s, nil
}

func (s convShape) x() graph.Shape { return graph.Shape{s.N, s.H, s.W, s.C} }
func (s convShape) y() graph.Shape { return graph.Shape{s.N, s.P, s.Q, s.K} }
func (s convShape) w() graph.Shape { return graph.Shape{s.K, s.C / s.Groups, s.R, s.S} }

// choose settles ConvAuto.
func (s convShape) choose(info vk.Info) ConvAlgorithm {
	if s.Algorithm != ConvAuto {
		return s.Algorithm
	}
	if s.Fragments != FragmentsMatrix && s.winogradApplies() && s.winogradPays(info) && s.winogradFits(info) {
		return ConvWinograd
	}
	return ConvDirect
}

// padded are tensors like x and y with padded channels, in which a part of the
// batch must fit too.
func (s convShape) padded(l *graph.Lowering, x, y graph.Tensor) []graph.Tensor {
	return []graph.Tensor{l.ScratchLike(x, s.N*s.H*s.W*roundUp(s.C, 4)), l.ScratchLike(y, s.N*s.P*s.Q*roundUp(s.K, 4))}
}

// fixed is the Infer of operations whose result shape the attribute knows.
func fixed(shape func(convShape) graph.Shape) func(any, []*graph.Node) (graph.Shape, graph.DType, error) {
	return func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		for _, x := range in {
			if x.DType() != graph.F32 {
				return nil, 0, fmt.Errorf("want f32, got %v", x.DType())
			}
		}
		return shape(attr.(convShape)), graph.F32, nil
	}
}

// conv2dOp takes x, the packed weights and, for the gradient, the weights.
var conv2dOp = &graph.Op{
	Name:  "conv2d",
	Infer: fixed(convShape.y),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		f, x := normOf(l)
		f.moments = l.Reader(channelStatsOp)
		lowerConv2d(l, n.Attr().(convShape), x, l.In(1), l.Out(), false, f)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		s, x, w, g := n.Attr().(convShape), n.In()[0], n.In()[2], n.Graph()
		d := s.summing(s.K)
		return []*graph.Node{g.Apply(conv2dGradInputOp, d, dy, pack(w, d.withColumns(), true)), nil, g.Apply(conv2dGradWeightOp, s, x, dy)}
	},
	Halves: ofMatrices(0, graph.Result),
	Absorb: absorbNorm,
}

// conv2dGradInputOp takes dy and the transposed pack.
var conv2dGradInputOp = &graph.Op{
	Name:  "conv2d_grad_input",
	Infer: fixed(convShape.x),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerConv2d(l, n.Attr().(convShape), l.In(0), l.In(1), l.Out(), true, fused{})
	},
	Accumulate: func(n, base *graph.Node) *graph.Node {
		if !n.Attr().(convShape).takesGradient() {
			return graph.Add(n, base)
		}
		return n.Graph().Apply(conv2dAddGradInputOp, n.Attr(), n.In()[0], n.In()[1], base)
	},
	Halves: ofMatrices(0, graph.Result),
}

// conv2dAddGradInputOp is a conv2dGradInputOp added to the third input.
var conv2dAddGradInputOp = &graph.Op{
	Name:  "conv2d_add_grad_input",
	Infer: fixed(convShape.x),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		lowerDataGradient(l, n, n, fused{in: make([]graph.Tensor, gradInputs)})
	},
	Halves: ofMatrices(0, 2, graph.Result),
}

// ofMatrices is the Halves of convolutions, whose products by cooperative matrices take operands in fp16. A data gradient that is
// added up of columns is float32: it is that of an image's few channels.
func ofMatrices(operands ...int) func(*graph.Node) []int {
	return func(n *graph.Node) []int {
		s := n.Attr().(convShape)
		switch {
		case s.Fragments != FragmentsMatrix:
			return nil
		case n.Op().Name == "conv2d_grad_input" && s.withColumns() != s:
			return operands[:1]
		}
		return operands
	}
}

// lowerConv2d computes the convolution of x, or with transposed its data gradient of dy,
// and f on the way, in parts of the batch that the device binds.
func lowerConv2d(l *graph.Lowering, s convShape, in, pack, out graph.Tensor, transposed bool, f fused) {
	one := s.withColumns()
	if !transposed {
		one = s.summing(s.C)
	}
	reshaped := one.C != s.C // by columns, or by patches
	x, y := in, out
	if transposed {
		x, y = y, x
	}
	tensors := append([]graph.Tensor{in, out}, f.in...)
	own := len(tensors)
	tensors = append(tensors, s.padded(l, x, y)...)
	if reshaped {
		tensors = append(tensors, one.padded(l, y, y)...)
	}
	for images, t := range l.Parts(s.N, 1, tensors) {
		f := f.partly(t[2:own])
		if images < s.N {
			f = f.withoutMoments()
		}
		s.N, one.N = images, images
		switch {
		case s.Algorithm == ConvWinograd:
			winograd(l, s, t[0], pack, t[1], transposed, f)
		case reshaped && transposed:
			columns(l, s, one, t[0], pack, t[1])
		case reshaped:
			one.C = roundUp(one.C, 4)
			direct(l, one, patches(l, s, images, t[0]), pack, t[1], false, f)
		default:
			direct(l, one, t[0], pack, t[1], transposed, f)
		}
	}
}

// conv2dGradWeightOp takes x and dy.
var conv2dGradWeightOp = &graph.Op{
	Name:  "conv2d_grad_weight",
	Infer: fixed(convShape.w),
	Lower: func(l *graph.Lowering, n *graph.Node) {
		s := n.Attr().(convShape)
		f, x := normOf(l)
		if s.Algorithm == ConvWinograd {
			winogradGradWeight(l, s, x, l.In(1), l.Out(), f)
		} else {
			directGradWeight(l, s, x, l.In(1), l.Out(), f)
		}
	},
	Halves: ofMatrices(0, 1),
	Absorb: absorbNormOfWeights,
}
