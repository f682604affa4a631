//go:build js

package main

import (
	"image"
	"image/color"
	"log"
	"math"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/text/v2"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"

	"reta/viewer/ui"
)

// canvas is the ui.Canvas on the screen. Shapes and pictures gather into one list of
// triangles each, drawn when the other kind, or a text, must come on top.
type canvas struct {
	screen, target *ebiten.Image
	scale          float64
	white          *ebiten.Image
	mesh           ui.Mesh
	vertices       []ebiten.Vertex
	atlas          *atlas
	font           *opentype.Font
	faces          map[float64]*text.GoXFace // by size in device pixels
}

var _ ui.Canvas = (*canvas)(nil)

func newCanvas() *canvas {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		log.Fatal(err) // the font is part of the program
	}
	white := ebiten.NewImage(3, 3)
	white.Fill(color.White)
	return &canvas{scale: 1, font: f, faces: map[float64]*text.GoXFace{}, atlas: newAtlas(),
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

// shapes makes sure that shapes come over the pictures drawn so far.
func (c *canvas) shapes() *ui.Mesh {
	c.atlas.flush(c.target)
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
	c.atlas.draw(c.target, p, dst, alpha, c.scale)
}

func (c *canvas) face(size float64) *text.GoXFace {
	size = math.Round(size*c.scale*2) / 2
	if f, ok := c.faces[size]; ok {
		return f
	}
	f, err := opentype.NewFace(c.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		log.Fatal(err) // the options are constant but for the size
	}
	c.faces[size] = text.NewGoXFace(f)
	return c.faces[size]
}

func (c *canvas) TextWidth(s string, size float64) float64 {
	return text.Advance(s, c.face(size)) / c.scale
}

func (c *canvas) Text(at ui.Point, s string, size float64, align ui.Align, col ui.Color) {
	if s == "" {
		return
	}
	c.flush()
	face := c.face(size)
	x := at.X * c.scale
	switch align {
	case ui.Centre:
		x -= text.Advance(s, face) / 2
	case ui.Right:
		x -= text.Advance(s, face)
	}
	m := face.Metrics()
	baseline := at.Y*c.scale + m.XHeight/2
	op := &text.DrawOptions{}
	op.GeoM.Translate(math.Round(x), math.Round(baseline)-m.HAscent)
	op.ColorScale.ScaleWithColor(color.NRGBA{R: col.R, G: col.G, B: col.B, A: col.A})
	text.Draw(c.target, s, face, op)
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
