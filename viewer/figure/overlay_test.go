package figure

import (
	"math"
	"testing"

	"reta/viewer/ui"
)

// A map over another has its plane, leaves its ground alone, and has one colour for all its points.
func TestMapsShareAPlane(t *testing.T) {
	th := theme(t)
	a, b := build(t, scatter(30, 0.2, 6), Build{K: 5}), build(t, scatter(20, 0.5, 7), Build{K: 5})
	c := raster(t, 400, 300)
	below := Map{Shape: a, Fit: FitPoints(a.Points, b.Points), Focus: At(0.3), Point: None}
	below.Draw(c, ui.Rect{W: 400, H: 300}, Tinted(th, th.Real))
	above := Map{Shape: b, Syn: true, Focus: At(0.3), Point: None}
	above.DrawOver(c, &below, th.Syn, th)
	if p := a.Points[0]; above.Place(p) != below.Place(p) || above.Area() != below.Area() {
		t.Errorf("one map has %v at %v, the other at %v", p, above.Place(p), below.Place(p))
	}
	for i, p := range b.Points {
		if got := c.At(above.Place(p)); got != th.Syn && alone(b.Points, i, &above) {
			t.Errorf("point %d shows %v", i, got)
		}
	}
	seen := 0
	for i, p := range a.Points {
		if c.At(below.Place(p)) == th.Real && alone(a.Points, i, &below) {
			seen++
		}
	}
	if seen < 5 {
		t.Errorf("%d points of the lower map can be seen", seen)
	}
}

// alone reports whether no other point's mark reaches a point.
func alone(pts []ui.Point, i int, m *Map) bool {
	for j, q := range pts {
		if d := m.Place(q).Sub(m.Place(pts[i])); j != i && math.Hypot(d.X, d.Y) < 14 {
			return false
		}
	}
	return true
}

func TestLinksAreLines(t *testing.T) {
	th, s := theme(t), FromSet(square(), 2)
	c := raster(t, 300, 300)
	m := Map{Shape: s, Fit: FitPoints(s.Points), Focus: At(0), Point: None, Links: []ui.Point{{X: 0, Y: 3}, {X: 4, Y: 3}, {X: math.NaN()}, {X: 1}}}
	m.Draw(c, ui.Rect{W: 300, H: 300}, th)
	if at := c.At(m.Place(ui.Point{X: 2, Y: 3})); at == th.Sunken {
		t.Error("no line joins the ends")
	}
}

// The marks of the second shape are found like those of the first, the chosen bar among several in one place.
func TestHollowMarksAreHit(t *testing.T) {
	th := theme(t)
	a, b := build(t, scatter(24, 0.1, 3), Build{}), build(t, scatter(24, 0.4, 4), Build{})
	c := raster(t, 400, 400)
	d := Diagram{Shape: a, Over: b, Tint: th.Real, OverTint: th.Syn, Focus: At(0.2)}
	d.Draw(c, ui.Rect{W: 400, H: 400}, th)
	for _, s := range d.over {
		for _, bar := range s.bars {
			got := d.OverAt(s.at, bar)
			if got != bar && b.Bars[got].Degree == s.degree {
				t.Errorf("bar %d is hit as %d", bar, got)
			}
		}
	}
	if d.OverAt(ui.Point{X: 399, Y: 399}, None) != None {
		t.Error("a bar is hit where there is none")
	}
	loop := b.Longest(1)
	d.LightOver(c, loop, th)
	if got := c.At(d.place(b.Bars[loop])); got != th.Accent {
		t.Errorf("the lit mark shows %v", got)
	}
}

func TestEpsHasAPlace(t *testing.T) {
	th, s := theme(t), FromSet(square(), 2)
	c := raster(t, 400, 400)
	bars, curve := Barcode{Shape: s, Focus: At(0.5)}, Betti{Real: s, Syn: s, Focus: At(0.5)}
	if _, ok := bars.EpsX(); ok {
		t.Error("a barcode that was not drawn has a line of eps")
	}
	if _, ok := curve.EpsX(); ok {
		t.Error("a curve that was not drawn has a line of eps")
	}
	bars.Draw(c, ui.Rect{W: 400, H: 300}, th)
	curve.Draw(c, ui.Rect{W: 400, H: 300}, th)
	if x, ok := bars.EpsX(); !ok || math.Abs(float64(bars.EpsAt(x))-0.5) > 1e-6 {
		t.Errorf("the barcode's line lies at eps %v", bars.EpsAt(x))
	}
	if x, ok := curve.EpsX(); !ok || math.Abs(float64(curve.EpsAt(x))-0.5) > 1e-6 {
		t.Errorf("the curve's line lies at eps %v", curve.EpsAt(x))
	}
}
