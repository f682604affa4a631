package nn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// conv2dRef is the definition, in float64.
func conv2dRef(s convShape, x, w []float64) []float64 {
	y := make([]float64, s.y().Size())
	cg, kg := s.C/s.Groups, s.K/s.Groups
	for n := range s.N {
		for p := range s.P {
			for q := range s.Q {
				for r := range s.R {
					for t := range s.S {
						i, j := p*s.Stride-s.Padding+r, q*s.Stride-s.Padding+t
						if i < 0 || i >= s.H || j < 0 || j >= s.W {
							continue
						}
						row := x[((n*s.H+i)*s.W+j)*s.C:]
						out := y[((n*s.P+p)*s.Q+q)*s.K:]
						for k := range s.K {
							for c := range cg {
								out[k] += row[k/kg*cg+c] * w[((k*cg+c)*s.R+r)*s.S+t]
							}
						}
					}
				}
			}
		}
	}
	return y
}

func checkConv2d(t *testing.T, n, h, w, c, k, r, s int, a ConvAttr) {
	t.Helper()
	a.Stride, a.Groups = max(a.Stride, 1), max(a.Groups, 1)
	x, wt := graph.Shape{n, h, w, c}, graph.Shape{k, c / a.Groups, r, s}
	shape, err := newConvShape(x, wt, a)
	if err != nil {
		t.Fatal(err)
	}
	graphtest.Check(t, graphtest.Case{
		Name:   fmt.Sprintf("%dx%dx%dx%d_to_%d_%dx%d_stride%d_pad%d_groups%d", n, h, w, c, k, r, s, a.Stride, a.Padding, a.Groups),
		Inputs: []graphtest.In{{Shape: x}, {Shape: wt}},
		Build:  func(in []*graph.Node) *graph.Node { return Conv2d(in[0], in[1], a) },
		Ref:    func(in [][]float64) []float64 { return conv2dRef(shape, in[0], in[1]) },
	})
}

// fragments are the ways of sharing operands that the device runs: every one has shared memory.
func fragments(t *testing.T) map[string]ConvFragments {
	t.Helper()
	if !broadcasts(graphtest.Device(t).Info()) {
		return map[string]ConvFragments{"shared": FragmentsShared}
	}
	all := map[string]ConvFragments{"broadcast": FragmentsBroadcast, "shared": FragmentsShared}
	if graphtest.Device(t).Info().Features.Vectors {
		all["vector"] = FragmentsVector
	}
	return all
}

// winogradRuns skips a test of Winograd's kernels on devices without 64-bit integers, which convolve directly.
func winogradRuns(t *testing.T) {
	t.Helper()
	if info := graphtest.Device(t).Info(); !info.Features.Int64 {
		t.Skipf("%s has no 64-bit integers", info.Name)
	}
}

func TestConv2dDirect(t *testing.T) {
	for name, f := range fragments(t) {
		t.Run(name, func(t *testing.T) {
			a := func(stride, padding int) ConvAttr {
				return ConvAttr{Stride: stride, Padding: padding, Algorithm: ConvDirect, Fragments: f}
			}
			checkConv2d(t, 1, 1, 1, 1, 1, 1, 1, a(1, 0))
			checkConv2d(t, 2, 9, 7, 3, 16, 3, 3, a(1, 1))
			checkConv2d(t, 1, 15, 13, 3, 8, 7, 7, a(2, 3))
			checkConv2d(t, 3, 5, 11, 13, 17, 5, 5, a(1, 2))
			checkConv2d(t, 2, 8, 8, 33, 35, 3, 3, a(2, 1)) // just past a tile
			checkConv2d(t, 2, 7, 9, 16, 40, 1, 1, a(2, 0)) // pixels that no tap reads
			checkConv2d(t, 1, 4, 4, 40, 70, 3, 3, a(1, 1))
			checkConv2d(t, 1, 6, 6, 8, 8, 3, 2, a(3, 1))
			checkConv2d(t, 5, 2, 3, 8, 4, 2, 1, a(1, 1))
			checkConv2d(t, 3, 7, 9, 3, 37, 3, 3, a(1, 1)) // weight gradient by patches, here and below
			checkConv2d(t, 2, 11, 8, 1, 25, 5, 5, a(2, 2))
			checkConv2d(t, 1, 6, 5, 5, 32, 2, 3, a(3, 2))
			checkConv2d(t, 2, 4, 4, 7, 64, 3, 3, a(1, 0))
			checkConv2d(t, 2, 14, 13, 3, 6, 7, 7, a(2, 3)) // data gradient by columns, here, below and in most of the above
			checkConv2d(t, 1, 17, 19, 2, 5, 11, 11, a(4, 2))
			checkConv2d(t, 2, 9, 6, 3, 8, 2, 2, a(3, 0)) // pixels that no tap reads
		})
	}
}

func TestConv2dWinograd(t *testing.T) {
	winogradRuns(t)
	for name, f := range fragments(t) {
		t.Run(name, func(t *testing.T) {
			a := func(padding int) ConvAttr {
				return ConvAttr{Padding: padding, Algorithm: ConvWinograd, Fragments: f}
			}
			checkConv2d(t, 1, 4, 4, 8, 8, 3, 3, a(1))
			checkConv2d(t, 2, 9, 7, 3, 5, 3, 3, a(1)) // part tiles, odd channels
			checkConv2d(t, 2, 6, 6, 12, 35, 3, 3, a(0))
			checkConv2d(t, 1, 3, 5, 33, 4, 3, 3, a(2))
			checkConv2d(t, 2, 5, 6, 32, 64, 3, 3, a(1)) // whole groups of 32 channels on both sides, here, and on one
			checkConv2d(t, 1, 4, 9, 64, 12, 3, 3, a(1))
			checkConv2d(t, 1, 4, 4, 20, 32, 3, 3, a(1))
		})
	}
}

func TestConv2dRefuses(t *testing.T) {
	for _, c := range []struct {
		x, w graph.Shape
		a    ConvAttr
		want string
	}{
		{graph.Shape{1, 4, 4, 3}, graph.Shape{8, 4, 3, 3}, ConvAttr{}, "want C=4, got 3"},
		{graph.Shape{1, 4, 4, 3}, graph.Shape{8, 3, 5, 5}, ConvAttr{}, "larger than input"},
		{graph.Shape{1, 4, 4, 3}, graph.Shape{8, 3, 3, 3}, ConvAttr{Groups: 2}, "2 groups do not divide 3"},
		{graph.Shape{1, 4, 4}, graph.Shape{8, 3, 3, 3}, ConvAttr{}, "[N,H,W,C]"},
		{graph.Shape{1, 8, 8, 8}, graph.Shape{8, 8, 3, 3}, ConvAttr{Stride: 2, Algorithm: ConvWinograd}, "winograd takes"},
	} {
		g := graph.New(graphtest.Device(t))
		Conv2d(g.Input("x", graph.F32, c.x...), g.Input("w", graph.F32, c.w...), c.a)
		if err := g.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("conv2d of %v with %v %+v: got error %v, want %q", c.x, c.w, c.a, err, c.want)
		}
	}
}

func TestConv2dGrouped(t *testing.T) {
	a := func(groups, stride, padding int) ConvAttr {
		return ConvAttr{Groups: groups, Stride: stride, Padding: padding}
	}
	checkConv2d(t, 2, 5, 7, 6, 9, 3, 3, a(3, 1, 1))
	checkConv2d(t, 1, 6, 5, 8, 4, 3, 2, a(2, 2, 1))
	checkConv2d(t, 1, 5, 5, 4, 12, 1, 1, a(4, 2, 0)) // a channel multiplier of three
}

func TestConv2dDepthwise(t *testing.T) {
	a := func(groups, stride, padding int) ConvAttr {
		return ConvAttr{Groups: groups, Stride: stride, Padding: padding}
	}
	checkConv2d(t, 1, 1, 1, 4, 4, 1, 1, a(4, 1, 0))
	checkConv2d(t, 2, 5, 9, 8, 8, 3, 3, a(8, 1, 1))
	checkConv2d(t, 2, 7, 6, 12, 12, 3, 3, a(12, 2, 1))
	checkConv2d(t, 1, 9, 8, 4, 4, 5, 5, a(4, 1, 0))
	checkConv2d(t, 1, 8, 11, 4, 4, 3, 2, a(4, 3, 1))
	checkConv2d(t, 2, 4, 5, 7, 7, 3, 3, a(7, 1, 1)) // channels not in vec4, here and below
	checkConv2d(t, 2, 6, 7, 9, 9, 3, 3, a(9, 2, 1))
	checkConv2d(t, 1, 3, 4, 2, 2, 3, 3, a(2, 2, 1))
}

// A batch whose transformed tiles do not fit in one part gives what the direct
// product gives, in value and in both gradients.
func TestConv2dWinogradParts(t *testing.T) {
	winogradRuns(t)
	const n, side, c, k = 5, 32, 736, 8
	if s := (convShape{N: n, C: c, K: k}); s.winogradPart(graphtest.Device(t).Info(), side*side/16) >= n {
		t.Fatalf("the batch fits in one part of %d images: enlarge it", s.winogradPart(graphtest.Device(t).Info(), side*side/16))
	}
	results := map[ConvAlgorithm][][]float32{}
	for _, algorithm := range []ConvAlgorithm{ConvDirect, ConvWinograd} {
		g := graph.New(graphtest.Device(t)).Exact()
		x, w := g.Input("x", graph.F32, n, side, side, c), g.Input("w", graph.F32, k, c, 3, 3)
		dy := g.Input("dy", graph.F32, n, side, side, k)
		y := Conv2d(x, w, ConvAttr{Padding: 1, Algorithm: algorithm})
		out := append([]*graph.Node{y}, g.GradFrom(y, dy, x, w)...)
		e, err := g.Compile(graph.CompileOptions{Outputs: out, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for stream, in := range []*graph.Node{x, w, dy} {
			v := make([]float32, in.Size())
			for i := range v {
				v[i] = float32(graphtest.Normal(uint64(stream), uint64(i)))
			}
			if err := e.Set(in, v); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			v, err := e.Get(o)
			if err != nil {
				t.Fatal(err)
			}
			results[algorithm] = append(results[algorithm], v)
		}
	}
	for i, what := range []string{"value", "gradient to x", "gradient to w"} {
		want := make([]float64, len(results[ConvDirect][i]))
		for j, v := range results[ConvDirect][i] {
			want[j] = float64(v)
		}
		graphtest.Near(t, what, results[ConvWinograd][i], want, 5e-5)
	}
}

func TestConv2dChoosesAlgorithm(t *testing.T) {
	for _, c := range []struct {
		n, side, c, k, kernel, stride int
		want                          ConvAlgorithm
	}{
		{8, 32, 64, 64, 3, 1, ConvWinograd},
		{16, 4, 512, 512, 3, 1, ConvWinograd},
		{1, 4, 512, 512, 3, 1, ConvDirect}, // one tile would leave workgroups empty
		{8, 32, 3, 64, 3, 1, ConvDirect},   // few channels
		{8, 32, 64, 128, 3, 2, ConvDirect},
		{8, 32, 64, 128, 1, 1, ConvDirect},
	} {
		s, err := newConvShape(graph.Shape{c.n, c.side, c.side, c.c}, graph.Shape{c.k, c.c, c.kernel, c.kernel},
			ConvAttr{Stride: c.stride, Padding: c.kernel / 2, Groups: 1, Fragments: FragmentsBroadcast})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.choose(vk.Info{Kind: vk.CPU, Features: vk.Features{Int64: true}}); got != c.want {
			t.Errorf("%+v: chose algorithm %d, want %d", c, got, c.want)
		}
	}
}

// Images of three channels go by patches where the product gains by it, others
// do not.
func TestConv2dChoosesPatches(t *testing.T) {
	for _, c := range []struct {
		c, k, kernel int
		f            ConvFragments
		want         bool
	}{
		{3, 64, 3, FragmentsBroadcast, true},
		{3, 128, 3, FragmentsShared, true},
		{3, 16, 3, FragmentsBroadcast, false}, // patches would be larger than dy
		{3, 64, 7, FragmentsShared, false},
		{64, 1024, 3, FragmentsBroadcast, false}, // a tile is full as it is
		{3, 64, 1, FragmentsBroadcast, false},
	} {
		s, err := newConvShape(graph.Shape{2, 32, 32, c.c}, graph.Shape{c.k, c.c, c.kernel, c.kernel},
			ConvAttr{Stride: 1, Padding: c.kernel / 2, Groups: 1, Fragments: c.f})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.withPatches() != s; got != c.want {
			t.Errorf("%+v: by patches %t, want %t", c, got, c.want)
		}
	}
}

// So does their data gradient, whatever it costs to add up columns.
func TestConv2dChoosesColumns(t *testing.T) {
	for _, c := range []struct {
		c, k, kernel int
		f            ConvFragments
		want         bool
	}{
		{3, 64, 3, FragmentsBroadcast, true},
		{3, 64, 7, FragmentsShared, true},
		{3, 64, 11, FragmentsMatrix, true},
		{16, 64, 3, FragmentsBroadcast, false}, // a tile of data gradients is half full
		{64, 64, 3, FragmentsShared, false},
		{3, 64, 1, FragmentsBroadcast, false},
	} {
		s, err := newConvShape(graph.Shape{2, 32, 32, c.c}, graph.Shape{c.k, c.c, c.kernel, c.kernel},
			ConvAttr{Stride: 1, Padding: c.kernel / 2, Groups: 1, Fragments: c.f})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.withColumns() != s; got != c.want {
			t.Errorf("%+v: by columns %t, want %t", c, got, c.want)
		}
	}
}

// A batch whose columns are made in parts has the data gradient of its images one by one.
func TestConv2dColumnsInParts(t *testing.T) {
	const n, side, c, k, kernel = 20, 112, 3, 16, 7
	a := ConvAttr{Stride: 2, Padding: 3}
	if each := side / 2 * side / 2 * (kernel*kernel*c + 1) * 4; n*each <= columnsBytes {
		t.Fatalf("columns of %d images take %d bytes, which is one part", n, n*each)
	}
	gradient := func(images int, w, dy []float32) []float32 {
		g := graph.New(graphtest.Device(t))
		x, weight := g.Input("x", graph.F32, images, side, side, c), g.Input("w", graph.F32, k, c, kernel, kernel)
		y := Conv2d(x, weight, a)
		of := g.Input("dy", graph.F32, y.Shape()...)
		dx := g.GradFrom(y, of, x)[0]
		e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{dx}, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		err = errors.Join(e.Set(weight, w), e.Set(of, dy), e.Run(t.Context()))
		out, got := e.Get(dx)
		if err = errors.Join(err, got); err != nil {
			t.Fatal(err)
		}
		return out
	}
	draw := func(stream uint64, size int) []float32 {
		v := make([]float32, size)
		for i := range v {
			v[i] = float32(graphtest.Normal(stream, uint64(i)))
		}
		return v
	}
	w, dy := draw(0, k*c*kernel*kernel), draw(1, n*side/2*side/2*k)
	all := gradient(n, w, dy)
	for _, i := range []int{0, 17, 18, 19} {
		one, from, to := gradient(1, w, dy[i*len(dy)/n:(i+1)*len(dy)/n]), i*len(all)/n, (i+1)*len(all)/n
		if !slices.Equal(one, all[from:to]) {
			t.Errorf("image %d has another gradient in the batch than alone", i)
		}
	}
}

// Weights that would be too many for one binding in Winograd's form are convolved directly.
func TestWinogradLeavesOutWhatIsTooLarge(t *testing.T) {
	info := vk.Info{Kind: vk.CPU, Features: vk.Features{Int64: true}}
	for channels, want := range map[int]ConvAlgorithm{512: ConvWinograd, 1024: ConvDirect} {
		s, err := newConvShape(graph.Shape{16, 8, 8, channels}, graph.Shape{channels, channels, 3, 3}, ConvAttr{Stride: 1, Padding: 1, Groups: 1})
		if err != nil {
			t.Fatal(err)
		}
		info.Limits.StorageRange = 128 << 20
		if got := s.choose(info); got != want {
			t.Errorf("%d channels: algorithm %v, want %v", channels, got, want)
		}
		info.Limits.StorageRange = 1 << 30
		if got := s.choose(info); got != ConvWinograd {
			t.Errorf("%d channels in a binding of 1 GiB: algorithm %v, want Winograd", channels, got)
		}
	}
}

func TestConv2dNamesWhatTheDeviceLacks(t *testing.T) {
	none := vk.Info{Name: "plain", Kind: vk.CPU}
	for want, a := range map[string]ConvAttr{
		"plain has no 64-bit integers or subgroups of 8": {Fragments: FragmentsBroadcast},
		"plain has no 64-bit integers for Winograd":      {Algorithm: ConvWinograd},
	} {
		if err := (convShape{ConvAttr: a}).supported(none); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got error %v, want %q", a, err, want)
		}
	}
	if f := fragmentsFor(none); f != FragmentsShared {
		t.Errorf("chose fragments %d for a device without subgroups, want %d", f, FragmentsShared)
	}
}
