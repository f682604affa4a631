package dataset

import "math"

// Image is a picture as RGB bytes, row by row: Pix[(y*W+x)*3+channel].
type Image struct {
	W, H int
	Pix  []byte
}

// Crop copies the box of w x h pixels at (x, y), which must lie inside.
func (m Image) Crop(x, y, w, h int) Image {
	out := Image{w, h, make([]byte, w*h*3)}
	for r := range h {
		copy(out.Pix[r*w*3:(r+1)*w*3], m.Pix[((y+r)*m.W+x)*3:])
	}
	return out
}

// flip turns the image left to right, in place.
func (m Image) flip() {
	for y := range m.H {
		row := m.Pix[y*m.W*3 : (y+1)*m.W*3]
		for l, r := 0, len(row)-3; l < r; l, r = l+3, r-3 {
			row[l], row[l+1], row[l+2], row[r], row[r+1], row[r+2] = row[r], row[r+1], row[r+2], row[l], row[l+1], row[l+2]
		}
	}
}

// Shorter returns the image resized so that its shorter side is n pixels; the
// longer one is rounded down.
func (m Image) Shorter(n int) Image {
	if m.W <= m.H {
		return m.Resize(n, n*m.H/m.W)
	}
	return m.Resize(n*m.W/m.H, n)
}

// Resize returns the image at w x h pixels: bilinear with half-pixel centres,
// the triangle widened when shrinking so that every source pixel counts, in
// 8-bit steps per axis as Pillow and torchvision do for images.
func (m Image) Resize(w, h int) Image { return m.resample(w, h, triangle) }

// ResizeBox is Resize with means over boxes, Pillow's filter BOX. An enlarged
// image repeats the nearest pixel.
func (m Image) ResizeBox(w, h int) Image { return m.resample(w, h, box) }

// resample takes each pixel from those that a filter says, of n pixels to m.
func (m Image) resample(w, h int, filter func(n, m int) []tap) Image {
	if w == m.W && h == m.H {
		return m
	}
	if w != m.W {
		taps := filter(m.W, w)
		out := Image{w, m.H, make([]byte, w*m.H*3)}
		for y := range m.H {
			row, to := m.Pix[y*m.W*3:(y+1)*m.W*3], out.Pix[y*w*3:]
			for x, t := range taps {
				r, g, b := half, half, half
				at := t.first * 3
				for _, k := range t.weight {
					r += k * int32(row[at])
					g += k * int32(row[at+1])
					b += k * int32(row[at+2])
					at += 3
				}
				to[x*3], to[x*3+1], to[x*3+2] = round(r), round(g), round(b)
			}
		}
		m = out
	}
	if h != m.H {
		taps := filter(m.H, h)
		out := Image{m.W, h, make([]byte, m.W*h*3)}
		stride := m.W * 3
		sum := make([]int32, stride)
		for y, t := range taps {
			for i := range sum {
				sum[i] = half
			}
			for j, k := range t.weight {
				for i, v := range m.Pix[(t.first+j)*stride : (t.first+j+1)*stride] {
					sum[i] += k * int32(v)
				}
			}
			for i, s := range sum {
				out.Pix[y*stride+i] = round(s)
			}
		}
		m = out
	}
	return m
}

// Weights are fixed-point numbers with this many binary places: eight bits of
// pixel, one of head room and the sign leave 22.
const (
	places       = 22
	half   int32 = 1 << (places - 1)
)

func round(sum int32) byte { return byte(min(max(sum>>places, 0), 255)) }

// tap says from which source pixels, with which weights, one pixel is made.
type tap struct {
	first  int
	weight []int32 // sums to 1<<places, up to rounding
}

// triangle makes the taps of linear interpolation from n source pixels to m.
func triangle(n, m int) []tap {
	return tapsOf(n, m, 1, func(x float64) float64 { return max(0, 1-math.Abs(x)) })
}

// box makes the taps of means.
func box(n, m int) []tap {
	return tapsOf(n, m, 0.5, func(x float64) float64 {
		if x > -0.5 && x <= 0.5 {
			return 1
		}
		return 0
	})
}

// tapsOf makes the taps of a filter that is zero beyond half its base, in
// pixels of the smaller image.
func tapsOf(n, m int, base float64, filter func(x float64) float64) []tap {
	scale := float64(n) / float64(m)
	wide := max(scale, 1)
	reach := base * wide // in source pixels
	taps := make([]tap, m)
	for i := range taps {
		centre := (float64(i) + 0.5) * scale
		lo := max(0, int(centre-reach+0.5))
		hi := min(n, int(centre+reach+0.5))
		raw, total := make([]float64, hi-lo), 0.0
		for j := range raw {
			raw[j] = filter((float64(lo+j) - centre + 0.5) / wide)
			total += raw[j]
		}
		taps[i] = tap{lo, make([]int32, hi-lo)}
		for j, v := range raw {
			taps[i].weight[j] = int32(v/total*(1<<places) + 0.5)
		}
	}
	return taps
}

// transform brings an image of any size to size x size pixels.
type transform struct {
	size   int
	resize int // shorter side before the centre crop; 0: size itself
}

func (t transform) apply(m Image) Image {
	if m.W == t.size && m.H == t.size && t.resize == 0 {
		return m
	}
	m = m.Shorter(max(t.resize, t.size))
	return m.Crop(centred(m.W, t.size), centred(m.H, t.size), t.size, t.size)
}

// centred is where a piece of length piece starts in the middle of a whole.
// An odd remainder is halved to the even number, as torchvision's centre crop does.
func centred(whole, piece int) int { return int(math.RoundToEven(float64(whole-piece) / 2)) }
