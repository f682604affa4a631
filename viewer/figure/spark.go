package figure

import (
	"math"

	"reta/viewer/ui"
)

// Spark is a small line of a history without axes: where it came from, and where it
// is. Values that are not finite are left out.
type Spark struct {
	Values []float64
	Lo, Hi float64 // range; Lo = Hi: the values' own
	Tint   ui.Color
	Dot    bool // mark the newest value
}

// Draw paints the line into r.
func (s *Spark) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	pts := make([]ui.Point, 0, len(s.Values))
	for i, v := range s.Values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			pts = append(pts, ui.Point{X: float64(i), Y: v})
		}
	}
	if len(pts) == 0 || r.Empty() {
		return
	}
	pts = ui.Thin(pts, max(int(r.W), 1))
	lo, hi := s.Lo, s.Hi
	if lo == hi {
		lo, hi, _ = ui.Range(false, pts)
	}
	box := r.Inset(3)
	y := func(v float64) float64 {
		if !(hi > lo) {
			return box.Y + box.H/2
		}
		return box.Y + box.H*(1-min(max((v-lo)/(hi-lo), 0), 1))
	}
	span := max(float64(len(s.Values)-1), 1)
	for i, p := range pts {
		pts[i] = ui.Point{X: box.X + box.W*p.X/span, Y: y(p.Y)}
	}
	c.Polyline(pts, 1.5, s.Tint)
	if last := pts[len(pts)-1]; s.Dot {
		ui.Disc(c, last, 4, t.Surface)
		ui.Disc(c, last, 2.8, s.Tint)
	}
}
