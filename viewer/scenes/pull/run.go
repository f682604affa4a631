package pull

import (
	"fmt"
	"math"
	"strconv"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// stageResult is what one stage did to the chosen class.
type stageResult struct {
	stage, step int
	event.ClassShape
	alpha     float32 // of the connection, NaN where none was reported
	connected bool
}

// stages is what the run has reported of the chosen class, by stage.
func (p *pull) stages(x *scene.Context) (out []stageResult) {
	for i := range event.MaxStages {
		c, ok := x.Shape(i, x.Class())
		if !ok {
			continue
		}
		s := stageResult{stage: i, ClassShape: c, alpha: float32(math.NaN()), connected: c.SpreadAfter > 0 || c.Delta > 0}
		for _, e := range x.Ends {
			if e.Stage == i {
				s.step = e.Step
			}
		}
		if t := x.Tile(x.Class(), 0); t != nil {
			for _, m := range t.Residuals {
				if m.Stage == i {
					s.alpha = m.Alpha
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// ratio is the spread after the connection over that before, NaN where there was none.
func (s stageResult) ratio() float64 {
	if !s.connected || !(s.SpreadBefore > 0) {
		return math.NaN()
	}
	return float64(s.SpreadAfter / s.SpreadBefore)
}

// drawRun paints the class's cloud beside its spread and kappa over the stages.
func (p *pull) drawRun(c ui.Canvas, x *scene.Context) {
	w, h := c.Size()
	t := x.Theme
	r := ui.Rect{W: w, H: h}.Inset(min(16, w/20))
	list := p.stages(x)
	ok := p.class.Load(x, figure.None)
	p.columns, p.cloud = p.columns[:0], figure.Map{}
	charts := r
	if ok {
		m := ui.Rect{X: r.X, Y: r.Y, W: r.W * 0.48, H: r.H}
		charts = ui.Rect{X: r.X + r.W*0.48 + 20, Y: r.Y, W: r.W*0.52 - 20, H: r.H}
		if r.W < 680 {
			m.W, m.H = r.W, r.H*0.45
			charts = ui.Rect{X: r.X, Y: r.Y + m.H + 14, W: r.W, H: r.H - m.H - 14}
		}
		p.space.Update(&p.class, x)
		p.drawCloud(c, m, x)
	}
	if len(list) == 0 {
		return
	}
	a := ui.Rect{X: charts.X, Y: charts.Y, W: charts.W, H: charts.H/2 - 8}
	b := ui.Rect{X: charts.X, Y: charts.Y + charts.H/2 + 8, W: charts.W, H: charts.H/2 - 8}
	if charts.H < 220 {
		a.H, b.H = charts.H, 0
	}
	p.drawSpread(c, a, list, t)
	p.drawKappa(c, b, list, t)
}

// drawCloud paints the class's points where the plane has them, with the anchors that were blended in.
func (p *pull) drawCloud(c ui.Canvas, r ui.Rect, x *scene.Context) {
	t, shape := x.Theme, p.class.Shapes[1]
	keys := []figure.Key{{Mark: figure.MarkRing, Color: t.Muted, Text: "real"}, {Mark: figure.MarkDiamond, Color: t.Syn, Text: "synthetic"}}
	if len(p.space.Anchors) > 0 {
		keys = append(keys, figure.Key{Mark: figure.MarkTriangle, Color: t.Anchor, Text: "anchors of stage " + strconv.Itoa(p.class.Cloud.Anchors.Stage+1)})
	}
	if r.H > 150 {
		head := figure.Legend(c, ui.Rect{X: r.X, Y: r.Y - 4, W: r.W, H: 20}, t, keys) + 4
		r.Y, r.H = r.Y+head, r.H-head
	}
	p.cloud = figure.Map{Shape: shape, Syn: true, Ghosts: p.class.Shapes[0].Points, Anchors: p.space.Anchors, Links: p.space.Links, Fit: p.space.Fit,
		Focus: figure.At(p.class.Eps(x)), Point: figure.None, Tint: func(int) (ui.Color, bool) { return t.Syn, true }}
	for i := range shape.Points {
		if shape.Image(i) == x.Image() {
			p.cloud.Point = i
		}
	}
	p.cloud.Draw(c, r, t)
}

// frame draws the axes of a chart over the stages and returns where it is.
func (p *pull) frame(c ui.Canvas, r ui.Rect, title string, keys []figure.Key, list []stageResult, most float64, t ui.Theme) (plot ui.Plot, area ui.Rect) {
	first, last := float64(list[0].stage+1), float64(list[len(list)-1].stage+1)
	plot = ui.Plot{X: ui.Linear(first-0.3, last+0.7), Y: ui.Linear(0, most*1.12+1e-9), Title: title, Sparse: true}
	if r.W < 120 || r.H < 70 {
		return plot, ui.Rect{}
	}
	if area = plot.Frame(c, ui.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - 10}, t); area.Empty() {
		return plot, area
	}
	if x := r.X + c.TextWidth(title, ui.SizeTitle) + 20; r.X+r.W-x > 180 {
		figure.Legend(c, ui.Rect{X: x, Y: r.Y - 2, W: r.X + r.W - x, H: 20}, t, keys)
	}
	every := 1
	for float64(len(list)/every)*54 > area.W {
		every++
	}
	for i, s := range list {
		at := area.X + area.W*plot.X.At(float64(s.stage)+1.2)
		column := ui.Rect{X: area.X + area.W*plot.X.At(float64(s.stage)+0.75), Y: area.Y, W: area.W * (plot.X.At(1.9) - plot.X.At(1)), H: area.H}
		p.columns = append(p.columns, column)
		if i+1 == p.hoverStage {
			ui.RoundRect(c, column, 4, t.Accent.Fade(0.1))
		}
		if i%every == 0 {
			c.Text(ui.Point{X: at, Y: area.Y + area.H + 11}, "stage "+strconv.Itoa(s.stage+1), ui.SizeSmall, ui.Centre, t.Muted)
		}
	}
	return plot, area
}

// drawSpread paints the mean distance of two images before and after each connection.
func (p *pull) drawSpread(c ui.Canvas, r ui.Rect, list []stageResult, t ui.Theme) {
	most := 0.0
	for _, s := range list {
		most = max(most, float64(s.SpreadBefore), float64(s.SpreadAfter))
	}
	plot, area := p.frame(c, r, "Spread", []figure.Key{{Mark: figure.MarkDisc, Color: t.Syn, Text: "before"}, {Mark: figure.MarkDiamond, Color: t.Syn, Text: "after a connection"}}, list, most, t)
	if area.Empty() {
		return
	}
	var last []ui.Point
	for _, s := range list {
		at := plot.Project(area, []ui.Point{{X: float64(s.stage + 1), Y: float64(s.SpreadBefore)}})
		if s.connected {
			at = append(at, plot.Project(area, []ui.Point{{X: float64(s.stage) + 1.4, Y: float64(s.SpreadAfter)}})...)
		}
		if len(at) == 0 {
			continue
		}
		if len(last) > 0 {
			c.Polyline([]ui.Point{last[len(last)-1], at[0]}, 1.3, t.Muted.Fade(0.7))
		}
		if len(at) == 2 {
			c.Polyline(at, 3, t.Anchor)
			q := at[1]
			c.Polygon([]ui.Point{{X: q.X, Y: q.Y - 6}, {X: q.X + 6, Y: q.Y}, {X: q.X, Y: q.Y + 6}, {X: q.X - 6, Y: q.Y}}, t.Syn)
			if area.W/float64(len(list)) > 90 {
				c.Text(ui.Point{X: q.X, Y: q.Y + 16}, "× "+ui.Number(s.ratio()), ui.SizeSmall, ui.Centre, t.Muted)
			}
		}
		ui.Disc(c, at[0], 5, t.Syn)
		last = at
	}
}

// drawKappa paints kappa of both degrees at each stage's end.
func (p *pull) drawKappa(c ui.Canvas, r ui.Rect, list []stageResult, t ui.Theme) {
	most := 0.0
	var lines [2][]ui.Point
	for _, s := range list {
		for q, k := range s.Kappa {
			if v := float64(k); v-v == 0 {
				most = max(most, v)
				lines[q] = append(lines[q], ui.Point{X: float64(s.stage + 1), Y: v})
			}
		}
	}
	plot, area := p.frame(c, r, "κ at stage ends", []figure.Key{{Mark: figure.MarkDisc, Color: t.Syn, Text: "components"}, {Mark: figure.MarkSquare, Color: t.Topo, Text: "loops"}}, list, most, t)
	if area.Empty() {
		return
	}
	for q, line := range lines {
		at := plot.Project(area, line)
		col := [2]ui.Color{t.Syn, t.Topo}[q]
		c.Polyline(at, 2, col)
		for _, k := range at {
			if q == 0 {
				ui.Disc(c, k, 4.5, col)
			} else {
				ui.Fill(c, ui.Rect{X: k.X - 4, Y: k.Y - 4, W: 8, H: 8}, col)
			}
		}
	}
}

// handleRunPointer chooses the stage or the image that is pointed at.
func (p *pull) handleRunPointer(in ui.Input, x *scene.Context) {
	if !in.Clicked || !in.Inside {
		return
	}
	p.hoverStage = 0
	for i, r := range p.columns {
		if r.Contains(in.Pointer) {
			p.hoverStage = i%max(len(p.columns)/2, 1) + 1
		}
	}
	if at := p.cloud.PointAt(in.Pointer); at >= 0 && p.class.Shapes[1] != nil {
		x.Choose(x.Class(), p.class.Shapes[1].Image(at))
	}
}

// runPanel is the panel of the run's own numbers.
func (p *pull) runPanel(x *scene.Context) panel.Panel {
	name := panel.Plain(x.ClassName(x.Class()))
	list := panel.Panel{panel.Lede("What the run measured for **" + name + "**, in the teacher's feature space: at each stage's end, and across the residual connection that closes it.")}
	cloud, ok := x.Clouds[x.Class()]
	stages := p.stages(x)
	if reason := p.inactiveReason(x, stages, &cloud, ok); reason != "" {
		list = append(list, panel.Reason(reason))
	}
	if len(stages) == 0 {
		return append(list, panel.Note("Numbers come when the first stage ends."))
	}
	list = append(list, panel.Text(p.summary(stages)))
	rows := p.runTable(x)
	list = append(list, panel.Table{Head: rows[0], Rows: rows[1:], Chosen: p.hoverStage - 1, Act: "pull-stage", Args: stageArgs(len(stages)), Scroll: true},
		panel.Note("*Spread*: mean distance of two images of the class (Eqn 8). *κ*: what the synthetic Betti curve lacks (Eqn 9), 0 is none. *Δ*: mean squared distance of image and anchor, in normalised pixels (Theorem 4.1). *Push*: below 0 a step of alignment expands the class, above 0 it contracts it."))
	if p.class.Load(x, figure.None) {
		words := "The map is a projection"
		if p.class.Projection(x) == "pca" {
			words += fmt.Sprintf(" that shows %s %% of the variance", ui.Number(math.Round(float64(cloud.Explained[0]+cloud.Explained[1])*100)))
		}
		list = append(list, panel.Note(words+"; spread and κ are measured in all dimensions."))
	}
	return append(list, panel.Note("The straight line of Eqn 7 does not hold for blended images: a ratio near 1 is common, and the optimisation between two connections moves the class as well."))
}

func stageArgs(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}

// inactiveReason says why topology does not act on the class, "" where it does.
func (p *pull) inactiveReason(x *scene.Context, stages []stageResult, cloud *event.Cloud, ok bool) string {
	switch {
	case x.Hello.IPC == 1:
		return "With one image per class there is no pair to compare: no spread, no diagram, and alignment has nothing to act on."
	case len(stages) > 0 && stages[len(stages)-1].Idle != "":
		return "Topology alignment does not act on this class: " + panel.Plain(stages[len(stages)-1].Idle) + "."
	case ok && !cloud.Active && cloud.Reason != "":
		return "Topology alignment does not act on this class: " + panel.Plain(cloud.Reason) + "."
	}
	return ""
}

// summary says in words what the newest stages did.
func (p *pull) summary(list []stageResult) string {
	last := list[len(list)-1]
	words := fmt.Sprintf("At the end of stage %d κ is **%s** in components and %s in loops.", last.stage+1, ui.Number(last.Kappa[0]), ui.Number(last.Kappa[1]))
	if len(list) > 1 {
		prior := list[len(list)-2]
		switch now, was := last.Kappa[0], prior.Kappa[0]; {
		case now > was*1.05:
			words += " That is more than a stage ago: the class has contracted."
		case now < was*0.95:
			words += " That is less than a stage ago: the class has expanded."
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		if r := list[i].ratio(); !math.IsNaN(r) {
			words += fmt.Sprintf(" The connection of stage %d left the spread at **%s** of what it was", list[i].stage+1, ui.Number(r))
			if r > 0.97 {
				words += ", so it hardly contracted"
			}
			words += "."
			break
		}
	}
	switch {
	case last.BeyondEpsMax:
		words += " All components lie beyond ε_max: alignment has no gradient."
	case last.Push > 0:
		words += " The class is contracting: a step of alignment lowers its loss by contracting it further."
	case last.Push < 0:
		words += " The class is expanding: a step of alignment expands it."
	}
	return words
}

// runTable is the run's numbers, a stage a row.
func (p *pull) runTable(x *scene.Context) [][]string {
	rows := [][]string{{"Stage", "Spread before", "after", "Ratio", "κ₀", "κ₁", "Δ", "Push"}}
	for _, s := range p.stages(x) {
		after, delta := "–", "–"
		if s.connected {
			after, delta = ui.Number(s.SpreadAfter), ui.Number(s.Delta)
		}
		rows = append(rows, []string{strconv.Itoa(s.stage + 1), ui.Number(s.SpreadBefore), after, ui.Number(s.ratio()), ui.Number(s.Kappa[0]), ui.Number(s.Kappa[1]), delta, ui.Number(s.Push)})
	}
	return rows
}

// runLabel says in a sentence what the run's charts show.
func (p *pull) runLabel(x *scene.Context) string {
	list := p.stages(x)
	if len(list) == 0 {
		return "The feature space of " + x.ClassName(x.Class()) + "; no stage has ended yet"
	}
	last := list[len(list)-1]
	return fmt.Sprintf("Pull to anchor of %s over %s: kappa of components %s at the last, spread %s", x.ClassName(x.Class()), ui.Count(len(list), "stage"), ui.Number(last.Kappa[0]), ui.Number(last.SpreadBefore))
}
