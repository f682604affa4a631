package nn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/shared/testdata"
)

// siamese is the float64 meaning of DSA for one image [h,w,3]: part after part,
// each on the whole image.
func siamese(x []float64, h, w int, s Siamese) []float64 {
	x = slices.Clone(x)
	mean := 0.0
	for i := 0; i < len(x); i += 3 {
		grey := (x[i] + x[i+1] + x[i+2]) / 3
		for c := range 3 {
			x[i+c] = (x[i+c]-grey)*s.Saturation + grey + s.Brightness
			mean += x[i+c] / float64(len(x))
		}
	}
	for i := range x {
		x[i] = (x[i]-mean)*s.Contrast + mean
	}
	place := func(from func(i, j int) (int, int)) {
		y := make([]float64, len(x))
		for i := range h {
			for j := range w {
				if r, c := from(i, j); r >= 0 && r < h && c >= 0 && c < w {
					copy(y[3*(i*w+j):][:3], x[3*(r*w+c):])
				}
			}
		}
		x = y
	}
	place(func(i, j int) (int, int) { return i + s.Down, j + s.Right })
	place(func(i, j int) (int, int) {
		if b := s.Cutout; i >= b.Top && i < b.Top+b.Height && j >= b.Left && j < b.Left+b.Width {
			return -1, -1
		}
		return i, j
	})
	if s.Flip {
		place(func(i, j int) (int, int) { return i, w - 1 - j })
	}
	// grid_sample of the scaled, then of the rotated grid: from -1 to 1 between the outer edges
	y := make([]float64, len(x))
	for i := range h {
		for j := range w {
			gx, gy := (2*float64(j)+1)/float64(w)-1, (2*float64(i)+1)/float64(h)-1
			sin, cos := math.Sincos(s.Rotate)
			gx, gy = s.Scale[0]*(cos*gx-sin*gy), s.Scale[1]*(sin*gx+cos*gy)
			px, py := ((gx+1)*float64(w)-1)/2, ((gy+1)*float64(h)-1)/2
			for r := range h {
				for c := range w {
					weight := math.Max(0, 1-math.Abs(px-float64(c))) * math.Max(0, 1-math.Abs(py-float64(r)))
					for k := range 3 {
						y[3*(i*w+j)+k] += weight * x[3*(r*w+c)+k]
					}
				}
			}
		}
	}
	return y
}

func TestDSA(t *testing.T) {
	one := [2]float64{1, 1}
	parts := []Siamese{ // of testdata/dsa.py
		{Brightness: 0.3, Saturation: 1.7, Contrast: 0.6, Scale: one},
		{Saturation: 1, Contrast: 1, Down: -1, Right: 1, Scale: one},
		{Saturation: 1, Contrast: 1, Cutout: Cut{Top: 0, Left: 3, Height: 4, Width: 5}, Scale: one},
		{Saturation: 1, Contrast: 1, Flip: true, Scale: one},
		{Saturation: 1, Contrast: 1, Scale: [2]float64{0.875, 1.1875}},
		{Saturation: 1, Contrast: 1, Scale: one, Rotate: -13 * math.Pi / 180},
		{Brightness: -0.2, Saturation: 0.25, Contrast: 1.5, Down: 1, Cutout: Cut{2, 1, 3, 4}, Flip: true, Scale: one, Rotate: 11 * math.Pi / 180},
	}
	formula := func(i int) float64 { return float64(i*37%101)/50 - 1 }
	for _, c := range []struct {
		h, w    int
		parts   []Siamese
		pytorch string
	}{
		{9, 10, parts, "testdata/dsa.npy"},
		{1, 1, parts[:3], ""},
		{17, 5, append(parts[:6:6], Siamese{Saturation: 0, Contrast: 1, Scale: [2]float64{1.2, 0.9}, Rotate: 0.2}), ""},
		{32, 32, parts, ""},
	} {
		var numbers []float32
		for _, s := range c.parts {
			numbers = s.Append(numbers)
		}
		n, size, compared := len(c.parts), c.h*c.w*3, false
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.h, "x", c.w),
			Inputs: []graphtest.In{
				{Shape: []int{n, c.h, c.w, 3}, Values: formula},
				{Shape: []int{n, SiameseWords}, NoGrad: true, Values: func(i int) float64 { return float64(numbers[i]) }},
			},
			Build: func(in []*graph.Node) *graph.Node { return DSA(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				var y []float64
				for i, s := range c.parts {
					y = append(y, siamese(in[0][i*size:(i+1)*size], c.h, c.w, s)...)
				}
				if c.pytorch != "" && !compared { // the first call is with the images as they are
					compared = true
					want, shape := testdata.NPY[float64](t, c.pytorch)
					if !slices.Equal(shape, []int{n, c.h, c.w, 3}) {
						t.Fatalf("%s has %v", c.pytorch, shape)
					}
					graphtest.Near(t, "the reference against PyTorch", single(y), want, 1e-6)
				}
				return y
			},
			Tol: 2e-5,
		})
	}
}

// One part a batch, each as often as the others, its numbers in the published
// ranges and of every image its own.
func TestDrawDSA(t *testing.T) {
	const tries, n, h, w = 600, 4, 32, 24
	same := Siamese{Saturation: 1, Contrast: 1, Scale: [2]float64{1, 1}}.Append(nil)
	names := map[int]string{0: "colour", 1: "colour", 2: "colour", 3: "flip", 4: "crop", 5: "crop", 8: "cutout", 9: "cutout", 10: "cutout", 11: "cutout",
		12: "scale", 13: "rotate", 14: "rotate", 15: "scale"}
	bounds := map[int][2]float64{0: {-0.5, 0.5}, 1: {0, 2}, 2: {0.5, 1.5}, 3: {0, 1}, 4: {-4, 4}, 5: {-3, 3}, 8: {0, 24}, 9: {0, 18}, 10: {8, 16}, 11: {6, 12},
		12: {0.8333, 1.2}, 13: {-0.2589, 0.2589}, 14: {-0.2589, 0.2589}, 15: {0.8333, 1.2}}
	count, least, most := map[string]int{}, map[int]float64{}, map[int]float64{}
	for i := range tries {
		numbers := DrawDSA(NewDraws(1, 2, i), n, h, w)
		kind := ""
		for k, v := range numbers {
			at := k % SiameseWords
			if v == same[at] {
				continue
			}
			name := names[at]
			if name == "scale" && numbers[k/SiameseWords*SiameseWords+13] != 0 {
				name = "rotate"
			}
			if kind != "" && kind != name {
				t.Fatalf("batch %d has %s and %s: %v", i, kind, name, numbers)
			}
			kind = name
			b := bounds[at]
			if f := float64(v); f < b[0] || f > b[1] {
				t.Fatalf("batch %d: number %d is %g, want %g to %g", i, at, v, b[0], b[1])
			}
			least[at], most[at] = min(least[at], float64(v)), max(most[at], float64(v))
		}
		count[kind]++
	}
	for _, name := range []string{"colour", "crop", "cutout", "flip", "scale", "rotate"} {
		if share := float64(count[name]) / tries; share < 0.1 || share > 0.24 {
			t.Errorf("%s in %.2f of the batches, want a sixth: %v", name, share, count)
		}
	}
	for at, b := range bounds {
		if b[0] < 0 && (least[at] > 0.9*b[0] || most[at] < 0.9*b[1]) {
			t.Errorf("number %d goes from %g to %g, want about %g to %g", at, least[at], most[at], b[0], b[1])
		}
	}
}
