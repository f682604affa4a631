package figure

import (
	"math"

	"reta/viewer/ui"
)

// dashed strokes a line with gaps: what is not there yet.
func dashed(c ui.Canvas, pts []ui.Point, width float64, col ui.Color) {
	const on, off = 5.0, 4.0
	var out []ui.Point
	at := 0.0 // within a period
	for i := 1; i < len(pts); i++ {
		a, b := pts[i-1], pts[i]
		length := math.Hypot(b.X-a.X, b.Y-a.Y)
		if !(length > 0) || length > 1e5 {
			continue
		}
		for from := 0.0; from < length; {
			step := min(on-at, length-from)
			if at >= on {
				step = min(on+off-at, length-from)
			} else {
				out = append(out, along(a, b, from/length), along(a, b, (from+step)/length))
			}
			from, at = from+step, at+step
			if at >= on+off-1e-9 {
				at = 0
			}
		}
	}
	c.Segments(out, width, col)
}

func along(a, b ui.Point, t float64) ui.Point {
	return ui.Point{X: a.X + (b.X-a.X)*t, Y: a.Y + (b.Y-a.Y)*t}
}

// hatch rules rectangles with lines that rise to the right, gap apart; they run on
// from one rectangle into the next.
func hatch(c ui.Canvas, rects []ui.Rect, gap, width float64, col ui.Color) {
	var out []ui.Point
	for _, r := range rects {
		if r.Empty() || r.W > 1e5 || r.H > 1e5 {
			continue
		}
		for k := math.Ceil((r.X + r.Y) / gap); k*gap < r.X+r.W+r.Y+r.H; k++ {
			sum := k * gap // x + y along the line
			x0, x1 := max(r.X, sum-r.Y-r.H), min(r.X+r.W, sum-r.Y)
			if x1 > x0 {
				out = append(out, ui.Point{X: x0, Y: sum - x0}, ui.Point{X: x1, Y: sum - x1})
			}
		}
	}
	if len(out) > 0 {
		c.Segments(out, width, col)
	}
}

// diamond paints a square on its corner.
func diamond(c ui.Canvas, p ui.Point, rad float64, col ui.Color) {
	c.Polygon([]ui.Point{{X: p.X, Y: p.Y - rad}, {X: p.X + rad, Y: p.Y}, {X: p.X, Y: p.Y + rad}, {X: p.X - rad, Y: p.Y}}, col)
}

// upward paints a triangle that points up.
func upward(c ui.Canvas, p ui.Point, rad float64, col ui.Color) {
	c.Polygon([]ui.Point{{X: p.X, Y: p.Y - rad*1.15}, {X: p.X + rad*1.1, Y: p.Y + rad*0.75}, {X: p.X - rad*1.1, Y: p.Y + rad*0.75}}, col)
}

// vertical draws the present eps across a plot, with a handle on top and its value.
func vertical(c ui.Canvas, r ui.Rect, x float64, eps float32, t ui.Theme) {
	x = ui.Snap(ui.Point{X: x}, c.Scale()).X
	c.Polyline([]ui.Point{{X: x, Y: r.Y - 8}, {X: x, Y: r.Y + r.H}}, 1.5, t.Accent)
	ui.Disc(c, ui.Point{X: x, Y: r.Y - 10}, 5, t.Accent)
	label := "ε " + ui.Number(float64(eps))
	align, dx := ui.Left, 10.0
	if x+12+c.TextWidth(label, ui.SizeSmall) > r.X+r.W {
		align, dx = ui.Right, -10
	}
	c.Text(ui.Point{X: x + dx, Y: r.Y - 10}, label, ui.SizeSmall, align, t.Accent)
}

// epsTicks draws numbers and rules below and across a plot whose x axis is eps.
func epsTicks(c ui.Canvas, r ui.Rect, epsMax float32, rules bool, t ui.Theme) {
	x := ui.Scale{Min: 0, Max: float64(epsMax)}
	for _, v := range x.Ticks(max(2, int(r.W/72))) {
		at := ui.Snap(ui.Point{X: r.X + r.W*x.At(v)}, c.Scale()).X
		if rules {
			ui.Fill(c, ui.Rect{X: at, Y: r.Y, W: 1 / c.Scale(), H: r.H}, t.Line)
		} else {
			ui.Fill(c, ui.Rect{X: at, Y: r.Y + r.H, W: 1 / c.Scale(), H: 4}, t.Line)
		}
		c.Text(ui.Point{X: at, Y: r.Y + r.H + 13}, ui.Number(v), ui.SizeSmall, ui.Centre, t.Muted)
	}
}

// epsAt is the eps at a place along a plot's x axis, held inside it.
func epsAt(r ui.Rect, x float64, epsMax float32) float32 {
	if r.W <= 0 {
		return 0
	}
	return float32(min(max((x-r.X)/r.W, 0), 1)) * epsMax
}
