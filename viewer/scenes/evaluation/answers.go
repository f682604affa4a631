package evaluation

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// answerBlocks are the confusion of the classes, and the test images most often wrong.
func (e *evaluation) answerBlocks(w, h float64, s selection, x *scene.Context) page {
	side := min(w*0.7, 440.0) + 100
	p := page{share: 0.56, left: []block{{least: side, grows: true, draw: func(c ui.Canvas, r ui.Rect) { e.drawMatrix(c, r, s, x) }}}}
	if w >= twoColumns {
		p.left[0].least = min(side, h-2*pagePad)
	}
	if m, ok := s.mistakes(x); ok && m.Len() > 0 {
		columns := mistakeColumns(w, p.share)
		rows := (m.Len() + columns - 1) / columns
		p.right = []block{{least: 26 + mistakeTall*float64(rows), draw: func(c ui.Canvas, r ui.Rect) { e.drawMistakes(c, r, m, x) }}}
	}
	return p
}

// mistakes are those of the chosen row; ok is false where none were reported.
func (s selection) mistakes(x *scene.Context) (m event.Mistakes, ok bool) {
	if s.row == nil {
		return m, false
	}
	return x.Whole.Evaluation.Mistakes(s.row.First)
}

func (e *evaluation) drawMatrix(c ui.Canvas, r ui.Rect, s selection, x *scene.Context) {
	t := x.Theme
	k, _ := s.confusion(x)
	figure.Head(c, r, "Answers, % of each class", t.Ink, s.row.Name()+", "+ui.Count(k.Trials, "student"), t)
	m := &e.matrix
	m.Counts, m.Right, m.Wrong, m.Chosen = k.Counts, t.BN, t.Groups[2], x.Class()
	if m.Names = m.Names[:0]; len(k.Counts) > 0 {
		for class := range k.Total {
			m.Names = append(m.Names, x.ClassName(class))
		}
	}
	m.Draw(c, ui.Rect{X: r.X, Y: r.Y + 24, W: r.W, H: r.H - 24}, t)
	if len(k.Counts) == 0 {
		words := fmt.Sprintf("%d classes: pairs are counted up to %d", len(k.Total), event.MaxConfusion)
		c.Text(r.Centre(), words, ui.SizeBody, ui.Centre, t.Muted)
	}
	row, column, ok := m.CellAt(e.pointer)
	if !ok {
		row, column, ok = e.mistakeCell(s, x)
	}
	if e.inside && ok {
		m.Mark(c, row, column, t)
	}
}

// mistakeCell is the cell that the mistake under the pointer belongs to. Mistakes are drawn after the matrix: where they lie
// is of the last frame.
func (e *evaluation) mistakeCell(s selection, x *scene.Context) (row, column int, ok bool) {
	m, _ := s.mistakes(x)
	if i := e.over.tile; i >= 0 && i < m.Len() {
		return m.Label[i], m.Predicted[i], true
	}
	return 0, 0, false
}

// Measures of a mistake: its picture and the three lines below, CSS pixels.
const (
	mistakeSide = 64.0
	mistakeTall = mistakeSide + 60
	mistakeWide = 104.0
)

// mistakeColumns is how many fit side by side on a canvas of width w.
func mistakeColumns(w, share float64) int {
	room := w - 2*min(pagePad, w*0.03)
	if w >= twoColumns {
		room = (room - columnGap) * (1 - share)
	}
	return max(1, int(room/mistakeWide))
}

func (e *evaluation) drawMistakes(c ui.Canvas, r ui.Rect, m event.Mistakes, x *scene.Context) {
	t := x.Theme
	figure.Head(c, r, "Most often wrong", t.Ink, "share of students that got it wrong", t)
	e.mistakes.take(m.Pixels, m.Len(), m.Width, m.Height, m.Image)
	columns := max(1, int(r.W/mistakeWide))
	wide := r.W / float64(columns)
	for i := range m.Len() {
		box := ui.Rect{X: r.X + wide*float64(i%columns), Y: r.Y + 26 + mistakeTall*float64(i/columns), W: wide, H: mistakeTall}
		e.tiles = append(e.tiles, tile{box, i})
		side := ui.Fit(ui.Rect{W: mistakeSide, H: mistakeSide}, float64(m.Width), float64(m.Height))
		at := ui.Snap(ui.Point{X: box.X, Y: box.Y}, c.Scale())
		q := ui.Rect{X: at.X, Y: at.Y, W: ui.Crisp(m.Width, side.W, c.Scale()), H: ui.Crisp(m.Height, side.H, c.Scale())}
		c.Picture(e.mistakes.at(i), q, 1)
		if m.Label[i] == x.Class() {
			ui.Outline(c, q.Inset(-2), 2, 2, t.Accent)
		}
		write := func(line float64, words string, col ui.Color) {
			c.Text(ui.Point{X: box.X, Y: box.Y + mistakeSide + 11 + 14*line}, ui.Ellipsis(c, words, ui.SizeSmall, wide-8), ui.SizeSmall, ui.Left, col)
		}
		write(0, x.ClassName(m.Label[i]), t.Ink)
		write(1, "→ "+x.ClassName(m.Predicted[i]), t.Groups[2])
		write(2, wrongShare(m.Wrong[i]), t.Muted)
	}
}

// wrongShare writes the share of students that got an image wrong.
func wrongShare(share float32) string {
	if !(share >= 0 && share <= 1) {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// describeAnswer says what is under the pointer.
func (e *evaluation) describeAnswer(s selection, x *scene.Context) ([]string, *ui.Picture) {
	if row, column, ok := e.matrix.CellAt(e.pointer); ok {
		return e.matrix.Describe(row, column), nil
	}
	m, _ := s.mistakes(x)
	for _, t := range e.tiles {
		if t.Contains(e.pointer) && t.at < m.Len() {
			return []string{x.ClassName(m.Label[t.at]), "most often answered " + x.ClassName(m.Predicted[t.at]), "wrong in " + wrongShare(m.Wrong[t.at]) + " of the students", m.IDs[t.at]}, e.mistakes.at(t.at)
		}
	}
	return nil, nil
}

// pair is two classes of which one was answered as the other.
type pair struct {
	class, answer int
	count         uint32
	share         float64 // of the class's answers
}

// worst are the pairs most often confused, by their share, at most n.
func worst(c event.Confusion, n int) (list []pair) {
	classes := len(c.Total)
	if len(c.Counts) != classes*classes {
		return nil
	}
	for at, k := range c.Counts {
		if class, answer := at/classes, at%classes; class != answer && k > 0 {
			list = append(list, pair{class, answer, k, float64(k) / math.Max(float64(c.Total[class]), 1)})
		}
	}
	slices.SortStableFunc(list, func(a, b pair) int { return cmp.Compare(b.share, a.share) })
	return list[:min(n, len(list))]
}

// pictures are the images of an event, made from its pixels once.
type pictures struct {
	of   *byte
	list []ui.Picture
}

// take makes n pictures of w by h pixels, where they are not those it has.
func (p *pictures) take(pixels []byte, n, w, h int, image func(int) []byte) {
	if n == 0 || len(pixels) == 0 {
		p.of = nil
		return
	}
	if p.of == &pixels[0] && len(p.list) == n {
		return
	}
	p.of = &pixels[0]
	for len(p.list) < n {
		p.list = append(p.list, ui.Picture{})
	}
	p.list = p.list[:n]
	for i := range p.list {
		p.list[i].SetRGB(w, h, image(i))
	}
}

// at is the i-th picture; an empty one where there is none.
func (p *pictures) at(i int) *ui.Picture {
	if p.of == nil || i < 0 || i >= len(p.list) {
		return &ui.Picture{}
	}
	return &p.list[i]
}
