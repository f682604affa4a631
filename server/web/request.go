package web

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"reta/shared/event"
)

// Request is a control a viewer sent. It is answered once: by Answer, or by the hub when the run takes too long.
type Request struct {
	event.Control
	answer func(error)
}

// Answer reports to the viewer that the control was carried out (nil) or why not. Later calls do nothing.
func (r Request) Answer(err error) { r.answer(err) }

// ask checks a control of c and hands it to the run, or answers it at once.
func (h *Hub) ask(c *client, control event.Control) {
	reply := func(err error) {
		ack := event.Ack{ID: control.ID, OK: err == nil}
		if err != nil {
			ack.Error = err.Error()
		}
		h.mu.Lock()
		c.answer(ack)
		h.mu.Unlock()
	}
	h.mu.Lock()
	last, closed := c.lastID, h.closed
	c.lastID = max(last, control.ID)
	replay := !slices.Contains(h.hello.Capabilities, event.CapControl)
	h.mu.Unlock()
	switch {
	case control.ID <= last:
		reply(fmt.Errorf("control %d was answered before: want an id above %d", control.ID, last))
		return
	case !c.control:
		reply(errors.New("this link is view-only"))
		return
	case closed:
		reply(errors.New("the server ends"))
		return
	case replay:
		reply(errors.New("a replay has no run to control"))
		return
	case !slices.Contains(event.Ops(), control.Op):
		reply(fmt.Errorf("unknown control %.32q: want one of %q", control.Op, event.Ops()))
		return
	}
	var once sync.Once
	answer := func(err error) { once.Do(func() { reply(err) }) }
	timer := time.AfterFunc(h.timeouts.answer, func() { answer(fmt.Errorf("the run did not answer within %v", h.timeouts.answer)) })
	select {
	case h.controls <- Request{control, func(err error) { timer.Stop(); answer(err) }}:
	default:
		timer.Stop()
		answer(errors.New("the run is busy with earlier controls: try again"))
	}
}
