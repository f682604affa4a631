package figure

import (
	"testing"

	"reta/viewer/ui"
)

// meshes is a canvas that makes triangles as the screen's does and shows none.
type meshes struct{ ui.Mesh }

func (m *meshes) Size() (w, h float64)                               { return 1200, 800 }
func (m *meshes) Scale() float64                                     { return 1 }
func (m *meshes) Text(ui.Point, string, float64, ui.Align, ui.Color) {}
func (m *meshes) TextWidth(s string, size float64) float64           { return float64(len(s)) * size / 2 }
func (m *meshes) Picture(*ui.Picture, ui.Rect, float64)              {}
func (m *meshes) Clip(ui.Rect)                                       {}

func draw(b *testing.B, f interface {
	Draw(ui.Canvas, ui.Rect, ui.Theme)
}) {
	th := theme(b)
	c := &meshes{ui.Mesh{Scale: 1}}
	b.ReportAllocs()
	for b.Loop() {
		c.Reset()
		f.Draw(c, ui.Rect{W: 600, H: 600}, th)
	}
}

// large is 200 points with 2,000 edges and about as many triangles.
func large(b *testing.B) *Shape {
	s := build(b, scatter(200, 0.12, 8), Build{K: 24})
	s.Edges = s.Edges[:min(2000, len(s.Edges))]
	s.Triangles = s.Triangles[:min(2000, len(s.Triangles))]
	if len(s.Edges) < 1500 || len(s.Triangles) < 1500 {
		b.Fatalf("only %d edges and %d triangles", len(s.Edges), len(s.Triangles))
	}
	return s
}

func BenchmarkMap(b *testing.B) {
	s := large(b)
	m := Map{Shape: s, Fit: FitPoints(s.Points), Focus: At(s.EpsMax), Point: None}
	m.Focus.Select = s.Longest(1)
	draw(b, &m)
}

func BenchmarkMapOfImages(b *testing.B) {
	pts := scatter(1000, 0.3, 8)
	s := build(b, pts, Build{K: 1})
	s.Points = append(s.Points, scatter(1000, 0.4, 9)...)
	p := thumbnail(1)
	m := Map{Shape: s, Fit: FitPoints(s.Points), Focus: At(0), Point: None, Picture: func(int) *ui.Picture { return p }}
	draw(b, &m)
}

func BenchmarkBarcode(b *testing.B) {
	s := large(b)
	draw(b, &Barcode{Shape: s, Focus: At(s.EpsMax / 2)})
}

func BenchmarkDiagram(b *testing.B) {
	s := large(b)
	draw(b, &Diagram{Shape: s, Focus: At(s.EpsMax / 2)})
}

func BenchmarkBetti(b *testing.B) {
	s := large(b)
	draw(b, &Betti{Real: s, Syn: build(b, scatter(200, 0.2, 9), Build{K: 24}), Focus: At(s.EpsMax / 2)})
}
