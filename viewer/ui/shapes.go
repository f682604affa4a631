package ui

import "math"

// Fill paints a rectangle.
func Fill(c Canvas, r Rect, col Color) {
	if !r.Empty() && col.A > 0 {
		c.Polygon(r.Corners(), col)
	}
}

// RoundRect paints a rectangle with corners of radius rad.
func RoundRect(c Canvas, r Rect, rad float64, col Color) {
	if r.Empty() || col.A == 0 {
		return
	}
	c.Polygon(roundCorners(r, rad), col)
}

// Outline strokes a rectangle's rim with rounded corners.
func Outline(c Canvas, r Rect, rad, width float64, col Color) {
	if r.Empty() || col.A == 0 {
		return
	}
	pts := roundCorners(r, rad)
	c.Polyline(append(pts, pts[0]), width, col)
}

func roundCorners(r Rect, rad float64) []Point {
	rad = min(rad, r.W/2, r.H/2)
	if rad <= 1 {
		return r.Corners()
	}
	n := max(2, int(math.Ceil(rad/2)))
	pts := make([]Point, 0, 4*(n+1))
	for q := range 4 {
		cx, cy := r.X+r.W-rad, r.Y+rad
		if q == 1 || q == 2 {
			cy = r.Y + r.H - rad
		}
		if q >= 2 {
			cx = r.X + rad
		}
		for i := range n + 1 {
			a := math.Pi/2*(float64(q)+float64(i)/float64(n)) - math.Pi/2
			pts = append(pts, Point{cx + rad*math.Cos(a), cy + rad*math.Sin(a)})
		}
	}
	return pts
}

// Disc paints a filled circle.
func Disc(c Canvas, at Point, rad float64, col Color) {
	if rad <= 0 || col.A == 0 {
		return
	}
	c.Polygon(circle(at, rad), col)
}

// Ring strokes a circle.
func Ring(c Canvas, at Point, rad, width float64, col Color) {
	if rad <= 0 || col.A == 0 {
		return
	}
	pts := circle(at, rad)
	c.Polyline(append(pts, pts[0]), width, col)
}

func circle(at Point, rad float64) []Point {
	n := min(48, max(10, int(rad*3)))
	pts := make([]Point, n)
	for i := range pts {
		s, co := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		pts[i] = Point{at.X + rad*co, at.Y + rad*s}
	}
	return pts
}

// Arrow paints a triangle that points right, its tip at p.
func Arrow(c Canvas, p Point, size float64, col Color) {
	c.Polygon([]Point{{p.X - size, p.Y - size*0.6}, p, {p.X - size, p.Y + size*0.6}}, col)
}

// Fit returns the largest rectangle of aspect w:h inside r, centred.
func Fit(r Rect, w, h float64) Rect {
	if w <= 0 || h <= 0 || r.Empty() {
		return Rect{}
	}
	s := min(r.W/w, r.H/h)
	return Rect{r.X + (r.W-w*s)/2, r.Y + (r.H-h*s)/2, w * s, h * s}
}

// Crisp returns the side in CSS pixels, at most want, at which n image pixels each
// cover the same whole number of device pixels. Below twice the size that would waste
// too much room: want itself then, on whole device pixels.
func Crisp(n int, want, scale float64) float64 {
	if n <= 0 || want <= 0 || scale <= 0 {
		return want
	}
	k := want * scale / float64(n)
	if k < 1 || k > 1.3 && k < 2 {
		return math.Floor(want*scale) / scale
	}
	return math.Floor(k) * float64(n) / scale
}

// Snap moves p to the nearest device pixel.
func Snap(p Point, scale float64) Point {
	return Point{math.Round(p.X*scale) / scale, math.Round(p.Y*scale) / scale}
}
