package figure

import (
	"math"

	"reta/shared/topology"
	"reta/viewer/ui"
)

// Heat is a persistence image (Eqn 10) or the difference of two: birth to the right,
// persistence upwards, both in parts of eps_max. The scale of its colours is given
// from outside, so that images side by side can be compared.
type Heat struct {
	Title  string
	Pixels []float64 // Grid*Grid, rows along the persistence, as topology.Imager makes them
	Grid   int
	Most   float64  // value at the end of the scale; see MostOf
	Hue    ui.Color // of positive values
	Below  ui.Color // of negative values; A = 0: there are none and the scale begins at 0
	EpsMax float32

	area  ui.Rect
	image ui.Picture
	drawn heatKey
}

// heatKey is what the picture was made from.
type heatKey struct {
	pixels              *float64
	sum, most           float64
	grid                int
	hue, below, surface ui.Color
}

// Images returns the persistence images of a shape by degree. EpsMax of im is the
// shape's where it is 0.
func (s *Shape) Images(im topology.Imager) [2][]float64 {
	if im.EpsMax == 0 {
		im.EpsMax = float64(s.EpsMax)
	}
	var bars [2][]topology.Bar
	for _, b := range s.Bars {
		if b.Degree < 0 || b.Degree > 1 || !finite(ui.Point{X: float64(b.Birth), Y: float64(b.Death)}) { // a NaN is equal to no birth
			continue
		}
		out := topology.Bar{Degree: b.Degree, Birth: float64(b.Birth), Death: float64(b.Death), BirthEdge: -1}
		if b.Essential {
			out.Death, out.DeathEdge = math.Inf(1), -1
		}
		bars[b.Degree] = append(bars[b.Degree], out)
	}
	return [2][]float64{im.Image(bars[0]), im.Image(bars[1])}
}

// Difference returns a - b, nil when their lengths differ.
func Difference(a, b []float64) []float64 {
	if len(a) != len(b) {
		return nil
	}
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

// MostOf returns the largest absolute value in all images, for a shared scale.
func MostOf(images ...[]float64) float64 {
	most := 0.0
	for _, m := range images {
		for _, v := range m {
			most = max(most, math.Abs(v))
		}
	}
	return most
}

// Sizes around a heat map, CSS pixels.
const (
	heatLeft  = 34.0
	heatFoot  = 32.0
	heatScale = 46.0 // right: the scale of colours and its numbers
)

// Draw paints the image into r, with axes and its scale of colours. The picture is
// made anew only when its values or colours are others.
func (h *Heat) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	top := 18.0
	if h.Title != "" {
		top = 40
		c.Text(ui.Point{X: r.X, Y: r.Y + 9}, h.Title, ui.SizeBody, ui.Left, t.Ink)
	}
	side := min(r.W-heatLeft-heatScale, r.H-top-heatFoot)
	if h.Grid <= 0 || len(h.Pixels) != h.Grid*h.Grid || side < 24 {
		h.area = ui.Rect{}
		return
	}
	side = ui.Crisp(h.Grid, side, c.Scale())
	corner := ui.Snap(ui.Point{X: r.X + heatLeft, Y: r.Y + top}, c.Scale())
	h.area = ui.Rect{X: corner.X, Y: corner.Y, W: side, H: side}
	h.paint(t)
	px := 1 / c.Scale()
	ui.Fill(c, h.area.Inset(-px), t.Line)
	c.Picture(&h.image, h.area, 1)
	h.axes(c, t)
	h.legend(c, t)
}

// paint fills the picture.
func (h *Heat) paint(t ui.Theme) {
	key := heatKey{&h.Pixels[0], 0, h.Most, h.Grid, h.Hue, h.Below, t.Surface}
	for i, v := range h.Pixels {
		key.sum += v * float64(i+1)
	}
	if key == h.drawn {
		return
	}
	h.drawn = key
	above, below := Rising(h.Hue, t), Rising(h.Below, t)
	rgb := make([]byte, 0, 3*len(h.Pixels))
	for j := h.Grid - 1; j >= 0; j-- {
		for _, v := range h.Pixels[j*h.Grid:][:h.Grid] {
			col := above.At(h.share(v))
			if v < 0 && h.Below.A > 0 {
				col = below.At(h.share(-v))
			}
			rgb = append(rgb, col.R, col.G, col.B)
		}
	}
	h.image.SetRGB(h.Grid, h.Grid, rgb)
}

func (h *Heat) share(v float64) float64 {
	if !(h.Most > 0) {
		return 0
	}
	return v / h.Most
}

func (h *Heat) axes(c ui.Canvas, t ui.Theme) {
	a := h.area
	for _, v := range []float64{0, 0.5, 1} {
		x, y := a.X+a.W*v, a.Y+a.H*(1-v)
		c.Text(ui.Point{X: x, Y: a.Y + a.H + 10}, ui.Number(v), ui.SizeSmall, ui.Centre, t.Muted)
		c.Text(ui.Point{X: a.X - 6, Y: y}, ui.Number(v), ui.SizeSmall, ui.Right, t.Muted)
	}
	c.Text(ui.Point{X: a.X + a.W/2, Y: a.Y + a.H + 25}, "birth / ε max →", ui.SizeSmall, ui.Centre, t.Muted)
	c.Text(ui.Point{X: a.X - 12, Y: a.Y - 13}, "↑ persistence / ε max", ui.SizeSmall, ui.Left, t.Muted)
}

// legend paints the scale of colours beside the image.
func (h *Heat) legend(c ui.Canvas, t ui.Theme) {
	above, below := Rising(h.Hue, t), Rising(h.Below, t)
	bar := ui.Rect{X: h.area.X + h.area.W + 12, Y: h.area.Y, W: 9, H: h.area.H}
	px := 1 / c.Scale()
	ui.Fill(c, bar.Inset(-px), t.Line)
	const steps = 48
	for i := range steps {
		v := 1 - (float64(i)+0.5)/steps
		col := above.At(v)
		if h.Below.A > 0 {
			if v = 2*v - 1; v < 0 {
				col = below.At(-v)
			} else {
				col = above.At(v)
			}
		}
		y0 := ui.Snap(ui.Point{Y: bar.Y + bar.H*float64(i)/steps}, c.Scale()).Y
		y1 := ui.Snap(ui.Point{Y: bar.Y + bar.H*float64(i+1)/steps}, c.Scale()).Y
		ui.Fill(c, ui.Rect{X: bar.X, Y: y0, W: bar.W, H: y1 - y0}, col)
	}
	x := bar.X + bar.W + 5
	c.Text(ui.Point{X: x, Y: bar.Y + 4}, ui.Number(h.Most), ui.SizeSmall, ui.Left, t.Muted)
	if h.Below.A > 0 {
		c.Text(ui.Point{X: x, Y: bar.Y + bar.H/2}, "0", ui.SizeSmall, ui.Left, t.Muted)
		c.Text(ui.Point{X: x, Y: bar.Y + bar.H - 4}, ui.Number(-h.Most), ui.SizeSmall, ui.Left, t.Muted)
		return
	}
	c.Text(ui.Point{X: x, Y: bar.Y + bar.H - 4}, "0", ui.SizeSmall, ui.Left, t.Muted)
}

// CellAt returns the pixel below p: column along the birth, row along the persistence.
func (h *Heat) CellAt(p ui.Point) (column, row int, ok bool) {
	if !h.area.Contains(p) {
		return 0, 0, false
	}
	n := float64(h.Grid)
	return min(int((p.X-h.area.X)/h.area.W*n), h.Grid-1), h.Grid - 1 - min(int((p.Y-h.area.Y)/h.area.H*n), h.Grid-1), true
}

// Mark outlines a pixel, after Draw.
func (h *Heat) Mark(c ui.Canvas, column, row int, t ui.Theme) {
	if h.area.Empty() || column < 0 || row < 0 || column >= h.Grid || row >= h.Grid {
		return
	}
	cell := h.area.W / float64(h.Grid)
	r := ui.Rect{X: h.area.X + cell*float64(column), Y: h.area.Y + h.area.H - cell*float64(row+1), W: cell, H: cell}
	ui.Outline(c, r.Inset(-2), 1, 3, t.Surface)
	ui.Outline(c, r.Inset(-1.5), 1, 1.5, t.Accent)
}

// Describe says what a pixel holds, for a Tooltip: its value, and the birth and
// persistence at its centre in units of distance.
func (h *Heat) Describe(column, row int) []string {
	at := row*h.Grid + column
	if column < 0 || row < 0 || column >= h.Grid || row >= h.Grid || at >= len(h.Pixels) {
		return nil
	}
	centre := func(i int) string { return ui.Number((float64(i) + 0.5) / float64(h.Grid) * float64(h.EpsMax)) }
	return []string{ui.Number(h.Pixels[at]), "birth " + centre(column), "persistence " + centre(row)}
}
