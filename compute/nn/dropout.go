package nn

import (
	"fmt"
	"hash/fnv"

	"reta/compute/graph"
)

// Masks draws random masks, each under a name. A mask is a function of the seed
// and the name, whatever else a program has and in whatever order: a run of the
// program with the same seed repeats it, and so does its gradient, which draws
// it anew. Two masks of one name are equal.
//
//	masks := nn.NewMasks(g.Input("masks", graph.U32, nn.SeedWords)) // set to MaskSeed or RNG.SeedAt
//	y := nn.Dropout(x, masks, "classifier.0", 0.2)
//
// A mask of a seed RNG.SeedAt(stream, step), of whose name the 32-bit FNV-1a hash
// is h, keeps element e where float32(RNG.Uniform(stream+h, step<<34 + e)) is
// float32(p) or more.
type Masks struct {
	seed *graph.Node
	part string // "", or ends in a slash
}

// NewMasks draws from seed, U32 [4], as RandomUniform has it.
func NewMasks(seed *graph.Node) *Masks { return &Masks{seed: seed} }

// Part draws the masks of a part of a program: its NAME is m's PART/NAME. nil has
// no masks, nor has a part of it.
func (m *Masks) Part(name string) *Masks {
	if m == nil {
		return nil
	}
	return &Masks{m.seed, m.part + name + "/"}
}

// streamMasks keeps masks apart from what else is drawn with the same seed.
const streamMasks = 1 << 16

// MaskSeed is what a program's masks are drawn from, for the purpose and the step
// that parts name: equal parts give equal masks.
func MaskSeed(seed uint64, parts ...int) []uint32 {
	return NewDraws(seed, streamMasks, parts...).rng.SeedAt(streamMasks, 0)
}

// Dropout is x / (1-p) with each element zero with probability p (Srivastava et
// al. 2014), or x for p = 0 or masks nil.
func Dropout(x *graph.Node, masks *Masks, name string, p float64) *graph.Node {
	if masks == nil || p == 0 {
		return x
	}
	return x.Graph().Apply(dropoutOp, masks.of(name, p, nil), masks.seed, x)
}

// StochasticDepth is x / (1-p) + residual with x zero for each image with
// probability p (Huang et al. 2016; torchvision's mode "row"), for x and
// residual [N,...], or x + residual for p = 0 or masks nil.
func StochasticDepth(x, residual *graph.Node, masks *Masks, name string, p float64) *graph.Node {
	if masks == nil || p == 0 {
		return graph.Add(x, residual)
	}
	mask := x.Graph().Apply(dropoutOp, masks.of(name, p, graph.Shape{x.Dim(0)}), masks.seed)
	return x.Graph().Apply(gateOp, gateAdded, x, mask, residual)
}

// of is the mask of that name.
func (m *Masks) of(name string, p float64, shape graph.Shape) dropoutAttr {
	h := fnv.New32a()
	h.Write([]byte(m.part + name))
	return dropoutAttr{p, h.Sum32(), shape}
}

type dropoutAttr struct {
	p     float64
	mask  uint32      // added to the stream
	shape graph.Shape // of a mask by itself
}

// dropoutOp takes the seed and x, or the seed alone for the mask itself: 0 or
// 1/(1-p).
var dropoutOp = &graph.Op{
	Name: "dropout",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		a := attr.(dropoutAttr)
		if !(a.p >= 0 && a.p <= 1) {
			return nil, 0, fmt.Errorf("probability %g: want one of 0 to 1", a.p)
		}
		if err := checkSeed(in[0]); err != nil || len(in) < 2 {
			return a.shape, graph.F32, err
		}
		return graph.SameShape(nil, in[1:])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a, shader, scale, first := n.Attr().(dropoutAttr), "dropout", 0.0, 0
		if a.p < 1 {
			scale = 1 / (1 - a.p)
		}
		if len(n.In()) < 2 {
			shader = "dropout_mask"
		}
		in := inputs(l, n)
		in[0] = in[0].Whole()
		for size, t := range l.Parts(n.Size(), 4, append(in, l.Out())) {
			l.Dispatch(graph.Kernel{
				Shader: shader,
				In:     t[:len(in)],
				Out:    t[len(in):],
				Push:   graph.Push{"n": size, "first": first / 4, "mask": a.mask, "p": a.p, "scale": scale},
				Groups: graph.Elementwise(size),
			})
			first += size
		}
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		if len(n.In()) < 2 {
			return []*graph.Node{nil}
		}
		return []*graph.Node{nil, n.Graph().Apply(n.Op(), n.Attr(), n.In()[0], dy)}
	},
}
