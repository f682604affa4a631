package retrieval

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/shared/retrieval"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// ranked is a retrieval of images with candidates, some of them alike, clipped or an image's own.
func ranked(images, candidates int, seed uint64) event.Retrieval {
	rng := rand.New(rand.NewPCG(seed, 1))
	r := event.Retrieval{Step: 10, Class: 1, Lambda: 0.25, Scale: "percentile", Pool: 100, Top: 4}
	for range images {
		var list []event.Candidate
		for k := range candidates {
			f, c := rng.Float32()*1.2-0.1, rng.Float32()*1.2-0.1
			list = append(list, event.Candidate{ID: "dog/" + strconv.Itoa(k) + ".png", Fit: f + 0.1, Complexity: 1e-5 * (c + 0.2),
				FitScaled: max(min(f, 1), 0), ComplexityScaled: max(min(c, 1), 0), FitOpen: f, ComplexityOpen: c, Own: k == 3})
		}
		list = append(list, list[0])
		r.Candidates = append(r.Candidates, list)
	}
	return r
}

// withRanks is the small run with candidates for the three images of dogs.
func withRanks(r event.Retrieval) *app.Viewer {
	v := apptest.Small()
	apptest.Apply(&v.Live, 100, r)
	return v
}

// At every lambda the band's winner is the least of all by brute force, and what shared/retrieval says of the same terms.
func TestBandsAreTheLeastLines(t *testing.T) {
	for seed := range uint64(60) {
		r := ranked(1, 1+int(seed)%13, seed)
		r.ExcludeSelf = seed%2 == 1
		l := newCandidateLists(&r)[0]
		var terms retrieval.Terms
		terms.Fit, terms.Complexity, terms.FitOpen, terms.ComplexityOpen = l.fit, l.complexity, l.fitOpen, l.complexityOpen
		bands := l.bands()
		at := 0.0
		for _, b := range bands {
			if b.from != at || !(b.to > b.from) {
				t.Fatalf("seed %d: bands %v", seed, bands)
			}
			at = b.to
		}
		if at != 1 {
			t.Fatalf("seed %d: bands end at %v: %v", seed, at, bands)
		}
		for k := 1; k < 400; k++ {
			w := float64(k) / 400
			best := terms.Best(w, l.allowed)
			i := slices.IndexFunc(bands, func(b lambdaRange) bool { return b.from <= w && w < b.to })
			if l.winner(w) != best || l.order(w)[0] != terms.Best(w, nil) {
				t.Fatalf("seed %d, lambda %v: winner %d and first %d, want %d", seed, w, l.winner(w), l.order(w)[0], best)
			}
			got, _ := l.score(bands[i].winner, w)
			if want, _ := terms.Score(best, w); got > want+1e-12 {
				t.Fatalf("seed %d, lambda %v: the band's winner has J %v, the least is %v", seed, w, got, want)
			}
		}
		for _, b := range bands {
			if !slices.Contains(terms.Winners(l.allowed), b.winner) {
				t.Errorf("seed %d: %d wins from %v to %v but is no corner of %v", seed, b.winner, b.from, b.to, terms.Winners(l.allowed))
			}
		}
	}
}

// Two candidates by hand: J is 0.2(1-l) + 0.8 l and 0.6(1-l) + 0.2 l, equal at l = 0.4.
func TestBandByHand(t *testing.T) {
	r := event.Retrieval{Scale: "raw", Candidates: [][]event.Candidate{{{ID: "a", FitScaled: 0.2, ComplexityScaled: 0.8}, {ID: "b", FitScaled: 0.6, ComplexityScaled: 0.2}}}}
	b := newCandidateLists(&r)[0].bands()
	if len(b) != 2 || b[0].winner != 0 || b[1].winner != 1 || b[0].to < 0.4-1e-6 || b[0].to > 0.4+1e-6 {
		t.Errorf("bands %+v, want a change at 0.4", b)
	}
}

// Moving lambda reorders the rows at once in meaning and gradually on the canvas; the winner is said at most once a second.
func TestLambdaReordersAndSaysTheWinner(t *testing.T) {
	r := event.Retrieval{Class: 1, Scale: "raw", Lambda: 0.1, Candidates: [][]event.Candidate{{{ID: "x/near.png", ComplexityScaled: 1}, {ID: "x/plain.png", FitScaled: 1}}}}
	v := withRanks(r)
	g := v.Scene("retrieval").(*ranking)
	apptest.Show(t, v, apptest.Values{"scene": "retrieval", "class": 1})
	if v.Update(ui.Input{Now: 10}) || len(v.TakeAnnouncements()) != 0 || g.now[0] != 0 {
		t.Fatalf("something moves at first: %v", g.now)
	}
	apptest.Show(t, v, apptest.Values{"lambda": 0.9})
	if !v.Update(ui.Input{Now: 11}) {
		t.Error("the new order does not move")
	}
	if s := v.TakeAnnouncements(); len(s) != 1 || !strings.Contains(s[0].Text, "plain.png") {
		t.Errorf("said %v", s)
	}
	v.Update(ui.Input{Now: 11 + reorderSeconds/2})
	if y := g.now[0]; !(y > 0 && y < rowHeight) {
		t.Errorf("half way the loser is at %v", y)
	}
	apptest.Show(t, v, apptest.Values{"lambda": 0.2})
	v.Update(ui.Input{Now: 11.5})
	if s := v.TakeAnnouncements(); len(s) != 0 {
		t.Errorf("said %v within a second", s)
	}
	v.Update(ui.Input{Now: 12.5})
	if s := v.TakeAnnouncements(); len(s) != 1 {
		t.Errorf("said %v later", s)
	}
	for range 3 {
		v.Update(ui.Input{Now: 20})
	}
	if v.Update(ui.Input{Now: 21}) || g.now[0] != 0 {
		t.Errorf("at rest: %v", g.now)
	}
	apptest.Show(t, v, apptest.Values{"lambda": 0.9})
	v.View.Still = true
	if v.Update(ui.Input{Now: 22}) || g.now[0] != rowHeight {
		t.Errorf("reduced motion: %v", g.now)
	}
}

func TestRetrievalActsAndPointing(t *testing.T) {
	v := withRanks(ranked(3, 9, 7))
	apptest.Show(t, v, apptest.Values{"scene": "retrieval", "class": 1, "image": 99, "lambda": 7})
	g := v.Scene("retrieval").(*ranking)
	canvas := &uitest.Recorder{W: 1000, H: 600}
	v.Draw(canvas, 1)
	if g.key.image != 2 || lambda.Of(&v.View) != -1 {
		t.Errorf("a hostile link shows image %d at lambda %v", g.key.image, lambda.Of(&v.View))
	}
	act := func(name, arg string) { v.Update(ui.Input{Now: 2, Acts: []ui.Act{{Name: name, Arg: arg}}}) }
	act("rank-image", "-1")
	if v.View.Image() != 1 {
		t.Errorf("image %d after one back from the last of three", v.View.Image())
	}
	if len(g.bands) < 2 {
		t.Fatal("the example has one winner only")
	}
	lambda.Set(&v.View, 0)
	for i := 1; i < len(g.bands); i++ {
		act("rank-change", "1")
		if w := lambda.Of(&v.View); g.list.winner(w) != g.bands[i].winner && g.bands[i].to-g.bands[i].from > 2e-3 {
			t.Errorf("change %d went to lambda %v, winner %d, want %d", i, w, g.list.winner(w), g.bands[i].winner)
		}
	}
	act("rank-own", "")
	if !g.isRunLambda(v.Context()) {
		t.Error("the run's lambda did not come back")
	}
	v.Draw(canvas, 3)
	band := g.places.band
	v.Update(ui.Input{Now: 3, Inside: true, Down: true, Pressed: true, Pointer: ui.Point{X: band.X + band.W*0.75, Y: band.Y + 5}})
	if w := lambda.Of(&v.View); w < 0.749 || w > 0.751 {
		t.Errorf("a press at three quarters of the band gives lambda %v", w)
	}
	v.Update(ui.Input{Now: 3, Inside: true})
	v.Update(ui.Input{Now: 3, Inside: true, Clicked: true, Pointer: g.tiles[2].Centre()})
	if v.View.Image() != 2 {
		t.Errorf("a click on the third image chose %d", v.View.Image())
	}
	v.Draw(canvas, 4)
	dot := g.dots[0]
	v.Update(ui.Input{Now: 30, Inside: true, Pointer: dot})
	if g.hover < 0 || g.dots[g.hover] != dot {
		t.Errorf("over the first candidate's dot, %d is lit", g.hover)
	}
	v.Draw(canvas, 30)
	if !strings.Contains(canvas.String(), "complexity ") {
		t.Error("no tooltip")
	}
}

// Two of three images took one anchor: the badges, the panel and the overview tell.
func TestCollisionsAreTold(t *testing.T) {
	c := func(id string, f float32) event.Candidate {
		return event.Candidate{ID: id, FitScaled: f, ComplexityScaled: f}
	}
	v := withRanks(event.Retrieval{Class: 1, Scale: "rank", Lambda: 0.5, Pool: 9, Top: 2, NoRepeat: true, Candidates: [][]event.Candidate{
		{c("p/a.png", 0), c("p/b.png", 0.1)}, {c("p/b.png", 0), c("p/a.png", 0.1)}, {c("p/a.png", 0), c("p/c.png", 0.5)}}, Chosen: []int{0, 0, 1}})
	apptest.Show(t, v, apptest.Values{"scene": "retrieval", "class": 1, "image": 2})
	if words := apptest.PanelText(t, v); strings.Contains(words, "Collisions") || !strings.Contains(words, "may be taken twice") || !strings.Contains(words, "Stage 1, all classes: 0 %") || !strings.Contains(words, "c.png") {
		t.Errorf("the run took three different anchors: %s", words)
	}
	apptest.Show(t, v, apptest.Values{"lambda": 0.6, "rank.show": "class"})
	if words := apptest.PanelText(t, v); !strings.Contains(words, "Collisions: 2 of 3") || !strings.Contains(words, `["a.png","#0 #2"]`) {
		t.Errorf("alone two would take one: %s", words)
	}
	canvas := &uitest.Recorder{W: 900, H: 600}
	v.Draw(canvas, 1)
	if !strings.Contains(canvas.String(), "2 anchors") {
		t.Errorf("the overview: %s", canvas)
	}
}

// A server that does not tell scaled terms: they run from the least to the largest of the class, and the panel says so.
func TestRetrievalWithoutAScale(t *testing.T) {
	r := event.Retrieval{Class: 1, Lambda: 0.5, Candidates: [][]event.Candidate{{{ID: "a", Fit: 1, Complexity: 3e-5}, {ID: "b", Fit: 2, Complexity: 1e-5}}, {{ID: "c", Fit: 3, Complexity: 2e-5}}}}
	l := newCandidateLists(&r)[0]
	if l.fit[0] != 0 || l.fit[1] != 0.5 || l.complexity[0] != 1 || l.complexity[1] != 0 {
		t.Errorf("fit %v, complexity %v", l.fit, l.complexity)
	}
	v := withRanks(r)
	apptest.Show(t, v, apptest.Values{"scene": "retrieval", "class": 1})
	if words := apptest.PanelText(t, v); !strings.Contains(words, "without the scale") {
		t.Errorf("%s", words)
	}
	if e := v.Report().Empty; e != nil {
		t.Errorf("empty: %+v", e)
	}
	for class, want := range map[int]string{0: "No retrieval in this run", 1: "No connection yet"} {
		v := apptest.Small()
		apptest.Show(t, v, apptest.Values{"scene": "retrieval", "class": class})
		apptest.Apply(&v.Live, 100, eventtest.Residual(0, 0, 0))
		if e := v.Report().Empty; e == nil || e.Head != want {
			t.Errorf("class %d: %+v, want %q", class, e, want)
		}
	}
}
