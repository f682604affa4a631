//go:build js

package main

import (
	"bytes"
	"encoding/json"
	"syscall/js"
	"time"

	"reta/shared/event"
	"reta/viewer/scene"
)

// message is what frame and page tell each other, as JSON text through postMessage.
// To the page: ready, report, failed. From it: view, control, act, retry.
type message struct {
	Type   string          `json:"type"`
	View   json.RawMessage `json:"view,omitempty"`
	Report *scene.Report   `json:"report,omitempty"`
	Op     event.Op        `json:"op,omitempty"`
	Name   string          `json:"name,omitempty"`
	Text   string          `json:"text,omitempty"`
}

// page is the HTML page around the frame.
type page struct {
	parent   js.Value
	origin   string
	inbox    []message
	pending  []string
	last     []byte
	reported time.Time
	label    string
	late     bool // a frame is due to report what came too soon after the last report
}

// reportEvery bounds how often the page's words change.
const reportEvery = 100 * time.Millisecond

// openPage listens to the page and answers its read-only question, retaState.
func openPage(g *game) *page {
	window := js.Global()
	p := &page{parent: window.Get("parent"), origin: window.Get("location").Get("origin").String()}
	window.Call("addEventListener", "message", js.FuncOf(func(_ js.Value, args []js.Value) any {
		e := args[0]
		if !e.Get("source").Equal(p.parent) || e.Get("origin").String() != p.origin || e.Get("data").Type() != js.TypeString {
			return nil
		}
		var m message
		if err := json.Unmarshal([]byte(e.Get("data").String()), &m); err == nil {
			p.inbox = append(p.inbox, m)
			wake()
		}
		return nil
	}))
	window.Set("retaState", js.FuncOf(func(js.Value, []js.Value) any {
		data, err := json.Marshal(g.viewer.Probe())
		if err != nil {
			return err.Error()
		}
		return string(data)
	}))
	p.post(message{Type: "hello"})
	return p
}

func (p *page) take() []message {
	in := p.inbox
	p.inbox = nil
	return in
}

func (p *page) acts() []string {
	a := p.pending
	p.pending = nil
	return a
}

func (p *page) post(m message) {
	if data, err := json.Marshal(m); err == nil {
		p.parent.Call("postMessage", string(data), p.origin)
	}
}

// report tells the page what changed, at most every reportEvery.
func (p *page) report(v *scene.Viewer) {
	if wait := reportEvery - time.Since(p.reported); wait > 0 {
		if !p.late {
			p.late = true
			time.AfterFunc(wait, wake)
		}
		return
	}
	p.late = false
	r := v.Report()
	p.describe(r.View.Scene, r.Label)
	data, err := json.Marshal(message{Type: "report", Report: &r})
	if err != nil {
		data, _ = json.Marshal(message{Type: "failed", Text: err.Error()})
	}
	if bytes.Equal(data, p.last) {
		return
	}
	p.last, p.reported = data, time.Now()
	p.parent.Call("postMessage", string(data), p.origin)
}

// describe gives the drawing its words, and fingers their say: where the scene does not
// scroll by itself, a vertical swipe scrolls the page.
func (p *page) describe(name, label string) {
	if label = name + "\n" + label; label == p.label {
		return
	}
	document := js.Global().Get("document")
	canvas := document.Call("querySelector", "canvas")
	if !canvas.Truthy() {
		return
	}
	p.label = label
	document.Get("body").Get("classList").Call("toggle", "flat", name != "images")
	canvas.Call("setAttribute", "role", "img")
	canvas.Call("setAttribute", "aria-label", label[len(name)+1:])
}

// fromPage does what the page asks.
func (g *game) fromPage(m message) {
	switch m.Type {
	case "view":
		if err := g.viewer.SetView(m.View); err != nil {
			g.page.post(message{Type: "failed", Text: err.Error()})
		}
	case "control":
		g.do(event.Control{Op: m.Op})
	case "act":
		g.page.pending = append(g.page.pending, m.Name)
	case "retry":
		g.socket.retry()
	}
}
