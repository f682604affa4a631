package figure

import (
	"fmt"

	"reta/viewer/ui"
)

// Tooltip paints a box of lines beside a place, a picture above them where there is
// one, inside the canvas wherever the place is. The first line is its title. It
// returns the box.
func Tooltip(c ui.Canvas, t ui.Theme, at ui.Point, lines []string, picture *ui.Picture) ui.Rect {
	if len(lines) == 0 && picture == nil {
		return ui.Rect{}
	}
	const pad, lead = 9.0, 16.0
	box := ui.Rect{H: 2*pad + lead*float64(len(lines)) - 3}
	for _, s := range lines {
		box.W = max(box.W, c.TextWidth(s, ui.SizeSmall)+2*pad)
	}
	side := 0.0
	if picture != nil && picture.W > 0 {
		side = ui.Crisp(picture.W, 112, c.Scale())
		box.W, box.H = max(box.W, side+2*pad), box.H+side*float64(picture.H)/float64(picture.W)+6
	}
	w, h := c.Size()
	box.X, box.Y = at.X+14, at.Y-box.H-10
	if box.X+box.W > w-4 {
		box.X = at.X - 14 - box.W
	}
	if box.Y < 4 {
		box.Y = at.Y + 16
	}
	box.X, box.Y = max(4, min(box.X, w-box.W-4)), max(4, min(box.Y, h-box.H-4))
	for i, fade := range []float64{0.05, 0.05, 0.07} { // a soft shadow
		ui.RoundRect(c, ui.Rect{X: box.X, Y: box.Y + 2, W: box.W, H: box.H}.Inset(float64(i-3)), 9, ui.Color{A: 255}.Fade(fade))
	}
	ui.RoundRect(c, box.Inset(-1), 7, t.Line)
	ui.RoundRect(c, box, 6, t.Surface)
	y := box.Y + pad
	if side > 0 {
		p := ui.Snap(ui.Point{X: box.X + (box.W-side)/2, Y: y}, c.Scale())
		tall := side * float64(picture.H) / float64(picture.W)
		c.Picture(picture, ui.Rect{X: p.X, Y: p.Y, W: side, H: tall}, 1)
		y += tall + 6
	}
	for i, s := range lines {
		col := t.Muted
		if i == 0 {
			col = t.Ink
		}
		c.Text(ui.Point{X: box.X + pad, Y: y + 6 + lead*float64(i)}, s, ui.SizeSmall, ui.Left, col)
	}
	return box
}

// Describe says in a few short lines what a bar is, for a Tooltip.
func (s *Shape) Describe(bar int) []string {
	if bar < 0 || bar >= len(s.Bars) {
		return nil
	}
	b := s.Bars[bar]
	name := "component"
	if b.Degree == 1 {
		name = "loop"
	}
	if b.Essential {
		return []string{name + " that never dies", "born at ε " + number(b.Birth) + ", open at the end, " + number(s.EpsMax)}
	}
	if b.Degree == 0 {
		lines := []string{name, "merges with another at ε " + number(b.Death)}
		if i, j, ok := s.DeathEdge(bar); ok {
			lines = append(lines, fmt.Sprintf("by the edge %d – %d", s.Image(i), s.Image(j)))
		}
		return lines
	}
	lines := []string{name + " of length " + number(b.Death-b.Birth), "born at ε " + number(b.Birth) + ", dies at " + number(b.Death)}
	if i, j, ok := s.BirthEdge(bar); ok {
		lines = append(lines, fmt.Sprintf("closed by the edge %d – %d", s.Image(i), s.Image(j)))
	}
	if i, j, k, ok := s.DeathTriangle(bar); ok {
		lines = append(lines, fmt.Sprintf("filled by the triangle %d – %d – %d", s.Image(i), s.Image(j), s.Image(k)))
	}
	return lines
}

func number(v float32) string { return ui.Number(float64(v)) }
