package nn

import (
	"context"
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// benchmark profiles a graph of one output and reports the device's time, best
// run of the benchmark, as GB/s over the bytes that the kernels must move.
func benchmark(b *testing.B, build func(g *graph.Graph) (out *graph.Node, bytes int)) {
	b.Helper()
	g := graph.New(graphtest.Device(b))
	out, bytes := build(g)
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{out}, Name: b.Name()})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
	best := 1e9
	for b.Loop() {
		timings, err := e.Profile(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		sum := 0.0
		for _, t := range timings {
			sum += t.Seconds
		}
		best = min(best, sum)
	}
	b.ReportMetric(float64(bytes)/best/1e9, "GB/s")
	b.ReportMetric(best*1e6, "us")
	b.ReportMetric(0, "ns/op")
}

// The activations of ResNet-18 at 32 px and batch 16, first and last stage, and
// one of ShuffleNetV2 whose channels are no multiple of four.
var benchShapes = []graph.Shape{{16, 32, 32, 64}, {16, 4, 4, 512}, {16, 28, 28, 58}}

// onDevice is a tensor of device memory, as activations are.
func onDevice(b *testing.B, g *graph.Graph, shape ...int) *graph.Node {
	b.Helper()
	v, err := graph.NewVariable(g.Device(), "x", graph.F32, false, shape...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(v.Free)
	return g.Variable(v)
}

func BenchmarkOps(b *testing.B) {
	bn := NormAttr{Eps: 1e-5, Act: ReLU}
	for _, s := range benchShapes {
		c, bytes := s[3], 4*s.Size()
		for _, o := range []struct {
			name   string
			passes int // tensors of the shape read or written
			build  func(g *graph.Graph, x func(shape ...int) *graph.Node) *graph.Node
		}{
			{"add", 3, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return graph.Add(x(s...), x(s...)) }},
			{"relu", 2, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return Activate(x(s...), ReLU) }},
			{"silu", 2, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return Activate(x(s...), SiLU) }},
			{"gelu", 2, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return Activate(x(s...), GELU) }},
			{"batchnorm", 2, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return BatchNorm(x(s...), x(c), x(c), x(2, c), bn, nil)
			}},
			{"batchnorm_residual", 3, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return BatchNorm(x(s...), x(c), x(c), x(2, c), bn, x(s...))
			}},
			{"batchnorm_grad_input", 3, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return g.Apply(batchNormGradInputOp, batchNormAttr{NormAttr: bn}, x(s...), x(s...), x(c), x(c), x(2, c))
			}},
			{"batchnorm_grad_input_stats", 3, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return g.Apply(batchNormGradInputOp, batchNormAttr{NormAttr: bn}, x(s...), x(s...), x(c), x(c), x(2, c), x(2, c), x(2, c))
			}},
			{"batchnorm_reduce", 2, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return g.Apply(batchNormReduceOp, batchNormAttr{NormAttr: bn}, x(s...), x(s...), x(c), x(c), x(2, c))
			}},
			{"channel_stats", 1, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return ChannelStats(x(s...)) }},
			{"instance_norm", 3, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return InstanceNorm(x(s...), x(c), x(c), bn)
			}},
			{"instance_norm_grad", 3 + 6, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				u := x(s...)
				return g.GradFrom(InstanceNorm(u, x(c), x(c), bn), x(s...), u)[0]
			}},
			{"bias_grad", 1, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
				return g.Apply(biasGradOp, nil, x(s...))
			}},
			{"global_avg_pool", 1, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return GlobalAvgPool(x(s...)) }},
		} {
			b.Run(fmt.Sprint(o.name, s), func(b *testing.B) {
				benchmark(b, func(g *graph.Graph) (*graph.Node, int) {
					return o.build(g, func(shape ...int) *graph.Node { return onDevice(b, g, shape...) }), o.passes * bytes
				})
			})
		}
	}
}

// What a recover or squeeze step does beside the network, at 64 px and batch
// 100, and the pooling of the ImageNet stem.
func BenchmarkSteps(b *testing.B) {
	const n, px = 100, 64
	images, stem := 4*n*px*px*3, 4*4*112*112*64
	for _, o := range []struct {
		name  string
		bytes int
		build func(g *graph.Graph, x func(shape ...int) *graph.Node) *graph.Node
	}{
		{"decode_rgb", images * 5 / 4, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			return DecodeRGB(g.Input("bytes", graph.U32, n, RGBWords(px, px)), px, px, [3]float64{}, [3]float64{1, 1, 1})
		}},
		{"resize", 2 * images, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node { return Resize(x(n, px, px, 3), px, px) }},
		{"resize_grad", 2 * images, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			y := Resize(x(n, px, px, 3), px, px)
			return y.Op().Grad(y, x(n, px, px, 3))[0]
		}},
		{"shift_crop", 2 * images, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			return ShiftCrop(x(n, px, px, 3), x(n, ShiftWords))
		}},
		{"gather_rows", 2 * images, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			return GatherRows(x(n, px, px, 3), g.Input("idx", graph.U32, n))
		}},
		{"adam_rows", 7 * images, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			table := func() *graph.Node { return x(n, px, px, 3) }
			return AdamRows(table(), table(), table(), table(), g.Input("idx", graph.U32, n), x(HyperWords), make([]float64, 3), make([]float64, 3))
		}},
		{"adam", 7 * 4 * 512 * 512 * 9, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			w := func() *graph.Node { return x(512, 512, 3, 3) }
			return Adam(w(), w(), w(), w(), x(HyperWords))
		}},
		{"max_pool", stem * 5 / 4, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			return MaxPool(x(4, 112, 112, 64), 3, 2, 1)
		}},
		{"max_pool_grad", stem * 11 / 4, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			y := MaxPool(x(4, 112, 112, 64), 3, 2, 1)
			return y.Op().Grad(y, x(4, 56, 56, 64))[0]
		}},
		{"cross_entropy_grad", 3 * 4 * n * 1000, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			y := CrossEntropyPerSample(x(n, 1000), g.Input("labels", graph.U32, n), 0)
			return y.Op().Grad(y, x(n))[0]
		}},
		{"random_normal", images, func(g *graph.Graph, x func(...int) *graph.Node) *graph.Node {
			return RandomNormal(g.Input("seed", graph.U32, SeedWords), n, px, px, 3)
		}},
	} {
		b.Run(o.name, func(b *testing.B) {
			benchmark(b, func(g *graph.Graph) (*graph.Node, int) {
				return o.build(g, func(shape ...int) *graph.Node { return onDevice(b, g, shape...) }), o.bytes
			})
		})
	}
}
