//go:build js

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall/js"
	"time"

	"reta/shared/event"
	"reta/viewer/app"
)

// socket keeps a connection to the server. It reads as messages come, whether or not
// a frame is drawn; how many may come is bounded by the credits that frames grant. After
// a loss it sends the same run what it holds already, so that only the rest is sent.
type socket struct {
	mu    sync.Mutex
	inbox []event.Message
	link  app.Link
	until time.Time // of the next attempt
	out   chan event.Event
	again chan struct{}
	held  event.Ledger // of keep's goroutine alone
}

// Bounds of the waiting times between attempts, of which half to all is waited, by
// chance (0.5 to 15 s), and how long a silent server counts as alive.
const (
	backoffFirst = time.Second
	backoffMost  = 15 * time.Second
	silence      = 30 * time.Second // the server's heartbeat comes every five
)

func newSocket() *socket {
	s := &socket{link: app.Link{State: "connecting"}, out: make(chan event.Event, 256), again: make(chan struct{}, 1)}
	go s.keep()
	return s
}

// take returns what arrived since the last call, and how the connection does.
func (s *socket) take() ([]event.Message, app.Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.inbox
	s.inbox = nil
	link := s.link
	if link.State == "lost" || link.State == "refused" {
		link.Retry = max(0, float64(int(time.Until(s.until).Seconds()+0.99)))
	}
	return in, link
}

// send queues a message for the server. One that finds no connection is dropped: what
// it asked for is asked again after the next hello.
func (s *socket) send(e event.Event) {
	select {
	case s.out <- e:
	default:
	}
}

// retry ends the wait for the next attempt.
func (s *socket) retry() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}

func (s *socket) set(link app.Link) {
	s.mu.Lock()
	s.link = link
	s.mu.Unlock()
	wake()
}

// keep connects, and connects again after every loss, waiting longer each time.
func (s *socket) keep() {
	wait := backoffFirst
	for {
		opened := time.Now()
		err := s.connect()
		if time.Since(opened) > 5*time.Second {
			wait = backoffFirst
		}
		d := time.Duration(float64(wait) * (0.5 + 0.5*rand.Float64()))
		s.mu.Lock()
		s.until = time.Now().Add(d)
		s.mu.Unlock()
		state := "lost"
		if errors.As(err, new(refusal)) {
			state = "refused"
		}
		s.set(app.Link{State: state, Error: reason(err)})
		s.pause(d)
		wait = min(2*wait, backoffMost)
	}
}

// pause waits for d or for a retry, and lets the page count the seconds.
func (s *socket) pause(d time.Duration) {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			wake()
		case <-s.again:
			return
		case <-end.C:
			return
		}
	}
}

// besidePage is the address of something beside this page, for a scheme, http or ws. It passes on the address under which the page
// was opened: the server names it when it refuses it.
func besidePage(scheme, name string) string {
	l := js.Global().Get("location")
	path := l.Get("pathname").String()
	folder := l.Get("origin").String() + path[:strings.LastIndex(path, "/")+1]
	return scheme + strings.TrimPrefix(folder, "http") + name + "?page=" + js.Global().Call("encodeURIComponent", folder).String()
}

// refusal is why the server takes no connection of this page, in its words.
type refusal string

func (r refusal) Error() string { return string(r) }

// refused asks why no socket was to be had, since a browser tells a page nothing of that: a refusal, or nil.
func refused() error {
	answer, err := await(js.Global().Call("fetch", besidePage("http", "ws"), map[string]any{
		"credentials": "same-origin", "signal": js.Global().Get("AbortSignal").Call("timeout", 5000)}))
	if err != nil {
		return nil
	}
	switch answer.Get("status").Int() {
	case 401, 403, 421:
		if words, err := await(answer.Call("text")); err == nil {
			return refusal(strings.TrimSpace(words.String()))
		}
	}
	return nil
}

// connect speaks with the server until the connection ends.
func (s *socket) connect() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	soon, stop := context.WithTimeout(ctx, 10*time.Second)
	conn, err := dial(soon, besidePage("ws", "ws"))
	stop()
	if err != nil {
		if why := refused(); why != nil {
			return why
		}
		return err
	}
	defer conn.close()
	alive := time.AfterFunc(silence, cancel)
	defer alive.Stop()
	helloRead := false
	for {
		data, err := conn.read(ctx)
		if err != nil {
			return err
		}
		alive.Reset(silence)
		m, err := event.Decode(data)
		if err != nil && !errors.Is(err, event.ErrUnknownKind) {
			return err
		}
		if !helloRead {
			if helloRead = true; m.Event == nil || m.Event.Kind() != event.KindHello {
				return errors.New("the server does not say hello first: reload")
			}
			s.drop()
			var held []event.Event
			if r, ok := s.held.Resumption(m.Run); ok {
				held = append(held, r)
			}
			go s.write(ctx, conn, held)
			s.set(app.Link{State: "open"})
		}
		s.held.Note(m)
		s.mu.Lock()
		s.inbox = append(s.inbox, m)
		s.mu.Unlock()
		wake()
	}
}

// drop forgets what was queued for an earlier connection.
func (s *socket) drop() {
	for {
		select {
		case <-s.out:
		default:
			return
		}
	}
}

// write sends what is held, if anything, and then what is queued: nothing overtakes it,
// for a subscription that came before would bring it all again.
func (s *socket) write(ctx context.Context, conn *webSocket, held []event.Event) {
	for {
		var e event.Event
		if len(held) > 0 {
			e, held = held[0], nil
		} else {
			select {
			case <-ctx.Done():
				return
			case e = <-s.out:
			}
		}
		data, err := event.Encode(event.Message{Event: e})
		if err == nil {
			err = conn.write(data)
		}
		if err != nil {
			conn.fail(err)
			return
		}
	}
}

// reason is an error in words for the page.
func reason(err error) string {
	var closed closeError
	if errors.As(err, &closed) {
		return closed.reason
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return "the server is silent"
	}
	return err.Error()
}
