//go:build !js

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// listener is what every page runs before its own scripts: it keeps what the drawing tells the page, and what the content
// security policy refused, and knows when the page has come to rest.
const listener = `(() => {
	addEventListener("securitypolicyviolation", e => top.seen?.refused.push(e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile));
	if (window !== top) return;
	const seen = window.seen = { manifest: null, report: null, refused: [] };
	addEventListener("message", e => {
		if (typeof e.data !== "string") return;
		const m = JSON.parse(e.data);
		if (m.type === "hello") seen.manifest = m.manifest;
		if (m.type === "report") seen.report = m.report;
	}, true);
	seen.what = () => {
		const { scene, values, panel, steer, empty, label, timeline, notice } = seen.report ?? {};
		return JSON.stringify([scene, values, panel, steer, empty, label, timeline, notice, document.documentElement.dataset.theme,
			document.getElementById("live")?.textContent, [...document.querySelectorAll("dialog[open], :popover-open")].map(d => d.id)]);
	};
	const later = ms => new Promise(done => setTimeout(done, ms));
	seen.rest = async (quiet, most) => {
		let last = seen.what(), since = performance.now(), end = since + most;
		while (performance.now() - since < quiet && performance.now() < end) {
			await later(25);
			const now = seen.what();
			if (now !== last) { last = now; since = performance.now(); }
		}
		return last;
	};
	seen.change = async (before, most) => {
		for (let end = performance.now() + most; performance.now() < end; await later(25)) if (seen.what() !== before) return true;
		return false;
	};
	seen.until = async (is, most) => {
		for (let end = performance.now() + most; performance.now() < end; await later(25)) if (is()) return true;
		return false;
	};
})()`

func listen(b *tab) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: listener})
	b.fatal(err)
}

// manifest is what the drawing told the page it can show.
type manifest struct {
	Scenes []struct{ Name, Title, Group, Key string }
	Params map[string]struct {
		Kind     string
		Default  any
		Min, Max float64
		Options  []string
		Link     bool
	}
	Keys []struct {
		Keys                       []string
		Show, Say, Act, Arg, Scene string
	}
}

// report is what the page knows of the drawing, as far as tests ask.
type report struct {
	Rev    int
	Scene  string
	Values map[string]any
	Link   struct{ State, Error string }
	Ack    struct {
		ID        uint64
		Op, Error string
		OK        bool
	}
	Run struct {
		State     string
		Done      int
		Control   bool
		Live      bool
		Classes   []string
		Recording string
	}
	Timeline struct {
		Shown, Live, Following, Playing, Loop, Busy bool
		Step, First, Last                           int
		Rests                                       []int
		Speed                                       float64
		Note                                        string
		Marks                                       []struct {
			At         int
			Kind, Text string
		}
	}
	Steer   []json.RawMessage
	Empty   *struct{ Head, Body string }
	Notice  *struct{ Text string }
	Label   string
	Exports []string
}

func (b *tab) manifest() manifest {
	b.t.Helper()
	b.wait("the drawing's manifest", `window.seen?.manifest`)
	return asked[manifest](b, `seen.manifest`)
}

func (b *tab) report() report {
	b.t.Helper()
	return asked[report](b, `seen.report ?? {}`)
}

// asked is a value of the page, by way of JSON.
func asked[T any](b *tab, script string) T {
	b.t.Helper()
	var v T
	text := eval[string](b, `JSON.stringify(`+script+`)`)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		b.t.Fatalf("%s gives %.300q: %v", script, text, err)
	}
	return v
}

// wait waits until a condition of the page holds.
func (b *tab) wait(what, condition string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](b, `Boolean(`+condition+`)`) {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited %v for %s; the page is at %s", patience, what, eval[string](b, `location.hash + " " + (window.seen?.what() ?? "").slice(0, 1500)`))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// rest waits until the page has been at rest for a while, and returns what it says then.
func (b *tab) rest() string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`seen.rest(130, 8000)`, chromedp.EvalAwaitPromise))
	b.fatal(err)
	return v
}

// changed waits so many milliseconds for the page to say something else than before.
func (b *tab) changed(before string, most int) bool {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`seen.change(%s, %d)`, quoted(before), most), chromedp.EvalAwaitPromise))
	b.fatal(err)
	return v
}

// becomes waits a while for a condition of the page.
func (b *tab) becomes(condition string) bool {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`seen.until(() => `+condition+`, 8000)`, chromedp.EvalAwaitPromise))
	b.fatal(err)
	return v
}

func quoted(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers only
	}
	return string(data)
}

// place is where an element is, after it was scrolled into sight; an element that something else covers is a fault.
type place struct {
	X, Y, W, H float64
	Over       string // what a pointer meets there, if not the element
}

func (b *tab) place(element string) place {
	b.t.Helper()
	return asked[place](b, `(() => {
		const e = `+element+`;
		e.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
		let r = e.getBoundingClientRect();
		if (r.bottom > innerHeight || r.top < 60) { e.scrollIntoView({ block: "center", behavior: "instant" }); r = e.getBoundingClientRect(); }
		const x = r.x + r.width / 2, y = r.y + r.height / 2, hit = document.elementFromPoint(x, y);
		return { X: r.x, Y: r.y, W: r.width, H: r.height, Over: e.contains(hit) || hit?.contains(e) ? "" : (hit?.outerHTML ?? "nothing").slice(0, 200) };
	})()`)
}

// point clicks an element with the mouse, at a share of its width.
func (b *tab) point(element string, share float64) {
	b.t.Helper()
	p := b.place(element)
	if p.W == 0 || p.H == 0 || p.Over != "" {
		b.t.Errorf("%s cannot be clicked: it is %.0f by %.0f px, and %s lies over it", element, p.W, p.H, p.Over)
		return
	}
	b.do(chromedp.MouseClickXY(p.X+p.W*share, p.Y+p.H/2))
}

func (b *tab) click(id string) {
	b.t.Helper()
	b.point(byID(id), 0.5)
}

func byID(id string) string { return fmt.Sprintf(`document.getElementById(%q)`, id) }

// press clicks a button of the run, once the page lets it be clicked: after the answer to the one before.
func (b *tab) press(id string) {
	b.t.Helper()
	b.wait(id+" to be enabled", `!`+byID(id)+`.disabled`)
	b.click(id)
}

func (b *tab) focus(element string) {
	b.t.Helper()
	eval[any](b, element+`.focus()`)
}

// loose takes the focus away, so that keys go to the page.
func (b *tab) loose() {
	b.t.Helper()
	eval[any](b, `document.activeElement?.blur()`)
}

func (b *tab) key(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// named is a key as the manifest names it, for the browser.
func named(key string) string {
	if k, ok := map[string]string{"arrowleft": kb.ArrowLeft, "arrowright": kb.ArrowRight, "arrowup": kb.ArrowUp, "arrowdown": kb.ArrowDown,
		"delete": kb.Delete, "backspace": kb.Backspace, "escape": kb.Escape, "enter": kb.Enter, "home": kb.Home, "end": kb.End,
		"pageup": kb.PageUp, "pagedown": kb.PageDown}[strings.ToLower(key)]; ok {
		return k
	}
	return key
}

// show opens a scene by its tab, and waits for the drawing to follow.
func (b *tab) show(scene string) {
	b.t.Helper()
	b.click("tab-" + scene)
	b.wait("the scene "+scene, fmt.Sprintf(`seen.report?.scene === %q`, scene))
	b.rest()
}

func (b *tab) text(id string) string {
	b.t.Helper()
	return eval[string](b, byID(id)+`.textContent`)
}

// at opens an address with a view.
func at(address, view string) string { return strings.TrimSuffix(address, "/") + "/#" + view }
