package scene

import (
	"cmp"
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// drawBars paints the persistence barcode of a column's set: components over loops,
// each in order of death, and the present eps across them.
func (f *features) drawBars(c ui.Canvas, col *column, cloud *event.Cloud, eps float32, v *View, index int) {
	t, r := v.theme, col.bars
	if r.H < 30 || r.W < 40 || cloud.EpsMax <= 0 {
		return
	}
	x := ui.Scale{Min: 0, Max: float64(cloud.EpsMax)}
	place := func(e float32) float64 { return r.X + r.W*x.At(float64(e)) }
	col.arrange()
	for _, tick := range x.Ticks(max(2, int(r.W/80))) {
		at := ui.Snap(ui.Point{X: place(float32(tick))}, c.Scale()).X
		ui.Fill(c, ui.Rect{X: at, Y: r.Y, W: 1 / c.Scale(), H: r.H}, t.Line)
		c.Text(ui.Point{X: at, Y: r.Y + r.H + 13}, ui.Number(tick), ui.SizeSmall, ui.Centre, t.Muted)
	}
	tint := t.Real
	if col.syn {
		tint = t.Syn
	}
	for row, bar := range col.rows {
		b := col.set.Bars[bar]
		y := r.Y + col.rowY(row)
		x0, x1 := place(b.Birth), place(min(b.Death, cloud.EpsMax))
		colour := tint
		if b.Degree == 1 {
			colour = t.Topo
		}
		alive := b.Birth <= eps && (b.Essential || eps < b.Death)
		if !alive {
			colour = colour.Mix(t.Surface, 0.55)
		}
		if f.bar == bar && f.barOf == index {
			colour = t.Accent
		}
		thick := max(1, min(col.height*0.62, 7))
		if b.Essential {
			x1 = r.X + r.W
			ui.Arrow(c, ui.Point{X: x1 + 9, Y: y}, 8, colour)
		}
		ui.RoundRect(c, ui.Rect{X: x0, Y: y - thick/2, W: max(x1-x0, 1.5), H: thick}, thick/2, colour)
	}
	col.labels(c, t)
	at := ui.Snap(ui.Point{X: place(eps)}, c.Scale()).X
	c.Polyline([]ui.Point{{X: at, Y: r.Y - 8}, {X: at, Y: r.Y + r.H + 2}}, 1.5, t.Accent)
	ui.Disc(c, ui.Point{X: at, Y: r.Y - 10}, 5, t.Accent)
	text, align, dx := "ε "+decimal(eps), ui.Left, 10.0
	if at+60 > r.X+r.W {
		align, dx = ui.Right, -10
	}
	c.Text(ui.Point{X: at + dx, Y: r.Y - 10}, text, ui.SizeSmall, align, t.Accent)
}

// arrange orders the bars into rows and measures them.
func (col *column) arrange() {
	bars := col.set.Bars
	col.rows = col.rows[:0]
	for i, b := range bars {
		if b.Degree <= 1 {
			col.rows = append(col.rows, i)
		}
	}
	slices.SortStableFunc(col.rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(bars[a].Degree, bars[b].Degree), compareBool(bars[a].Essential, bars[b].Essential),
			cmp.Compare(bars[a].Death, bars[b].Death), cmp.Compare(bars[b].Birth, bars[a].Birth))
	})
	col.split = len(col.rows)
	for row, bar := range col.rows {
		if bars[bar].Degree == 1 {
			col.split = row
			break
		}
	}
	col.height = min(barMost, (col.bars.H-2*barLabel-4)/float64(max(len(col.rows), 1)))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// barLabel is the height of the line over each degree's bars.
const barLabel = 18.0

// barMost is the height of a row where there is room.
const barMost = 14.0

// barsNeed is the height of a set's barcode where there is room.
func barsNeed(set *event.Set) float64 {
	n := 0
	for _, b := range set.Bars {
		if b.Degree <= 1 {
			n++
		}
	}
	return float64(n)*barMost + 2*barLabel + 8
}

// rowY is the middle of a row, from the top of the barcode.
func (col *column) rowY(row int) float64 {
	y := barLabel + (float64(row)+0.5)*col.height
	if row >= col.split {
		y += barLabel
	}
	return y
}

// row finds the bar under p, -1 for none.
func (col *column) row(p ui.Point) int {
	if !col.bars.Contains(p) || col.height <= 0 {
		return -1
	}
	for row := range col.rows {
		if d := p.Y - col.bars.Y - col.rowY(row); d >= -col.height/2 && d < col.height/2 {
			return row
		}
	}
	return -1
}

func (col *column) labels(c ui.Canvas, t ui.Theme) {
	r := col.bars
	loops := "H₁  loops"
	if col.split == len(col.rows) {
		loops = "H₁  no loop"
	}
	c.Text(ui.Point{X: r.X, Y: r.Y + 9}, "H₀  components", ui.SizeSmall, ui.Left, t.Muted)
	c.Text(ui.Point{X: r.X, Y: r.Y + barLabel + float64(col.split)*col.height + 9}, loops, ui.SizeSmall, ui.Left, t.Muted)
}
