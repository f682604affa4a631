package corrupt

import "math"

var blurs = []Corruption{
	{"defocus-blur", Blur, func(p *plane, l level, _ *draws) *plane {
		return p.correlate(disk(defocusDisk.at(l)), mirror101)
	}},
	{"glass-blur", Blur, func(p *plane, l level, d *draws) *plane {
		g := glass.at(l)
		p = p.gaussian(g.sigma, 4, clamp).floored()
		for range g.rounds {
			shuffle(p, g.shift, d)
		}
		return p.gaussian(g.sigma, 4, clamp)
	}},
	{"motion-blur", Blur, func(p *plane, l level, d *draws) *plane {
		m := motion.at(l)
		return p.moved(m.radius, m.sigma, d.Uniform(-45, 45))
	}},
	{"zoom-blur", Blur, func(p *plane, l level, _ *draws) *plane { // mean of the image and its enlargements, of which the first is itself
		factors := zoom.at(l).factors()
		out := newPlane(p.n, p.ch)
		add := func(q *plane) {
			for i, v := range q.v {
				out.v[i] += v / float64(len(factors)+1)
			}
		}
		add(p)
		for _, f := range factors {
			add(p.zoomed(f))
		}
		return out
	}},
}

type (
	diskOf  struct{ radius, soft float64 }
	glassOf struct {
		sigma         float64
		shift, rounds int
	}
	motionOf struct{ radius, sigma float64 }
	zoomOf   struct{ end, step float64 }
)

var (
	defocusDisk = table[diskOf]{{{3, .1}, {4, .5}, {6, .5}, {8, .5}, {10, .5}}, {{.5, .6}, {1, .1}, {1.5, .1}, {2.5, .01}, {3, .1}}, {{.3, .4}, {.4, .5}, {.5, .6}, {1, .2}, {1.5, .1}}}
	glass       = table[glassOf]{{{.7, 1, 2}, {.9, 2, 1}, {1, 2, 3}, {1.1, 3, 2}, {1.5, 4, 2}}, {{.1, 1, 1}, {.5, 1, 1}, {.6, 1, 2}, {.7, 2, 1}, {.9, 2, 2}}, {{.05, 1, 1}, {.25, 1, 1}, {.4, 1, 1}, {.25, 1, 2}, {.4, 1, 2}}}
	motion      = table[motionOf]{{{10, 3}, {15, 5}, {15, 8}, {15, 12}, {20, 15}}, {{10, 1}, {10, 1.5}, {10, 2}, {10, 2.5}, {12, 3}}, {{6, 1}, {6, 1.5}, {6, 2}, {8, 2}, {9, 2.5}}}
	zoom        = table[zoomOf]{{{1.11, .01}, {1.16, .01}, {1.21, .02}, {1.26, .02}, {1.31, .03}}, zoomSmall, zoomSmall}
	zoomSmall   = [Severities]zoomOf{{1.06, .01}, {1.11, .01}, {1.16, .01}, {1.21, .01}, {1.26, .01}}
)

// factors are those from 1 on, numpy.arange(1, end, step), whose rounding decides whether end is among them.
func (z zoomOf) factors() (list []float64) {
	n := int(math.Ceil((z.end - 1) / z.step))
	step := 1 + z.step - 1
	for i := range n {
		list = append(list, 1+float64(i)*step)
	}
	return list
}

// disk is the kernel of a lens out of focus: a disk whose edge is made soft by a narrow Gaussian.
func disk(of diskOf) (kernel []tap) {
	reach, soft := 8, 1
	if of.radius > 8 {
		reach, soft = int(of.radius), 2
	}
	side := 2*reach + 1
	p, inside := newPlane(side, 1), 0.0
	for y := range side {
		for x := range side {
			if dy, dx := float64(y-reach), float64(x-reach); dy*dy+dx*dx <= of.radius*of.radius {
				p.v[y*side+x] = 1
				inside++
			}
		}
	}
	edge := gaussianKernel(soft, of.soft)
	rows := make([]span, side)
	for i := range rows {
		rows[i] = folded(edge, i, side, mirror101)
	}
	for i, v := range p.rows(rows).columns(rows).v {
		if v > 0 {
			kernel = append(kernel, tap{i/side - reach, i%side - reach, v / inside})
		}
	}
	return kernel
}

// shuffle gives pixels the values of others that are at most so many pixels away, from the last to the first. The published
// code means to swap the two, but copies.
func shuffle(p *plane, shift int, d *draws) {
	for y := p.n - shift; y > shift; y-- {
		for x := p.n - shift; x > shift; x-- {
			dx, dy := d.IntN(2*shift)-shift, d.IntN(2*shift)-shift
			copy(p.v[(y*p.n+x)*p.ch:(y*p.n+x+1)*p.ch], p.v[((y+dy)*p.n+x+dx)*p.ch:])
		}
	}
}

// moved is the image smeared to one side in a direction, as ImageMagick's motion blur does: half a Gaussian along a line of
// whole pixels, angle in degrees. Like the files that it writes, the result has steps of a byte, rounded down from 16 bits.
func (p *plane) moved(radius, sigma, angle float64) *plane {
	n := 2*int(math.Ceil(radius)) + 1
	sin, cos := math.Sincos(angle * math.Pi / 180)
	kernel, sum := make([]tap, n), 0.0
	for i := range kernel {
		at := float64(i)
		w := math.Exp(-at * at / (2 * sigma * sigma))
		kernel[i] = tap{int(math.Ceil(at*sin - 0.5)), int(math.Ceil(at*cos - 0.5)), w}
		sum += w
	}
	for i := range kernel {
		kernel[i].weight /= sum
	}
	return p.correlate(kernel, clamp).mapped(func(v float64) float64 { return math.Floor(math.Round(v*65535)/257) / 255 })
}
