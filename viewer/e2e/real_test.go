//go:build !js

package e2e

import (
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"reta/viewer/app"
)

// TestRealRun looks at a real run, the server's program on real shaders distilling the demo set: it is controlled, looked
// back at, stopped, and then replayed from its recording, where the same steps must look the same and everything on the
// page is used.
func TestRealRun(t *testing.T) {
	chromium(t)
	dir := t.TempDir()
	began := time.Now()
	server, url := serve(t, dir, "--ipc", "6", "--steps", "1000", "--stages", "100", "--listen", "127.0.0.1:0",
		"--cache", filepath.Join(dir, "cache"), "--run-dir", "run")
	t.Logf("the server answers after %.1f s", time.Since(began).Seconds())
	b := open(t, url, 1440, 900)
	hashes := map[int]string{}
	ok := t.Run("live", func(t *testing.T) { b.as(t, func() { liveRun(b, hashes) }) })
	ok = ok && t.Run("steered", func(t *testing.T) { b.as(t, func() { steered(b) }) })
	ok = ok && t.Run("stopped", func(t *testing.T) { b.as(t, func() { stopped(b, server) }) })
	if !ok {
		return
	}
	_, url = serve(t, dir, "replay", "run", "--listen", "127.0.0.1:0", "--quiet")
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(url))
	b.wait("the recording", `window.seen?.report?.timeline.shown`)
	t.Run("replayed", func(t *testing.T) { b.as(t, func() { replayed(b, hashes) }) })
	useEverything(t, b)
}

// as lets a subtest use the tab.
func (b *tab) as(t *testing.T, f func()) {
	outer := b.t
	b.t = t
	defer func() { b.t = outer }()
	f()
	b.clean()
}

// liveRun sees images and losses come, pauses, steps, resumes and scrubs back; what it saw at each step goes into hashes.
func liveRun(b *tab, hashes map[int]string) {
	t := b.t
	began := time.Now()
	first := b.until("there are images and losses", func(p app.Probe) bool {
		return p.Connection == "open" && p.Images > 0 && p.LossPoints > 1
	})
	t.Logf("images after %.1f s", time.Since(began).Seconds())
	b.until("images change", func(p app.Probe) bool { return p.ImagesHash != first.ImagesHash && p.Step > first.Step })
	b.show("training")
	b.until("the loss curve grows", func(p app.Probe) bool { return p.LossPoints > first.LossPoints })
	b.show("images")
	b.until("some steps are made", func(p app.Probe) bool { return p.Step >= 25 }) // past the ends of two stages, which have pictures

	b.press("pause")
	paused := b.until("the pause is acknowledged", func(p app.Probe) bool { return p.Paused && p.Ack.Op == "pause" && p.Ack.OK })
	b.wait("it to be said", byID("live")+`.textContent.includes("Paused")`)
	time.Sleep(500 * time.Millisecond)
	if p := b.state(); p.Step != paused.Step {
		t.Errorf("paused at step %d, yet step %d came", paused.Step, p.Step)
	}
	b.wait("the button to say Resume", byID("pause")+`.textContent.includes("Resume")`)
	at := b.state()
	b.press("step")
	after := b.until("one step is made", func(p app.Probe) bool { return p.Ack.Op == "step" && p.Ack.OK && p.Step > at.Step && p.Paused })
	if after.Step != at.Step+1 {
		t.Errorf("one step led from %d to %d", at.Step, after.Step)
	}
	b.loose()
	b.key(" ") // at the live edge the run itself goes on
	b.until("it goes on", func(p app.Probe) bool { return p.Ack.Op == "resume" && !p.Paused && p.Step > after.Step })
	b.key(" ")
	b.until("it is paused again", func(p app.Probe) bool { return p.Ack.Op == "pause" && p.Paused })

	maps.Copy(hashes, b.scrub())
	b.click("time-live")
	b.wait("the live edge", `seen.report.timeline.following`)
}

// scrub goes back by keys and a typed step, and returns what images were shown at the steps it rested at.
func (b *tab) scrub() map[int]string {
	b.t.Helper()
	seen := map[int]string{}
	slider := byID("time-slider")
	b.focus(slider)
	b.key(kb.ArrowLeft)
	b.wait("three places to rest at", `seen.report.timeline.rests.length >= 3`)
	b.loaded()
	var steps []int
	rests := b.report().Timeline.Rests
	b.key(kb.Home)
	for i := range 2 {
		if i > 0 {
			b.key(kb.ArrowRight)
		}
		at := b.loaded()
		seen[at] = b.state().ImagesHash
		steps = append(steps, at)
	}
	if steps[0] != rests[0] || steps[1] != rests[1] {
		b.t.Errorf("Home and an arrow led to steps %v, the first rests are %v", steps, rests[:2])
	}
	typed := rests[len(rests)/2]
	b.focus(byID("time-step"))
	eval[any](b, byID("time-step")+`.select()`)
	b.key(fmt.Sprint(typed) + kb.Enter)
	if at := b.loaded(); at != typed {
		b.t.Errorf("step %d was typed, step %d is shown", typed, at)
	}
	seen[typed] = b.state().ImagesHash
	return seen
}

// loaded waits until the step that was asked for is shown, and returns it.
func (b *tab) loaded() int {
	b.t.Helper()
	time.Sleep(150 * time.Millisecond)
	b.rest()
	b.wait("the step to be loaded", `!seen.report.timeline.busy && !seen.report.timeline.following`)
	b.until("the step is shown", func(p app.Probe) bool { return p.Step == b.report().Timeline.Step })
	if note := b.report().Timeline.Note; note != "" {
		b.t.Errorf("the timeline says %q", note)
	}
	return b.report().Timeline.Step
}

// steered changes a setting by its slider, takes it back, and finds both in the run's diary.
func steered(b *tab) {
	t := b.t
	b.wait("something to steer", `seen.report.steer?.length`)
	if !eval[bool](b, byID("steer")+`.open`) {
		b.point(`document.querySelector("#steer > summary")`, 0.5)
	}
	b.rest()
	const ranges = `document.querySelectorAll("#steer-blocks input[type=range]:not(:disabled)")`
	n := eval[int](b, ranges+`.length`)
	if n == 0 {
		t.Fatal("no slider to steer with")
	}
	acked := b.state().Ack.ID
	before := eval[float64](b, ranges+`[0].valueAsNumber`)
	b.focus(ranges + `[0]`)
	b.key(kb.ArrowLeft)
	if eval[float64](b, ranges+`[0].valueAsNumber`) == before {
		b.key(kb.ArrowRight)
	}
	b.until("the change is acknowledged", func(p app.Probe) bool { return p.Ack.ID > acked && p.Ack.Op == "set" && p.Ack.OK })
	b.press("step")
	b.until("a step is made", func(p app.Probe) bool { return p.Ack.Op == "step" && p.Ack.OK })
	undo := `[...document.querySelectorAll("#steer-blocks button:not(:disabled)")].find(b => /take back|undo/i.test(b.textContent + b.title))`
	b.wait("a way to take it back", undo)
	b.point(undo, 0.5)
	b.until("it is taken back", func(p app.Probe) bool { return p.Ack.Op == "undo" && p.Ack.OK })
	b.wait("the old value", fmt.Sprintf(`Math.abs(%s[0].valueAsNumber - %v) < 1e-6`, ranges, before))
}

// stopped ends the run through the dialog.
func stopped(b *tab, server *exec.Cmd) {
	b.press("stop")
	b.wait("the question", byID("stop-dialog")+`.open`)
	b.point(`document.querySelector("#stop-dialog button[value=no]")`, 0.5)
	b.rest()
	if p := b.state(); p.Ack.Op == "stop" {
		b.t.Error("Keep running stopped the run")
	}
	b.press("stop")
	b.wait("the question again", byID("stop-dialog")+`.open`)
	b.point(`document.querySelector("#stop-dialog button[value=stop]")`, 0.5)
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	select {
	case <-ended:
	case <-time.After(patience):
		b.t.Fatal("the server did not end after Stop")
	}
	if code := server.ProcessState.ExitCode(); code != 6 {
		b.t.Errorf("a stopped run ended with exit code %d, want 6 (stopped, resumable)", code)
	}
	b.until("the loss is noticed", func(p app.Probe) bool { return p.Connection == "lost" })
	b.wait("the banner", `!`+byID("banner")+`.hidden`)
	b.forgive("WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
}

// replayed scrubs the recording: what was seen at a step of the run is seen again, and it plays.
func replayed(b *tab, hashes map[int]string) {
	t := b.t
	if r := b.report(); r.Run.Control && r.Run.State == "recovering" {
		t.Errorf("a recording looks like a run: %+v", r.Run)
	}
	again := 0
	for step, got := range b.scrub() {
		if want, ok := hashes[step]; ok {
			if again++; got != want {
				t.Errorf("step %d of the recording shows other images than the run did", step)
			}
		}
	}
	for step, want := range hashes {
		b.focus(byID("time-step"))
		eval[any](b, byID("time-step")+`.select()`)
		b.key(fmt.Sprint(step) + kb.Enter)
		if at := b.loaded(); at != step || b.state().ImagesHash != want {
			t.Errorf("step %d of the recording, asked for as %d, shows images %s, the run showed %s", at, step, b.state().ImagesHash, want)
		}
	}
	plays(b)
}

// plays plays a recording that is at a step before its end: at ten times the speed to the end, then in a loop.
func plays(b *tab) {
	t := b.t
	b.focus(byID("time-slider"))
	b.key(kb.Home)
	b.loaded()
	eval[any](b, byID("time-speed")+`.focus()`)
	for range 4 {
		b.key(kb.ArrowDown)
	}
	b.wait("ten times the speed", `seen.report.timeline.speed === 10`)
	b.click("time-loop")
	b.wait("the loop", `seen.report.timeline.loop`)
	b.click("time-play")
	b.wait("it to play", `seen.report.timeline.playing`)
	b.wait("the way to the end and round", `(window.farthest = Math.max(window.farthest ?? 0, seen.report.timeline.step)) > seen.report.timeline.step`)
	b.click("time-play")
	b.wait("it to stop", `!seen.report.timeline.playing`)
	b.click("time-loop")
	b.wait("no loop", `!seen.report.timeline.loop`)
	b.loose()
	b.key(",")
	b.rest()
	b.key("l")
	b.wait("the end", `seen.report.timeline.following`)
	b.key(",")
	b.wait("a step back", `!seen.report.timeline.following`)
	at := b.loaded()
	if last := b.report().Timeline.Last; at >= last {
		t.Errorf("a step back from the end is %d of %d", at, last)
	}
	b.key("l")
	b.wait("the end again", `seen.report.timeline.following`)
	if !strings.Contains(eval[string](b, byID("time-live")+`.getAttribute("aria-pressed")`), "true") {
		t.Error("at the end the button is not pressed")
	}
}
