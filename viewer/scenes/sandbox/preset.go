package sandbox

import (
	"math"
	"math/rand/v2"

	"reta/viewer/ui"
)

// preset is a cloud made of numbers: n points in the unit square, each moved by a
// normal deviate of standard deviation noise. It draws the same deviates whatever
// noise is, so that more of it moves every point further the same way.
type preset struct {
	name, title string
	place       func(i, n int, rng *rand.Rand) ui.Point
}

var presets = []preset{
	{"circle", "Circle", func(i, n int, _ *rand.Rand) ui.Point { return onCircle(0.5, 0.5, 0.34, share(i, n)) }},
	{"two", "Two circles", func(i, n int, _ *rand.Rand) ui.Point {
		if big := n - n*2/5; i < big {
			return onCircle(0.32, 0.58, 0.26, share(i, big))
		} else {
			return onCircle(0.78, 0.26, 0.15, share(i-big, n-big))
		}
	}},
	{"eight", "Figure eight", func(i, n int, _ *rand.Rand) ui.Point {
		if half := (n + 1) / 2; i < half {
			return onCircle(0.29, 0.5, 0.21, share(i, half))
		} else {
			return onCircle(0.71, 0.5, 0.21, 0.5+(float64(i-half)+0.5)/float64(n-half))
		}
	}},
	{"clusters", "Three clusters", func(i, n int, rng *rand.Rand) ui.Point {
		at := [3]ui.Point{{X: 0.27, Y: 0.3}, {X: 0.72, Y: 0.36}, {X: 0.46, Y: 0.76}}[i%3]
		return ui.Point{X: at.X + 0.06*rng.NormFloat64(), Y: at.Y + 0.06*rng.NormFloat64()}
	}},
	{"strays", "Circle with strays", func(i, n int, rng *rand.Rand) ui.Point {
		if ring := n - n/5; i < ring {
			return onCircle(0.5, 0.5, 0.34, share(i, ring))
		}
		return ui.Point{X: rng.Float64(), Y: rng.Float64()}
	}},
	{"annulus", "Annulus", func(i, n int, rng *rand.Rand) ui.Point {
		const inner, outer = 0.22, 0.42
		return onCircle(0.5, 0.5, math.Sqrt(inner*inner+(outer*outer-inner*inner)*rng.Float64()), share(i, n))
	}},
	{"grid", "Grid", func(i, n int, _ *rand.Rand) ui.Point {
		side := int(math.Ceil(math.Sqrt(float64(n))))
		step := 0.76 / float64(max(side-1, 1))
		return ui.Point{X: 0.12 + step*float64(i%side), Y: 0.88 - step*float64(i/side)}
	}},
	{"spiral", "Spiral", func(i, n int, _ *rand.Rand) ui.Point {
		s := math.Sqrt((float64(i) + 2) / float64(n+1)) // even steps along the way
		return onCircle(0.5, 0.5, 0.42*s, 1.75*s)
	}},
	{"random", "Random", func(_, _ int, rng *rand.Rand) ui.Point {
		return ui.Point{X: 0.04 + 0.92*rng.Float64(), Y: 0.04 + 0.92*rng.Float64()}
	}},
}

// share is how far around point i of n is.
func share(i, n int) float64 { return float64(i) / float64(n) }

func onCircle(x, y, radius, turn float64) ui.Point {
	sin, cos := math.Sincos(2 * math.Pi * turn)
	return ui.Point{X: x + radius*cos, Y: y + radius*sin}
}

// presetNames is every preset's name, and drawn.
func presetNames() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return append(names, drawn)
}

// presetOf finds a preset; the first for what is none.
func presetOf(name string) preset {
	for _, p := range presets {
		if p.name == name {
			return p
		}
	}
	return presets[0]
}

// points makes the cloud. Noise carries no point to the edge of the unit square, where
// half of its mark would be cut off.
func (p preset) points(n int, noise float64, seed int) []ui.Point {
	places, moves := rand.New(rand.NewPCG(uint64(seed), 1)), rand.New(rand.NewPCG(uint64(seed), 2))
	pts := make([]ui.Point, n)
	for i := range pts {
		at := p.place(i, n, places)
		pts[i] = ui.Point{X: inside(at.X + noise*moves.NormFloat64()), Y: inside(at.Y + noise*moves.NormFloat64())}
	}
	return pts
}

func inside(x float64) float64 { return min(max(x, 0.015), 0.985) }

func inUnit(x float64) float64 { return min(max(x, 0), 1) }
