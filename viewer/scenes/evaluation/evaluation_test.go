package evaluation

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

// shown is a run of ten classes whose evaluation has so many trials over, with one part of the scene drawn on a canvas of w by
// 600 pixels.
func shown(t *testing.T, over int, w float64, values apptest.Values) (*app.Viewer, *evaluation, *uitest.Recorder) {
	t.Helper()
	v := app.New()
	v.Link.State = "open"
	names := strings.Fields("blob ring two-rings figure-eight dotted three-blobs grid arc spiral cross")
	apptest.Apply(&v.Live, 0, event.Hello{Run: "r", Classes: names, IPC: 3, Width: 2, Height: 2, Steps: 20, Stages: 2},
		event.Status{State: event.Evaluating, Phase: "evaluate", Done: over, Total: 21}, eventtest.Image(0, 0, 3, 20), shapesOf(1, 10, ""))
	apptest.Apply(&v.Live, 0, eventtest.Students(10, over)...)
	if over >= 3 {
		apptest.Apply(&v.Live, 0, eventtest.Mistakes(0, 10, 12))
	}
	apptest.Apply(&v.Live, 0, eventtest.Views(0, 0, 10, 4), eventtest.Views(0, 1, 10, 4))
	all := apptest.Values{"scene": "evaluation"}
	for name, value := range values {
		all[name] = value
	}
	apptest.Show(t, v, all, "trials", "data")
	c := &uitest.Recorder{W: w, H: 600}
	v.Draw(c, 1)
	return v, v.Scene("evaluation").(*evaluation), c
}

// shapesOf is a diagnosis whose classes have kappa 0.1 more from one to the next, and no order in their spread.
func shapesOf(stage, n int, idle string) event.Diagnosis {
	d := event.Diagnosis{Stage: stage, Step: 10 * (stage + 1), Gamma: 0.5}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		d.Classes = append(d.Classes, event.ClassShape{Points: 3, Kappa: [2]float32{0.1 * float32(i), 0.2}, SpreadBefore: 3 + rng.Float32(), Idle: idle})
	}
	return d
}

// point moves the pointer over the drawing, and clicks there.
func point(v *app.Viewer, c ui.Canvas, p ui.Point, click bool) {
	v.Update(ui.Input{Inside: true, Pointer: p, Clicked: click})
	v.Draw(c, 2)
}

func TestResultsSayWhatIsShown(t *testing.T) {
	v, e, c := shown(t, 12, 1000, nil)
	if n := len(e.bars.Rows); n != 7 || e.bars.Rows[5].Head != "resnet8" {
		t.Fatalf("%d bars", n)
	}
	k := choose(v.Context())
	for i, m := range e.bars.Rows {
		row := k.rows[e.rowsOf[i]]
		done := row.Last.N > 0
		if done != (m.Value-m.Value == 0) || done && (math.Abs(m.Value-100*row.Last.Mean) > 1e-9 || math.Abs(m.Error-200*row.Last.SE) > 1e-9) {
			t.Errorf("bar %d is %v ± %v of %+v", i, m.Value, m.Error, row.Last)
		}
	}
	if n := len(e.differences.Rows); n != 2 { // random images and patches: as many, with the same labels
		t.Errorf("%d differences", n)
	}
	words := apptest.PanelText(t, v)
	apptest.MustSay(t, "results", words, "12 of 21 students trained", "Now: convnet3, whole training set, hard labels, seed 1, epoch 30 of 60",
		"100 distilled images train convnet3 to 61.1\u00a0%", "100 random real images to", `"value":"no difference shown (+2.3 ± 2.0 points)"`, "DD-Ranking", "LRS wants four kinds", `"epoch 30 of 60"`, `"planned"`)
	if strings.Contains(words, "all 2000") {
		t.Error("the whole set is told before a trial on it is over")
	}
	// a thin line for each trial that has begun, dashed for hard labels, and a mean of each row that is over
	if n := len(e.accuracy.Lines); n != 13+4 {
		t.Errorf("%d curves, want 13 seeds and 4 means", n)
	}
	if c.Count("text \"error bars: 2 standard errors\"") != 1 {
		t.Error("the error bars are not explained")
	}

	v, _, _ = shown(t, 15, 1000, nil)
	words = apptest.PanelText(t, v)
	apptest.MustSay(t, "all of one student", words, "all 2000 to 8", `"LRS","value":"0.`)
	v, _, _ = shown(t, 15, 1000, apptest.Values{"eval.measure": "best"})
	apptest.MustSay(t, "best", apptest.PanelText(t, v), "chosen on the test images themselves")
	v, _, _ = shown(t, 1, 1000, nil)
	apptest.MustSay(t, "one seed", apptest.PanelText(t, v), "1 of 21 students trained")
}

func TestAMeanIsOfFinishedTrialsOnly(t *testing.T) {
	v, e, _ := shown(t, 5, 1000, nil)
	k := choose(v.Context())
	mean := e.accuracy.Lines[len(e.accuracy.Lines)-1]
	if of := e.accuracy.of[len(e.accuracy.of)-1]; of.trial >= 0 || k.rows[of.row].Images != event.Random {
		t.Fatalf("the last line is of %+v", of)
	}
	last := mean.Points[len(mean.Points)-1]
	if want := 100 * k.rows[1].Last.Mean; math.Abs(last.Y-want) > 1e-9 || k.rows[1].Last.N != 2 || last.X != 60 {
		t.Errorf("the mean ends at %v, want %v of two trials", last, want)
	}
}

func TestPointingAtResults(t *testing.T) {
	v, e, c := shown(t, 18, 1000, nil)
	r := e.bars.Row(5)
	point(v, c, r.Centre(), false)
	c.Calls = nil
	point(v, c, r.Centre(), true)
	if studentParam.Of(&v.View) != "resnet8" {
		t.Errorf("a click on a bar of resnet8 chooses %q", studentParam.Of(&v.View))
	}
	apptest.MustSay(t, "a bar", c.String(), "distilled images, soft labels, resnet8", "3 of 3 seeds", "the runs:")
	l := e.accuracy.Lines[slices.IndexFunc(e.accuracy.of, func(o lineOf) bool { return o.trial >= 0 })]
	point(v, c, e.accuracy.Place(l.Points[3]), false)
	c.Calls = nil
	point(v, c, e.accuracy.Place(l.Points[3]), false)
	apptest.MustSay(t, "a curve", c.String(), "seed", "epoch 20: ")
	for range 2 {
		v.Update(ui.Input{Acts: []ui.Act{{Name: "eval-student", Arg: "1"}}})
	}
	if studentParam.Of(&v.View) != "resnet8" {
		t.Errorf("after all students comes %q", studentParam.Of(&v.View))
	}
	v.Update(ui.Input{Acts: []ui.Act{{Name: "eval-student", Arg: "-1"}, {Name: "eval-page"}, {Name: "eval-page"}, {Name: "eval-measure"}, {Name: "eval-set"}}})
	if pageParam.Of(&v.View) != answers || measureParam.Of(&v.View) != bestTop1 || setParam.Of(&v.View) != "random/soft" {
		t.Errorf("keys lead to %s, %s, %s", pageParam.Of(&v.View), measureParam.Of(&v.View), setParam.Of(&v.View))
	}
}

// Soft and hard losses have a chart of their own each, in which the lines of all students are.
func TestLossesAreApart(t *testing.T) {
	v, e, _ := shown(t, 21, 1000, nil)
	rows := choose(v.Context()).rows
	for i, labels := range []string{event.SoftLabels, event.HardLabels} {
		students := map[string]int{}
		for _, o := range e.losses[i].of {
			if rows[o.row].Labels != labels {
				t.Errorf("losses of %s labels have a line of %s", labels, rows[o.row].Name())
			}
			students[rows[o.row].Student]++
		}
		// of the chosen student three seeds and their mean of each set, of the other a line of each
		if want := []map[string]int{{"convnet3": 12, "resnet8": 2}, {"convnet3": 8}}[i]; !maps.Equal(students, want) {
			t.Errorf("losses of %s labels have lines %v, want %v", labels, students, want)
		}
	}
}

// Accuracy against kappa and spread: what is drawn is what was counted and reported, and the correlation says no more than it
// shows.
func TestClassesAgainstTheirShape(t *testing.T) {
	v, e, c := shown(t, 12, 1000, apptest.Values{"eval": "classes"})
	confusion, _ := v.Live.Evaluation.Confusion(0)
	for i, p := range e.scatters[0].Points {
		accuracy := 100 * float64(confusion.Correct[i]) / float64(confusion.Total[i])
		if kappa := 0.1*float64(i) + 0.5*0.2; math.Abs(p.X-kappa) > 1e-6 || math.Abs(p.Y-accuracy) > 1e-9 {
			t.Errorf("class %d lies at %v, want %v, %v", i, p, kappa, accuracy)
		}
	}
	words := apptest.PanelText(t, v)
	apptest.MustSay(t, "classes", words, "Against κ: **r = ", "n = 10, between ", "Against spread: **r = ", "at the end of stage 2", "a hint, and no cause", "Gain over random real images")
	if strings.Contains(words, "was inactive") {
		t.Error("alignment was active")
	}
	point(v, c, e.scatters[1].Place(4), false)
	c.Calls = nil
	point(v, c, e.scatters[1].Place(4), true)
	apptest.MustSay(t, "a point", c.String(), "dotted", "answers right", "κ 0.5, spread ")
	if v.View.Class() != 4 {
		t.Errorf("a click chooses class %d", v.View.Class())
	}
	if e.scatters[0].Hover != 4 {
		t.Error("the same class is not lit in the other plot")
	}

	v, e, _ = shown(t, 12, 1000, apptest.Values{"eval": "classes", "eval.gain": true})
	random, _ := v.Live.Evaluation.Confusion(3)
	for i, p := range e.scatters[0].Points {
		if want := 100 * (float64(confusion.Correct[i])/float64(confusion.Total[i]) - float64(random.Correct[i])/float64(random.Total[i])); math.Abs(p.Y-want) > 1e-9 {
			t.Errorf("class %d gains %v, want %v", i, p.Y, want)
		}
	}

	apptest.Apply(&v.Live, 0, shapesOf(2, 10, "one point has no shape")) // a newer stage
	apptest.MustSay(t, "without alignment", apptest.PanelText(t, v), "was inactive: one point has no shape.", "at the end of stage 3")
	v.Live.Shapes = nil
	apptest.MustSay(t, "without shapes", apptest.PanelText(t, v), "reported no shape", "Against κ: not reported")
	v.Draw(&uitest.Recorder{W: 500, H: 400}, 3)
}

func TestAnswersNameTheirPairs(t *testing.T) {
	v, e, c := shown(t, 12, 1000, apptest.Values{"eval": "answers", "class": 2})
	cell := e.matrix.Area()
	p := ui.Point{X: cell.X + cell.W*0.35, Y: cell.Y + cell.H*0.25} // of class 2, answered 3
	point(v, c, p, false)
	c.Calls = nil
	point(v, c, p, false)
	apptest.MustSay(t, "a cell", c.String(), `"two-rings"`, "answered figure-eight: ")
	if n := len(e.tiles); n != 12 {
		t.Fatalf("%d mistakes drawn", n)
	}
	point(v, c, e.tiles[3].Centre(), false)
	c.Calls = nil
	point(v, c, e.tiles[3].Centre(), false)
	apptest.MustSay(t, "a mistake", c.String(), `"figure-eight"`, "most often answered dotted", "wrong in 75 % of the students", "test/d.png")
	words := apptest.PanelText(t, v)
	apptest.MustSay(t, "answers", words, "Most often confused", `"value":"distilled/soft"`, `"value":"random/soft"`, `"act":"class"`)

	v, e, c = shown(t, 12, 1000, apptest.Values{"eval": "answers", "eval.set": "random/soft"})
	if len(e.tiles) != 0 {
		t.Error("mistakes of other students are shown")
	}
	apptest.MustSay(t, "no mistakes", apptest.PanelText(t, v), "No test images were reported")
	large, _ := v.Live.Evaluation.Confusion(3)
	large.Counts = nil
	apptest.Apply(&v.Live, 0, large)
	v.Draw(c, 3)
	apptest.MustSay(t, "many classes", c.String(), "pairs are counted up to 256")
}

func TestViewsShowTheirSoftLabels(t *testing.T) {
	v, e, c := shown(t, 0, 1000, apptest.Values{"eval": "labels"})
	if n := len(e.cards); n != 4 {
		t.Fatalf("%d views", n)
	}
	apptest.MustSay(t, "a view", c.String(), `"epoch 30"`, `"blob"`, `"0.440"`, "T = 20")
	point(v, c, e.cards[2].Centre(), false)
	c.Calls = nil
	point(v, c, e.cards[2].Centre(), false)
	apptest.MustSay(t, "a view", c.String(), "0.460  blob", "0.250  ring")
	point(v, c, e.tiles[1].Centre(), true)
	v.Update(ui.Input{Acts: []ui.Act{{Name: "eval-image", Arg: "1"}, {Name: "eval-image", Arg: "1"}}})
	if v.View.Image() != 2 {
		t.Errorf("image %d is chosen, want the last of three", v.View.Image())
	}
	c.Calls = nil
	v.Draw(c, 3)
	apptest.MustSay(t, "an image without views", c.String(), "no views of this image came; of #0 there are some")
	apptest.MustSay(t, "an image without views", apptest.PanelText(t, v), "No views of this image came.")
	apptest.Show(t, v, apptest.Values{"class": 5})
	if empty := e.Empty(v.Context()); empty == nil || empty.Head != "No views of this class" {
		t.Errorf("a class without views: %+v", empty)
	}
}

// Before there is anything to see, the scene says why.
func TestNothingToSeeIsExplained(t *testing.T) {
	for want, events := range map[string][]event.Event{
		"No students yet":               {event.Status{State: event.Recovering, Text: "stage 1"}},
		"Making soft labels":            {event.Status{State: event.Relabelling, Phase: "relabel", Done: 20, Total: 300}},
		"The evaluation begins":         {event.Status{State: event.Evaluating}},
		"No students":                   {event.Status{State: event.Done}},
		"No students in this recording": {event.Hello{Run: "r", Capabilities: []string{event.CapReplay}}, event.Status{State: event.Done}},
		"No answers counted yet":        {event.Trials{List: []event.Trial{{Images: event.Distilled, Labels: event.SoftLabels, Student: "a", State: event.Training, Epochs: 3}}}},
	} {
		v := app.New()
		v.Link.State = "open"
		apptest.Apply(&v.Live, 0, append([]event.Event{event.Hello{Run: "r", Classes: []string{"a"}}}, events...)...)
		page := "results"
		if strings.HasPrefix(want, "No answers") {
			page = "answers"
		}
		apptest.Show(t, v, apptest.Values{"scene": "evaluation", "eval": page})
		v.Draw(&uitest.Recorder{W: 500, H: 400}, 0)
		if r := v.Report(); r.Empty == nil || r.Empty.Head != want {
			t.Errorf("%q: the page says %+v", want, r.Empty)
		}
	}
	v, e, _ := shown(t, 0, 600, nil) // planned trials are shown as such
	if r := v.Report(); r.Empty != nil || e.bars.Rows[0].Reading != "0 of 3" {
		t.Errorf("planned trials: %+v, %q", r.Empty, e.bars.Rows[0].Reading)
	}
}

// On a narrow canvas the parts stand below one another and scroll; none covers another.
func TestNarrowCanvasScrolls(t *testing.T) {
	for _, page := range pageParam.Options() {
		v, e, c := shown(t, 12, 360, apptest.Values{"eval": page})
		if e.height <= 600 {
			t.Errorf("%s: %v high, nothing to scroll", page, e.height)
		}
		v.Update(ui.Input{Inside: true, Wheel: ui.Point{Y: 1e6}})
		v.Draw(c, 2)
		if want := e.height - 600; e.scroll != want {
			t.Errorf("%s: scrolled to %v, want %v", page, e.scroll, want)
		}
		places, height := arrange(e.blocks(360, 600, choose(v.Context()), v.Context()), 360, 600)
		for i := 1; i < len(places); i++ {
			if places[i].r.Y < places[i-1].r.Y+places[i-1].r.H {
				t.Errorf("%s: part %d begins above the end of the one before", page, i)
			}
		}
		if end := places[len(places)-1].r; end.Y+end.H > height {
			t.Errorf("%s: ends at %v of %v", page, end.Y+end.H, height)
		}
	}
}

func TestTablesHoldTheData(t *testing.T) {
	for page, want := range map[string][]string{
		"results": {"distilled", "soft", "convnet3", "1", "trained", "100", "60", "60"},
		"classes": {"blob"}, "answers": {"blob", "blob"}, "labels": {"0", "blob", "0.5"},
	} {
		v, e, _ := shown(t, 12, 800, apptest.Values{"eval": page})
		rows := e.Table(v.Context())
		for i, cell := range want {
			if rows[1][i] != cell {
				t.Errorf("%s: the first row is %q", page, rows[1])
			}
		}
		if len(rows[0]) != len(rows[1]) {
			t.Errorf("%s: %d columns have %d names", page, len(rows[1]), len(rows[0]))
		}
		if words := e.Label(v.Context()); len(words) < 30 || strings.Contains(words, "NaN") {
			t.Errorf("%s is described as %q", page, words)
		}
	}
}

// A link may name what the run has not: the first there is is shown.
func TestLinksNameWhatIsNotThere(t *testing.T) {
	v, e, _ := shown(t, 12, 800, apptest.Values{"eval": "answers", "eval.student": "vgg", "eval.set": "dreams/none", "class": 999, "image": 999})
	if k := choose(v.Context()); k.student != "convnet3" || setName(k.row) != "distilled/soft" || e.matrix.Area().Empty() {
		t.Errorf("shows %s of %s", setName(k.row), k.student)
	}
	view.Step.Set(&v.View, 3)
	if e.Empty(v.Context()) != nil {
		t.Error("an earlier step of the images hides the evaluation")
	}
}

func TestNumbersAreTypeset(t *testing.T) {
	for want, got := range map[string]string{"0.0": written("%+.1f", -0.04), "+0.1": written("%+.1f", 0.06), "−3.20": written("%.2f", -3.2),
		"no difference shown (+0.3 ± 0.5 points)": typeset("no difference shown (+0.3 +- 0.5 points)"), "−2.0 ± 0.5 points": typeset("-2.0 +- 0.5 points")} {
		if got != want {
			t.Errorf("%q: want %q", got, want)
		}
	}
}
