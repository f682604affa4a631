package lessons

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/figure"
	"reta/viewer/panel"
	"reta/viewer/scenes/evaluation"
	"reta/viewer/ui"
)

// labelBars paints the soft label of a point over its hard one.
type labelBars struct{}

func (labelBars) draw(c ui.Canvas, r ui.Rect, t ui.Theme, label [armClasses]float64, class int) {
	b := figure.Bars{Most: 1, Plain: true, Hover: figure.None}
	for i, v := range label {
		m := figure.Measure{Label: armNames[i], Value: v, Error: math.NaN(), Tint: armColor(t, i), Reading: fmt.Sprintf("%.2f", v)}
		if i == 0 {
			m.Head = "soft label"
		}
		b.Rows = append(b.Rows, m)
	}
	for i, v := range hard(class) {
		m := figure.Measure{Label: armNames[i], Value: v, Error: math.NaN(), Tint: armColor(t, i), Hatched: true, Reading: fmt.Sprintf("%.0f", v)}
		if i == 0 {
			m.Head = "hard label"
		}
		b.Rows = append(b.Rows, m)
	}
	b.Draw(c, r, t)
}

// rowsFigure is the accuracies of students on several sets. Rows of hidden sets come with the answer.
type rowsFigure struct {
	trials []event.Trial
	hidden func(r *trial.Row) bool // nil: none
	bars   figure.Bars
}

func (s *rowsFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	drawRows(c, r, t, m, &s.bars, s.trials, s.hidden)
}

// drawRows paints the rows of some trials, and what is under the pointer.
func drawRows(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState, b *figure.Bars, list []event.Trial, hidden func(*trial.Row) bool) {
	over := b.RowAt(m.pointer)
	*b = figure.Bars{Tall: 60, Hover: figure.None}
	if m.inside {
		b.Hover = over
	}
	rows := trial.Rows(list)
	head := ""
	for i := range rows {
		bar := evaluation.Bar(&rows[i], list, "", t)
		if !m.answered && hidden != nil && hidden(&rows[i]) {
			bar.Value, bar.Error, bar.Singles, bar.Reading = math.NaN(), math.NaN(), nil, "?"
		}
		if rows[i].Student != head && len(trial.Students(rows)) > 1 {
			head = rows[i].Student
			bar.Head = head
		}
		b.Rows = append(b.Rows, bar)
	}
	r = r.Inset(min(10, r.W/30))
	figure.Head(c, r, "Accuracy, %", t.Ink, "error bars: 2 standard errors", t)
	b.Draw(c, ui.Rect{X: r.X, Y: r.Y + 30, W: r.W, H: r.H - 30}, t)
}

// gap is what the made points gain over random ones with some labels, of the first n seeds.
func gap(w *world, labels string, n int) trial.Difference {
	rows := trial.Rows(w.first(n))
	return trial.Less(trial.Find(rows, event.Distilled, labels, "toy").Last, trial.Find(rows, event.Random, labels, "toy").Last)
}

func (s *rowsFigure) facts(m figureState) panel.Facts {
	if !m.answered {
		return nil
	}
	return gains(trial.Rows(s.trials))
}

// gains are what distilled images gain over random ones, with each kind of labels that both have.
func gains(rows []trial.Row) (f panel.Facts) {
	for _, student := range trial.Students(rows) {
		for _, labels := range []string{event.HardLabels, event.SoftLabels} {
			a, b := trial.Find(rows, event.Distilled, labels, student), trial.Find(rows, event.Random, labels, student)
			if a != nil && b != nil && a.Last.N > 0 && b.Last.N > 0 {
				f = append(f, panel.Fact{Name: panel.Plain("Distilled minus random, " + trial.LabelsName(labels) + ", " + student), Value: evaluation.InWords(trial.Less(a.Last, b.Last)), Wide: true})
			}
		}
	}
	return f
}

func (s *rowsFigure) describe(m figureState) string {
	words := "Accuracy of students"
	rows := trial.Rows(s.trials)
	for i := range rows {
		value := "asked for"
		if m.answered || s.hidden == nil || !s.hidden(&rows[i]) {
			value = share(rows[i].Last.Mean)
		}
		words += "; " + rows[i].Name() + ": " + value
	}
	return words
}

func (s *rowsFigure) legend(figureState) panel.Legend { return setSigns() }

// setSigns explain the colours of the sets.
func setSigns() panel.Legend {
	return panel.Legend{{Shape: "square", Role: "syn", Text: "distilled"}, {Shape: "square", Role: "real", Text: "random real"}, {Shape: "square", Role: "muted", Text: "whole set"},
		{Shape: "hatch", Role: "muted", Text: "hard labels"}}
}

// seedsFigure is the gain of the made points with soft labels, of as many seeds as the dial says.
type seedsFigure struct {
	w    *world
	bars [2]figure.Bars
}

func (s *seedsFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	r = r.Inset(min(10, r.W/30))
	n := int(m.at)
	var list []event.Trial
	for _, k := range s.w.first(n) {
		if k.Labels == event.SoftLabels {
			list = append(list, k)
		}
	}
	rows := trial.Rows(list)
	s.bars[0] = figure.Bars{Tall: 48, Most: 100, Hover: figure.None}
	for i := range rows {
		s.bars[0].Rows = append(s.bars[0].Rows, evaluation.Bar(&rows[i], list, "", t))
	}
	figure.Head(c, r, "Accuracy, %", t.Ink, ui.Count(n, "seed")+", error bars: 2 standard errors", t)
	s.bars[0].Draw(c, ui.Rect{X: r.X, Y: r.Y + 30, W: r.W, H: min(118, r.H*0.45)}, t)
	s.bars[1] = figure.Bars{Tall: 48, Signed: true, Most: 16, Hover: figure.None, Rows: []figure.Measure{evaluation.Gain("distilled minus random", gap(s.w, event.SoftLabels, n), t)}}
	y := r.Y + 30 + min(118, r.H*0.45) + 30
	if r.Y+r.H-y > 70 {
		figure.Head(c, ui.Rect{X: r.X, Y: y, W: r.W}, "The difference, percentage points", t.Ink, "", t)
		s.bars[1].Draw(c, ui.Rect{X: r.X, Y: y + 26, W: r.W, H: min(80, r.Y+r.H-y-26)}, t)
	}
}

func (s *seedsFigure) facts(m figureState) panel.Facts {
	return panel.Facts{{Name: "The difference", Value: evaluation.InWords(gap(s.w, event.SoftLabels, int(m.at))), Wide: true}}
}

func (s *seedsFigure) describe(m figureState) string {
	return fmt.Sprintf("With %s the difference is: %s", ui.Count(int(m.at), "seed"), gap(s.w, event.SoftLabels, int(m.at)))
}

// bestFigure is the accuracy of one student by epoch, tested as often as the dial says, and of others faintly.
type bestFigure struct {
	all    [][]float64 // by seed
	curves figure.Curves
}

// tests are the epochs of so many tests, evenly to the last.
func tests(n int) (epochs []int) {
	for k := 1; k <= n; k++ {
		epochs = append(epochs, armEpochs*k/n)
	}
	return epochs
}

// best is a student's highest accuracy at so many tests, and the epoch.
func best(curve []float64, n int) (accuracy float64, epoch int) {
	for _, e := range tests(n) {
		if curve[e] > accuracy {
			accuracy, epoch = curve[e], e
		}
	}
	return accuracy, epoch
}

// flattery is by how much the best of so many tests exceeds the last, the mean of all students.
func (s *bestFigure) flattery(n int) float64 {
	var more []float64
	for _, curve := range s.all {
		top, _ := best(curve, n)
		more = append(more, top-curve[armEpochs])
	}
	return trial.Of(more).Mean
}

func (s *bestFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	r = r.Inset(min(8, r.W/40))
	s.curves = figure.Curves{Plot: ui.Plot{X: ui.Linear(0, armEpochs), Y: ui.Linear(30, 100), XLabel: "epoch", Title: "Accuracy on 60 test points, %"}, Hover: figure.None}
	for i, curve := range s.all {
		l := figure.Line{Tint: t.Syn.Fade(0.16), Width: 1}
		if i == 0 {
			l.Tint, l.Width = t.Syn.Fade(0.55), 1.6
		}
		for e, v := range curve {
			l.Points = append(l.Points, ui.Point{X: float64(e), Y: 100 * v})
		}
		s.curves.Lines = append([]figure.Line{l}, s.curves.Lines...)
	}
	s.curves.Draw(c, r, t)
	if s.curves.Area().Empty() {
		return
	}
	top, at := best(s.all[0], int(m.at))
	for _, e := range tests(int(m.at)) {
		ui.Disc(c, s.curves.Place(ui.Point{X: float64(e), Y: 100 * s.all[0][e]}), 3.6, t.Syn)
	}
	ui.Ring(c, s.curves.Place(ui.Point{X: float64(at), Y: 100 * top}), 9, 2.5, t.Accent)
	ui.Ring(c, s.curves.Place(ui.Point{X: armEpochs, Y: 100 * s.all[0][armEpochs]}), 9, 2.5, t.Ink)
}

func (s *bestFigure) facts(m figureState) panel.Facts {
	top, at := best(s.all[0], int(m.at))
	return panel.Facts{{Name: "Best", Value: share(top) + fmt.Sprintf(", epoch %d", at), Role: "accent"}, {Name: "Last", Value: share(s.all[0][armEpochs]), Role: "ink"},
		{Name: fmt.Sprintf("Best minus last, mean of %d students", len(s.all)), Value: fmt.Sprintf("%.1f points", 100*s.flattery(int(m.at))), Wide: true}}
}

func (s *bestFigure) legend(figureState) panel.Legend {
	return panel.Legend{{Shape: "disc", Role: "syn", Text: "a test"}, {Shape: "disc", Role: "accent", Text: "the best, in a ring"}, {Shape: "disc", Role: "ink", Text: "the last, in a ring"}}
}

func (s *bestFigure) describe(m figureState) string {
	top, at := best(s.all[0], int(m.at))
	return fmt.Sprintf("A student tested %d times: the best is %s at epoch %d, the last %s", int(m.at), share(top), at, share(s.all[0][armEpochs]))
}

// scoreFigure is LRS by a, with some students' place on it, and one at the dial.
type scoreFigure struct {
	of     trial.Ranking
	curves figure.Curves
}

// a is half the difference of IOR and HLR.
func (s *scoreFigure) a() float64 { return 0.5*s.of.IOR - 0.5*s.of.HLR }

func (s *scoreFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	r = r.Inset(min(8, r.W/40))
	l := figure.Line{Tint: t.Accent, Width: 2}
	for i := range 81 {
		a := float64(i)/40 - 1
		l.Points = append(l.Points, ui.Point{X: a, Y: trial.Score(a)})
	}
	s.curves = figure.Curves{Plot: ui.Plot{X: ui.Linear(-1, 1), Y: ui.Linear(0, 1), XLabel: "a", Title: "LRS"}, Lines: []figure.Line{l}, Hover: figure.None}
	s.curves.Draw(c, r, t)
	if s.curves.Area().Empty() {
		return
	}
	at := func(a float64) ui.Point { return s.curves.Place(ui.Point{X: a, Y: trial.Score(a)}) }
	ui.Disc(c, at(m.at-1), 5.5, t.Ink)
	ui.Ring(c, at(s.a()), 9, 2.5, t.Syn)
	c.Text(at(s.a()).Add(ui.Point{X: 14, Y: 10}), "the toy", ui.SizeSmall, ui.Left, t.Syn)
}

func (s *scoreFigure) facts(m figureState) panel.Facts {
	return panel.Facts{{Name: "LRS at the dial", Value: ui.Number(trial.Score(m.at - 1)), Role: "ink"}, {Name: "The toy's LRS", Value: ui.Number(s.of.LRS), Role: "syn"}}
}

func (s *scoreFigure) describe(m figureState) string {
	return fmt.Sprintf("The label-robust score as a curve: at a = %s it is %s; the toy has %s", ui.Number(m.at-1), ui.Number(trial.Score(m.at-1)), ui.Number(s.of.LRS))
}

// runFigure is the accuracies of the run that is open, or of a recorded one where it has no students.
type runFigure struct{ bars figure.Bars }

// shown are the trials, and whether they are those of the run that is open.
func (s *runFigure) shown(m figureState) (list []event.Trial, own bool) {
	if len(m.trials) > 0 {
		return m.trials, true
	}
	return recorded(), false
}

func (s *runFigure) draw(c ui.Canvas, r ui.Rect, t ui.Theme, m figureState) {
	list, own := s.shown(m)
	if !own {
		c.Text(ui.Point{X: r.X + r.W/2, Y: r.Y + 10}, "a recorded example: the demo", ui.SizeBody, ui.Centre, t.Muted)
		r = ui.Rect{X: r.X, Y: r.Y + 24, W: r.W, H: r.H - 24}
	}
	drawRows(c, r, t, m, &s.bars, list, nil)
}

func (s *runFigure) words(m figureState) (out []string) {
	list, own := s.shown(m)
	if !own {
		out = append(out, "No run with students is open in this page, so a *recorded example* stands here: the demo, which distils drawn figures and ends with an evaluation by itself. Of a finished run `evaluate` makes one; open it and come back to this page: its own numbers stand here then.")
	}
	rows := trial.Rows(list)
	told := false
	for _, student := range trial.Students(rows) {
		if words := trial.Headline(rows, student); words != "" {
			out, told = append(out, "**"+panel.Plain(strings.ReplaceAll(words, " %", "\u00a0%"))+".**"), true
		}
	}
	if !told {
		return append(out, "The run that is open is just training its students: the numbers appear here when the first of them are done.")
	}
	return append(out, "Now judge by yourself. Is the difference from random images shown, and is it with hard labels too? Did you look at the last test or at the best?")
}

func (s *runFigure) facts(m figureState) panel.Facts {
	list, _ := s.shown(m)
	return gains(trial.Rows(list))
}

func (s *runFigure) describe(m figureState) string {
	list, own := s.shown(m)
	words := (&rowsFigure{trials: list}).describe(m)
	if !own {
		words = "A recorded example, the demo. " + words
	}
	return words
}

func (s *runFigure) legend(m figureState) panel.Legend {
	list, _ := s.shown(m)
	if slices.ContainsFunc(list, func(t event.Trial) bool { return t.Images == event.Patches }) {
		return append(setSigns(), panel.Sign{Shape: "square", Role: "anchor", Text: "starting patches"})
	}
	return setSigns()
}
