//go:build !js

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"reta/viewer/app"
)

// Every parameter that links carry comes back from one, through a reload as well, and what a hostile link says breaks
// nothing.
func TestLinksRestoreTheView(t *testing.T) {
	_, address := startRun(t, 200*time.Millisecond)
	b := open(t, address, 1280, 800)
	b.until("there are images", func(p app.Probe) bool { return p.Images > 0 })
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
		b.wait("scene "+s.Name, `seen.report?.scene === `+quoted(s.Name)+` && seen.report.values.log`) // which no scene moves
		b.rest()
		time.Sleep(400 * time.Millisecond) // until it is in the address
		b.rest()
		values := b.report().Values
		b.do(chromedp.Reload())
		b.wait("scene "+s.Name+" again", `window.seen?.report?.scene === `+quoted(s.Name)+` && seen.report.run.classes.length`)
		b.rest()
		after := b.report().Values
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if name == "bar" {
				continue // it follows its bar from cloud to cloud, and the run goes on: see TestLinksKeepTheBar
			}
			if p := m.Params[name]; p.Link && after[name] != values[name] {
				t.Errorf("scene %s: %s was %v, after a reload it is %v", s.Name, name, values[name], after[name])
			}
		}
	}
	for i, hash := range []string{
		"scene=nowhere&class=1e308&image=-5&eps=NaN&bar=1e9&of=nobody", "scene=%00&%F0%9F=1&eps=Infinity", "class=999999&image=999999&scene=features&step=1000000000",
		"scene=sandbox&class=&eps=1e-400", "constructor=1&__proto__=2&scene=constructor", "scene=training&step=-7&step=3.5",
		"scene=topology&bar=999999&eps=999999999", "scene=retrieval&class=123456&image=777777", "scene=pull&pull.steps=9999999", "scene=lessons&lesson=nothing&at=99",
	} {
		frames := 0
		if i == 0 {
			b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(at(address, hash)))
			b.wait("a report for #"+hash, `window.seen?.report?.scene && seen.report.run.classes.length`)
		} else {
			frames = b.state().Frames
			eval[any](b, `location.hash = `+quoted(hash))
		}
		b.until("something drawn for #"+hash, func(p app.Probe) bool { return p.Frames > frames })
		b.rest()
		for name, value := range b.report().Values {
			p := m.Params[name]
			if n, ok := value.(float64); ok && (n < p.Min || n > p.Max) {
				t.Errorf("#%s: %s is %v, outside %v to %v", hash, name, n, p.Min, p.Max)
			}
			if s, ok := value.(string); ok && len(p.Options) > 0 && !slices.Contains(p.Options, s) {
				t.Errorf("#%s: %s is %q, none of %q", hash, name, s, p.Options)
			}
		}
		b.clean()
	}
	b.clean()
}

// A link names a bar of the cloud at its step: the page that opens has other clouds before, and must not follow the bar there.
func TestLinksKeepTheBar(t *testing.T) {
	address := replay(t, generated(t))
	b := open(t, at(address, "scene=features"), 1280, 800)
	b.wait("places to rest at", `seen.report?.timeline.rests.length >= 3`)
	rests := b.report().Timeline.Rests
	for _, name := range []string{"features", "topology"} {
		for _, step := range []int{-1, rests[0], rests[len(rests)/2]} {
			hash := fmt.Sprintf("scene=%s&bar=2&of=real&step=%d", name, step)
			eval[any](b, `location.hash = `+quoted(hash))
			b.do(chromedp.Reload())
			b.wait("the step of "+hash, fmt.Sprintf(`window.seen?.report?.scene === %q && !seen.report.timeline.busy && seen.report.run.classes.length`, name))
			b.until("the cloud", func(p app.Probe) bool { return p.EpsMax > 0 })
			b.rest()
			if v := b.report().Values; v["bar"] != 2.0 || v["of"] != "real" || v["step"] != float64(step) {
				t.Errorf("%s opens with bar %v of %v at step %v", hash, v["bar"], v["of"], v["step"])
			}
		}
	}
	b.clean()
}
