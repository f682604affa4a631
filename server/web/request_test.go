package web

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"reta/shared/event"
)

func TestControlsAreAnsweredOnceById(t *testing.T) {
	s, _ := start(t, Options{})
	g, _ := visit(t, s)
	other, _ := visit(t, s)
	g.send(event.Control{ID: 7, Op: event.Pause})
	r := <-s.Hub().Controls()
	if r.ID != 7 || r.Op != event.Pause {
		t.Errorf("the run is asked %+v", r.Control)
	}
	r.Answer(nil)
	r.Answer(errors.New("a second answer"))
	if a := g.next().Event; a != (event.Ack{ID: 7, OK: true}) {
		t.Errorf("answer is %+v", a)
	}
	g.send(event.Control{ID: 8, Op: event.ShowClass, Class: 99})
	r = <-s.Hub().Controls()
	r.Answer(errors.New("class 99: want 0 to 9"))
	if a := g.next().Event; a != (event.Ack{ID: 8, Error: "class 99: want 0 to 9"}) {
		t.Errorf("answer is %+v", a)
	}
	for id, want := range map[uint64]string{7: "answered before", 8: "answered before"} {
		g.send(event.Control{ID: id, Op: event.Resume})
		if a := g.next().Event.(event.Ack); a.OK || a.ID != id || !strings.Contains(a.Error, want) {
			t.Errorf("repeated id: %+v", a)
		}
	}
	g.send(event.Control{ID: 9, Op: "explode"})
	if a := g.next().Event.(event.Ack); a.OK || !strings.Contains(a.Error, `unknown control "explode"`) {
		t.Errorf("unknown op: %+v", a)
	}
	// nobody takes them: the queue is bounded and the rest refused at once
	for i := range 100 {
		g.send(event.Control{ID: uint64(100 + i), Op: event.StepOnce})
	}
	for range 100 - cap(s.hub.controls) {
		if a := g.next().Event.(event.Ack); a.OK || !strings.Contains(a.Error, "busy") {
			t.Errorf("more controls than the run takes: %+v", a)
		}
	}
	for range cap(s.hub.controls) {
		(<-s.Hub().Controls()).Answer(nil)
	}
	other.nothingElse(1) // nobody else hears the answers
}

func TestReplayTakesNoControls(t *testing.T) {
	s, _ := start(t, Options{})
	s.Hub().Publish(event.Hello{Run: "old", Capabilities: []string{event.CapReplay}})
	g, hello := visit(t, s)
	if !reflect.DeepEqual(hello.Capabilities, []string{event.CapReplay}) {
		t.Errorf("capabilities %v", hello.Capabilities)
	}
	g.send(event.Control{ID: 1, Op: event.Pause})
	if a := g.next().Event.(event.Ack); a.OK || !strings.Contains(a.Error, "replay") {
		t.Errorf("answer is %+v", a)
	}
}

func TestUnansweredControlIsAnsweredByTheHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub("", nil)
		c := newClient(nil, true)
		h.ask(c, event.Control{ID: 1, Op: event.Pause})
		r := <-h.Controls()
		time.Sleep(h.timeouts.answer - time.Millisecond)
		synctest.Wait()
		answers := func() []event.Ack {
			h.mu.Lock()
			defer h.mu.Unlock()
			return c.answers
		}
		if len(answers()) != 0 {
			t.Error("answered too early")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		r.Answer(nil)
		if a := answers(); len(a) != 1 || a[0].OK || !strings.Contains(a[0].Error, "did not answer within 30s") {
			t.Errorf("answers: %+v", a)
		}
	})
}
