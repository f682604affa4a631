//go:build !js

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/app"
)

// TestScreens shows every scene, light and dark, on a desk and on a phone, and keeps what it sees under RETA_SHOTS for
// people to look at: of the recording that RETA_RECORDING names, or of a generated one. RETA_SCENE names one scene, with
// parameters if any ("evaluation&eval=labels"), to be shown alone.
func TestScreens(t *testing.T) {
	if os.Getenv("RETA_SHOTS") == "" {
		t.Skip("RETA_SHOTS is not set")
	}
	recording := os.Getenv("RETA_RECORDING")
	if recording == "" {
		recording = generated(t)
	}
	address := replay(t, recording)
	for _, size := range []struct {
		name  string
		w, h  int
		scale float64
	}{{"desk", 1440, 900, 1}, {"phone", 390, 844, 2}} {
		b := open(t, address, size.w, size.h, chromedp.EmulateScale(size.scale))
		b.until("images", func(p app.Probe) bool { return p.Images > 0 })
		for _, scheme := range []string{"light", "dark"} {
			if os.Getenv("CI") != "" && (scheme == "light") != (size.name == "desk") {
				continue // half of them is enough to see what broke
			}
			b.emulate(scheme, false)
			if link := os.Getenv("RETA_SCENE"); link != "" {
				name, _, _ := strings.Cut(link, "&")
				eval[any](b, `location.hash = `+quoted("scene="+link))
				b.wait("scene "+name, `seen.report?.scene === `+quoted(name))
				time.Sleep(1200 * time.Millisecond)
				b.shot(fmt.Sprintf("%s-%s-%s", strings.NewReplacer("&", "-", "=", "-").Replace(link), size.name, scheme))
				continue
			}
			for _, s := range b.manifest().Scenes {
				b.show(s.Name)
				time.Sleep(1200 * time.Millisecond)
				b.shot(fmt.Sprintf("%s-%s-%s", s.Name, size.name, scheme))
			}
		}
		b.clean()
	}
}

// Sizes and states that a run can be in, each as the page shows it; where nothing happens nothing is drawn.
func TestStates(t *testing.T) {
	var b *tab
	for _, c := range []struct {
		name    string
		link    string
		publish func(*web.Hub)
		ready   func(app.Probe) bool
	}{
		{"waiting", "", func(h *web.Hub) {}, func(p app.Probe) bool { return p.Connection == "open" }},
		{"squeezing", "scene=training", func(h *web.Hub) {
			h.Publish(hello(10, 1, 32))
			var s event.Squeeze
			for i := range 40 {
				s.Points = append(s.Points, event.TrainPoint{Epoch: i / 10, Step: i * 5, Loss: 2.3 / float32(1+i/4), Accuracy: float32(i) / 50})
			}
			h.Publish(s)
			h.Publish(event.Status{State: event.Squeezing, Text: "no teacher given: training ResNet-18", Phase: "squeeze", Done: 195, Total: 600, StepsPerSecond: 11, ETASeconds: 37})
		}, func(p app.Probe) bool { return p.Squeeze == 40 }},
		{"ipc1", "class=17", func(h *web.Hub) { h.Publish(hello(100, 1, 32)); fill(h, 100, 1, 32, 5) }, func(p app.Probe) bool { return p.Images == 100 }},
		{"large", "", func(h *web.Hub) { h.Publish(hello(5, 2, 224)); fill(h, 5, 2, 224, 5) }, func(p app.Probe) bool { return p.Images == 10 }},
		{"one-point", "scene=features", func(h *web.Hub) {
			h.Publish(hello(10, 1, 32))
			one := event.Set{Points: []float32{0, 0}}
			h.Publish(event.Cloud{Real: one, Syn: event.Set{Points: []float32{1, 0.5}}, EpsMax: 1})
			h.Publish(event.Status{State: event.Recovering, Done: 1, Total: 10})
		}, func(p app.Probe) bool { return p.EpsMax == 1 }},
		{"failed", "", func(h *web.Hub) {
			h.Publish(hello(10, 1, 32))
			h.Publish(event.Status{State: event.Failed, Text: "device lost at step 812: the run can go on from its last checkpoint"})
		}, func(p app.Probe) bool { return p.State == "failed" }},
	} {
		address := at(still(t, c.publish), c.link)
		if b == nil {
			b = open(t, address, 1440, 900)
			b.emulate("light", true)
		} else {
			b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address))
		}
		b.until(c.name, c.ready)
		b.rest()
		before := b.state().Frames
		time.Sleep(time.Second)
		if idle := b.state().Frames - before; idle > 3 {
			t.Errorf("%s: %d frames in a second in which nothing happened", c.name, idle)
		}
		b.shot("state-" + c.name)
		b.clean()
	}
}
