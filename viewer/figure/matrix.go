package figure

import (
	"fmt"
	"math"

	"reta/viewer/ui"
)

// Matrix is the confusion of classes: a row for each true class, in it a cell for each answer, as dark as its share of the
// row. Right answers, on the diagonal, have a colour of their own, from 0 to 1; wrong ones go up to the largest of them.
type Matrix struct {
	Counts       []uint32 // [n, n], of the true class (row) answered as; never written to again
	Names        []string
	Right, Wrong ui.Color
	Chosen       int // a class, whose row and column are marked; None for none

	n      int
	area   ui.Rect
	shares []float64 // of each cell in its row
	most   float64   // of the wrong answers
	ramps  [2]Ramp
	image  ui.Picture
	drawn  matrixKey
}

// matrixKey is what the picture was made from.
type matrixKey struct {
	counts                        *uint32
	n                             int
	right, wrong, surface, ground ui.Color
}

// Sizes around the cells, CSS pixels.
const (
	matrixHead  = 34.0
	matrixFoot  = 34.0
	matrixLeast = 10.0 // a cell that is smaller has no name beside it
)

// Draw paints the matrix into r, with names where there is room for them, and the scales of its colours below.
func (m *Matrix) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	n := int(math.Sqrt(float64(len(m.Counts))))
	m.n, m.area = n, ui.Rect{}
	if n == 0 || n*n != len(m.Counts) {
		return
	}
	left := 12.0
	for i := range n {
		left = max(left, c.TextWidth(m.name(i), ui.SizeSmall)+30)
	}
	left = min(left, r.W*0.28)
	tall := r.H - matrixHead - matrixFoot
	if min(r.W-left, tall)/float64(n) < matrixLeast {
		left = 40
	}
	side := ui.Crisp(n, min(r.W-left, tall), c.Scale())
	if side < 40 {
		return
	}
	p := ui.Snap(ui.Point{X: r.X + left, Y: r.Y + matrixHead}, c.Scale())
	m.area = ui.Rect{X: p.X, Y: p.Y, W: side, H: side}
	m.paint(t)
	c.Picture(&m.image, m.area, 1)
	if m.cell() >= matrixLeast {
		m.rules(c, t)
		m.names(c, left, t)
	}
	if m.cell() >= 24 {
		m.percents(c, t)
	}
	c.Text(ui.Point{X: m.area.X + side, Y: m.area.Y - 26}, "answered →", ui.SizeSmall, ui.Right, t.Muted)
	c.Text(ui.Point{X: m.area.X - 8, Y: m.area.Y - 26}, "true ↓", ui.SizeSmall, ui.Right, t.Muted)
	if m.Chosen >= 0 && m.Chosen < n {
		at := m.cell() * float64(m.Chosen)
		ui.Outline(c, ui.Rect{X: m.area.X, Y: m.area.Y + at, W: side, H: m.cell()}.Inset(-0.5), 2, 1.2, t.Accent)
		ui.Outline(c, ui.Rect{X: m.area.X + at, Y: m.area.Y, W: m.cell(), H: side}.Inset(-0.5), 2, 1.2, t.Accent)
	}
	m.scales(c, ui.Rect{X: m.area.X, Y: m.area.Y + side + 14, W: side, H: 10}, t)
}

// cell is the side of a cell.
func (m *Matrix) cell() float64 { return m.area.W / float64(m.n) }

func (m *Matrix) name(i int) string {
	if i < len(m.Names) {
		return m.Names[i]
	}
	return fmt.Sprint(i)
}

// paint fills the picture, a pixel for each cell.
func (m *Matrix) paint(t ui.Theme) {
	key := matrixKey{&m.Counts[0], m.n, m.Right, m.Wrong, t.Surface, t.Sunken}
	if key == m.drawn {
		return
	}
	m.drawn, m.ramps = key, [2]Ramp{Rising(m.Right, t), Rising(m.Wrong, t)}
	m.shares, m.most = m.shares[:0], 0
	for i := range m.n {
		row, total := m.Counts[i*m.n:(i+1)*m.n], 0.0
		for _, k := range row {
			total += float64(k)
		}
		for j, k := range row {
			m.shares = append(m.shares, float64(k)/max(total, 1))
			if i != j {
				m.most = max(m.most, m.shares[len(m.shares)-1])
			}
		}
	}
	rgb := make([]byte, 0, 3*len(m.Counts))
	for at, k := range m.shares {
		col := t.Sunken
		switch {
		case k > 0 && at%(m.n+1) == 0:
			col = m.ramps[0].At(k)
		case k > 0:
			col = m.ramps[1].At(k / m.most)
		}
		rgb = append(rgb, col.R, col.G, col.B)
	}
	m.image.SetRGB(m.n, m.n, rgb)
}

// rules separates the cells.
func (m *Matrix) rules(c ui.Canvas, t ui.Theme) {
	var lines []ui.Point
	for i := 1; i < m.n; i++ {
		at := m.cell() * float64(i)
		lines = append(lines, ui.Point{X: m.area.X + at, Y: m.area.Y}, ui.Point{X: m.area.X + at, Y: m.area.Y + m.area.H},
			ui.Point{X: m.area.X, Y: m.area.Y + at}, ui.Point{X: m.area.X + m.area.W, Y: m.area.Y + at})
	}
	if len(lines) > 0 {
		c.Segments(lines, 1, t.Surface)
	}
}

// names writes the classes beside the rows, and over the columns their names, or where these are too long their numbers.
func (m *Matrix) names(c ui.Canvas, left float64, t ui.Theme) {
	widest := 0.0
	for i := range m.n {
		widest = max(widest, c.TextWidth(m.name(i), ui.SizeSmall))
	}
	numbered := widest > m.cell()-4
	end := 0.0 // of the last column's name
	for i := range m.n {
		mid, ink, row, column := m.cell()*(float64(i)+0.5), t.Muted, m.name(i), m.name(i)
		if i == m.Chosen {
			ink = t.Ink
		}
		if numbered {
			column = fmt.Sprint(i)
			if row != column {
				row = ui.Ellipsis(c, row, ui.SizeSmall, left-16-c.TextWidth(column, ui.SizeSmall)) + "  " + column
			}
		}
		c.Text(ui.Point{X: m.area.X - 8, Y: m.area.Y + mid}, ui.Ellipsis(c, row, ui.SizeSmall, left-8), ui.SizeSmall, ui.Right, ink)
		if x, w := m.area.X+mid, c.TextWidth(column, ui.SizeSmall); x-w/2 >= end {
			c.Text(ui.Point{X: x, Y: m.area.Y - 9}, column, ui.SizeSmall, ui.Centre, ink)
			end = x + w/2 + 3
		}
	}
}

// percents writes each share that rounds to a percent at least into its cell.
func (m *Matrix) percents(c ui.Canvas, t ui.Theme) {
	for at, k := range m.shares {
		if k < 0.005 {
			continue
		}
		i, j := at/m.n, at%m.n
		strength := k / max(m.most, 1e-9)
		if i == j {
			strength = k
		}
		col := t.Ink
		if strength > 0.45 {
			col = t.Surface
		}
		c.Text(ui.Point{X: m.area.X + m.cell()*(float64(j)+0.5), Y: m.area.Y + m.cell()*(float64(i)+0.5)}, fmt.Sprintf("%.0f", 100*k), ui.SizeSmall, ui.Centre, col)
	}
}

// scales paints what the two ranges of colours mean.
func (m *Matrix) scales(c ui.Canvas, r ui.Rect, t ui.Theme) {
	const gap = 6.0
	x, band := r.X, min(54, r.W*0.12)
	for i, words := range []string{"right, to 100 %", fmt.Sprintf("wrong, to %.0f %%", 100*m.most)} {
		w := c.TextWidth(words, ui.SizeSmall)
		if x+band+gap+w > r.X+r.W+1 {
			return
		}
		const steps = 18
		for k := range steps {
			q := ui.Rect{X: x + band*float64(k)/steps, Y: r.Y, W: band / steps, H: r.H}.Corners()
			c.Triangles([]ui.Point{q[0], q[1], q[2], q[0], q[2], q[3]}, m.ramps[i].At((float64(k)+0.5)/steps))
		}
		c.Text(ui.Point{X: x + band + gap, Y: r.Y + r.H/2}, words, ui.SizeSmall, ui.Left, t.Muted)
		x += band + gap + w + 16
	}
}

// Mark outlines a cell, after Draw.
func (m *Matrix) Mark(c ui.Canvas, row, column int, t ui.Theme) {
	if m.area.Empty() || row < 0 || column < 0 || row >= m.n || column >= m.n {
		return
	}
	r := ui.Rect{X: m.area.X + m.cell()*float64(column), Y: m.area.Y + m.cell()*float64(row), W: m.cell(), H: m.cell()}
	ui.Outline(c, r.Inset(-2), 1, 3, t.Surface)
	ui.Outline(c, r.Inset(-1.5), 1, 1.5, t.Ink)
}

// CellAt is the cell below p, ok false outside all.
func (m *Matrix) CellAt(p ui.Point) (row, column int, ok bool) {
	if m.area.Empty() || !m.area.Contains(p) {
		return 0, 0, false
	}
	at := func(x float64) int { return min(int(x/m.cell()), m.n-1) }
	return at(p.Y - m.area.Y), at(p.X - m.area.X), true
}

// Describe says what a cell of the matrix drawn last counts, for a Tooltip.
func (m *Matrix) Describe(row, column int) []string {
	if m.area.Empty() || row < 0 || column < 0 || row >= m.n || column >= m.n {
		return nil
	}
	at := row*m.n + column
	count := fmt.Sprintf("%d, %.1f %% of its answers", m.Counts[at], 100*m.shares[at])
	if row == column {
		return []string{m.name(row), "answered right: " + count}
	}
	return []string{m.name(row), "answered " + m.name(column) + ": " + count}
}

// Area is where the cells were drawn last.
func (m *Matrix) Area() ui.Rect { return m.area }
