package figure

import (
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// Diagram is the persistence diagram of a shape: a mark at (birth, death) for every
// bar, discs for components and squares for loops. What never dies lies on the line
// of infinity. Over is a second shape on the same axes, its marks hollow.
type Diagram struct {
	Shape, Over    *Shape
	Tint, OverTint ui.Color // of degree 0 of each; degree 1 of Shape is the theme's Topo
	EpsMax         float32  // of both axes; 0: the larger of the shapes'
	Focus          Focus

	area  ui.Rect
	top   float64 // y of the line of infinity
	spots []spot
	over  []spot // of Over
}

// spot is a place with one bar, or with several whose marks would cover each other.
type spot struct {
	at     ui.Point // the mean of theirs
	degree int
	bars   []int
}

// Draw paints the diagram into r. The square that holds the bars alive at eps, born
// before and dead after, is shaded.
func (d *Diagram) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	const left, foot, head = 38.0, 36.0, 30.0
	side := min(r.W-left-10, r.H-foot-head)
	d.spots, d.over, d.area = nil, nil, ui.Rect{}
	if d.Shape == nil || side < 40 {
		return
	}
	if d.EpsMax == 0 {
		d.EpsMax = d.Shape.EpsMax
		if d.Over != nil {
			d.EpsMax = max(d.EpsMax, d.Over.EpsMax)
		}
	}
	corner := ui.Snap(ui.Point{X: r.X + left, Y: r.Y + head}, c.Scale())
	d.area = ui.Rect{X: corner.X, Y: corner.Y, W: side, H: side}
	d.top = d.area.Y - 14
	d.ground(c, t)
	if d.Over != nil {
		d.over = d.collect(d.Over)
		for _, s := range d.over {
			d.hollow(c, s, t)
		}
	}
	d.spots = d.collect(d.Shape)
	for _, s := range d.spots {
		d.spot(c, s, t)
	}
	d.counts(c, t)
	d.lit(c, t)
}

func (d *Diagram) place(b event.Bar) ui.Point {
	p := ui.Point{X: d.x(b.Birth), Y: d.area.Y + d.area.H*(1-float64(b.Death/d.EpsMax))}
	if b.Essential {
		p.Y = d.top
	}
	return p
}

func (d *Diagram) x(eps float32) float64 { return d.area.X + d.area.W*float64(eps/d.EpsMax) }

// collect gathers the bars of one degree that fall within a mark of each other.
func (d *Diagram) collect(s *Shape) (spots []spot) {
	type cell struct{ x, y, degree int }
	at := map[cell]int{}
	rows, _ := s.Rows()
	for _, bar := range rows {
		b := s.Bars[bar]
		p := d.place(b)
		if !finite(p) || p.X > d.area.X+d.area.W+1 || p.Y < d.top-1 {
			continue
		}
		key := cell{int(math.Round(p.X / 7)), int(math.Round(p.Y / 7)), b.Degree}
		if i, ok := at[key]; ok {
			s := &spots[i]
			s.bars = append(s.bars, bar)
			s.at = along(s.at, p, 1/float64(len(s.bars)))
			continue
		}
		at[key] = len(spots)
		spots = append(spots, spot{p, b.Degree, []int{bar}})
	}
	return spots
}

// ground paints axes, diagonal, the line of infinity and the present eps.
func (d *Diagram) ground(c ui.Canvas, t ui.Theme) {
	a := d.area
	c.Triangles([]ui.Point{{X: a.X, Y: a.Y + a.H}, {X: a.X + a.W, Y: a.Y}, {X: a.X + a.W, Y: a.Y + a.H}}, t.Sunken)
	px := 1 / c.Scale()
	scale := ui.Scale{Min: 0, Max: float64(d.EpsMax)}
	for _, v := range scale.Ticks(max(2, int(a.W/64))) {
		p := ui.Snap(ui.Point{X: a.X + a.W*scale.At(v), Y: a.Y + a.H*(1-scale.At(v))}, c.Scale())
		ui.Fill(c, ui.Rect{X: p.X, Y: a.Y, W: px, H: a.H}, t.Line)
		ui.Fill(c, ui.Rect{X: a.X, Y: p.Y, W: a.W, H: px}, t.Line)
		c.Text(ui.Point{X: p.X, Y: a.Y + a.H + 12}, ui.Number(v), ui.SizeSmall, ui.Centre, t.Muted)
		if v != 0 {
			c.Text(ui.Point{X: a.X - 7, Y: p.Y}, ui.Number(v), ui.SizeSmall, ui.Right, t.Muted)
		}
	}
	c.Polyline([]ui.Point{{X: a.X, Y: a.Y + a.H}, {X: a.X + a.W, Y: a.Y}}, 1, t.Muted)
	dashed(c, []ui.Point{{X: a.X, Y: d.top}, {X: a.X + a.W, Y: d.top}}, 1, t.Muted)
	c.Text(ui.Point{X: a.X - 7, Y: d.top}, "∞", ui.SizeBody, ui.Right, t.Muted)
	c.Text(ui.Point{X: a.X + a.W, Y: a.Y + a.H + 27}, "birth →", ui.SizeSmall, ui.Right, t.Muted)
	c.Text(ui.Point{X: a.X - 34, Y: d.top - 13}, "↑ death", ui.SizeSmall, ui.Left, t.Muted)
	x := d.x(min(max(d.Focus.Eps, 0), d.EpsMax))
	y := a.Y + a.H - (x - a.X)
	ui.Fill(c, ui.Rect{X: a.X, Y: d.top - 6, W: x - a.X, H: y - d.top + 6}, t.Accent.Fade(0.1))
	c.Polyline([]ui.Point{{X: a.X, Y: y}, {X: x, Y: y}, {X: x, Y: d.top - 6}}, 1.2, t.Accent)
	ui.Disc(c, ui.Point{X: x, Y: y}, 3.5, t.Accent)
}

// spot paints a mark, faint when none of its bars is alive.
func (d *Diagram) spot(c ui.Canvas, s spot, t ui.Theme) {
	col, alive := d.Tint, false
	if s.degree == 1 {
		col = t.Topo
	}
	for _, bar := range s.bars {
		alive = alive || Alive(d.Shape.Bars[bar], d.Focus.Eps)
	}
	if !alive {
		col = col.Mix(t.Surface, 0.5)
	}
	d.mark(c, s, 3.6, t.Surface, 1)
	d.mark(c, s, 3.6, col, 0)
}

// counts writes how many bars a mark stands for, the most first, as long as the
// numbers do not cover each other.
func (d *Diagram) counts(c ui.Canvas, t ui.Theme) {
	many := slices.Clone(d.spots)
	slices.SortStableFunc(many, func(a, b spot) int { return len(b.bars) - len(a.bars) })
	var taken []ui.Point
	for _, s := range many {
		near := func(p ui.Point) bool { return math.Abs(p.X-s.at.X) < 26 && math.Abs(p.Y-s.at.Y) < 12 }
		if len(s.bars) < 2 || slices.ContainsFunc(taken, near) {
			continue
		}
		taken = append(taken, s.at)
		c.Text(ui.Point{X: s.at.X + 8, Y: s.at.Y}, "×"+ui.Number(float64(len(s.bars))), ui.SizeSmall, ui.Left, t.Muted)
	}
}

func (d *Diagram) mark(c ui.Canvas, s spot, rad float64, col ui.Color, rim float64) {
	rad += rim
	if s.degree == 0 {
		ui.Disc(c, s.at, rad, col)
		return
	}
	ui.Fill(c, ui.Rect{X: s.at.X - rad*0.9, Y: s.at.Y - rad*0.9, W: rad * 1.8, H: rad * 1.8}, col)
}

func (d *Diagram) hollow(c ui.Canvas, s spot, t ui.Theme) {
	if s.degree == 0 {
		ui.Ring(c, s.at, 5, 1.5, d.OverTint)
		return
	}
	ui.Outline(c, ui.Rect{X: s.at.X - 5, Y: s.at.Y - 5, W: 10, H: 10}, 0, 1.5, d.OverTint)
}

// lit rings the bar in focus and drops its length onto the diagonal.
func (d *Diagram) lit(c ui.Canvas, t ui.Theme) {
	bar := d.Focus.Bar()
	if bar < 0 || bar >= len(d.Shape.Bars) {
		return
	}
	b := d.Shape.Bars[bar]
	p := d.place(b)
	c.Polyline([]ui.Point{p, {X: p.X, Y: d.area.Y + d.area.H - (p.X - d.area.X)}}, 1.5, t.Accent)
	d.mark(c, spot{at: p, degree: b.Degree}, 4, t.Accent, 1)
	ui.Ring(c, p, 9, 2, t.Accent)
}

// BarAt returns the bar of Shape whose mark is nearest to p within 10 pixels, None
// for none. Of several in one place it is the one in focus, or else the first.
func (d *Diagram) BarAt(p ui.Point) int { return d.nearest(d.spots, p, d.Focus.Select) }

// nearest finds the bar of the spot nearest to p, of several the chosen one or the first.
func (d *Diagram) nearest(spots []spot, p ui.Point, chosen int) int {
	best, at := 10.0, None
	for _, s := range spots {
		if l := math.Hypot(s.at.X-p.X, s.at.Y-p.Y); l < best {
			best, at = l, s.bars[0]
			for _, bar := range s.bars {
				if bar == chosen {
					at = bar
				}
			}
		}
	}
	return at
}

// EpsAt is the eps at x.
func (d *Diagram) EpsAt(x float64) float32 { return epsAt(d.area, x, d.EpsMax) }

// Area is the square of the axes as drawn last.
func (d *Diagram) Area() ui.Rect { return d.area }
