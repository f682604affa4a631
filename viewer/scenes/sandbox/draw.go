package sandbox

import (
	"math"
	"strconv"

	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// paneNames are the figures beside the map, in the order in which they get room.
var paneNames = [...]string{"barcode", "diagram", "betti", "image"}

var paneTitles = map[string]string{"barcode": "Barcode", "diagram": "Persistence diagram", "betti": "Betti curves", "image": "Persistence image"}

// paneLeast is the height below which a figure says nothing.
var paneLeast = map[string]float64{"barcode": 150, "diagram": 250, "betti": 160, "image": 230}

// paneShare is how figures share the height that is left.
var paneShare = map[string]float64{"barcode": 1, "diagram": 2, "betti": 0.8, "image": 2}

// pane is a figure with its title, where it is drawn.
type pane struct {
	name string
	area ui.Rect
}

// figures are the pictures of the sandbox's shapes.
type figures struct {
	cloud   figure.Map
	barcode figure.Barcode
	diagram figure.Diagram
	betti   [2]figure.Betti
	heat    [2]figure.Heat
	pixels  [2][]float64
	shown   []pane
}

// imager makes persistence images (Eqn 10) four times as sharp as those of the loss.
func imager(end float32) topology.Imager {
	o := topology.DefaultOptions()
	return topology.Imager{Grid: o.Grid, Sigma: o.Sigma / 4, EpsMax: float64(end), Exponent: o.Exponent}
}

// fill hands new shapes to the figures.
func (f *figures) fill(s *sandbox) {
	f.pixels = s.shape.Images(imager(s.shape.EpsMax))
	if s.other != nil {
		kept := s.other.Images(imager(s.shape.EpsMax))
		for i := range kept {
			f.pixels[i] = figure.Difference(kept[i], f.pixels[i])
		}
	}
}

// Draw implements Scene.
func (s *sandbox) Draw(c ui.Canvas, x *scene.Context) {
	s.sync(x)
	w, h := c.Size()
	t := x.Theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	area := s.layOut(w, h, figureParam.Of(x.View))
	if len(s.shape.Points) == 0 && s.other == nil {
		s.figures.shown = nil // there is nothing to say of no point
	}
	focus := s.focus(x.View)
	s.drawCloud(c, area, focus, x)
	for _, p := range s.figures.shown {
		s.drawPane(c, p, focus, t)
	}
	s.drawTip(c, focus, t)
}

// Sizes of the figures, CSS pixels.
const (
	paneWide = 270.0 // of one beside another
	paneGap  = 18.0
)

// drawCloud paints the map under a line of what is to be seen on it.
func (s *sandbox) drawCloud(c ui.Canvas, r ui.Rect, focus figure.Focus, x *scene.Context) {
	t, m := x.Theme, &s.figures.cloud
	m.Shape, m.Syn, m.Focus, m.Point, m.Ghosts = s.shape, s.other != nil, focus, figure.None, nil
	if s.other != nil && s.keptNow.unit == s.cloud.unit {
		m.Ghosts = s.keptNow.points
	}
	m.Fit = s.cloud.fit
	if s.cloud.unit { // the square fills the map, whose margin is the map's own
		edge := 18 / max(r.W, 1)
		m.Fit = ui.Rect{X: edge, Y: edge, W: 1 - 2*edge, H: 1 - 2*edge}
	}
	for _, i := range []int{s.chosen, s.over} {
		if i >= 0 && i < len(s.shape.Points) {
			m.Point = i
		}
	}
	k := s.shape.At(focus.Eps)
	count := ui.Count(k.Betti[0], "component") + "  ·  " + ui.Count(k.Betti[1], "loop")
	name := s.title()
	y := r.Y - 14
	if c.TextWidth(name, ui.SizeTitle)+c.TextWidth(count, ui.SizeBody)+16 > r.W {
		count = "β₀ " + strconv.Itoa(k.Betti[0]) + "  β₁ " + strconv.Itoa(k.Betti[1])
	}
	if c.TextWidth(name, ui.SizeTitle)+c.TextWidth(count, ui.SizeBody)+16 <= r.W {
		c.Text(ui.Point{X: r.X, Y: y}, name, ui.SizeTitle, ui.Left, t.Ink)
	}
	c.Text(ui.Point{X: r.X + r.W, Y: y}, count, ui.SizeBody, ui.Right, t.Muted)
	m.Draw(c, r, t)
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	if discsParam.Of(x.View) && s.cloud.flat() {
		s.drawDiscs(c, r, focus.Eps, t)
	}
	s.drawCursor(c, r, x)
	if len(s.cloud.points) == 0 {
		words := "Click or drag to draw points"
		if c.TextWidth(words, ui.SizeTitle) > r.W-16 {
			words = "Draw here"
		}
		c.Text(r.Centre(), words, ui.SizeTitle, ui.Centre, t.Muted)
	}
}

// drawDiscs paints circles of radius eps/2: two points join when theirs touch.
func (s *sandbox) drawDiscs(c ui.Canvas, r ui.Rect, eps float32, t ui.Theme) {
	m := &s.figures.cloud
	zero, one := m.Place(ui.Point{}), m.Place(ui.Point{X: 1})
	rad := (one.X - zero.X) * float64(eps) / 2
	if !(rad >= 1) || rad > 4*(r.W+r.H) {
		return
	}
	for _, p := range s.shape.Points {
		ui.Ring(c, m.Place(p), rad, 1, t.Accent.Fade(0.4))
	}
}

// drawCursor shows what a press would do.
func (s *sandbox) drawCursor(c ui.Canvas, r ui.Rect, x *scene.Context) {
	if !s.inside || !r.Contains(s.cursor) || !s.cloud.flat() {
		return
	}
	if toolParam.Of(x.View) == "erase" {
		ui.Ring(c, s.cursor, grab, 1.5, x.Theme.Ink.Fade(0.6))
	} else if s.over < 0 && !s.stroke.on {
		ui.Ring(c, s.cursor, 5, 1.5, x.Theme.Muted)
	}
}

// title says what the cloud is.
func (s *sandbox) title() string {
	name, n := s.cloud.name, len(s.cloud.points)
	if len([]rune(name)) > 28 {
		name = string([]rune(name)[:27]) + "…"
	}
	if name != "" {
		name += ", "
	}
	return name + ui.Count(n, "point")
}

// drawPane paints one figure with its title.
func (s *sandbox) drawPane(c ui.Canvas, p pane, focus figure.Focus, t ui.Theme) {
	f := &s.figures
	c.Text(ui.Point{X: p.area.X, Y: p.area.Y + 12}, paneTitles[p.name], ui.SizeTitle, ui.Left, t.Ink)
	r := ui.Rect{X: p.area.X, Y: p.area.Y + 26, W: p.area.W, H: p.area.H - 26}
	tint := t.Real
	if s.other != nil {
		tint = t.Syn
	}
	switch p.name {
	case "barcode":
		f.barcode.Shape, f.barcode.Tint, f.barcode.Focus = s.shape, tint, focus
		r.H = min(r.H, f.barcode.Need())
		f.barcode.Draw(c, r, t)
	case "diagram":
		f.diagram.Shape, f.diagram.Over, f.diagram.Tint, f.diagram.OverTint = s.shape, s.other, tint, t.Real
		f.diagram.EpsMax, f.diagram.Focus = s.shape.EpsMax, focus
		f.diagram.Draw(c, r, t)
	case "betti":
		for i, part := range halves(r, 150, 110) {
			b := &f.betti[1-i]
			*b = figure.Betti{Title: bettiTitles[1-i], Real: s.shape, Degree: 1 - i, EpsMax: s.shape.EpsMax, Focus: focus}
			if s.other != nil {
				b.Real, b.Syn = s.other, s.shape
			}
			b.Draw(c, part, t)
		}
	case "image":
		parts := halves(r, 240, 220)
		if len(parts) == 1 {
			f.heat[0].Title = ""
			f.heat[0].Draw(c, ui.Rect{}, t) // it is nowhere
		}
		for i, part := range parts {
			degree := 1 - i
			m := &f.heat[degree]
			m.Title, m.Pixels, m.Grid, m.EpsMax = imageTitles[degree], f.pixels[degree], int(math.Sqrt(float64(len(f.pixels[degree])))), s.shape.EpsMax
			m.Most, m.Hue, m.Below = figure.MostOf(m.Pixels), [2]ui.Color{tint, t.Topo}[degree], ui.Color{}
			if s.other != nil {
				m.Hue, m.Below = t.Real, t.Syn
			}
			m.Draw(c, part, t)
			if column, row, ok := m.CellAt(s.cursor); ok && s.inside {
				m.Mark(c, column, row, t)
			}
		}
	}
}

var (
	bettiTitles = [2]string{"β₀  components", "β₁  loops"}
	imageTitles = [2]string{"H₀  components", "H₁  loops"}
)

// barAt is the bar of a figure under p.
func (f *figures) barAt(pane *pane, p ui.Point) int {
	switch {
	case !pane.area.Contains(p):
	case pane.name == "barcode":
		return f.barcode.BarAt(p)
	case pane.name == "diagram":
		return f.diagram.BarAt(p)
	}
	return figure.None
}

// epsAt is the eps of a figure at x.
func (f *figures) epsAt(pane *pane, x float64) float32 {
	switch pane.name {
	case "barcode":
		return f.barcode.EpsAt(x)
	case "diagram":
		return f.diagram.EpsAt(x)
	}
	if b := &f.betti[0]; !b.Area().Empty() && b.Area().X <= x && b.Area().X > f.betti[1].Area().X {
		return b.EpsAt(x)
	}
	return f.betti[1].EpsAt(x)
}

// drawTip says what is under the pointer.
func (s *sandbox) drawTip(c ui.Canvas, focus figure.Focus, t ui.Theme) {
	if !s.inside || s.stroke.on || s.drag >= 0 {
		return
	}
	lines := s.shape.Describe(focus.Hover)
	for _, p := range s.figures.shown {
		if !p.area.Contains(s.cursor) || lines != nil {
			continue
		}
		for i := range 2 {
			if b := &s.figures.betti[i]; p.name == "betti" && b.Area().Contains(s.cursor) {
				lines = b.Describe(b.EpsAt(s.cursor.X))
			}
			m := &s.figures.heat[i]
			if column, row, ok := m.CellAt(s.cursor); ok && p.name == "image" {
				lines = m.Describe(column, row)
			}
		}
	}
	if i := s.over; lines == nil && i >= 0 && i < len(s.shape.Points) && s.figures.cloud.Area().Contains(s.cursor) {
		q := s.shape.Points[i]
		lines = []string{"point " + strconv.Itoa(i), "at " + ui.Number(q.X) + ", " + ui.Number(q.Y)}
	}
	figure.Tooltip(c, t, s.cursor, lines, nil)
}
