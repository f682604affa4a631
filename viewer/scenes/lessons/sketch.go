package lessons

import (
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// sketchFigure is a figure without axes, for a card of any size: the bars of a shape, or with a second one the Betti
// curves of both in degree 0.
type sketchFigure struct{ shape, other *figure.Shape }

func (s *sketchFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, _ figureState) {
	ui.RoundRect(c, r, 8, t.Sunken)
	r = r.Inset(min(14, r.W/10, r.H/8))
	if s.other != nil {
		s.curves(c, r, t)
		return
	}
	rows, split := s.shape.Rows()
	tall := r.H / float64(len(rows)+2)
	for i, bar := range rows {
		b, y, thick, col := s.shape.Bars[bar], r.Y+tall*float64(i), tall*0.65, t.Real
		if i >= split {
			y, thick, col = y+tall, tall, t.Topo
		}
		x0, x1 := r.W*float64(b.Birth/s.shape.EpsMax), r.W*float64(b.Death/s.shape.EpsMax)
		ui.Fill(c, ui.Rect{X: r.X + x0, Y: y, W: x1 - x0, H: thick}, col)
	}
}

// curves draws the components of both shapes over eps, and shades where the second lacks some.
func (s *sketchFigure) curves(c ui.Canvas, r ui.Rect, t ui.Theme) {
	const samples = 160
	end := total(s.shape) / float64(len(s.shape.Points)) * 2.2 // twice the mean death: where something happens
	most := float64(len(s.shape.Points))
	var real, syn, lack []ui.Point
	for i := range samples {
		eps := float32(end * float64(i) / (samples - 1))
		x := r.X + r.W*float64(i)/(samples-1)
		p := ui.Point{X: x, Y: r.Y + r.H*(1-float64(s.shape.At(eps).Betti[0])/most)}
		q := ui.Point{X: x, Y: r.Y + r.H*(1-float64(s.other.At(eps).Betti[0])/most)}
		if n := len(real); n > 0 && p.Y < q.Y {
			w := r.W / (samples - 1)
			lack = append(lack, p, ui.Point{X: x + w, Y: p.Y}, q, ui.Point{X: x + w, Y: p.Y}, ui.Point{X: x + w, Y: q.Y}, q)
		}
		real, syn = append(real, p), append(syn, q)
	}
	c.Triangles(lack, t.Topo.Fade(0.25))
	c.Polyline(syn, 2, t.Syn)
	c.Polyline(real, 2, t.Real)
}

func (s *sketchFigure) facts(figureState) panel.Facts { return nil }

func (s *sketchFigure) describe(figureState) string { return "A sketch of the lesson" }
