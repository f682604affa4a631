package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"reta/server/run"
	"reta/shared/event"
)

// seat is a viewer's place at a running server.
type seat struct {
	t    *testing.T
	conn *websocket.Conn
	id   uint64 // of its last control
	told []event.Event
}

// sit connects to a server that is starting, and asks for what is told of its run.
func sit(t *testing.T, address string) *seat {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{event.Protocol}, HandshakeTimeout: 5 * time.Second}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		conn, _, err := d.Dial("ws://"+address+"/ws", http.Header{"Origin": {"http://" + address}})
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			s := &seat{t: t, conn: conn}
			s.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicStatus, Class: event.AllClasses}, {Topic: event.TopicEvents, Class: event.AllClasses}}})
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func (s *seat) send(e event.Event) {
	s.t.Helper()
	data, err := event.Encode(event.Message{Event: e})
	if err == nil {
		err = s.conn.WriteMessage(websocket.BinaryMessage, data)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// until reads on to the event that is looked for, and gives credits for more.
func (s *seat) until(what string, is func(event.Event) bool) event.Event {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	for {
		s.send(event.Credit{N: event.MaxCredit})
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			s.t.Fatalf("waiting for %s: %v", what, err)
		}
		m, err := event.Decode(data)
		if err != nil {
			s.t.Fatal(err)
		}
		s.told = append(s.told, m.Event)
		if is(m.Event) {
			return m.Event
		}
	}
}

// ask sends a control and returns what its answer says, "" for yes.
func (s *seat) ask(c event.Control) string {
	s.t.Helper()
	s.id++
	c.ID = s.id
	s.send(c)
	a := s.until("the answer", func(e event.Event) bool { a, ok := e.(event.Ack); return ok && a.ID == c.ID }).(event.Ack)
	if a.OK != (a.Error == "") {
		s.t.Errorf("answer %+v", a)
	}
	return a.Error
}

// A viewer steers a run that waits at its first step: every control is answered by its number while the run rests, what
// is changed is told with its step, kept in the folder and named by the report; a viewer that comes later is told all.
func TestViewerSteersARun(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	dir := t.TempDir()
	words := strings.Fields(fmt.Sprintf("--classes 2 --per-class 4 --ipc 2 --steps 4 --paused --listen %s --cache %s/cache --run-dir %s/run", address, dir, dir))
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan string, 1)
	go func() {
		_, stderr, err := shell(ctx, t, run.NewGate(), words...)
		ended <- fmt.Sprint(stderr, err)
	}()
	s := sit(t, address)
	s.until("the pause", func(e event.Event) bool { st, ok := e.(event.Status); return ok && st.State == event.Paused })
	for _, c := range []struct {
		ask  event.Control
		want string
	}{
		{event.Control{Op: event.Undo}, "no change is left to take back"},
		{event.Control{Op: event.SetValue, Name: "alpha", Value: 0.25}, ""},
		{event.Control{Op: event.SetValue, Name: "alpha", Value: math.NaN()}, "alpha = NaN: want 0 to 1"},
		{event.Control{Op: event.SetValue, Name: "alpha", Value: math.Inf(1)}, "alpha = +Inf: want 0 to 1"},
		{event.Control{Op: event.SetValue, Name: "seed", Value: 1}, `setting "seed" cannot change`},
		{event.Control{Op: event.SetValue, Name: "lr", Value: 0.5}, ""},
		{event.Control{Op: event.Undo}, ""},
	} {
		if got := s.ask(c.ask); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s %s %g: answer %q, want %q", c.ask.Op, c.ask.Name, c.ask.Value, got, c.want)
		}
	}
	late := sit(t, address)
	changes := map[int]event.Change{}
	settings := late.until("three changes and the settings", func(e event.Event) bool {
		if c, ok := e.(event.Change); ok {
			changes[c.ID] = c
		}
		now, ok := e.(event.Settings)
		return ok && now.Changes == 3
	}).(event.Settings)
	for id, want := range map[int]event.Change{
		1: {ID: 1, Name: "alpha", From: 0.5, To: 0.25, By: "viewer"}, 2: {ID: 2, Name: "lr", To: 0.5, By: "viewer"},
		3: {ID: 3, Name: "lr", From: 0.5, By: "undo", Undo: true, Of: 2},
	} {
		got := changes[id]
		if got.Unix == 0 {
			t.Errorf("change %d is of no time", id)
		}
		if got.Unix = 0; id == 2 {
			got.From = 0
		} else if id == 3 {
			got.To = 0
		}
		if got != want {
			t.Errorf("the late viewer is told %+v, want %+v", got, want)
		}
	}
	for _, v := range settings.List {
		if want := map[bool]float64{true: 0.25, false: v.Default}[v.Name == "alpha"]; v.Value != want {
			t.Errorf("%s is %g, want %g", v.Name, v.Value, want)
		}
	}
	if why := s.ask(event.Control{Op: event.Resume}); why != "" {
		t.Fatal(why)
	}
	s.until("the result", func(e event.Event) bool { _, ok := e.(event.Result); return ok })
	if why := s.ask(event.Control{Op: event.SetValue, Name: "alpha", Value: 1}); !strings.Contains(why, "has made its last step") {
		t.Errorf("after the end: answer %q", why)
	}
	end()
	if told := <-ended; !strings.Contains(told, "setting alpha: 0.5 -> 0.25 after step 0 ") {
		t.Errorf("the log does not say what was changed:\n%s", told)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "run", "changes.jsonl"))
	if err != nil || bytes.Count(kept, []byte("\n")) != 3 {
		t.Errorf("kept %s (%v), want three changes", kept, err)
	}
	stdout, _, err := shell(t.Context(), t, run.NewGate(), "report", filepath.Join(dir, "run"))
	if err != nil || !strings.Contains(stdout, "settings changed during the run: alpha 0.5 -> 0.25 after step 0, lr ") || !strings.Contains(stdout, " (undo)") {
		t.Errorf("report: %v\n%s", err, stdout)
	}
}
