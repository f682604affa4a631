package lessons

import (
	"fmt"

	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/ui"
)

// pairFigure is a set of points and another made of it, their complexes up to the same end, and the Betti curves of both.
// The dial changes the second.
type pairFigure struct {
	real    *figure.Shape
	make    func(at float64) []ui.Point // the second set
	anchors []ui.Point                  // nil: the sets side by side; else the second over the first, and what pulls it
	pulls   []ui.Point                  // the anchor of each point
	degree  int                         // of the curves
	ratio   bool                        // tell the ratio of the mean distances
	silent  bool                        // show no curves
	later   bool                        // curves and kappa would give the answer away
	widest  float64                     // value of the dial that the maps must have room for; 0: the real set's size
	dial    string                      // what the dial is, for those who cannot see it

	was      float64
	syn      *figure.Shape
	fit      ui.Rect
	one, two figure.Map
	curves   figure.Betti
}

// second is the other set's complex at a value of the dial.
func (s *pairFigure) second(at float64) *figure.Shape {
	if s.syn == nil || s.was != at {
		s.syn, s.was = shapeOf(s.make(at), figure.Build{Cutoff: float64(s.real.EpsMax)}), at
	}
	return s.syn
}

// eps is where the maps stand: where the pointer is over the curves, else half way through the real set's components.
func (s *pairFigure) eps(m figureState) float32 {
	if area := s.curves.Area(); m.inside && area.Contains(m.pointer) {
		return s.curves.EpsAt(m.pointer.X)
	}
	if long := s.real.Longest(1); s.degree == 1 && long >= 0 {
		return (s.real.Bars[long].Birth + s.real.Bars[long].Death) / 2
	}
	rows, split := s.real.Rows()
	return s.real.Bars[rows[split/2]].Death
}

func (s *pairFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	syn, eps := s.second(m.at), s.eps(m)
	if s.fit.Empty() {
		s.fit = figure.FitPoints(s.real.Points, s.anchors)
		if s.widest > 0 {
			s.fit = figure.FitPoints(s.real.Points, s.make(s.widest))
		}
	}
	curved := !s.silent && (m.answered || !s.later)
	maps, below := r, ui.Rect{}
	switch {
	case !curved:
	case s.anchors != nil:
		maps, below = halves(r)
	default:
		const curves = 132.0
		if maps.H = min(r.H*0.55, r.W*0.6, r.H-curves); maps.H < 90 {
			maps.H = 0
		}
		below = ui.Rect{X: r.X, Y: r.Y + maps.H, W: r.W, H: r.H - maps.H}
		if maps.H > 0 {
			below.Y, below.H = below.Y+12, below.H-12
		}
	}
	focus := figure.At(eps)
	s.two.Shape, s.two.Syn, s.two.Fit, s.two.Focus, s.two.Point = syn, true, s.fit, focus, figure.None
	if s.anchors != nil {
		s.two.Ghosts, s.two.Anchors = s.real.Points, s.anchors
		s.two.Draw(c, maps, t)
		s.ways(c, maps, t, syn)
	} else if maps.H > 0 {
		w := (maps.W - 12) / 2
		s.one.Shape, s.one.Fit, s.one.Focus, s.one.Point = s.real, s.fit, focus, figure.None
		s.one.Draw(c, ui.Rect{X: maps.X, Y: maps.Y, W: w, H: maps.H}, t)
		s.two.Draw(c, ui.Rect{X: maps.X + w + 12, Y: maps.Y, W: w, H: maps.H}, t)
		if w > 120 && maps.H > 60 {
			c.Text(ui.Point{X: maps.X + 10, Y: maps.Y + 14}, "real", ui.SizeSmall, ui.Left, t.Real)
			c.Text(ui.Point{X: maps.X + w + 22, Y: maps.Y + 14}, "synthetic", ui.SizeSmall, ui.Left, t.Syn)
		}
	}
	if !curved {
		return
	}
	s.curves.Real, s.curves.Syn, s.curves.Degree, s.curves.Focus = s.real, syn, s.degree, focus
	s.curves.Title = []string{"β₀ components", "β₁ loops"}[s.degree]
	s.curves.Draw(c, below, t)
}

// ways draws the way of each point towards its anchor.
func (s *pairFigure) ways(c ui.Canvas, r ui.Rect, t ui.Theme, syn *figure.Shape) {
	if len(s.pulls) != len(syn.Points) {
		return
	}
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	var gone, left []ui.Point
	for i, p := range syn.Points {
		gone = append(gone, s.two.Place(s.real.Points[i]), s.two.Place(p))
		left = append(left, s.two.Place(p), s.two.Place(s.pulls[i]))
	}
	c.Segments(gone, 1.6, t.Syn.Fade(0.7))
	c.Segments(left, 1, t.Anchor.Fade(0.3))
}

// spread is the mean distance between two points of a set, which Eqn 8 is about.
func spread(pts []ui.Point) float64 {
	xy := make([]float64, 0, 2*len(pts))
	for _, p := range pts {
		xy = append(xy, p.X, p.Y)
	}
	cloud, err := topology.NewCloud(xy, len(pts), 2)
	if err != nil {
		return 0
	}
	d, err := cloud.Spread()
	if err != nil {
		return 0
	}
	return d
}

// kappa is Eqn 9's area in one degree.
func (s *pairFigure) kappa(at float64, degree int) float64 {
	return figure.Shortfall(s.real, s.second(at), degree, s.real.EpsMax)
}

func (s *pairFigure) facts(m figureState) panel.Facts {
	if !m.answered {
		return nil
	}
	var f panel.Facts
	if s.ratio {
		before, after := spread(s.real.Points), spread(s.second(m.at).Points)
		f = append(f, panel.Fact{Name: "Mean distance before", Value: ui.Number(before)}, panel.Fact{Name: "after", Value: ui.Number(after)},
			panel.Fact{Name: "Ratio, measured", Value: ui.Number(after / before), Wide: true})
	}
	if !s.silent {
		f = append(f, panel.Fact{Name: "κ of components", Value: ui.Number(s.kappa(m.at, 0)), Role: "topo"})
		f = append(f, panel.Fact{Name: "κ of loops", Value: ui.Number(s.kappa(m.at, 1)), Role: "topo"})
	}
	return f
}

func (s *pairFigure) legend(m figureState) panel.Legend {
	l := panel.Legend{{Shape: "disc", Role: "real", Text: "real"}, {Shape: "diamond", Role: "syn", Text: "synthetic"}}
	curves := [2]string{"real curve", "synthetic curve"}
	if s.anchors != nil {
		l = panel.Legend{{Shape: "diamond", Role: "syn", Text: "image after the connection"}, {Shape: "triangle", Role: "anchor", Text: "anchor"}}
		curves = [2]string{"curve before", "curve after"}
	}
	if s.silent || s.later && !m.answered {
		return l
	}
	return append(l, panel.Sign{Shape: "line", Role: "real", Text: curves[0]}, panel.Sign{Shape: "line", Role: "syn", Text: curves[1]},
		panel.Sign{Shape: "hatch", Role: "topo", Text: "κ"})
}

func (s *pairFigure) describe(m figureState) string {
	syn, eps := s.second(m.at), s.eps(m)
	a, b := s.real.At(eps), syn.At(eps)
	names := [2]string{"real", "synthetic"}
	if s.anchors != nil {
		names = [2]string{"before", "after"}
	}
	words := fmt.Sprintf("Two sets of %d points, %s %s", len(syn.Points), s.dial, ui.Number(m.at))
	if s.later && !m.answered || s.silent {
		return words
	}
	return words + fmt.Sprintf("; at epsilon %s the %s one has %s and %s, the %s one %s and %s; kappa of %s is %s", ui.Number(eps), names[0],
		ui.Count(a.Betti[0], "component"), ui.Count(a.Betti[1], "loop"), names[1], ui.Count(b.Betti[0], "component"), ui.Count(b.Betti[1], "loop"),
		[]string{"components", "loops"}[s.degree], ui.Number(s.kappa(m.at, s.degree)))
}
