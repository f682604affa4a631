package figure

import (
	"math"

	"reta/viewer/ui"
)

// Map is a shape on its plane: points, the edges and triangles that have appeared at
// the focus's eps by component, and what the lit bar is made of. It keeps where it
// drew the points, for PointAt.
type Map struct {
	Shape   *Shape
	Syn     bool       // the points are synthetic: diamonds; else discs
	Ghosts  []ui.Point // the other set, small and hollow
	Anchors []ui.Point // triangle marks
	Links   []ui.Point // ends of thin lines below the points, two for each line
	Fit     ui.Rect    // the part of the plane to show, shared by maps side by side; see FitPoints
	Focus   Focus
	Point   int                          // point to ring and to draw on top, None for none
	Picture func(i int) *ui.Picture      // thumbnail of a point; nil, or nil for a point: its mark
	Side    float64                      // of a thumbnail, CSS pixels; 0: 24
	Tint    func(i int) (ui.Color, bool) // colour of a point instead of its component's; nil: none

	area ui.Rect
	at   []ui.Point // of each point on the canvas
	zoom float64

	fills, lines [len(ui.Theme{}.Groups)][]ui.Point // of simplices, by colour; kept for their memory
}

// FitPoints returns the smallest part of the plane that holds all points.
func FitPoints(sets ...[]ui.Point) ui.Rect {
	lo, hi := ui.Point{X: math.Inf(1), Y: math.Inf(1)}, ui.Point{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, set := range sets {
		for _, p := range set {
			if finite(p) {
				lo, hi = ui.Point{X: min(lo.X, p.X), Y: min(lo.Y, p.Y)}, ui.Point{X: max(hi.X, p.X), Y: max(hi.Y, p.Y)}
			}
		}
	}
	if lo.X > hi.X {
		return ui.Rect{}
	}
	return ui.Rect{X: lo.X, Y: lo.Y, W: hi.X - lo.X, H: hi.Y - lo.Y}
}

func finite(p ui.Point) bool {
	return !math.IsNaN(p.X+p.Y) && !math.IsInf(p.X, 0) && !math.IsInf(p.Y, 0)
}

// margin is kept free around the outermost points.
const margin = 18.0

// aim sets the projection: equal axes, Fit in the middle of r.
func (m *Map) aim(r ui.Rect) {
	m.area = r
	box := r.Inset(max(margin, m.side()*0.6))
	m.zoom = min(box.W/max(m.Fit.W, 1e-9), box.H/max(m.Fit.H, 1e-9))
	if m.Fit.W <= 0 && m.Fit.H <= 0 {
		m.zoom = 1
	}
}

func (m *Map) side() float64 {
	switch {
	case m.Picture == nil:
		return 0
	case m.Side == 0:
		return 24
	}
	return m.Side
}

// Place puts a point of the plane on the canvas, as the last Draw did.
func (m *Map) Place(p ui.Point) ui.Point {
	mid, centre := m.Fit.Centre(), m.area.Centre()
	return ui.Point{X: centre.X + (p.X-mid.X)*m.zoom, Y: centre.Y - (p.Y-mid.Y)*m.zoom}
}

// Unplace inverts Place.
func (m *Map) Unplace(p ui.Point) ui.Point {
	if m.zoom == 0 {
		return m.Fit.Centre()
	}
	mid, centre := m.Fit.Centre(), m.area.Centre()
	return ui.Point{X: mid.X + (p.X-centre.X)/m.zoom, Y: mid.Y - (p.Y-centre.Y)/m.zoom}
}

// Area is where the map was drawn last.
func (m *Map) Area() ui.Rect { return m.area }

// PointAt returns the nearest point within 12 pixels of p, or whose thumbnail p lies
// in; None for none.
func (m *Map) PointAt(p ui.Point) int {
	if !m.area.Contains(p) {
		return None
	}
	best, at := max(12, m.side()*0.71), None
	for i, q := range m.at {
		if d := math.Hypot(q.X-p.X, q.Y-p.Y); d < best {
			best, at = d, i
		}
	}
	return at
}

// Draw paints the map into r.
func (m *Map) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	m.aim(r)
	ui.RoundRect(c, r, 8, t.Sunken)
	m.paint(c, t)
}

// paint is Draw without the ground, where the map is aimed at.
func (m *Map) paint(c ui.Canvas, t ui.Theme) {
	r := m.area
	m.at = m.at[:0]
	if m.Shape == nil || r.Empty() {
		return
	}
	for _, p := range m.Shape.Points {
		if !finite(p) {
			p = ui.Point{X: m.Fit.X - 4*m.Fit.W - 1, Y: m.Fit.Y} // out of sight
		}
		m.at = append(m.at, m.Place(p))
	}
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	k := m.Shape.At(m.Focus.Eps)
	m.simplices(c, k, t)
	m.filling(c, t)
	m.critical(c, t)
	m.links(c, t)
	for _, p := range m.Ghosts {
		switch q := m.Place(p); {
		case !m.seen(q, 3):
		case len(m.Ghosts) > 60: // rings of a crowd cost more than they say
			diamond(c, q, 2, t.Muted.Fade(0.4))
		default:
			ui.Ring(c, q, 2.5, 1, t.Muted.Fade(0.4))
		}
	}
	m.points(c, k, t)
	rad := m.radius()
	for _, p := range m.Anchors {
		if q := m.Place(p); m.seen(q, rad*2) {
			upward(c, q, rad*1.7, t.Sunken)
			upward(c, q, rad*1.35, t.Anchor)
		}
	}
	m.ends(c, t)
	if m.Point >= 0 && m.Point < len(m.at) {
		m.top(c, m.Point, k, t)
	}
}

// seen reports whether something of that reach around p shows.
func (m *Map) seen(p ui.Point, reach float64) bool {
	return p.X > m.area.X-reach && p.X < m.area.X+m.area.W+reach && p.Y > m.area.Y-reach && p.Y < m.area.Y+m.area.H+reach
}

func (m *Map) radius() float64 {
	rad := min(max(m.area.W/90, 3.2), 4.8)
	switch {
	case len(m.at) > 400:
		return 2.6
	case len(m.at) > 120:
		return rad * 0.8
	}
	return rad
}

// simplices paints triangles and edges, by component: one call for each colour.
func (m *Map) simplices(c ui.Canvas, k Complex, t ui.Theme) {
	n := len(t.Groups)
	for g := range n {
		m.fills[g], m.lines[g] = m.fills[g][:0], m.lines[g][:0]
	}
	for _, f := range m.Shape.Triangles[:k.Triangles] {
		g := max(k.Group[f.I], 0) % n
		m.fills[g] = append(m.fills[g], m.at[f.I], m.at[f.J], m.at[f.K])
	}
	for _, e := range m.Shape.Edges[:k.Edges] {
		g := max(k.Group[e.I], 0) % n
		m.lines[g] = append(m.lines[g], m.at[e.I], m.at[e.J])
	}
	opacity := min(0.16, max(0.03, 8/float64(k.Triangles+1)))
	for g, pts := range m.fills {
		if len(pts) > 0 {
			c.Triangles(pts, t.Groups[g].Fade(opacity))
		}
	}
	width, strength := 1.3, 0.62
	if k.Edges > 400 {
		width, strength = 0.8, max(0.2, 0.62*math.Sqrt(400/float64(k.Edges)))
	}
	for g, pts := range m.lines {
		if len(pts) > 0 {
			c.Segments(pts, width, t.Groups[g].Fade(strength))
		}
	}
}

// points paints marks, or frames and thumbnails.
func (m *Map) points(c ui.Canvas, k Complex, t ui.Theme) {
	rad := m.radius()
	pictured := make([]*ui.Picture, len(m.at))
	for i, p := range m.at {
		if !m.seen(p, max(rad*2, m.side())) {
			continue
		}
		if m.Picture != nil {
			if pictured[i] = m.Picture(i); pictured[i] != nil {
				ui.Fill(c, m.thumb(c, p).Inset(-1.5), m.colour(i, k, t))
				continue
			}
		}
		m.mark(c, p, rad, m.colour(i, k, t), t)
	}
	for i, p := range m.at {
		if pictured[i] != nil {
			c.Picture(pictured[i], m.thumb(c, p), 1)
		}
	}
}

// thumb is where a point's thumbnail goes, on whole device pixels.
func (m *Map) thumb(c ui.Canvas, p ui.Point) ui.Rect {
	side := m.side()
	q := ui.Snap(ui.Point{X: p.X - side/2, Y: p.Y - side/2}, c.Scale())
	return ui.Rect{X: q.X, Y: q.Y, W: side, H: side}
}

func (m *Map) mark(c ui.Canvas, p ui.Point, rad float64, col ui.Color, t ui.Theme) {
	halo := len(m.at) <= 80 // around each of a crowd it would hide the others
	switch {
	case m.Syn && halo:
		diamond(c, p, rad*1.6, t.Sunken)
		diamond(c, p, rad*1.28, col)
	case m.Syn:
		diamond(c, p, rad*1.28, col)
	case halo:
		ui.Disc(c, p, rad*1.3, t.Sunken)
		ui.Disc(c, p, rad, col)
	default:
		ui.Disc(c, p, rad, col)
	}
}

func (m *Map) colour(i int, k Complex, t ui.Theme) ui.Color {
	if m.Tint != nil {
		if col, ok := m.Tint(i); ok {
			return col
		}
	}
	return GroupColor(t, k.Group[i])
}

// GroupColor is the colour of a component: one of the theme's in turn, grey for a
// point alone (-1).
func GroupColor(t ui.Theme, g int) ui.Color {
	if g < 0 {
		return t.Muted
	}
	return t.Groups[g%len(t.Groups)]
}

// top repeats one point over all others, larger, in a ring.
func (m *Map) top(c ui.Canvas, i int, k Complex, t ui.Theme) {
	p, rad := m.at[i], m.radius()
	if m.Picture != nil {
		if pic := m.Picture(i); pic != nil {
			r := m.thumb(c, p).Inset(-2)
			ui.Fill(c, r.Inset(-4), t.Sunken)
			ui.Fill(c, r.Inset(-3), t.Accent)
			c.Picture(pic, r, 1)
			return
		}
	}
	m.mark(c, p, rad*1.25, m.colour(i, k, t), t)
	ui.Ring(c, p, rad*2.2, 2, t.Accent)
}
