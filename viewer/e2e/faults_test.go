//go:build !js

package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/app"
)

// relay passes connections on to another address. Cut, it ends all of them and takes no new one until it is mended.
type relay struct {
	address string

	mu     sync.Mutex
	broken bool
	conns  []net.Conn
}

func startRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{address: l.Addr().String()}
	t.Cleanup(func() { l.Close(); r.cut() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, in, out)
			if r.broken {
				r.end()
			}
			r.mu.Unlock()
			for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1])
					pair[0].Close()
					pair[1].Close()
				}()
			}
		}
	}()
	return r
}

func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = true
	r.end()
}

func (r *relay) mend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = false
}

// end ends all connections. The caller holds mu.
func (r *relay) end() {
	for _, c := range r.conns {
		c.Close()
	}
	r.conns = nil
}

func host(address string) string {
	h, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	return h
}

// offline are the browser's own words about a server that is gone.
var offline = []string{"WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"}

// A connection that is cut comes back by itself, to the same run, with all that was emitted meanwhile. It stays cut until the
// page has said so, and the run makes the steps it is asked for, so that the time any of it takes does not matter.
func TestCutConnectionComesBack(t *testing.T) {
	run, address := startRunOf(t, time.Hour, web.Options{Token: true}) // who comes by a relay needs a link
	r := startRelay(t, host(address))
	b := open(t, strings.Replace(address, host(address), r.address, 1), 1000, 700)
	run.more <- 5
	before := b.until("the run", func(p app.Probe) bool { return p.Images > 0 && p.Step == 5 && p.LossPoints == 5 })
	r.cut()
	b.wait("the loss to be said", `seen.report.link.state === "lost" && !`+byID("banner")+`.hidden`)
	run.more <- 35 // past the end of a stage
	r.mend()
	after := b.until("every step's loss is there", func(p app.Probe) bool { return p.Connection == "open" && p.Step == 40 && p.LossPoints == 40 })
	if after.Run != before.Run {
		t.Errorf("the run was %s, after the cut it is %s", before.Run, after.Run)
	}
	b.wait("the banner to go", byID("banner")+`.hidden`)
	b.forgive(append(offline, "status of 400 (Bad Request) http://"+r.address+"/ws")...) // asked why it got no socket, when it could have one again
	b.clean()
}

func TestLostServerIsSaidAndFoundAgain(t *testing.T) {
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
	first := b.until("an image", func(p app.Probe) bool { return p.Images == 1 && p.Step == 5 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	b.until("the loss is noticed", func(p app.Probe) bool { return p.Connection == "lost" })
	b.wait("the banner", `!`+byID("banner")+`.hidden && `+byID("banner")+`.textContent.includes("Reconnecting")`)
	if p := b.state(); p.ImagesHash != first.ImagesHash {
		t.Error("the last images are gone")
	}
	b.shot("lost")
	again, err := web.Listen(web.Options{Listen: host(address)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Shutdown(ctx) }()
	publish(again, 9)
	go func() { _ = again.Serve() }()
	b.click("retry")
	p := b.until("the new run", func(p app.Probe) bool { return p.Connection == "open" && p.Step == 9 && p.Images == 1 })
	if p.Run == first.Run {
		t.Error("a new server process counts as the same run")
	}
	b.wait("the banner to go", byID("banner")+`.hidden`)
	b.forgive(offline...)
	b.clean()
}

// What a browser does to a page: its thread hangs, its drawing loses the graphics card, it moves to another screen. The run makes
// the steps that it is asked for, so that the time any of it takes does not matter.
func TestDrawingSurvivesTheBrowser(t *testing.T) {
	run, address := startRun(t, time.Hour)
	b := open(t, at(address, "scene=training"), 1000, 700)
	run.more <- 5
	b.until("there are losses", func(p app.Probe) bool { return p.Step == 5 && p.LossPoints == 5 })
	run.more <- 35
	eval[any](b, `{ const end = performance.now() + 2000; while (performance.now() < end); }`)
	b.until("it catches up after it stood still", func(p app.Probe) bool { return p.Connection == "open" && p.Step == 40 && p.LossPoints == 40 })

	eval[any](b, `window.here = 1; {
		const w = document.getElementById("frame").contentWindow; w.old = 1;
		w.document.querySelector("canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext() }`)
	b.wait("a new frame", `(() => { const w = document.getElementById("frame").contentWindow; return !w.old && w.retaState })()`)
	b.until("the scene is back", func(p app.Probe) bool { return p.Scene == "training" && p.LossPoints > 0 })
	if !eval[bool](b, `window.here === 1`) {
		t.Error("the page itself was loaded again")
	}
	b.do(chromedp.EmulateViewport(1000, 700, chromedp.EmulateScale(2)))
	b.wait("the drawing to take the new pixel ratio", `(() => { const c = document.getElementById("frame").contentDocument?.querySelector("canvas"); return c && Math.round(c.width / c.clientWidth) === 2 })()`)
	b.until("the scene is back again", func(p app.Probe) bool { return p.Scene == "training" && p.LossPoints > 0 })
	b.clean()
}

// A touch that the system takes over must not leave a finger down for ever, and two fingers zoom.
func TestFingersScrollZoomAndLetGo(t *testing.T) {
	address := still(t, func(h *web.Hub) { h.Publish(hello(60, 10, 32)); fill(h, 60, 10, 32, 5) })
	b := open(t, address, 390, 844, chromedp.EmulateTouch)
	b.until("images", func(p app.Probe) bool { return p.Images == 600 })
	eval[any](b, `window.point = (type, id, x, y) => document.getElementById("frame").contentDocument.querySelector("canvas").dispatchEvent(
		new PointerEvent(type, {pointerId: id, pointerType: "touch", clientX: x, clientY: y, bubbles: true, cancelable: true}))`)
	chosen := func() string {
		b.rest()
		return quoted(b.report().Values["class"]) + " " + quoted(b.report().Values["image"])
	}
	first := chosen()
	eval[any](b, `point("pointerdown", 1, 60, 120); point("pointermove", 1, 60, 90); point("pointercancel", 1, 60, 90)`)
	eval[any](b, `point("pointerdown", 2, 60, 110); point("pointerup", 2, 60, 110)`)
	b.wait("a tap after a cancelled touch", `JSON.stringify(seen.report.values.class) + " " + JSON.stringify(seen.report.values.image) !== `+quoted(first))
	eval[any](b, `point("pointerdown", 3, 100, 100); point("pointerdown", 4, 120, 100); point("pointermove", 4, 220, 100); point("pointerup", 3, 100, 100); point("pointerup", 4, 220, 100)`)
	second := chosen()
	eval[any](b, `point("pointerdown", 5, 60, 110); point("pointerup", 5, 60, 110)`)
	b.wait("a tap after zooming to meet another image", `JSON.stringify(seen.report.values.class) + " " + JSON.stringify(seen.report.values.image) !== `+quoted(second))
	b.clean()
}

// drop lets the page open a file, by way of its menu's field.
func (b *tab) drop(path string) {
	b.t.Helper()
	b.do(chromedp.SetUploadFiles("#file", []string{path}, chromedp.NodeReady))
}

// A file is what it is: a recording is shown, one that is damaged or too new is refused with words, points open in the
// sandbox.
func TestFilesAreOpenedOrRefused(t *testing.T) {
	address := still(t, func(h *web.Hub) { h.Publish(hello(10, 1, 32)); fill(h, 10, 1, 32, 5) })
	b := open(t, address, 1100, 800)
	b.until("images", func(p app.Probe) bool { return p.Images == 10 })
	whole := generated(t)
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	says := func(name, words string) {
		t.Helper()
		b.wait(name+" to be judged", fmt.Sprintf(`%s.textContent.includes(%q)`, byID("live"), words))
		t.Logf("%s: %s", name, b.text("live"))
		if p := b.state(); p.Images != 10 || p.Connection != "open" {
			t.Errorf("after %s the run is not shown any more: %+v", name, p)
		}
	}
	newer := append([]byte(nil), data...)
	newer[7] = 9
	b.drop(put("newer.reta", newer))
	says("a recording of a newer version", "newer")
	b.drop(put("head.reta", data[:12]))
	says("a recording that is cut off at its head", "head.reta cannot be opened")
	b.drop(put("noise.csv", []byte("these, are\nno, points\n")))
	says("a table of words", "noise.csv")

	b.drop(put("torn.reta", data[:len(data)*2/3]))
	b.wait("what is whole of a torn recording", `seen.report.timeline.rests.length > 3 && !seen.report.timeline.live`)
	b.wait("that it is torn to be said", byID("live")+`.textContent.includes("torn")`)
	b.wait("a way back", `!`+byID("notice-act")+`.hidden && `+byID("notice-act")+`.offsetParent`)
	b.click("notice-act")
	b.until("the run is back", func(p app.Probe) bool { return p.Images == 10 && p.Connection == "open" })

	b.drop(whole)
	b.until("a whole recording", func(p app.Probe) bool { return p.Images == ipc*len(classes) && p.LossPoints == steps })

	b.drop(put("square.csv", []byte("x,y\n0,0\n1,0\n1,1\n0,1\n")))
	b.wait("the sandbox", `seen.report.scene === "sandbox"`)
	if p := b.until("its points", func(p app.Probe) bool { return p.Sandbox != nil && p.Sandbox.Points == 4 }); p.Sandbox.Bars[1] != 1 {
		t.Errorf("four corners of a square have %d loops, want 1", p.Sandbox.Bars[1])
	}
	b.clean()
}
