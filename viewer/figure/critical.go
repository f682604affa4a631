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

// critical paints, over the points, what the lit bar is made of: of a loop its
// representative cycle and the birth edge; of a component the edge that merges it
// with another, and rings around the points of both. What is not there at eps yet is
// dashed.
func (m *Map) critical(c ui.Canvas, t ui.Theme) {
	bar := m.Focus.Bar()
	if bar < 0 || bar >= len(m.Shape.Bars) {
		return
	}
	if m.Shape.Bars[bar].Degree == 0 {
		m.merge(c, bar, t)
		return
	}
	born := m.Shape.Bars[bar].Birth <= m.Focus.Eps
	for _, ring := range m.Shape.Loop(bar) {
		pts := make([]ui.Point, 0, len(ring)+1)
		for _, p := range ring {
			pts = append(pts, m.at[p])
		}
		m.line(c, append(pts, pts[0]), 2.5, born, t)
	}
	if i, j, ok := m.Shape.BirthEdge(bar); ok {
		m.line(c, []ui.Point{m.at[i], m.at[j]}, 4.5, born, t)
		m.ends(c, i, j, t)
	}
}

func (m *Map) merge(c ui.Canvas, bar int, t ui.Theme) {
	i, j, ok := m.Shape.DeathEdge(bar)
	if !ok {
		return
	}
	stays, goes := m.Shape.Merging(bar)
	rad := max(m.radius()*1.9, m.side()*0.75)
	for _, p := range stays {
		ui.Ring(c, m.at[p], rad, 1.2, t.Accent.Fade(0.55))
	}
	for _, p := range goes {
		ui.Ring(c, m.at[p], rad, 2.2, t.Accent)
	}
	m.line(c, []ui.Point{m.at[i], m.at[j]}, 3.5, m.Shape.Bars[bar].Death <= m.Focus.Eps, t)
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

func (m *Map) ends(c ui.Canvas, i, j int, t ui.Theme) {
	for _, p := range []int{i, j} {
		ui.Disc(c, m.at[p], 5, t.Sunken)
		ui.Disc(c, m.at[p], 3.8, t.Accent)
	}
}
