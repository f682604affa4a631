//go:build !js

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/app"
)

// siteSteps is the length of the recorded run that the site shows; it has pictures at every tenth step.
const siteSteps = 40

// siteRecording is a small recorded run, as the bytes of a file.
func siteRecording(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.reta")
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	h := hello(3, 2, side)
	h.Dataset, h.Steps, h.Stages, h.Capabilities = "demo", siteSteps, 2, []string{event.CapControl}
	events := []event.Event{h}
	for step := 0; step <= siteSteps; step += 10 {
		for c := range h.Classes {
			e := event.Images{Step: step, Stage: min(step/20, 1), Class: c, Count: 2, Width: side, Height: side}
			for i := range e.Count {
				e.Pixels = append(e.Pixels, paint(c, i, float64(step)/siteSteps, step)...)
			}
			events = append(events, e)
		}
		events = append(events, event.Metrics{Points: []event.Point{{Step: step, Stage: min(step/20, 1), CE: 3 - float32(step)/siteSteps}}})
	}
	events = append(events, event.Status{State: event.Done, Step: siteSteps, Done: siteSteps, Total: siteSteps})
	for _, e := range events {
		if err := log.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// hostSite serves a site under a path of its own, without a server's headers. What is asked for and is not there fails the
// test, but a recording that is left out.
func hostSite(t *testing.T, address string, recording []byte) *httptest.Server {
	t.Helper()
	if os.Getenv("RETA_VIEWER_URL") != "" {
		t.Skip("a server is given: the site is not its own")
	}
	files, err := web.Site(address)
	if err != nil {
		skip(t, err.Error())
	}
	if recording != nil {
		files["demo.reta"] = recording
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, under := strings.CutPrefix(r.URL.Path, "/deep/reta/")
		if name == "" {
			name = "index.html"
		}
		data, ok := files[name]
		if !under || !ok {
			if name != "demo.reta" {
				t.Errorf("%s is asked for, and is no file of the site", r.URL)
			}
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(name, ".gz") {
			w.Header().Set("Content-Type", "application/gzip")
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return s
}

// tap clicks an element by a script, and reads waits for an element to say something.
func (b *tab) tap(id string) {
	b.t.Helper()
	eval[any](b, fmt.Sprintf(`document.getElementById(%q).click()`, id))
}

func (b *tab) reads(id, words string) {
	b.t.Helper()
	script := fmt.Sprintf(`document.getElementById(%q).checkVisibility() ? document.getElementById(%q).textContent : ""`, id, id)
	said := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(60 * time.Millisecond) {
		if said = eval[string](b, script); strings.Contains(said, words) {
			return
		}
	}
	b.t.Fatalf("%s says %q, want %q", id, said, words)
}

// A folder on a static host: the recording is played, the sandbox is used, and once all is there the host may go away.
func TestSiteNeedsNoServer(t *testing.T) {
	s := hostSite(t, "demo.reta?v=1", siteRecording(t))
	b := open(t, s.URL+"/deep/reta/", 1280, 800)
	end := b.until("the end of the run is shown", func(p app.Probe) bool { return p.Step == siteSteps && p.Images == 6 })
	if end.Connection != "none" {
		t.Errorf("connection %q of a page without a server", end.Connection)
	}
	b.reads("notice", "3 classes distilled to 2 images each in 40 steps")
	b.reads("pill", "Recording")
	if !eval[bool](b, `document.getElementById("controls").hidden && document.getElementById("banner").hidden`) {
		t.Error("a page without a run offers to control one, or misses it")
	}
	b.shot("site-images")
	waitUntil(t, "the rest of the recording is there", func() bool {
		return eval[float64](b, `document.getElementById("frame").contentWindow.performance.getEntriesByType("resource").filter(e => /demo.reta/.test(e.name)).length`) >= 2
	})
	s.CloseClientConnections()
	s.Close()

	b.tap("notice-act")
	seen := map[int]bool{}
	b.until("it has played to its end", func(p app.Probe) bool {
		seen[p.Step] = true
		return len(seen) > 1 && p.Step == siteSteps
	})
	if len(seen) < 3 {
		t.Errorf("playing showed the steps %v only", seen)
	}
	if !eval[bool](b, `document.getElementById("notice").hidden`) {
		t.Error("the welcome stays while the recording is played")
	}
	for _, name := range eval[[]string](b, `[...document.querySelectorAll("[role=tab]")].map(e => e.id)`) {
		b.tap(name)
		b.until(name+" is open", func(p app.Probe) bool { return "tab-"+p.Scene == name })
	}
	b.tap("tab-sandbox")
	b.until("the sandbox has points", func(p app.Probe) bool { return p.Sandbox != nil })
	b.clean()
}

func waitUntil(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(60 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Whatever stands in the place of the recording, the page says so, opens files of the user, and stays usable.
func TestSiteOpensFiles(t *testing.T) {
	good := siteRecording(t)
	s := hostSite(t, "demo.reta", nil)
	b := open(t, s.URL+"/deep/reta/", 1280, 800)
	b.reads("empty", "demo.reta: status 404")
	b.shot("site-missing")
	b.forgive("404")

	dir := t.TempDir()
	drop := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		b.do(chromedp.SetUploadFiles("#file", []string{path}, chromedp.NodeReady))
	}
	for _, c := range []struct {
		name, words string
		data        []byte
	}{
		{"text.reta", "text.reta cannot be opened: recording: no event log", []byte("dear diary")},
		{"newer.reta", "update reta", append([]byte("RETALOG\x09"), good[8:]...)},
		{"empty.reta", "empty.reta cannot be opened: recording: it is empty", nil},
		{"notes.txt", "notes.txt", []byte("dear diary, this is no cloud of points")},
	} {
		drop(c.name, c.data)
		b.reads("live", c.words)
		b.reads("empty", "demo.reta: status 404")
	}
	drop("mine.reta", good)
	b.until("the recording is shown", func(p app.Probe) bool { return p.Step == siteSteps && p.Images == 6 })
	drop("torn.reta", good[:len(good)*3/4])
	b.reads("live", "torn.reta ends in a torn record")
	b.until("what is whole of it is shown", func(p app.Probe) bool { return p.Step > 0 && p.Step < siteSteps && p.Images == 6 })
	drop("square.csv", []byte("0,0\n1,0\n1,1\n0,1\n"))
	b.until("the sandbox has the square", func(p app.Probe) bool { return p.Sandbox != nil && p.Sandbox.Points == 4 })
	b.clean()
}

// A page that was never given a recording asks for none.
func TestSiteWithoutARecording(t *testing.T) {
	b := open(t, hostSite(t, "", nil).URL+"/deep/reta/", 1280, 800)
	b.reads("empty", "No run here")
	if !eval[bool](b, `document.getElementById("run").hidden && document.getElementById("time").hidden`) {
		t.Error("a page without a run shows its line or its timeline")
	}
	b.tap("tab-sandbox")
	b.until("the sandbox is open", func(p app.Probe) bool { return p.Sandbox != nil })
	b.clean()
}
