package corrupt

import (
	"math"

	"reta/server/dataset"
)

var digitals = []Corruption{
	{"contrast", Digital, func(p *plane, l level, _ *draws) *plane {
		k := contrast.at(l)
		mean := make([]float64, p.ch)
		for i, v := range p.v {
			mean[i%p.ch] += v / float64(p.n*p.n)
		}
		for i, v := range p.v {
			p.v[i] = (v-mean[i%p.ch])*k + mean[i%p.ch]
		}
		return p
	}},
	{"elastic-transform", Digital, func(p *plane, l level, d *draws) *plane {
		e := elastic.at(l)
		side := float64(p.n)
		if l.scale == px224 {
			side *= 244. / 224 // the published code's slip, kept
		}
		p = p.affine(skewed(p.n, e.affine*side, d))
		dx := shifts(p.n, e.sigma*side, e.strength*side, d)
		dy := shifts(p.n, e.sigma*side, e.strength*side, d)
		out := newPlane(p.n, p.ch)
		for i := range dx.v {
			p.bilinear(float64(i/p.n)+dy.v[i], float64(i%p.n)+dx.v[i], mirror, out.v[i*p.ch:(i+1)*p.ch])
		}
		return out
	}},
	{"pixelate", Digital, func(p *plane, l level, _ *draws) *plane {
		small := int(float64(p.n) * pixelate.at(l))
		m := dataset.Image{W: p.n, H: p.n, Pix: make([]byte, len(p.v))}
		p.exact(m.Pix)
		return fromBytes(m.ResizeBox(small, small).ResizeBox(p.n, p.n).Pix, p.n)
	}},
	{"jpeg-compression", Digital, func(p *plane, l level, _ *draws) *plane {
		pix := make([]byte, len(p.v))
		p.exact(pix)
		file, err := encodeJPEG(pix, p.n, jpegQuality.at(l))
		if err == nil {
			err = decodeInto(pix, file)
		}
		if err != nil {
			panic("corrupt: jpeg: " + err.Error()) // of our own bytes, in memory
		}
		return fromBytes(pix, p.n)
	}},
}

type elasticOf struct{ strength, sigma, affine float64 } // of the image side

var (
	contrast = table[float64]{{.4, .3, .2, .1, .05}, {.4, .3, .2, .1, .05}, {.75, .5, .4, .3, .15}}
	elastic  = table[elasticOf]{
		{{2, .7, .1}, {2, .08, .2}, {.05, .01, .02}, {.07, .01, .02}, {.12, .01, .02}},
		{{0, 0, .08}, {.05, .3, .06}, {.1, .08, .06}, {.1, .03, .03}, {.16, .03, .02}},
		{{0, 0, .08}, {.05, .2, .07}, {.08, .06, .06}, {.1, .04, .05}, {.1, .03, .03}},
	}
	pixelate    = table[float64]{{.6, .5, .4, .3, .25}, {.9, .8, .7, .6, .5}, {.95, .9, .85, .75, .65}}
	jpegQuality = table[int]{{25, 18, 15, 10, 7}, {65, 58, 50, 40, 25}, {80, 65, 58, 50, 40}}
)

// transform takes (x, y) to (a x + b y + c, d x + e y + f).
type transform struct{ a, b, c, d, e, f float64 }

// skewed takes each pixel of the result to where it comes from, when three corners of a square in the middle of the image are
// moved by up to so many pixels each way.
func skewed(n int, most float64, d *draws) transform {
	middle, half := float64(n/2), float64(n/3)
	from := [3][2]float64{{middle + half, middle + half}, {middle + half, middle - half}, {middle - half, middle - half}}
	var to [3][2]float64
	for i := range from {
		for c := range from[i] {
			to[i][c] = from[i][c] + d.Uniform(-most, most)
		}
	}
	// the plane through three points of each coordinate, by Cramer's rule
	ux, uy, vx, vy := to[1][0]-to[0][0], to[1][1]-to[0][1], to[2][0]-to[0][0], to[2][1]-to[0][1]
	det := ux*vy - uy*vx
	if det == 0 {
		return transform{a: 1, e: 1}
	}
	through := func(c int) (x, y, constant float64) {
		u, v := from[1][c]-from[0][c], from[2][c]-from[0][c]
		x, y = (u*vy-v*uy)/det, (v*ux-u*vx)/det
		return x, y, from[0][c] - x*to[0][0] - y*to[0][1]
	}
	var t transform
	t.a, t.b, t.c = through(0)
	t.d, t.e, t.f = through(1)
	return t
}

// affine takes each pixel from where a transform says.
func (p *plane) affine(t transform) *plane {
	out := newPlane(p.n, p.ch)
	for i := range p.n * p.n {
		x, y := float64(i%p.n), float64(i/p.n)
		p.bilinear(t.d*x+t.e*y+t.f, t.a*x+t.b*y+t.c, mirror101, out.v[i*p.ch:(i+1)*p.ch])
	}
	return out
}

// shifts are random shifts in one direction, blurred so that neighbours move together, in pixels.
func shifts(n int, sigma, strength float64, d *draws) *plane {
	field := newPlane(n, 1).mapped(func(float64) float64 { return d.Uniform(-1, 1) })
	return field.gaussian(sigma, 3, mirror).mapped(func(v float64) float64 { return v * strength })
}

// exact gives the bytes that the plane was made of.
func (p *plane) exact(pix []byte) {
	for i, v := range p.v {
		pix[i] = byte(math.Round(v * 255))
	}
}
