package corrupt

import "math"

// plane is an image of n x n pixels, its channels side by side, mostly in [0,1].
type plane struct {
	n, ch int
	v     []float64
}

func newPlane(n, ch int) *plane { return &plane{n, ch, make([]float64, n*n*ch)} }

func fromBytes(pix []byte, side int) *plane {
	p := newPlane(side, 3)
	for i, b := range pix {
		p.v[i] = float64(b) / 255
	}
	return p
}

// toBytes cuts values to [0,1] and rounds them down, as the published generator does.
func (p *plane) toBytes(pix []byte) {
	for i, v := range p.v {
		pix[i] = byte(min(max(v, 0), 1) * 255)
	}
}

// floored is the plane in steps of 1/255, as a program has it that works on bytes and rounds down.
func (p *plane) floored() *plane {
	for i, v := range p.v {
		p.v[i] = math.Floor(min(max(v, 0), 1)*255) / 255
	}
	return p
}

// mapped changes each value.
func (p *plane) mapped(f func(v float64) float64) *plane {
	for i, v := range p.v {
		p.v[i] = f(v)
	}
	return p
}

// bilinear writes the values at (y, x), which border brings inside, to dst.
func (p *plane) bilinear(y, x float64, border border, dst []float64) {
	y0, x0 := math.Floor(y), math.Floor(x)
	fy, fx := y-y0, x-x0
	top, bottom := border(int(y0), p.n)*p.n, border(int(y0)+1, p.n)*p.n
	left, right := border(int(x0), p.n), border(int(x0)+1, p.n)
	for c := range dst {
		at := func(row, column int) float64 { return p.v[(row+column)*p.ch+c] }
		dst[c] = (1-fy)*((1-fx)*at(top, left)+fx*at(top, right)) + fy*((1-fx)*at(bottom, left)+fx*at(bottom, right))
	}
}

// zoomed is the middle of the plane enlarged by a factor of 1 or more: a square of the least side that covers it, of which
// the corner pixels are kept in place as scipy.ndimage.zoom does, cut to n x n.
func (p *plane) zoomed(factor float64) *plane {
	cut := int(math.Ceil(float64(p.n) / factor))
	from := (p.n - cut) / 2
	side := int(math.RoundToEven(float64(cut) * factor))
	trim := (side - p.n) / 2
	step := 0.0
	if side > 1 {
		step = float64(cut-1) / float64(side-1)
	}
	out := newPlane(p.n, p.ch)
	at := func(i int) float64 { return float64(from) + min(float64(i+trim)*step, float64(cut-1)) }
	for y := range p.n {
		for x := range p.n {
			i := (y*p.n + x) * p.ch
			p.bilinear(at(y), at(x), clamp, out.v[i:i+p.ch])
		}
	}
	return out
}
