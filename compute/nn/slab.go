package nn

import (
	"fmt"
	"slices"

	"reta/compute/graph"
)

// Slab is a tensor [N,H,W,C] whose channels are filled a few at a time, as the
// features of a dense block are. What is appended is copied once; a batch norm
// reads the channels there are where they lie, and gradients add up in one
// tensor likewise. Values and gradients are those of Concat.
//
//	s := nn.NewSlab(x, 256, false)
//	for range 6 {
//		y := nn.BatchNorm... // s.BatchNorm(gamma, beta, s.Stats(), attr), then convolutions to y
//		s.Append(y)
//	}
type Slab struct {
	x       *graph.Node // [N,H,W,C]
	first   bool        // what is appended comes before what there is
	from, n int         // the channels there are: from, from+1, ... from+n-1
	stats   *graph.Node // of them
}

// NewSlab begins with x in a slab of so many channels. What is appended comes
// behind it or, with first, before it.
func NewSlab(x *graph.Node, channels int, first bool) *Slab {
	s := &Slab{first: first, n: x.Dim(-1), stats: ChannelStats(x)}
	if first {
		s.from = channels - s.n
	}
	s.x = x.Graph().Apply(slabOp, channelRange{s.from, channels}, x)
	return s
}

// Channels is how many there are so far.
func (s *Slab) Channels() int { return s.n }

// Append adds the channels of y [N,H,W,...].
func (s *Slab) Append(y *graph.Node) {
	n, at := y.Dim(-1), s.from+s.n
	if s.first {
		s.from -= n
		at = s.from
		s.stats = Concat(ChannelStats(y), s.stats)
	} else {
		s.stats = Concat(s.stats, ChannelStats(y))
	}
	s.n += n
	s.x = y.Graph().Apply(slabAppendOp, at, s.x, y)
}

// Stats are the ChannelStats of the channels so far, each computed once.
func (s *Slab) Stats() *graph.Node { return s.stats }

// BatchNorm is that of the channels so far, as a tensor of its own.
func (s *Slab) BatchNorm(gamma, beta, stats *graph.Node, a NormAttr) *graph.Node {
	if gamma.Size() != s.n {
		return s.x.Graph().Poison("batchnorm", fmt.Errorf("gamma is %v, want f32 [%d], for the channels of the slab so far", gamma.Shape(), s.n))
	}
	return s.x.Graph().Apply(batchNormOp, batchNormAttr{a, true, s.from}, s.x, gamma, beta, stats)
}

// slabOp places x at the attribute's first channel of so many; the others are
// undefined.
var slabOp = &graph.Op{
	Name: "slab",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		a, x := attr.(channelRange), in[0]
		if len(x.Shape()) != 4 || x.DType() != graph.F32 || a.from < 0 || a.from+x.Dim(-1) > a.n {
			return nil, 0, fmt.Errorf("%v %v in a slab of %d channels: want f32 [N,H,W,C] of at most as many", x.DType(), x.Shape(), a.n)
		}
		shape := slices.Clone(x.Shape())
		shape[3] = a.n
		return shape, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		x := n.In()[0]
		moveChannels(l, l.In(0), x, 0, n, n.Attr().(channelRange).from, x.Dim(-1))
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{SliceChannels(dy, n.Attr().(channelRange).from, n.In()[0].Dim(-1))}
	},
	Halves: graph.Always(0, graph.Result),
}

// slabAppendOp writes its second input into the first, a slab, from the
// attribute's channel on.
var slabAppendOp = &graph.Op{
	Name:    "slab_append",
	InPlace: true,
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		s, y, at := in[0].Shape(), in[1].Shape(), attr.(int)
		if len(y) != 4 || len(s) != 4 || !y[:3].Equal(s[:3]) || in[1].DType() != graph.F32 || at < 0 || at+y[3] > s[3] {
			return nil, 0, fmt.Errorf("%v %v does not fit the slab %v from channel %d on", in[1].DType(), y, s, at)
		}
		return s, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		y := n.In()[1]
		moveChannels(l, l.In(1), y, 0, n, n.Attr().(int), y.Dim(-1))
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{dy, SliceChannels(dy, n.Attr().(int), n.In()[1].Dim(-1))}
	},
	Halves: graph.Always(0, 1, graph.Result),
}
