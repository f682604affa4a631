package lessons

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reta/shared/retrieval"
	"reta/shared/topology"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/figure"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// homology is a shape's, computed anew without figure.
func homology(t *testing.T, pts []ui.Point, end float64) *topology.Homology {
	t.Helper()
	var xy []float64
	for _, p := range pts {
		xy = append(xy, p.X, p.Y)
	}
	cloud, err := topology.NewCloud(xy, len(pts), 2)
	if err != nil {
		t.Fatal(err)
	}
	d, err := cloud.Distances()
	if err != nil {
		t.Fatal(err)
	}
	return topology.Persistence(topology.Rips(d, end))
}

func taught(t *testing.T, name string, at int) string {
	t.Helper()
	st := lessonsByName[name].pages()[at-1]
	words := strings.Join(append(slices.Clone(st.words), st.after...), "\n")
	if st.question != nil {
		words += "\n" + st.question.why
	}
	return words
}

func alike(a, b float64) bool { return math.Abs(a-b) < 1e-6*max(1, math.Abs(b)) }

// What the lessons say in numbers is what topology computes.
func TestLessonsSayWhatIsComputed(t *testing.T) {
	says := func(name string, at int, values ...float64) {
		t.Helper()
		words := taught(t, name, at)
		for _, v := range values {
			if !strings.Contains(words, ui.Number(v)) {
				t.Errorf("lesson %s, step %d does not say %s: %s", name, at, ui.Number(v), words)
			}
		}
	}
	ring := homology(t, holeRing(), 10).Bars[1]
	if len(ring) != 1 {
		t.Fatalf("the ring has %d loops, the lesson says exactly one", len(ring))
	}
	says("hole", 2, ring[0].Birth)
	says("hole", 5, ring[0].Birth, ring[0].Death)

	h := homology(t, ballPoints(), 1.6)
	first := h.Graph.Edges[0].Weight
	says("balls", 1, first)
	longest := slices.MaxFunc(h.Bars[1], func(a, b topology.Bar) int { return int(1e6 * (a.Persistence() - b.Persistence())) })
	says("balls", 4, longest.Birth, longest.Death)
	says("balls", 5, 2/math.Sqrt(3)) // the circle through the corners has radius 1/sqrt 3

	five := homology(t, fivePoints(), 2).Bars
	if len(five[0]) != 5 || len(five[1]) != 1 {
		t.Errorf("five points have %d components' bars and %d loops, want 5 and 1", len(five[0]), len(five[1]))
	}
	says("barcode", 1, five[1][0].Birth, five[1][0].Death)
	says("barcode", 2, homology(t, barcodeRing(0.05), 1.9).Bars[1][0].Birth)

	two := homology(t, twoRings(), 2).Bars[1]
	slices.SortFunc(two, func(a, b topology.Bar) int { return int(1e6 * (a.Death - b.Death)) })
	if len(two) != 2 || math.Abs(two[0].Birth-two[1].Birth) > 0.01 {
		t.Errorf("loops of two rings: %+v", two)
	}
	says("barcode", 5, two[0].Death, two[1].Death)

	real := kappaReal()
	end := float64(real.EpsMax)
	kappa := func(scale float64) topology.Kappa {
		return topology.MeasureKappa(homology(t, real.Points, end), homology(t, shrunk(real)(scale), end), end)
	}
	says("kappa", 3, kappa(0.6).H0, total(real))
	if got := kappa(0.6).H0; !alike(got, 0.4*total(real)) {
		t.Errorf("kappa %v, the lesson says 0.4 of %v", got, total(real))
	}
	says("kappa", 4, kappa(1.5).H1)
	says("kappa", 5, kappa(0.6).H1)
	if kappa(1).H0 != 0 || kappa(1).H1 != 0 || kappa(1.5).H0 != 0 {
		t.Errorf("kappa of a copy %v and of a larger one %v, want no lack of components", kappa(1), kappa(1.5))
	}

	four := newPull(fourAnchors())
	says("pull", 2, spread(four.make(0.5))/spread(four.real.Points))
	one := newPull([]ui.Point{{X: 0.15, Y: 0.1}})
	for _, alpha := range []float64{0, 0.3, 0.5, 1} {
		if got := spread(one.make(alpha)) / spread(one.real.Points); !alike(got, alpha) {
			t.Errorf("one anchor, alpha %v: distances shrink by %v", alpha, got)
		}
	}
	before, after := homology(t, four.real.Points, float64(four.real.EpsMax)), homology(t, four.make(0.5), float64(four.real.EpsMax))
	k := topology.MeasureKappa(before, after, float64(four.real.EpsMax))
	says("pull", 4, k.H0)
	says("pull", 5, k.H1, after.Bars[1][0].Birth, after.Bars[1][0].Death)

	c := threeTextures()
	if words := taught(t, "retrieval", 2); !strings.Contains(words, scientific(c[2].complexity)+" against "+scientific(c[1].complexity)) {
		t.Errorf("complexities: %s", words)
	}
}

// The right answers are right.
func TestAnswersAreRight(t *testing.T) {
	right := func(name string, at, want int) {
		t.Helper()
		if q := lessonsByName[name].pages()[at-1].question; q == nil || q.right != want {
			t.Errorf("lesson %s, step %d: %+v, want answer %d", name, at, q, want)
		}
	}
	if loops := shapeOf(figureEight(), figure.Build{}).At(0.36).Betti; loops == [2]int{1, 2} {
		right("hole", 4, 1)
	} else {
		t.Errorf("the figure eight has Betti numbers %v", loops)
	}
	s := shapeOf(ballPoints(), figure.Build{Cutoff: 1.6})
	components, falls, rises := len(s.Points), 0, 0
	loops := 0
	for _, eps := range s.Events() {
		k := s.At(eps)
		if k.Betti[0] > components {
			t.Errorf("components rise at %v", eps)
		}
		if k.Betti[1] > loops {
			rises++
		}
		if k.Betti[1] < loops {
			falls++
		}
		components, loops = k.Betti[0], k.Betti[1]
	}
	right("balls", 3, 0)
	if rises > 0 && falls > 0 {
		right("balls", 4, 1)
	} else {
		t.Errorf("loops rise %d times and fall %d times", rises, falls)
	}
	clean, noisy := homology(t, barcodeRing(0), 1.9), homology(t, barcodeRing(0.12), 1.9)
	moved := ringMoved(0.12)
	for _, h := range []*topology.Homology{clean, noisy} {
		if l := h.Bars[1][0].Persistence(); l < 2*moved {
			t.Errorf("the loop of length %v is not long beside a noise of %v", l, moved)
		}
	}
	if a, b := clean.Bars[1][0], noisy.Bars[1][0]; math.Abs(a.Birth-b.Birth) > 2*moved || math.Abs(a.Death-b.Death) > 2*moved {
		t.Errorf("%+v became %+v, more than twice %v away", a, b, moved)
	}
	right("barcode", 3, 1)
	right("kappa", 2, 0)
	right("kappa", 4, 1)
	four := newPull(fourAnchors())
	if spread(four.make(0.5)) < 0.95*spread(four.real.Points) {
		right("pull", 2, 2)
	} else {
		t.Error("the pull does not draw the images together")
	}
	right("pull", 4, 0)
	c := threeTextures()
	if c[2].complexity > c[1].complexity && c[1].complexity > c[0].complexity {
		right("retrieval", 2, 2)
	} else {
		t.Error("the sharp rim is not the most complex")
	}
}

// Only images on the hull win, each of them does, and the one pointed out never does.
func TestWinnersLieOnTheHull(t *testing.T) {
	s := newTradeoff()
	hull := lowerHull(s.spots())
	odd := offHull(s.spots())
	if odd < 0 || slices.Contains(hull, odd) {
		t.Fatalf("no candidate off the hull: %d, hull %v", odd, hull)
	}
	won := map[int]bool{}
	for l := range 1001 {
		lambda := float64(l) / 1000
		w := s.winner(lambda)
		won[w.Index] = true
		if p := s.spots()[w.Index]; !alike((1-lambda)*p.Y+lambda*p.X, w.Score) {
			t.Errorf("lambda %v: score %v is not on the line", lambda, w.Score)
		}
		if !slices.Contains(hull, w.Index) {
			t.Errorf("lambda %v: %d wins off the hull %v", lambda, w.Index, hull)
		}
	}
	if len(won) != len(hull) || won[odd] {
		t.Errorf("winners %v, hull %v", won, hull)
	}
	if w := retrieval.Top(toyScores(s.query, s.pool, 0), 1)[0]; w.Fit != slices.MinFunc(toyScores(s.query, s.pool, 0), func(a, b retrieval.Candidate) int {
		return int(1e9 * (a.Fit - b.Fit))
	}).Fit {
		t.Error("lambda 0 does not choose the nearest")
	}
}

// The figures measured on real images are those of the documentation.
func TestLessonQuotesTheDocumentation(t *testing.T) {
	data, err := os.ReadFile("../../../docs/pull-to-anchor.md")
	if err != nil {
		t.Fatal(err)
	}
	doc, words := strings.Join(strings.Fields(string(data)), " "), taught(t, "pull", 6)
	for said, source := range map[string]string{"leaves the mean distance at 1.00 where the straight line says 0.84": "leaves the spread at 1.00 (0.97 to 1.03) where the straight line says 0.84",
		"about half of what the line foretells": "about half of the 0.44 and 0.43 foretold", "50 real images of each of 20 classes": "50 training images of each of the first 20 classes"} {
		if !strings.Contains(words, said) || !strings.Contains(doc, source) {
			t.Errorf("%q and %q: the lesson and its source differ", said, source)
		}
	}
}

// Next leads through every lesson without an answer, showing each before it goes on; back leads back.
func TestNextLeadsThroughAllLessons(t *testing.T) {
	v := app.New()
	apptest.Show(t, v, apptest.Values{"scene": "lessons"})
	turn := func(arg string) { v.Update(ui.Input{Now: 1, Acts: []ui.Act{{Name: "turn", Arg: arg}}}) }
	steps, answers, questions := 0, 0, 0
	turn("1")
	for lessonParam.Of(&v.View) != "" && steps < 200 {
		v.Draw(&uitest.Recorder{W: 640, H: 400}, 5)
		words := apptest.PanelText(t, v)
		if answerParam.Of(&v.View) == shownAnswer {
			answers++
			if !strings.Contains(words, "The answer:") || !strings.Contains(words, `"mark":"right"`) {
				t.Errorf("no answer: %s", words)
			}
		} else {
			steps++
			if strings.Contains(words, "Show the answer") {
				questions++
				if strings.Contains(words, `"mark"`) || strings.Contains(words, `["range"`) {
					t.Errorf("the answer is given away: %s", words)
				}
			}
		}
		if v.Report().Label == "" {
			t.Error("a figure without words")
		}
		turn("1")
	}
	want := 0
	for _, l := range inOrder() {
		n := len(l.pages())
		if n < 4 || n > 7 {
			t.Errorf("lesson %s has %d steps", l.name, n)
		}
		want += n
	}
	if steps != want || answers != questions || questions < len(inOrder()) {
		t.Errorf("%d steps of %d, %d of %d questions answered", steps, want, answers, questions)
	}
	apptest.Show(t, v, apptest.Values{"lesson": "kappa", "at": 2})
	turn("-1")
	if pageParam.Int(&v.View) != 1 {
		t.Error("back does not lead back")
	}
}

func TestAnswerIsMarkedAndPlayed(t *testing.T) {
	v := app.New()
	apptest.Show(t, v, apptest.Values{"scene": "lessons", "lesson": "kappa", "at": 2})
	v.Update(ui.Input{Now: 10})
	if moving := v.Update(ui.Input{Now: 20, Acts: []ui.Act{{Name: "answer", Arg: "b"}}}); !moving {
		t.Error("the figure does not play the answer")
	}
	s := v.Scene("lessons").(*lessons)
	_, steps, at := s.open(&v.View)
	v.Draw(&uitest.Recorder{W: 800, H: 500}, 20+runSeconds/2)
	if m := s.figureState(&steps[at], v.Context()); !(m.at < 1 && m.at > 0.6) {
		t.Errorf("half way the dial is at %v", m.at)
	}
	if v.Update(ui.Input{Now: 30}) {
		t.Error("it never ends")
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "Not quite") || !strings.Contains(words, `"mark":"wrong"`) || !strings.Contains(words, `"value":0.6`) {
		t.Errorf("panel: %s", words)
	}
	v.View.Still = true
	if v.Update(ui.Input{Now: 31, Acts: []ui.Act{{Name: "play"}}}) {
		t.Error("reduced motion moves")
	}
}

// Links can say anything, and every lesson draws at every size.
func TestLessonsSurviveLinksAndSizes(t *testing.T) {
	v := app.New()
	for _, name := range []string{"", "nowhere", "hole", "balls", "barcode", "kappa", "pull", "retrieval", "labels"} {
		for _, at := range []float64{1, 2, 4, 99, -3} {
			for _, dial := range []float64{-1, 0, 1000} {
				apptest.Show(t, v, apptest.Values{"scene": "lessons", "lesson": name, "at": at, "dial": dial, "answer": "c"})
				for _, size := range []ui.Point{{X: 1, Y: 1}, {X: 320, Y: 300}, {X: 40, Y: 900}, {X: 3000, Y: 1500}} {
					c := &uitest.Recorder{W: size.X, H: size.Y}
					v.Draw(c, 1)
					v.Update(ui.Input{Now: 1, Inside: true, Pressed: true, Down: true, Pointer: ui.Point{X: size.X * 0.8, Y: size.Y / 2}})
					v.Draw(c, 2)
					if text := c.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
						t.Errorf("%s %v at %v draws at no place", name, at, size)
					}
				}
				if _, err := json.Marshal(v.Report()); err != nil {
					t.Errorf("%s %v: %v", name, at, err)
				}
			}
		}
	}
}

func TestCardsOpenLessons(t *testing.T) {
	v := app.New()
	apptest.Show(t, v, apptest.Values{"scene": "lessons"})
	v.Draw(&uitest.Recorder{W: 900, H: 560}, 0)
	card := v.Scene("lessons").(*lessons).cards[3]
	v.Update(ui.Input{Inside: true, Clicked: true, Pointer: card.Centre()})
	if got := lessonParam.Of(&v.View); got != inOrder()[3].name {
		t.Errorf("the fourth card opens %q", got)
	}
}

// The sandbox opens with the lesson's own cloud: of the same shape, as far as a link can tell.
func TestLessonsGoOnInTheSandbox(t *testing.T) {
	opened := 0
	for _, l := range inOrder() {
		for i, st := range l.pages() {
			if st.sandbox == nil {
				continue
			}
			opened++
			v := app.New()
			apptest.Show(t, v, apptest.Values{"scene": "lessons", "lesson": l.name, "at": i + 1})
			v.Update(ui.Input{Now: 1, Acts: []ui.Act{{Name: "sandbox"}}})
			v.Update(ui.Input{Now: 1})
			v.Draw(&uitest.Recorder{W: 800, H: 600}, 1)
			apptest.Show(t, v, apptest.Values{"sandbox.table": "points"})
			rows := v.Scene("sandbox").(scene.Tabler).Table(v.Context())
			if v.SceneName() != "sandbox" || len(rows) != 1+len(st.sandbox) {
				t.Errorf("lesson %s, step %d: %s holds %v", l.name, i+1, v.SceneName(), rows)
				continue
			}
			var got []ui.Point
			for _, row := range rows[1:] {
				x, _ := strconv.ParseFloat(row[0], 64)
				y, _ := strconv.ParseFloat(row[1], 64)
				got = append(got, ui.Point{X: x, Y: y})
			}
			scale := distance(got[0], got[1]) / distance(st.sandbox[0], st.sandbox[1])
			for j, p := range st.sandbox {
				if d := distance(got[j], got[0]) - scale*distance(p, st.sandbox[0]); math.Abs(d) > 0.02 {
					t.Errorf("lesson %s, step %d: point %d is %v off", l.name, i+1, j, d)
				}
			}
		}
	}
	if opened < 4 {
		t.Errorf("only %d steps lead to the sandbox", opened)
	}
}

// The triangle is drawn hollow until the question is answered, also after its shape was asked for its readings at the
// very eps that is drawn.
func TestHollowTriangleIsDrawnAfterItsReadings(t *testing.T) {
	v := app.New()
	for at := 1.0; at <= 5; at++ {
		apptest.Show(t, v, apptest.Values{"scene": "lessons", "lesson": "hole", "at": at, "dial": -1, "answer": ""})
		for now := 1.0; now < 12; now += 0.5 {
			v.Update(ui.Input{Now: now})
			v.Report()
			v.Draw(&uitest.Recorder{W: 800, H: 500}, now)
		}
	}
}
