package lessons

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"reta/shared/retrieval"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// tradeoffFigure shows the candidates of one query by complexity and fit, the line of equal score through the winner, and
// the hull on which all winners lie. The dial is lambda.
type tradeoffFigure struct {
	query *toyImage
	pool  []*toyImage
	ring  int  // candidate to point out, -1 for none
	hull  bool // show the hull when it is told
	bare  bool // no line: the plane only

	places []ui.Point // complexity and fit of each, scaled to [0, 1]
	at     []ui.Rect  // of each thumbnail as drawn last
}

func newTradeoff() *tradeoffFigure {
	return &tradeoffFigure{query: toyQuery(), pool: toyPool(), ring: figure.None}
}

// spots are the candidates' places in the plane of complexity and fit.
func (s *tradeoffFigure) spots() []ui.Point {
	if s.places == nil {
		fit, complexity := toyScores(s.query, s.pool, 0), toyScores(s.query, s.pool, 1)
		for i := range s.pool {
			s.places = append(s.places, ui.Point{X: complexity[i].Score, Y: fit[i].Score})
		}
	}
	return s.places
}

// winner is the candidate of least score.
func (s *tradeoffFigure) winner(lambda float64) retrieval.Candidate {
	return retrieval.Top(toyScores(s.query, s.pool, lambda), 1)[0]
}

// lowerHull is the part of the convex hull that lines of equal score can touch from the lower left, by complexity.
func lowerHull(pts []ui.Point) []int {
	order := make([]int, len(pts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(pts[i].X, pts[j].X), cmp.Compare(pts[i].Y, pts[j].Y)) })
	var hull []int
	for _, i := range order {
		p := pts[i]
		if n := len(hull); n > 0 && p.Y >= pts[hull[n-1]].Y {
			continue // another is as simple and fits as well
		}
		for len(hull) > 1 {
			a, b := pts[hull[len(hull)-2]], pts[hull[len(hull)-1]]
			if (b.X-a.X)*(p.Y-a.Y)-(b.Y-a.Y)*(p.X-a.X) > 0 {
				break
			}
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, i)
	}
	return hull
}

func (s *tradeoffFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	s.at = s.at[:0]
	ui.RoundRect(c, r, 8, t.Sunken)
	side := math.Floor(min(max(min(r.W, r.H)/11, 14), 44))
	area := ui.Rect{X: r.X + 26 + side/2, Y: r.Y + 12 + side/2, W: r.W - 38 - side, H: r.H - 40 - side}
	words := r.H > 150 // room for the names of the axes
	if !words {
		area = ui.Rect{X: r.X + 8 + side/2, Y: r.Y + 4 + side/2, W: r.W - 12 - side, H: r.H - 12 - side}
	}
	if area.W < 12 || area.H < 12 {
		return
	}
	pts := s.spots()
	place := func(p ui.Point) ui.Point { return ui.Point{X: area.X + area.W*p.X, Y: area.Y + area.H*(1-p.Y)} }
	frame := area.Inset(-side / 2)
	c.Polyline([]ui.Point{{X: frame.X - 4, Y: frame.Y}, {X: frame.X - 4, Y: frame.Y + frame.H + 4}, {X: frame.X + frame.W, Y: frame.Y + frame.H + 4}}, 1, t.Muted)
	if words {
		c.Text(ui.Point{X: frame.X + frame.W, Y: frame.Y + frame.H + 16}, "complexity →", ui.SizeSmall, ui.Right, t.Muted)
		c.Text(ui.Point{X: frame.X + 2, Y: frame.Y + 2}, "↑ distance", ui.SizeSmall, ui.Left, t.Muted)
	}
	best := s.winner(m.at)
	if !s.bare {
		s.line(c, frame, place, best.Score, m.at, t)
	}
	if s.hull && m.answered {
		var hull []ui.Point
		for _, i := range lowerHull(pts) {
			hull = append(hull, place(pts[i]))
		}
		c.Polyline(hull, 2, t.Anchor)
	}
	hover := figure.None
	for i, p := range pts {
		q := ui.Snap(place(p).Sub(ui.Point{X: side / 2, Y: side / 2}), c.Scale())
		box := ui.Rect{X: q.X, Y: q.Y, W: side, H: side}
		s.at = append(s.at, box)
		if m.inside && box.Contains(m.pointer) {
			hover = i
		}
		switch {
		case i == best.Index && !s.bare && m.answered:
			ui.RoundRect(c, box.Inset(-4), 4, t.Accent)
		case i == s.ring:
			ui.RoundRect(c, box.Inset(-3), 4, t.Anchor)
		default:
			ui.Fill(c, box.Inset(-1), t.Line)
		}
		c.Picture(&s.pool[i].picture, box, 1)
	}
	if s.ring >= 0 && s.ring < len(s.at) {
		box := s.at[s.ring]
		c.Text(ui.Point{X: box.X + side + 8, Y: box.Y + side/2}, s.pool[s.ring].name, ui.SizeSmall, ui.Left, t.Ink)
	}
	if hover >= 0 {
		one := toyScores(s.query, s.pool, m.at)[hover]
		figure.Tooltip(c, t, m.pointer, []string{s.pool[hover].name, "distance² " + ui.Number(one.Fit), "complexity " + ui.Number(one.Complexity), "J " + ui.Number(one.Score)}, nil)
	}
}

// line draws where the score is the winner's: everything below it would have been better.
func (s *tradeoffFigure) line(c ui.Canvas, frame ui.Rect, place func(ui.Point) ui.Point, score, lambda float64, t ui.Theme) {
	a, b := ui.Point{X: -1, Y: 0}, ui.Point{X: 2, Y: 0}
	if lambda < 1 {
		a.Y, b.Y = (score-lambda*a.X)/(1-lambda), (score-lambda*b.X)/(1-lambda)
	}
	if lambda > 0.5 {
		a, b = ui.Point{X: (score - (1-lambda)*2) / lambda, Y: 2}, ui.Point{X: (score + (1 - lambda)) / lambda, Y: -1}
	}
	c.Clip(frame)
	defer c.Clip(ui.Rect{})
	p, q := place(a), place(b)
	far := ui.Point{X: -3 * frame.W, Y: 3 * frame.H} // the lower left is better
	c.Triangles([]ui.Point{p, q, q.Add(far), p, q.Add(far), p.Add(far)}, t.Accent.Fade(0.07))
	c.Polyline([]ui.Point{p, q}, 2, t.Accent)
}

func (s *tradeoffFigure) facts(m figureState) panel.Facts {
	if !m.answered {
		return nil
	}
	best := s.winner(m.at)
	return panel.Facts{{Name: "Winner", Value: s.pool[best.Index].name}, {Name: "Its score J", Value: ui.Number(best.Score)},
		{Name: "Its distance²", Value: ui.Number(best.Fit)}, {Name: "Its complexity", Value: ui.Number(best.Complexity)}}
}

func (s *tradeoffFigure) describe(m figureState) string {
	words := fmt.Sprintf("%d candidate images by complexity and by distance from the synthetic image", len(s.pool))
	if s.ring >= 0 {
		p := s.spots()[s.ring]
		words += fmt.Sprintf("; %s stands at complexity %s and distance %s of 1", s.pool[s.ring].name, ui.Number(p.X), ui.Number(p.Y))
	}
	if !m.answered {
		return words
	}
	return words + fmt.Sprintf("; at lambda %s %s wins", ui.Number(m.at), s.pool[s.winner(m.at).Index].name)
}

// galleryFigure shows images in rows, each with a line below it once all is told.
type galleryFigure struct {
	first *toyImage // larger, before the others; nil: none
	rest  []*toyImage
	lines func(i int) string // below one of rest
	lit   int                // index of the one to ring once all is told, -1 for none
}

func (s *galleryFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	ui.RoundRect(c, r, 8, t.Sunken)
	r = r.Inset(12)
	const label = 34.0
	if s.first != nil {
		left := ui.Rect{X: r.X, Y: r.Y, W: min(r.W*0.3, r.H), H: r.H}
		s.tile(c, left, s.first, s.first.name, "", t.Syn, 3, t)
		r.X, r.W = r.X+left.W+16, r.W-left.W-16
	}
	columns, size := 1, 0.0
	for n := 1; n <= len(s.rest); n++ { // the number of columns that makes the tiles largest
		rows := (len(s.rest) + n - 1) / n
		if side := min(r.W/float64(n)-10, r.H/float64(rows)-label); side > size {
			columns, size = n, side
		}
	}
	rows := (len(s.rest) + columns - 1) / columns
	cw, ch := r.W/float64(columns), r.H/float64(rows)
	for i, m2 := range s.rest {
		cell := ui.Rect{X: r.X + cw*float64(i%columns), Y: r.Y + ch*float64(i/columns), W: cw, H: ch}
		line, rim, width := "", t.Line, 1.0
		if m.answered {
			line = s.lines(i)
			if i == s.lit {
				rim, width = t.Accent, 4
			}
		}
		s.tile(c, cell, m2, m2.name, line, rim, width, t)
	}
}

// tile draws an image in a cell, its name and a line below.
func (s *galleryFigure) tile(c ui.Canvas, cell ui.Rect, m *toyImage, name, line string, rim ui.Color, width float64, t ui.Theme) {
	const label = 34.0
	side := math.Floor(min(cell.W-10, cell.H-label, 260))
	if side < 8 {
		return
	}
	side = ui.Crisp(toySide, side, c.Scale())
	p := ui.Snap(ui.Point{X: cell.X + (cell.W-side)/2, Y: cell.Y + (cell.H-side-label)/2}, c.Scale())
	box := ui.Rect{X: p.X, Y: p.Y, W: side, H: side}
	ui.RoundRect(c, box.Inset(-width), width, rim)
	c.Picture(&m.picture, box, 1)
	mid := cell.X + cell.W/2
	c.Text(ui.Point{X: mid, Y: p.Y + side + 12}, ui.Ellipsis(c, name, ui.SizeSmall, cell.W-4), ui.SizeSmall, ui.Centre, t.Ink)
	c.Text(ui.Point{X: mid, Y: p.Y + side + 27}, ui.Ellipsis(c, line, ui.SizeSmall, cell.W-4), ui.SizeSmall, ui.Centre, t.Muted)
}

func (s *galleryFigure) facts(m figureState) panel.Facts {
	if !m.answered {
		return nil
	}
	var f panel.Facts
	for i, o := range s.rest {
		f = append(f, panel.Fact{Name: o.name, Value: s.lines(i)})
	}
	return f
}

func (s *galleryFigure) describe(m figureState) string {
	words := ui.Count(len(s.rest), "image")
	if s.first != nil {
		words = "A " + s.first.name + " and beside it " + words
	}
	for i, o := range s.rest {
		words += ", " + o.name
		if m.answered {
			words += ": " + s.lines(i)
		}
	}
	return words
}
