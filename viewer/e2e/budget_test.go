//go:build !js

package e2e

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/server/web"
	"reta/shared/event"
	"reta/viewer/app"
)

// The budgets, for a machine of pace 1. Times are the best of several tries, for other programs may be busy on the machine.
const (
	programMost = 3_200_000 // bytes, as brotli at its best
	firstFrame  = 2 * time.Second
	framesLeast = 15.0 // a second, while everything moves
	sandMost    = 50.0 // milliseconds of homology, a hundred points
)

// others is the share of the processors that other programs take while this one and its browser rest, 0 where the system
// does not tell.
func others() float64 {
	read := func() (idle, all float64) {
		data, _ := os.ReadFile("/proc/stat")
		fields := strings.Fields(strings.SplitN(string(data), "\n", 2)[0])
		for i, f := range fields {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				continue
			}
			if all += v; i == 4 || i == 5 { // idle, and waiting for a disk
				idle += v
			}
		}
		return idle, all
	}
	idle, all := read()
	time.Sleep(700 * time.Millisecond)
	if moreIdle, moreAll := read(); moreAll > all {
		return 1 - (moreIdle-idle)/(moreAll-all)
	}
	return 0
}

// pace is the speed of a processor of this machine beside that of the one that the budgets were set on, at most 1: SwiftShader
// draws on the processor. One and the same viewer (commit 32b7824) drew 2,000 edges 16 times a second there, and 12 times on a
// machine of pace 0.75.
var pace = sync.OnceValue(func() float64 {
	const reference = 14 * time.Millisecond
	best, x := time.Hour, 1.0
	for range 8 {
		began := time.Now()
		for i := range 10_000_000 { // a chain of sums and products: what one instruction waits for the last
			x = x*0.999 + float64(i&7)
		}
		best = min(best, time.Since(began))
	}
	if math.IsNaN(x) {
		return 0
	}
	return min(1, float64(reference)/float64(best))
})

// judge holds a figure against what it is to be at least, or with a negative sign at most, on a machine of pace 1; a tenth is
// noise. Where the machine is busy with other programs the figure says nothing.
func judge(t *testing.T, figure, least float64, said string) {
	t.Helper()
	scaled := 0.9 * least * pace()
	if least < 0 {
		scaled = 1.1 * least / pace()
	}
	if figure >= scaled {
		return
	}
	said += fmt.Sprintf(" (at pace %.2f: %.4g)", pace(), math.Abs(scaled))
	for try := range 5 {
		if busy := others(); busy < 0.3 {
			t.Error(said)
			return
		} else if try == 4 {
			t.Logf("not judged, for other programs take %.0f %% of the processors: %s", 100*busy, said)
		}
	}
}

// drawnAfter waits for the first frame and gives its time since navigation, milliseconds.
func (b *tab) drawnAfter() float64 {
	b.t.Helper()
	b.wait("the first frame", `performance.getEntriesByName("drawn").length`)
	return eval[float64](b, `performance.getEntriesByName("drawn")[0].startTime`)
}

// fetched is how many bytes of the program came over the network, -1 when it was not asked for.
func (b *tab) fetched() float64 {
	b.t.Helper()
	return eval[float64](b, `document.getElementById("frame").contentWindow.performance.getEntriesByType("resource")
		.find(e => /\/viewer\.wasm/.test(e.name))?.transferSize ?? -1`)
}

// The program comes packed once, and from the browser's own store afterwards, and then is there in two seconds.
func TestProgramIsSmallAndKept(t *testing.T) {
	_, address := startRun(t, time.Second)
	b := open(t, address, 1280, 800)
	cold := b.drawnAfter()
	if n := b.fetched(); n > 4e6 || n < 0 {
		t.Errorf("%.0f bytes came for the program: want it packed", n)
	}
	if os.Getenv("CI") == "true" { // packed at its best
		if info, err := os.Stat(filepath.Join(static, "viewer.wasm.br")); err != nil || info.Size() >= programMost {
			t.Errorf("the packed program: %v, %v; want less than %d bytes", info, err, programMost)
		}
	}
	warm := cold
	for range 5 {
		b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address))
		warm = min(warm, b.drawnAfter())
		if n := b.fetched(); n != 0 {
			t.Errorf("%.0f bytes came for a program that was kept", n)
		}
		if warm < float64(firstFrame.Milliseconds()) {
			break
		}
	}
	t.Logf("first frame after %.0f ms, with the program kept after %.0f ms", cold, warm)
	b.clean()
	b.do(chromedp.Navigate("about:blank"))
	judge(t, -warm, -float64(firstFrame.Milliseconds()), fmt.Sprintf("the first frame came after %.0f ms at best, want %v", warm, firstFrame))
}

var static = filepath.Join("..", "..", "server", "web", "static")

// A plain folder of files, without a list of them and without a hint how they are packed, shows the viewer all the same.
func TestPlainFolderIsEnough(t *testing.T) {
	site := httptest.NewServer(http.FileServer(http.Dir(static)))
	t.Cleanup(site.Close)
	b := open(t, site.URL+"/", 1280, 800)
	b.drawnAfter()
	b.until("it looks for a server", func(p app.Probe) bool { return p.Connection == "lost" })
}

// moving measures frames a second, and the program's time for each, while the drawing is made to move for three seconds;
// the best of three.
func (b *tab) moving(what string, move string) {
	b.t.Helper()
	best, cost := 0.0, 0.0
	for range 3 {
		before, began := b.state(), time.Now()
		eval[any](b, `(() => {
			const canvas = document.getElementById("frame").contentDocument.querySelector("canvas");
			const box = canvas.getBoundingClientRect(), end = performance.now() + 3000;
			let i = 0;
			const event = (kind, more) => canvas.dispatchEvent(new (kind === "wheel" ? WheelEvent : PointerEvent)(kind, { bubbles: true, cancelable: true, ...more }));
			const tick = () => { if (performance.now() > end) return; i++; `+move+`; requestAnimationFrame(tick); };
			tick();
		})()`)
		time.Sleep(3 * time.Second)
		after, took := b.state(), time.Since(began).Seconds()
		frames := after.Frames - before.Frames
		if rate := float64(frames) / took; rate > best {
			best, cost = rate, 1000*(after.Busy-before.Busy)/math.Max(1, float64(frames))
		}
		if best >= framesLeast {
			break
		}
	}
	b.t.Logf("%s: %.1f frames a second, %.1f ms of the program's time each", what, best, cost)
	time.Sleep(time.Second)
	judge(b.t, best, framesLeast, fmt.Sprintf("%s: %.1f frames a second at best, want %v", what, best, framesLeast))
}

// Two thousand images, two thousand edges, two hundred points: everything moves well, on a drawing of about 640 by 480 pixels,
// every one of which the processor paints.
func TestMuchMovesWell(t *testing.T) {
	events := []event.Event{hello(200, 10, 64)}
	events = append(events, pictures(200, 10, 64, 1)...)
	cloud := crowd(100)
	if n := len(cloud.Real.Edges) + len(cloud.Syn.Edges); n < 2000 {
		t.Fatalf("the cloud has %d edges", n)
	}
	events = append(events, cloud, event.Metrics{Points: []event.Point{{Step: 1, CE: 1, BN: 1, Total: 2}}},
		event.Status{State: event.Done, Done: 2000, Total: 2000, Step: 1})
	b := open(t, replay(t, record(t, events...)), 1000, 730)
	b.until("all tiles", func(p app.Probe) bool { return p.Images == 2000 })
	b.moving("2000 images", `event("wheel", { deltaY: i % 60 < 30 ? 40 : -40, clientX: 200, clientY: 300 })`)
	b.show("features")
	b.until("the cloud", func(p app.Probe) bool { return p.EpsMax > 0 })
	b.moving("200 points, 2000 edges", `{ const grow = document.querySelector("#blocks [data-act=grow]"); if (grow.getAttribute("aria-pressed") === "false") grow.click() }`)
	b.clean()
}

// crowd is a cloud of n points in either set, with ten edges or more a point.
func crowd(n int) event.Cloud {
	rng := rand.New(rand.NewPCG(5, 6))
	set := func() event.Set {
		var s event.Set
		for range n {
			s.Points = append(s.Points, float32(rng.NormFloat64()), float32(rng.NormFloat64()))
		}
		for i := range n {
			for j := 1; j <= 11; j++ {
				s.Edges = append(s.Edges, event.Edge{I: min(i, (i+j)%n), J: max(i, (i+j)%n), Length: float32(len(s.Edges)) / float32(11*n)})
			}
		}
		for i := range n {
			s.Bars = append(s.Bars, event.Bar{Death: float32(i+1) / float32(n), DeathEdge: [2]int{i, (i + 1) % n}})
		}
		return s
	}
	return event.Cloud{K: 11, EpsMax: 1, Real: set(), Syn: set(), Explained: [2]float32{0.5, 0.3}, Active: true}
}

// The sandbox computes the homology of a hundred points between two frames.
func TestSandboxIsQuick(t *testing.T) {
	address := still(t, func(*web.Hub) {})
	b := open(t, at(address, "scene=sandbox&sand.n=100"), 1280, 800)
	b.until("a cloud", func(p app.Probe) bool { return p.Sandbox != nil && p.Sandbox.Points > 0 })
	const number = `[...document.querySelectorAll("#blocks input[type=range]")].find(e => e.labels[0]?.textContent === "Number")`
	best := math.Inf(1)
	for try := range 5 {
		eval[any](b, `{ const s = `+number+`; s.value = `+quoted(99+try%2)+`; s.dispatchEvent(new Event("input", { bubbles: true })) }`)
		p := b.until("its points", func(p app.Probe) bool { return p.Sandbox.Points == 99+try%2 })
		b.rest()
		p = b.state()
		if try%2 == 1 {
			best = math.Min(best, p.Sandbox.Milliseconds)
		}
	}
	t.Logf("homology of 100 points: %.1f ms", best)
	if best <= 0 {
		t.Errorf("homology of 100 points took %v ms", best)
	}
	judge(t, -best, -sandMost, fmt.Sprintf("homology of 100 points took %.1f ms at best, want at most %v", best, sandMost))
	b.clean()
}

// Where nothing happens nothing is drawn.
func TestRestingPageDrawsNothing(t *testing.T) {
	b := open(t, replay(t, generated(t)), 1280, 800)
	b.emulate("light", true)
	b.until("the recording", func(p app.Probe) bool { return p.Images == ipc*len(classes) })
	for _, s := range b.manifest().Scenes {
		b.show(s.Name)
		time.Sleep(300 * time.Millisecond)
		before := b.state().Frames
		time.Sleep(time.Second)
		if idle := b.state().Frames - before; idle > 3 {
			t.Errorf("scene %s: %d frames in a second in which nothing happened, with motion reduced", s.Name, idle)
		}
	}
	b.clean()
}
