package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// sample is the float64 meaning of Augment for one image and one output pixel:
// torchvision's resized_crop written out (source index clamped at zero, the
// second neighbour clamped to the crop), then the flip, then the roll.
func sample(at func(y, x int) float64, h, w int, b Box, oh, ow, py, px int) float64 {
	oy, ox := ((py-b.RollY)%oh+oh)%oh, ((px-b.RollX)%ow+ow)%ow
	if b.Flip {
		ox = ow - 1 - ox
	}
	axis := func(o int, start, size float64, outs, extent int) (int, int, float64) {
		p := start + (float64(o)+0.5)*size/float64(outs) - 0.5
		p = math.Max(start, math.Min(p, start+size-1))
		i := int(math.Floor(p))
		return i, min(i+1, extent-1), p - float64(i)
	}
	y0, y1, wy := axis(oy, b.Top, b.Height, oh, h)
	x0, x1, wx := axis(ox, b.Left, b.Width, ow, w)
	return (1-wy)*((1-wx)*at(y0, x0)+wx*at(y0, x1)) + wy*((1-wx)*at(y1, x0)+wx*at(y1, x1))
}

func augment(x []float64, s []int, boxes []Box, oh, ow int) []float64 {
	n, h, w, c := s[0], s[1], s[2], s[3]
	var y []float64
	for i := range n {
		for py := range oh {
			for px := range ow {
				for ch := range c {
					at := func(y, x2 int) float64 { return x[((i*h+y)*w+x2)*c+ch] }
					y = append(y, sample(at, h, w, boxes[i], oh, ow, py, px))
				}
			}
		}
	}
	return y
}

func TestAugment(t *testing.T) {
	cases := []struct {
		shape  []int
		oh, ow int
		boxes  []Box
	}{
		{[]int{1, 1, 1, 1}, 3, 2, []Box{{Height: 1, Width: 1}}},
		{[]int{2, 8, 8, 3}, 8, 8, []Box{{Height: 8, Width: 8}, {Height: 8, Width: 8, Flip: true, RollY: 3, RollX: 4}}},
		{[]int{2, 9, 7, 3}, 9, 7, []Box{{Top: 2, Left: 1, Height: 3, Width: 4, RollX: -1}, {Top: 5, Left: 2, Height: 4, Width: 5, Flip: true}}},
		{[]int{3, 16, 16, 3}, 11, 13, []Box{
			{Top: 0, Left: 0, Height: 16, Width: 16, RollY: 10, RollX: 12},
			{Top: 3, Left: 7, Height: 13, Width: 9, Flip: true, RollY: 1},
			{Top: 15, Left: 15, Height: 1, Width: 1},
		}},
		{[]int{2, 12, 10, 5}, 8, 24, []Box{{Top: 1.25, Left: 2.5, Height: 7.5, Width: 6.75}, {Top: 0.5, Left: 0, Height: 11.5, Width: 10, Flip: true, RollX: 5}}},
		{[]int{1, 33, 31, 4}, 16, 16, []Box{{Top: 4, Left: 3, Height: 20, Width: 25}}},
	}
	for _, c := range cases {
		var boxes []float32
		for _, b := range c.boxes {
			boxes = b.Append(boxes)
		}
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.shape, " to ", c.oh, "x", c.ow),
			Inputs: []graphtest.In{{Shape: c.shape}, {
				Shape: []int{c.shape[0], BoxWords}, Values: func(i int) float64 { return float64(boxes[i]) }, NoGrad: true,
			}},
			Build: func(in []*graph.Node) *graph.Node { return Augment(in[0], in[1], c.oh, c.ow) },
			Ref:   func(in [][]float64) []float64 { return augment(in[0], c.shape, c.boxes, c.oh, c.ow) },
		})
	}
}

func TestResize(t *testing.T) {
	for _, c := range []struct {
		shape  []int
		oh, ow int
	}{{[]int{2, 5, 7, 3}, 10, 14}, {[]int{1, 16, 16, 3}, 5, 9}, {[]int{3, 7, 7, 4}, 7, 7}, {[]int{1, 200, 3, 1}, 224, 1}} {
		whole := make([]Box, c.shape[0])
		for i := range whole {
			whole[i] = Box{Height: float64(c.shape[1]), Width: float64(c.shape[2])}
		}
		graphtest.Check(t, graphtest.Case{
			Name:    fmt.Sprint(c.shape, " to ", c.oh, "x", c.ow),
			Inputs:  []graphtest.In{{Shape: c.shape}},
			Build:   func(in []*graph.Node) *graph.Node { return Resize(in[0], c.oh, c.ow) },
			Ref:     func(in [][]float64) []float64 { return augment(in[0], c.shape, whole, c.oh, c.ow) },
			Tol:     3e-5, // positions near 200 carry 1.5e-5 of a pixel in float32
			GradTol: 3e-4,
		})
	}
}

// torch.nn.functional.interpolate([[0,1],[2,3]] -> 4x4, bilinear,
// align_corners=False), worked by hand: centres at -0.25, 0.25, 0.75, 1.25.
func TestResizeByHand(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	x := g.Input("x", graph.F32, 1, 2, 2, 1)
	got := run(t, g, Resize(x, 4, 4), map[*graph.Node][]float32{x: {0, 1, 2, 3}})
	want := []float64{
		0, 0.25, 0.75, 1,
		0.5, 0.75, 1.25, 1.5,
		1.5, 1.75, 2.25, 2.5,
		2, 2.25, 2.75, 3,
	}
	graphtest.Near(t, "resize", got, want, 1e-6)
}

func TestDecodeRGB(t *testing.T) {
	mean, std := [3]float64{0.5071, 0.4867, 0.4408}, [3]float64{0.2675, 0.2565, 0.2761}
	for _, s := range [][3]int{{1, 1, 1}, {3, 5, 7}, {2, 8, 8}, {7, 32, 32}, {5, 3, 3}} {
		n, h, w := s[0], s[1], s[2]
		bytes := make([]byte, n*h*w*3)
		for i := range bytes {
			bytes[i] = byte(i * 151)
		}
		words := PackRGB(bytes, h, w)
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			if len(words) != n*RGBWords(h, w) {
				t.Fatalf("%d words, want %d", len(words), n*RGBWords(h, w))
			}
			g := graph.New(graphtest.Device(t))
			v, err := graph.NewVariable(g.Device(), "bytes", graph.U32, true, n, RGBWords(h, w))
			if err != nil {
				t.Fatal(err)
			}
			defer v.Free()
			if err := v.WriteU32(words); err != nil {
				t.Fatal(err)
			}
			want := make([]float64, len(bytes))
			for i, b := range bytes {
				want[i] = (float64(b)/255 - mean[i%3]) / std[i%3]
			}
			got := run(t, g, DecodeRGB(g.Variable(v), h, w, mean, std), nil)
			graphtest.Near(t, "pixels", got, want, 1e-6)
		})
	}
}
