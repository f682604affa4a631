package nn

import (
	"fmt"

	"reta/compute/graph"
)

// SeedWords is the length of the seed that RandomUniform and RandomNormal read:
// seed low, seed high, stream, step.
const SeedWords = 4

// SeedAt is the device's form of a generator's stream at a step.
func (r RNG) SeedAt(stream, step uint32) []uint32 {
	return []uint32{uint32(r.Seed), uint32(r.Seed >> 32), stream, step}
}

// RandomUniform fills a tensor with numbers in [0, 1). The seed is U32 [4], an
// Input written with RNG.SeedAt each step. Element e is bit for bit
// RNG.Uniform(stream, step<<34 + e).
func RandomUniform(seed *graph.Node, shape ...int) *graph.Node {
	return seed.Graph().Apply(randomOp, randomAttr{false, shape}, seed)
}

// RandomNormal is RandomUniform for the standard normal distribution; device
// and host agree to rounding.
func RandomNormal(seed *graph.Node, shape ...int) *graph.Node {
	return seed.Graph().Apply(randomOp, randomAttr{true, shape}, seed)
}

func checkSeed(n *graph.Node) error {
	if n.DType() != graph.U32 || !n.Shape().Equal(graph.Shape{SeedWords}) {
		return fmt.Errorf("seed is %v %v, want u32 [%d]", n.DType(), n.Shape(), SeedWords)
	}
	return nil
}

type randomAttr struct {
	normal bool
	shape  graph.Shape
}

var randomOp = &graph.Op{
	Name: "random",
	Infer: func(attr any, in []*graph.Node) (graph.Shape, graph.DType, error) {
		return attr.(randomAttr).shape, graph.F32, checkSeed(in[0])
	},
	Lower: func(l *graph.Lowering, n *graph.Node) {
		l.Dispatch(graph.Kernel{
			Shader: "random",
			Spec:   []uint32{flag(n.Attr().(randomAttr).normal)},
			In:     inputs(l, n),
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"n": n.Size()},
			Groups: graph.Elementwise(n.Size()),
		})
	},
}
