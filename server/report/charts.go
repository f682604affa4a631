package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"reta/shared/event"
	"reta/shared/trial"
)

// figures are charts that share their lines' names.
type figures struct {
	Legend []series
	Charts []chart
}

// draw adds a chart of lines, where there are points.
func (f *figures) draw(a axes, list []series) error {
	c, ok, err := lines(a, list)
	if err != nil || !ok {
		return err
	}
	f.Charts = append(f.Charts, c)
	for _, s := range list {
		named := slices.ContainsFunc(f.Legend, func(l series) bool { return l.Name == s.Name })
		if len(s.points) > 0 && !named {
			f.Legend = append(f.Legend, s)
		}
	}
	return nil
}

// Property is the line's colour in page.css.
func (s series) Property() string { return s.Colour.property() }

// of is a series of a run: each has its colour.
func ofRun(i int, name string) series {
	return series{Name: name, Colour: colourSeries + colour(i%seriesColours)}
}

// mostPoints is more than a chart has pixels to show.
const mostPoints = 220

// lossCharts draws what the losses did over the steps.
func lossCharts(runs []*Run, names []string) (f figures, err error) {
	var borders []float64
	for _, r := range runs {
		for _, s := range r.Ends {
			borders = append(borders, float64(s.Step))
		}
	}
	slices.Sort(borders)
	for _, c := range []struct {
		title string
		log   bool
		of    func(event.Point) float32
	}{
		{"CE", true, func(p event.Point) float32 { return p.CE }},
		{"L_BN", true, func(p event.Point) float32 { return p.BN }},
		{"L_topo", true, func(p event.Point) float32 { return p.Topo }},
		{"learning rate", false, func(p event.Point) float32 { return p.LR }},
	} {
		var list []series
		for i, r := range runs {
			s := ofRun(i, names[i])
			for _, p := range r.losses {
				s.put(float64(p.Step), float64(c.of(p)))
			}
			s.thin()
			list = append(list, s)
		}
		if err := f.draw(axes{title: c.title, x: "step", log: c.log, whole: true, origin: true, borders: slices.Compact(borders)}, list); err != nil {
			return f, err
		}
	}
	return f, nil
}

// put adds a point, unless it is no number.
func (s *series) put(x, y float64) {
	if !math.IsNaN(y) && !math.IsInf(y, 0) {
		s.points = append(s.points, plotter.XY{X: x, Y: y})
	}
}

// thin takes means over neighbours where there are more points than a chart shows.
func (s *series) thin() {
	every := (len(s.points) + mostPoints - 1) / mostPoints
	if every < 2 {
		return
	}
	var thinned plotter.XYs
	for part := range slices.Chunk(s.points, every) {
		var mean plotter.XY
		for _, p := range part {
			mean.X += p.X / float64(len(part))
			mean.Y += p.Y / float64(len(part))
		}
		thinned = append(thinned, mean)
	}
	s.points = thinned
}

// teacherCharts draws the training of teachers that the runs trained.
func teacherCharts(runs []*Run, names []string) (f figures, err error) {
	for _, c := range []struct {
		title string
		of    func(event.TrainPoint) float32
	}{
		{"training loss", func(p event.TrainPoint) float32 { return p.Loss }},
		{"accuracy in per cent", func(p event.TrainPoint) float32 { return 100 * p.Accuracy }},
	} {
		var list []series
		for i, r := range runs {
			s := ofRun(i, names[i])
			for _, p := range r.teachers {
				s.put(float64(p.Step), float64(c.of(p)))
			}
			s.thin()
			list = append(list, s)
		}
		if err := f.draw(axes{title: c.title, x: "step of the teacher's training", whole: true, origin: true}, list); err != nil {
			return f, err
		}
	}
	return f, nil
}

// shapeCharts draws kappa and spread by stage, the mean of the classes with their range.
func shapeCharts(runs []*Run, names []string) (f figures, err error) {
	for _, c := range []struct {
		title string
		of    func(s Stage, class int) float64
	}{
		{"kappa", Stage.kappa},
		{"spread", func(s Stage, class int) float64 { return float64(s.Classes[class].SpreadBefore) }},
	} {
		var list []series
		for i, r := range runs {
			line := ofRun(i, names[i])
			for _, s := range r.states() {
				mean, n, within := 0.0, 0, span{math.Inf(1), math.Inf(-1)}
				for class, shape := range s.Classes {
					if v := c.of(s, class); shape.Points > 1 && !math.IsNaN(v) {
						mean, n = mean+v, n+1
						within = span{min(within.low, v), max(within.high, v)}
					}
				}
				if n > 0 {
					line.put(float64(s.Index+1)+0.06*(float64(i)-float64(len(runs)-1)/2), mean/float64(n))
					line.ranges = append(line.ranges, within)
				}
			}
			list = append(list, line)
		}
		if err := f.draw(axes{title: c.title + " at the stage's end: mean and range of the classes", x: "stage, 0 the start", marked: true, whole: true}, list); err != nil {
			return f, err
		}
	}
	return f, nil
}

// imageColours are those of what students are trained on.
var imageColours = map[string]colour{event.Distilled: colourDistilled, event.Random: colourRandom, event.Patches: colourPatches, event.AllReal: colourAll}

// colourOf is the colour of a set of images.
func colourOf(images string) colour {
	if c := imageColours[images]; c != 0 {
		return c
	}
	return muted
}

// barsOf draws the accuracy of a student on each set, the last test of all trials.
func (r *Run) barsOf(student string) (chart, error) {
	var list []bar
	for _, w := range r.rows() {
		if w.Student != student {
			continue
		}
		b := bar{name: w.Name(), colour: colourOf(w.Images), hollow: w.Labels == event.HardLabels, mean: w.Last.Mean, se: w.Last.SE}
		for _, i := range w.Of {
			b.values = append(b.values, float64(r.Trials.List[i].Last))
		}
		list = append(list, b)
	}
	return bars("top-1 of the last test in per cent, "+student, list)
}

// curvesOf draws a student's trials, the means over seeds.
func (r *Run) curvesOf(student string) (f figures, err error) {
	for _, c := range []struct {
		title string
		log   bool
		of    func(event.CurvePoint) float32
	}{
		{"top-1 in per cent", false, func(p event.CurvePoint) float32 { return 100 * p.Top1 }},
		{"training loss", true, func(p event.CurvePoint) float32 { return p.Loss }},
	} {
		var list []series
		for _, w := range r.rows() {
			if w.Student == student {
				s := series{Name: w.Name(), Colour: colourOf(w.Images), Dashed: w.Labels == event.HardLabels}
				r.mean(&s, w, c.of)
				list = append(list, s)
			}
		}
		if err := f.draw(axes{title: c.title + ", " + student, x: "epoch", log: c.log, whole: true, origin: true}, list); err != nil {
			return f, err
		}
	}
	return f, nil
}

// mean is the mean of a row's curves, where all of them have a value.
func (r *Run) mean(s *series, w trial.Row, of func(event.CurvePoint) float32) {
	sums, counts, most := map[int]float64{}, map[int]int{}, 0
	for _, i := range w.Of {
		for _, p := range r.curves[i] {
			if v := float64(of(p)); !math.IsNaN(v) {
				sums[p.Epoch] += v
				counts[p.Epoch]++
				most = max(most, counts[p.Epoch])
			}
		}
	}
	for _, epoch := range sortedKeys(sums) {
		if counts[epoch] == most {
			s.put(float64(epoch), sums[epoch]/float64(most))
		}
	}
	s.thin()
}

// versusChart draws the accuracy on the distilled images of several runs.
func versusChart(runs []*Run, names []string, student string) (c chart, ok bool, err error) {
	var list []bar
	base := evaluated(runs)
	for i, r := range runs {
		for _, w := range r.rows() {
			if w.Student != student || w.Images != event.Distilled || incomparable(r, runs[base]) != "" {
				continue
			}
			b := bar{name: names[i] + ", " + trial.LabelsName(w.Labels), colour: colourSeries + colour(i%seriesColours), hollow: w.Labels == event.HardLabels, mean: w.Last.Mean, se: w.Last.SE}
			for _, k := range w.Of {
				b.values = append(b.values, float64(r.Trials.List[k].Last))
			}
			list = append(list, b)
		}
	}
	if len(list) < 2 {
		return c, false, nil
	}
	c, err = bars("top-1 of "+student+" on distilled images, last test, in per cent", list)
	return c, true, err
}
