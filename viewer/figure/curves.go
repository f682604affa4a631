package figure

import (
	"math"

	"reta/viewer/ui"
)

// Curves are several series on common axes.
type Curves struct {
	Plot  ui.Plot // its Y, where both ends are 0, spans what is drawn
	Lines []Line
	Hover int // line that is lit, None for none

	area ui.Rect
}

// Line is one series, ascending in X.
type Line struct {
	Points []ui.Point
	Tint   ui.Color
	Width  float64
	Dashed bool
	End    bool // its last point is marked
}

// Draw paints axes and lines into r, the lit one last.
func (k *Curves) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	if k.Plot.Y.Min == 0 && k.Plot.Y.Max == 0 {
		k.Plot.Y = k.span()
	}
	k.area = k.Plot.Frame(c, r, t)
	if k.area.Empty() {
		return
	}
	c.Clip(k.area.Inset(-4))
	for i := range k.Lines {
		if i != k.Hover {
			k.line(c, &k.Lines[i], 0, t)
		}
	}
	if k.Hover >= 0 && k.Hover < len(k.Lines) {
		k.line(c, &k.Lines[k.Hover], 1.2, t)
	}
	c.Clip(ui.Rect{})
}

// span is from 0 to a little above the highest point.
func (k *Curves) span() ui.Scale {
	all := make([][]ui.Point, len(k.Lines))
	for i, l := range k.Lines {
		all[i] = l.Points
	}
	_, hi, ok := ui.Range(false, all...)
	if !ok || hi <= 0 {
		return ui.Linear(0, 1)
	}
	return ui.Linear(0, hi*1.06)
}

func (k *Curves) line(c ui.Canvas, l *Line, more float64, t ui.Theme) {
	pts := k.Plot.Project(k.area, ui.Thin(l.Points, max(int(k.area.W), 1)))
	switch {
	case len(pts) == 1:
		ui.Disc(c, pts[0], l.Width+more, l.Tint)
	case l.Dashed:
		dashed(c, pts, l.Width+more, l.Tint)
	default:
		c.Polyline(pts, l.Width+more, l.Tint)
	}
	if n := len(pts); n > 0 && l.End {
		ui.Disc(c, pts[n-1], 4.5, t.Surface)
		ui.Disc(c, pts[n-1], 3.2, l.Tint)
	}
}

// LineAt is the line that passes nearest to p, within 10 pixels, of several the one drawn last; None for none. At is its
// point nearest to p along the x axis.
func (k *Curves) LineAt(p ui.Point) (line, at int) {
	line = None
	if !k.area.Inset(-6).Contains(p) {
		return line, 0
	}
	best := 10.0
	for i, l := range k.Lines {
		pts := k.Plot.Project(k.area, l.Points)
		if len(pts) != len(l.Points) {
			continue // some are not finite: which is which is not known
		}
		for j := range pts {
			d := math.Hypot(pts[j].X-p.X, pts[j].Y-p.Y)
			if j > 0 {
				d = min(d, fromSegment(p, pts[j-1], pts[j]))
			}
			if d <= best {
				best, line, at = d, i, j
				if j > 0 && math.Abs(pts[j-1].X-p.X) < math.Abs(pts[j].X-p.X) {
					at = j - 1
				}
			}
		}
	}
	return line, at
}

// fromSegment is the distance of p from the segment a to b.
func fromSegment(p, a, b ui.Point) float64 {
	d, q := b.Sub(a), p.Sub(a)
	length := d.X*d.X + d.Y*d.Y
	if length == 0 {
		return math.Hypot(q.X, q.Y)
	}
	s := min(max((q.X*d.X+q.Y*d.Y)/length, 0), 1)
	return math.Hypot(q.X-s*d.X, q.Y-s*d.Y)
}

// Place is where a point of the data lies.
func (k *Curves) Place(p ui.Point) ui.Point {
	if q := k.Plot.Project(k.area, []ui.Point{p}); len(q) == 1 {
		return q[0]
	}
	return ui.Point{}
}

// Area is where the lines were drawn last.
func (k *Curves) Area() ui.Rect { return k.area }
