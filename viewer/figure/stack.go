package figure

import "reta/viewer/ui"

// Stack is a ranking: of each candidate the two parts of its score (Eqn 4) as one bar,
// fit plain and complexity hatched. Best is least.
type Stack struct {
	Rows  []Row
	Most  float64 // score at the end of the longest bar; 0: the largest score
	Tall  float64 // height of a row, CSS pixels; 0: 30
	Hover int     // row under the pointer, None for none

	area ui.Rect
}

// Row is one candidate.
type Row struct {
	Label           string
	Fit, Complexity float64 // (1-lambda) fit and lambda c, not below 0
	Picture         *ui.Picture
	Winner          bool
	Y               float64 // of its upper rim from that of the figure: the caller's, so that it can move
}

func (s *Stack) tall() float64 {
	if s.Tall == 0 {
		return 30
	}
	return s.Tall
}

// row is where a row lies.
func (s *Stack) row(i int) ui.Rect {
	return ui.Rect{X: s.area.X, Y: s.area.Y + s.Rows[i].Y, W: s.area.W, H: s.tall()}
}

// Draw paints the rows into r; what hangs over is cut off.
func (s *Stack) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	s.area = r
	if r.Empty() {
		return
	}
	most := s.Most
	for _, row := range s.Rows {
		if s.Most == 0 {
			most = max(most, row.Fit+row.Complexity)
		}
	}
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	for i := range s.Rows {
		if q := s.row(i); q.Y < r.Y+r.H && q.Y+q.H > r.Y {
			s.draw(c, i, q, most, t)
		}
	}
}

func (s *Stack) draw(c ui.Canvas, i int, r ui.Rect, most float64, t ui.Theme) {
	row := s.Rows[i]
	if i == s.Hover {
		ui.RoundRect(c, r.Inset(1), 5, t.Accent.Fade(0.12))
	}
	x, mid := r.X+26, r.Y+r.H/2
	if row.Winner {
		check(c, ui.Point{X: r.X + 13, Y: mid}, t)
	}
	if row.Picture != nil && row.Picture.W > 0 {
		side := ui.Crisp(row.Picture.W, r.H-4, c.Scale())
		p := ui.Snap(ui.Point{X: x, Y: mid - side/2}, c.Scale())
		c.Picture(row.Picture, ui.Rect{X: p.X, Y: p.Y, W: side, H: side}, 1)
		x += side + 8
	}
	name := min(110, r.W*0.28)
	ink := t.Muted
	if row.Winner {
		ink = t.Ink
	}
	c.Text(ui.Point{X: x, Y: mid}, shorten(c, row.Label, name-8, ui.SizeSmall), ui.SizeSmall, ui.Left, ink)
	x += name
	room := r.X + r.W - 52 - x
	if room < 10 || !(most > 0) {
		return
	}
	fit, rest := room*max(row.Fit, 0)/most, room*max(row.Complexity, 0)/most
	h := min(14, r.H*0.5)
	a := ui.Rect{X: x, Y: mid - h/2, W: fit, H: h}
	b := ui.Rect{X: x + fit, Y: mid - h/2, W: rest, H: h}
	ui.Fill(c, a, t.Real)
	ui.Fill(c, b, t.Anchor.Fade(0.22))
	hatch(c, []ui.Rect{b}, 5, 1.2, t.Anchor)
	if rest > 2 {
		ui.Outline(c, b.Inset(0.5), 0, 1, t.Anchor)
	}
	c.Text(ui.Point{X: x + fit + rest + 7, Y: mid}, ui.Number(row.Fit+row.Complexity), ui.SizeSmall, ui.Left, ink)
}

// check marks the winner.
func check(c ui.Canvas, p ui.Point, t ui.Theme) {
	ui.Disc(c, p, 8, t.Accent)
	c.Polyline([]ui.Point{{X: p.X - 3.6, Y: p.Y + 0.2}, {X: p.X - 1, Y: p.Y + 2.9}, {X: p.X + 3.8, Y: p.Y - 2.7}}, 1.8, t.Surface)
}

// shorten cuts a text to a width, with an ellipsis.
func shorten(c ui.Canvas, s string, width, size float64) string {
	if c.TextWidth(s, size) <= width {
		return s
	}
	letters := []rune(s)
	for len(letters) > 1 && c.TextWidth(string(letters)+"…", size) > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// RowAt returns the row below p, the one drawn last where they overlap; None for none.
func (s *Stack) RowAt(p ui.Point) int {
	if !s.area.Contains(p) {
		return None
	}
	for i := len(s.Rows) - 1; i >= 0; i-- {
		if s.row(i).Contains(p) {
			return i
		}
	}
	return None
}
