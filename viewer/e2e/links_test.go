//go:build !js

package e2e

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/viewer/scene"
)

// Every parameter that links carry comes back from one, through a reload as well, and what a hostile link says breaks
// nothing.
func TestLinksRestoreTheView(t *testing.T) {
	_, address := startRun(t, 200*time.Millisecond)
	b := open(t, address, 1280, 800)
	b.until("there are images", func(p scene.Probe) bool { return p.Images > 0 })
	m := b.manifest()
	for _, s := range m.Scenes {
		want := map[string]any{"scene": s.Name}
		for name, p := range m.Params {
			switch {
			case !p.Link || name == "scene" || name == "step":
			case p.Kind == "number":
				want[name] = float64(int(min(max(p.Default.(float64)+1, p.Min), p.Max)))
			case p.Kind == "flag":
				want[name] = !p.Default.(bool)
			case len(p.Options) > 1:
				want[name] = p.Options[1]
			}
		}
		// a scene may move what it owns to what it can be: what is set now is what must come back
		eval[any](b, `location.hash = new URLSearchParams(`+quoted(want)+`).toString()`)
		b.wait("scene "+s.Name, `seen.report?.scene === `+quoted(s.Name))
		b.rest()
		time.Sleep(400 * time.Millisecond) // until it is in the address
		before := b.rest()
		values := b.report().Values
		b.do(chromedp.Reload())
		b.wait("scene "+s.Name+" again", `window.seen?.report?.scene === `+quoted(s.Name)+` && seen.report.run.classes.length`)
		b.rest()
		after := b.report().Values
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if p := m.Params[name]; p.Link && after[name] != values[name] {
				t.Errorf("scene %s: %s was %v, after a reload it is %v", s.Name, name, values[name], after[name])
			}
		}
		_ = before
	}
	for _, hash := range []string{
		"scene=nowhere&class=1e308&image=-5&eps=NaN&bar=1e9&of=nobody", "scene=%00&%F0%9F=1&eps=Infinity", "class=999999&image=999999&scene=features&step=1000000000",
		"scene=sandbox&class=&eps=1e-400", "constructor=1&__proto__=2&scene=constructor", "scene=training&step=-7&step=3.5",
		"scene=topology&bar=999999&eps=999999999", "scene=retrieval&class=123456&image=777777", "scene=pull&pull.steps=9999999", "scene=lessons&lesson=nothing&at=99",
	} {
		b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(at(address, hash)))
		b.wait("a report for #"+hash, `window.seen?.report?.scene && seen.report.run.classes.length`)
		b.rest()
		frames := b.state().Frames
		b.wait("a drawing", `document.getElementById("loading").hidden`)
		if frames == 0 {
			t.Errorf("#%s: nothing was drawn", hash)
		}
		b.clean()
	}
	b.clean()
}
