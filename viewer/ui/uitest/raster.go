package uitest

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"reta/viewer/ui"
)

// Raster is a ui.Canvas that paints into memory, through the same ui.Mesh as the
// screen, so that pictures can be looked at and compared without a browser.
type Raster struct {
	Image *image.RGBA
	scale float64
	clip  image.Rectangle
	mesh  ui.Mesh
	font  *opentype.Font
	faces map[float64]font.Face
}

var _ ui.Canvas = (*Raster)(nil)

// NewRaster returns a canvas of w by h CSS pixels, each scale device pixels wide.
func NewRaster(w, h int, scale float64) (*Raster, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	m := image.NewRGBA(image.Rect(0, 0, int(float64(w)*scale), int(float64(h)*scale)))
	return &Raster{Image: m, scale: scale, clip: m.Bounds(), mesh: ui.Mesh{Scale: scale}, font: f, faces: map[float64]font.Face{}}, nil
}

// Save writes a PNG.
func (r *Raster) Save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, r.Image); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// At is the colour of the device pixel below a place in CSS pixels.
func (r *Raster) At(p ui.Point) ui.Color {
	c := r.Image.RGBAAt(int(p.X*r.scale), int(p.Y*r.scale))
	return ui.Color{R: c.R, G: c.G, B: c.B, A: c.A}
}

// Size implements ui.Canvas.
func (r *Raster) Size() (w, h float64) {
	b := r.Image.Bounds()
	return float64(b.Dx()) / r.scale, float64(b.Dy()) / r.scale
}

// Scale implements ui.Canvas.
func (r *Raster) Scale() float64 { return r.scale }

// Polygon implements ui.Canvas.
func (r *Raster) Polygon(pts []ui.Point, c ui.Color) { r.mesh.Polygon(pts, c); r.flush() }

// Polyline implements ui.Canvas.
func (r *Raster) Polyline(pts []ui.Point, width float64, c ui.Color) {
	r.mesh.Polyline(pts, width, c)
	r.flush()
}

// Segments implements ui.Canvas.
func (r *Raster) Segments(pts []ui.Point, width float64, c ui.Color) {
	r.mesh.Segments(pts, width, c)
	r.flush()
}

// Triangles implements ui.Canvas.
func (r *Raster) Triangles(pts []ui.Point, c ui.Color) { r.mesh.Triangles(pts, c); r.flush() }

func (r *Raster) flush() {
	v := r.mesh.Vertices
	for i := 0; i+2 < len(r.mesh.Indices); i += 3 {
		r.triangle(v[r.mesh.Indices[i]], v[r.mesh.Indices[i+1]], v[r.mesh.Indices[i+2]])
	}
	r.mesh.Reset()
}

// triangle paints the pixels whose centres lie inside, as a graphics card does: of
// two triangles with a common side only one paints a centre that lies on it. Colours
// of the corners are blended premultiplied.
func (r *Raster) triangle(a, b, c ui.Vertex) {
	area := cross(a, b, float64(c.X), float64(c.Y))
	if area < 0 {
		b, c, area = c, b, -area
	}
	if !(area > 0) {
		return
	}
	x0, x1 := bound(r.clip.Min.X, r.clip.Max.X, a.X, b.X, c.X)
	y0, y1 := bound(r.clip.Min.Y, r.clip.Max.Y, a.Y, b.Y, c.Y)
	for y := y0; y < y1; y++ {
		py := float64(y) + 0.5
		from, to := span(x0, x1, py, [3][2]ui.Vertex{{a, b}, {b, c}, {c, a}})
		for x := from; x < to; x++ {
			px := float64(x) + 0.5
			u, v, w := cross(b, c, px, py), cross(c, a, px, py), cross(a, b, px, py)
			if !inside(u, b, c) || !inside(v, c, a) || !inside(w, a, b) {
				continue
			}
			mix := func(p, q, s uint8) float64 { return (u*float64(p) + v*float64(q) + w*float64(s)) / area }
			r.blend(x, y, mix(a.Color.R, b.Color.R, c.Color.R), mix(a.Color.G, b.Color.G, c.Color.G),
				mix(a.Color.B, b.Color.B, c.Color.B), mix(a.Color.A, b.Color.A, c.Color.A)/255)
		}
	}
}

func cross(a, b ui.Vertex, x, y float64) float64 {
	return (float64(b.X)-float64(a.X))*(y-float64(a.Y)) - (float64(b.Y)-float64(a.Y))*(x-float64(a.X))
}

// inside applies the rule of top and left sides to a centre on the side from a to b.
func inside(w float64, a, b ui.Vertex) bool {
	return w > 0 || w == 0 && (b.Y < a.Y || b.Y == a.Y && b.X > a.X)
}

// span narrows a row of pixels to those that can lie inside all three sides.
func span(x0, x1 int, py float64, sides [3][2]ui.Vertex) (from, to int) {
	lo, hi := float64(x0), float64(x1)
	for _, s := range sides {
		slope := float64(s[0].Y) - float64(s[1].Y) // of cross, by x
		if slope == 0 {
			continue
		}
		zero := -cross(s[0], s[1], 0, py) / slope
		if slope > 0 {
			lo = max(lo, zero-1)
		} else {
			hi = min(hi, zero+1)
		}
	}
	return int(lo), int(hi)
}

func bound(lo, hi int, v ...float32) (int, int) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range v {
		low, high = min(low, float64(x)), max(high, float64(x))
	}
	return int(max(float64(lo), math.Floor(low))), int(min(float64(hi), math.Ceil(high)))
}

// blend paints a colour, 0 to 255 and not premultiplied, over a pixel.
func (r *Raster) blend(x, y int, red, green, blue, alpha float64) {
	p := r.Image.Pix[r.Image.PixOffset(x, y):][:4:4]
	for i, v := range []float64{red, green, blue, 255} {
		p[i] = uint8(v*alpha + float64(p[i])*(1-alpha) + 0.5)
	}
}

func (r *Raster) face(size float64) font.Face {
	if f, ok := r.faces[size]; ok {
		return f
	}
	f, err := opentype.NewFace(r.font, &opentype.FaceOptions{Size: size * r.scale, DPI: 72})
	if err != nil {
		panic(err) // the options are constant but for the size
	}
	r.faces[size] = f
	return f
}

// TextWidth implements ui.Canvas.
func (r *Raster) TextWidth(s string, size float64) float64 {
	return float64(font.MeasureString(r.face(size), s)) / 64 / r.scale
}

// Text implements ui.Canvas.
func (r *Raster) Text(at ui.Point, s string, size float64, align ui.Align, c ui.Color) {
	face := r.face(size)
	x := at.X*r.scale - float64(align)/2*r.TextWidth(s, size)*r.scale
	y := at.Y*r.scale + float64(face.Metrics().XHeight)/128
	d := font.Drawer{Dst: r.Image.SubImage(r.clip).(*image.RGBA), Src: image.NewUniform(color.NRGBA{c.R, c.G, c.B, c.A}), Face: face,
		Dot: fixed.P(int(math.Round(x)), int(math.Round(y)))}
	d.DrawString(s)
}

// Picture implements ui.Canvas.
func (r *Raster) Picture(p *ui.Picture, dst ui.Rect, alpha float64) {
	if p.W <= 0 || p.H <= 0 || len(p.Pix) != 4*p.W*p.H {
		return
	}
	src := &image.NRGBA{Pix: p.Pix, Stride: 4 * p.W, Rect: image.Rect(0, 0, p.W, p.H)}
	to := r.device(dst)
	scaler := draw.Scaler(draw.NearestNeighbor)
	if to.Dx() < p.W {
		scaler = draw.CatmullRom
	}
	scaler.Scale(r.Image.SubImage(r.clip).(*image.RGBA), to, src, src.Rect, draw.Over,
		&draw.Options{SrcMask: image.NewUniform(color.Alpha{A: uint8(alpha*255 + 0.5)})})
}

// Clip implements ui.Canvas.
func (r *Raster) Clip(c ui.Rect) {
	r.clip = r.Image.Bounds()
	if !c.Empty() {
		r.clip = r.clip.Intersect(r.device(c))
	}
}

func (r *Raster) device(c ui.Rect) image.Rectangle {
	at := func(v float64) int { return int(math.Round(v * r.scale)) }
	return image.Rect(at(c.X), at(c.Y), at(c.X+c.W), at(c.Y+c.H))
}
