package nn

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// coarse numbers are exact in fp16.
func coarse(stream uint64) func(i int) float64 {
	return func(i int) float64 { return math.Round(32*graphtest.Normal(stream, uint64(i))) / 32 }
}

// checkMatrices compares a convolution by cooperative matrices with the
// definition: of operands that are exact in fp16 the values must be as good as
// fp32's, for the sums are fp32; gradients are as good as fp16's, for the
// harness's dy is not exact.
func checkMatrices(t *testing.T, dev *vk.Device, n, h, w, c, k, r, s int, a ConvAttr) {
	t.Helper()
	a.Stride, a.Groups = max(a.Stride, 1), 1
	x, wt := graph.Shape{n, h, w, c}, graph.Shape{k, c, r, s}
	shape, err := newConvShape(x, wt, a)
	if err != nil {
		t.Fatal(err)
	}
	graphtest.CheckOn(t, dev, graphtest.Case{
		Name:    fmt.Sprintf("%dx%dx%dx%d_to_%d_%dx%d_stride%d_pad%d_tile%v", n, h, w, c, k, r, s, a.Stride, a.Padding, a.Tile),
		Inputs:  []graphtest.In{{Shape: x, Values: coarse(1)}, {Shape: wt, Values: coarse(2)}},
		Build:   func(in []*graph.Node) *graph.Node { return Conv2d(in[0], in[1], a) },
		Ref:     func(in [][]float64) []float64 { return conv2dRef(shape, in[0], in[1]) },
		GradTol: 2e-3,
	})
}

func TestConv2dMatrices(t *testing.T) {
	dev := graphtest.HalfDevice(t)
	for _, tile := range []MatrixTile{{}, {32, 32, 3}} {
		a := func(stride, padding int) ConvAttr {
			return ConvAttr{Stride: stride, Padding: padding, Tile: tile}
		}
		checkMatrices(t, dev, 1, 1, 1, 1, 1, 1, 1, a(1, 0))
		checkMatrices(t, dev, 2, 9, 7, 3, 16, 3, 3, a(1, 1))
		checkMatrices(t, dev, 1, 15, 13, 3, 8, 7, 7, a(2, 3))
		checkMatrices(t, dev, 3, 5, 11, 13, 17, 5, 5, a(1, 2))
		checkMatrices(t, dev, 2, 8, 8, 33, 35, 3, 3, a(2, 1)) // just past a tile
		checkMatrices(t, dev, 2, 7, 9, 16, 40, 1, 1, a(2, 0)) // pixels that no tap reads
		checkMatrices(t, dev, 1, 6, 6, 8, 8, 3, 2, a(3, 1))
		checkMatrices(t, dev, 5, 2, 3, 8, 4, 2, 1, a(1, 1))
		checkMatrices(t, dev, 3, 7, 9, 3, 37, 3, 3, a(1, 1)) // weight gradient by patches
	}
	for _, tile := range []MatrixTile{{64, 64, 1}, {128, 64, 2}, {128, 128, 1}} {
		a := ConvAttr{Stride: 1, Padding: 1, Tile: tile}
		if c := matrixTiles[slices.IndexFunc(matrixTiles, tile.is)]; !c.fits(dev.Info()) {
			continue
		}
		checkMatrices(t, dev, 1, 4, 4, 40, 70, 3, 3, a)
		checkMatrices(t, dev, 2, 9, 9, 67, 33, 3, 3, a)
		a.Stride = 2
		checkMatrices(t, dev, 1, 13, 11, 8, 140, 3, 3, a)
	}
}

// Operands that are not exact are rounded to fp16, and small gradients survive it.
func TestConv2dMatricesRound(t *testing.T) {
	dev := graphtest.HalfDevice(t)
	x, w := graph.Shape{2, 6, 6, 20}, graph.Shape{24, 20, 3, 3}
	shape, err := newConvShape(x, w, ConvAttr{Stride: 1, Padding: 1, Groups: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, scale := range []float64{1, 1e-6} { // of the result, and so of the gradient that reaches the convolution
		graphtest.CheckOn(t, dev, graphtest.Case{
			Name:   fmt.Sprint(scale),
			Inputs: []graphtest.In{{Shape: x}, {Shape: w}},
			Build:  func(in []*graph.Node) *graph.Node { return Scale(Conv2d(in[0], in[1], ConvAttr{Padding: 1}), scale) },
			Ref: func(in [][]float64) []float64 {
				y := conv2dRef(shape, in[0], in[1])
				for i := range y {
					y[i] *= scale
				}
				return y
			},
			Tol: 2e-3, GradTol: 2e-3, Step: 1e-3,
		})
	}
}

// Operands are rounded to the nearest fp16: what truncates them doubles the error and shrinks every sum.
func TestConv2dMatricesRoundToNearest(t *testing.T) {
	g := graph.New(graphtest.HalfDevice(t))
	const n = 64
	one := make([]float32, 32*32)
	for i := range 32 {
		one[33*i] = 1
	}
	x, w := g.Input("x", graph.F32, 1, 1, n, 32), g.Input("w", graph.F32, 32, 32, 1, 1)
	v := make([]float32, x.Size())
	for i := range v {
		v[i] = float32(graphtest.Normal(1, uint64(i)))
	}
	y := Conv2d(x, w, ConvAttr{})
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{y}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(e.Set(x, v), e.Set(w, one), e.Run(t.Context())); err != nil {
		t.Fatal(err)
	}
	got, err := e.Get(y)
	if err != nil {
		t.Fatal(err)
	}
	for i, have := range got {
		if want := ToHalf(v[i]).Float32(); have != want {
			t.Fatalf("%v was rounded to %v, want %v", v[i], have, want)
		}
	}
}

// The tile that was the fastest is found once, and taken from the folder by devices that do not look for it.
func TestMatrixTilesAreTuned(t *testing.T) {
	graphtest.HalfDevice(t)
	x, w := graph.Shape{2, 9, 9, 40}, graph.Shape{40, 40, 3, 3}
	shape, err := newConvShape(x, w, ConvAttr{Stride: 1, Padding: 1, Groups: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := product{N: 2, H: 9, W: 9, C: 40, P: 9, Q: 9, K: 40, R: 3, S: 3, stride: 1, padding: 1}
	o := vk.Options{Device: os.Getenv("RETA_DEVICE"), Precision: vk.FP16, CacheDir: t.TempDir()}
	for _, o.Tune = range []bool{true, false} {
		dev, err := vk.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		graphtest.CheckOn(t, dev, graphtest.Case{
			Name:    fmt.Sprint("tune ", o.Tune),
			Inputs:  []graphtest.In{{Shape: x, Values: coarse(1)}, {Shape: w, Values: coarse(2)}},
			Build:   func(in []*graph.Node) *graph.Node { return Conv2d(in[0], in[1], ConvAttr{Padding: 1}) },
			Ref:     func(in [][]float64) []float64 { return conv2dRef(shape, in[0], in[1]) },
			GradTol: 2e-3,
		})
		tiles := p.tiles(dev.Info())
		way, err := dev.Choose(fmt.Sprint("conv2d_cm ", p, tiles), len(tiles), nil)
		if err != nil || way < 0 {
			t.Errorf("of %v the one chosen is %d, error %v", tiles, way, err)
		}
		t.Logf("of %v the fastest is %v", tiles, tiles[max(0, way)])
		if err := dev.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Tiles suit the product: large ones where there are enough, sums split where there are not, small ones for few channels.
func TestMatrixTilesBySize(t *testing.T) {
	info := vk.Info{Kind: vk.Discrete, Limits: vk.Limits{SubgroupSize: 32, SharedBytes: 48 << 10, WorkgroupInvocations: 1024, StorageRange: 1 << 30},
		Features: vk.Features{CooperativeMatrix: []vk.MatrixShape{{M: 16, N: 16, K: 16, A: "float16", B: "float16", C: "float32", D: "float32", Scope: "subgroup"}}}}
	of := func(n, side, c, k, taps int) product {
		return product{N: n, H: side, W: side, C: c, P: side, Q: side, K: k, R: taps, S: taps, stride: 1}
	}
	for _, c := range []struct {
		p    product
		want MatrixTile
	}{
		{of(100, 56, 128, 128, 3), MatrixTile{128, 128, 1}},
		{of(100, 32, 64, 64, 3), MatrixTile{128, 64, 1}},
		{of(100, 4, 512, 512, 3), MatrixTile{64, 64, 2}},
		{of(10, 4, 512, 512, 3), MatrixTile{64, 64, 9}},
		{of(100, 1, 512, 1000, 1), MatrixTile{64, 64, 1}},
		{of(100, 32, 64, 3, 3), MatrixTile{32, 32, 1}},
		{of(1, 1, 8, 8, 1), MatrixTile{32, 32, 1}},
	} {
		if got := c.p.tiles(info)[0]; got != c.want {
			t.Errorf("%+v: tile %v, want %v", c.p, got, c.want)
		}
	}
	info.Limits.SharedBytes = 32 << 10
	if got := of(100, 56, 128, 128, 3).tiles(info)[0]; got.M > 64 {
		t.Errorf("in 32 KiB of shared memory: tile %v", got)
	}
}
