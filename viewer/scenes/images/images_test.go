package images

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

var gallery = flag.String("images", "", "folder to write pictures of the images scene to, to be looked at")

// painted is a picture with some structure, of side n.
func painted(class, i, step, n int) []byte {
	rgb := make([]byte, 0, n*n*3)
	s := float64(step) / 100
	for y := range n {
		for x := range n {
			u, v := float64(x)/float64(n)-0.5, float64(y)/float64(n)-0.5
			d := math.Hypot(u, v)
			rgb = append(rgb, byte(128+100*math.Sin(9*u*(1+s)+float64(class))), byte(128+100*math.Cos(8*d*(1+s)+float64(i))), byte(120+90*math.Sin(7*v+float64(class*i))))
		}
	}
	return rgb
}

// crowd is a viewer of a run of so many classes.
func crowd(classes, ipc, side int) *app.Viewer {
	v := app.New()
	v.Link.State = "open"
	names := []string{"tench", "English springer", "cassette player", "chain saw", "church", "French horn", "garbage truck", "gas pump", "golf ball", "parachute"}
	h := event.Hello{Run: "r", Dataset: "d", IPC: ipc, Width: side, Height: side, Steps: 400, Stages: 4}
	for c := range classes {
		name := fmt.Sprintf("class %d", c)
		if c < len(names) {
			name = names[c]
		}
		h.Classes = append(h.Classes, name)
	}
	receive := func(now float64, e event.Event) { v.Receive(event.Message{Run: 7, Step: event.Step(e), Event: e}, now) }
	receive(0, h)
	for step := 0; step <= 200; step += 20 {
		for c := range classes {
			e := event.Images{Step: step, Class: c, Count: ipc, Width: side, Height: side}
			for i := range ipc {
				e.Pixels = append(e.Pixels, painted(c, i, step, side)...)
			}
			receive(10, e)
			if step%100 == 0 && step > 0 {
				e := event.Residual{Step: step, Stage: step/100 - 1, Class: c, Width: side, Height: side, Alpha: 0.7, Lambda: 0.5}
				for i := range ipc {
					a, b := painted(c, i, step-20, side), painted(c+3, i*2, 300, side)
					e.Index, e.AnchorID = append(e.Index, i), append(e.AnchorID, fmt.Sprintf("n0%d_%d", 2000+c, 11*(i/2)))
					e.Fit, e.Complexity = append(e.Fit, 0.31), append(e.Complexity, 0.12)
					e.Before, e.Anchor = append(e.Before, a...), append(e.Anchor, b...)
					for k := range a {
						e.After = append(e.After, byte(0.7*float64(a[k])+0.3*float64(b[k])))
					}
				}
				receive(10, e)
			}
		}
	}
	return v
}

// What the tiles and the large image show, in both themes and on every kind of screen; with -images the pictures are
// kept, to be looked at.
func TestImagesArePainted(t *testing.T) {
	light, dark := uitest.Themes(t, filepath.Join("..", "..", "..", "server", "web", "static", "app.css"))
	v := crowd(10, 10, 32)
	for _, l := range []struct {
		name string
		w, h int
		dark bool
		view apptest.Values
		at   ui.Point // where there is a picture
	}{
		{"wide", 1280, 760, false, apptest.Values{}, ui.Point{X: 900, Y: 200}},
		{"difference", 1280, 760, true, apptest.Values{"show": "difference", "moment": "1"}, ui.Point{X: 900, Y: 200}},
		{"wipe", 1024, 600, false, apptest.Values{"compare": "wipe"}, ui.Point{X: 900, Y: 200}},
		{"large", 1280, 760, true, apptest.Values{"large": true, "compare": "wipe"}, ui.Point{X: 200, Y: 200}},
		{"phone", 360, 600, false, apptest.Values{}, ui.Point{X: 60, Y: 460}},
		{"phone-large", 360, 600, true, apptest.Values{"large": true}, ui.Point{X: 100, Y: 200}},
		{"landscape", 700, 320, false, apptest.Values{"show": "anchor"}, ui.Point{X: 360, Y: 60}},
		{"landscape-large", 700, 320, false, apptest.Values{"large": true}, ui.Point{X: 100, Y: 100}},
	} {
		apptest.Show(t, v, apptest.Values{"class": 1, "image": 3, "show": "synthetic", "moment": "", "compare": "none", "large": false})
		apptest.Show(t, v, l.view)
		v.View.Theme = light
		if l.dark {
			v.View.Theme = dark
		}
		c, err := uitest.NewRaster(l.w, l.h, 1)
		if err != nil {
			t.Fatal(err)
		}
		v.Update(ui.Input{Now: 200})
		v.Draw(c, 200)
		if *gallery != "" {
			if err := c.Save(filepath.Join(*gallery, l.name+".png")); err != nil {
				t.Fatal(err)
			}
		}
		colours := map[ui.Color]bool{}
		for y := range 40 {
			for x := range 40 {
				colours[c.At(l.at.Add(ui.Point{X: float64(x), Y: float64(y)}))] = true
			}
		}
		if len(colours) < 6 {
			t.Errorf("%s: %d colours around %v, want an image", l.name, len(colours), l.at)
		}
	}
}

// click moves the pointer to p, and presses and lets go there.
func click(v *app.Viewer, p ui.Point, now float64) {
	v.Update(ui.Input{Now: now, Inside: true, Clicked: true, Pointer: p})
}

func act(v *app.Viewer, name, arg string) {
	v.Update(ui.Input{Now: 500, Acts: []ui.Act{{Name: name, Arg: arg}}})
}

func TestFindChoosesAnImage(t *testing.T) {
	v := crowd(12, 3, 2)
	apptest.Apply(&v.Live, 0, eventtest.Residual(4, 2, 2))
	v.Live.Tile(4, 2).Last().AnchorID = "n04_77"
	for _, c := range []struct {
		text     string
		class, i int
		lost     bool
	}{
		{"golf", 8, 0, false}, {"golf ball", 8, 0, false}, {"golf ball 2", 8, 2, false}, {"gas#1", 7, 1, false}, {"GAS pump # 2", 7, 2, false},
		{"#2", 7, 2, false}, {"class 10", 10, 0, false}, {"class 10 1", 10, 1, false}, {"N04_77", 4, 2, false}, {"truck", 6, 0, false},
		{"gas 3", 6, 0, true}, {"gas -1", 6, 0, true}, {"zebra", 6, 0, true}, {"zebra 1", 6, 0, true},
	} {
		apptest.Show(t, v, apptest.Values{"find": c.text})
		v.Update(ui.Input{})
		if v.View.Class() != c.class || v.View.Image() != c.i {
			t.Errorf("%q finds class %d image %d, want %d %d", c.text, v.View.Class(), v.View.Image(), c.class, c.i)
		}
		if words := apptest.PanelText(t, v); strings.Contains(words, "There is no class") != c.lost {
			t.Errorf("%q: %s", c.text, words)
		}
	}
	apptest.Show(t, v, apptest.Values{"find": "church", "filter": "ga"})
	v.Update(ui.Input{})
	if filter.Of(&v.View) != "" {
		t.Error("a class that was found stays hidden")
	}
	v.Draw(&uitest.Recorder{W: 800, H: 500}, 0)
	act(v, "move", "1")
	v.Update(ui.Input{})
	if find.Of(&v.View) != "" || v.View.Image() != 1 {
		t.Errorf("after a move the text %q stays, image %d", find.Of(&v.View), v.View.Image())
	}
}

// Arrow keys follow what is seen: the filter's classes, and lines of tiles.
func TestArrowsWalkTheGrid(t *testing.T) {
	v := crowd(10, 10, 2)
	apptest.Show(t, v, apptest.Values{"class": 0, "image": 9, "filter": "p"})
	v.Draw(&uitest.Recorder{W: 300, H: 500}, 0) // English springer, cassette player, gas pump, parachute
	g := v.Scene("images").(*images)
	columns := 0
	for columns < 10 && g.layout.Place(g.layout.Card(0), columns).Y == g.layout.Place(g.layout.Card(0), 0).Y {
		columns++
	}
	if g.layout.Card(1).Y == g.layout.Card(0).Y || columns >= 10 {
		t.Fatalf("cards at %v and %v of %d columns", g.layout.Card(0), g.layout.Card(1), columns)
	}
	apptest.Show(t, v, apptest.Values{"class": 1, "image": 9})
	act(v, "move", "1")
	if v.View.Class() != 2 || v.View.Image() != 0 {
		t.Errorf("right of the last image: class %d image %d", v.View.Class(), v.View.Image())
	}
	act(v, "move-row", "1")
	if v.View.Class() != 2 || v.View.Image() != columns {
		t.Errorf("down: class %d image %d", v.View.Class(), v.View.Image())
	}
	apptest.Show(t, v, apptest.Values{"class": 2, "image": 9})
	act(v, "move-row", "1")
	if v.View.Class() != 7 || v.View.Image() != 9%columns {
		t.Errorf("down from the last line: class %d image %d", v.View.Class(), v.View.Image())
	}
	act(v, "move-row", "-1")
	if v.View.Class() != 2 || v.View.Image()/columns != 9/columns {
		t.Errorf("up again: class %d image %d", v.View.Class(), v.View.Image())
	}
	apptest.Show(t, v, apptest.Values{"class": 9, "image": 9})
	act(v, "move", "1")
	act(v, "move-row", "1")
	if v.View.Class() != 9 || v.View.Image() != 9 {
		t.Errorf("beyond the end: class %d image %d", v.View.Class(), v.View.Image())
	}
}

func TestLargeViewComesAndGoes(t *testing.T) {
	v := crowd(3, 2, 8)
	apptest.Show(t, v, nil)
	c := &uitest.Recorder{W: 800, H: 500}
	v.Draw(c, 0)
	g := v.Scene("images").(*images)
	p := g.layout.Place(g.layout.Card(1), 1).Centre()
	click(v, p, 100)
	click(v, p, 101)
	if large.Of(&v.View) {
		t.Error("two slow clicks count as a double click")
	}
	click(v, p, 101.2)
	if !large.Of(&v.View) {
		t.Fatal("a double click does not show the image large")
	}
	v.Draw(c, 0)
	if c.Calls = nil; g.box.W < 200 {
		t.Errorf("the large image is %v wide", g.box.W)
	}
	click(v, g.close.Centre(), 110)
	if large.Of(&v.View) {
		t.Error("the cross does not close it")
	}
	for _, step := range []struct {
		act  string
		want bool
	}{{"large", true}, {"small", false}, {"small", false}, {"large", true}, {"large", false}} {
		if act(v, step.act, ""); large.Of(&v.View) != step.want {
			t.Errorf("after %s it is %v", step.act, !step.want)
		}
	}
}

func TestDividerIsDragged(t *testing.T) {
	v := crowd(3, 2, 8)
	apptest.Show(t, v, apptest.Values{"compare": "wipe", "large": true})
	c := &uitest.Recorder{W: 800, H: 500}
	v.Draw(c, 300)
	g := v.Scene("images").(*images)
	if n := c.Count("clip [" + corner(g.box)); n != 1 {
		t.Errorf("before is clipped %d times to the left of the divider", n)
	}
	in := ui.Input{Inside: true, Down: true, Pressed: true, Pointer: ui.Point{X: g.box.X + g.box.W/4, Y: g.box.Y + 9}}
	v.Update(in)
	if got := wipe.Of(&v.View); math.Abs(got-0.25) > 1e-9 {
		t.Errorf("divider at %v, want 0.25", got)
	}
	in.Pressed, in.Pointer.X = false, -50
	v.Update(in)
	if got := wipe.Of(&v.View); got != 0 {
		t.Errorf("dragged beyond the edge: %v", got)
	}
	in.Down, in.Pointer.X = false, g.box.X+g.box.W/2
	v.Update(in)
	if got := wipe.Of(&v.View); got != 0 {
		t.Errorf("a pointer that is up moves the divider to %v", got)
	}
}

func corner(r ui.Rect) string { return fmt.Sprint(r.X) + " " + fmt.Sprint(r.Y) }

func TestSubtractIsSignedAroundGrey(t *testing.T) {
	a, b := &ui.Picture{}, &ui.Picture{}
	a.SetRGB(2, 1, []byte{100, 110, 90, 255, 0, 7})
	b.SetRGB(2, 1, []byte{100, 100, 100, 0, 255, 7})
	if got, want := subtract(a, b, 4).Pix, []byte{128, 168, 88, 255, 255, 0, 128, 255}; string(got) != string(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if p := subtract(a, eventtest.Grey(1, 1, 0), 4); p.W != 0 {
		t.Error("pictures of different sizes have a difference")
	}
}

// The grid shows the part of the residual connection that was chosen, of the stage that was chosen.
func TestTilesShowWhatWasChosen(t *testing.T) {
	v := crowd(2, 2, 4)
	g := v.Scene("images").(*images)
	tile := v.Live.Tile(1, 1)
	for _, c := range []struct {
		what, stage string
		want        *ui.Picture
	}{
		{"synthetic", "1", &tile.Picture}, {"before", "", &tile.Residuals[1].Before}, {"after", "1", &tile.Residuals[0].After},
		{"anchor", "2", &tile.Residuals[1].Anchor}, {"before", "3", nil}, {"before", "x", &tile.Residuals[1].Before}, {"after", "-1", &tile.Residuals[1].After},
	} {
		apptest.Show(t, v, apptest.Values{"show": c.what, "moment": c.stage})
		if got := g.picture(tile, &v.View); got != c.want {
			t.Errorf("%s of stage %q shows another picture", c.what, c.stage)
		}
	}
	apptest.Show(t, v, apptest.Values{"show": "difference", "moment": "1"})
	first := g.picture(tile, &v.View)
	if first == nil || first != g.picture(tile, &v.View) {
		t.Error("the difference is made anew for every frame")
	}
	apptest.Show(t, v, apptest.Values{"gain": 8})
	if second := g.picture(tile, &v.View); second == first || string(second.Pix) == string(first.Pix) {
		t.Error("another factor shows the same difference")
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "× 8") || !strings.Contains(words, "Grey: unchanged") {
		t.Errorf("the panel does not say the factor: %s", words)
	}
}

func TestPanelNamesSharedAnchors(t *testing.T) {
	v := crowd(2, 4, 4) // images 2 and 3 of a class take the same anchors
	apptest.Show(t, v, apptest.Values{"class": 1, "image": 2})
	if words := apptest.PanelText(t, v); !strings.Contains(words, "[anchor|#3] took the same anchor") {
		t.Errorf("panel: %s", words)
	}
	v.Live.Tile(1, 2).Last().AnchorID = "alone"
	if words := apptest.PanelText(t, v); strings.Contains(words, "took the same") {
		t.Errorf("panel: %s", words)
	}
	rows := v.Scene("images").(*images).Table(v.Context())
	if len(rows) != 1+2*4*2 || rows[0][4] != "anchor" {
		t.Errorf("%d rows, head %v", len(rows), rows[0])
	}
}

// A residual connection is played when asked for; with reduced motion what it led to is shown at once.
func TestResidualConnectionIsPlayed(t *testing.T) {
	v := crowd(2, 2, 4)
	apptest.Show(t, v, apptest.Values{"class": 1})
	play := func(name string) bool {
		v.Update(ui.Input{Now: 500, Acts: []ui.Act{{Name: name}}})
		return v.Update(ui.Input{Now: 500 + residualSeconds/2})
	}
	tiles := func() (n int) {
		for class := range 2 {
			for i := range 2 {
				if _, _, ok := v.Scene("images").(*images).phase(v.Context(), class, i, v.Live.Tile(class, i)); ok {
					n++
				}
			}
		}
		return n
	}
	if moving := play("replay"); !moving || tiles() != 1 {
		t.Errorf("moving %v, %d tiles play, want the chosen one", moving, tiles())
	}
	if moving := play("replay-all"); !moving || tiles() != 4 {
		t.Errorf("moving %v, %d tiles play, want all", moving, tiles())
	}
	if v.Update(ui.Input{Now: 501 + residualSeconds}) || tiles() != 0 {
		t.Error("it does not end")
	}
	v.View.Still = true
	if moving := play("replay"); moving || tiles() != 0 || showing.Of(&v.View) != after {
		t.Errorf("with reduced motion: moving %v, showing %s", moving, showing.Of(&v.View))
	}
}

// Of many images only those in sight are drawn.
func TestGridIsCulled(t *testing.T) {
	v := crowd(200, 10, 2)
	apptest.Show(t, v, apptest.Values{"class": 150})
	for _, size := range [][2]float64{{1200, 700}, {360, 600}} {
		c := &uitest.Recorder{W: size[0], H: size[1]}
		v.Draw(c, 500)
		g := v.Scene("images").(*images)
		card := g.layout.Card(0)
		pitch := g.layout.Place(card, 1).X - g.layout.Place(card, 0).X
		most := int((size[0]/pitch + 1) * (size[1]/pitch + 3))
		if n := c.Count("picture"); n > most+8 || n < most/4 {
			t.Errorf("%v: %d pictures of 2000 are drawn, %d fit", size, n, most)
		}
		if len(c.Calls) > 2*most {
			t.Errorf("%v: %d calls", size, len(c.Calls))
		}
	}
}

func BenchmarkScrolling2000Images(b *testing.B) {
	v := crowd(200, 10, 2)
	data, _ := json.Marshal(map[string]any{"env": map[string]any{"palette": apptest.Palette()}})
	if err := v.SetView(data); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		v.Update(ui.Input{Now: 500, Wheel: ui.Point{Y: 7}})
		c := &uitest.Recorder{W: 1200, H: 700}
		v.Draw(c, 500)
		b.ReportMetric(float64(len(c.Calls)), "calls")
	}
}

// Drawn aside, the large image makes way for the next.
func TestLargeImageIsSwiped(t *testing.T) {
	v := crowd(3, 2, 8)
	apptest.Show(t, v, apptest.Values{"large": true, "class": 1})
	v.Draw(&uitest.Recorder{W: 360, H: 600}, 300)
	swipe := func(by float64) (class, image int) {
		at := ui.Point{X: 150, Y: 150}
		v.Update(ui.Input{Inside: true, Down: true, Pressed: true, Pointer: at})
		v.Update(ui.Input{Inside: true, Down: true, Pointer: at, Drag: ui.Point{X: by - 5}})
		v.Update(ui.Input{Inside: true, Pointer: at, Drag: ui.Point{X: 5}})
		return v.View.Class(), v.View.Image()
	}
	for _, c := range []struct {
		by           float64
		class, image int
	}{{-80, 1, 1}, {-80, 2, 0}, {40, 2, 0}, {100, 1, 1}} {
		if class, image := swipe(c.by); class != c.class || image != c.image {
			t.Errorf("drawn by %v: class %d image %d, want %d %d", c.by, class, image, c.class, c.image)
		}
	}
	apptest.Show(t, v, apptest.Values{"compare": "wipe"})
	v.Draw(&uitest.Recorder{W: 360, H: 600}, 300)
	if class, image := swipe(-90); class != 1 || image != 1 {
		t.Errorf("dragging the divider chose class %d image %d", class, image)
	}
}

// Every way to look at an image survives every size, with a past and without, with and without residual connections.
func TestImagesSurviveEverySize(t *testing.T) {
	for _, v := range []*app.Viewer{crowd(3, 2, 4), apptest.Small()} {
		for _, view := range []apptest.Values{{"large": true}, {"large": true, "compare": "wipe", "wipe": 0}, {"compare": "wipe", "wipe": 1},
			{"large": true, "compare": "blend"}, {"show": "difference", "gain": 32}, {"show": "anchor", "moment": "7"}, {"class": 1e6, "image": 1e6, "large": true}} {
			apptest.Show(t, v, apptest.Values{"scene": "images", "class": 1, "image": 1, "large": false, "compare": "none", "show": "synthetic", "moment": ""})
			apptest.Show(t, v, view, "past")
			for _, w := range []float64{1, 30, 150, 400, 639, 640, 2500} {
				for _, h := range []float64{1, 40, 200, 1400} {
					canvas := &uitest.Recorder{W: w, H: h, S: 1.25}
					v.Draw(canvas, 300)
					v.Update(ui.Input{Now: 300, Inside: true, Down: true, Pressed: true, Pointer: ui.Point{X: w / 2, Y: h / 2}, Drag: ui.Point{X: 1}})
					v.Draw(canvas, 300)
					v.Update(ui.Input{Now: 300, Inside: true, Pointer: ui.Point{X: w / 2, Y: h / 2}})
					if text := canvas.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
						t.Errorf("%v at %vx%v draws at places that are no numbers", view, w, h)
					}
					if _, err := json.Marshal(v.Report()); err != nil {
						t.Errorf("%v: %v", view, err)
					}
				}
			}
		}
	}
}

func TestResidualConnectionIsShownForAWhile(t *testing.T) {
	tile := &state.Tile{Residuals: []*state.Residual{{Arrived: 15}}}
	if p, shown := progress(tile, 15+residualSeconds/2); !shown || math.Abs(p-0.5) > 1e-9 {
		t.Errorf("half way through: %v %v", p, shown)
	}
	if _, shown := progress(tile, 15.01+residualSeconds); shown {
		t.Error("it never ends")
	}
}

func TestPointingChoosesAnImage(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, nil)
	canvas := &uitest.Recorder{W: 800, H: 500}
	v.Draw(canvas, 200)
	g := v.Scene("images").(*images)
	card := g.layout.Card(1)
	in := ui.Input{Inside: true, Clicked: true, Pointer: g.layout.Place(card, 2).Centre(), Now: 200}
	v.Update(in)
	if v.View.Class() != 1 || v.View.Image() != 2 {
		t.Errorf("chose class %d image %d", v.View.Class(), v.View.Image())
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "dog  #2") || strings.Contains(words, "Before to after") {
		t.Errorf("panel of an image without a residual connection: %s", words)
	}
}
