package figure

import "reta/viewer/ui"

// Mark is the shape that means what a colour means.
type Mark int

// The marks.
const (
	MarkDisc Mark = iota
	MarkDiamond
	MarkTriangle
	MarkSquare
	MarkRing
	MarkLine
	MarkDashed
	MarkHatch
)

// Key is one entry of a legend.
type Key struct {
	Mark  Mark
	Color ui.Color
	Text  string
}

// Legend paints keys in rows from the top left of r, as many in each as fit, and
// returns the height it took.
func Legend(c ui.Canvas, r ui.Rect, t ui.Theme, keys []Key) float64 {
	const lead, swatch, gap = 19.0, 20.0, 16.0
	x, y := r.X, r.Y
	for _, k := range keys {
		w := swatch + c.TextWidth(k.Text, ui.SizeSmall)
		if x > r.X && x+w > r.X+r.W {
			x, y = r.X, y+lead
		}
		mid := ui.Point{X: x + 7, Y: y + lead/2}
		k.draw(c, mid)
		c.Text(ui.Point{X: x + swatch, Y: mid.Y}, k.Text, ui.SizeSmall, ui.Left, t.Muted)
		x += w + gap
	}
	return y + lead - r.Y
}

func (k Key) draw(c ui.Canvas, p ui.Point) {
	line := []ui.Point{{X: p.X - 7, Y: p.Y}, {X: p.X + 7, Y: p.Y}}
	box := ui.Rect{X: p.X - 7, Y: p.Y - 5, W: 14, H: 10}
	switch k.Mark {
	case MarkDisc:
		ui.Disc(c, p, 4.5, k.Color)
	case MarkDiamond:
		diamond(c, p, 5.8, k.Color)
	case MarkTriangle:
		upward(c, p, 5, k.Color)
	case MarkSquare:
		ui.Fill(c, ui.Rect{X: p.X - 4, Y: p.Y - 4, W: 8, H: 8}, k.Color)
	case MarkRing:
		ui.Ring(c, p, 4.5, 1.5, k.Color)
	case MarkLine:
		c.Polyline(line, 2.5, k.Color)
	case MarkDashed:
		dashed(c, line, 2.5, k.Color)
	case MarkHatch:
		ui.Fill(c, box, k.Color.Fade(0.16))
		hatch(c, []ui.Rect{box}, 5, 1.2, k.Color)
	}
}

// Head writes a figure's title at the top of r, and at the right a reading where there is room for both.
func Head(c ui.Canvas, r ui.Rect, title string, tint ui.Color, reading string, t ui.Theme) {
	title = ui.Ellipsis(c, title, ui.SizeTitle, r.W)
	c.Text(ui.Point{X: r.X, Y: r.Y + 9}, title, ui.SizeTitle, ui.Left, tint)
	if c.TextWidth(title, ui.SizeTitle)+c.TextWidth(reading, ui.SizeSmall)+14 < r.W {
		c.Text(ui.Point{X: r.X + r.W, Y: r.Y + 9}, reading, ui.SizeSmall, ui.Right, t.Muted)
	}
}
