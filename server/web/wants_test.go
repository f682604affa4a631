package web

import (
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"reta/shared/event"
)

// Wants follows every viewer: of which topic and class, hidden or not, there or gone; and may be asked by anyone at any time.
func TestWantsFollowsTheViewers(t *testing.T) {
	s, _ := start(t, Options{})
	h := s.Hub()
	stop := make(chan struct{})
	var askers sync.WaitGroup
	defer func() { close(stop); askers.Wait() }()
	for range 2 {
		askers.Go(func() {
			for class := 0; ; class++ {
				select {
				case <-stop:
					return
				default:
					h.Wants(event.TopicCloud, class%4)
				}
			}
		})
	}
	check := func(when string, images ...int) {
		t.Helper()
		is := func(class int) bool {
			return slices.Contains(images, class) || slices.Contains(images, event.AllClasses)
		}
		eventually(t, when, func() bool {
			for class := range 4 {
				if h.Wants(event.TopicImages, class) != is(class) {
					return false
				}
			}
			return h.Wants(event.TopicImages, event.AllClasses) == (len(images) > 0)
		})
		if h.Wants(event.TopicCloud, 0) || h.Wants(event.TopicNone, 0) || h.Wants(200, 0) {
			t.Errorf("%s: what nobody subscribed to is wanted", when)
		}
	}
	look := func(g *guest, class int) {
		t.Helper()
		g.send(event.Subscribe{Topics: []event.Subscription{{Topic: event.TopicImages, Class: class}}})
	}
	check("nobody is there")
	one, _ := visit(t, s)
	check("a viewer that has not said what it wants")
	look(one, 2)
	check("one looks at class 2", 2)
	two, _ := visit(t, s)
	look(two, 3)
	check("another looks at class 3", 2, 3)
	look(one, event.AllClasses)
	check("the first looks at all", event.AllClasses)
	one.send(event.Subscribe{})
	check("the first is hidden", 3)
	two.conn.Close()
	check("the second is gone")
	look(one, 1)
	check("the first is back", 1)
	if n := testing.AllocsPerRun(100, func() { h.Wants(event.TopicImages, 0) }); n > 1 { // viewers beside allocate now and then
		t.Errorf("%v allocations a call", n)
	}
	h.mu.Lock()
	for c := range h.clients {
		c.end(websocket.CloseTryAgainLater, "too slow")
	}
	h.mu.Unlock()
	check("the first is on its way out")
}

func BenchmarkWants(b *testing.B) {
	h := newHub("", slog.Default())
	for range MaxClients {
		c := newClient(nil, false)
		c.subs[event.TopicImages] = &event.Subscription{Topic: event.TopicImages, Class: 1}
		h.clients[c] = struct{}{}
	}
	for b.Loop() {
		h.Wants(event.TopicImages, 0)
	}
}
