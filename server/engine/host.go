package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"time"

	"reta/shared/event"
)

// CrashFile is the file of a run's folder with the stack of the engine that crashed last.
const CrashFile = "crash.txt"

// failures without progress between them, after which an engine is not started again by itself.
const failures = 3

// Host starts engines, one after another, until one has done the work.
type Host struct {
	Publish func(event.Event)           // receives the run's events, in order
	Begin   func()                      // called before an engine begins anew, and says everything again; nil: nothing
	Record  func(path string)           // receives the path of the run's recording; nil: nobody reads it
	Watched func() []event.Subscription // what viewers look at; nil: there are none
	Errors  io.Writer                   // the engine's standard error
	Backoff time.Duration               // before the second engine; four times as long before the third
	Cache   string                      // folder in which engines save beside the run's: teachers in training; "" for none

	mu      sync.Mutex
	among   bool     // it is one of several, which are suspended together
	env     []string // of the engine, beside this process's
	engine  *conn    // the present one
	process *os.Process
	asked   map[uint64]chan error // controls without an answer
	lastID  uint64
	class   int           // shown last
	resume  chan struct{} // a viewer wants a new engine, when there is none
	at      place
	paused  bool
}

// place is where a run is.
type place struct {
	phase string
	done  int
	step  int
}

func (p place) String() string {
	if p.phase == "" {
		return "before the run began"
	}
	return fmt.Sprintf("in %s, at %d", p.phase, max(p.done, p.step))
}

// Run has engines do the work of the present command line. It returns the outcome of the one that came to an end of its
// own, or how the last one failed: after three failures in which nothing new was saved, and with viewers not before one of
// them has asked for another try, unless it is about an item. When ctx ends the engine is stopped as by an interrupt.
func (h *Host) Run(ctx context.Context, first Start) (Outcome, error) {
	program, err := os.Executable()
	if err != nil {
		return Outcome{}, fmt.Errorf("engine: %w", err)
	}
	h.resume = make(chan struct{}, 1)
	var failed int // since something was saved
	item, folder := first.Item, first.Folder
	h.class, h.paused = first.Class, first.Paused
	before := savedIn(h.Cache, folder)
	for {
		outcome, why, err := h.once(ctx, program, first, &folder)
		outcome.Folder = folder
		if err != nil || why == "" {
			return outcome, err
		}
		if ctx.Err() != nil {
			return outcome, fmt.Errorf("the engine %s while it was stopped; the run goes on from its last checkpoint when it is continued: %w", why, ctx.Err())
		}
		failed++
		if now := savedIn(h.Cache, folder); now != before {
			failed, before = 1, now
		}
		var again <-chan time.Time
		switch {
		case failed < failures:
			wait := h.Backoff << (2 * (failed - 1))
			h.tell(event.Loading, fmt.Sprintf("the engine %s %s: it starts again from the last checkpoint in %v", why, h.at, wait))
			again = time.After(wait)
		case folder == "":
			return outcome, fmt.Errorf("the engine %s three times %s: most likely it is the device's driver; another --device may help", why, h.at)
		default:
			text := fmt.Sprintf("the engine %s %s, for the third time since the last checkpoint: most likely it is the device's driver or memory; another --device or a smaller batch may help",
				why, h.at)
			if h.Watched == nil || item != nil {
				return outcome, errors.New(text)
			}
			h.tell(event.Paused, text+"; resume to try again")
			failed = 0
		}
		select {
		case <-again:
		case <-h.resume:
			h.paused = false
		case <-ctx.Done():
			return outcome, ctx.Err()
		}
		h.mu.Lock()
		first = Start{Folder: folder, Why: why, Class: h.class, Paused: h.paused, Item: item}
		h.mu.Unlock()
		if h.Begin != nil {
			h.Begin()
		}
	}
}

// tell says what became of the engine.
func (h *Host) tell(state event.State, text string) {
	h.Publish(event.Log{Level: event.Warning, Text: text, Unix: time.Now().UnixMilli()})
	h.Publish(event.Status{State: state, Text: text, Phase: h.at.phase, Step: h.at.step})
}

// once runs one engine to its end. why, if not empty, says how it failed.
func (h *Host) once(ctx context.Context, program string, s Start, folder *string) (outcome Outcome, why string, err error) {
	cmd := exec.Command(program, os.Args[1:]...)
	cmd.Env = h.env
	said := &lines{to: h.Errors}
	cmd.Stdout, cmd.Stderr = said, said
	c, err := start(cmd)
	if err != nil {
		return outcome, "", err
	}
	defer c.rw.Close()
	ended := make(chan struct{})
	var helpers sync.WaitGroup
	helpers.Go(func() { pass(ctx, cmd.Process, ended) })
	if !h.among {
		helpers.Go(func() { suspend(func() []*os.Process { return []*os.Process{cmd.Process} }, ended) })
	}
	helpers.Go(func() { h.show(c, ended) })
	c.send(message{Start: &s})
	h.mu.Lock()
	h.engine, h.process, h.asked = c, cmd.Process, map[uint64]chan error{}
	h.mu.Unlock()
	done := false
	for {
		m, err := c.receive()
		if err != nil {
			break
		}
		switch {
		case m.Event != nil:
			if decoded, err := event.Decode(m.Event); err == nil {
				h.follow(decoded.Event, folder)
				h.Publish(decoded.Event)
			}
		case m.Ack != nil:
			h.answer(*m.Ack)
		case m.Log != "":
			if h.Record != nil {
				h.Record(m.Log)
			}
		case m.Outcome != nil:
			outcome, done = *m.Outcome, true
		}
	}
	h.mu.Lock()
	h.engine, h.process = nil, nil
	for id := range h.asked {
		h.asked[id] <- errors.New("the engine ended: try again")
	}
	h.asked = nil
	h.mu.Unlock()
	cmd.Wait()
	close(ended)
	helpers.Wait()
	trace := said.end()
	switch {
	case !done:
		why = how(cmd.ProcessState)
		if trace != "" {
			first, _, _ := strings.Cut(trace, "\n")
			why += " (" + first + ")"
		}
		h.keep(trace, *folder)
	default:
		io.WriteString(h.Errors, trace) // of a line like a crash's, which was none
		if outcome.Again {
			why = "ended: " + outcome.Text
		}
	}
	return outcome, why, nil
}

// keep writes what a crashing engine said about itself beside the run, or prints it before there is one.
func (h *Host) keep(trace, folder string) {
	if trace == "" {
		return
	}
	if folder != "" {
		path := filepath.Join(folder, CrashFile)
		if err := os.WriteFile(path, []byte(trace), 0o644); err == nil {
			h.Publish(event.Log{Level: event.Warning, Text: "the engine's stack is in " + path, Unix: time.Now().UnixMilli()})
			return
		}
	}
	io.WriteString(h.Errors, trace)
}

// follow keeps where the run is.
func (h *Host) follow(e event.Event, folder *string) {
	switch e := e.(type) {
	case event.Hello:
		*folder = e.Run
	case event.Status:
		h.paused = e.State == event.Paused
		if e.Phase != "" {
			h.at = place{e.Phase, e.Done, e.Step}
		}
	}
}

// pass hands the signals that this process gets on to the engine, which is in a process group of its own; and, at the end of
// ctx, an interrupt, in case that had another cause.
func pass(ctx context.Context, to *os.Process, ended <-chan struct{}) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	told := false
	for {
		select {
		case s := <-signals:
			to.Signal(s)
			told = true
		case <-ctx.Done():
			ctx = context.Background()
			select {
			case s := <-signals:
				to.Signal(s)
			case <-time.After(50 * time.Millisecond):
				if !told {
					to.Signal(os.Interrupt)
				}
			}
			told = true
		case <-ended:
			return
		}
	}
}

// show keeps the engine informed of what viewers look at.
func (h *Host) show(c *conn, ended <-chan struct{}) {
	if h.Watched == nil {
		return
	}
	var told []event.Subscription
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if now := h.Watched(); !reflect.DeepEqual(now, told) {
			told = now
			c.send(message{Watched: &watched{now}})
		}
		select {
		case <-tick.C:
		case <-ended:
			return
		}
	}
}

// Obey has the engine carry out what a viewer asks, and returns what it answers.
func (h *Host) Obey(control event.Control) error {
	answer := make(chan error, 1)
	h.mu.Lock()
	if control.Op == event.ShowClass {
		h.class = control.Class
	}
	c := h.engine
	if c == nil {
		h.mu.Unlock()
		if control.Op == event.Resume {
			select {
			case h.resume <- struct{}{}:
			default:
			}
			return nil
		}
		return errors.New("the engine is not running: it starts again by itself, or when the run is resumed")
	}
	h.lastID++
	control.ID = h.lastID
	h.asked[control.ID] = answer
	h.mu.Unlock()
	if err := c.send(message{Control: &control}); err != nil {
		h.answer(event.Ack{ID: control.ID, Error: "the engine ended: try again"})
	}
	return <-answer
}

func (h *Host) answer(a event.Ack) {
	h.mu.Lock()
	answer, ok := h.asked[a.ID]
	delete(h.asked, a.ID)
	h.mu.Unlock()
	if !ok {
		return
	}
	if a.OK {
		answer <- nil
	} else {
		answer <- errors.New(a.Error)
	}
}
