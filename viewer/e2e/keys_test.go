//go:build !js

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"reta/viewer/app"
	_ "reta/viewer/scenes"
)

// useKeys presses every key of the manifest in its scene and wants each to make a difference; at an end of what it moves,
// a key and its opposite count together.
func useKeys(t *testing.T, b *tab) {
	m := b.manifest()
	act := func(scene string, keys []string, what string, most int) string {
		b.loose()
		before := b.rest()
		focus := eval[string](b, `document.activeElement.tagName + document.activeElement.id`)
		frames := b.state().Frames
		b.key(named(keys[0]))
		switch {
		case strings.HasPrefix(what, "page:focus:"):
			if !b.becomes(fmt.Sprintf(`document.activeElement.tagName + document.activeElement.id !== %q`, focus)) {
				return "the focus stays"
			}
		case !b.changed(before, most) && b.state().Frames == frames:
			return "nothing came of it"
		}
		eval[any](b, `document.querySelectorAll("dialog[open]").forEach(d => d.close())`)
		if got := b.report().Scene; got != scene {
			b.show(scene)
		}
		return ""
	}
	for _, s := range m.Scenes {
		b.show(s.Name)
		var failed []int
		for round, list := range [][]int{nil, nil} {
			if round == 1 {
				list = failed
			} else {
				for i := range m.Keys {
					list = append(list, i)
				}
			}
			for _, i := range list {
				k := m.Keys[i]
				if k.Scene != s.Name || k.Act == "scene" {
					continue
				}
				if why := act(s.Name, k.Keys, k.Act, 1000+5000*round); why != "" {
					if round == 0 {
						failed = append(failed, i)
					} else {
						t.Errorf("scene %s, key %q (%s %s): %s", s.Name, k.Keys[0], k.Act, k.Arg, why)
					}
				}
			}
		}
		b.clean()
	}
}

func TestKeysActAndAreListed(t *testing.T) {
	address := replay(t, generated(t))
	b := open(t, address, 1280, 800)
	b.until("there are images", func(p app.Probe) bool { return p.Images > 0 })
	m := b.manifest()
	for _, s := range m.Scenes {
		if s.Key == "" {
			continue
		}
		b.loose()
		b.key(s.Key)
		b.wait("scene "+s.Name, `seen.report.scene === `+quoted(s.Name))
	}
	b.emulate("light", true)
	useKeys(t, b)

	b.show(m.Scenes[0].Name)
	b.loose()
	b.key("?")
	b.wait("the help", byID("help-dialog")+`.open`)
	b.shot("help")
	help := b.text("keys")
	for _, k := range m.Keys {
		if k.Show != "" && !strings.Contains(help, k.Say) {
			t.Errorf("the help does not tell of %q: %s", k.Show, k.Say)
		}
	}
	b.key(m.Scenes[1].Key)
	time.Sleep(200 * time.Millisecond)
	if got := b.report().Scene; got != m.Scenes[0].Name {
		t.Error("a shortcut acted under the open dialog")
	}
	b.click("shortcuts")
	b.key(kb.Escape)
	b.wait("the help to close", `!`+byID("help-dialog")+`.open`)
	b.loose()
	b.key(m.Scenes[1].Key)
	b.rest()
	if got := b.report().Scene; got != m.Scenes[0].Name {
		t.Error("a shortcut acted though shortcuts are off")
	}
	b.click("help")
	b.click("shortcuts")
	b.key(kb.Escape)
	b.loose()
	b.key(m.Scenes[1].Key)
	b.wait("shortcuts on again", `seen.report.scene === `+quoted(m.Scenes[1].Name))
	b.clean()
}

// The Tab key passes through everything, through the drawing as well, and out again; arrows move between the tabs; keys
// pressed in the drawing act.
func TestTabKeyPassesThrough(t *testing.T) {
	_, address := startRun(t, 2*time.Second)
	b := open(t, address, 1280, 800)
	b.until("there are images", func(p app.Probe) bool { return p.Images > 0 })
	b.rest()
	m := b.manifest()
	b.focus(byID("tab-" + m.Scenes[0].Name))
	for _, s := range m.Scenes[1:] {
		b.key(kb.ArrowRight)
		b.wait("scene "+s.Name, `seen.report.scene === `+quoted(s.Name)+` && document.activeElement.id === `+quoted("tab-"+s.Name))
	}
	b.key(kb.Home)
	b.wait("the first scene", `seen.report.scene === `+quoted(m.Scenes[0].Name))
	b.rest()
	var seen []string
	for range 60 {
		b.key(kb.Tab)
		seen = append(seen, eval[string](b, `document.activeElement.id || document.activeElement.tagName`))
	}
	for _, id := range []string{"pause", "export", "theme", "help", "class", "frame", "time-slider", "time-play", "time-live", "tab-" + m.Scenes[0].Name} {
		if !slices.Contains(seen, id) {
			t.Errorf("Tab never reached %s; it went %v", id, seen)
		}
	}
	b.focus(byID("frame"))
	b.key(m.Scenes[2].Key)
	b.wait("a key pressed in the drawing", `seen.report.scene === `+quoted(m.Scenes[2].Name))
	b.clean()
}
