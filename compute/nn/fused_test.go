package nn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// A convolution that does the work around it on the way gives what its kernels give one by one: the batch norm before it, the moments of
// its result, and behind its data gradient the gradients of a batch norm, with and without channel statistics, of an activation, and of a sum.
func TestConvolutionsDoTheWorkAroundThem(t *testing.T) {
	convolutionsDoTheWorkAroundThem(t, graphtest.WithoutVectors(t), FragmentsAuto, FragmentsShared) // whose direct kernels do nothing on the way
}

// The same on vector registers, where Winograd's transforms do it and the depthwise kernels.
func TestTransformsDoTheWorkAroundThem(t *testing.T) {
	dev := graphtest.Device(t)
	if !dev.Info().Features.Vectors {
		t.Skipf("%s has no vector loads: Mesa's llvmpipe has them from 26.1 on", dev.Info().Name)
	}
	convolutionsDoTheWorkAroundThem(t, dev, FragmentsVector)
}

// The same with cooperative matrices and tensors in fp16, which are rounded where they are stored.
func TestMatricesDoTheWorkAroundThem(t *testing.T) {
	convolutionsDoTheWorkAroundThem(t, graphtest.HalfDevice(t), FragmentsMatrix)
}

func convolutionsDoTheWorkAroundThem(t *testing.T, dev *vk.Device, fragments ...ConvFragments) {
	for _, c := range []struct {
		name string
		in   []int // [N,H,W,C]
		out  int   // channels
		side int   // of the kernel
		a    ConvAttr
		act  Activation
	}{
		{"direct", []int{3, 7, 9, 20}, 24, 3, ConvAttr{Padding: 1, Algorithm: ConvDirect}, ReLU},
		{"one tile", []int{1, 2, 3, 8}, 36, 1, ConvAttr{Algorithm: ConvDirect}, SiLU},
		{"many tiles", []int{5, 13, 11, 12}, 40, 1, ConvAttr{Algorithm: ConvDirect}, ReLU6},
		{"odd channels", []int{4, 6, 6, 16}, 21, 3, ConvAttr{Padding: 1, Algorithm: ConvDirect}, None},
		{"stride", []int{3, 9, 8, 32}, 64, 3, ConvAttr{Padding: 1, Stride: 2, Algorithm: ConvDirect}, ReLU},
		{"stride of 1x1", []int{3, 8, 8, 16}, 32, 1, ConvAttr{Stride: 2, Algorithm: ConvDirect}, ReLU},
		{"winograd", []int{2, 8, 12, 32}, 32, 3, ConvAttr{Padding: 1, Algorithm: ConvWinograd}, ReLU},
		{"winograd, odd tiles", []int{2, 7, 6, 32}, 36, 3, ConvAttr{Padding: 1, Algorithm: ConvWinograd}, GELU},
		{"depthwise", []int{3, 7, 9, 24}, 24, 3, ConvAttr{Padding: 1, Groups: 24}, ReLU6},
		{"depthwise, stride", []int{3, 8, 8, 12}, 12, 5, ConvAttr{Padding: 2, Stride: 2, Groups: 12}, SiLU},
	} {
		for _, f := range fragments {
			if f == FragmentsVector && c.a.Algorithm == ConvDirect {
				continue
			}
			if f == FragmentsShared && c.a.Groups > 1 || c.a.Algorithm == ConvWinograd && (dev.Info().Precision == vk.FP16 || !dev.Info().Features.Int64) {
				continue
			}
			t.Run(fmt.Sprint(c.name, " ", f), func(t *testing.T) {
				a := c.a
				a.Fragments = f
				sameFused(t, dev, [][]int{c.in, {c.in[3]}, {c.in[3]}, {c.out, c.in[3] / max(a.Groups, 1), c.side, c.side}}, func(in []*graph.Node) []*graph.Node {
					x, gamma, beta, w := in[0], in[1], in[2], in[3]
					stats := ChannelStats(x)
					y := Conv2d(BatchNorm(x, gamma, beta, stats, NormAttr{Eps: 1e-5, Act: c.act}, nil), w, a)
					own := ChannelStats(y)
					return []*graph.Node{Mean(Mul(y, y)), Mean(Mul(stats, stats)), Mean(Mul(own, own))}
				})
			})
		}
	}
	for _, act := range []Activation{ReLU, SiLU} {
		for _, f := range fragments {
			if f == FragmentsVector {
				continue
			}
			t.Run(fmt.Sprint("residual ", act, " ", f), func(t *testing.T) {
				shape := []int{2, 6, 7, 64}
				sameFused(t, dev, [][]int{shape, {64, 64, 3, 3}, {64, 64, 3, 3}, {64, 64, 1, 1}}, func(in []*graph.Node) []*graph.Node {
					z := Activate(in[0], act)
					y := graph.Add(Conv2d(z, in[1], ConvAttr{Padding: 1, Fragments: f}), z)
					return []*graph.Node{Mean(Mul(y, y)), Mean(Mul(Conv2d(y, in[2], ConvAttr{Padding: 1, Fragments: f}), Conv2d(y, in[3], ConvAttr{Fragments: f})))}
				})
			})
		}
	}
	for _, first := range []bool{false, true} {
		if slices.Contains(fragments, FragmentsVector) {
			break
		}
		t.Run(fmt.Sprint("slab ", first), func(t *testing.T) {
			sameFused(t, dev, [][]int{{3, 5, 5, 12}, {8, 12, 1, 1}, {8, 20, 1, 1}, {20}, {20}}, func(in []*graph.Node) []*graph.Node {
				s := NewSlab(in[0], 28, first)
				c12 := graph.Shape{12}
				a := NormAttr{Eps: 1e-5, Act: ReLU}
				y := Conv2d(s.BatchNorm(slice(in[3], 0, c12), slice(in[4], 0, c12), s.Stats(), a), in[1], ConvAttr{})
				s.Append(y)
				z := Conv2d(s.BatchNorm(in[3], in[4], s.Stats(), a), in[2], ConvAttr{})
				s.Append(z)
				return []*graph.Node{Mean(Mul(y, y)), Mean(Mul(z, z)), Mean(Mul(s.Stats(), s.Stats()))}
			})
		})
	}
}

// sameFused runs the sum of some scalars and its gradients, those of the first input alone and of all, with every operation by itself and not: numbers
// must be the same, and less be moved.
func sameFused(t *testing.T, dev *vk.Device, shapes [][]int, build func(in []*graph.Node) []*graph.Node) {
	t.Helper()
	for _, all := range []bool{false, true} {
		run := func(separate bool) (results [][]float32, bytes float64) {
			g := graph.New(dev)
			defer g.Discard()
			var in []*graph.Node
			for _, s := range shapes {
				in = append(in, g.Input("input", graph.F32, s...))
			}
			terms := build(in)
			wrt := in
			if !all {
				wrt = in[:1]
			}
			weights := make([]float64, len(terms))
			for i := range weights {
				weights[i] = 1 / float64(i+1)
			}
			loss := WeightedSum(weights, terms...)
			outputs := append([]*graph.Node{loss}, g.Grad(loss, wrt...)...)
			e, err := g.Compile(graph.CompileOptions{Outputs: outputs, Poison: true, Separate: separate})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			for i, n := range in {
				values := make([]float32, n.Size())
				scale := 1.0
				if i > 0 && len(shapes[i]) == 4 { // weights
					scale = math.Sqrt(float64(shapes[i][0]) / float64(n.Size()))
				}
				for j := range values {
					values[j] = float32(scale * (0.3 + graphtest.Normal(uint64(i), uint64(j))))
				}
				if err := e.Set(n, values); err != nil {
					t.Fatal(err)
				}
			}
			if err := e.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			for _, o := range outputs {
				v, err := e.Get(o)
				if err != nil {
					t.Fatal(err)
				}
				results = append(results, v)
			}
			for _, w := range e.Work() {
				bytes += float64(w.Bytes)
			}
			return results, bytes
		}
		want, apart := run(true)
		got, together := run(false)
		for i := range want {
			over, under := 0.0, 1e-30
			for j := range want[i] {
				d := float64(got[i][j]) - float64(want[i][j])
				over, under = over+d*d, under+float64(want[i][j])*float64(want[i][j])
			}
			most := 2e-5
			if dev.Info().Precision == vk.FP16 {
				most = 1e-2
			}
			if d := math.Sqrt(over / under); !(d < most) {
				t.Errorf("result %d, all gradients %t: relative difference %g, want less than %g", i, all, d, most)
			}
		}
		if !(together < apart) {
			t.Errorf("all gradients %t: %g bytes are moved, by separate kernels %g: want less", all, together, apart)
		}
	}
}
