package evaluation

import (
	"fmt"
	"math"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// classResult is what students answered of a class, beside the shape of its synthetic images when recovery ended. What was not
// reported is NaN.
type classResult struct {
	class         int
	right, of     uint32
	accuracy      float64 // fraction
	gain          float64 // accuracy minus that with random images
	kappa, spread float64
	inactive      string // why topology alignment could not act on the class
}

// shapes is the newest shape of each class, of the last stage that has one, from 1; 0 without any.
func shapes(x *scene.Context) (list map[int]classResult, stage int) {
	last := -1
	for key := range x.Whole.Shapes {
		last = max(last, key[0])
	}
	list = map[int]classResult{}
	for key, d := range x.Whole.Shapes {
		if key[0] != last {
			continue
		}
		for i, s := range d.Classes {
			list[d.First+i] = classResult{kappa: float64(s.Kappa[0] + d.Gamma*s.Kappa[1]), spread: float64(s.SpreadBefore), inactive: s.Idle}
		}
	}
	return list, last + 1
}

// classResults are the classes whose answers the chosen row counted.
func (s selection) classResults(x *scene.Context) []classResult {
	c, ok := s.confusion(x)
	if !ok {
		return nil
	}
	var random event.Confusion
	if r := trial.Find(s.rows, event.Random, s.row.Labels, s.student); r != nil {
		random, _ = x.Whole.Evaluation.Confusion(r.First)
	}
	shape, _ := shapes(x)
	list := make([]classResult, 0, len(c.Total))
	for class, n := range c.Total {
		k, known := shape[class]
		if !known {
			k.kappa, k.spread = math.NaN(), math.NaN()
		}
		k.class, k.right, k.of, k.accuracy, k.gain = class, c.Correct[class], n, share(c, class), math.NaN()
		if class < len(random.Total) {
			k.gain = k.accuracy - share(random, class)
		}
		list = append(list, k)
	}
	return list
}

// share is the fraction of a class that was answered right, NaN where it was not asked.
func share(c event.Confusion, class int) float64 {
	if c.Total[class] == 0 || c.Correct[class] > c.Total[class] {
		return math.NaN()
	}
	return float64(c.Correct[class]) / float64(c.Total[class])
}

// against is a number of a class that its accuracy is compared with.
type against struct {
	name, symbol string
	of           func(classResult) float64
}

var comparisons = [2]against{
	{"κ", "κ of the class", func(k classResult) float64 { return k.kappa }},
	{"spread", "spread of the class", func(k classResult) float64 { return k.spread }},
}

// value is a class's accuracy, or its gain, in percent; NaN where it is not known.
func (k classResult) value(gain bool) float64 {
	if gain {
		return 100 * k.gain
	}
	return 100 * k.accuracy
}

// correlate is the correlation of accuracy, or gain, with one of the numbers.
func correlate(list []classResult, k against, gain bool) trial.Correlation {
	var a, b []float64
	for _, c := range list {
		a, b = append(a, k.of(c)), append(b, c.value(gain))
	}
	return trial.Correlate(a, b)
}

// gains reports whether the gain over random images is shown: it is asked for, and known.
func gains(list []classResult, x *scene.Context) bool {
	for _, k := range list {
		if k.gain-k.gain == 0 {
			return gainParam.Of(x.View)
		}
	}
	return false
}

// classBlocks are two scatter plots.
func (e *evaluation) classBlocks(s selection, x *scene.Context) page {
	e.classes = s.classResults(x)
	var p page
	p.share = 0.5
	for i, k := range comparisons {
		b := []block{{least: 300, grows: true, draw: func(c ui.Canvas, r ui.Rect) { e.drawScatter(c, r, i, k, x) }}}
		if i == 0 {
			p.left = b
		} else {
			p.right = b
		}
	}
	return p
}

func (e *evaluation) drawScatter(c ui.Canvas, r ui.Rect, i int, k against, x *scene.Context) {
	t, gain := x.Theme, gains(e.classes, x)
	title := "Accuracy of a class against its " + k.name
	label := "↑ accuracy, %"
	if gain {
		title, label = "Gain over random images against "+k.name, "↑ gain, percentage points"
	}
	found := correlate(e.classes, k, gain)
	figure.Head(c, r, title, t.Ink, coefficient(found), t)
	f := &e.scatters[i]
	f.XLabel, f.YLabel, f.Tint, f.Chosen, f.Hover = k.symbol+" →", label, t.Syn, figure.None, e.over.class
	for _, q := range e.classes {
		if q.class == x.Class() {
			f.Chosen = len(f.Points)
		}
		f.Points, f.Names = append(f.Points, ui.Point{X: k.of(q), Y: q.value(gain)}), append(f.Names, x.ClassName(q.class))
		f.Hollow = append(f.Hollow, q.inactive != "")
	}
	area := ui.Rect{X: r.X, Y: r.Y + 26, W: r.W, H: r.H - 26}
	f.Draw(c, area, t)
	if found.N == 0 {
		c.Text(area.Centre(), "not reported by this run", ui.SizeBody, ui.Centre, t.Muted)
	}
}

// coefficient writes a correlation: "r −0.42 (−0.83 to 0.29), n 10".
func coefficient(c trial.Correlation) string {
	switch {
	case math.IsNaN(c.R):
		return fmt.Sprintf("no correlation, n %d", c.N)
	case math.IsNaN(c.Low):
		return fmt.Sprintf("r %s, n %d", written("%.2f", c.R), c.N)
	}
	return fmt.Sprintf("r %s (%s to %s), n %d", written("%.2f", c.R), written("%.2f", c.Low), written("%.2f", c.High), c.N)
}

// describeClass says what is under the pointer.
func (e *evaluation) describeClass(x *scene.Context) []string {
	at := e.find().class
	if at < 0 || at >= len(e.classes) {
		return nil
	}
	k := e.classes[at]
	lines := []string{x.ClassName(k.class), fmt.Sprintf("%d of %d answers right, %s %%", k.right, k.of, written("%.1f", 100*k.accuracy))}
	if k.gain-k.gain == 0 {
		lines = append(lines, written("%+.1f", 100*k.gain)+" points against random images")
	}
	lines = append(lines, "κ "+ui.Number(k.kappa)+", spread "+ui.Number(k.spread))
	if k.inactive != "" {
		lines = append(lines, "topology alignment inactive: "+k.inactive)
	}
	return lines
}
