package sandbox

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/shared/topology"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/figure"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

// sand opens the sandbox of a new viewer on a canvas wide enough for every figure.
func sand(t *testing.T, with apptest.Values) (*app.Viewer, *sandbox) {
	t.Helper()
	v := app.New()
	all := apptest.Values{"scene": "sandbox"}
	for name, value := range with {
		all[name] = value
	}
	apptest.Show(t, v, all)
	v.Draw(&uitest.Recorder{W: 1600, H: 1000}, 0)
	return v, v.Scene("sandbox").(*sandbox)
}

// do sends acts, each "name" or "name/arg", a second apart.
func do(v *app.Viewer, acts ...string) {
	for _, a := range acts {
		name, arg, _ := strings.Cut(a, "/")
		v.Update(ui.Input{Now: v.Context().Now + 1, Acts: []ui.Act{{Name: name, Arg: arg}}})
	}
	v.Draw(&uitest.Recorder{W: 1600, H: 1000}, v.Context().Now)
}

// sweep presses the pointer at the first place of the plane, leads it over the others and
// lets go.
func sweep(v *app.Viewer, s *sandbox, places ...ui.Point) {
	for i, p := range places {
		at := s.figures.cloud.Place(p)
		v.Update(ui.Input{Now: v.Context().Now + 0.02, Pointer: at, Inside: true, Down: true, Pressed: i == 0})
		v.Draw(&uitest.Recorder{W: 1600, H: 1000}, v.Context().Now)
	}
	v.Update(ui.Input{Now: v.Context().Now + 0.02, Pointer: s.figures.cloud.Place(places[len(places)-1]), Inside: true, Clicked: len(places) == 1})
	v.Draw(&uitest.Recorder{W: 1600, H: 1000}, v.Context().Now)
}

func near(p, q ui.Point) bool { return math.Hypot(p.X-q.X, p.Y-q.Y) < 2e-3 }

func TestSandboxOpensOnACircle(t *testing.T) {
	v, s := sand(t, nil)
	if len(s.cloud.points) != 40 || len(s.figures.shown) != 4 {
		t.Fatalf("%d points, %d figures beside them", len(s.cloud.points), len(s.figures.shown))
	}
	k := s.shape.At(s.eps(&v.View))
	if k.Betti != [2]int{1, 1} || k.Components != 1 {
		t.Errorf("at its first eps: %+v", k)
	}
	if s.bar(&v.View) != s.shape.Longest(1) {
		t.Error("the longest loop is not lit")
	}
	if label := v.Report().Label; !strings.Contains(label, "1 component and 1 loop") {
		t.Errorf("label %q", label)
	}
}

// What the scene shows is what topology says of the same points.
func TestSandboxAgreesWithTopology(t *testing.T) {
	for _, k := range []int{0, 5} {
		for _, p := range presets {
			_, s := sand(t, apptest.Values{"sandbox.cloud": p.name, "sandbox.n": 60, "sandbox.k": k, "sandbox.noise": 0.03})
			var xy []float64
			for _, q := range s.cloud.points {
				xy = append(xy, q.X, q.Y)
			}
			cloud, err := topology.NewCloud(xy, 60, 2)
			if err != nil {
				t.Fatal(err)
			}
			d, err := cloud.Distances()
			if err != nil {
				t.Fatal(err)
			}
			graph := topology.Rips(d, topology.EnclosingRadius(d))
			if k > 0 {
				graph = topology.MutualKNN(d, k)
			}
			want := topology.Persistence(graph)
			for degree := range 2 {
				if far := topology.Bottleneck(want.Bars[degree], bars(s.shape, degree)); far > 1e-6 {
					t.Errorf("%s, k %d: bars of degree %d are %v from topology's", p.name, k, degree, far)
				}
			}
		}
	}
}

func TestPresetsHaveTheirShape(t *testing.T) {
	lasting := map[string]int{"circle": 1, "two": 2, "eight": 2, "clusters": 0, "annulus": 1}
	for _, p := range presets {
		for _, n := range []int{1, 2, 3, 7, 100, 200} {
			pts := p.points(n, 0.15, 3)
			if len(pts) != n {
				t.Errorf("%s: %d points, want %d", p.name, len(pts), n)
			}
			for _, q := range pts {
				if !(q.X >= 0 && q.X <= 1 && q.Y >= 0 && q.Y <= 1) {
					t.Fatalf("%s of %d: point at %v", p.name, n, q)
				}
			}
		}
		if !slices.Equal(p.points(30, 0.1, 4), p.points(30, 0.1, 4)) || slices.Equal(p.points(30, 0.1, 4), p.points(30, 0.1, 5)) {
			t.Errorf("%s: the seed does not decide", p.name)
		}
		_, s := sand(t, apptest.Values{"sandbox.cloud": p.name, "sandbox.n": 100, "sandbox.noise": 0.01})
		n := 0
		for _, i := range s.ranked(1) {
			if persistence(s.shape, i) > 0.25*float64(s.shape.EpsMax) {
				n++
			}
		}
		if want, ok := lasting[p.name]; ok && n != want {
			t.Errorf("%s has %d loops that last, want %d", p.name, n, want)
		}
	}
}

func TestPointerDrawsDragsAndErases(t *testing.T) {
	v, s := sand(t, apptest.Values{"sandbox.cloud": "drawn"})
	if len(s.cloud.points) != 0 {
		t.Fatalf("an empty drawing has %d points", len(s.cloud.points))
	}
	sweep(v, s, ui.Point{X: 0.2, Y: 0.3})
	if len(s.cloud.points) != 1 || !near(s.cloud.points[0], ui.Point{X: 0.2, Y: 0.3}) {
		t.Fatalf("a click draws %v", s.cloud.points)
	}
	sweep(v, s, ui.Point{X: 0.4, Y: 0.8}, ui.Point{X: 0.5, Y: 0.8}, ui.Point{X: 0.7, Y: 0.8})
	if n := len(s.cloud.points); n != 1+7 {
		t.Errorf("a stroke of 0.3 leaves %d points, want 7", n-1)
	}
	for i := 2; i < len(s.cloud.points); i++ {
		if d := s.cloud.points[i].Sub(s.cloud.points[i-1]); math.Abs(math.Hypot(d.X, d.Y)-spacing) > 3e-3 {
			t.Errorf("painted points are %v apart", d)
		}
	}
	sweep(v, s, ui.Point{X: 0.2, Y: 0.3}, ui.Point{X: 0.9, Y: 0.1})
	if !near(s.cloud.points[0], ui.Point{X: 0.9, Y: 0.1}) || len(s.cloud.points) != 8 {
		t.Errorf("dragged to %v", s.cloud.points[0])
	}
	do(v, "tool")
	sweep(v, s, ui.Point{X: 0.3, Y: 0.8}, ui.Point{X: 0.4, Y: 0.8}, ui.Point{X: 0.445, Y: 0.8})
	if len(s.cloud.points) != 6 {
		t.Errorf("%d points are left of 8, want 6", len(s.cloud.points))
	}
	if len(s.shape.Points) != len(s.cloud.points) {
		t.Errorf("the shape has %d points", len(s.shape.Points))
	}
	if p := v.Probe().Sandbox; p == nil || p.Points != 6 || p.Bars[0] != 6 || !(p.Milliseconds > 0) {
		t.Errorf("probe %+v", p)
	}
	do(v, "undo", "undo")
	if !near(s.cloud.points[0], ui.Point{X: 0.2, Y: 0.3}) || len(s.cloud.points) != 8 {
		t.Errorf("after undoing twice: %v", s.cloud.points)
	}
	do(v, "redo")
	if !near(s.cloud.points[0], ui.Point{X: 0.9, Y: 0.1}) {
		t.Errorf("after redoing: %v", s.cloud.points[0])
	}
	do(v, "tool") // with shift or the right button drawing erases
	at := s.figures.cloud.Place(s.cloud.points[0])
	v.Update(ui.Input{Now: v.Context().Now + 1, Pointer: at, Inside: true, Down: true, Pressed: true, Alt: true})
	v.Update(ui.Input{Now: v.Context().Now + 1, Pointer: at, Inside: true, Clicked: true, Alt: true})
	if len(s.cloud.points) != 7 {
		t.Errorf("%d points are left of 8", len(s.cloud.points))
	}
	do(v, "undo", "undo", "undo", "undo", "undo", "undo")
	if len(s.cloud.points) != 0 {
		t.Errorf("undone to the beginning there are %d points", len(s.cloud.points))
	}
}

func TestSandboxIsReachedByKeys(t *testing.T) {
	v, s := sand(t, apptest.Values{"sandbox.n": 5})
	before := s.cloud.points[0]
	do(v, "nudge/left") // nothing is chosen
	if s.cloud.points[0] != before {
		t.Error("a point moved that nobody chose")
	}
	do(v, "point/next", "nudge/left", "nudge/up")
	if d := s.cloud.points[0].Sub(before); !near(d, ui.Point{X: -nudgeBy, Y: nudgeBy}) {
		t.Errorf("moved by %v", d)
	}
	do(v, "add")
	if len(s.cloud.points) != 6 || s.chosen != 5 {
		t.Errorf("%d points, %d chosen", len(s.cloud.points), s.chosen)
	}
	do(v, "erase", "erase")
	if len(s.cloud.points) != 4 {
		t.Errorf("%d points after erasing two", len(s.cloud.points))
	}
	for range 6 {
		do(v, "erase", "add", "erase")
	}
	do(v, "clear", "bar/next", "event/1", "event/-1", "grow", "keep", "point/next", "add", "keep", "bar/next", "bar/h1.7", "bar/none", "reset")
	if len(s.cloud.points) != 1 || s.keptNow == nil {
		t.Errorf("%d points, kept %v", len(s.cloud.points), s.keptNow)
	}
}

func TestBarsAreChosenInEveryFigure(t *testing.T) {
	v, s := sand(t, apptest.Values{"sandbox.cloud": "two", "sandbox.bar": "none"})
	if s.bar(&v.View) != figure.None {
		t.Fatal("a bar is lit that nobody chose")
	}
	bar := s.ranked(1)[1]
	for _, p := range s.figures.shown {
		if p.name != "barcode" && p.name != "diagram" {
			continue
		}
		apptest.Show(t, v, apptest.Values{"sandbox.bar": "none"})
		at, found := ui.Point{}, false
		for y := p.area.Y; y < p.area.Y+p.area.H && !found; y += 2 {
			for x := p.area.X; x < p.area.X+p.area.W && !found; x += 2 {
				at = ui.Point{X: x, Y: y}
				found = s.figures.barAt(&p, at) == bar
			}
		}
		if !found {
			t.Fatalf("bar %d is nowhere in the %s", bar, p.name)
		}
		v.Update(ui.Input{Pointer: at, Inside: true, Pressed: true, Down: true})
		v.Update(ui.Input{Pointer: at, Inside: true, Clicked: true})
		if got := s.bar(&v.View); got != bar || barParam.Of(&v.View) != "h1.1" {
			t.Errorf("%s: bar %d (%s) is chosen, want %d", p.name, got, barParam.Of(&v.View), bar)
		}
		if eps := epsParam.Of(&v.View); eps != -1 {
			t.Errorf("%s: choosing a bar moved eps to %v", p.name, eps)
		}
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "Chosen: loop of length") {
		t.Errorf("panel: %s", words)
	}
}

func TestEpsIsDraggedAndGrows(t *testing.T) {
	v, s := sand(t, nil)
	for _, p := range s.figures.shown {
		x := p.area.X + p.area.W/2
		v.Update(ui.Input{Pointer: ui.Point{X: x, Y: p.area.Y + 20}, Inside: true, Pressed: true, Down: true})
		if want := float64(s.figures.epsAt(&p, x)); p.name != "image" && epsParam.Of(&v.View) != want {
			t.Errorf("%s: eps %v, want %v", p.name, epsParam.Of(&v.View), want)
		}
		v.Update(ui.Input{})
	}
	epsParam.Set(&v.View, 0)
	v.Update(ui.Input{Now: 10, Acts: []ui.Act{{Name: "grow"}}})
	if !v.Update(ui.Input{Now: 10 + riseSeconds/2}) || math.Abs(epsParam.Of(&v.View)-float64(s.shape.EpsMax)/2) > 1e-6 {
		t.Errorf("half way eps is %v of %v", epsParam.Of(&v.View), s.shape.EpsMax)
	}
	if v.Update(ui.Input{Now: 11 + riseSeconds}) || s.rise.on {
		t.Error("it never ends")
	}
	v.View.Still = true
	if v.Update(ui.Input{Now: 30, Acts: []ui.Act{{Name: "grow"}}}) || epsParam.Of(&v.View) != float64(s.shape.EpsMax) {
		t.Error("with reduced motion it moves")
	}
	epsParam.Set(&v.View, 0)
	do(v, "event/1")
	if got, want := float32(epsParam.Of(&v.View)), s.shape.Events()[0]; got != want {
		t.Errorf("first event %v, want %v", got, want)
	}
}

// Where no loop stands out, eps first lies where the clusters are apart.
func TestClustersAreSeenAtFirst(t *testing.T) {
	v, s := sand(t, apptest.Values{"sandbox.cloud": "clusters", "sandbox.noise": 0})
	if k := s.shape.At(s.eps(&v.View)); k.Components != 3 {
		t.Errorf("%d components at eps %v", k.Components, k.Eps)
	}
	do(v, "clear")
	if len(s.figures.shown) != 0 || strings.Contains(apptest.PanelText(t, v), "sandbox.eps") {
		t.Error("figures of no point")
	}
}

// A link gives back what was drawn, to the last bit.
func TestDrawingTravelsInALink(t *testing.T) {
	for n := range linkMost + 1 {
		c := newUnit(nil, "").with(presetOf("random").points(n, 0.1, n+1))
		text := c.text()
		got, ok := pointsOf(text)
		if !ok || !slices.Equal(got, c.points) || len(text) > view.TextMax {
			t.Fatalf("%d points: %q gives %d, %v", n, text, len(got), ok)
		}
	}
	v, s := sand(t, apptest.Values{"sandbox.n": 20})
	sweep(v, s, ui.Point{X: 0.5, Y: 0.5})
	link := v.View.Values()
	_, other := sand(t, link)
	if s.title() != "21 points" || other.title() != s.title() {
		t.Errorf("titles %q here and %q there", s.title(), other.title())
	}
	if !slices.Equal(other.cloud.points, s.cloud.points) || len(other.cloud.points) != 21 {
		t.Errorf("the other page has %d points", len(other.cloud.points))
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "carries these points") {
		t.Errorf("panel: %s", words)
	}
	v, s = sand(t, apptest.Values{"sandbox.n": 80, "sandbox.cloud": "spiral"})
	sweep(v, s, ui.Point{X: 0.03, Y: 0.5})
	if words := apptest.PanelText(t, v); len(s.cloud.points) != 81 || !strings.Contains(words, "up to 60 points") || !strings.Contains(words, "Spiral that you began") {
		t.Errorf("%d points; panel: %s", len(s.cloud.points), words)
	}
	w, other := sand(t, v.View.Values())
	if len(other.cloud.points) != 80 || !strings.Contains(apptest.PanelText(t, w), "too many for a link") {
		t.Errorf("a page that cannot know the points shows %d", len(other.cloud.points))
	}
	do(v, "clear", "undo") // but this page does
	if len(s.cloud.points) != 81 {
		t.Errorf("undone to %d points", len(s.cloud.points))
	}
}

func TestHostileLinksAreHarmless(t *testing.T) {
	for _, text := range []string{"A", "AA", "!!!!", "~", "~0", "=", "= ", "=drawn 4 0 1", "=circle", "=circle 4 0", "=circle 1e9 0 1", "=circle 40 NaN 1", "=circle 40.5 0 1", "=nothing 40 0 1",
		strings.Repeat("A", 200), strings.Repeat("_", 199), "\x00", "ÄÖ"} {
		v, s := sand(t, apptest.Values{"sandbox.cloud": "drawn", "sandbox.points": text, "sandbox.kept": text, "sandbox.bar": text, "sandbox.eps": 1e9, "sandbox.k": 20})
		do(v, "keep", "bar/next", "undo")
		if len(s.cloud.points) > cloudMost {
			t.Errorf("%q gives %d points", text, len(s.cloud.points))
		}
		if _, err := json.Marshal(v.Report()); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, bar := range []string{"h1", "h2.0", "h1.-1", "h-1.0", "h1.99999", "h0.x", "h1.1e3"} {
		if v, s := sand(t, apptest.Values{"sandbox.bar": bar}); s.bar(&v.View) != figure.None {
			t.Errorf("%q names bar %d", bar, s.bar(&v.View))
		}
	}
}

// Every bar has a name that finds it again.
func TestBarsHaveNames(t *testing.T) {
	_, s := sand(t, apptest.Values{"sandbox.cloud": "random"})
	for i := range s.shape.Bars {
		if got := s.barNamed(s.barName(i)); got != i {
			t.Errorf("bar %d is named %s, which is %d", i, s.barName(i), got)
		}
	}
}

// Keeping a circle and closing its hole lacks one loop over the whole life of it.
func TestKeptCloudIsTheReference(t *testing.T) {
	v, s := sand(t, nil)
	do(v, "keep")
	kappa := func(d int) float64 { return figure.Shortfall(s.other, s.shape, d, s.shape.EpsMax) }
	if s.other == nil || kappa(0) != 0 || kappa(1) != 0 {
		t.Fatal("a cloud lacks something of itself")
	}
	apptest.Show(t, v, apptest.Values{"sandbox.cloud": "clusters", "sandbox.n": 30})
	do(v)
	var homologies [2]*topology.Homology
	end := 0.0
	for i, c := range []*cloud{s.keptNow, s.cloud} {
		shape, err := c.shape(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		end = max(end, float64(shape.EpsMax))
		homologies[i] = &topology.Homology{Bars: [2][]topology.Bar{bars(shape, 0), bars(shape, 1)}}
	}
	want := topology.MeasureKappa(homologies[0], homologies[1], end)
	if math.Abs(kappa(0)-want.H0) > 1e-5 || math.Abs(kappa(1)-want.H1) > 1e-5 || want.H1 < 0.3 {
		t.Errorf("kappa %v and %v, want %+v", kappa(0), kappa(1), want)
	}
	words := apptest.PanelText(t, v)
	for _, want := range []string{"kept, 40 points", "now, 30 points", "Bottleneck", ui.Number(want.H1)} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in the panel: %s", want, words)
		}
	}
	if s.other.EpsMax != s.shape.EpsMax {
		t.Errorf("ends %v and %v", s.other.EpsMax, s.shape.EpsMax)
	}
	_, other := sand(t, v.View.Values())
	if other.keptNow == nil || !slices.Equal(other.keptNow.points, s.keptNow.points) {
		t.Error("the kept cloud does not travel in a link")
	}
	do(v, "keep")
	if s.other != nil || keptParam.Of(&v.View) != "" {
		t.Error("it is not let go")
	}
}

func TestChoosingAPresetIsUndone(t *testing.T) {
	v, s := sand(t, nil)
	apptest.Show(t, v, apptest.Values{"sandbox.cloud": "grid"})
	do(v)
	for n := 41; n < 60; n++ { // a slider that is dragged is one step
		apptest.Show(t, v, apptest.Values{"sandbox.n": n})
		v.Update(ui.Input{Now: v.Context().Now + 0.05})
	}
	do(v, "undo")
	if s.now.Cloud != "grid" || s.now.N != 40 {
		t.Errorf("undone to %+v", s.now)
	}
	do(v, "undo")
	if s.now.Cloud != "circle" || cloudParam.Of(&v.View) != "circle" {
		t.Errorf("undone to %+v", s.now)
	}
	do(v, "redo", "redo")
	if s.now.N != 59 || len(s.cloud.points) != 59 {
		t.Errorf("redone to %+v", s.now)
	}
}

// BenchmarkSandbox100 moves one of a hundred points: the complex of all pairs, its
// homology and all figures, as every frame of a drag does.
func BenchmarkSandbox100(b *testing.B) {
	v := app.New()
	data, err := json.Marshal(map[string]any{"values": apptest.Values{"scene": "sandbox", "sandbox.n": 100, "sandbox.cloud": "strays"}, "env": map[string]any{"palette": apptest.Palette()}})
	if err != nil {
		b.Fatal(err)
	}
	if err := v.SetView(data); err != nil {
		b.Fatal(err)
	}
	s := v.Scene("sandbox").(*sandbox)
	s.sync(v.Context())
	x := v.Context()
	for i := 0; b.Loop(); i++ {
		s.cloud.points[0] = ui.Point{X: 0.5 + 0.1*math.Sin(float64(i)), Y: 0.5}
		s.compute(x)
	}
}
