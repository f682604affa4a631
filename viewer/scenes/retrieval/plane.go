package retrieval

import (
	"math"

	"reta/viewer/scene"
	"reta/viewer/ui"
)

// drawBand paints which candidate wins at which lambda, with the present one and the run's.
func (g *ranking) drawBand(c ui.Canvas, r ui.Rect, x *scene.Context) {
	if r.Empty() || len(g.bands) == 0 {
		return
	}
	t, w := x.Theme, g.lambda(x)
	at := func(v float64) float64 { return r.X + r.W*v }
	left := r.X
	if !g.places.plane.Empty() {
		left = min(left, g.places.plane.X) // with the title of the plane
	}
	c.Text(ui.Point{X: left, Y: r.Y - 30}, "Winner at each λ", ui.SizeTitle, ui.Left, t.Ink)
	label := "λ " + ui.Number(w)
	if g.isRunLambda(x) {
		label += ", the run's"
	}
	c.Text(ui.Point{X: r.X + r.W, Y: r.Y - 30}, label, ui.SizeBody, ui.Right, t.Accent)
	for k, b := range g.bands {
		q := ui.Rect{X: at(b.from), Y: r.Y, W: at(b.to) - at(b.from), H: r.H}
		col := t.Sunken
		if k%2 == 1 {
			col = t.Line
		}
		if b.from <= w && (w < b.to || k == len(g.bands)-1) {
			col = t.Accent.Fade(0.22)
		}
		ui.Fill(c, q, col)
		id := g.list.all[b.winner].ID
		x0 := q.X + 4
		if p := g.picture(x, id); p != nil && q.W > r.H {
			side := ui.Crisp(p.W, r.H-6, c.Scale())
			s := ui.Snap(ui.Point{X: x0, Y: r.Y + (r.H-side)/2}, c.Scale())
			c.Picture(p, ui.Rect{X: s.X, Y: s.Y, W: side, H: side}, 1)
			x0 += side + 6
		}
		if at(w) > x0-6 && at(w) < q.X+q.W {
			x0 = max(x0, min(at(w)+7, q.X+q.W-40)) // beside the cursor, not below it
		}
		if room := q.X + q.W - x0 - 4; room > 30 {
			c.Text(ui.Point{X: x0, Y: r.Y + r.H/2}, ui.Ellipsis(c, imageName(id), ui.SizeSmall, room), ui.SizeSmall, ui.Left, t.Ink)
		}
		if k > 0 {
			ui.Fill(c, ui.Rect{X: ui.Snap(q.Corners()[0], c.Scale()).X - 0.5, Y: r.Y, W: 1, H: r.H}, t.Muted)
		}
	}
	for _, v := range []float64{0, 0.5, 1} {
		c.Text(ui.Point{X: at(v), Y: r.Y + r.H + 13}, ui.Number(v), ui.SizeSmall, ui.Centre, t.Muted)
	}
	own := at(min(max(g.list.lambda, 0), 1))
	c.Polygon([]ui.Point{{X: own, Y: r.Y + r.H + 1}, {X: own + 5, Y: r.Y + r.H + 9}, {X: own - 5, Y: r.Y + r.H + 9}}, t.Anchor)
	px := ui.Snap(ui.Point{X: at(w)}, c.Scale()).X
	c.Polyline([]ui.Point{{X: px, Y: r.Y - 8}, {X: px, Y: r.Y + r.H}}, 2, t.Accent)
	ui.Disc(c, ui.Point{X: px, Y: r.Y - 10}, 6.5, t.Accent)
}

// drawPlane paints the candidates by fit and complexity, their lower hull, and the line of equal J through the winner.
func (g *ranking) drawPlane(c ui.Canvas, r ui.Rect, x *scene.Context) {
	l, t, w := g.list, x.Theme, g.lambda(x)
	if r.W < 120 || r.H < 100 {
		return
	}
	hiX, hiY := 0.05, 0.05
	for i := range l.all {
		hiX, hiY = max(hiX, l.fit[i]), max(hiY, l.complexity[i])
	}
	loX, loY := g.barBase(l.fit), g.barBase(l.complexity)
	plot := ui.Plot{X: ui.Linear(loX-0.04*(hiX-loX), hiX+0.08*(hiX-loX)), Y: ui.Linear(loY-0.04*(hiY-loY), hiY+0.08*(hiY-loY)), Title: "Complexity over fit, scaled", XLabel: "fit"}
	area := plot.Frame(c, r, t)
	if area.Empty() {
		return
	}
	pts := make([]ui.Point, len(l.all))
	for i := range pts {
		pts[i] = ui.Point{X: l.fit[i], Y: l.complexity[i]}
	}
	g.dots = append(g.dots, plot.Project(area, pts)...)
	winner := l.winner(w)
	if winner < 0 || len(g.dots) != len(pts) {
		return
	}
	c.Clip(area)
	g.drawLevel(c, &plot, area, winner, w, t)
	var corners []ui.Point
	for _, b := range g.bands {
		corners = append(corners, g.dots[b.winner])
	}
	if len(corners) > 1 {
		c.Polyline(corners, 1.5, t.Anchor.Fade(0.8))
	}
	c.Clip(ui.Rect{})
	for i, q := range g.dots {
		col := t.Muted
		if i == l.chosen {
			col = t.Anchor
		}
		ui.Disc(c, q, 4.6, t.Surface)
		ui.Disc(c, q, 3.4, col)
		if !l.allowed(i) {
			c.Segments([]ui.Point{{X: q.X - 5, Y: q.Y + 5}, {X: q.X + 5, Y: q.Y - 5}}, 1.5, t.Muted)
		}
	}
	for _, b := range g.bands {
		ui.Ring(c, g.dots[b.winner], 5.5, 1.5, t.Anchor)
	}
	ui.Disc(c, g.dots[winner], 5, t.Accent)
	if g.hover >= 0 && g.hover < len(g.dots) {
		ui.Ring(c, g.dots[g.hover], 9, 2, t.Accent)
	}
}

// drawLevel paints where J is what the winner has, and shades what would be better: nothing lies there.
func (g *ranking) drawLevel(c ui.Canvas, plot *ui.Plot, area ui.Rect, winner int, w float64, t ui.Theme) {
	place := func(fit, rest float64) ui.Point {
		return ui.Point{X: area.X + area.W*plot.X.At(fit), Y: area.Y + area.H*(1-plot.Y.At(rest))}
	}
	f, k := g.list.fit[winner], g.list.complexity[winner]
	reach := 2 * (math.Abs(plot.X.Max-plot.X.Min) + math.Abs(plot.Y.Max-plot.Y.Min))
	long := math.Hypot(w, 1-w)
	a, b := place(f-reach*w/long, k+reach*(1-w)/long), place(f+reach*w/long, k-reach*(1-w)/long)
	below := func(p ui.Point) ui.Point { return ui.Point{X: p.X - 2*area.W, Y: p.Y + 2*area.H} }
	c.Triangles([]ui.Point{a, b, below(a), b, below(b), below(a)}, t.Accent.Fade(0.07))
	c.Polyline([]ui.Point{a, b}, 1.5, t.Accent)
}
