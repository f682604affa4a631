package compare

import (
	"math"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/scenes/evaluation"
	"reta/viewer/ui"
)

// The measures of the layout, CSS pixels.
const (
	margin    = 16.0
	gap       = 18.0
	cardLeast = 230.0 // width of a run's card
	cardMost  = 520.0
	headTall  = 44.0
	plotTall  = 230.0
	barTall   = 30.0
	columns   = 5 // of images in a card
	mostRows  = 2
)

// Draw implements Scene.
func (c *compare) Draw(k ui.Canvas, x *scene.Context) {
	w, h := k.Size()
	t := x.Theme
	ui.Fill(k, ui.Rect{W: w, H: h}, t.Surface)
	c.loss, c.kappa = figure.Curves{Hover: figure.None}, figure.Curves{Hover: figure.None}
	c.bars = figure.Bars{Hover: figure.None}
	c.drawn = c.runs(x)
	c.view = h
	if len(c.drawn) == 0 {
		return
	}
	y := margin - c.scroll
	inner := w - 2*margin
	y = c.cards(k, ui.Rect{X: margin, Y: y, W: inner}, x) + gap
	left, right := ui.Rect{X: margin, Y: y, W: inner, H: plotTall}, ui.Rect{X: margin, Y: y + plotTall + gap, W: inner, H: plotTall}
	if inner >= 640 {
		left.W = (inner - gap) / 2
		right = ui.Rect{X: margin + left.W + gap, Y: y, W: left.W, H: plotTall}
	}
	c.curves(k, left, right, x)
	y = right.Y + right.H + gap
	y = c.accuracy(k, ui.Rect{X: margin, Y: y, W: inner}, x)
	c.tall = y + margin + c.scroll
	c.scroll = min(max(c.scroll, 0), max(0, c.tall-h))
	ui.Scrollbar(k, ui.Rect{W: w - 3, H: h}, c.tall, c.scroll, t)
	if c.inside {
		figure.Tooltip(k, t, c.pointer, c.describe(), nil)
	}
}

// cards paints each run's name and images of the chosen class, and returns where they end.
func (c *compare) cards(k ui.Canvas, r ui.Rect, x *scene.Context) float64 {
	t := x.Theme
	n := len(c.drawn)
	across := min(n, max(1, int((r.W+gap)/(cardLeast+gap))))
	w := min((r.W-gap*float64(across-1))/float64(across), cardMost)
	side := math.Floor((w - 4*(columns-1)) / columns)
	rows := 1
	for _, d := range c.drawn {
		rows = max(rows, min(mostRows, (d.s.Hello.IPC+columns-1)/columns))
	}
	tall := headTall + float64(rows)*(side+4)
	class := x.Whole.ClassName(x.Class())
	if c.drawn[0].s != x.Whole { // no run of the page's own
		class = c.drawn[0].s.ClassName(x.Class())
	}
	for i, d := range c.drawn {
		at := ui.Rect{X: r.X + float64(i%across)*(w+gap), Y: r.Y + float64(i/across)*(tall+gap), W: w, H: tall}
		ui.Disc(k, ui.Point{X: at.X + 6, Y: at.Y + 9}, 5, tint(i, t))
		k.Text(ui.Point{X: at.X + 18, Y: at.Y + 9}, ui.Ellipsis(k, d.name(), ui.SizeTitle, w-18), ui.SizeTitle, ui.Left, t.Ink)
		k.Text(ui.Point{X: at.X, Y: at.Y + 28}, ui.Ellipsis(k, d.about(), ui.SizeSmall, w), ui.SizeSmall, ui.Left, t.Muted)
		number := classNumber(d.s.Hello.Classes, class)
		if number < 0 {
			k.Text(ui.Point{X: at.X, Y: at.Y + headTall + 10}, ui.Ellipsis(k, "has no class "+class, ui.SizeBody, w), ui.SizeBody, ui.Left, t.Muted)
			continue
		}
		for image := range min(d.s.Hello.IPC, columns*mostRows) {
			cell := ui.Rect{X: at.X + float64(image%columns)*(side+4), Y: at.Y + headTall + float64(image/columns)*(side+4), W: side, H: side}
			if tile := d.s.Tile(number, image); tile != nil {
				k.Picture(&tile.Picture, cell, 1)
			} else {
				ui.Fill(k, cell, t.Sunken)
			}
		}
	}
	return r.Y + float64((n+across-1)/across)*(tall+gap) - gap
}

// classNumber is the place of a class's name in a list, -1 where it is not there.
func classNumber(classes []string, name string) int {
	for i, c := range classes {
		if c == name {
			return i
		}
	}
	return -1
}

// curves paints the loss and kappa against the share of each run's steps.
func (c *compare) curves(k ui.Canvas, left, right ui.Rect, x *scene.Context) {
	t := x.Theme
	title, of := "Cross-entropy over the steps", func(p event.Point) float32 { return p.CE }
	if lossParam.Of(x.View) == totalLoss {
		title, of = "Total loss over the steps", func(p event.Point) float32 { return p.Total }
	}
	c.loss.Plot = ui.Plot{X: ui.Linear(0, 100), XLabel: "%", Title: title}
	c.kappa.Plot = ui.Plot{X: ui.Linear(0, 100), XLabel: "%", Title: "κ over the steps, mean of the classes"}
	for i, d := range c.drawn {
		raw := lossCurve(d, of)
		if len(raw) > 1 {
			raw = ui.Smooth(raw, 0.6, (raw[len(raw)-1].X-raw[0].X)/float64(len(raw)-1))
		}
		c.loss.Lines = append(c.loss.Lines, figure.Line{Points: raw, Tint: tint(i, t), Width: 2})
		c.kappa.Lines = append(c.kappa.Lines, figure.Line{Points: kappaCurve(d), Tint: tint(i, t), Width: 2, End: true})
	}
	for _, p := range []struct {
		curves *figure.Curves
		r      ui.Rect
		none   string
	}{{&c.loss, left, "none of these runs has it"}, {&c.kappa, right, "none was measured"}} {
		p.curves.Draw(k, p.r, t)
		if none(p.curves.Lines) && !p.curves.Area().Empty() {
			k.Text(p.curves.Area().Centre(), p.none, ui.SizeBody, ui.Centre, t.Muted)
		}
	}
}

func none(lines []figure.Line) bool {
	for _, l := range lines {
		if len(l.Points) > 0 {
			return false
		}
	}
	return true
}

// share is a step in percent of the run's.
func (r run) share(step int) float64 {
	return 100 * float64(step) / float64(max(r.s.Hello.Steps, step, 1))
}

// lossCurve is a loss of the steps, where it is a number.
func lossCurve(r run, of func(event.Point) float32) (pts []ui.Point) {
	for _, p := range r.s.Points {
		if y := float64(of(p)); !math.IsNaN(y) && !math.IsInf(y, 0) {
			pts = append(pts, ui.Point{X: r.share(p.Step), Y: y})
		}
	}
	return pts
}

// kappaCurve is kappa before the first step and at the stages' ends.
func kappaCurve(r run) (pts []ui.Point) {
	if start := r.s.Start(0); start != nil && measured(start.End) {
		pts = append(pts, ui.Point{Y: float64(start.End.KappaMean)})
	}
	for _, e := range r.s.Ends {
		if measured(e) {
			pts = append(pts, ui.Point{X: r.share(e.Step), Y: float64(e.KappaMean)})
		}
	}
	return pts
}

// measured reports whether a stage's end says anything of kappa.
func measured(e event.StageEnd) bool { return e.KappaMean > 0 && e.KappaMean <= math.MaxFloat32 }

// accuracy paints what students reach on each run's images, and returns where that ends.
func (c *compare) accuracy(k ui.Canvas, r ui.Rect, x *scene.Context) float64 {
	t := x.Theme
	head := ""
	for i, d := range c.drawn {
		list := d.s.Evaluation.Trials.List
		rows := trial.Rows(list)
		for j := range rows {
			row := &rows[j]
			if row.Images != event.Distilled || row.Last.N == 0 {
				continue
			}
			m := evaluation.Bar(row, list, "", t)
			m.Label, m.Tint = d.s.Hello.Recipe+", "+row.Student+", "+trial.LabelsName(row.Labels), tint(i, t)
			c.bars.Rows = append(c.bars.Rows, m)
			head = "error bars: 2 standard errors"
		}
	}
	figure.Head(k, r, "Accuracy of students, %", t.Ink, head, t)
	if len(c.bars.Rows) == 0 {
		k.Text(ui.Point{X: r.X, Y: r.Y + 36}, "no student has been trained on these images", ui.SizeBody, ui.Left, t.Muted)
		return r.Y + 50
	}
	c.bars.Tall = barTall
	body := ui.Rect{X: r.X, Y: r.Y + 26, W: r.W, H: 34 + barTall*float64(len(c.bars.Rows))}
	c.bars.Draw(k, body, t)
	return body.Y + body.H
}

// describe is what is under the pointer.
func (c *compare) describe() []string {
	for _, p := range []struct {
		curves *figure.Curves
		name   string
	}{{&c.loss, "loss"}, {&c.kappa, "κ"}} {
		if line, at := p.curves.LineAt(c.pointer); line >= 0 {
			q := p.curves.Lines[line].Points[at]
			return []string{c.drawn[line].name(), p.name + " " + ui.Number(q.Y) + " at " + ui.Number(q.X) + " % of the steps"}
		}
	}
	if i := c.bars.RowAt(c.pointer); i >= 0 {
		return []string{c.bars.Rows[i].Label, c.bars.Rows[i].Reading + " %"}
	}
	return nil
}
