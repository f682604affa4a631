package figure

import (
	"fmt"
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// Betti is the Betti curves of the real and the synthetic set in one degree. Where
// the real one is above, the area between is shaded and hatched: kappa of Eqn 9.
// Without a synthetic set it is the one curve.
type Betti struct {
	Title     string
	Real, Syn *Shape
	Degree    int
	EpsMax    float32 // end of the axis; 0: the real shape's
	Most      float64 // end of the y axis; 0: the highest value
	Focus     Focus

	area ui.Rect
}

// step is a stretch [From, To) of eps on which both curves are level.
type step struct {
	from, to  float32
	real, syn int
}

// steps cuts [0, epsMax] at every birth and death of either set.
func steps(real, syn []event.Bar, degree int, epsMax float32) (out []step) {
	type jump struct {
		at      float32
		by, set int
	}
	var jumps []jump
	for set, bars := range [2][]event.Bar{real, syn} {
		for _, b := range bars {
			if b.Degree != degree || !(b.Birth < epsMax) {
				continue
			}
			jumps = append(jumps, jump{max(b.Birth, 0), 1, set})
			if !b.Essential && b.Death < epsMax {
				jumps = append(jumps, jump{b.Death, -1, set})
			}
		}
	}
	slices.SortFunc(jumps, func(a, b jump) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	var level [2]int
	from := float32(0)
	for _, j := range jumps {
		if j.at > from {
			out = append(out, step{from, j.at, level[0], level[1]})
			from = j.at
		}
		level[j.set] += j.by
	}
	if from < epsMax {
		out = append(out, step{from, epsMax, level[0], level[1]})
	}
	return out
}

// Shortfall is the shaded area, kappa of Eqn 9 in one degree and in units of
// distance: the integral of (real - synthetic)+ over [0, epsMax], as
// topology.MeasureKappa reports it.
func Shortfall(real, syn *Shape, degree int, epsMax float32) float64 {
	sum := 0.0
	for _, s := range steps(real.Bars, syn.Bars, degree, epsMax) {
		sum += float64(max(s.real-s.syn, 0)) * (float64(s.to) - float64(s.from))
	}
	return sum
}

// Draw paints the curves into r.
func (b *Betti) Draw(c ui.Canvas, r ui.Rect, t ui.Theme) {
	b.area = ui.Rect{}
	if b.Real == nil {
		return
	}
	if b.EpsMax == 0 {
		b.EpsMax = b.Real.EpsMax
	}
	top := barHead
	if b.Title != "" {
		top += 20
		c.Text(ui.Point{X: r.X, Y: r.Y + 9}, b.Title, ui.SizeBody, ui.Left, t.Ink)
		if b.Syn != nil {
			kappa := "κ " + ui.Number(Shortfall(b.Real, b.Syn, b.Degree, b.EpsMax))
			c.Text(ui.Point{X: r.X + r.W, Y: r.Y + 9}, kappa, ui.SizeBody, ui.Right, t.Ink)
		}
	}
	area := ui.Rect{X: r.X + 34, Y: r.Y + top, W: r.W - 34 - 10, H: r.H - top - barFoot}
	if area.W < 40 || area.H < 24 {
		return
	}
	b.area = area
	list := steps(b.Real.Bars, b.synBars(), b.Degree, b.EpsMax)
	most := b.Most
	if most == 0 {
		most = 1
		for _, s := range list {
			most = max(most, float64(s.real), float64(s.syn))
		}
	}
	b.axes(c, most, t)
	x := func(eps float32) float64 { return area.X + area.W*float64(eps/b.EpsMax) }
	y := func(v int) float64 { return area.Y + area.H*(1-min(float64(v)/most, 1)) }
	var lack []ui.Rect
	var real, syn []ui.Point
	for _, s := range list {
		if s.real > s.syn && b.Syn != nil {
			lack = append(lack, ui.Rect{X: x(s.from), Y: y(s.real), W: x(s.to) - x(s.from), H: y(s.syn) - y(s.real)})
		}
		real = stair(real, x(s.from), x(s.to), y(s.real))
		syn = stair(syn, x(s.from), x(s.to), y(s.syn))
	}
	for _, q := range lack {
		c.Triangles([]ui.Point{q.Corners()[0], q.Corners()[1], q.Corners()[2], q.Corners()[0], q.Corners()[2], q.Corners()[3]}, t.Topo.Fade(0.14))
	}
	hatch(c, lack, 8, 1, t.Topo.Fade(0.6))
	if b.Syn != nil {
		c.Polyline(syn, 2, t.Syn)
	}
	c.Polyline(real, 2, t.Real)
	b.now(c, list, x, y, t)
}

func (b *Betti) synBars() []event.Bar {
	if b.Syn == nil {
		return nil
	}
	return b.Syn.Bars
}

// stair runs a level line on from the one before, corner by corner.
func stair(pts []ui.Point, x0, x1, y float64) []ui.Point {
	if n := len(pts); n > 0 && pts[n-1].Y == y {
		pts[n-1].X = x1
		return pts
	}
	return append(pts, ui.Point{X: x0, Y: y}, ui.Point{X: x1, Y: y})
}

func (b *Betti) axes(c ui.Canvas, most float64, t ui.Theme) {
	scale := ui.Scale{Min: 0, Max: most}
	for _, v := range scale.Ticks(max(3, int(b.area.H/30))) {
		if v != float64(int(v)) {
			continue // bars are counted
		}
		y := ui.Snap(ui.Point{Y: b.area.Y + b.area.H*(1-scale.At(v))}, c.Scale()).Y
		ui.Fill(c, ui.Rect{X: b.area.X, Y: y, W: b.area.W, H: 1 / c.Scale()}, t.Line)
		c.Text(ui.Point{X: b.area.X - 7, Y: y}, ui.Number(v), ui.SizeSmall, ui.Right, t.Muted)
	}
	epsTicks(c, b.area, b.EpsMax, false, t)
}

// now marks both curves at eps: a disc on the real one, a diamond on the synthetic.
func (b *Betti) now(c ui.Canvas, list []step, x func(float32) float64, y func(int) float64, t ui.Theme) {
	eps := min(max(b.Focus.Eps, 0), b.EpsMax)
	vertical(c, b.area, x(eps), eps, t)
	for i, s := range list {
		if s.from <= eps && (eps < s.to || i == len(list)-1) {
			p, q := ui.Point{X: x(eps), Y: y(s.real)}, ui.Point{X: x(eps), Y: y(s.syn)}
			if b.Syn != nil {
				diamond(c, q, 7, t.Surface)
				diamond(c, q, 5.5, t.Syn)
			}
			ui.Disc(c, p, 5.5, t.Surface)
			ui.Disc(c, p, 4, t.Real)
		}
	}
}

// EpsAt is the eps at x, held between 0 and the end of the axis.
func (b *Betti) EpsAt(x float64) float32 { return epsAt(b.area, x, b.EpsMax) }

// Area is where the curves were drawn last.
func (b *Betti) Area() ui.Rect { return b.area }

// Describe says what both curves are at an eps, for a Tooltip.
func (b *Betti) Describe(eps float32) []string {
	if b.Real == nil {
		return nil
	}
	name := []string{"components", "loops"}[min(max(b.Degree, 0), 1)]
	count := func(s *Shape) (n int) {
		for _, bar := range s.Bars {
			if bar.Degree == b.Degree && Alive(bar, eps) {
				n++
			}
		}
		return n
	}
	real, syn := count(b.Real), 0
	if b.Syn == nil {
		return []string{name + " at ε " + number(eps), fmt.Sprint(real)}
	}
	syn = count(b.Syn)
	lines := []string{name + " at ε " + number(eps), fmt.Sprintf("real %d, synthetic %d", real, syn)}
	if real > syn {
		lines = append(lines, fmt.Sprintf("%d too few", real-syn))
	}
	return lines
}
