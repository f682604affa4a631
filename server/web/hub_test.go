package web

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

func TestHelloComesFirstAndAgainWhenTheRunIsKnown(t *testing.T) {
	s, _ := start(t, Options{Build: "v7"})
	g, hello := visit(t, s)
	if hello.Major != event.Major || hello.Build != "v7" || !hello.Control || !reflect.DeepEqual(hello.Capabilities, []string{event.CapControl}) {
		t.Errorf("first hello is %+v", hello)
	}
	s.Hub().Publish(event.Hello{Run: "demo", Classes: []string{"ring", "blob"}})
	if h := g.next().Event.(event.Hello); h.Run != "demo" || len(h.Classes) != 2 || h.Build != "v7" || !h.Control {
		t.Errorf("second hello is %+v", h)
	}
}

// A viewer that comes late gets all of the present state, and nothing twice.
func TestLateViewerGetsThePresentState(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	h.Publish(event.Hello{Run: "demo"})
	h.Publish(event.Status{State: event.Loading})
	h.Publish(event.Status{State: event.Recovering, Step: 6})
	for i := range 300 {
		h.Publish(event.Log{Text: fmt.Sprint("line ", i)})
	}
	for i := range 5000 {
		h.Publish(event.Metrics{Points: []event.Point{{Step: i}}})
	}
	h.Publish(event.Squeeze{Points: []event.TrainPoint{{Step: 1}, {Step: 2}}})
	for step := range 6 {
		for class := range 3 {
			h.Publish(images(class, step, 4))
		}
	}
	h.Publish(event.Cloud{Class: 1, Step: 5})
	pixels := make([]byte, 3)
	residual := func(stage, class int) event.Residual {
		return event.Residual{Stage: stage, Class: class, Width: 1, Height: 1, Index: []int{0}, Before: pixels, Anchor: pixels, After: pixels}
	}
	for class := range 3 {
		h.Publish(residual(0, class))
	}
	h.Publish(residual(1, 2))
	for stage := range 2 {
		for class := range 3 { // the newest of a class stays
			h.Publish(event.Retrieval{Stage: stage, Class: class, Candidates: [][]event.Candidate{{{ID: "a.png", Score: 0.5}}, nil}})
		}
		h.Publish(event.StageEnd{Stage: stage, Anchors: 3 + stage})
		for _, first := range []int{0, 2} { // every group of every stage stays
			h.Publish(event.Diagnosis{Stage: stage, First: first, Classes: []event.ClassShape{{Points: 9}, {Points: 10}}})
		}
	}
	h.Publish(event.Result{Images: 30})
	for i := range 3 { // every change stays, and the newest settings
		h.Publish(event.Change{ID: i + 1, Name: "alpha", To: float64(i)})
		h.Publish(event.Settings{Changes: i + 1})
	}
	h.Publish(event.Change{ID: 2, Name: "alpha", To: 1}) // told again by a continued run

	g, hello := visit(t, s)
	if hello.Run != "demo" {
		t.Errorf("hello is %+v", hello)
	}
	g.send(all(), credit(event.MaxCredit))
	got := map[event.Kind][]event.Event{}
	for n := 0; n < 1+2+4+1+200+3+1+3+1+3+1+4; n++ { // points come in 3 batches of at most 2048
		e := g.next().Event
		got[e.Kind()] = append(got[e.Kind()], e)
	}
	g.nothingElse(1)
	if n := len(got[event.KindChange]); n != 3 || !reflect.DeepEqual(got[event.KindSettings], []event.Event{event.Settings{Changes: 3}}) {
		t.Errorf("%d changes, want 3; settings %+v, want the newest", n, got[event.KindSettings])
	}
	if !reflect.DeepEqual(got[event.KindStatus], []event.Event{event.Status{State: event.Recovering, Step: 6}}) {
		t.Errorf("status: %+v", got[event.KindStatus])
	}
	if stages := got[event.KindStageEnd]; len(stages) != 2 || stages[0].(event.StageEnd).Stage != 0 {
		t.Errorf("stages: %+v", stages)
	}
	if lines := got[event.KindLog]; len(lines) != 200 || lines[0].(event.Log).Text != "line 100" || lines[199].(event.Log).Text != "line 299" || lines[0].(event.Log).Unix == 0 {
		t.Errorf("%d lines, first %+v", len(lines), lines[0])
	}
	next := 0
	for _, e := range got[event.KindMetrics] {
		for _, p := range e.(event.Metrics).Points {
			if p.Step != next {
				t.Fatalf("point %d, want %d", p.Step, next)
			}
			next++
		}
	}
	if next != 5000 || len(got[event.KindSqueeze]) != 1 {
		t.Errorf("%d points, %d squeeze batches", next, len(got[event.KindSqueeze]))
	}
	seen := map[int]bool{}
	for _, e := range got[event.KindImages] {
		i := e.(event.Images)
		seen[i.Class] = true
		if i.Step != 5 || !bytes.Equal(i.Pixels, images(i.Class, 5, 4).Pixels) {
			t.Errorf("class %d: images of step %d, want the newest", i.Class, i.Step)
		}
	}
	if len(seen) != 3 {
		t.Errorf("images of %d classes, want 3", len(seen))
	}
	if r := got[event.KindResidual]; len(r) != 1 || r[0].(event.Residual).Stage != 1 {
		t.Errorf("residuals: %d, want the one of the newest stage", len(r))
	}
	for _, e := range got[event.KindRetrieval] {
		if r := e.(event.Retrieval); r.Stage != 1 || r.Candidates[0][0].ID != "a.png" {
			t.Errorf("retrieval %+v, want that of the newest stage", r)
		}
	}
	if len(got[event.KindRetrieval]) != 3 {
		t.Errorf("%d retrievals, want one a class", len(got[event.KindRetrieval]))
	}
	shapes := map[[2]int]bool{}
	for _, e := range got[event.KindDiagnosis] {
		d := e.(event.Diagnosis)
		shapes[[2]int{d.Stage, d.First}] = len(d.Classes) == 2
	}
	if want := map[[2]int]bool{{0, 0}: true, {0, 2}: true, {1, 0}: true, {1, 2}: true}; !reflect.DeepEqual(shapes, want) {
		t.Errorf("diagnoses of stage and first class %v, want %v", shapes, want)
	}
	if len(got[event.KindCloud]) != 1 || len(got[event.KindResult]) != 1 {
		t.Errorf("%d clouds, %d results", len(got[event.KindCloud]), len(got[event.KindResult]))
	}
}

func TestCreditsBoundWhatIsSentAndNewestWins(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	g, _ := visit(t, s)
	g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicImages, Class: event.AllClasses}}})
	h.Publish(images(0, 1, 2))
	g.nothingElse(1) // no credit, no image
	g.send(event.Credit{Topic: event.TopicImages, N: 2})
	if i := g.next().Event.(event.Images); i.Step != 1 {
		t.Errorf("got step %d", i.Step)
	}
	h.Publish(images(0, 2, 2))
	if i := g.next().Event.(event.Images); i.Step != 2 {
		t.Errorf("got step %d", i.Step)
	}
	for step := 3; step <= 100; step++ { // both credits are spent: these replace each other
		h.Publish(images(0, step, 2))
		h.Publish(images(1, step, 2))
	}
	g.nothingElse(2)
	g.send(event.Credit{Topic: event.TopicImages, N: 2})
	for class := range 2 {
		if i := g.next().Event.(event.Images); i.Step != 100 || i.Class != class {
			t.Errorf("got step %d of class %d: want step 100 of class %d", i.Step, i.Class, class)
		}
	}
	g.send(event.Credit{Topic: event.TopicImages, N: 1 << 30})
	g.nothingElse(3) // a credit without news sends nothing
	for class := range 2 * event.MaxCredit {
		h.Publish(images(class, 101, 2))
	}
	for range event.MaxCredit {
		g.next()
	}
	g.nothingElse(4) // hoarded credits are cut
	g.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	g.send(event.Credit{Topic: event.TopicStatus, N: 1})
	for { // the skipped ones are told
		_, data, err := g.conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		m, _ := event.Decode(data)
		if f, ok := m.Event.(event.Flow); ok && f.Skipped > 0 {
			if f.Skipped != 2*97 || f.Clients != 1 {
				t.Errorf("flow is %+v: want %d skipped", f, 2*97)
			}
			break
		}
	}
}

func TestMetricsAreBatchedAndNeverDropped(t *testing.T) {
	s, _ := start(t, Options{})
	g, _ := visit(t, s)
	g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicMetrics, Class: event.AllClasses, Rate: 50}}}, credit(2))
	const n = 3000
	go func() {
		for i := range n {
			s.Hub().Publish(event.Metrics{Points: []event.Point{{Step: i, Topo: float32(math.NaN())}}})
			if i%100 == 0 {
				time.Sleep(2 * time.Millisecond)
			}
		}
	}()
	next, messages := 0, 0
	for next < n {
		for _, p := range g.next().Event.(event.Metrics).Points {
			if p.Step != next || p.Topo == p.Topo {
				t.Fatalf("got point %+v, want step %d without topology term", p, next)
			}
			next++
		}
		messages++
		g.send(event.Credit{Topic: event.TopicMetrics, N: 1})
	}
	if messages > n/20 {
		t.Errorf("%d messages for %d points: want batches", messages, n)
	}
	for i := range 3 { // two credits are left: the third batch waits
		s.Hub().Publish(event.Metrics{Points: []event.Point{{Step: n + i}}})
		if i < 2 {
			g.next()
		}
	}
	time.Sleep(50 * time.Millisecond)
	g.nothingElse(1)
}

func TestMetricsComeAtTheRateAskedFor(t *testing.T) {
	s, _ := start(t, Options{})
	g, _ := visit(t, s)
	g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicMetrics, Class: event.AllClasses, Rate: 20}}}, credit(event.MaxCredit))
	began, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			s.Hub().Publish(event.Metrics{Points: []event.Point{{Step: i}}})
			time.Sleep(time.Millisecond)
		}
	}()
	messages := 0
	for last := -1; last < 299; messages++ {
		points := g.next().Event.(event.Metrics).Points
		last = points[len(points)-1].Step
		g.send(event.Credit{Topic: event.TopicMetrics, N: 1})
	}
	if most := 2 + int(time.Since(began)/(50*time.Millisecond)); messages > most {
		t.Errorf("%d messages in %v: want at most %d, 20 a second", messages, time.Since(began), most)
	}
	<-done
}

func TestHiddenPageCostsNothing(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	g, _ := visit(t, s)
	g.send(all(), credit(event.MaxCredit))
	h.Publish(images(0, 1, 2))
	g.next()
	if !h.Wants(event.TopicImages, 0) {
		t.Error("a looking viewer is not counted")
	}
	g.send(event.Subscribe{}) // hidden
	g.nothingElse(1)
	if h.Wants(event.TopicImages, 0) {
		t.Error("a hidden viewer is counted")
	}
	for step := 2; step < 50; step++ {
		h.Publish(images(0, step, 2))
		h.Publish(event.Log{Text: "unseen"})
	}
	g.nothingElse(2)
	h.mu.Lock()
	f := h.state[key{Kind: event.KindImages, Class: 0, Part: 0}]
	if len(f.prepared) != 0 {
		t.Error("an image nobody looks at was encoded")
	}
	h.mu.Unlock()
	g.send(all()) // shown again: it gets what it lacks
	kinds := map[event.Kind]int{}
	for range 1 + 48 {
		kinds[g.next().Event.Kind()]++
	}
	if kinds[event.KindImages] != 1 || kinds[event.KindLog] != 48 {
		t.Errorf("after coming back: %v", kinds)
	}
	g.send(all()) // the same wish again sends nothing twice
	g.nothingElse(3)
}

func TestSubscriptionChoosesClassSizeAndRate(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	for class := range 4 {
		h.Publish(images(class, 1, 64))
	}
	g, _ := visit(t, s)
	want := func(class, size int) event.Subscribe {
		return event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicImages, Class: class, Size: size}}}
	}
	g.send(want(2, 0), credit(event.MaxCredit))
	if i := g.next().Event.(event.Images); i.Class != 2 || i.Width != 64 {
		t.Errorf("got class %d at %d px: want class 2 at 64", i.Class, i.Width)
	}
	g.nothingElse(1)
	if h.Wants(event.TopicImages, 1) || !h.Wants(event.TopicImages, 2) {
		t.Error("Wants does not follow the class")
	}
	g.send(want(event.AllClasses, 20)) // overview: the others, small; class 2 is there in better quality
	for range 3 {
		if i := g.next().Event.(event.Images); i.Class == 2 || i.Width != 16 || len(i.Pixels) != 16*16*3 || i.Pixels[0] != 1 {
			t.Errorf("got class %d at %d px: want the others at 16", i.Class, i.Width)
		}
	}
	g.send(want(event.AllClasses, 40), credit(event.MaxCredit)) // larger: the three again
	for range 3 {
		if i := g.next().Event.(event.Images); i.Class == 2 || i.Width != 32 {
			t.Errorf("got class %d at %d px: want the others at 32", i.Class, i.Width)
		}
	}
	g.nothingElse(2)
	slow := event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicImages, Class: 0, Size: 40, Rate: 5}}}
	g.send(slow, credit(event.MaxCredit))
	g.nothingElse(3)
	h.Publish(images(0, 2, 64))
	g.next()
	began := time.Now()
	h.Publish(images(0, 3, 64))
	h.Publish(images(0, 4, 64))
	if i := g.next().Event.(event.Images); i.Step != 4 || time.Since(began) < 100*time.Millisecond {
		t.Errorf("got step %d after %v: want step 4 after 200 ms", i.Step, time.Since(began))
	}
}

func TestNewRunForgetsTheOld(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	h.Publish(event.Hello{Run: "one"})
	h.Publish(images(0, 1, 2))
	h.Publish(images(1, 1, 2))
	for range 5 {
		h.Publish(event.Metrics{Points: make([]event.Point, 9)})
	}
	g, _ := visit(t, s)
	g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicImages, Class: event.AllClasses},
		{Topic: event.TopicMetrics, Class: event.AllClasses, Rate: 1000}}}, credit(9))
	first := g.next()
	g.next()
	g.next()
	h.Publish(event.Hello{Run: "two"})
	if m := g.next(); m.Event.(event.Hello).Run != "two" || m.Run == first.Run {
		t.Errorf("hello of the second run: %+v", m)
	}
	h.Publish(images(0, 1, 2))
	if m := g.next(); m.Run == first.Run || m.Event.(event.Images).Class != 0 {
		t.Errorf("image of the second run: %+v", m)
	}
	h.Publish(event.Metrics{Points: []event.Point{{Step: 1}}})
	if p := g.next().Event.(event.Metrics).Points; len(p) != 1 || p[0].Step != 1 {
		t.Errorf("points of the second run: %v", p)
	}
	g.nothingElse(1)
	if n := h.Summary().Items["images"]; n != 1 {
		t.Errorf("%d images kept of two runs", n)
	}
}

func TestBadEventsAreLoggedNotPublished(t *testing.T) {
	s, log := start(t, Options{})
	h := s.Hub()
	h.Publish(nil)
	h.Publish(event.Images{Count: 1, Width: 9, Height: 9})
	h.Publish(event.Ack{ID: 1})
	h.Publish(event.Control{Op: event.Pause})
	if n := strings.Count(log.String(), "event not published"); n != 4 || len(h.state) != 0 {
		t.Errorf("%d of 4 bad events logged, state %v:\n%s", n, h.state, log)
	}
}

func TestShrinkHalves(t *testing.T) {
	r := event.Residual{Width: 4, Height: 2, Index: []int{0}, Before: make([]byte, 24), Anchor: make([]byte, 24), After: make([]byte, 24)}
	small := shrink(r, halvings(r, 2))
	if err := event.Check(small); err != nil || small.(event.Residual).Width != 2 || small.(event.Residual).Height != 1 {
		t.Errorf("shrunk residual: %v", err)
	}
	if k := halvings(event.Status{}, 5); k != 0 {
		t.Errorf("a status is halved %d times", k)
	}
}

func TestShutdownSendsWhatIsLeftAndClosesWith1001(t *testing.T) {
	s, _ := start(t, Options{})
	g, _ := visit(t, s)
	g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicEvents, Class: event.AllClasses}}})
	g.nothingElse(1)
	for i := range 100 {
		s.Hub().Publish(event.Log{Text: fmt.Sprint(i)})
	}
	s.Hub().Publish(event.Result{Images: 5})
	done := make(chan error)
	go func() { done <- s.Hub().Close(t.Context()) }()
	lines, results := 0, 0
	for {
		m, err := g.read(10 * time.Second)
		if err != nil {
			if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
				t.Fatalf("ended with %v, want 1001", err)
			}
			break
		}
		switch m.Event.(type) {
		case event.Log:
			lines++
		case event.Result:
			results++
		}
	}
	if lines != 100 || results != 1 {
		t.Errorf("%d lines and %d results before the end, want all", lines, results)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	late, _, err := dial(s, map[string][]string{"Origin": {"http://" + s.testAddr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if _, _, err := late.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("a viewer after the end: %v, want 1001", err)
	}
}
