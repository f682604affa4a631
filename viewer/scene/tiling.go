package scene

import "reta/viewer/ui"

// besides cuts a rectangle into n equal columns with gaps between them, over into n equal lines.
func besides(r ui.Rect, n int, gap float64) []ui.Rect {
	out := make([]ui.Rect, n)
	w := max((r.W-gap*float64(n-1))/float64(max(n, 1)), 0)
	for i := range out {
		out[i] = ui.Rect{X: r.X + float64(i)*(w+gap), Y: r.Y, W: w, H: r.H}
	}
	return out
}

func over(r ui.Rect, n int, gap float64) []ui.Rect {
	out := make([]ui.Rect, n)
	h := max((r.H-gap*float64(n-1))/float64(max(n, 1)), 0)
	for i := range out {
		out[i] = ui.Rect{X: r.X, Y: r.Y + float64(i)*(h+gap), W: r.W, H: h}
	}
	return out
}
