package figure

import (
	"math"

	"reta/viewer/ui"
)

// Barcode is the bars of a shape along eps: components over loops, each by death, the
// ones that never die with an arrowhead at the end, and the present eps across them.
type Barcode struct {
	Shape *Shape
	Tint  ui.Color // of degree 0; the theme's Real or Syn. Degree 1 is the theme's Topo
	Focus Focus

	area   ui.Rect // its x axis is eps
	rows   []int
	split  int
	height [2]float64 // of a row, by degree
}

// Sizes of a barcode, CSS pixels.
const (
	barLabel = 18.0 // the line over each degree's bars
	barMost  = 14.0 // a row where there is room
	barHead  = 20.0 // above the bars: the handle of eps
	barFoot  = 22.0 // below: the axis
	barSide  = 14.0 // right: arrowheads
)

// Need is the height at which every row has room.
func (b *Barcode) Need() float64 {
	if b.Shape == nil {
		return 0
	}
	rows, _ := b.Shape.Rows()
	return float64(len(rows))*barMost + 2*barLabel + 4 + barHead + barFoot
}

// Draw paints the barcode into r.
func (b *Barcode) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	b.area = ui.Rect{X: r.X + 4, Y: r.Y + barHead, W: r.W - 4 - barSide, H: r.H - barHead - barFoot}
	b.rows, b.height = nil, [2]float64{}
	if b.Shape == nil || b.area.W < 40 || b.area.H < 30 {
		b.area = ui.Rect{}
		return
	}
	b.rows, b.split = b.Shape.Rows()
	b.share(b.area.H - 2*barLabel - 4)
	epsTicks(c, b.area, b.Shape.EpsMax, true, t)
	for row := range b.rows {
		b.bar(c, row, t)
	}
	b.labels(c, t)
	vertical(c, b.area, b.x(b.Focus.Eps), b.Focus.Eps, t)
}

// share divides the height among the rows. Where room is short loops keep a third of
// it, since they are few beside components.
func (b *Barcode) share(room float64) {
	n0, n1 := float64(b.split), float64(len(b.rows)-b.split)
	even := room / max(n0+n1, 1)
	b.height[1] = min(barMost, max(even, room/3/max(n1, 1)))
	b.height[0] = min(barMost, (room-n1*b.height[1])/max(n0, 1))
}

// tall is the height of a row.
func (b *Barcode) tall(row int) float64 {
	if row < b.split {
		return b.height[0]
	}
	return b.height[1]
}

func (b *Barcode) x(eps float32) float64 {
	return b.area.X + b.area.W*min(max(float64(eps/b.Shape.EpsMax), 0), 1)
}

func (b *Barcode) bar(c ui.Canvas, row int, t ui.Theme) {
	i := b.rows[row]
	bar, y := b.Shape.Bars[i], b.y(row)
	x0, x1 := b.x(bar.Birth), b.x(bar.Death)
	thick := max(1, min(b.tall(row)*0.62, 7))
	col := b.Tint
	if bar.Degree == 1 {
		col = t.Topo
	}
	if !Alive(bar, b.Focus.Eps) {
		col = col.Mix(t.Surface, 0.55)
	}
	if i == b.Focus.Hover || i == b.Focus.Select {
		col, thick = t.Accent, min(max(thick+2, 4), 9)
		ui.RoundRect(c, ui.Rect{X: b.area.X - 4, Y: y - thick/2 - 2, W: b.area.W + 4 + barSide, H: thick + 4}, 3, t.Accent.Fade(0.14))
	}
	if bar.Essential {
		x1 = b.area.X + b.area.W
		size := min(8, max(b.tall(row)*0.9, 4))
		ui.Arrow(c, ui.Point{X: x1 + size + 1, Y: y}, size, col)
	}
	ui.RoundRect(c, ui.Rect{X: x0, Y: y - thick/2, W: max(x1-x0, 1.5), H: thick}, thick/2, col)
	if i == b.Focus.Select { // chosen, not only under the pointer: its birth is marked
		ui.Disc(c, ui.Point{X: x0, Y: y}, thick/2+2, t.Surface)
		ui.Disc(c, ui.Point{X: x0, Y: y}, thick/2+1, t.Accent)
	}
}

// y is the middle of a row.
func (b *Barcode) y(row int) float64 {
	if row < b.split {
		return b.area.Y + barLabel + (float64(row)+0.5)*b.height[0]
	}
	return b.loops() + barLabel + (float64(row-b.split)+0.5)*b.height[1]
}

// loops is the upper rim of degree 1.
func (b *Barcode) loops() float64 {
	return b.area.Y + barLabel + float64(b.split)*b.height[0]
}

func (b *Barcode) labels(c ui.Canvas, t ui.Theme) {
	loops := "H₁  loops"
	if b.split == len(b.rows) {
		loops = "H₁  no loop"
	}
	c.Text(ui.Point{X: b.area.X, Y: b.area.Y + 9}, "H₀  components", ui.SizeSmall, ui.Left, t.Muted)
	c.Text(ui.Point{X: b.area.X, Y: b.loops() + 9}, loops, ui.SizeSmall, ui.Left, t.Muted)
}

// BarAt returns the bar whose row p lies in, the nearest where rows are thinner than
// the pointer; None outside the bars.
func (b *Barcode) BarAt(p ui.Point) int {
	grown := ui.Rect{X: b.area.X - 4, Y: b.area.Y, W: b.area.W + 4 + barSide, H: b.area.H}
	if !grown.Contains(p) {
		return None
	}
	best, at := barMost, None
	for row, i := range b.rows {
		if d := math.Abs(p.Y - b.y(row)); d < best && d <= max(b.tall(row)/2, 3) {
			best, at = d, i
		}
	}
	return at
}

// Grip reports whether a press at p takes hold of eps: anywhere over the bars, at the
// handle or at the axis.
func (b *Barcode) Grip(p ui.Point) bool {
	return !b.area.Empty() && ui.Rect{X: b.area.X - 8, Y: b.area.Y - barHead, W: b.area.W + 16, H: b.area.H + barHead + barFoot}.Contains(p)
}

// EpsAt is the eps at x, held between 0 and the end of the filtration.
func (b *Barcode) EpsAt(x float64) float32 {
	if b.Shape == nil {
		return 0
	}
	return epsAt(b.area, x, b.Shape.EpsMax)
}
