//go:build js

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"syscall/js"
	"time"

	"reta/viewer/app"
	"reta/viewer/ui"
)

// message is what frame and page tell each other, as JSON text through postMessage. To the page: hello, ready, report,
// say, failed. From it: view, act, text, retry; and a file, as the object it is.
type message struct {
	Type     string          `json:"type"`
	Manifest *app.Manifest   `json:"manifest,omitempty"`
	Report   *app.Report     `json:"report,omitempty"`
	Name     string          `json:"name,omitempty"`
	Arg      json.RawMessage `json:"arg,omitempty"`
	Text     string          `json:"text,omitempty"`
	Bad      bool            `json:"bad,omitempty"`
}

// page is the HTML page around the frame.
type page struct {
	parent   js.Value
	origin   string
	view     []byte // newest that the page sent
	pending  []ui.Act
	again    bool // connect now
	last     []byte
	reported time.Time
	label    string
	late     bool // a frame is due to report what came too soon after the last report
}

// reportEvery bounds how often the page's words change.
const reportEvery = 100 * time.Millisecond

// openPage listens to the page and answers its read-only question, retaState.
func openPage(v *app.Viewer) *page {
	window := js.Global()
	p := &page{parent: window.Get("parent"), origin: window.Get("location").Get("origin").String()}
	window.Call("addEventListener", "message", js.FuncOf(func(_ js.Value, args []js.Value) any {
		e := args[0]
		if e.Get("source").Equal(p.parent) && e.Get("origin").String() == p.origin {
			p.receive(e.Get("data"))
		}
		return nil
	}))
	window.Set("retaState", js.FuncOf(func(js.Value, []js.Value) any {
		data, err := json.Marshal(v.Probe())
		if err != nil {
			return err.Error()
		}
		return string(data)
	}))
	m := app.NewManifest()
	p.post(message{Type: "hello", Manifest: &m})
	return p
}

// receive takes in what the page says.
func (p *page) receive(data js.Value) {
	if data.Type() != js.TypeString {
		if data.Type() == js.TypeObject && data.Get("type").Equal(js.ValueOf("file")) {
			p.read(data.Get("file"))
		}
		return
	}
	text := []byte(data.String())
	var m message
	if json.Unmarshal(text, &m) != nil {
		return
	}
	switch m.Type {
	case "view":
		p.view = text
	case "act":
		arg := string(m.Arg)
		if json.Unmarshal(m.Arg, &arg) != nil && arg == "null" {
			arg = ""
		}
		p.pending = append(p.pending, ui.Act{Name: m.Name, Arg: arg})
	case "text":
		p.pending = append(p.pending, ui.Act{Name: m.Name, Arg: m.Text})
	case "retry":
		p.again = true
	}
	wake()
}

// fileMost bounds a file that the page opens.
const fileMost = 1 << 30

// read takes in a file that the user chose or dropped.
func (p *page) read(file js.Value) {
	name := file.Get("name").String()
	if size := file.Get("size").Float(); size > fileMost {
		p.post(message{Type: "say", Bad: true, Text: fmt.Sprintf("%s has %.0f MB: the page opens files up to %d MB", name, size/1e6, fileMost/1000000)})
		return
	}
	var done, failed js.Func
	end := func() { done.Release(); failed.Release() }
	done = js.FuncOf(func(_ js.Value, args []js.Value) any {
		bytes := js.Global().Get("Uint8Array").New(args[0])
		data := make([]byte, bytes.Length())
		js.CopyBytesToGo(data, bytes)
		p.pending = append(p.pending, ui.Act{Name: "file", Arg: name, Data: data})
		wake()
		end()
		return nil
	})
	failed = js.FuncOf(func(_ js.Value, args []js.Value) any {
		p.post(message{Type: "say", Bad: true, Text: name + " cannot be read: " + args[0].Call("toString").String()})
		end()
		return nil
	})
	file.Call("arrayBuffer").Call("then", done, failed)
}

// acts returns what was asked since the last call.
func (p *page) acts() []ui.Act {
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
func (p *page) report(v *app.Viewer) {
	if wait := reportEvery - time.Since(p.reported); wait > 0 {
		if !p.late {
			p.late = true
			time.AfterFunc(wait, wake)
		}
		return
	}
	p.late = false
	r := v.Report()
	p.describe(v.SceneName(), v.Scrolls(), r.Label)
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
func (p *page) describe(name string, scrolls bool, label string) {
	if label = name + "\n" + label; label == p.label {
		return
	}
	document := js.Global().Get("document")
	canvas := document.Call("querySelector", "canvas")
	if !canvas.Truthy() {
		return
	}
	p.label = label
	document.Get("body").Get("classList").Call("toggle", "flat", !scrolls)
	canvas.Call("setAttribute", "role", "img")
	canvas.Call("setAttribute", "aria-label", label[len(name)+1:])
}

// takeView is the newest view that the page sent since the last call, nil for none.
func (p *page) takeView() []byte {
	data := p.view
	p.view = nil
	return data
}

// takeRetry reports whether the page asked since the last call to connect at once.
func (p *page) takeRetry() bool {
	again := p.again
	p.again = false
	return again
}
