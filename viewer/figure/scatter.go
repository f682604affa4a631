package figure

import (
	"math"
	"slices"

	"reta/viewer/ui"
)

// Scatter is named things by two numbers. Those that are not finite are not drawn.
type Scatter struct {
	Points         []ui.Point
	Names          []string // of each, written beside it where there is room
	Hollow         []bool   // drawn as a ring; nil: none
	XLabel, YLabel string
	Tint           ui.Color
	Chosen, Hover  int // None for none

	plot ui.Plot
	area ui.Rect
	at   []ui.Point // of each point, as drawn
}

const labelMost = 24 // more points are named only when pointed at

// Draw paints the points into r.
func (s *Scatter) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	s.area, s.at = ui.Rect{}, s.at[:0]
	var shown []ui.Point
	for _, p := range s.Points {
		if finite(p) {
			shown = append(shown, p)
		}
	}
	if len(shown) == 0 {
		return
	}
	lo, hi := shown[0], shown[0]
	for _, p := range shown {
		lo, hi = ui.Point{X: min(lo.X, p.X), Y: min(lo.Y, p.Y)}, ui.Point{X: max(hi.X, p.X), Y: max(hi.Y, p.Y)}
	}
	s.plot = ui.Plot{X: spread(lo.X, hi.X), Y: spread(lo.Y, hi.Y)}
	c.Text(ui.Point{X: r.X, Y: r.Y + 8}, s.YLabel, ui.SizeSmall, ui.Left, t.Muted)
	area := s.plot.Frame(c, ui.Rect{X: r.X, Y: r.Y + 14, W: r.W, H: r.H - 30}, t)
	if area.Empty() {
		return
	}
	s.area = area
	c.Text(ui.Point{X: area.X + area.W, Y: r.Y + r.H - 6}, s.XLabel, ui.SizeSmall, ui.Right, t.Muted)
	for _, p := range s.Points {
		q := ui.Point{X: math.NaN()}
		if finite(p) {
			q = s.plot.Project(area, []ui.Point{p})[0]
		}
		s.at = append(s.at, q)
	}
	for i, q := range s.at {
		if finite(q) && i != s.Chosen && i != s.Hover {
			s.mark(c, i, q, t)
		}
	}
	s.labels(c, t)
	for _, i := range []int{s.Chosen, s.Hover} {
		if i >= 0 && i < len(s.at) && finite(s.at[i]) {
			s.mark(c, i, s.at[i], t)
			ui.Ring(c, s.at[i], 8.5, 2, t.Accent)
		}
	}
}

// spread is a scale with some room on either side.
func spread(lo, hi float64) ui.Scale {
	room := 0.08 * (hi - lo)
	if !(room > 0) || room > math.MaxFloat64 {
		return ui.Linear(lo-max(0.1*math.Abs(lo), 1e-3), lo+max(0.1*math.Abs(lo), 1e-3))
	}
	return ui.Linear(lo-room, hi+room)
}

func (s *Scatter) mark(c ui.Canvas, i int, q ui.Point, t ui.Theme) {
	ui.Disc(c, q, 5.8, t.Surface)
	if i < len(s.Hollow) && s.Hollow[i] {
		ui.Ring(c, q, 4, 1.6, s.Tint)
		return
	}
	ui.Disc(c, q, 4.6, s.Tint)
}

// labels writes the names that cover neither a mark nor one another, the chosen one's first.
func (s *Scatter) labels(c ui.Canvas, t ui.Theme) {
	if len(s.at) > labelMost {
		if s.Chosen >= 0 {
			s.label(c, s.Chosen, nil, t)
		}
		return
	}
	order := make([]int, len(s.at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch s.Chosen {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	var taken []ui.Rect
	for _, q := range s.at {
		taken = append(taken, ui.Rect{X: q.X - 5, Y: q.Y - 5, W: 10, H: 10})
	}
	for _, i := range order {
		taken = s.label(c, i, taken, t)
	}
}

// label writes a name on the side of its mark where it covers nothing, or nowhere.
func (s *Scatter) label(c ui.Canvas, i int, taken []ui.Rect, t ui.Theme) []ui.Rect {
	if i >= len(s.at) || i >= len(s.Names) || !finite(s.at[i]) {
		return taken
	}
	q, name := s.at[i], ui.Ellipsis(c, s.Names[i], ui.SizeSmall, 120)
	w, off := c.TextWidth(name, ui.SizeSmall), 9.0
	if i == s.Chosen {
		off = 13
	}
	for _, place := range []ui.Point{{X: off, Y: 0}, {X: -off - w, Y: 0}, {X: -w / 2, Y: -off - 4}, {X: -w / 2, Y: off + 4}} {
		box := ui.Rect{X: q.X + place.X, Y: q.Y + place.Y - 6, W: w, H: 12}
		if box.X < s.area.X || box.X+box.W > s.area.X+s.area.W || box.Y < s.area.Y-8 || box.Y+box.H > s.area.Y+s.area.H ||
			slices.ContainsFunc(taken, func(o ui.Rect) bool {
				return o.X < box.X+box.W && box.X < o.X+o.W && o.Y < box.Y+box.H && box.Y < o.Y+o.H
			}) {
			continue
		}
		col := t.Muted
		if i == s.Chosen {
			col = t.Ink
		}
		c.Text(ui.Point{X: box.X, Y: box.Y + 6}, name, ui.SizeSmall, ui.Left, col)
		return append(taken, box)
	}
	return taken
}

// PointAt is the point nearest to p within 14 pixels, None for none.
func (s *Scatter) PointAt(p ui.Point) int {
	best, at := 14.0, None
	for i, q := range s.at {
		if d := math.Hypot(q.X-p.X, q.Y-p.Y); d < best {
			best, at = d, i
		}
	}
	return at
}

// Place is where a point was drawn last.
func (s *Scatter) Place(i int) ui.Point {
	if i < 0 || i >= len(s.at) {
		return ui.Point{}
	}
	return s.at[i]
}
