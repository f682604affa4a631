package engine

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"reta/shared/event"
)

// Fleet has an engine for each of several devices, which make items at the same time. The zero value of what is not set is that of
// a Host.
type Fleet struct {
	Publish func(member int, e event.Event) // receives what happens, of one engine in order
	Watched func() []event.Subscription
	Errors  io.Writer
	Backoff time.Duration
	Env     func(member int, item Item) []string // what an engine's environment has beside this process's; nil: nothing

	mu     sync.Mutex
	hosts  map[int]*Host // of the items that are being made, by member
	class  int
	paused bool
}

// Make has an engine make an item in a folder, as one member of the fleet, which makes one at a time. It returns as Host.Run does:
// with an error if the engine fails for the third time with nothing saved between.
func (f *Fleet) Make(ctx context.Context, member int, item Item, folder string) (Outcome, error) {
	h := &Host{Publish: func(e event.Event) { f.Publish(member, e) }, Watched: f.Watched, Errors: f.Errors, Backoff: f.Backoff, among: true}
	if f.Env != nil {
		h.env = f.Env(member, item)
	}
	f.mu.Lock()
	if f.hosts == nil {
		f.hosts = map[int]*Host{}
	}
	f.hosts[member] = h
	first := Start{Folder: folder, Class: f.class, Paused: f.paused, Item: &item}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.hosts, member)
		f.mu.Unlock()
	}()
	return h.Run(ctx, first)
}

// Suspend stops all engines with this process, and lets them go on with it, until done is closed.
func (f *Fleet) Suspend(done <-chan struct{}) { suspend(f.processes, done) }

func (f *Fleet) processes() (list []*os.Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.hosts {
		h.mu.Lock()
		if h.process != nil {
			list = append(list, h.process)
		}
		h.mu.Unlock()
	}
	return list
}

// Obey has all engines carry out what a viewer asks, and those of later items begin as it says. Settings are no matter of theirs: an item
// has its changes from its beginning.
func (f *Fleet) Obey(c event.Control) error {
	f.mu.Lock()
	switch c.Op {
	case event.Pause:
		f.paused = true
	case event.Resume:
		f.paused = false
	case event.ShowClass:
		f.class = c.Class
	}
	var hosts []*Host
	for _, h := range f.hosts {
		hosts = append(hosts, h)
	}
	f.mu.Unlock()
	var failed error
	obeyed := len(hosts) == 0
	for _, h := range hosts {
		if err := h.Obey(c); err != nil {
			failed = err
		} else {
			obeyed = true
		}
	}
	if obeyed { // an engine that is about to start begins as the fleet is
		return nil
	}
	return failed
}
