package pull

import (
	"math"
	"strconv"

	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// areas is where the parts of the drawing go; what has no room is empty.
type areas struct{ plane, over, codes, curves ui.Rect }

// arrange divides the canvas: the plane, the spread over the connections, barcodes, Betti curves.
func (p *pull) arrange(w, h float64) areas {
	const gap = 20.0
	r := ui.Rect{W: w, H: h}.Inset(min(16, w/20))
	var l areas
	if r.W >= 680 {
		side := math.Min(r.W*0.52, r.H+80)
		l.plane = ui.Rect{X: r.X, Y: r.Y, W: side, H: r.H}
		if r.H > 480 {
			l.plane.H = r.H - 150
			l.over = ui.Rect{X: r.X, Y: r.Y + r.H - 136, W: side, H: 136}
		}
		right := ui.Rect{X: r.X + side + gap, Y: r.Y, W: r.W - side - gap, H: r.H}
		l.curves, l.codes = right, ui.Rect{}
		if r.H > 400 {
			l.codes = ui.Rect{X: right.X, Y: right.Y, W: right.W, H: right.H*0.5 - gap/2}
			l.curves = ui.Rect{X: right.X, Y: right.Y + right.H*0.5 + gap/2, W: right.W, H: right.H*0.5 - gap/2}
		}
		return l
	}
	l.plane = r
	if r.H > 420 {
		l.plane.H = min(r.W*1.02, r.H*0.58)
		l.curves = ui.Rect{X: r.X, Y: r.Y + l.plane.H + gap, W: r.W, H: min(r.H-l.plane.H-gap, 320)}
		if rest := r.H - l.plane.H - gap - l.curves.H; rest > 150 {
			l.over = ui.Rect{X: r.X, Y: r.Y + r.H - rest + gap, W: r.W, H: min(rest-gap, 180)}
		}
	}
	return l
}

// Draw implements Scene.
func (p *pull) Draw(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	t := x.Theme
	ui.Fill(c, ui.Rect{W: w, H: h}, t.Surface)
	if sourceParam.Of(x.View) == "run" {
		p.drawRun(c, x)
		return
	}
	p.ready(x)
	p.places = p.arrange(w, h)
	before, now := p.shapes()
	eps := p.eps(x.View)
	p.drawPlane(c, p.places.plane, now, eps, t)
	p.drawOver(c, p.places.over, t)
	p.drawCodes(c, p.places.codes, before, now, eps, t)
	p.drawCurves(c, p.places.curves, now, eps, x)
}

// drawPlane paints both sets, the anchors, and the way each synthetic point has come.
func (p *pull) drawPlane(c ui.Canvas, r ui.Rect, now *figure.Shape, eps float32, t ui.Theme) {
	m := &p.model
	head := 0.0
	if r.H > 150 {
		head = figure.Legend(c, ui.Rect{X: r.X, Y: r.Y - 4, W: r.W, H: 20}, t, []figure.Key{
			{Mark: figure.MarkRing, Color: t.Muted, Text: "real"}, {Mark: figure.MarkTriangle, Color: t.Anchor, Text: "taken as anchor"},
			{Mark: figure.MarkDiamond, Color: t.Syn, Text: "synthetic"}, {Mark: figure.MarkLine, Color: t.Syn.Fade(0.45), Text: "the way it came"}}) + 4
	}
	r.Y, r.H = r.Y+head, r.H-head
	anchors := make([]ui.Point, 0, len(m.pick))
	seen := map[int]bool{}
	for i := range m.start {
		if !seen[m.pick[i]] {
			seen[m.pick[i]] = true
			anchors = append(anchors, m.anchor(i))
		}
	}
	sets := [][]ui.Point{m.real.Points, drawSet(m.setup.preset, m.setup.seed, 1), {{X: -1.15, Y: -1.15}, {X: 1.15, Y: 1.15}}}
	for _, s := range m.states {
		sets = append(sets, s.points)
	}
	fit := figure.FitPoints(append(sets, p.shown)...)
	if p.drag >= 0 { // the plane holds still under the pointer
		fit = p.plane.Fit
	}
	p.plane = figure.Map{Shape: now, Syn: true, Ghosts: m.real.Points, Anchors: anchors, Fit: fit, Focus: figure.At(eps), Point: figure.None,
		Tint: func(i int) (ui.Color, bool) { return t.Syn, true }}
	if p.plane.Draw(c, r, t); r.Empty() {
		return
	}
	c.Clip(r)
	defer c.Clip(ui.Rect{})
	var way, to []ui.Point
	for i, q := range m.start {
		a, b := p.plane.Place(q), p.plane.Place(p.shown[i])
		if math.Hypot(a.X-b.X, a.Y-b.Y) > 8 {
			way = append(way, a, b)
		}
		to = append(to, b, p.plane.Place(m.anchor(i)))
	}
	c.Segments(to, 1, t.Anchor.Fade(0.35))
	c.Segments(way, 1.4, t.Syn.Fade(0.4))
	for i, q := range m.start {
		if a := p.plane.Place(q); i == p.hover {
			ui.Ring(c, a, 8, 2, t.Accent)
			ui.Ring(c, p.plane.Place(m.anchor(i)), 10, 2, t.Anchor)
		} else if m.setup.repeats > 0 {
			ui.Ring(c, a, 2.5, 1.2, t.Syn.Fade(0.55))
		}
	}
}

// drawOver paints the spread behind every connection, and what Eqn 8 allows.
func (p *pull) drawOver(c ui.Canvas, r ui.Rect, t ui.Theme) {
	m := &p.model
	if r.H < 70 || r.W < 160 {
		return
	}
	var measured, bound []ui.Point
	most := 0.0
	for i, s := range m.states {
		at := float64(s.connections)
		if s.aligned {
			at += 0.5
		}
		v := spread(s.points)
		measured = append(measured, ui.Point{X: at, Y: v})
		if i > 0 && !s.aligned {
			bound = append(bound, ui.Point{X: at, Y: s.bound})
		}
		most = max(most, v, s.bound)
	}
	end := float64(max(m.setup.repeats, 1))
	if m.setup.steps > 0 && m.setup.repeats > 0 {
		end += 0.5
	}
	plot := ui.Plot{X: ui.Linear(0, end), Y: ui.Linear(0, most*1.12+1e-9), Title: "Mean distance of two synthetic points", Sparse: true}
	area := plot.Frame(c, ui.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - 10}, t)
	if area.Empty() {
		return
	}
	at := plot.Project(area, measured)
	for k := range m.setup.repeats + 1 {
		name := strconv.Itoa(k)
		if k == 0 {
			name = "start"
		}
		px := area.X + area.W*plot.X.At(float64(k))
		c.Text(ui.Point{X: px, Y: area.Y + area.H + 11}, name, ui.SizeSmall, ui.Centre, t.Muted)
	}
	c.Polyline(at, 2, t.Syn.Fade(0.6))
	for i, q := range at {
		if i > 0 && m.states[i].aligned {
			ui.Disc(c, q, 5, t.Surface)
			ui.Disc(c, q, 4, t.Topo)
			continue
		}
		ui.Disc(c, q, 5, t.Surface)
		ui.Disc(c, q, 4, t.Syn)
	}
	for _, q := range plot.Project(area, bound) {
		ui.Fill(c, ui.Rect{X: q.X - 9, Y: q.Y - 1, W: 18, H: 2}, t.Anchor)
	}
	keys := "the most that Eqn 8 allows"
	if wide := c.TextWidth(keys, ui.SizeSmall); wide < r.W-c.TextWidth(plot.Title, ui.SizeTitle)-50 {
		ui.Fill(c, ui.Rect{X: r.X + r.W - wide - 34, Y: r.Y + 7, W: 18, H: 2}, t.Anchor)
		c.Text(ui.Point{X: r.X + r.W - 8, Y: r.Y + 8}, keys, ui.SizeSmall, ui.Right, t.Anchor)
	}
}

// drawCodes paints the barcodes before the first connection and now.
func (p *pull) drawCodes(c ui.Canvas, r ui.Rect, before, now *figure.Shape, eps float32, t ui.Theme) {
	p.codes = [2]figure.Barcode{}
	if r.Empty() {
		return
	}
	const gap = 16.0
	for i, shape := range []*figure.Shape{before, now} {
		q := ui.Rect{X: r.X + float64(i)*(r.W+gap)/2, Y: r.Y, W: (r.W - gap) / 2, H: r.H}
		c.Text(ui.Point{X: q.X, Y: q.Y + 8}, [2]string{"Before", "Now"}[i], ui.SizeTitle, ui.Left, t.Ink)
		p.codes[i] = figure.Barcode{Shape: shape, Tint: t.Syn, Focus: figure.At(eps)}
		p.codes[i].Draw(c, ui.Rect{X: q.X, Y: q.Y + 22, W: q.W, H: q.H - 22}, t)
	}
}

// drawCurves paints the Betti curves of both degrees, side by side where there is room, or the chosen one.
func (p *pull) drawCurves(c ui.Canvas, r ui.Rect, now *figure.Shape, eps float32, x *scene.Context) {
	p.curves = [2]figure.Betti{}
	if r.Empty() {
		return
	}
	parts := []ui.Rect{r}
	degrees := []int{degreeParam.Int(x.View)}
	switch {
	case r.W > 430:
		parts, degrees = []ui.Rect{{X: r.X, Y: r.Y, W: r.W/2 - 8, H: r.H}, {X: r.X + r.W/2 + 8, Y: r.Y, W: r.W/2 - 8, H: r.H}}, []int{0, 1}
	case r.H > 340:
		parts, degrees = []ui.Rect{{X: r.X, Y: r.Y, W: r.W, H: r.H/2 - 6}, {X: r.X, Y: r.Y + r.H/2 + 6, W: r.W, H: r.H/2 - 6}}, []int{0, 1}
	}
	for i, q := range parts {
		p.curves[i] = figure.Betti{Title: [2]string{"Components, H₀", "Loops, H₁"}[degrees[i]], Real: p.model.real, Syn: now, Degree: degrees[i], Focus: figure.At(eps)}
		p.curves[i].Draw(c, q, x.Theme)
	}
}
