package lessons

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/shared/trial"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// What the lesson on labels says in numbers is what its students came to, and its right answers are right.
func TestLessonOfLabelsSaysWhatItsStudentsCameTo(t *testing.T) {
	w := newTaughtWorld()
	rows := trial.Rows(w.trials)
	last := func(images, labels string) trial.Stat { return trial.Find(rows, images, labels, "toy").Last }
	for _, labels := range []string{event.HardLabels, event.SoftLabels} {
		if d := gap(w, labels, seeds); !d.Shown() || d.Mean <= 0 {
			t.Errorf("%s labels: %v: the lesson says that the made points lead", labels, d)
		}
	}
	hardGap, softGap, few := gap(w, event.HardLabels, seeds), gap(w, event.SoftLabels, seeds), gap(w, event.SoftLabels, seedsFew)
	if softGap.Mean >= hardGap.Mean/2 {
		t.Errorf("soft labels leave %v of %v: the lesson says less than half", softGap.Mean, hardGap.Mean)
	}
	if few.Shown() {
		t.Errorf("%d seeds show %v already", seedsFew, few)
	}
	if ratio := few.SE / softGap.SE; ratio < 1.6 || ratio > 2.5 {
		t.Errorf("four times the seeds divide the error by %v: the lesson says by two", ratio)
	}
	for at, want := range map[int][]string{
		3: {share(last(event.Distilled, event.HardLabels).Mean), share(last(event.Random, event.HardLabels).Mean), share(last(event.Random, event.SoftLabels).Mean)},
		4: {fmt.Sprintf("%.1f points to **%.1f**", 100*few.SE, 100*softGap.SE), "no difference shown"},
		6: {"LRS " + ui.Number(trial.Rank(rows, "toy").LRS), ui.Number((1 - math.Exp(-1)) / (math.E - math.Exp(-1)))},
	} {
		words := taught(t, "labels", at)
		for _, v := range want {
			if !strings.Contains(words, v) {
				t.Errorf("step %d does not say %q: %s", at, v, words)
			}
		}
	}
	soft := newSoft(w)
	cold, warm := soft.label(1), soft.label(20)
	for i := range cold {
		for j := range cold {
			if cold[i] > cold[j] && (warm[i] < warm[j] || warm[i]-warm[j] > cold[i]-cold[j]) {
				t.Errorf("from T 1 to 20 the label %v becomes %v: the lesson says the same order, nearer together", cold, warm)
			}
		}
	}
	if want := math.Exp(math.Log(cold[0]/cold[1]) / 20); math.Abs(warm[0]/warm[1]-want) > 1e-9 {
		t.Errorf("at T 20 two classes have the ratio %v, want the 20th root: %v", warm[0]/warm[1], want)
	}
	best := &bestFigure{}
	for seed := 1; seed <= seeds; seed++ {
		best.all = append(best.all, w.accuracies(seed))
	}
	if one, two, many := best.flattery(1), best.flattery(2), best.flattery(armEpochs); one != 0 || two <= 0 || many <= two {
		t.Errorf("the best of 1, 2, %d tests flatters by %v, %v, %v", armEpochs, one, two, many)
	}
	for at, right := range map[int]int{2: 1, 3: 1, 4: 1, 5: 1} {
		if q := lessonsByName["labels"].pages()[at-1].question; q == nil || q.right != right {
			t.Errorf("step %d: %+v", at, q)
		}
	}
	for _, r := range rows {
		if want := map[string]int{event.AllReal: armClasses * armPoints}[r.Images]; r.Count != max(want, armClasses*setPoints) {
			t.Errorf("%s: %d points", r.Name(), r.Count)
		}
	}
}

// The ground of the plane shows what the student answers there.
func TestGroundIsTheStudentsAnswer(t *testing.T) {
	light, _ := uitest.Themes(t, "../../../server/web/static/app.css")
	p := newPlane(newWorld(), event.Distilled, event.SoftLabels)
	c, err := uitest.NewRaster(400, 400, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, epoch := range []int{0, armEpochs} {
		p.draw(c, ui.Rect{W: 400, H: 400}, light, figureState{at: float64(epoch)})
		for _, q := range []ui.Point{{X: -1.2, Y: -1.2}, {X: 1.3, Y: 1.3}, {X: 1.2, Y: -1.3}, {X: -1.3, Y: 1.2}} {
			pixel := ui.Point{X: math.Floor((q.X+planeEnd)/(2*planeEnd)*planeSide) + 0.5, Y: math.Floor((q.Y+planeEnd)/(2*planeEnd)*planeSide) + 0.5}
			centre := ui.Point{X: planeEnd * (2*pixel.X/planeSide - 1), Y: planeEnd * (2*pixel.Y/planeSide - 1)}
			want := light.Surface.Mix(armColor(light, p.nets[epoch].answer(centre)), 0.2)
			if got := c.At(p.place(centre)); got != want {
				t.Errorf("epoch %d: the ground at %v is %v, want %v", epoch, centre, got, want)
			}
		}
	}
}

// The last step shows the run that is open, as far as its students are.
func TestLastStepShowsTheRun(t *testing.T) {
	v := apptest.Small()
	at := len(lessonsByName["labels"].pages())
	apptest.Show(t, v, apptest.Values{"scene": "lessons", "lesson": "labels", "at": at})
	say := func(when string, want ...string) {
		t.Helper()
		c := &uitest.Recorder{W: 700, H: 500}
		v.Draw(c, 1)
		apptest.MustSay(t, when, apptest.PanelText(t, v)+c.String()+v.Report().Label, want...)
	}
	say("without students", "a *recorded example* stands here", "a recorded example: the demo", "60 distilled images train resnet-mini to 49.0\u00a0%; 60 random real images to 47.5\u00a0%; all 500 to 35.0\u00a0%",
		"no difference shown (+1.5 ± 3.6 points)", "Open Evaluation")
	apptest.Apply(&v.Live, 1, eventtest.Students(2, 0)...)
	say("at first", "is just training its students", "0 of 3")
	apptest.Apply(&v.Live, 2, eventtest.Students(2, 15)...)
	say("later", "100 distilled images train convnet3 to 61.1\u00a0%; 100 random real images to 57.5\u00a0%; all 2000 to 81.5\u00a0%", "Distilled minus random, soft labels, convnet3", "+3.6 ± 1.7 points")
	v.Update(ui.Input{Acts: []ui.Act{{Name: "scene", Arg: "evaluation"}}})
	if v.SceneName() != "evaluation" {
		t.Errorf("the button leads to %s", v.SceneName())
	}
}

// What is asked for is hidden until it is answered.
func TestHiddenBarComesWithTheAnswer(t *testing.T) {
	v := app.New()
	draw := func(answer string) string {
		apptest.Show(t, v, apptest.Values{"scene": "lessons", "lesson": "labels", "at": 3, "answer": answer})
		c := &uitest.Recorder{W: 800, H: 500}
		v.Draw(c, 1)
		return c.String() + v.Report().Label
	}
	w := newTaughtWorld()
	value := trial.Find(trial.Rows(w.trials), event.Random, event.SoftLabels, "toy").Last.Mean
	if words := draw(""); !strings.Contains(words, `"?"`) || strings.Contains(words, fmt.Sprintf("%.1f", 100*value)) {
		t.Error("the value is shown before the answer")
	}
	if words := draw("b"); strings.Contains(words, `"?"`) || !strings.Contains(words, fmt.Sprintf("%.1f", 100*value)) {
		t.Error("the value is not shown with the answer")
	}
}
