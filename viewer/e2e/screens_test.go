//go:build !js

package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/scene"
)

// TestScreens shows every scene, light and dark, on a desk and on a phone, and keeps
// what it sees under RETA_SHOTS for people to look at.
func TestScreens(t *testing.T) {
	if os.Getenv("RETA_SHOTS") == "" {
		t.Skip("RETA_SHOTS is not set")
	}
	_, address := source(t)
	for _, size := range []struct {
		name  string
		w, h  int
		scale float64
	}{{"desk", 1440, 900, 1}, {"wide", 1920, 1080, 1}, {"tablet", 820, 1180, 1}, {"phone", 390, 844, 2}} {
		b := open(t, address, size.w, size.h, chromedp.EmulateScale(size.scale))
		b.until("images", func(p scene.Probe) bool { return p.Images > 0 && p.Step > 60 })
		for _, scheme := range []string{"light", "dark"} {
			b.emulate(scheme, false)
			for _, name := range []string{"images", "training", "features"} {
				eval[any](b, `document.getElementById("tab-`+name+`").click()`)
				if name == "features" {
					b.do(chromedp.MouseEvent(chromedp.MouseMoved, float64(size.w)*0.56, float64(size.h)*0.4))
				}
				time.Sleep(900 * time.Millisecond)
				b.shot(size.name + "-" + name + "-" + scheme)
			}
		}
		b.clean()
	}
}

// still serves what publish publishes, without a run behind it.
func still(t *testing.T, publish func(*web.Hub)) string {
	t.Helper()
	server, err := web.Listen(web.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	publish(server.Hub())
	go func() { _ = server.Serve() }()
	t.Cleanup(func() { _ = server.Shutdown(t.Context()) })
	return server.URL()
}

func hello(classes, ipc, side int) event.Hello {
	h := event.Hello{Run: "still", Dataset: "tiny-imagenet", Recipe: "reta", IPC: ipc, Width: side, Height: side, Steps: 2000, Stages: 4, Device: "NVIDIA H200"}
	names := []string{"goldfish", "European fire salamander", "bullfrog", "tailed frog", "American alligator", "boa constrictor", "trilobite", "scorpion"}
	for i := range classes {
		h.Classes = append(h.Classes, names[i%len(names)])
	}
	return h
}

func fill(hub *web.Hub, classes, ipc, side, step int) {
	for c := range classes {
		e := event.Images{Step: step, Class: c, Count: ipc, Width: side, Height: side}
		for i := range ipc {
			small := paint(c%10, i, 0.6, step)
			for y := range side {
				for x := range side {
					at := 3 * ((y*32/side)*32 + x*32/side)
					e.Pixels = append(e.Pixels, small[at:at+3]...)
				}
			}
		}
		hub.Publish(e)
	}
}

// Sizes and states that a run can be in, each as the page shows it.
func TestStates(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	for _, c := range []struct {
		name    string
		link    string
		publish func(*web.Hub)
		ready   func(scene.Probe) bool
	}{
		{"waiting", "", func(h *web.Hub) {}, func(p scene.Probe) bool { return p.Connection == "open" }},
		{"squeezing", "#scene=training", func(h *web.Hub) {
			h.Publish(hello(10, 1, 32))
			var s event.Squeeze
			for i := range 40 {
				s.Points = append(s.Points, event.TrainPoint{Epoch: i / 10, Step: i * 5, Loss: 2.3 / float32(1+i/4), Accuracy: float32(i) / 50})
			}
			h.Publish(s)
			h.Publish(event.Status{State: event.Squeezing, Text: "no teacher given: training ResNet-18", Phase: "squeeze", Done: 195, Total: 600, StepsPerSecond: 11, ETASeconds: 37})
		}, func(p scene.Probe) bool { return p.Squeeze == 40 }},
		{"ipc1", "#class=17", func(h *web.Hub) { h.Publish(hello(100, 1, 32)); fill(h, 100, 1, 32, 5) }, func(p scene.Probe) bool { return p.Images == 100 }},
		{"ipc50", "", func(h *web.Hub) { h.Publish(hello(10, 50, 32)); fill(h, 10, 50, 32, 5) }, func(p scene.Probe) bool { return p.Images == 500 }},
		{"big", "", func(h *web.Hub) { h.Publish(hello(200, 10, 64)); fill(h, 200, 10, 64, 5) }, func(p scene.Probe) bool { return p.Images == 2000 }},
		{"large", "", func(h *web.Hub) { h.Publish(hello(5, 2, 224)); fill(h, 5, 2, 224, 5) }, func(p scene.Probe) bool { return p.Images == 10 }},
		{"one-point", "#scene=features", func(h *web.Hub) {
			h.Publish(hello(10, 1, 32))
			one := event.Set{Points: []float32{0, 0}, Bars: nil}
			h.Publish(event.Cloud{Real: one, Syn: event.Set{Points: []float32{1, 0.5}}, EpsMax: 1})
			h.Publish(event.Status{State: event.Recovering, Done: 1, Total: 10})
		}, func(p scene.Probe) bool { return p.EpsMax == 1 }},
		{"failed", "", func(h *web.Hub) {
			h.Publish(hello(10, 1, 32))
			h.Publish(event.Status{State: event.Failed, Text: "device lost at step 812: the run can go on from its last checkpoint"})
		}, func(p scene.Probe) bool { return p.State == "failed" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t, still(t, c.publish)+c.link, 1440, 900)
			b.until(c.name, c.ready)
			time.Sleep(600 * time.Millisecond)
			before := b.state().Frames
			time.Sleep(time.Second)
			idle := b.state().Frames - before
			if idle > 3 {
				t.Errorf("%d frames in a second in which nothing happened", idle)
			}
			b.shot("state-" + c.name)
			b.clean()
		})
	}
}

// TestManyTilesMove watches how often two thousand tiles are drawn anew while all
// of them change and the wheel turns.
func TestManyTilesMove(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	var hub *web.Hub
	address := still(t, func(h *web.Hub) { hub = h; h.Publish(hello(200, 10, 64)); fill(h, 200, 10, 64, 5) })
	b := open(t, address, 1280, 800)
	b.until("all tiles", func(p scene.Probe) bool { return p.Images == 2000 })
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for step := 6; ; step++ {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				fill(hub, 20, 10, 64, step)
			}
		}
	}()
	before, began := b.state(), time.Now()
	for range 40 {
		eval[any](b, `document.getElementById("frame").contentDocument.querySelector("canvas").dispatchEvent(new WheelEvent("wheel", {deltaY: 60, clientX: 200, clientY: 300, bubbles: true, cancelable: true}))`)
		time.Sleep(50 * time.Millisecond)
	}
	after, took := b.state(), time.Since(began).Seconds()
	close(stop)
	<-done
	frames := after.Frames - before.Frames
	t.Logf("%.1f frames a second, %.1f ms of the program's time each", float64(frames)/took, 1000*(after.Busy-before.Busy)/float64(frames))
	if frames < 8 {
		t.Errorf("%d frames in %.1f s with two thousand tiles", frames, took)
	}
	if after.ImagesHash == before.ImagesHash {
		t.Error("the tiles did not change")
	}
	b.clean()
}
