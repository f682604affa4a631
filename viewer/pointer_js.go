//go:build js

package main

import (
	"math"
	"syscall/js"

	"reta/viewer/ui"
)

// pointer gathers mouse, pen and fingers from the browser's pointer events. The
// drawing toolkit's own listeners never see them: they know no cancelled touch, no
// wheel by lines, and would draw a frame for every move.
type pointer struct {
	in    ui.Input
	down  map[int]ui.Point // pointers held, by id
	moved float64          // since the first went down
	many  bool             // a second finger came in between
	grabs func() bool      // the scene scrolls by itself; otherwise the page does
}

// clickSlack is how far a pointer may stray and still have clicked.
const clickSlack = 6.0

func listen(grabs func() bool) *pointer {
	p := &pointer{down: map[int]ui.Point{}, grabs: grabs}
	for kind, f := range map[string]func(js.Value){
		"pointerdown": p.press, "pointermove": p.move, "pointerup": p.release, "pointercancel": p.cancel,
		"pointerout": p.leave, "wheel": p.wheel, "contextmenu": p.menu,
	} {
		on(kind, func(e js.Value) { f(e); wake() })
	}
	for _, kind := range []string{"mousedown", "mousemove", "mouseup", "touchstart", "touchmove", "touchend"} {
		on(kind, func(js.Value) {})
	}
	return p
}

// on takes an event before anyone else in the frame does.
func on(kind string, f func(js.Value)) {
	options := map[string]any{"capture": true, "passive": false}
	js.Global().Call("addEventListener", kind, js.FuncOf(func(_ js.Value, args []js.Value) any {
		args[0].Call("stopImmediatePropagation")
		f(args[0])
		return nil
	}), options)
}

func position(e js.Value) (int, ui.Point) {
	return e.Get("pointerId").Int(), ui.Point{X: e.Get("clientX").Float(), Y: e.Get("clientY").Float()}
}

func (p *pointer) press(e js.Value) {
	id, at := position(e)
	if len(p.down) == 0 {
		p.moved, p.many, p.in.Pressed = 0, false, true
		p.in.Alt = e.Get("shiftKey").Bool() || e.Get("button").Int() == 2
	}
	p.down[id] = at
	p.many = p.many || len(p.down) > 1
	p.in.Pointer, p.in.Inside, p.in.Down = at, true, true
	capture(e.Get("target"), id)
}

// capture keeps a drag's events coming when it leaves the frame. The browser throws for
// a pointer that is up again already; then there is nothing to keep.
func capture(target js.Value, id int) {
	defer func() {
		if err := recover(); err != nil {
			if _, ok := err.(js.Error); !ok {
				panic(err)
			}
		}
	}()
	target.Call("setPointerCapture", id)
}

func (p *pointer) move(e js.Value) {
	id, at := position(e)
	from, held := p.down[id]
	p.in.Pointer, p.in.Inside = at, true
	if !held {
		return
	}
	if len(p.down) == 2 {
		p.pinch(id, from, at)
	}
	d := at.Sub(from)
	share := 1 / float64(len(p.down))
	p.in.Drag = p.in.Drag.Add(ui.Point{X: d.X * share, Y: d.Y * share})
	p.moved += math.Hypot(d.X, d.Y)
	p.down[id] = at
}

// pinch turns the change of two fingers' distance into a zoom between them.
func (p *pointer) pinch(id int, from, to ui.Point) {
	for other, q := range p.down {
		if other == id {
			continue
		}
		before, after := from.Sub(q), to.Sub(q)
		if l := math.Hypot(before.X, before.Y); l > 1 {
			p.zoom(math.Hypot(after.X, after.Y)/l, ui.Point{X: (to.X + q.X) / 2, Y: (to.Y + q.Y) / 2})
		}
	}
}

func (p *pointer) zoom(f float64, at ui.Point) {
	if p.in.Zoom == 0 {
		p.in.Zoom = 1
	}
	p.in.Zoom, p.in.ZoomAt = p.in.Zoom*f, at
}

func (p *pointer) release(e js.Value) {
	id, at := position(e)
	if _, held := p.down[id]; !held {
		return
	}
	delete(p.down, id)
	p.in.Pointer, p.in.Down = at, len(p.down) > 0
	p.in.Clicked = len(p.down) == 0 && !p.many && p.moved < clickSlack
}

func (p *pointer) cancel(e js.Value) {
	id, _ := position(e)
	delete(p.down, id)
	p.in.Down, p.in.Inside = len(p.down) > 0, false
}

func (p *pointer) leave(e js.Value) {
	if len(p.down) == 0 {
		p.in.Inside = false
	}
}

// menu keeps the browser's menu away where the right button has a meaning.
func (p *pointer) menu(e js.Value) {
	if p.grabs() {
		e.Call("preventDefault")
	}
}

// wheel scrolls, or zooms with ctrl, which is also what a pinched touchpad sends.
func (p *pointer) wheel(e js.Value) {
	if !p.grabs() {
		return
	}
	e.Call("preventDefault")
	unit := [3]float64{1, 18, 400}[min(max(e.Get("deltaMode").Int(), 0), 2)]
	dx, dy := e.Get("deltaX").Float()*unit, e.Get("deltaY").Float()*unit
	if e.Get("ctrlKey").Bool() {
		p.zoom(math.Exp(-min(max(dy, -60), 60)/120), ui.Point{X: e.Get("clientX").Float(), Y: e.Get("clientY").Float()})
		return
	}
	p.in.Wheel = p.in.Wheel.Add(ui.Point{X: dx, Y: dy})
}

// take returns what happened since the last call.
func (p *pointer) take() ui.Input {
	in := p.in
	p.in.Pressed, p.in.Clicked, p.in.Drag, p.in.Wheel, p.in.Zoom = false, false, ui.Point{}, ui.Point{}, 0
	return in
}
