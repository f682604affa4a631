package figure

import "reta/viewer/ui"

// filling paints, below the points, the triangle that ends the lit loop.
func (m *Map) filling(c ui.Canvas, t ui.Theme) {
	i, j, k, ok := m.Shape.DeathTriangle(m.Focus.Bar())
	if !ok {
		return
	}
	tri := []ui.Point{m.at[i], m.at[j], m.at[k], m.at[i]}
	there := m.Shape.Bars[m.Focus.Bar()].Death <= m.Focus.Eps
	if there {
		c.Triangles(tri[:3], t.Topo.Fade(0.4))
		c.Polyline(tri, 2, t.Topo)
		return
	}
	c.Triangles(tri[:3], t.Topo.Fade(0.16))
	dashed(c, tri, 1.5, t.Topo)
}

// critical paints, below the points, what the lit bar is made of: of a loop its
// representative cycle and, thick, the birth edge; of a component the edge that
// merges it with another. What is not there at eps yet is dashed.
func (m *Map) critical(c ui.Canvas, t ui.Theme) {
	bar := m.Focus.Bar()
	if bar < 0 || bar >= len(m.Shape.Bars) {
		return
	}
	b := m.Shape.Bars[bar]
	for _, ring := range m.Shape.Loop(bar) {
		pts := make([]ui.Point, 0, len(ring)+1)
		for _, p := range ring {
			pts = append(pts, m.at[p])
		}
		m.line(c, append(pts, pts[0]), 2.5, b.Birth <= m.Focus.Eps, t)
	}
	if i, j, ok := m.Shape.BirthEdge(bar); ok && b.Degree == 1 {
		m.line(c, []ui.Point{m.at[i], m.at[j]}, 4.5, b.Birth <= m.Focus.Eps, t)
	}
	if i, j, ok := m.Shape.DeathEdge(bar); ok && b.Degree == 0 {
		m.line(c, []ui.Point{m.at[i], m.at[j]}, 3.5, b.Death <= m.Focus.Eps, t)
	}
}

// ends rings, over the points, the ends of a lit loop's birth edge, or the points of
// both components that a lit bar's death joins: thin the larger, thick the other.
func (m *Map) ends(c ui.Canvas, t ui.Theme) {
	bar := m.Focus.Bar()
	rad := max(m.radius()*1.9, m.side()*0.75)
	stays, goes := m.Shape.Merging(bar)
	if i, j, ok := m.Shape.BirthEdge(bar); ok && m.Shape.Bars[bar].Degree == 1 {
		goes = []int{i, j}
	}
	for _, p := range stays {
		ui.Ring(c, m.at[p], rad, 1.2, t.Accent.Fade(0.6))
	}
	for _, p := range goes {
		ui.Ring(c, m.at[p], rad, 2.2, t.Accent)
	}
}

// line strokes in the selection's colour on a rim of the ground, so that it stands
// out from what it crosses.
func (m *Map) line(c ui.Canvas, pts []ui.Point, width float64, there bool, t ui.Theme) {
	c.Polyline(pts, width+3, t.Sunken.Fade(0.75))
	if there {
		c.Polyline(pts, width, t.Accent)
		return
	}
	dashed(c, pts, width, t.Accent)
}
