package dataset

import (
	"math"
	"math/rand/v2"
)

// colour is linear-light RGB.
type colour [3]float64

func (c colour) mix(d colour, t float64) colour {
	for i := range c {
		c[i] += (d[i] - c[i]) * t
	}
	return c
}

func (c colour) times(k float64) colour {
	for i := range c {
		c[i] *= k
	}
	return c
}

// oklch gives the colour of a lightness (0..1), chroma (0..0.3) and hue
// (radians) in Ottosson's OKLab, in which equal steps look equal.
func oklch(l, c, h float64) colour {
	a, b := c*math.Cos(h), c*math.Sin(h)
	cube := func(v float64) float64 { return v * v * v }
	x := cube(l + .3963377774*a + .2158037573*b)
	y := cube(l - .1055613458*a - .0638541728*b)
	z := cube(l - .0894841775*a - 1.2914855480*b)
	return colour{
		max(0, 4.0767416621*x-3.3077115913*y+.2309699292*z),
		max(0, -1.2684380046*x+2.6097574011*y-.3413193965*z),
		max(0, -.0041960863*x-.7034186147*y+1.7076147010*z),
	}
}

// gamma maps linear light in steps of 1/4095 to sRGB bytes.
var gamma = func() (t [4096]byte) {
	for i := range t {
		v := float64(i) / 4095
		if v <= .0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - .055
		}
		t[i] = byte(v*255 + .5)
	}
	return t
}()

// field is a figure's signed distance in pixels at the pixel centres, with a
// border of one pixel, made even by its own slope.
type field struct {
	d      [demoSide + 2][demoSide + 2]float64
	gx, gy [demoSide + 2][demoSide + 2]float64 // unit slope, outward
}

func sample(f figure) *field {
	const n, half = demoSide + 2, demoSide / 2.
	var raw [n][n]float64
	for y := range n {
		for x := range n {
			raw[y][x] = f((float64(x)-.5)/half-1, (float64(y)-.5)/half-1) * half
		}
	}
	s := new(field)
	for y := range n {
		for x := range n {
			x0, x1, y0, y1 := max(x-1, 0), min(x+1, n-1), max(y-1, 0), min(y+1, n-1)
			gx := (raw[y][x1] - raw[y][x0]) / float64(x1-x0)
			gy := (raw[y1][x] - raw[y0][x]) / float64(y1-y0)
			slope := math.Hypot(gx, gy)
			// Even out the slope at the outline; far from it, where slopes
			// vanish between two parts, the raw distance is smooth.
			even := raw[y][x] / min(max(slope, .7), 1.4)
			near := min(max(2-math.Abs(raw[y][x])/2, 0), 1)
			s.d[y][x] = raw[y][x] + (even-raw[y][x])*near
			if slope > 1e-9 {
				s.gx[y][x], s.gy[y][x] = gx/slope, gy/slope
			}
		}
	}
	return s
}

// at reads the distance between pixels, bilinearly; x and y in pixels of the picture.
func (s *field) at(x, y float64) float64 {
	x, y = min(max(x+1, 0), demoSide+.999), min(max(y+1, 0), demoSide+.999)
	i, j := int(x), int(y)
	u, v := x-float64(i), y-float64(j)
	top := s.d[j][i] + (s.d[j][i+1]-s.d[j][i])*u
	low := s.d[j+1][i] + (s.d[j+1][i+1]-s.d[j+1][i])*u
	return top + (low-top)*v
}

// scene is everything about a picture but its figure.
type scene struct {
	back, back2, body, body2 colour
	light                    [3]float64 // towards the lamp
	round                    float64    // pixels from the edge to the top of the bulge
	gloss, glow, shade       float64
	grain                    func(x, y float64) float64 // texture of the body, about -1..1
	ground                   func(x, y float64) float64 // texture of the background
	tilt                     float64                    // direction of both colour gradients
	specks                   []speck
}

// speck is a dab of clutter on the ground.
type speck struct {
	x, y, radius, cover float64
	colour              colour
}

func compose(r *rand.Rand) scene {
	var s scene
	dark := r.Float64() < .55
	hue := between(r, 0, 2*math.Pi)
	other := hue + between(r, 1.6, 4.7) // well apart on the colour wheel
	drift := between(r, -.7, .7)
	if dark {
		hue = between(r, 3, 6.6) // teal over blue to plum: dark yellow is mud
		other = hue + between(r, 1.6, 4.7)
		l := between(r, .22, .38)
		s.back, s.back2 = oklch(l, between(r, .03, .09), hue), oklch(l+.14, between(r, .05, .11), hue+drift)
		l = between(r, .72, .86)
		s.body, s.body2 = oklch(l, between(r, .11, .18), other), oklch(l-.08, between(r, .13, .2), other+drift)
	} else {
		l := between(r, .8, .93)
		s.back, s.back2 = oklch(l, between(r, .02, .07), hue), oklch(l-.12, between(r, .04, .1), hue+drift)
		l = between(r, .42, .6)
		s.body, s.body2 = oklch(l, between(r, .12, .2), other), oklch(l-.07, between(r, .12, .2), other+drift)
	}
	a, up := between(r, -2.6, -.5), between(r, .55, .95) // from above
	s.light = [3]float64{math.Cos(a), math.Sin(a), up}
	norm := math.Sqrt(1 + up*up)
	for i := range s.light {
		s.light[i] /= norm
	}
	s.round = between(r, 2.2, 4.5)
	s.gloss = between(r, .1, .9)
	s.shade = between(r, .3, .6)
	if dark && r.Float64() < .5 {
		s.glow = between(r, .15, .5)
	}
	s.tilt = between(r, 0, 2*math.Pi)
	s.grain, s.ground = texture(r, .16), texture(r, .1)
	for range r.IntN(9) {
		l := .85
		if !dark {
			l = .55
		}
		s.specks = append(s.specks, speck{
			x: between(r, 0, demoSide), y: between(r, 0, demoSide),
			radius: between(r, .4, 1.1), cover: between(r, .2, .55),
			colour: oklch(l, .12, between(r, 0, 2*math.Pi)),
		})
	}
	return s
}

// texture is one of: plain, stripes, waves crossed, soft clouds.
func texture(r *rand.Rand, strength float64) func(x, y float64) float64 {
	sin, cos := math.Sincos(between(r, 0, math.Pi))
	k, p, q := between(r, .7, 1.5), between(r, 0, 6.28), between(r, 0, 6.28)
	amp := between(r, .4, 1) * strength
	switch r.IntN(4) {
	case 0:
		return func(x, y float64) float64 { return amp * math.Sin(k*(cos*x+sin*y)+p) }
	case 1:
		return func(x, y float64) float64 { return amp * math.Sin(k*(cos*x+sin*y)+p) * math.Sin(k*(cos*y-sin*x)+q) }
	case 2:
		return func(x, y float64) float64 {
			return amp * math.Sin(.31*k*x+p+1.3*math.Sin(.23*y+q)) * math.Cos(.27*k*y+q+1.1*math.Sin(.19*x+p))
		}
	}
	return func(x, y float64) float64 { return 0 }
}

// render draws a posed figure: a glossy bulging body over a lit ground, with
// its cast shadow, on which some specks lie where the body is not.
func render(f figure, r *rand.Rand) Image {
	s, sc := sample(f), compose(r)
	m := Image{demoSide, demoSide, make([]byte, demoSide*demoSide*3)}
	gs, gc := math.Sincos(sc.tilt)
	half := [3]float64{sc.light[0], sc.light[1], sc.light[2] + 1} // between lamp and eye
	norm := math.Sqrt(half[0]*half[0] + half[1]*half[1] + half[2]*half[2])
	for y := range demoSide {
		for x := range demoSide {
			px, py := float64(x), float64(y)
			d := s.d[y+1][x+1]
			along := .5 + (gc*(px-15.5)+gs*(py-15.5))/44

			c := sc.back.mix(sc.back2, along).times(1 + sc.ground(px, py))
			for _, k := range sc.specks {
				if cover := min(.5+k.radius-math.Hypot(px-k.x, py-k.y), 1); cover > 0 && d > 2 {
					c = c.mix(k.colour, k.cover*cover*min(1, (d-2)/2))
				}
			}
			cast := min(max(.5-s.at(px+2.4*sc.light[0], py+2.4*sc.light[1])/3, 0), 1)
			c = c.times(1 - sc.shade*cast)
			if sc.glow > 0 {
				c = c.mix(sc.body, sc.glow*math.Exp(-max(d, 0)/2.6))
			}

			if cover := min(max(.5-d, 0), 1); cover > 0 {
				flat := 1 - min(max(-d/sc.round, 0), 1) // 1 at the edge, 0 on top
				n := [3]float64{s.gx[y+1][x+1] * flat, s.gy[y+1][x+1] * flat, math.Sqrt(1 - flat*flat*.92)}
				lit := n[0]*sc.light[0] + n[1]*sc.light[1] + n[2]*sc.light[2]
				spec := (n[0]*half[0] + n[1]*half[1] + n[2]*half[2]) / norm
				spec *= spec
				spec *= spec
				spec *= spec
				spec *= spec * spec
				body := sc.body.mix(sc.body2, 1-along).times((.42 + .72*max(lit, 0)) * (1 + sc.grain(px, py)))
				body = body.mix(colour{1, 1, 1}, .55*sc.gloss*min(max(spec, 0), 1))
				c = c.mix(body, cover)
			}
			i := (y*demoSide + x) * 3
			for k, v := range c {
				m.Pix[i+k] = gamma[int(min(max(v, 0), 1)*4095+.5)]
			}
		}
	}
	return m
}
