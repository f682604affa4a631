package figure

import (
	"math"

	"reta/viewer/ui"
)

// Bars are values with their errors, one below the other: a bar from 0, across its end the error, over it the single values
// that it is the mean of. Differences are marks instead, on an axis that has 0 within.
type Bars struct {
	Rows   []Measure
	Signed bool                 // they are differences
	Most   float64              // at the end of the axis; 0: the largest of all that is drawn
	Number func(float64) string // writes a value on the axis; nil: ui.Number
	Tall   float64              // most height of a row, CSS pixels; 0: 34
	Plain  bool                 // without an axis
	Hover  int                  // row under the pointer, None for none

	area  ui.Rect   // of the bars
	rows  []ui.Rect // of each Measure, its label included
	scale ui.Scale
}

// Measure is one row. What is NaN is not known, and not drawn.
type Measure struct {
	Head    string // over the row, to begin a group
	Label   string
	Value   float64
	Error   float64   // half the length of the error bar
	Singles []float64 // what Value is the mean of
	Tint    ui.Color
	Hatched bool
	Reading string // beside the bar
}

const barsHead = 22.0 // height of a group's head

// Draw paints the rows into r, from the top.
func (b *Bars) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	b.area, b.rows = ui.Rect{}, b.rows[:0]
	heads, label, reading := 0, 0.0, 0.0
	for _, m := range b.Rows {
		if m.Head != "" {
			heads++
		}
		label, reading = max(label, c.TextWidth(m.Label, ui.SizeSmall)), max(reading, c.TextWidth(m.Reading, ui.SizeSmall))
	}
	foot := 22.0
	if b.Plain {
		foot = 0
	}
	tall := min((r.H-foot-barsHead*float64(heads))/float64(max(len(b.Rows), 1)), b.tall())
	label = min(label, r.W*0.42) + 10
	reading += 8
	b.area = ui.Rect{X: r.X + label, Y: r.Y, W: r.W - label - reading, H: tall*float64(len(b.Rows)) + barsHead*float64(heads)}
	if len(b.Rows) == 0 || tall < 8 || b.area.W < 24 {
		b.area = ui.Rect{}
		return
	}
	b.scale = b.span()
	if !b.Plain {
		b.axis(c, t)
	}
	y := r.Y
	for i, m := range b.Rows {
		if m.Head != "" {
			c.Text(ui.Point{X: r.X, Y: y + barsHead/2 + 1}, ui.Ellipsis(c, m.Head, ui.SizeSmall, r.W), ui.SizeSmall, ui.Left, t.Ink)
			y += barsHead
		}
		row := ui.Rect{X: r.X, Y: y, W: r.W, H: tall}
		b.rows = append(b.rows, row)
		if i == b.Hover {
			ui.RoundRect(c, row.Inset(1), 5, t.Accent.Fade(0.1))
		}
		ink := t.Muted
		if i == b.Hover {
			ink = t.Ink
		}
		mid := y + tall/2
		c.Text(ui.Point{X: r.X + label - 10, Y: mid}, ui.Ellipsis(c, m.Label, ui.SizeSmall, label-10), ui.SizeSmall, ui.Right, ink)
		c.Text(ui.Point{X: r.X + r.W, Y: mid}, m.Reading, ui.SizeSmall, ui.Right, t.Ink)
		b.bar(c, m, mid, tall, t)
		y += tall
	}
}

func (b *Bars) tall() float64 {
	if b.Tall == 0 {
		return 34
	}
	return b.Tall
}

// span is the axis: from 0 to Most or to all that is drawn, of differences as far to either side.
func (b *Bars) span() ui.Scale {
	lo, hi := 0.0, b.Most
	for _, m := range b.Rows {
		for _, v := range append([]float64{m.Value, m.Value - m.Error, m.Value + m.Error}, m.Singles...) {
			if v-v == 0 && b.Most == 0 {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	switch {
	case b.Signed:
		end := max(-lo, hi, 1e-9) * 1.08
		return ui.Linear(-end, end)
	case hi <= 0:
		return ui.Linear(0, 1)
	}
	return ui.Linear(0, hi)
}

// axis rules the area at round values.
func (b *Bars) axis(c ui.Canvas, t ui.Theme) {
	write := b.Number
	if write == nil {
		write = ui.Number[float64]
	}
	for _, v := range b.scale.Ticks(max(4, int(b.area.W/44))) {
		x := ui.Snap(ui.Point{X: b.x(v)}, c.Scale()).X
		ui.Fill(c, ui.Rect{X: x, Y: b.area.Y, W: 1 / c.Scale(), H: b.area.H + 3}, t.Line)
		c.Text(ui.Point{X: x, Y: b.area.Y + b.area.H + 12}, write(v), ui.SizeSmall, ui.Centre, t.Muted)
	}
	if b.Signed {
		ui.Fill(c, ui.Rect{X: ui.Snap(ui.Point{X: b.x(0)}, c.Scale()).X - 0.5, Y: b.area.Y, W: 1.5, H: b.area.H}, t.Muted)
	}
}

// x is where a value lies, held inside the axis.
func (b *Bars) x(v float64) float64 { return b.area.X + b.area.W*min(max(b.scale.At(v), 0), 1) }

// bar paints one row's value, error and single values.
func (b *Bars) bar(c ui.Canvas, m Measure, mid, tall float64, t ui.Theme) {
	h := min(16, tall*0.56)
	known := m.Value-m.Value == 0
	if known && !b.Signed {
		r := ui.Rect{X: b.area.X, Y: mid - h/2, W: b.x(m.Value) - b.area.X, H: h}
		if m.Hatched {
			ui.Fill(c, r, m.Tint.Fade(0.16))
			hatch(c, []ui.Rect{r}, 5, 1.2, m.Tint.Fade(0.75))
			ui.Outline(c, r.Inset(0.5), 0, 1, m.Tint)
		} else {
			ui.Fill(c, r, m.Tint.Fade(0.8))
		}
	}
	if lo, hi, ok := finiteRange(m.Singles); ok && b.x(hi)-b.x(lo) > 5*float64(len(m.Singles)) { // else they cover one another
		for _, v := range m.Singles {
			if v-v == 0 {
				ui.Disc(c, ui.Point{X: b.x(v), Y: mid}, 3.6, t.Surface)
				ui.Ring(c, ui.Point{X: b.x(v), Y: mid}, 2.6, 1.3, m.Tint.Mix(t.Ink, 0.35))
			}
		}
	}
	if m.Error > 0 && m.Value+m.Error < math.MaxFloat64 {
		x0, x1 := b.x(m.Value-m.Error), b.x(m.Value+m.Error)
		e := h/2 + 2
		c.Segments([]ui.Point{{X: x0, Y: mid}, {X: x1, Y: mid}, {X: x0, Y: mid - e}, {X: x0, Y: mid + e}, {X: x1, Y: mid - e}, {X: x1, Y: mid + e}}, 1.5, t.Ink)
	}
	if known && b.Signed {
		ui.Disc(c, ui.Point{X: b.x(m.Value), Y: mid}, 6, t.Surface)
		ui.Disc(c, ui.Point{X: b.x(m.Value), Y: mid}, 4.6, m.Tint)
	}
}

// finiteRange is the smallest and the largest finite value, ok false where there is none.
func finiteRange(values []float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v-v == 0 {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi, lo <= hi
}

// RowAt is the row below p, None for none.
func (b *Bars) RowAt(p ui.Point) int {
	for i, r := range b.rows {
		if r.Contains(p) {
			return i
		}
	}
	return None
}

// Row is where a row was drawn last; empty where it was not.
func (b *Bars) Row(i int) ui.Rect {
	if i < 0 || i >= len(b.rows) {
		return ui.Rect{}
	}
	return b.rows[i]
}
