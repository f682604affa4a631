package lessons

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// ringPoints is n points around a circle, scattered by noise (a standard deviation). The first takes the angle turn.
func ringPoints(n int, radius, noise, turn float64, centre ui.Point) []ui.Point {
	rng := rand.New(rand.NewPCG(uint64(n), 11))
	pts := make([]ui.Point, n)
	for i := range pts {
		y, x := math.Sincos(turn + 2*math.Pi*float64(i)/float64(n))
		pts[i] = ui.Point{X: centre.X + radius*x + noise*rng.NormFloat64(), Y: centre.Y + radius*y + noise*rng.NormFloat64()}
	}
	return pts
}

// blobPoints is n points around a centre, scattered by sigma.
func blobPoints(n int, sigma float64, centre ui.Point, seed uint64) []ui.Point {
	rng := rand.New(rand.NewPCG(seed, 12))
	pts := make([]ui.Point, n)
	for i := range pts {
		pts[i] = ui.Point{X: centre.X + sigma*rng.NormFloat64(), Y: centre.Y + sigma*rng.NormFloat64()}
	}
	return pts
}

func joinPoints(sets ...[]ui.Point) (all []ui.Point) {
	for _, s := range sets {
		all = append(all, s...)
	}
	return all
}

// shapeOf computes the complex of a lesson's own points, which are few and finite, so that nothing can go wrong.
func shapeOf(pts []ui.Point, o figure.Build) *figure.Shape {
	s, err := figure.FromPoints(pts, o)
	if err != nil {
		panic("scene: points of a lesson: " + err.Error())
	}
	return s
}

// beside names what a cloudFigure has next to the map.
type beside int

const (
	mapAlone beside = iota
	withBars
	withDiagram
)

// cloudFigure is one cloud of points and its complex: a map, alone or with barcode or diagram. The dial is eps, or with
// vary whatever changes the points.
type cloudFigure struct {
	shape  *figure.Shape
	vary   func(at float64) *figure.Shape
	eps    float32 // where the dial is not eps
	beside beside
	later  bool    // what is beside the map would give the answer away
	balls  float64 // above 0: discs of radius eps/2 around the points, and this much room for them, a share of the cloud
	hollow bool    // triangles are not filled before the question is answered
	light  int     // this many of the longest loops are lit once they are told

	bare *figure.Shape // shape, hollow
	was  float64       // value of the dial that shape was last made for
	fit  ui.Rect
	m    figure.Map
	bars figure.Barcode
	dia  figure.Diagram
}

// fixedCloud is a show of a fixed shape.
func fixedCloud(s *figure.Shape, b beside) *cloudFigure { return &cloudFigure{shape: s, beside: b} }

// now is the shape and eps at a moment.
func (s *cloudFigure) now(m figureState) (*figure.Shape, float32) {
	if s.vary == nil {
		return s.shape, float32(m.at)
	}
	if s.shape == nil || s.was != m.at {
		s.shape, s.was = s.vary(m.at), m.at
	}
	return s.shape, s.eps
}

// lit are the bars to light: the longest loops.
func (s *cloudFigure) lit(shape *figure.Shape, m figureState) (bars []int) {
	if !m.answered {
		return nil
	}
	rows, split := shape.Rows()
	loops := rows[split:]
	for len(bars) < min(s.light, len(loops)) {
		best, length := figure.None, float32(0)
		for _, i := range loops {
			b := shape.Bars[i]
			if l := b.Death - b.Birth; l > length && !slices.Contains(bars, i) {
				best, length = i, l
			}
		}
		if best < 0 {
			break
		}
		bars = append(bars, best)
	}
	return bars
}

func (s *cloudFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	shape, eps := s.now(m)
	left, right := r, ui.Rect{}
	beside := s.shown(m)
	switch beside {
	case withBars, withDiagram:
		left, right = halves(r)
	}
	focus := figure.At(eps)
	if m.inside {
		focus.Hover = s.under(m.pointer)
	}
	drawn := shape
	if s.hollow && !m.answered {
		if s.bare == nil {
			s.bare = shape.Hollow()
		}
		drawn = s.bare
	}
	if s.fit.Empty() {
		s.fit = figure.FitPoints(shape.Points)
	}
	s.m.Shape, s.m.Focus, s.m.Point = drawn, focus, figure.None
	s.m.Fit = s.fit.Inset(-s.balls * max(s.fit.W, s.fit.H))
	s.m.Draw(c, left, t)
	if s.balls > 0 && s.m.Shape != nil {
		s.drawBalls(c, left, t, shape, eps)
	}
	if focus.Hover < 0 {
		s.drawLoops(c, left, t, shape, eps, m)
	}
	switch beside {
	case withBars:
		s.bars.Shape, s.bars.Tint, s.bars.Focus = shape, t.Real, focus
		tall := min(right.H, max(s.bars.Need(), 160))
		right = ui.Rect{X: right.X, Y: right.Y + (right.H-tall)/2, W: right.W, H: tall}
		s.bars.Draw(c, right, t)
	case withDiagram:
		s.dia.Shape, s.dia.Tint, s.dia.Focus, s.dia.EpsMax = shape, t.Real, focus, shape.EpsMax
		s.dia.Draw(c, right, t)
	}
}

// shown is what is beside the map at a moment.
func (s *cloudFigure) shown(m figureState) beside {
	if s.later && !m.answered {
		return mapAlone
	}
	return s.beside
}

// halves splits a rectangle along its longer side.
func halves(r ui.Rect) (a, b ui.Rect) {
	const gap = 16
	if r.W > r.H*1.15 {
		w := (r.W - gap) / 2
		return ui.Rect{X: r.X, Y: r.Y, W: w, H: r.H}, ui.Rect{X: r.X + w + gap, Y: r.Y, W: w, H: r.H}
	}
	h := (r.H - gap) / 2
	return ui.Rect{X: r.X, Y: r.Y, W: r.W, H: h}, ui.Rect{X: r.X, Y: r.Y + h + gap, W: r.W, H: h}
}

func (s *cloudFigure) drawBalls(c ui.Canvas, r ui.Rect, t ui.Theme, shape *figure.Shape, eps float32) {
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	zero, one := s.m.Place(ui.Point{}), s.m.Place(ui.Point{X: float64(eps) / 2})
	k := shape.At(eps)
	for i, p := range shape.Points {
		col := figure.GroupColor(t, k.Group[i])
		ui.Disc(c, s.m.Place(p), one.X-zero.X, col.Fade(0.10))
		ui.Ring(c, s.m.Place(p), one.X-zero.X, 1, col.Fade(0.5))
	}
}

// drawLoops lights loops by a line each along a representative cycle; of one that is not there at eps, nothing.
func (s *cloudFigure) drawLoops(c ui.Canvas, r ui.Rect, t ui.Theme, shape *figure.Shape, eps float32, m figureState) {
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	for n, bar := range s.lit(shape, m) {
		if !figure.Alive(shape.Bars[bar], eps) {
			continue
		}
		col := []ui.Color{t.Accent, t.Topo, t.Syn}[n%3]
		for _, cycle := range shape.Loop(bar) {
			var pts []ui.Point
			for _, p := range append(cycle, cycle[0]) {
				pts = append(pts, s.m.Place(shape.Points[p]))
			}
			c.Polyline(pts, 6, t.Sunken.Fade(0.75))
			c.Polyline(pts, 3, col)
			for _, p := range pts {
				ui.Disc(c, p, 4.5, t.Sunken)
				ui.Disc(c, p, 3.5, col)
			}
		}
	}
}

// under is the bar under the pointer.
func (s *cloudFigure) under(p ui.Point) int {
	switch s.beside {
	case withBars:
		return s.bars.BarAt(p)
	case withDiagram:
		return s.dia.BarAt(p)
	}
	return figure.None
}

func (s *cloudFigure) grip(p ui.Point) (float64, bool) {
	if s.vary != nil || s.beside != withBars || !s.bars.Grip(p) {
		return 0, false
	}
	return float64(s.bars.EpsAt(p.X)), true
}

func (s *cloudFigure) facts(m figureState) panel.Facts {
	if !m.answered {
		return nil
	}
	shape, eps := s.now(m)
	k := shape.At(eps)
	f := panel.Facts{{Name: "Points", Value: strconv.Itoa(len(shape.Points))}, {Name: "Edges", Value: strconv.Itoa(k.Edges)},
		{Name: "Components, β₀", Value: strconv.Itoa(k.Betti[0])}, {Name: "Open loops, β₁", Value: strconv.Itoa(k.Betti[1])}}
	if s.vary != nil || s.beside != mapAlone {
		if long := shape.Longest(1); long >= 0 {
			b := shape.Bars[long]
			f = append(f, panel.Fact{Name: "Longest loop", Value: "from " + ui.Number(b.Birth) + " to " + ui.Number(b.Death), Wide: true})
		}
	}
	return f
}

func (s *cloudFigure) describe(m figureState) string {
	shape, eps := s.now(m)
	k := shape.At(eps)
	words := fmt.Sprintf("%d points in the plane; at epsilon %s there are %s", len(shape.Points), ui.Number(eps), ui.Count(k.Edges, "edge"))
	if !m.answered {
		return words
	}
	words += fmt.Sprintf(", %s and %s", ui.Count(k.Components, "component"), ui.Count(k.Betti[1], "open loop"))
	switch s.shown(m) {
	case withBars:
		words += ", beside them the barcode of " + ui.Count(len(shape.Bars), "bar")
	case withDiagram:
		words += ", beside them the persistence diagram of " + ui.Count(len(shape.Bars), "bar")
	}
	return words
}
