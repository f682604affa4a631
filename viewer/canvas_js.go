//go:build js

package main

import (
	"image"
	"image/color"
	"math"

	"github.com/hajimehoshi/ebiten/v2"

	"reta/viewer/ui"
)

// canvas is the ui.Canvas on the screen. Shapes, pictures and texts gather into one list of
// triangles each, drawn when another kind must come on top.
type canvas struct {
	screen, target *ebiten.Image
	scale          float64
	white          *ebiten.Image
	mesh           ui.Mesh
	vertices       []ebiten.Vertex
	atlas          *atlas
	letters        *letters
}

var _ ui.Canvas = (*canvas)(nil)

func newCanvas() *canvas {
	white := ebiten.NewImage(3, 3)
	white.Fill(color.White)
	return &canvas{scale: 1, letters: newLetters(), atlas: newAtlas(),
		white: white.SubImage(image.Rect(1, 1, 2, 2)).(*ebiten.Image)}
}

// begin starts a frame.
func (c *canvas) begin(screen *ebiten.Image) {
	c.screen, c.target = screen, screen
	c.mesh.Scale = c.scale
	c.mesh.Reset()
	c.atlas.begin()
}

// flush draws what has gathered.
func (c *canvas) flush() {
	c.flushShapes()
	c.atlas.flush(c.target)
	c.letters.flush(c.target)
}

func (c *canvas) flushShapes() {
	if len(c.mesh.Indices) == 0 {
		return
	}
	c.vertices = c.vertices[:0]
	for _, v := range c.mesh.Vertices {
		c.vertices = append(c.vertices, ebiten.Vertex{DstX: v.X, DstY: v.Y, SrcX: 1.5, SrcY: 1.5,
			ColorR: float32(v.Color.R) / 255, ColorG: float32(v.Color.G) / 255,
			ColorB: float32(v.Color.B) / 255, ColorA: float32(v.Color.A) / 255})
	}
	c.target.DrawTriangles32(c.vertices, c.mesh.Indices, c.white, nil)
	c.mesh.Reset()
}

func (c *canvas) Size() (w, h float64) {
	b := c.screen.Bounds()
	return float64(b.Dx()) / c.scale, float64(b.Dy()) / c.scale
}

func (c *canvas) Scale() float64 { return c.scale }

// shapes makes sure that shapes come over the pictures and texts drawn so far.
func (c *canvas) shapes() *ui.Mesh {
	c.atlas.flush(c.target)
	c.letters.flush(c.target)
	return &c.mesh
}

func (c *canvas) Polygon(pts []ui.Point, col ui.Color) { c.shapes().Polygon(pts, col) }

func (c *canvas) Polyline(pts []ui.Point, width float64, col ui.Color) {
	c.shapes().Polyline(pts, width, col)
}

func (c *canvas) Segments(pts []ui.Point, width float64, col ui.Color) {
	c.shapes().Segments(pts, width, col)
}

func (c *canvas) Triangles(pts []ui.Point, col ui.Color) { c.shapes().Triangles(pts, col) }

func (c *canvas) Picture(p *ui.Picture, dst ui.Rect, alpha float64) {
	c.flushShapes()
	c.letters.flush(c.target)
	c.atlas.draw(c.target, p, dst, alpha, c.scale)
}

func (c *canvas) TextWidth(s string, size float64) float64 {
	return c.letters.face(size*c.scale).width(s) / c.scale
}

func (c *canvas) Text(at ui.Point, s string, size float64, align ui.Align, col ui.Color) {
	c.flushShapes()
	c.atlas.flush(c.target)
	f := c.letters.face(size * c.scale)
	x := at.X * c.scale
	switch align {
	case ui.Centre:
		x -= f.width(s) / 2
	case ui.Right:
		x -= f.width(s)
	}
	c.letters.write(c.target, f, s, int(math.Round(x)), int(math.Round(at.Y*c.scale+f.xHeight/2)), col)
}

func (c *canvas) Clip(r ui.Rect) {
	c.flush()
	c.target = c.screen
	if r.Empty() {
		return
	}
	s := func(v float64) int { return int(math.Round(v * c.scale)) }
	c.target = c.screen.SubImage(image.Rect(s(r.X), s(r.Y), s(r.X+r.W), s(r.Y+r.H))).(*ebiten.Image)
}
