package label

import (
	"math"

	"reta/compute/nn"
)

// Change is one operation of RandAugment (Cubuk et al. 2020) on an image.
type Change struct {
	Op     string  // a name of changes
	Amount float64 // a tangent, pixels, degrees, a factor less 1, bits, or a threshold
}

// changes are the operations of torchvision's RandAugment in its order, with the amount at each of the magnitudes 0 to 30 for
// images of a side; those with a sign take it or its negative.
var changes = []operation{
	{"Identity", false, func(int, int) float64 { return 0 }},
	{"ShearX", true, upTo(0.3)},
	{"ShearY", true, upTo(0.3)},
	{"TranslateX", true, ofSide},
	{"TranslateY", true, ofSide},
	{"Rotate", true, upTo(30)},
	{"Brightness", true, upTo(0.9)},
	{"Color", true, upTo(0.9)},
	{"Contrast", true, upTo(0.9)},
	{"Sharpness", true, upTo(0.9)},
	{"Posterize", false, func(m, _ int) float64 { return 8 - math.RoundToEven(float64(m)/7.5) }},
	{"Solarize", false, func(m, _ int) float64 { return 255 - 255*float64(m)/30 }},
	{"AutoContrast", false, func(int, int) float64 { return 0 }},
	{"Equalize", false, func(int, int) float64 { return 0 }},
}

type operation struct {
	op     string
	sign   bool
	amount func(magnitude, side int) float64
}

func upTo(most float64) func(magnitude, side int) float64 {
	return func(m, _ int) float64 { return most * float64(m) / 30 }
}

func ofSide(m, side int) float64 { return 150. / 331 * float64(side) * float64(m) / 30 }

// randAugment draws two operations: of each its kind and, where it has one, its sign.
func randAugment(d *nn.Draws, magnitude, side int) (list [2]Change) {
	for i := range list {
		c := changes[d.IntN(len(changes))]
		list[i] = Change{c.op, c.amount(magnitude, side)}
		if c.sign && d.IntN(2) == 1 {
			list[i].Amount = -list[i].Amount
		}
	}
	return list
}

// picture is a square RGB8 image [side,side,3].
type picture struct {
	rgb  []byte
	side int
}

// change carries out an operation in place, as Pillow does.
func (p picture) change(c Change) {
	switch a := c.Amount; c.Op {
	case "ShearX":
		p.affine([6]float64{1, a, 0, 0, 1, 0})
	case "ShearY":
		p.affine([6]float64{1, 0, 0, a, 1, 0})
	case "TranslateX":
		p.affine([6]float64{1, 0, -math.Trunc(a), 0, 1, 0})
	case "TranslateY":
		p.affine([6]float64{1, 0, 0, 0, 1, -math.Trunc(a)})
	case "Rotate":
		sin, cos := math.Sincos(-a * math.Pi / 180)
		middle := float64(p.side) / 2
		p.affine([6]float64{cos, sin, middle - middle*cos - middle*sin, -sin, cos, middle + middle*sin - middle*cos})
	case "Brightness":
		p.blend(1+a, func([]byte, int) [3]byte { return [3]byte{} })
	case "Color":
		p.blend(1+a, func(rgb []byte, at int) [3]byte { l := luma(rgb[at:]); return [3]byte{l, l, l} })
	case "Contrast":
		mean := p.meanLuma()
		p.blend(1+a, func([]byte, int) [3]byte { return [3]byte{mean, mean, mean} })
	case "Sharpness":
		p.blend(1+a, p.smooth)
	case "Posterize":
		p.each(func(v byte) byte { return v &^ byte(1<<(8-int(a))-1) })
	case "Solarize":
		p.each(func(v byte) byte {
			if float64(v) < a {
				return v
			}
			return 255 - v
		})
	case "AutoContrast":
		p.tables(autoContrast)
	case "Equalize":
		p.tables(equalize)
	}
}

// affine takes each pixel (x, y) from (m0 x + m1 y + m2, m3 x + m4 y + m5), centres at halves, the nearest one, black outside.
func (p picture) affine(m [6]float64) {
	from := append([]byte(nil), p.rgb...)
	fixed := func(v float64) int { return int(math.Floor(v*65536 + 0.5)) } // 16 bits behind the point, as Pillow has it
	x0, y0 := fixed(m[2]+m[0]*0.5+m[1]*0.5), fixed(m[5]+m[3]*0.5+m[4]*0.5)
	for y := range p.side {
		xx, yy := x0+y*fixed(m[1]), y0+y*fixed(m[4])
		for x := range p.side {
			to, sx, sy := p.rgb[(y*p.side+x)*3:][:3], xx>>16, yy>>16
			if sx >= 0 && sx < p.side && sy >= 0 && sy < p.side {
				copy(to, from[(sy*p.side+sx)*3:])
			} else {
				clear(to)
			}
			xx, yy = xx+fixed(m[0]), yy+fixed(m[3])
		}
	}
}

// blend goes from another image, given pixel by pixel, to this one by a factor, and beyond it above 1.
func (p picture) blend(factor float64, other func(rgb []byte, at int) [3]byte) {
	from, f := append([]byte(nil), p.rgb...), float32(factor)
	for at := 0; at < len(from); at += 3 {
		base := other(from, at)
		for c := range 3 {
			v := float32(base[c]) + float32(f*float32(int(from[at+c])-int(base[c]))) // not fused
			p.rgb[at+c] = byte(max(0, min(255, v)))                                  // cut off
		}
	}
}

// luma is the brightness of a pixel by ITU-R 601-2.
func luma(rgb []byte) byte {
	return byte((19595*uint32(rgb[0]) + 38470*uint32(rgb[1]) + 7471*uint32(rgb[2]) + 0x8000) >> 16)
}

func (p picture) meanLuma() byte {
	sum := 0
	for at := 0; at < len(p.rgb); at += 3 {
		sum += int(luma(p.rgb[at:]))
	}
	return byte(float64(sum)/float64(p.side*p.side) + 0.5)
}

// smooth is a pixel of the image under a 3 x 3 filter: 5 in the middle, 1 around it, over 13; the border stays.
func (p picture) smooth(rgb []byte, at int) (out [3]byte) {
	row, y, x := 3*p.side, at/3/p.side, at/3%p.side
	copy(out[:], rgb[at:])
	if x == 0 || y == 0 || x == p.side-1 || y == p.side-1 {
		return out
	}
	for c := range 3 {
		sum := 4 * float32(rgb[at+c])
		for dy := -row; dy <= row; dy += row {
			for dx := -3; dx <= 3; dx += 3 {
				sum += float32(rgb[at+c+dy+dx])
			}
		}
		out[c] = byte(sum/13 + 0.5)
	}
	return out
}

func (p picture) each(f func(byte) byte) {
	for i, v := range p.rgb {
		p.rgb[i] = f(v)
	}
}

// tables replaces each channel's values by a table made of its histogram.
func (p picture) tables(table func(histogram [256]int) [256]byte) {
	for c := range 3 {
		var histogram [256]int
		for at := c; at < len(p.rgb); at += 3 {
			histogram[p.rgb[at]]++
		}
		t := table(histogram)
		for at := c; at < len(p.rgb); at += 3 {
			p.rgb[at] = t[p.rgb[at]]
		}
	}
}

// autoContrast stretches the values that occur over 0 to 255.
func autoContrast(histogram [256]int) (table [256]byte) {
	low, high := 0, 255
	for low < 255 && histogram[low] == 0 {
		low++
	}
	for high > 0 && histogram[high] == 0 {
		high--
	}
	for v := range table {
		table[v] = byte(v)
		if low < high {
			scale := 255 / float64(high-low)
			table[v] = byte(max(0, min(255, int(float64(v)*scale-float64(low)*scale))))
		}
	}
	return table
}

// equalize spreads the values so that all are about as frequent.
func equalize(histogram [256]int) (table [256]byte) {
	total, kinds, last := 0, 0, 0
	for _, n := range histogram {
		if total += n; n > 0 {
			kinds, last = kinds+1, n
		}
	}
	step := (total - last) / 255
	sum := step / 2
	for v := range table {
		table[v] = byte(v)
		if kinds > 1 && step > 0 {
			table[v] = byte(min(255, sum/step))
		}
		sum += histogram[v]
	}
	return table
}
