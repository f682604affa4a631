// Package ui holds what a scene needs to draw and to listen, and nothing of any
// toolkit: a Canvas to draw on, an Input to read, scales, axes and plots made of
// them. It is pure Go; the browser's side of it lives in the viewer's files
// tagged js, the tests' side in uitest.
//
//	plot := ui.Plot{X: ui.Linear(0, 400), Y: ui.Log(0.01, 10)}
//	area := plot.Frame(c, ui.Rect{W: 640, H: 300}, theme)
//	c.Polyline(plot.Project(area, points), 2, theme.Real)
//
// All lengths are CSS pixels, y grows downwards. Colours are not premultiplied.
package ui

import "strconv"

// Point is a position in CSS pixels.
type Point struct{ X, Y float64 }

// Add returns p + q.
func (p Point) Add(q Point) Point { return Point{p.X + q.X, p.Y + q.Y} }

// Sub returns p - q.
func (p Point) Sub(q Point) Point { return Point{p.X - q.X, p.Y - q.Y} }

// Rect is an axis-aligned rectangle: its top left corner and its size.
type Rect struct{ X, Y, W, H float64 }

// Contains reports whether p lies in r, its right and lower edge excluded.
func (r Rect) Contains(p Point) bool {
	return p.X >= r.X && p.X < r.X+r.W && p.Y >= r.Y && p.Y < r.Y+r.H
}

// Inset returns r made smaller by d on every side; it never turns inside out.
func (r Rect) Inset(d float64) Rect {
	d = min(d, r.W/2, r.H/2)
	return Rect{r.X + d, r.Y + d, r.W - 2*d, r.H - 2*d}
}

// Empty reports whether r has no area.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Centre returns the middle of r.
func (r Rect) Centre() Point { return Point{r.X + r.W/2, r.Y + r.H/2} }

// Corners returns the four corners, clockwise from the top left.
func (r Rect) Corners() []Point {
	return []Point{{r.X, r.Y}, {r.X + r.W, r.Y}, {r.X + r.W, r.Y + r.H}, {r.X, r.Y + r.H}}
}

// Align places a text against its anchor point.
type Align int

// The vertical anchor of a text is always the middle of its small letters.
const (
	Left Align = iota
	Centre
	Right
)

// Canvas is what a scene draws on. Calls paint over one another in order.
type Canvas interface {
	// Size returns the canvas's width and height.
	Size() (w, h float64)
	// Scale returns the device pixels in one CSS pixel.
	Scale() float64
	// Polygon fills a convex outline, smooth at the rim.
	Polygon(pts []Point, c Color)
	// Polyline strokes a connected line with mitred corners.
	Polyline(pts []Point, width float64, c Color)
	// Segments strokes the lines pts[0]-pts[1], pts[2]-pts[3], ...
	Segments(pts []Point, width float64, c Color)
	// Triangles fills pts[0..2], pts[3..5], ... with hard rims.
	Triangles(pts []Point, c Color)
	// Text writes one line; size is the font's, in CSS pixels.
	Text(at Point, s string, size float64, align Align, c Color)
	// TextWidth measures what Text would write.
	TextWidth(s string, size float64) float64
	// Picture draws p into dst: nearest pixel when enlarged, filtered when reduced.
	Picture(p *Picture, dst Rect, alpha float64)
	// Clip limits all further calls to r; an empty r lifts the limit.
	Clip(r Rect)
}

// Picture is an image that a Canvas may keep a copy of on the graphics card.
// Whoever changes Pix raises Version.
type Picture struct {
	W, H    int
	Pix     []byte // RGBA8, opaque, W*H*4 bytes
	Version uint64
}

// SetRGB fills the picture from RGB8 pixels, w*h*3 bytes; a wrong length is ignored
// and answered by false.
func (p *Picture) SetRGB(w, h int, rgb []byte) bool {
	if w <= 0 || h <= 0 || len(rgb) != w*h*3 {
		return false
	}
	if p.W != w || p.H != h || len(p.Pix) != w*h*4 {
		p.W, p.H, p.Pix = w, h, make([]byte, w*h*4)
	}
	for i, j := 0, 0; i < len(rgb); i, j = i+3, j+4 {
		p.Pix[j], p.Pix[j+1], p.Pix[j+2], p.Pix[j+3] = rgb[i], rgb[i+1], rgb[i+2], 255
	}
	p.Version++
	return true
}

// Input is what the pointer did since the last frame, and the time of this one.
type Input struct {
	Now     float64 // seconds, of a clock that never runs backwards
	Pointer Point
	Inside  bool // the pointer is over the canvas
	Down    bool // the button or a finger is held
	Pressed bool // it went down since the last frame
	Clicked bool // it came up again without having been dragged
	Alt     bool // it went down with shift held, or it is the right button
	Drag    Point
	Wheel   Point   // CSS pixels to scroll by
	Zoom    float64 // factor of a pinch or ctrl+wheel; 1 is none, 0 counts as 1
	ZoomAt  Point
	Acts    []Act // of the page's buttons and keys, in order
}

// Act is what a button, a key or a file of the page asks a scene to do.
type Act struct {
	Name string
	Arg  string
	Data []byte // of a file, whose name is Arg
}

// Num is the argument as a number, 0 if it is none.
func (a Act) Num() float64 {
	x, err := strconv.ParseFloat(a.Arg, 64)
	if err != nil || x-x != 0 {
		return 0
	}
	return x
}
