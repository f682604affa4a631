package nn

import (
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// What a device with a small storage-buffer range computes in parts of the batch
// is what it computes at once: the same bits, but for weight gradients, whose
// sums over the batch are grouped otherwise.
func TestPartsOfABatch(t *testing.T) {
	whole, parts := graphtest.Device(t), narrow(t)
	conv := func(k, groups int, a ConvAttr) func(x *graph.Node) (*graph.Node, []*graph.Node) {
		return func(x *graph.Node) (*graph.Node, []*graph.Node) {
			c := x.Dim(-1)
			a.Groups = groups
			w := values(x.Graph(), "w", 9, k, c/max(groups, 1), 3, 3)
			return Conv2d(x, w, a), []*graph.Node{w}
		}
	}
	of := func(f func(x *graph.Node) *graph.Node) func(x *graph.Node) (*graph.Node, []*graph.Node) {
		return func(x *graph.Node) (*graph.Node, []*graph.Node) { return f(x), nil }
	}
	norm := func(residual bool) func(x *graph.Node) (*graph.Node, []*graph.Node) {
		return func(x *graph.Node) (*graph.Node, []*graph.Node) {
			c := x.Dim(-1)
			gamma, beta := values(x.Graph(), "gamma", 3, c), values(x.Graph(), "beta", 4, c)
			var r *graph.Node
			if residual {
				r = Scale(x, 0.5)
			}
			return BatchNorm(x, gamma, beta, ChannelStats(x), NormAttr{Eps: 1e-5, Act: ReLU}, r), []*graph.Node{gamma, beta}
		}
	}
	winograd := ConvWinograd
	if !graphtest.Device(t).Info().Features.Int64 {
		winograd = ConvAuto
	}
	for _, c := range []struct {
		name  string
		shape []int
		build func(x *graph.Node) (y *graph.Node, weights []*graph.Node)
	}{
		{"direct", []int{13, 12, 12, 8}, conv(12, 1, ConvAttr{Padding: 1, Algorithm: ConvDirect})},
		{"direct, odd channels", []int{21, 10, 10, 7}, conv(10, 1, ConvAttr{Padding: 1, Algorithm: ConvDirect})},
		{"direct, three channels", []int{13, 12, 12, 3}, conv(28, 1, ConvAttr{Padding: 1, Algorithm: ConvDirect})},
		{"direct, stride 2", []int{13, 13, 13, 8}, conv(8, 1, ConvAttr{Stride: 2, Padding: 1, Algorithm: ConvDirect})},
		{"winograd", []int{13, 12, 12, 8}, conv(8, 1, ConvAttr{Padding: 1, Algorithm: winograd})},
		{"depthwise", []int{13, 12, 12, 8}, conv(8, 8, ConvAttr{Padding: 1})},
		{"depthwise, stride 2", []int{13, 12, 12, 8}, conv(8, 8, ConvAttr{Stride: 2, Padding: 1})},
		{"batchnorm", []int{13, 12, 12, 8}, norm(false)},
		{"batchnorm and residual", []int{13, 12, 12, 8}, norm(true)},
		{"instance norm", []int{13, 12, 12, 10}, func(x *graph.Node) (*graph.Node, []*graph.Node) {
			c := x.Dim(-1)
			gamma, beta := values(x.Graph(), "gamma", 3, c), values(x.Graph(), "beta", 4, c)
			return InstanceNorm(x, gamma, beta, NormAttr{Eps: 1e-5, Act: ReLU}), []*graph.Node{gamma, beta}
		}},
		{"layer norm", []int{13, 12, 12, 10}, func(x *graph.Node) (*graph.Node, []*graph.Node) {
			c := x.Dim(-1)
			gamma, beta := values(x.Graph(), "gamma", 3, c), values(x.Graph(), "beta", 4, c)
			return graph.Add(x, LayerNorm(x, gamma, beta, 1e-5)), []*graph.Node{gamma, beta}
		}},
		{"moved rows", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node {
			return MoveRows(x, NewRowMap(x.Graph(), 144, []int{3, -1, 143, 80}))
		})},
		{"attention", []int{26, 10, 84}, func(x *graph.Node) (*graph.Node, []*graph.Node) {
			bias := values(x.Graph(), "bias", 3, 10, 7, 12)
			return Attention(x, bias, values(x.Graph(), "mask", 4, 2, 10, 12), 7), []*graph.Node{bias}
		}},
		{"bias", []int{13, 12, 12, 9}, func(x *graph.Node) (*graph.Node, []*graph.Node) {
			b := values(x.Graph(), "b", 3, x.Dim(-1))
			return Bias(x, b, GELU), []*graph.Node{b}
		}},
		{"relu", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return Activate(x, ReLU) })},
		{"mul", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return Mul(x, Activate(x, ReLU6)) })},
		{"max pool", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return MaxPool(x, 3, 2, 1) })},
		{"average pool", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return AvgPool(x, 2, 2, 0) })},
		{"global average pool", []int{13, 12, 12, 12}, of(GlobalAvgPool)},
		{"adaptive average pool", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return AdaptiveAvgPool(x, 5, 7) })},
		{"gate", []int{13, 12, 12, 9}, func(x *graph.Node) (*graph.Node, []*graph.Node) {
			gate := values(x.Graph(), "gate", 3, x.Dim(0), x.Dim(-1))
			return Gate(x, gate), []*graph.Node{gate}
		}},
		{"squeeze and excite", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return Gate(x, GlobalAvgPool(x)) })},
		{"dropout", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node {
			return Dropout(x, NewMasks(constU32(t, x.Graph(), RNG{3}.SeedAt(1, 2), SeedWords)), "", 0.5)
		})},
		{"stochastic depth", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node {
			return StochasticDepth(x, Scale(x, 2), NewMasks(constU32(t, x.Graph(), RNG{3}.SeedAt(1, 2), SeedWords)), "", 0.5)
		})},
		{"concat", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return Concat(x, SliceChannels(x, 2, 5)) })},
		{"shuffle", []int{13, 12, 12, 12}, of(func(x *graph.Node) *graph.Node { return ChannelShuffle(x, 3) })},
		{"resize", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node { return Resize(x, 15, 9) })},
		{"shift", []int{13, 12, 12, 9}, of(func(x *graph.Node) *graph.Node {
			return ShiftCrop(x, values(x.Graph(), "shifts", 5, x.Dim(0), ShiftWords))
		})},
		{"decode", []int{13, 16, 16, 3}, of(func(x *graph.Node) *graph.Node {
			words := make([]uint32, 13*RGBWords(40, 40))
			for i := range words {
				words[i] = uint32(i) * 0x9e3779b9
			}
			bytes := constU32(t, x.Graph(), words, 13, RGBWords(40, 40))
			return graph.Add(x, Augment(DecodeRGB(bytes, 40, 40, [3]float64{0.5, 0.4, 0.3}, [3]float64{0.2, 0.3, 0.4}),
				x.Graph().Const("boxes", WholeBoxes(13, 40, 40), 13, BoxWords), 16, 16))
		})},
		{"views", []int{13, 24, 24, 3}, of(func(x *graph.Node) *graph.Node {
			g, bytes, partner := x.Graph(), make([]byte, x.Size()), make([]uint32, 13)
			var boxes []float32
			for i := range bytes {
				bytes[i] = byte(i * i)
			}
			for i := range partner {
				partner[i] = uint32(12 - i)
				boxes = Box{Top: float64(i), Left: 2, Height: 9, Width: 17, Flip: i%2 == 1}.Append(boxes)
			}
			views := CropRGB(constU32(t, g, PackRGB(bytes, 24, 24), 13, RGBWords(24, 24)), g.Const("boxes", boxes, 13, BoxWords), 24, 24,
				[3]float64{0.5, 0.4, 0.3}, [3]float64{0.2, 0.3, 0.4})
			pairs := constU32(t, g, partner, 13)
			mixed := CutMix(views, pairs, g.Const("cut", Cut{Top: 3, Left: 5, Height: 12, Width: 19}.Append(nil), CutWords))
			mixed = DSA(mixed, g.Const("numbers", DrawDSA(NewDraws(1, 2, 3), 13, 24, 24), 13, SiameseWords))
			return graph.Add(x, Mixup(mixed, pairs, g.Const("share", []float32{0.3}, 1)))
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, once := inParts(t, whole, c.shape, c.build)
			got, divided := inParts(t, parts, c.shape, c.build)
			if divided <= once {
				t.Fatalf("%d dispatches, %d without the limit: nothing was divided", divided, once)
			}
			for k := range want {
				weight := k > 1
				scale := 0.0
				for _, v := range want[k] {
					scale = math.Max(scale, math.Abs(float64(v)))
				}
				for i, v := range want[k] {
					if d := math.Abs(float64(got[k][i] - v)); d != 0 && (!weight || d > 1e-5*scale) || math.IsNaN(float64(v)) {
						t.Fatalf("result %d, element %d: got %v, want %v", k, i, got[k][i], v)
					}
				}
			}
		})
	}
}

// A weight over the range is taken in blocks of outputs: the same results, but for the sums over the outputs, which are grouped
// otherwise.
func TestPartsOfAWeight(t *testing.T) {
	build := func(x *graph.Node) (*graph.Node, []*graph.Node) {
		w, b := values(x.Graph(), "w", 3, 200, x.Dim(-1)), values(x.Graph(), "b", 4, 200)
		return Linear(x, w, b, ReLU), []*graph.Node{w, b}
	}
	for _, in := range []int{93, 96} {
		want, once := inParts(t, graphtest.Device(t), []int{5, in}, build)
		got, divided := inParts(t, narrow(t), []int{5, in}, build)
		if divided <= once {
			t.Fatalf("%d dispatches, %d without the limit: nothing was divided", divided, once)
		}
		for k := range want {
			for i, v := range want[k] {
				if d := math.Abs(float64(got[k][i] - v)); !(d <= 1e-5*(1+math.Abs(float64(v)))) {
					t.Fatalf("%d inputs, result %d, element %d: got %v, want %v", in, k, i, got[k][i], v)
				}
			}
		}
	}
}

// narrow is a device with a small storage-buffer range.
func narrow(t *testing.T) *vk.Device {
	t.Helper()
	dev, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), Validation: graphtest.Validation(), StorageRange: 48 << 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

// A table over the range is read and updated in parts, with the same bits.
func TestPartsOfATable(t *testing.T) {
	shape := []int{50, 12, 12, 3}
	size := 12 * 12 * 3
	rows := []uint32{49, 3, NoRow, 0, 31, 17}
	for i := range uint32(36) {
		rows = append(rows, 4+i%11+11*(i%2))
	}
	var want [][]float32
	for _, dev := range []*vk.Device{graphtest.Device(t), narrow(t)} {
		g := graph.New(dev)
		w, m, v := variable(t, g, normals(1, 50*size), shape...), variable(t, g, make([]float64, 50*size), shape...), variable(t, g, make([]float64, 50*size), shape...)
		once := []uint32{49, 3, NoRow, 0, 31, 17}
		read := GatherRows(g.Variable(w), constU32(t, g, rows, len(rows)))
		grad := values(g, "grad", 7, len(once), 12, 12, 3)
		step := AdamRows(g.Variable(w), grad, g.Variable(m), g.Variable(v), constU32(t, g, once, len(once)),
			g.Const("hyper", Hyper{LR: 0.3, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1), HyperWords), []float64{-1, -1, -1}, []float64{1, 1, 1})
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{read, step}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		gathered, err := e.Get(read)
		if err != nil {
			t.Fatal(err)
		}
		got := [][]float32{gathered}
		for _, x := range []*graph.Variable{w, m, v} {
			values, err := x.Read()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, values)
		}
		e.Close()
		if want == nil {
			want = got
			continue
		}
		for i, what := range []string{"gathered rows", "table", "first moment", "second moment"} {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("the %s differ", what)
			}
		}
	}
}

// values is an input of standard normal numbers.
func values(g *graph.Graph, name string, stream uint64, shape ...int) *graph.Node {
	v := make([]float32, graph.Shape(shape).Size())
	for i := range v {
		v[i] = float32(graphtest.Normal(stream, uint64(i)))
	}
	return g.Const(name, v, shape...)
}

// inParts is an operation on normal numbers, its gradients to x and to weights,
// and the number of dispatches.
func inParts(t *testing.T, dev *vk.Device, shape []int, build func(x *graph.Node) (*graph.Node, []*graph.Node)) ([][]float32, int) {
	t.Helper()
	g := graph.New(dev)
	x := g.Input("x", graph.F32, shape...)
	y, weights := build(x)
	dy := g.Input("dy", graph.F32, y.Shape()...)
	outputs := append([]*graph.Node{y}, g.GradFrom(y, dy, append([]*graph.Node{x}, weights...)...)...)
	e, err := g.Compile(graph.CompileOptions{Outputs: outputs, Poison: true, Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for stream, n := range []*graph.Node{x, dy} {
		v := make([]float32, n.Size())
		for i := range v {
			v[i] = float32(graphtest.Normal(uint64(stream), uint64(i)))
		}
		if err := e.Set(n, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	var results [][]float32
	for _, n := range outputs {
		v, err := e.Get(n)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, v)
	}
	times, err := e.Profile(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return results, len(times)
}
