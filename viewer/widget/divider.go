package widget

import "reta/viewer/ui"

// Divided paints one picture left of a divider, and another right of it, which stands at a share of the box from the left.
func Divided(c ui.Canvas, box ui.Rect, left, right *ui.Picture, share float64, t ui.Theme) {
	x := ui.Snap(ui.Point{X: box.X + box.W*share}, c.Scale()).X
	c.Picture(right, box, 1)
	if x > box.X {
		c.Clip(ui.Rect{X: box.X, Y: box.Y, W: x - box.X, H: box.H})
		c.Picture(left, box, 1)
		c.Clip(ui.Rect{})
	}
	ui.Fill(c, ui.Rect{X: x - 1.5, Y: box.Y, W: 3, H: box.H}, t.Surface)
	ui.Fill(c, ui.Rect{X: x - 0.5, Y: box.Y, W: 1, H: box.H}, t.Ink)
	knob := ui.Point{X: x, Y: box.Y + box.H/2}
	rad := min(11, box.W/8)
	ui.Disc(c, knob, rad+1.5, t.Ink)
	ui.Disc(c, knob, rad, t.Surface)
	ui.Arrow(c, knob.Add(ui.Point{X: rad * 0.7}), rad*0.5, t.Ink)
	c.Polygon([]ui.Point{knob.Add(ui.Point{X: -rad * 0.2, Y: -rad * 0.3}), knob.Add(ui.Point{X: -rad * 0.7}), knob.Add(ui.Point{X: -rad * 0.2, Y: rad * 0.3})}, t.Ink)
}
