package corrupt

import (
	"math/bits"
	"slices"
)

var weathers = []Corruption{
	{"snow", Weather, func(p *plane, l level, d *draws) *plane {
		s := snow.at(l)
		flakes := newPlane(p.n, 1).mapped(func(float64) float64 { return s.mean + s.sd*d.normal() }).zoomed(s.zoom)
		flakes.mapped(func(v float64) float64 {
			if v < s.threshold {
				return 0
			}
			return v
		})
		return whitened(p, flakes.floored().moved(s.radius, s.sigma, d.Uniform(-135, -45)), s.mix)
	}},
	{"frost", Weather, func(p *plane, l level, d *draws) *plane {
		f := frost.at(l)
		ice := newIce(d, frostStep[l.scale])
		out := newPlane(p.n, p.ch)
		for i := range p.n * p.n {
			ice := ice.at(i/p.n, i%p.n)
			for c := range p.ch {
				out.v[i*p.ch+c] = f.image*p.v[i*p.ch+c] + f.frost*ice[c]
			}
		}
		return out
	}},
	{"fog", Weather, func(p *plane, l level, d *draws) *plane {
		f := fog.at(l)
		side := 1 << bits.Len(uint(p.n-1)) // the power of two that covers the image
		cloud := plasma(side, f.decay, d)
		most := slices.Max(p.v)
		for i := range p.v {
			at := i / p.ch
			p.v[i] = (p.v[i] + f.strength*cloud[at/p.n*side+at%p.n]) * most / (most + f.strength)
		}
		return p
	}},
	{"brightness", Weather, func(p *plane, l level, _ *draws) *plane { // adds to the V of HSV
		more := brightness.at(l)
		for i := 0; i < len(p.v); i += p.ch {
			pixel := p.v[i : i+p.ch]
			v := slices.Max(pixel)
			brighter := min(v+more, 1)
			for c := range pixel {
				if v == 0 {
					pixel[c] = brighter
				} else {
					pixel[c] *= brighter / v
				}
			}
		}
		return p
	}},
}

type (
	snowOf  struct{ mean, sd, zoom, threshold, radius, sigma, mix float64 }
	frostOf struct{ image, frost float64 }
	fogOf   struct{ strength, decay float64 }
)

var (
	snow = table[snowOf]{
		{{.1, .3, 3, .5, 10, 4, .8}, {.2, .3, 2, .5, 12, 4, .7}, {.55, .3, 4, .9, 12, 8, .7}, {.55, .3, 4.5, .85, 12, 8, .65}, {.55, .3, 2.5, .85, 12, 12, .55}},
		{{.1, .2, 1, .6, 8, 3, .8}, {.1, .2, 1, .5, 10, 4, .8}, {.15, .3, 1.75, .55, 10, 4, .7}, {.25, .3, 2.25, .6, 12, 6, .65}, {.3, .3, 1.25, .65, 14, 12, .6}},
		{{.1, .2, 1, .6, 8, 3, .95}, {.1, .2, 1, .5, 10, 4, .9}, {.15, .3, 1.75, .55, 10, 4, .9}, {.25, .3, 2.25, .6, 12, 6, .85}, {.3, .3, 1.25, .65, 14, 12, .8}},
	}
	frost      = table[frostOf]{{{1, .4}, {.8, .6}, {.7, .7}, {.65, .7}, {.6, .75}}, {{1, .3}, {.9, .4}, {.8, .45}, {.75, .5}, {.7, .55}}, {{1, .2}, {1, .3}, {.9, .4}, {.85, .4}, {.75, .45}}}
	frostStep  = [3]float64{1, 1 / .3, 1 / .2} // pixels of the texture a pixel, as the published photographs are shrunk
	fog        = table[fogOf]{{{1.5, 2}, {2, 2}, {2.5, 1.7}, {2.5, 1.5}, {3, 1.4}}, {{.4, 3}, {.7, 3}, {1, 2.5}, {1.5, 2}, {2, 1.75}}, {{.2, 3}, {.5, 3}, {.75, 2.5}, {1, 2}, {1.5, 1.75}}}
	brightness = table[float64]{{.1, .2, .3, .4, .5}, {.1, .2, .3, .4, .5}, {.05, .1, .15, .2, .3}}
)

// whitened is an image under snow: paler by 1-mix, with the flakes and the flakes turned by half a circle on it.
func whitened(p, flakes *plane, mix float64) *plane {
	last := p.n*p.n - 1
	for i := range p.n * p.n {
		pixel := p.v[3*i : 3*i+3]
		pale := 1.5*(.299*pixel[0]+.587*pixel[1]+.114*pixel[2]) + .5
		for c, v := range pixel {
			pixel[c] = mix*v + (1-mix)*max(v, pale) + flakes.v[i] + flakes.v[last-i]
		}
	}
	return p
}

// plasma is a fractal height map of side x side values from 0 to 1 that joins itself at its edges, by the diamond-square
// algorithm: each value is the mean of four and a random part, which decay divides at each halving of the distance.
func plasma(side int, decay float64, d *draws) []float64 {
	m := make([]float64, side*side)
	at := func(y, x int) *float64 { return &m[(y+side)%side*side+(x+side)%side] }
	amplitude := 100.0
	wobble := func(four float64) float64 { return four/4 + amplitude*d.Uniform(-amplitude, amplitude) }
	for step := side; step >= 2; step /= 2 {
		half := step / 2
		for y := half; y < side; y += step {
			for x := half; x < side; x += step {
				*at(y, x) = wobble(*at(y-half, x-half) + *at(y-half, x+half) + *at(y+half, x-half) + *at(y+half, x+half))
			}
		}
		for _, shift := range [2]int{0, half} { // the middles of rows, then those of columns
			for y := shift; y < side; y += step {
				for x := half - shift; x < side; x += step {
					*at(y, x) = wobble(*at(y-half, x) + *at(y+half, x) + *at(y, x-half) + *at(y, x+half))
				}
			}
		}
		amplitude /= decay
	}
	low, high := slices.Min(m), slices.Max(m)
	for i := range m {
		m[i] = (m[i] - low) / (high - low)
	}
	return m
}
