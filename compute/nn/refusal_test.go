package nn

import (
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Every operation refuses what it does not take, naming itself, the shapes and
// what it wants.
func TestRefusals(t *testing.T) {
	dev := graphtest.Device(t)
	for name, c := range map[string]struct {
		build func(g *graph.Graph, x *graph.Node) *graph.Node // x is [2,4,4,6]
		want  string
	}{
		"batch norm of other width": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			c := g.Input("c", graph.F32, 5)
			return BatchNorm(x, c, c, ChannelStats(x), NormAttr{Eps: 1e-5}, nil)
		}, "gamma is f32 [5], want f32 [6]"},
		"batch norm without eps": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			c := g.Input("c", graph.F32, 6)
			return BatchNorm(x, c, c, ChannelStats(x), NormAttr{}, nil)
		}, "eps is 0"},
		"instance norm of other width": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return InstanceNorm(x, g.Input("gamma", graph.F32, 6), g.Input("beta", graph.F32, 5), NormAttr{Eps: 1e-5})
		}, "beta is f32 [5], want f32 [6]"},
		"instance norm of rows": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			c := g.Input("c", graph.F32, 6)
			return InstanceNorm(GlobalAvgPool(x), c, c, NormAttr{Eps: 1e-5})
		}, "got f32 [2,6], want f32 [N,H,W,C]"},
		"unknown activation": {func(g *graph.Graph, x *graph.Node) *graph.Node { return Activate(x, 9) }, "activation 9: want one of"},
		"gate of other width": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Gate(x, g.Input("gate", graph.F32, 2, 5))
		}, "gate is f32 [2,5] for f32 [2,4,4,6], want f32 [2,6]"},
		"dropout of float seed": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Dropout(x, NewMasks(g.Input("seed", graph.F32, 4)), "", 0.5)
		}, "seed is f32 [4], want u32 [4]"},
		"dropout of more than all": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Dropout(x, NewMasks(g.Input("seed", graph.U32, SeedWords)), "", 1.5)
		}, "probability 1.5"},
		"layer norm of other width": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return LayerNorm(x, g.Input("gamma", graph.F32, 6), g.Input("beta", graph.F32, 5), 1e-5)
		}, "beta is f32 [5], want f32 [6]"},
		"layer norm without eps": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			c := g.Input("c", graph.F32, 6)
			return LayerNorm(x, c, c, 0)
		}, "eps is 0"},
		"attention to an image": {func(g *graph.Graph, x *graph.Node) *graph.Node { return Attention(x, nil, nil, 1) }, "are f32 [2,4,4,6], want f32 [B,T,3C]"},
		"attention of odd heads": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Attention(g.Input("qkv", graph.F32, 6, 5, 36), nil, nil, 2)
		}, "2 heads of 12 channels: want a multiple of four channels for each"},
		"masks that do not divide": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Attention(g.Input("qkv", graph.F32, 6, 5, 24), nil, g.Input("mask", graph.F32, 4, 5, 8), 2)
		}, "4 masks for 6 sequences"},
		"a bias without its last columns": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Attention(g.Input("qkv", graph.F32, 6, 5, 24), g.Input("bias", graph.F32, 5, 2, 5), nil, 2)
		}, "bias is f32 [5,2,5], want f32 [5,2,8]"},
		"a table of another window": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return RelativeBias(g.Input("table", graph.F32, 24, 2), 3)
		}, "table is f32 [24,2], want f32 [25,heads] for a window of 3 x 3"},
		"a row taken twice": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return MoveRows(x, NewRowMap(g, 16, []int{3, -1, 3}))
		}, "row 2 takes row 3: want one of the 16 that no other takes"},
		"rows of another image": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return MoveRows(x, NewRowMap(g, 15, []int{3}))
		}, "16 rows an item: want f32 and 15 rows"},
		"pool larger than image": {func(g *graph.Graph, x *graph.Node) *graph.Node { return MaxPool(x, 5, 1, 0) }, "window of 5 does not fit [2,4,4,6]"},
		"pool padded too far":    {func(g *graph.Graph, x *graph.Node) *graph.Node { return AvgPool(x, 2, 1, 2) }, "padding"},
		"float labels": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return SoftmaxCrossEntropy(GlobalAvgPool(x), g.Input("l", graph.F32, 2), 0)
		}, "targets are f32 [2], want u32 [2]"},
		"smoothing of one": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return SoftmaxCrossEntropy(GlobalAvgPool(x), g.Input("l", graph.U32, 2), 1)
		}, "label smoothing 1"},
		"temperature of zero": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return KLDiv(GlobalAvgPool(x), GlobalAvgPool(x), 0)
		}, "temperature 0"},
		"boxes of another batch": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Augment(x, g.Input("b", graph.F32, 3, BoxWords), 4, 4)
		}, "boxes are f32 [3,8], want f32 [2,8]"},
		"shuffle by five":      {func(g *graph.Graph, x *graph.Node) *graph.Node { return ChannelShuffle(x, 5) }, "5 groups"},
		"slice past the end":   {func(g *graph.Graph, x *graph.Node) *graph.Node { return SliceChannels(x, 4, 3) }, "channels [4, 7)"},
		"weights of other sum": {func(g *graph.Graph, x *graph.Node) *graph.Node { return WeightedSum([]float64{1, 2}, Mean(x)) }, "2 weights for 1 scalars"},
		"sum of a tensor":      {func(g *graph.Graph, x *graph.Node) *graph.Node { return WeightedSum([]float64{1}, x) }, "term 0 is f32 [2,4,4,6]"},
		"clip upside down": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			lo, hi := []float64{0, 0, 0, 0, 0, 0}, []float64{1, 1, 1, 1, 1, -1}
			return AdamRows(x, x, x, x, g.Input("i", graph.U32, 2), g.Input("h", graph.F32, HyperWords), lo, hi)
		}, "clip of channel 5 is [0, -1]"},
		"short hyper":             {func(g *graph.Graph, x *graph.Node) *graph.Node { return SGD(x, x, x, g.Input("h", graph.F32, 3)) }, "hyper is f32 [3]"},
		"a decay for each weight": {func(g *graph.Graph, x *graph.Node) *graph.Node { return EMA(x, x, x) }, "decay is f32 [2,4,4,6], want f32 [1]"},
		"an update of no variable": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return SGD(x, x, x, g.Input("h", graph.F32, HyperWords))
		}, "want a variable"},
		"images of another size": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return DecodeRGB(g.Input("b", graph.U32, 2, 8), 3, 3, [3]float64{}, [3]float64{1, 1, 1})
		}, "images of 3 x 3"},
		"views by boxes of another batch": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return CropRGB(g.Input("b", graph.U32, 2, 7), g.Input("boxes", graph.F32, 3, BoxWords), 3, 3, [3]float64{}, [3]float64{1, 1, 1})
		}, "boxes are f32 [3,8], want f32 [2,8]"},
		"partners of another batch": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return CutMix(x, g.Input("p", graph.U32, 3), g.Input("cut", graph.F32, CutWords))
		}, "shapes differ: [2,4,4,6] and [3,4,4,6]"},
		"a cut for each image": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return CutMix(x, g.Input("p", graph.U32, 2), g.Input("cut", graph.F32, 2, CutWords))
		}, "cut is f32 [2,4], want f32 [4]"},
		"augmentation of six channels": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return DSA(x, g.Input("n", graph.F32, 2, SiameseWords))
		}, "got [2,4,4,6], want images [N,H,W,3]"},
		"shares of a batch": {func(g *graph.Graph, x *graph.Node) *graph.Node {
			return Mixup(x, g.Input("p", graph.U32, 2), g.Input("share", graph.F32, 2))
		}, "share is f32 [2], want f32 [1]"},
	} {
		t.Run(name, func(t *testing.T) {
			g := graph.New(dev)
			out := c.build(g, g.Input("x", graph.F32, 2, 4, 4, 6))
			e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{out}})
			if err == nil {
				e.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}
