package ui

// Columns cuts a rectangle into n equal columns with gaps between them, Rows into n equal rows.
func Columns(r Rect, n int, gap float64) []Rect {
	out := make([]Rect, n)
	w := max((r.W-gap*float64(n-1))/float64(max(n, 1)), 0)
	for i := range out {
		out[i] = Rect{X: r.X + float64(i)*(w+gap), Y: r.Y, W: w, H: r.H}
	}
	return out
}

func Rows(r Rect, n int, gap float64) []Rect {
	out := make([]Rect, n)
	h := max((r.H-gap*float64(n-1))/float64(max(n, 1)), 0)
	for i := range out {
		out[i] = Rect{X: r.X, Y: r.Y + float64(i)*(h+gap), W: r.W, H: h}
	}
	return out
}

// Ease is a smooth step from 0 to 1 as t goes from 0 to 1.
func Ease(t float64) float64 {
	t = min(max(t, 0), 1)
	return t * t * (3 - 2*t)
}

// Scrollbar paints the sign of what part of a height r shows, scrolled so far, at its right edge; nothing where it shows all.
func Scrollbar(c Canvas, r Rect, height, scroll float64, t Theme) {
	if height <= r.H+1 {
		return
	}
	h := max(24, r.H*r.H/height)
	RoundRect(c, Rect{X: r.X + r.W - 4, Y: r.Y + (r.H-h)*scroll/(height-r.H), W: 4, H: h}, 2, t.Muted.Fade(0.45))
}
