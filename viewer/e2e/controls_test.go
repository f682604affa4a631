//go:build !js

package e2e

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"reta/viewer/app"
)

// control is something of a panel that can be used.
type control struct {
	Kind  string // range, radio, menu, toggle, search, number, area, button, row, details
	Name  string // of the parameter, act or details, with what tells it from its likes
	Param string
	Label string
	Index int // among all that can be used in the panel
}

// usable lists what can be used in the panel now. Everything of a kind with one name counts once, and of a table's rows the
// first that is not chosen.
const usable = `seen.usable = () => {
	const visible = e => e.offsetParent && !e.disabled;
	const all = [...document.querySelectorAll("#blocks :is(input, select, textarea, button, summary), #steer-blocks :is(input, select, textarea, button, summary)")];
	seen.nodes = all;
	return all.map((e, Index) => {
		const Param = e.dataset.param ?? e.closest("[data-param]")?.dataset.param ?? "";
		const Label = (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || "").trim().slice(0, 60);
		let Kind = { SELECT: "menu", TEXTAREA: "area", BUTTON: "button", SUMMARY: "details" }[e.tagName] ??
			{ checkbox: "toggle", radio: "radio", range: "range", search: "search", number: "number", file: "file" }[e.type];
		let Name = Param || e.dataset.act || e.closest("[data-id]")?.dataset.id || "";
		if (Kind === "button" && e.classList.contains("rowlink")) { Kind = "row"; Name = e.closest("table").caption?.textContent ?? ""; }
		if (Kind === "button" && e.closest(".area")) return null;
		if (Kind === "button") Name += " " + (e.dataset.arg ?? "");
		if (Kind === "radio") Name += "=" + e.value;
		if (Kind === "details" && e.parentElement.open) return null;
		if (Kind === "row" && e.getAttribute("aria-pressed") === "true") return null;
		if (Kind === "radio" && e.checked) return null;
		if (Kind === "menu" && e.options.length < 2) return null;
		return visible(e) || Kind === "radio" && e.labels[0]?.offsetParent && !e.disabled ? { Kind, Name, Param, Label, Index } : null;
	}).filter(c => c && c.Kind && c.Kind !== "file");
}`

// useEverything opens every scene and uses every control that is there, or comes up while others are used, with pointer
// and keyboard, and wants each to make a difference.
func useEverything(t *testing.T, b *tab) {
	b.emulate("light", true) // growth and the like are at their end at once
	eval[any](b, usable+`; 0`)
	for _, s := range b.manifest().Scenes {
		t.Run(s.Name, func(t *testing.T) {
			outer := b.t
			b.t = t
			defer func() { b.t = outer }()
			b.show(s.Name)
			used, again := map[string]bool{}, []control{}
			for range 90 {
				c, ok := b.next(used)
				if !ok {
					break
				}
				if why := b.use(c, 1500); why != "" {
					again = append(again, c)
				}
				if got := b.report().Scene; got != s.Name { // a link to another scene
					b.show(s.Name)
				}
			}
			for _, c := range again { // at the end of a range, a button for more has nothing to do; others moved it since
				if c.Kind == "row" {
					continue // it may lead to the step, or light the image, that is shown already
				}
				if why := b.use(c, 6000); why != "" {
					t.Errorf("%v: %s", c, why)
				}
			}
			if len(used) == 0 {
				t.Error("the scene's panel has nothing to use")
			}
			t.Logf("%d controls", len(used))
			b.clean()
		})
	}
}

// next is a control that was not used yet.
func (b *tab) next(used map[string]bool) (control, bool) {
	b.t.Helper()
	for _, c := range asked[[]control](b, `seen.usable()`) {
		if key := c.Kind + " " + c.Name; !used[key] {
			used[key] = true
			return c, true
		}
	}
	return control{}, false
}

func (c control) String() string { return fmt.Sprintf("%s %q (%s)", c.Kind, c.Name, c.Label) }

// use uses a control as a hand would, gives it so many milliseconds, and returns what is wrong with what came of it.
func (b *tab) use(c control, most int) string {
	b.t.Helper()
	before := b.rest()
	// the panel may have moved on since c was listed
	found := false
	for _, n := range asked[[]control](b, `seen.usable()`) {
		if n.Kind == c.Kind && n.Name == c.Name {
			c, found = n, true
			break
		}
	}
	if !found {
		return ""
	}
	e := fmt.Sprintf(`seen.nodes[%d]`, c.Index)
	switch c.Kind {
	case "range":
		return b.useRange(c, e)
	case "number":
		return b.useNumber(c, e)
	case "radio":
		b.point(e+`.labels[0]`, 0.5)
		value := c.Name[strings.IndexByte(c.Name, '=')+1:]
		if !b.becomes(fmt.Sprintf(`String(seen.report.values[%q]) === %q`, c.Param, value)) {
			return fmt.Sprintf("the value stays %v", b.report().Values[c.Param])
		}
		return ""
	case "toggle":
		was := b.report().Values[c.Param]
		b.point(e+`.labels[0]`, 0.1)
		if !b.becomes(fmt.Sprintf(`seen.report.values[%q] !== %v`, c.Param, was)) {
			return fmt.Sprintf("a click leaves it %v", was)
		}
		b.rest()
		if eval[bool](b, e+`.isConnected`) {
			b.focus(e)
			b.key(" ")
			if !b.becomes(fmt.Sprintf(`seen.report.values[%q] === %v`, c.Param, was)) {
				return "the space bar does not turn it back"
			}
		}
		return ""
	case "row":
		b.focus(e)
		b.key(kb.Enter)
	case "menu":
		b.focus(e)
		last := eval[bool](b, e+`.selectedIndex === `+e+`.options.length - 1`)
		if last {
			b.key(kb.ArrowUp)
		} else {
			b.key(kb.ArrowDown)
		}
	case "search":
		b.focus(e)
		b.key("a")
		if !b.becomes(fmt.Sprintf(`seen.report.values[%q].endsWith("a")`, c.Param)) {
			return "what is typed does not arrive"
		}
		b.rest()
		b.key(kb.Backspace)
		return ""
	case "area":
		b.focus(e)
		b.do(chromedp.KeyEvent("0 0, 1 0, 0.5 1"))
		b.point(e+`.closest(".area").querySelector("button")`, 0.5)
	case "details":
		b.focus(e)
		b.key(kb.Enter)
		if !b.becomes(e + `.parentElement.open`) {
			return "it does not open"
		}
		return ""
	default:
		b.point(e, 0.5)
	}
	defer eval[any](b, `document.querySelectorAll("dialog[open]").forEach(d => d.close())`)
	if !b.changed(before, most) {
		return "nothing came of it"
	}
	return ""
}

// useRange moves a slider by key and by pointer.
func (b *tab) useRange(c control, e string) string {
	b.t.Helper()
	get := func() float64 { return eval[float64](b, e+`.valueAsNumber`) }
	say := func() string {
		return eval[string](b, `JSON.stringify(seen.report.steer ?? 0) + seen.report.values[`+quoted(c.Param)+`]`)
	}
	low, high := eval[float64](b, `Number(`+e+`.min)`), eval[float64](b, `Number(`+e+`.max)`)
	if high <= low {
		return ""
	}
	key := kb.ArrowRight
	if get() > (low+high)/2 {
		key = kb.ArrowLeft
	}
	for i, move := range []func(){
		func() { b.focus(e); b.key(key) },
		func() { b.point(e, 0.3) },
		func() { b.point(e, 0.7) },
	} {
		if !eval[bool](b, e+`.isConnected && !`+e+`.disabled`) {
			return ""
		}
		value, said := get(), say()
		move()
		if !b.becomes(fmt.Sprintf(`JSON.stringify(seen.report.steer ?? 0) + seen.report.values[%q] !== %s`, c.Param, quoted(said))) && get() != value {
			return fmt.Sprintf("the slider moved from %v to %v, but nothing follows (move %d)", value, get(), i)
		} else if get() == value && i == 0 {
			return fmt.Sprintf("an arrow key leaves it at %v in [%v, %v]", value, low, high)
		}
		b.rest()
		if c.Param == "" || i == 0 {
			continue
		}
		share := []float64{0, 0.3, 0.7}[i]
		if got := (get() - low) / (high - low); math.Abs(got-share) > 0.25 && eval[bool](b, e+`.isConnected`) && eval[float64](b, `Number(`+e+`.max)`) == high {
			return fmt.Sprintf("a click at %.0f %% of it puts it at %.0f %%", 100*share, 100*got)
		}
	}
	return ""
}

// useNumber types another number.
func (b *tab) useNumber(c control, e string) string {
	b.t.Helper()
	old := eval[float64](b, e+`.valueAsNumber`)
	low, high := eval[float64](b, `Number(`+e+`.min || -1e9)`), eval[float64](b, `Number(`+e+`.max || 1e9)`)
	value := old + 1
	if step := eval[float64](b, `Number(`+e+`.step) || 0`); step > 0 && step < 1 {
		value = old + step
	}
	if value > high {
		value = old - (value - old)
	}
	if value < low {
		value = (low + high) / 2
	}
	b.focus(e)
	eval[any](b, e+`.select()`)
	b.do(chromedp.KeyEvent(strconv.FormatFloat(value, 'f', -1, 64) + kb.Enter))
	if !b.becomes(fmt.Sprintf(`Math.abs(seen.report.values[%q] - %v) < 1e-6 || JSON.stringify(seen.report.steer ?? 0).includes(%q)`, c.Param, value, strconv.FormatFloat(value, 'g', -1, 64))) {
		return fmt.Sprintf("%v was typed over %v, the value is %v", value, old, b.report().Values[c.Param])
	}
	return ""
}

// Beside the buttons of a live run all tabs are seen, and the run's name, on the usual screens of desks.
func TestTabsFitBesideTheControls(t *testing.T) {
	_, address := startRun(t, time.Hour)
	b := open(t, address, 1280, 800)
	b.until("the run", func(p app.Probe) bool { return p.Connection == "open" })
	b.wait("the name of the run", byID("title")+`.textContent !== ""`)
	for _, width := range []int64{1280, 1366, 1440, 1536, 1600, 1680, 1920} {
		b.do(chromedp.EmulateViewport(width, 800))
		b.rest()
		for _, id := range []string{"tabs", "title"} {
			if cut := eval[float64](b, byID(id)+`.scrollWidth - `+byID(id)+`.clientWidth`); cut > 0 {
				t.Errorf("%d px: %.0f px of the %s are cut off", width, cut, id)
			}
		}
	}
	b.clean()
}
