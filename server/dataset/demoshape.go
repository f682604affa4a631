package dataset

import (
	"math"
	"math/rand/v2"
)

// figure is a shape as a signed distance: negative inside, in units in which
// the shape about fills the circle of radius 1. Distances need only be right
// near the outline.
type figure func(x, y float64) float64

func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

func disc(cx, cy, radius float64) figure {
	return func(x, y float64) float64 { return math.Hypot(x-cx, y-cy) - radius }
}

func circle(cx, cy, radius, half float64) figure {
	return func(x, y float64) float64 { return math.Abs(math.Hypot(x-cx, y-cy)-radius) - half }
}

func union(parts ...figure) figure {
	return func(x, y float64) float64 {
		d := math.Inf(1)
		for _, p := range parts {
			d = min(d, p(x, y))
		}
		return d
	}
}

// melt is the union of two shapes with a fillet of size k where they meet.
func melt(a, b figure, k float64) figure {
	return func(x, y float64) float64 {
		p, q := a(x, y), b(x, y)
		h := max(k-math.Abs(p-q), 0) / k
		return min(p, q) - h*h*k/4
	}
}

// blob is a disc with a wavy outline.
func blob(r *rand.Rand) figure {
	var amp, phase [3]float64
	for i := range amp {
		amp[i], phase[i] = between(r, 0, .16/float64(i+1)), between(r, 0, 2*math.Pi)
	}
	size := between(r, .66, .84)
	return func(x, y float64) float64 {
		a, edge := math.Atan2(y, x), size
		for i := range amp {
			edge += amp[i] * math.Cos(float64(i+2)*a+phase[i])
		}
		return math.Hypot(x, y) - edge
	}
}

func ring(r *rand.Rand) figure {
	half := between(r, .15, .24)
	return circle(0, 0, .98-half, half)
}

func twoRings(r *rand.Rand) figure {
	a := between(r, .43, .53) // outer radii; together they leave a gap in the width of 2
	b := between(r, .86, .9) - a
	half := between(r, .115, .145)
	return union(circle(a-1, 0, a-half, half), circle(1-b, 0, b-half, half))
}

func figureEight(r *rand.Rand) figure {
	half := between(r, .12, .15)
	a := between(r, .47, .59) // outer radii; the bands overlap by their width
	b := 1 + half - a
	return melt(circle(a-1, 0, a-half, half), circle(1-b, 0, b-half, half), .12)
}

func ringWithDot(r *rand.Rand) figure {
	half := between(r, .12, .16)
	dot := between(r, .2, .27)
	room := 1 - 2*half - dot - .2 // how far the dot's middle may go
	at, a := room*math.Sqrt(r.Float64()), between(r, 0, 2*math.Pi)
	return union(circle(0, 0, 1-half, half), disc(at*math.Cos(a), at*math.Sin(a), dot))
}

func threeBlobs(r *rand.Rand) figure {
	var parts []figure
	for i := range 3 {
		a := (float64(i) + between(r, -.05, .05)) * 2 * math.Pi / 3
		size := between(r, .32, .4)
		parts = append(parts, disc((1-size)*math.Cos(a), (1-size)*math.Sin(a), size))
	}
	return union(parts...)
}

// gridOfHoles is a square plate with two by two holes.
func gridOfHoles(r *rand.Rand) figure {
	const side, corner = .8, .24
	at, hole := between(r, .35, .37), between(r, .2, .24)
	return func(x, y float64) float64 {
		u, v := math.Abs(x), math.Abs(y)
		plate := math.Hypot(max(u-side+corner, 0), max(v-side+corner, 0)) + min(max(u, v)-side+corner, 0) - corner
		return max(plate, hole-math.Hypot(u-at, v-at))
	}
}

// openArc is a ring with a wide gap and round ends.
func openArc(r *rand.Rand) figure {
	half := between(r, .13, .19)
	radius, open := 1-half, between(r, .55, .95) // half the gap, radians
	ex, ey := radius*math.Cos(open), radius*math.Sin(open)
	return func(x, y float64) float64 {
		y = math.Abs(y)
		if math.Atan2(y, x) < open {
			return math.Hypot(x-ex, y-ey) - half
		}
		return math.Abs(math.Hypot(x, y)-radius) - half
	}
}

// spiral is Archimedes' of about two turns, of either hand.
func spiral(r *rand.Rand) figure {
	half := between(r, .095, .12)
	pitch := between(r, .4, .44) // per turn
	last := (1 - half) / pitch * 2 * math.Pi
	first := last - 2*math.Pi*between(r, 1.75, 1.95)
	hand := float64(1 - 2*r.IntN(2))
	at := func(t float64) (x, y float64) {
		return pitch * t / (2 * math.Pi) * math.Cos(t), pitch * t / (2 * math.Pi) * math.Sin(t)
	}
	fx, fy := at(first)
	lx, ly := at(last)
	return func(x, y float64) float64 {
		y *= hand
		d := min(math.Hypot(x-fx, y-fy), math.Hypot(x-lx, y-ly))
		rad := math.Hypot(x, y)
		for t := math.Mod(math.Atan2(y, x)+2*math.Pi, 2*math.Pi); t <= last; t += 2 * math.Pi {
			if t >= first {
				d = min(d, math.Abs(rad-pitch*t/(2*math.Pi)))
			}
		}
		return d - half
	}
}

func cross(r *rand.Rand) figure {
	half, corner := between(r, .17, .25), .1
	bar := func(u, v float64) float64 {
		u, v = math.Abs(u)-1+corner, math.Abs(v)-half+corner
		return math.Hypot(max(u, 0), max(v, 0)) + min(max(u, v), 0) - corner
	}
	return melt(func(x, y float64) float64 { return bar(x, y) }, func(x, y float64) float64 { return bar(y, x) }, .1)
}

// pose turns, scales, squeezes, moves and bends a figure at random and returns
// it in the coordinates of the picture, [-1,1] across, y down.
func pose(f figure, r *rand.Rand) figure {
	sin, cos := math.Sincos(between(r, 0, 2*math.Pi))
	scale, squeeze := between(r, .74, .88), between(r, .85, 1)
	free := .94 - scale // room to move
	dx, dy := between(r, -free, free), between(r, -free, free)
	bend := between(r, 0, .06)
	px, py := between(r, 0, 2*math.Pi), between(r, 0, 2*math.Pi)
	return func(x, y float64) float64 {
		x, y = x-dx, y-dy
		x, y = x+bend*math.Sin(2.7*y+px), y+bend*math.Sin(2.7*x+py)
		x, y = (cos*x+sin*y)/scale, (cos*y-sin*x)/(scale*squeeze)
		return f(x, y) * scale
	}
}
