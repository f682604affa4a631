package ui

import "math"

// Plot is a pair of axes. Frame draws them; Project places data between them.
type Plot struct {
	X, Y   Scale
	XLabel string // name, before the axis
	Title  string // above the frame, left
	Sparse bool   // fewer ticks and no x numbers: for a plot stacked on another
}

// Type sizes on the canvas, CSS pixels.
const (
	SizeSmall = 11.0
	SizeBody  = 13.0
	SizeTitle = 14.0
)

// Frame draws grid and axes inside r and returns the rectangle left for the data.
func (p *Plot) Frame(c Canvas, r Rect, t Theme) Rect {
	area := Rect{r.X + 46, r.Y + 8, r.W - 46 - 10, r.H - 8 - 22}
	if p.Title != "" {
		area.Y, area.H = area.Y+20, area.H-20
		c.Text(Point{r.X, r.Y + 8}, p.Title, SizeTitle, Left, t.Ink)
	}
	if p.Sparse {
		area.H += 12
	}
	if area.W < 8 || area.H < 8 {
		return Rect{}
	}
	for _, v := range p.Y.Ticks(max(2, int(area.H/44))) {
		y := Snap(Point{0, area.Y + area.H*(1-p.Y.At(v))}, c.Scale()).Y
		Fill(c, Rect{area.X, y, area.W, 1 / c.Scale()}, t.Line)
		c.Text(Point{area.X - 8, y}, Number(v), SizeSmall, Right, t.Muted)
	}
	if !p.Sparse {
		p.xTicks(c, area, t)
	}
	return area
}

func (p *Plot) xTicks(c Canvas, area Rect, t Theme) {
	y := area.Y + area.H + 13
	c.Text(Point{area.X - 8, y}, p.XLabel, SizeSmall, Right, t.Muted)
	for _, v := range p.X.Ticks(max(2, int(area.W/90))) {
		x := area.X + area.W*p.X.At(v)
		Fill(c, Rect{Snap(Point{x, 0}, c.Scale()).X, area.Y + area.H, 1 / c.Scale(), 4}, t.Line)
		if words := Number(v); p.XLabel == "" || x-c.TextWidth(words, SizeSmall)/2 >= area.X { // clear of the axis's name
			c.Text(Point{x, y}, words, SizeSmall, Centre, t.Muted)
		}
	}
}

// Project places data points (x, y in data units) inside area.
func (p *Plot) Project(area Rect, pts []Point) []Point {
	out := make([]Point, 0, len(pts))
	for _, q := range pts {
		if math.IsNaN(q.X) || math.IsNaN(q.Y) || math.IsInf(q.Y, 0) {
			continue
		}
		out = append(out, Point{area.X + area.W*p.X.At(q.X), area.Y + area.H*(1-min(max(p.Y.At(q.Y), -0.05), 1.05))})
	}
	return out
}

// Smooth returns the bias-corrected exponential moving average of the points' Y, with
// weight w in [0,1) on what lies unit before along X: the same smoothing for a dense
// and a sparse series. X ascends and Y is finite.
func Smooth(pts []Point, w, unit float64) []Point {
	if w <= 0 || unit <= 0 {
		return pts
	}
	out := make([]Point, 0, len(pts))
	sum, norm := 0.0, 0.0
	for i, p := range pts {
		past := 0.0
		if i > 0 {
			past = math.Pow(w, (p.X-pts[i-1].X)/unit)
		}
		sum, norm = past*sum+p.Y, past*norm+1
		out = append(out, Point{p.X, sum / norm})
	}
	return out
}

// Thin keeps at most 2n points: the lowest and highest of each of n stretches of
// equal count, in order, so that no spike is lost.
func Thin(pts []Point, n int) []Point {
	if n < 1 || len(pts) <= 2*n {
		return pts
	}
	out := make([]Point, 0, 2*n)
	for i := range n {
		part := pts[i*len(pts)/n : (i+1)*len(pts)/n]
		lo, hi := 0, 0
		for j, p := range part {
			if p.Y < part[lo].Y {
				lo = j
			}
			if p.Y > part[hi].Y {
				hi = j
			}
		}
		out = append(out, part[min(lo, hi)])
		if lo != hi {
			out = append(out, part[max(lo, hi)])
		}
	}
	return out
}

// Range returns the smallest and largest finite Y, above zero only if positive is
// set; ok is false if there is none.
func Range(positive bool, series ...[]Point) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for _, p := range s {
			if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) || positive && p.Y <= 0 {
				continue
			}
			lo, hi = min(lo, p.Y), max(hi, p.Y)
		}
	}
	return lo, hi, lo <= hi
}
