package nn

import (
	"fmt"

	"reta/compute/graph"
)

// Concat joins tensors along their last dimension; the others must agree. Of no
// tensors it makes nil.
func Concat(xs ...*graph.Node) *graph.Node {
	if len(xs) == 0 {
		return nil
	}
	return xs[0].Graph().Apply(concatOp, nil, xs...)
}

// SliceChannels is channels [from, from+n) of x [..., C].
func SliceChannels(x *graph.Node, from, n int) *graph.Node {
	return x.Graph().Apply(sliceChannelsOp, channelRange{from, n}, x)
}

// ChannelShuffle exchanges the two factors of the channels of x [..., C] seen
// as [groups, C/groups] (ShuffleNet).
func ChannelShuffle(x *graph.Node, groups int) *graph.Node {
	return x.Graph().Apply(channelShuffleOp, groups, x)
}

type channelRange struct{ from, n int }

var concatOp = &graph.Op{
	Name: "concat",
	Once: true, // a DenseNet's joined statistics are read by the next layer's
	Infer: func(_ any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		shape := append(graph.Shape(nil), in[0].Shape()...)
		last := len(shape) - 1
		for _, x := range in[1:] {
			s := x.Shape()
			if len(s) != len(shape) || !s[:last].Equal(shape[:last]) || x.DType() != graph.F32 {
				return nil, 0, fmt.Errorf("cannot join %v and %v %v: all but the last dimension must agree", in[0].Shape(), x.DType(), s)
			}
			shape[last] += s[last]
		}
		return shape, in[0].DType(), nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		to := 0
		for i, x := range n.In() {
			moveChannels(l, l.In(i), x, 0, n, to, x.Dim(-1))
			to += x.Dim(-1)
		}
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		grads, from := make([]*graph.Node, len(n.In())), 0
		for i, x := range n.In() {
			grads[i] = SliceChannels(dy, from, x.Dim(-1))
			from += x.Dim(-1)
		}
		return grads
	},
	Halves: func(n *graph.Node) []int {
		all := []int{graph.Result}
		for i := range n.In() {
			all = append(all, i)
		}
		return all
	},
}

var sliceChannelsOp = &graph.Op{
	Name: "slice_channels",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		a, c := attr.(channelRange), in[0].Dim(-1)
		if a.from < 0 || a.n < 1 || a.from+a.n > c || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("channels [%d, %d) of %v %v", a.from, a.from+a.n, in[0].DType(), in[0].Shape())
		}
		shape := append(graph.Shape(nil), in[0].Shape()...)
		shape[len(shape)-1] = a.n
		return shape, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		a := n.Attr().(channelRange)
		moveChannels(l, l.In(0), n.In()[0], a.from, n, 0, a.n)
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(padChannelsOp, channelRange{n.Attr().(channelRange).from, n.In()[0].Dim(-1)}, dy)}
	},
	Halves: graph.Always(0, graph.Result),
}

// moveChannels dispatches the copy of count channels, from channel from of x to
// channel to of the node's own tensor.
func moveChannels(l *graph.Lowering, in graph.Tensor, x *graph.Node, from int, y *graph.Node, to, count int) {
	rows, xc, yc := y.Size()/y.Dim(-1), x.Dim(-1), y.Dim(-1)
	quads := (count + 3) / 4
	for rows, t := range l.Parts(rows, 1, []graph.Tensor{in, l.Out()}) {
		l.Dispatch(graph.Kernel{
			Shader: "copy_channels",
			Spec:   []uint32{flag(from%4 == 0 && to%4 == 0 && count%4 == 0 && xc%4 == 0 && yc%4 == 0)},
			In:     t[:1],
			Out:    t[1:],
			Push:   graph.Push{"rows": rows, "n": count, "from": from, "xC": xc, "to": to, "yC": yc, "quads": quads},
			Groups: graph.Grid((rows+3)/4*quads, 64),

			Touched: rows * count,
		})
	}
}

// padChannelsOp places x at channel from of n channels, zeros around it.
var padChannelsOp = &graph.Op{
	Name: "pad_channels",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		shape := append(graph.Shape(nil), in[0].Shape()...)
		shape[len(shape)-1] = attr.(channelRange).n
		return shape, graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		rowsOf(n).elementwise(l, "pad_channels", inputs(l, n), nil,
			graph.Push{"at": n.Attr().(channelRange).from, "xC": n.In()[0].Dim(-1)})
	},
	Halves: graph.Always(0, graph.Result),
}

var channelShuffleOp = &graph.Op{
	Name: "channel_shuffle",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		groups, c := attr.(int), in[0].Dim(-1)
		if groups < 1 || c%groups != 0 || in[0].DType() != graph.F32 {
			return nil, 0, fmt.Errorf("%d groups of %v %v: want f32 and groups that divide the channels", groups, in[0].DType(), in[0].Shape())
		}
		return in[0].Shape(), graph.F32, nil
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		rowsOf(n).elementwise(l, "channel_shuffle", inputs(l, n), nil, graph.Push{"groups": n.Attr()})
	},
	Grad: func(n, dy *graph.Node) []*graph.Node {
		return []*graph.Node{n.Graph().Apply(n.Op(), n.Dim(-1)/n.Attr().(int), dy)}
	},
	Halves: graph.Always(0, graph.Result),
}
