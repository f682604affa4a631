//go:build !js

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"reta/viewer/app"
)

// controls are the roles of what is used; each wants a name.
var controls = map[string]bool{"button": true, "checkbox": true, "combobox": true, "link": true, "listbox": true, "menuitem": true, "radio": true,
	"searchbox": true, "slider": true, "spinbutton": true, "switch": true, "tab": true, "textbox": true, "image": true, "img": true, "Iframe": true, "progressbar": true}

// small lists what is used and is smaller than 24 px either way, where it does not stand in a line of text.
const small = `[...document.querySelectorAll("button, select, input, summary, a")].filter(e => {
	if (!e.checkVisibility({ visibilityProperty: true }) || e.closest("[hidden], .skip")) return false;
	const label = /^(checkbox|radio|file)$/.test(e.type) ? e.closest("label") ?? e : e.matches(".rowlink") ? e.closest("tr") : e; // a row's button lies over all of it
	const r = label.getBoundingClientRect();
	return r.width > 0 && (r.height < 23.5 || r.width < 23.5);
}).map(e => (e.id || e.textContent || e.type).trim().slice(0, 40) + " " + e.getBoundingClientRect().width.toFixed(0) + "x" + e.getBoundingClientRect().height.toFixed(0))`

// faint lists texts whose contrast with what lies behind them is below 4.5 (3 for large ones), the page's own background
// colours composed.
const faint = `(() => {
	const parse = c => { const m = c.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0], s = c.startsWith("color(") ? 255 : 1; return { r: s * m[0], g: s * m[1], b: s * m[2], a: m[3] ?? 1 }; };
	const over = (f, b) => ({ r: f.r * f.a + b.r * (1 - f.a), g: f.g * f.a + b.g * (1 - f.a), b: f.b * f.a + b.b * (1 - f.a), a: 1 });
	const light = ({ r, g, b }) => { const l = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * l(r) + 0.7152 * l(g) + 0.0722 * l(b); };
	const out = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const node = walk.currentNode, e = node.parentElement;
		if (!node.textContent.trim() || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest(":disabled, [aria-disabled=true], .toast, script, style, option, svg, .loading")) continue;
		const r = e.getBoundingClientRect();
		if (!r.width || !r.height) continue;
		let back = { r: 255, g: 255, b: 255, a: 0 };
		const layers = [];
		for (let p = e; p; p = p.parentElement) { const c = parse(getComputedStyle(p).backgroundColor); if (c.a > 0) layers.push(c); if (c.a === 1) break; }
		back = layers.reverse().reduce((b, c) => over(c, b), { r: 255, g: 255, b: 255, a: 1 });
		const style = getComputedStyle(e), front = over(parse(style.color), back);
		const [a, b] = [light(front), light(back)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
		const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 700;
		if (ratio < (large ? 3 : 4.5) - 0.05) out.add(ratio.toFixed(2) + ": " + node.textContent.trim().slice(0, 40) + " in " + (e.closest("[id]")?.id ?? "") + " " + e.className);
	}
	return [...out];
})()`

// Everything that is used has a name, is large enough, and texts can be read, in every scene, light and dark.
func TestPageIsAccessible(t *testing.T) {
	b := open(t, replay(t, generated(t)), 1280, 800)
	b.until("the recording", func(p app.Probe) bool { return p.Images == ipc*len(classes) })
	for _, scheme := range []string{"light", "dark"} {
		b.emulate(scheme, true)
		for _, s := range b.manifest().Scenes {
			b.show(s.Name)
			eval[any](b, `document.querySelectorAll("#panel details").forEach(d => { d.open = true; })`)
			b.rest()
			if scheme == "light" {
				for _, name := range b.unnamed() {
					t.Errorf("scene %s: %s has no name", s.Name, name)
				}
				for _, what := range asked[[]string](b, small) {
					t.Errorf("scene %s: too small to hit: %s", s.Name, what)
				}
				if b.report().Label == "" || eval[string](b, `document.getElementById("frame").contentDocument.querySelector("canvas").getAttribute("aria-label") ?? ""`) == "" {
					t.Errorf("scene %s: the drawing has no words for those who cannot see it", s.Name)
				}
			}
			for _, what := range asked[[]string](b, faint) {
				t.Errorf("scene %s, %s: hard to read, contrast %s", s.Name, scheme, what)
			}
			if wide := eval[float64](b, `document.documentElement.scrollWidth - innerWidth`); wide > 1 {
				t.Errorf("scene %s: the page is %.0f px wider than the window", s.Name, wide)
			}
		}
	}
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateTouch))
	for _, s := range b.manifest().Scenes {
		b.show(s.Name)
		if wide := eval[float64](b, `document.documentElement.scrollWidth - innerWidth`); wide > 1 {
			t.Errorf("scene %s on a phone: the page is %.0f px wider than the window", s.Name, wide)
		}
		for _, what := range asked[[]string](b, small) {
			t.Errorf("scene %s on a phone: too small to hit: %s", s.Name, what)
		}
	}
	b.clean()
}

// unnamed lists what the accessibility tree holds to use without a name.
func (b *tab) unnamed() []string {
	b.t.Helper()
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	b.fatal(err)
	said := func(v *accessibility.Value) string {
		var s string
		if v != nil {
			_ = json.Unmarshal(v.Value, &s)
		}
		return s
	}
	var out []string
	for _, n := range tree.Nodes {
		if role := said(n.Role); !n.Ignored && controls[role] && strings.TrimSpace(said(n.Name)) == "" {
			out = append(out, fmt.Sprintf("%s (node %v)", role, n.BackendDOMNodeID))
		}
	}
	return out
}

// What happens to a run is said aloud, and reduced motion ends all motion.
func TestChangesAreSaidAndMotionReduced(t *testing.T) {
	_, address := startRun(t, 150*time.Millisecond)
	b := open(t, address, 1280, 800)
	b.until("losses", func(p app.Probe) bool { return p.LossPoints > 0 })
	live := byID("live")
	if eval[string](b, live+`.getAttribute("aria-live")`) != "polite" {
		t.Error("nothing is said aloud")
	}
	b.press("pause")
	b.wait("the pause to be said", live+`.textContent === "Paused"`)
	b.wait("the button to say Resume", byID("pause")+`.textContent.includes("Resume")`)
	b.press("pause")
	b.wait("the resumption to be said", `["Running", "Distilling"].includes(`+live+`.textContent)`)
	b.wait("the button to say Pause", byID("pause")+`.textContent.includes("Pause")`)
	b.press("pause")
	b.wait("the pause again", live+`.textContent === "Paused"`)
	b.emulate("dark", true)
	b.show("features")
	b.until("a cloud", func(p app.Probe) bool { return p.EpsMax > 0 })
	const eps = `document.querySelector("#blocks input[data-param=eps]")`
	b.wait("its slider", eps)
	b.focus(eps)
	b.do(chromedp.KeyEvent("\uE000"))
	b.loose()
	b.key("p")
	b.until("growth at once", func(p app.Probe) bool { return p.Eps >= p.EpsMax*0.999 })
	if n := eval[int](b, `document.getAnimations().filter(a => a.playState === "running" && a.effect.getComputedTiming().duration > 50).length`); n > 0 {
		t.Errorf("%d animations run though motion is reduced", n)
	}
	b.clean()
}
