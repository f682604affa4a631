package sandbox

import (
	"reta/viewer/figure"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Show opens the sandbox with these points, scaled into its unit square.
func Show(v *view.View, pts []ui.Point) {
	drawing := newUnit(inSquare(pts), "")
	cloudParam.Set(v, drawn)
	countParam.Set(v, float64(len(pts)))
	pointsParam.Set(v, drawing.text())
	kParam.Set(v, 0)
	epsParam.Set(v, -1)
	view.Scene.Set(v, "sandbox")
}

// inSquare scales points into the middle of the unit square.
func inSquare(pts []ui.Point) []ui.Point {
	const share = 0.8
	fit := figure.FitPoints(pts)
	mid, side := fit.Centre(), max(fit.W, fit.H, 1e-9)
	out := make([]ui.Point, len(pts))
	for i, p := range pts {
		out[i] = ui.Point{X: 0.5 + share*(p.X-mid.X)/side, Y: 0.5 + share*(p.Y-mid.Y)/side}
	}
	return out
}
