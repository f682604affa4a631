//go:build !js

package e2e

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/scene"
)

// source is what the viewer looks at: the server named by RETA_VIEWER_URL, or a
// generated run, which is nil for the former.
func source(t *testing.T) (*fakeRun, string) {
	t.Helper()
	if url := os.Getenv("RETA_VIEWER_URL"); url != "" {
		return nil, url
	}
	return startRun(t, 80*time.Millisecond)
}

func (b *tab) click(id string) {
	b.t.Helper()
	eval[any](b, fmt.Sprintf(`document.getElementById(%q).click()`, id))
}

// press clicks a button of the run, once the page lets it be clicked: after the answer
// to the one before.
func (b *tab) press(id string) {
	b.t.Helper()
	waitFor(b.t, id+" to be enabled", func() bool { return eval[bool](b, fmt.Sprintf(`!document.getElementById(%q).disabled`, id)) })
	b.click(id)
}

// slide sets a range input as a hand would.
func (b *tab) slide(id string, value float64) {
	b.t.Helper()
	eval[any](b, fmt.Sprintf(`{ const e = document.getElementById(%q); e.value = %v; e.dispatchEvent(new Event("input", {bubbles: true})) }`, id, value))
}

func (b *tab) text(id string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.getElementById(%q).textContent`, id))
}

func TestRunIsSeenAndControlled(t *testing.T) {
	run, address := source(t)
	began := time.Now()
	b := open(t, address, 1280, 800)
	first := b.until("there are images and losses", func(p scene.Probe) bool {
		return p.Connection == "open" && p.Images > 0 && p.LossPoints > 1
	})
	t.Logf("first frame after %.0f ms, images after %.1f s", eval[float64](b, `performance.getEntriesByName("drawn")[0]?.startTime ?? 0`),
		time.Since(began).Seconds())
	b.until("images change", func(p scene.Probe) bool { return p.ImagesHash != first.ImagesHash && p.Step > first.Step })
	b.click("tab-training")
	b.until("the loss curve grows", func(p scene.Probe) bool { return p.Scene == "training" && p.LossPoints > first.LossPoints+2 })
	waitFor(t, "the readings beside it", func() bool { return strings.Contains(b.text("readout"), "Cross-entropy") })

	b.press("pause")
	paused := b.until("the pause is acknowledged", func(p scene.Probe) bool { return p.Paused && p.Ack.Op == "pause" && p.Ack.OK })
	time.Sleep(700 * time.Millisecond)
	if still := b.state(); still.Step != paused.Step {
		t.Errorf("paused at step %d, yet step %d came", paused.Step, still.Step)
	}
	waitFor(t, "the button to say Resume", func() bool { return strings.Contains(b.text("pause"), "Resume") })
	at := b.state()
	b.press("step")
	after := b.until("one step is made", func(p scene.Probe) bool { return p.Ack.Op == "step" && p.Ack.OK && p.Step > at.Step && p.Paused })
	if after.Step != at.Step+1 {
		t.Errorf("one step led from %d to %d", at.Step, after.Step)
	}
	b.press("pause")
	b.until("it goes on", func(p scene.Probe) bool { return p.Ack.Op == "resume" && !p.Paused && p.Step > after.Step })
	if run != nil {
		if got := drain(run.controls); !slices.Equal(got, []event.Op{event.ShowClass, event.Pause, event.StepOnce, event.Resume}) {
			t.Errorf("the run was asked %v", got)
		}
	}
	b.clean()
}

func drain(c chan event.Op) []event.Op {
	var out []event.Op
	for len(c) > 0 {
		out = append(out, <-c)
	}
	return out
}

func TestFiltrationFollowsItsSlider(t *testing.T) {
	_, address := source(t)
	b := open(t, strings.TrimSuffix(address, "/")+"/#scene=features", 1280, 800)
	p := b.until("there is a cloud", func(p scene.Probe) bool { return p.Scene == "features" && p.EpsMax > 0 && p.EdgesReal > 0 })
	b.press("pause") // the cloud stands still, so that counts can be compared
	b.until("it is paused", func(p scene.Probe) bool { return p.Paused })
	defer b.press("pause")
	last := scene.Probe{Components: 1 << 30, ComponentsSyn: 1 << 30, EdgesReal: -1}
	for _, share := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		b.slide("eps", p.EpsMax*share)
		now := b.until(fmt.Sprintf("eps is %.3g", p.EpsMax*share), func(q scene.Probe) bool {
			return q.Eps >= q.EpsMax*share*0.999-1e-6 && q.Eps <= q.EpsMax*share*1.001+1e-6
		})
		if now.EdgesReal < last.EdgesReal || now.Components > last.Components || now.TrianglesReal < last.TrianglesReal || now.ComponentsSyn > last.ComponentsSyn {
			t.Errorf("eps grew, yet the complex went from %+v to %+v", last, now)
		}
		if now.Components != now.BettiReal[0] || now.ComponentsSyn != now.BettiSyn[0] {
			t.Errorf("eps %.3g: union-find counts %d and %d components, Betti 0 is %d and %d",
				now.Eps, now.Components, now.ComponentsSyn, now.BettiReal[0], now.BettiSyn[0])
		}
		last = now
	}
	if last.EdgesReal == 0 || last.TrianglesReal == 0 {
		t.Errorf("at eps_max there are %d edges and %d triangles", last.EdgesReal, last.TrianglesReal)
	}

	b.slide("eps", 0)
	b.until("eps is 0", func(p scene.Probe) bool { return p.Eps == 0 })
	eval[any](b, `document.activeElement.blur()`)
	b.do(chromedp.KeyEvent("]"))
	one := b.until("the next event", func(p scene.Probe) bool { return p.Eps > 0 })
	b.do(chromedp.KeyEvent("]"))
	two := b.until("the event after", func(p scene.Probe) bool { return p.Eps > one.Eps })
	b.do(chromedp.KeyEvent("["))
	b.until("back", func(p scene.Probe) bool { return p.Eps == one.Eps })
	if two.Components+two.ComponentsSyn >= one.Components+one.ComponentsSyn && two.BettiReal == one.BettiReal && two.BettiSyn == one.BettiSyn {
		t.Errorf("an event changed nothing: %+v, then %+v", one, two)
	}
	b.emulate("light", true)
	b.click("grow")
	b.until("growth is at once under reduced motion", func(p scene.Probe) bool { return p.Eps == p.EpsMax })
	b.clean()
}

func TestLinkRestoresTheView(t *testing.T) {
	_, address := source(t)
	b := open(t, address, 1280, 800)
	b.until("there are images", func(p scene.Probe) bool { return p.Images > 0 })
	b.click("tab-features")
	eval[any](b, `{ const s = document.getElementById("class"); s.selectedIndex = 3; s.dispatchEvent(new Event("change")) }`)
	p := b.until("the cloud of class 3", func(p scene.Probe) bool { return p.Class == 3 && p.EpsMax > 0 })
	eps := math.Round(p.EpsMax*250) / 1000
	at := func(p scene.Probe) bool { return math.Abs(p.Eps-eps) < 1e-4 }
	b.slide("eps", eps)
	b.until("eps", at)
	time.Sleep(400 * time.Millisecond)
	link := eval[string](b, `location.href`)
	for _, want := range []string{"scene=features", "class=3", fmt.Sprintf("eps=%v", eps)} {
		if !strings.Contains(link, want) {
			t.Fatalf("the link is %s, want %s in it", link, want)
		}
	}
	b.do(chromedp.Reload())
	b.until("the view is back", func(p scene.Probe) bool { return p.Scene == "features" && p.Class == 3 && p.EpsMax > 0 && at(p) })
	b.clean()
}

// Only the frame may go: the page keeps what the user chose.
func TestDrawingComesBackAfterLosingItsContext(t *testing.T) {
	_, address := source(t)
	b := open(t, strings.TrimSuffix(address, "/")+"/#scene=training", 1000, 700)
	b.until("there are losses", func(p scene.Probe) bool { return p.LossPoints > 0 })
	eval[any](b, `window.here = 1; {
		const w = document.getElementById("frame").contentWindow; w.old = 1;
		w.document.querySelector("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext() }`)
	waitFor(t, "a new frame", func() bool {
		return eval[bool](b, `(() => { const w = document.getElementById("frame").contentWindow; return !w.old && Boolean(w.retaState) })()`)
	})
	b.until("the scene is back", func(p scene.Probe) bool { return p.Scene == "training" && p.LossPoints > 0 })
	if !eval[bool](b, `window.here === 1`) {
		t.Error("the page itself was loaded again")
	}
	b.do(chromedp.EmulateViewport(1000, 700, chromedp.EmulateScale(2)))
	waitFor(t, "the drawing takes the new pixel ratio", func() bool {
		return eval[int](b, `(() => { const c = document.getElementById("frame").contentDocument.querySelector("canvas"); return c ? Math.round(c.width / c.clientWidth) : 0 })()`) == 2
	})
	b.until("the scene is back again", func(p scene.Probe) bool { return p.Scene == "training" && p.LossPoints > 0 })
	b.clean()
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestKeyboardReachesEverything(t *testing.T) {
	_, address := source(t)
	b := open(t, address, 1280, 800)
	b.until("there are images", func(p scene.Probe) bool { return p.Images > 0 })
	seen := map[string]bool{}
	for range 40 {
		b.do(chromedp.KeyEvent(kb.Tab))
		seen[eval[string](b, `document.activeElement.id || document.activeElement.tagName`)] = true
	}
	for _, id := range []string{"tab-images", "pause", "step", "stop", "theme", "help", "class", "frame", "filter", "next"} {
		if !seen[id] {
			t.Errorf("Tab never reached %s; it reached %v", id, seen)
		}
	}
	eval[any](b, `document.getElementById("frame").focus()`)
	b.do(chromedp.KeyEvent("3"))
	b.until("a key in the frame acts", func(p scene.Probe) bool { return p.Scene == "features" })
	b.do(chromedp.KeyEvent("?"))
	waitFor(t, "the help", func() bool { return eval[bool](b, `document.getElementById("help-dialog").open`) })
	b.shot("help")
	b.do(chromedp.KeyEvent("1"))
	if p := b.state(); p.Scene != "features" {
		t.Error("a shortcut acted under the open dialog")
	}
	b.do(chromedp.KeyEvent(kb.Escape))
	b.do(chromedp.KeyEvent("1"))
	b.until("shortcuts act again", func(p scene.Probe) bool { return p.Scene == "images" })
	b.clean()
}

// A touch that the system takes over must not leave a finger down for ever, and two
// fingers zoom.
func TestFingersScrollZoomAndLetGo(t *testing.T) {
	address := still(t, func(h *web.Hub) { h.Publish(hello(60, 10, 32)); fill(h, 60, 10, 32, 5) })
	b := open(t, address, 390, 844, chromedp.EmulateTouch)
	b.until("images", func(p scene.Probe) bool { return p.Images == 600 })
	eval[any](b, `window.point = (type, id, x, y) => document.getElementById("frame").contentDocument.querySelector("canvas").dispatchEvent(
		new PointerEvent(type, {pointerId: id, pointerType: "touch", clientX: x, clientY: y, bubbles: true, cancelable: true}))`)
	chosen := func() string { return b.text("image-name") }
	waitFor(t, "the first image", func() bool { return strings.Contains(chosen(), "goldfish") })
	eval[any](b, `point("pointerdown", 1, 60, 120); point("pointermove", 1, 60, 90); point("pointercancel", 1, 60, 90)`)
	eval[any](b, `point("pointerdown", 2, 60, 110); point("pointerup", 2, 60, 110)`)
	waitFor(t, "a tap after a cancelled touch", func() bool { return !strings.Contains(chosen(), "goldfish  #0") })
	eval[any](b, `point("pointerdown", 3, 100, 100); point("pointerdown", 4, 120, 100); point("pointermove", 4, 220, 100); point("pointerup", 3, 100, 100); point("pointerup", 4, 220, 100)`)
	time.Sleep(300 * time.Millisecond)
	name := chosen()
	eval[any](b, `point("pointerdown", 5, 60, 110); point("pointerup", 5, 60, 110)`)
	waitFor(t, "a tap after zooming meets another image", func() bool { return chosen() != name })
	b.clean()
}

func TestLostServerIsSaidAndFoundAgain(t *testing.T) {
	if os.Getenv("RETA_VIEWER_URL") != "" {
		t.Skip("the server of RETA_VIEWER_URL stays up")
	}
	server, err := web.Listen(web.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	address := server.URL()
	publish := func(s *web.Server, step int) {
		s.Hub().Publish(event.Hello{Run: "first", Dataset: "demo", Recipe: "reta", Classes: classes, IPC: 1, Width: side, Height: side, Steps: steps, Stages: stages})
		s.Hub().Publish(event.Images{Step: step, Class: 0, Count: 1, Width: side, Height: side, Pixels: paint(0, 0, 0.5, step)})
		s.Hub().Publish(event.Status{State: event.Recovering, Done: step, Total: steps, Step: step})
	}
	publish(server, 5)
	go func() { _ = server.Serve() }()
	b := open(t, address, 1000, 700)
	first := b.until("an image", func(p scene.Probe) bool { return p.Images == 1 && p.Step == 5 })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	b.until("the loss is noticed", func(p scene.Probe) bool { return p.Connection == "lost" })
	waitFor(t, "the banner", func() bool {
		return eval[bool](b, `!document.getElementById("banner").hidden && document.getElementById("banner").textContent.includes("Reconnecting")`)
	})
	if p := b.state(); p.ImagesHash != first.ImagesHash {
		t.Error("the last images are gone")
	}
	b.shot("lost")
	host := strings.TrimSuffix(strings.TrimPrefix(address, "http://"), "/")
	again, err := web.Listen(web.Options{Listen: host})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Shutdown(ctx) }()
	publish(again, 9)
	go func() { _ = again.Serve() }()
	b.click("retry")
	p := b.until("the new run", func(p scene.Probe) bool { return p.Connection == "open" && p.Step == 9 && p.Images == 1 })
	if p.Run == first.Run {
		t.Error("a new server process counts as the same run")
	}
	waitFor(t, "the banner to go", func() bool { return eval[bool](b, `document.getElementById("banner").hidden`) })
	b.forgive("WebSocket connection", "ERR_CONNECTION_REFUSED") // the browser says itself that the server was gone
	b.clean()
}
