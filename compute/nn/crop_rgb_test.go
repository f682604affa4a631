package nn

import (
	"fmt"
	"hash/crc32"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// pillow is what Pillow's resampling does, written out: a pass along one axis
// of an image [h,w,3] of bytes, of which pixels start to start+size are
// enlarged to outs. Weights are the triangle's, in fixed point of 22 bits.
func pillow(x []byte, h, w int, vertical bool, start, size, outs int) []byte {
	const bits = 22
	lines, stride, step := h, 3*w, 3
	if vertical {
		lines, stride, step = w, 3, 3*w
	}
	y := make([]byte, 3*lines*outs)
	for o := range outs {
		centre := (float64(o) + 0.5) * float64(size) / float64(outs)
		lo, hi := max(int(centre-1+0.5), 0), min(int(centre+1+0.5), size)
		var weights []float64
		sum := 0.0
		for i := lo; i < hi; i++ {
			k := max(0, 1-math.Abs(float64(i)-centre+0.5))
			weights, sum = append(weights, k), sum+k
		}
		for line := range lines {
			for c := range 3 {
				s := 1 << (bits - 1)
				for k, v := range weights {
					s += int(x[line*stride+(start+lo+k)*step+c]) * int(0.5+v/sum*(1<<bits))
				}
				to := 3*(line*outs+o) + c
				if vertical {
					to = 3*(o*lines+line) + c
				}
				y[to] = byte(s >> bits)
			}
		}
	}
	return y
}

// view is a box of an image as torchvision's resized_crop and hflip make it of
// a Pillow image, then the roll.
func view(x []byte, h, w int, b Box) []byte {
	rows := pillow(x, h, w, false, int(b.Left), int(b.Width), w)
	all := pillow(rows, h, w, true, int(b.Top), int(b.Height), h)
	y := make([]byte, len(all))
	for i := range h {
		for j := range w {
			from, ti, tj := j, ((i+b.RollY)%h+h)%h, ((j+b.RollX)%w+w)%w
			if b.Flip {
				from = w - 1 - j
			}
			copy(y[3*(ti*w+tj):], all[3*(i*w+from):][:3])
		}
	}
	return y
}

func TestCropRGB(t *testing.T) {
	for _, c := range []struct {
		h, w  int
		boxes []Box
		crc   uint32 // of the views' bytes, by Pillow 13: testdata/crop_rgb.py
	}{
		{1, 1, []Box{{Height: 1, Width: 1}}, 0xe1372c4a},
		{5, 7, []Box{{Top: 1, Left: 2, Height: 3, Width: 4}, {Height: 5, Width: 7, Flip: true}}, 0xf072ba0e},
		{32, 32, []Box{
			{Top: 0, Left: 0, Height: 32, Width: 32},
			{Top: 3, Left: 7, Height: 13, Width: 9, Flip: true},
			{Top: 16, Left: 0, Height: 16, Width: 8}, // halves between two bytes are frequent
			{Top: 31, Left: 31, Height: 1, Width: 1},
		}, 0xa973bb7e},
		{33, 64, []Box{{Top: 2, Left: 1, Height: 30, Width: 49, Flip: true}, {Top: 0, Left: 32, Height: 11, Width: 32}}, 0x3b6533f0},
		{224, 224, []Box{{Top: 100, Left: 13, Height: 112, Width: 196}, {Top: 7, Left: 0, Height: 98, Width: 131, Flip: true}}, 0x40a28d1a},
		{12, 640, []Box{{Top: 5, Left: 130, Height: 6, Width: 509}}, 0xb3de541b}, // sums of 22 bits that take two steps
		{9, 8, []Box{{Top: 1, Left: 1, Height: 7, Width: 5, Flip: true, RollY: 2, RollX: -3}}, 0x9da5e7b4},
	} {
		t.Run(fmt.Sprint(c.h, "x", c.w), func(t *testing.T) {
			n := len(c.boxes)
			bytes := make([]byte, n*3*c.h*c.w)
			for i := range bytes {
				bytes[i] = byte(i * i * 151 >> 7)
			}
			var boxes []float32
			var views []byte
			for i, b := range c.boxes {
				boxes = b.Append(boxes)
				views = append(views, view(bytes[i*3*c.h*c.w:][:3*c.h*c.w], c.h, c.w, b)...)
			}
			if crc := crc32.ChecksumIEEE(views); crc != c.crc {
				t.Errorf("the reference has CRC %#x, Pillow %#x", crc, c.crc)
			}
			mean, std := [3]float64{0.5071, 0.4867, 0.4408}, [3]float64{0.2675, 0.2565, 0.2761}
			want := make([]float64, len(views))
			for i, b := range views {
				want[i] = (float64(b)/255 - mean[i%3]) / std[i%3]
			}
			g := graph.New(graphtest.Device(t))
			at := g.Input("boxes", graph.F32, n, BoxWords)
			x := constU32(t, g, PackRGB(bytes, c.h, c.w), n, RGBWords(c.h, c.w))
			got := run(t, g, CropRGB(x, at, c.h, c.w, mean, std), map[*graph.Node][]float32{at: boxes})
			graphtest.Near(t, "views", got, want, 1e-6)
		})
	}
}
