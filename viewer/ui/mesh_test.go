package ui

import (
	"math"
	"slices"
	"testing"
)

// area sums the triangles, each weighted with the mean opacity of its corners: what a
// smooth rim must leave equal to the shape's own area.
func area(m *Mesh) float64 {
	sum := 0.0
	for i := 0; i < len(m.Indices); i += 3 {
		a, b, c := m.Vertices[m.Indices[i]], m.Vertices[m.Indices[i+1]], m.Vertices[m.Indices[i+2]]
		s := float64((b.X-a.X)*(c.Y-a.Y)-(c.X-a.X)*(b.Y-a.Y)) / 2
		sum += math.Abs(s) * (float64(a.Color.A) + float64(b.Color.A) + float64(c.Color.A)) / (3 * 255)
	}
	return sum
}

var ink = Color{A: 255}

func TestRimsKeepTheArea(t *testing.T) {
	for _, scale := range []float64{1, 1.25, 2, 3} {
		for name, c := range map[string]struct {
			draw func(*Mesh)
			want float64
			tol  float64
		}{
			"rectangle on pixels":  {func(m *Mesh) { m.Polygon(Rect{4, 4, 20, 8}.Corners(), ink) }, 160, 0.01},
			"rectangle off pixels": {func(m *Mesh) { m.Polygon(Rect{4.3, 4.4, 20, 8}.Corners(), ink) }, 160, 0.02},
			"turned the other way": {func(m *Mesh) { m.Polygon([]Point{{0.3, 0}, {0.3, 9}, {9.3, 9}, {9.3, 0}}, ink) }, 81, 0.02},
			"disc":                 {func(m *Mesh) { m.Polygon(circle(Point{20, 20}, 10), ink) }, math.Pi * 100, 0.03},
			"line":                 {func(m *Mesh) { m.Polyline([]Point{{3, 3}, {43, 33}}, 3, ink) }, 150, 0.01},
			"thin line fades":      {func(m *Mesh) { m.Polyline([]Point{{3, 3}, {43, 33}}, 0.25, ink) }, 12.5, 0.03},
			"ring":                 {func(m *Mesh) { p := circle(Point{30, 30}, 20); m.Polyline(append(p, p[0]), 2, ink) }, 2 * math.Pi * 20 * 2, 0.03},
			"two segments":         {func(m *Mesh) { m.Segments([]Point{{0, 0}, {10, 0}, {0, 5}, {10, 5}}, 2, ink) }, 40, 0.01},
			"triangles":            {func(m *Mesh) { m.Triangles([]Point{{0, 0}, {6, 0}, {0, 6}, {9, 9}, {12, 9}, {9, 13}}, ink) }, 24, 1e-6},
		} {
			m := &Mesh{Scale: scale}
			c.draw(m)
			if got := area(m) / (scale * scale); math.Abs(got-c.want) > c.tol*c.want {
				t.Errorf("scale %v, %s: area %.3f, want %.3f", scale, name, got, c.want)
			}
			for _, i := range m.Indices {
				if int(i) >= len(m.Vertices) {
					t.Fatalf("%s: index %d of %d vertices", name, i, len(m.Vertices))
				}
			}
		}
	}
}

// A zigzag sharper than a mitre allows once lost its strokes: every leg must keep its width.
func TestSharpCornersKeepTheirStrokes(t *testing.T) {
	m := &Mesh{Scale: 1}
	var pts []Point
	for i := range 9 {
		pts = append(pts, Point{float64(i) * 0.8, 60 * float64(i%2)})
	}
	m.Polyline(pts, 2, ink)
	length := 8 * math.Hypot(0.8, 60)
	if got := area(m); got < 1.9*length || got > 2.2*length {
		t.Errorf("area %.1f, want about %.1f", got, 2*length)
	}
	for _, v := range m.Vertices {
		if v.Y < -4 || v.Y > 64 || v.X < -4 || v.X > 12 {
			t.Fatalf("a spike reaches %v %v", v.X, v.Y)
		}
	}
}

func TestDegenerateShapesDrawNothingOrLittle(t *testing.T) {
	m := &Mesh{Scale: 1}
	m.Polygon(nil, ink)
	m.Polygon([]Point{{1, 1}, {2, 2}}, ink)
	m.Polyline([]Point{{1, 1}}, 2, ink)
	m.Segments([]Point{{1, 1}}, 2, ink)
	m.Triangles([]Point{{1, 1}, {2, 2}}, ink)
	if len(m.Vertices) != 0 {
		t.Errorf("%d vertices of shapes without area", len(m.Vertices))
	}
	m.Polyline([]Point{{5, 5}, {5, 5}, {5, 5}}, 2, ink)
	for _, v := range m.Vertices {
		if math.IsNaN(float64(v.X)) || math.IsNaN(float64(v.Y)) {
			t.Fatal("a point without length gives NaN")
		}
	}
}

// Segments is faster than a Polyline of two points, and the same.
func TestSegmentsAreShortPolylines(t *testing.T) {
	pts := []Point{{1, 2}, {30, 7}, {4, 4}, {4, 4.5}, {9, 9}, {9, -5}}
	for _, width := range []float64{0.4, 1, 3.5} {
		a, b := &Mesh{Scale: 1.5}, &Mesh{Scale: 1.5}
		a.Segments(pts, width, ink)
		for i := 0; i < len(pts); i += 2 {
			b.Polyline(pts[i:i+2], width, ink)
		}
		if !slices.Equal(a.Indices, b.Indices) || !slices.EqualFunc(a.Vertices, b.Vertices, func(v, w Vertex) bool {
			return v.Color == w.Color && math.Abs(float64(v.X-w.X)) < 1e-4 && math.Abs(float64(v.Y-w.Y)) < 1e-4
		}) {
			t.Errorf("width %v: %v, want %v", width, a.Vertices, b.Vertices)
		}
	}
}
