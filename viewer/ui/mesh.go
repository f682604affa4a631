package ui

import "math"

// Vertex is a corner of a mesh in device pixels, its opacity apart from its colour
// so that rims can fade.
type Vertex struct {
	X, Y  float32
	Color Color
}

// Mesh collects shapes as triangles, so that many of them become one draw call.
// Rims are smoothed by a strip one device pixel wide that fades to nothing.
// Scale is the number of device pixels in a CSS pixel.
type Mesh struct {
	Scale    float64
	Vertices []Vertex
	Indices  []uint32
}

// Reset empties the mesh and keeps its memory.
func (m *Mesh) Reset() { m.Vertices, m.Indices = m.Vertices[:0], m.Indices[:0] }

func (m *Mesh) add(x, y float64, c Color) uint32 {
	m.Vertices = append(m.Vertices, Vertex{float32(x), float32(y), c})
	return uint32(len(m.Vertices) - 1)
}

func (m *Mesh) tri(a, b, c uint32) { m.Indices = append(m.Indices, a, b, c) }

func (m *Mesh) quad(a, b, c, d uint32) { m.Indices = append(m.Indices, a, b, c, a, c, d) }

// Triangles adds hard-edged triangles.
func (m *Mesh) Triangles(pts []Point, c Color) {
	for i := 0; i+2 < len(pts); i += 3 {
		a := m.add(pts[i].X*m.Scale, pts[i].Y*m.Scale, c)
		b := m.add(pts[i+1].X*m.Scale, pts[i+1].Y*m.Scale, c)
		d := m.add(pts[i+2].X*m.Scale, pts[i+2].Y*m.Scale, c)
		m.tri(a, b, d)
	}
}

// Polygon adds a convex outline, of either turning sense. A rectangle that lies on
// whole device pixels keeps hard rims.
func (m *Mesh) Polygon(pts []Point, c Color) {
	n := len(pts)
	if n < 3 {
		return
	}
	if m.onPixels(pts) {
		v := [4]uint32{}
		for i, p := range pts {
			v[i] = m.add(p.X*m.Scale, p.Y*m.Scale, c)
		}
		m.quad(v[0], v[1], v[2], v[3])
		return
	}
	area := 0.0
	for i, p := range pts {
		q := pts[(i+1)%n]
		area += p.X*q.Y - q.X*p.Y
	}
	side := 0.5
	if area < 0 {
		side = -0.5
	}
	clear := c.Fade(0)
	first := uint32(len(m.Vertices))
	for i, p := range pts {
		o := mitre(pts[(i+n-1)%n], p, pts[(i+1)%n])
		x, y := p.X*m.Scale, p.Y*m.Scale
		m.add(x-o.X*side, y-o.Y*side, c)
		m.add(x+o.X*side, y+o.Y*side, clear)
	}
	for i := range uint32(n) {
		a, b := first+2*i, first+2*((i+1)%uint32(n))
		m.quad(a, a+1, b+1, b)
		if i > 0 && i < uint32(n)-1 {
			m.tri(first, a, b)
		}
	}
}

// onPixels reports whether pts is an axis-aligned rectangle on whole device pixels.
func (m *Mesh) onPixels(pts []Point) bool {
	if len(pts) != 4 {
		return false
	}
	for i, p := range pts {
		q := pts[(i+1)%4]
		if p.X != q.X && p.Y != q.Y || !whole(p.X*m.Scale) || !whole(p.Y*m.Scale) {
			return false
		}
	}
	return true
}

func whole(v float64) bool { return math.Abs(v-math.Round(v)) < 1e-3 }

// mitre returns the offset at p that keeps both adjoining edges one unit away; for a
// clockwise outline in the y-down plane it points outwards.
func mitre(prev, p, next Point) Point {
	a, b := normals(prev, p, next)
	x, y := a.X+b.X, a.Y+b.Y
	l := x*x + y*y
	if l < sharp {
		return a
	}
	return Point{2 * x / l, 2 * y / l}
}

// sharp is the squared length of the sum of two unit normals below which a corner
// turns by more than 120 degrees, where a mitre would become a long spike.
const sharp = 1.0

// normals are the unit normals of the edges that meet at p.
func normals(prev, p, next Point) (a, b Point) {
	d, okD := unit(p.Sub(prev))
	e, okE := unit(next.Sub(p))
	if !okD {
		d = e
	}
	if !okE {
		e = d
	}
	return Point{d.Y, -d.X}, Point{e.Y, -e.X}
}

func unit(v Point) (Point, bool) {
	l := math.Sqrt(v.X*v.X + v.Y*v.Y) // faster than Hypot: no length here overflows
	if l < 1e-9 {
		return Point{}, false
	}
	return Point{v.X / l, v.Y / l}, true
}

// Polyline adds a stroke of the given width. Corners are mitred, sharp ones bevelled.
func (m *Mesh) Polyline(pts []Point, width float64, c Color) {
	n := len(pts)
	if n < 2 {
		return
	}
	closed := n > 2 && pts[0] == pts[n-1]
	core, rim, c := m.profile(width, c)
	for i, p := range pts {
		prev, next := p, p
		switch {
		case i > 0:
			prev = pts[i-1]
		case closed:
			prev = pts[n-2]
		}
		switch {
		case i < n-1:
			next = pts[i+1]
		case closed:
			next = pts[1]
		}
		a, b := normals(prev, p, next)
		if x, y := a.X+b.X, a.Y+b.Y; x*x+y*y >= sharp {
			m.section(p, mitre(prev, p, next), core, rim, c, i > 0)
			continue
		}
		m.section(p, a, core, rim, c, i > 0)
		m.section(p, b, core, rim, c, i > 0)
	}
}

// section adds a stroke's cross-section at p and joins it to the one before.
func (m *Mesh) section(p, o Point, core, rim float64, c Color, join bool) {
	clear := c.Fade(0)
	x, y := p.X*m.Scale, p.Y*m.Scale
	a := m.add(x-o.X*rim, y-o.Y*rim, clear)
	n := uint32(3) // points across
	m.add(x-o.X*core, y-o.Y*core, c)
	if core > 0 { // else both lie on the line itself
		m.add(x+o.X*core, y+o.Y*core, c)
		n = 4
	}
	m.add(x+o.X*rim, y+o.Y*rim, clear)
	if !join {
		return
	}
	for k := range n - 1 {
		m.quad(a-n+k, a-n+1+k, a+1+k, a+k)
	}
}

// Segments adds separate strokes.
func (m *Mesh) Segments(pts []Point, width float64, c Color) {
	core, rim, c := m.profile(width, c)
	for i := 0; i+1 < len(pts); i += 2 {
		v, _ := unit(pts[i+1].Sub(pts[i]))
		o := Point{v.Y, -v.X}
		m.section(pts[i], o, core, rim, c, false)
		m.section(pts[i+1], o, core, rim, c, true)
	}
}

// profile gives a stroke's half width at full and at no opacity, in device pixels.
// A stroke thinner than a pixel keeps a pixel's width and loses opacity instead.
func (m *Mesh) profile(width float64, c Color) (core, rim float64, col Color) {
	w := width * m.Scale
	if w < 1 {
		return 0, 1, c.Fade(w)
	}
	return (w - 1) / 2, (w + 1) / 2, c
}
