//go:build js

package main

import (
	"syscall/js"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"reta/shared/event"
	"reta/viewer/app"
)

// game is the program as the drawing toolkit sees it: Update takes in what came from
// server, page and pointer, Draw paints. Both run on one goroutine, which alone
// touches the viewer.
type game struct {
	viewer  *app.Viewer
	canvas  *canvas
	socket  *socket // nil for a page without a server
	past    *past
	pointer *pointer
	page    *page

	asked event.Subscribe // last subscription sent
	drawn bool
}

// Update implements ebiten.Game.
func (g *game) Update() error {
	began := time.Now()
	defer func() { g.viewer.Busy += time.Since(began).Seconds() }()
	g.watchScale()
	g.takeView()
	g.past.update(g.viewer)
	if g.socket != nil {
		g.receive()
	}
	in := g.pointer.take()
	in.Now = now()
	in.Acts = g.page.acts()
	if g.viewer.Update(in) {
		wake()
	}
	out := g.viewer.TakeEvents()
	if g.socket != nil {
		g.subscribe()
		for _, e := range out {
			g.socket.send(e)
		}
	}
	for _, s := range g.viewer.TakeAnnouncements() {
		g.page.post(message{Type: "say", Text: s.Text, Bad: s.Bad})
	}
	g.page.report(g.viewer)
	return nil
}

// takeView takes over what the page asked of the view and the connection.
func (g *game) takeView() {
	if data := g.page.takeView(); data != nil {
		if err := g.viewer.SetView(data); err != nil {
			g.page.post(message{Type: "failed", Text: err.Error()})
		}
	}
	if g.page.takeRetry() && g.socket != nil {
		g.socket.retry()
	}
}

// watchScale loads the frame again when the device's pixel ratio changed, as it does
// between screens: the toolkit reads it once. The page keeps the view.
func (g *game) watchScale() {
	window := js.Global()
	if ratio := window.Get("devicePixelRatio").Float(); ratio != ebiten.Monitor().DeviceScaleFactor() {
		window.Get("location").Call("reload")
	}
}

// receive applies all that arrived and grants as many credits as were spent.
func (g *game) receive() {
	messages, link := g.socket.take()
	g.viewer.Link = link
	spent := map[event.Topic]int{}
	for _, m := range messages {
		if m.Event == nil {
			g.viewer.Live.Unknown++
			continue
		}
		if _, ok := m.Event.(event.Hello); ok {
			g.asked = event.Subscribe{}
			clear(spent) // an earlier connection's
			g.grantFirstCredits()
		}
		spent[m.Event.Kind().Topic()]++
		g.viewer.Receive(m, now())
	}
	for topic, n := range spent {
		if topic != event.TopicNone && topic != event.TopicEvents {
			g.socket.send(event.Credit{Topic: topic, N: n})
		}
	}
}

// grantFirstCredits grants the first credits of a connection: enough images in flight to keep a
// grid of classes moving, two of everything else.
func (g *game) grantFirstCredits() {
	for _, topic := range event.Topics() {
		n := 2
		if topic == event.TopicImages || topic == event.TopicResidual {
			n = event.MaxCredit
		}
		g.socket.send(event.Credit{Topic: topic, N: n})
	}
}

// subscribe tells the server what the page looks at, when that changed.
func (g *game) subscribe() {
	if g.viewer.Link.State != "open" || g.viewer.Live.Hello.Major == 0 {
		return
	}
	want := g.viewer.Subscription()
	if equal(want, g.asked) {
		return
	}
	class := g.classOf(want)
	if class >= 0 && class != g.classOf(g.asked) && g.viewer.Live.Hello.Control {
		g.viewer.Control(event.Control{Op: event.ShowClass, Class: class})
	}
	g.socket.send(want)
	g.asked = want
}

func equal(a, b event.Subscribe) bool {
	if len(a.Topics) != len(b.Topics) {
		return false
	}
	for i := range a.Topics {
		if a.Topics[i] != b.Topics[i] {
			return false
		}
	}
	return true
}

// classOf is the class whose clouds a subscription asks for, -1 for none.
func (g *game) classOf(s event.Subscribe) int {
	for _, t := range s.Topics {
		if t.Topic == event.TopicCloud {
			return t.Class
		}
	}
	return -1
}

// Draw implements ebiten.Game.
func (g *game) Draw(screen *ebiten.Image) {
	began := time.Now()
	g.canvas.begin(screen)
	g.viewer.Draw(g.canvas, now())
	g.canvas.flush()
	g.save(screen)
	g.viewer.Busy += time.Since(began).Seconds()
	if !g.drawn {
		g.drawn = true
		g.page.post(message{Type: "ready"})
	}
}

// Layout implements ebiten.Game; LayoutF takes its place.
func (g *game) Layout(w, h int) (int, int) { return w, h }

// LayoutF gives the screen the canvas's device pixels, cut as the browser cuts them.
func (g *game) LayoutF(w, h float64) (float64, float64) {
	s := ebiten.Monitor().DeviceScaleFactor()
	g.canvas.scale = s
	return float64(int(w * s)), float64(int(h * s))
}
