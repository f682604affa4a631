package sandbox

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/viewer/figure"
	"reta/viewer/scene"
)

// noBar is the name of no bar, where the user wants none to be lit.
const noBar = "none"

// Bars are named by degree and rank, "h1.0" being the longest loop: the name of a bar
// outlives small moves of the points, its index does not.

// ranked is the bars of a degree, the longest first.
func (s *sandbox) ranked(degree int) (bars []int) {
	for i, b := range s.shape.Bars {
		if b.Degree == degree {
			bars = append(bars, i)
		}
	}
	slices.SortStableFunc(bars, func(i, j int) int {
		return cmp.Compare(persistence(s.shape, j), persistence(s.shape, i))
	})
	return bars
}

// persistence is the length of a bar, infinite for one that never dies.
func persistence(shape *figure.Shape, bar int) float64 {
	b := shape.Bars[bar]
	if b.Essential {
		return math.Inf(1)
	}
	return float64(b.Death) - float64(b.Birth)
}

func (s *sandbox) barName(bar int) string {
	degree := s.shape.Bars[bar].Degree
	return "h" + strconv.Itoa(degree) + "." + strconv.Itoa(slices.Index(s.ranked(degree), bar))
}

// barNamed inverts barName; None for a name of no bar.
func (s *sandbox) barNamed(name string) int {
	degree, rank, ok := strings.Cut(strings.TrimPrefix(name, "h"), ".")
	d, err := strconv.Atoi(degree)
	r, err2 := strconv.Atoi(rank)
	if !ok || err != nil || err2 != nil || d < 0 || d > 1 {
		return figure.None
	}
	if bars := s.ranked(d); r >= 0 && r < len(bars) {
		return bars[r]
	}
	return figure.None
}

// chooseBar takes a name, "next" or "none". The next of the loops, then of the
// components, comes by length.
func (s *sandbox) chooseBar(arg string, x *scene.Context) {
	switch arg {
	case noBar:
		barParam.Set(x.View, noBar)
	case "next":
		all := append(s.ranked(1), s.ranked(0)...)
		if len(all) > 0 {
			at := slices.Index(all, s.bar(x.View))
			barParam.Set(x.View, s.barName(all[(at+1)%len(all)]))
		}
	default:
		if s.barNamed(arg) >= 0 {
			barParam.Set(x.View, arg)
		}
	}
}

// growth lets eps run from where it is to the end of the filtration.
type growth struct {
	on         bool
	from, took float64 // eps and time at the start
}

// riseSeconds is the time eps takes over the whole filtration.
const riseSeconds = 6.0

func (g *growth) toggle(now float64, s *sandbox, x *scene.Context) {
	g.on = !g.on
	g.from, g.took = float64(s.eps(x.View)), now
	if g.from >= 0.999*float64(s.shape.EpsMax) {
		g.from = 0
	}
	if g.on && x.Still {
		epsParam.Set(x.View, float64(s.shape.EpsMax))
		g.on = false
	}
}

func (g *growth) run(now float64, s *sandbox, x *scene.Context) bool {
	if !g.on {
		return false
	}
	end := float64(s.shape.EpsMax)
	eps := g.from + (now-g.took)/riseSeconds*end
	if eps >= end {
		eps, g.on = end, false
	}
	epsParam.Set(x.View, eps)
	return g.on
}
