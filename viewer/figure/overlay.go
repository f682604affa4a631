package figure

import "reta/viewer/ui"

// DrawOver paints a second set over a map that was just drawn, on its place and plane and without a ground of its own.
// Both sets then have one colour each, tint, and not one for each component.
func (m *Map) DrawOver(c ui.Canvas, below *Map, tint ui.Color, t ui.Theme) {
	m.Fit, m.area, m.zoom = below.Fit, below.area, below.zoom
	m.paint(c, Tinted(t, tint))
}

// Tinted is a theme in which every component has one colour.
func Tinted(t ui.Theme, tint ui.Color) ui.Theme {
	t.Muted = tint
	for i := range t.Groups {
		t.Groups[i] = tint
	}
	return t
}

// links paints thin lines below the points.
func (m *Map) links(c ui.Canvas, t ui.Theme) {
	var ends []ui.Point
	for i := 0; i+1 < len(m.Links); i += 2 {
		if a, b := m.Links[i], m.Links[i+1]; finite(a) && finite(b) {
			ends = append(ends, m.Place(a), m.Place(b))
		}
	}
	if len(ends) > 0 {
		c.Segments(ends, 1, t.Anchor.Fade(0.7))
	}
}

// OverAt returns the bar of Over whose mark is nearest to p within 10 pixels, None for none. Of several in one place it
// is the chosen one, or else the first.
func (d *Diagram) OverAt(p ui.Point, chosen int) int { return d.nearest(d.over, p, chosen) }

// LightOver lights up a bar of Over as Focus does one of Shape, after Draw.
func (d *Diagram) LightOver(c ui.Canvas, bar int, t ui.Theme) {
	if d.Over == nil || d.area.Empty() {
		return
	}
	on := *d
	on.Shape, on.Focus.Hover, on.Focus.Select = d.Over, bar, None
	on.lit(c, t)
}

// EpsX is the x of the line of eps as drawn last; false where nothing was drawn.
func (b *Barcode) EpsX() (float64, bool) {
	if b.Shape == nil || b.area.Empty() {
		return 0, false
	}
	return b.x(b.Focus.Eps), true
}

// EpsX is the x of the line of eps as drawn last; false where nothing was drawn.
func (b *Betti) EpsX() (float64, bool) {
	if b.area.Empty() {
		return 0, false
	}
	return b.area.X + b.area.W*float64(min(max(b.Focus.Eps, 0), b.EpsMax)/b.EpsMax), true
}
