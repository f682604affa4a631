package scene

import (
	"math"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/figure"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// cloudy is a viewer of a run with a computed cloud of class 1, drawn once.
func cloudy(t *testing.T, w, h float64, view values) (*Viewer, *uitest.Recorder) {
	t.Helper()
	v := small()
	apply(&v.Live, 100, ringCloud(t, 1, 12, 40, 0.6))
	view["class"] = 1
	show(t, v, view)
	canvas := &uitest.Recorder{W: w, H: h}
	v.Draw(canvas, 200)
	v.Update(ui.Input{Now: 300})
	return v, canvas
}

// barPlace is a place on a bar of a barcode, found by asking it.
func barPlace(t *testing.T, code *figure.Barcode, w, h float64, bar int) ui.Point {
	t.Helper()
	for y := 0.0; y < h; y += 0.5 {
		for x := 0.0; x < w; x += 4 {
			if p := (ui.Point{X: x, Y: y}); code.BarAt(p) == bar {
				return p
			}
		}
	}
	t.Fatalf("bar %d is nowhere", bar)
	return ui.Point{}
}

func TestBarcodeMovesEpsAndChoosesBars(t *testing.T) {
	v := small()
	show(t, v, values{"scene": "features", "class": 1})
	v.Draw(&uitest.Recorder{W: 800, H: 600}, 0)
	f := v.scenes["features"].(*features)
	at := barPlace(t, &f.codes[0], 800, 600, 5)
	v.Update(ui.Input{Now: 1, Inside: true, Clicked: true, Pressed: true, Down: true, Pointer: at})
	if bar.Int(&v.View) != 5 || barOf.Of(&v.View) != "real" || epsValue.Of(&v.View) != -1 {
		t.Errorf("a click on the loop chose bar %d of %s and moved eps to %v", bar.Int(&v.View), barOf.Of(&v.View), epsValue.Of(&v.View))
	}
	if words := said(t, v); !strings.Contains(words, "Real: a loop") || !strings.Contains(words, `"#0 – #3"`) || !strings.Contains(words, `"#0 – #2 – #`) {
		t.Errorf("the panel does not say what the loop is made of: %s", words)
	}
	v.Update(ui.Input{Now: 2, Inside: true, Clicked: true, Pointer: at})
	if bar.Int(&v.View) != -1 {
		t.Errorf("a second click left bar %d chosen", bar.Int(&v.View))
	}
	v.Update(ui.Input{Now: 3, Inside: true, Down: true, Drag: ui.Point{X: 3}, Pointer: at})
	if got, want := epsValue.Of(&v.View), float64(f.codes[0].EpsAt(at.X)); got != want {
		t.Errorf("a drag over a bar moved eps to %v, want %v", got, want)
	}
	v.Update(ui.Input{Now: 4})
	if _, ok := f.codes[1].EpsX(); !ok || f.drag != figure.None {
		t.Error("the drag goes on after the pointer is up")
	}
	if words := said(t, v); !strings.Contains(words, `["Components (union-find)","2","2"],["β₀ components","2","2"]`) && !strings.Contains(words, `["Components (union-find)","5","5"],["β₀ components","5","5"]`) {
		t.Errorf("components are not Betti 0: %s", words)
	}
}

// The keys go from one birth or death of either set to the next, and land exactly on it.
func TestEventsAreSteppedTo(t *testing.T) {
	v, _ := cloudy(t, 900, 600, values{"scene": "features", "eps": 0})
	f := v.scenes["features"].(*features)
	before := epsValue.Of(&v.View)
	for range 30 {
		v.Update(ui.Input{Now: 301, Acts: []ui.Act{{Name: "event", Arg: "1"}}})
		eps := float32(epsValue.Of(&v.View))
		found := eps == f.cloud.EpsMax
		for _, s := range f.pair {
			for _, e := range s.Events() {
				found = found || e == eps
				if float64(e) > before && e < eps {
					t.Fatalf("from %v to %v: %v lies between", before, eps, e)
				}
			}
		}
		if !found {
			t.Fatalf("eps %v is no birth or death", eps)
		}
		before = float64(eps)
	}
	v.Update(ui.Input{Now: 302, Acts: []ui.Act{{Name: "event", Arg: "-1"}}})
	if got := epsValue.Of(&v.View); got >= before {
		t.Errorf("back from %v to %v", before, got)
	}
	exact := f.pair[0].Events()[7]
	show(t, v, values{"eps": float64(exact) * (1 - 4e-7)}) // as a link rounds it
	v.Update(ui.Input{Now: 303})
	if got := f.eps(v.context()); got != exact {
		t.Errorf("eps %v from a link, want the death %v", got, exact)
	}
}

// A chosen bar stays chosen when a new snapshot numbers its bars otherwise; another class has none chosen, unless a link
// says so.
func TestChosenBarFollowsItsDiagram(t *testing.T) {
	v, _ := cloudy(t, 900, 600, values{"scene": "features"})
	f := v.scenes["features"].(*features)
	loop := f.pair[0].Longest(1)
	if loop < 0 {
		t.Fatal("the ring has no loop that dies")
	}
	want := f.pair[0].Bars[loop]
	v.Update(ui.Input{Now: 301, Acts: []ui.Act{{Name: "bar", Arg: pick{0, loop}.text()}}})
	next := ringCloud(t, 1, 13, 40, 0.7)
	turned := append([]event.Bar(nil), next.Real.Bars...)
	for i, j := 0, len(turned)-1; i < j; i, j = i+1, j-1 {
		turned[i], turned[j] = turned[j], turned[i]
	}
	next.Real.Bars = turned
	apply(&v.Live, 302, next)
	v.Update(ui.Input{Now: 302})
	if p := f.selected(&v.View); p.at < 0 || f.pair[0].Bars[p.at] != want {
		t.Errorf("bar %v is chosen, want the one that was", p)
	}
	apply(&v.Live, 303, ringCloud(t, 0, 13, 20, 0.7))
	v.Update(ui.Input{Now: 303, Acts: []ui.Act{{Name: "class", Arg: "0"}}})
	if bar.Int(&v.View) != -1 {
		t.Errorf("bar %d is chosen in another class", bar.Int(&v.View))
	}
	show(t, v, values{"class": 1, "bar": 3, "of": "syn"})
	v.Update(ui.Input{Now: 304})
	if p := f.selected(&v.View); p != (pick{1, 3}) {
		t.Errorf("a link chose %v", p)
	}
}

// Points glide from one snapshot to the next, at once under reduced motion, and then rest.
func TestPointsGlide(t *testing.T) {
	v, _ := cloudy(t, 900, 600, values{"scene": "features"})
	f := v.scenes["features"].(*features)
	from := f.pair[1].Points[3]
	next := ringCloud(t, 1, 13, 40, 0.9)
	apply(&v.Live, 400, next)
	v.Update(ui.Input{Now: 400})
	if !v.Update(ui.Input{Now: 400 + glideSeconds/2}) {
		t.Error("nothing moves half way")
	}
	to := ui.Point{X: float64(next.Syn.Points[6]), Y: float64(next.Syn.Points[7])}
	if got := f.pair[1].Points[3]; math.Hypot(got.X-(from.X+to.X)/2, got.Y-(from.Y+to.Y)/2) > 1e-6 {
		t.Errorf("half way between %v and %v is %v", from, to, got)
	}
	if v.Update(ui.Input{Now: 402}) {
		t.Error("it never rests")
	}
	if got := f.pair[1].Points[3]; got != to {
		t.Errorf("it rests at %v, want %v", got, to)
	}
	apply(&v.Live, 500, ringCloud(t, 1, 14, 40, 0.5))
	v.View.Still = true
	if v.Update(ui.Input{Now: 500}) {
		t.Error("something moves under reduced motion")
	}
}

// In one map both sets share a plane; side by side each has the other as ghosts. Pointing finds the points of both.
func TestOverlayHitsBothSets(t *testing.T) {
	v, _ := cloudy(t, 900, 600, values{"scene": "features", "layout": "overlay"})
	f := v.scenes["features"].(*features)
	if f.maps[0].Area() != f.maps[1].Area() || f.maps[0].Place(ui.Point{X: 1}) != f.maps[1].Place(ui.Point{X: 1}) {
		t.Fatal("the two sets do not share a plane")
	}
	for set := range 2 {
		hits := 0
		for i, p := range f.pair[set].Points {
			v.Update(ui.Input{Now: 301, Inside: true, Pointer: f.maps[set].Place(p)})
			if f.point == (pick{set, i}) {
				hits++
			}
		}
		if hits < 8 {
			t.Errorf("%d of %d points of set %d are hit", hits, len(f.pair[set].Points), set)
		}
	}
	v.Update(ui.Input{Now: 302, Inside: true, Clicked: true, Pointer: f.maps[1].Place(f.pair[1].Points[9])})
	if f.point.set == 1 && v.View.Image() != f.pair[1].Image(f.point.at) {
		t.Errorf("image %d was chosen", v.View.Image())
	}
	v.Update(ui.Input{Now: 303, Acts: []ui.Act{{Name: "layout"}, {Name: "thumbs"}}})
	if layout.Of(&v.View) != "beside" || !thumbs.Of(&v.View) {
		t.Error("the keys do not change the layout")
	}
	canvas := &uitest.Recorder{W: 900, H: 600}
	v.Draw(canvas, 304)
	if canvas.Count("picture 2x2") < 3 {
		t.Errorf("%d thumbnails of the three images there are", canvas.Count("picture"))
	}
}

func TestHostileLinksChangeNothing(t *testing.T) {
	for _, name := range []string{"features", "topology"} {
		for _, view := range []values{
			{"bar": 1e6, "of": "syn"}, {"bar": -1e9}, {"bar": 2.5}, {"of": "both"}, {"map": "umap"}, {"layout": 3}, {"thumbs": "yes"},
			{"figure": "none"}, {"degree": "2"}, {"against": "-5"}, {"against": "99999999999999999999"}, {"against": "1"}, {"against": "dog"}, {"eps": 1e9}, {"eps": "NaN"},
		} {
			view["scene"] = name
			v, _ := cloudy(t, 700, 500, view)
			v.Update(ui.Input{Now: 301, Acts: []ui.Act{{Name: "bar-move", Arg: "1"}, {Name: "bar-eps", Arg: "elsewhere"}, {Name: "bar", Arg: "real:-7"}, {Name: "bar", Arg: "syn:77777"}, {Name: "event"}}})
			canvas := &uitest.Recorder{W: 700, H: 500}
			v.Draw(canvas, 302)
			if strings.Contains(canvas.String(), "NaN") || canvas.Count("polygon") == 0 {
				t.Errorf("%s with %v draws %d calls", name, view, len(canvas.Calls))
			}
			_ = v.Report()
		}
	}
}

// The second picture, anchors and thumbnails are shown where the run tells them, and nothing is offered where it does not.
func TestSecondMapAnchorsAndThumbnails(t *testing.T) {
	v, _ := cloudy(t, 900, 600, values{"scene": "features", "map": "mds"})
	f := v.scenes["features"].(*features)
	if words := said(t, v); strings.Contains(words, "Projection") || strings.Contains(words, "Stress") || f.plane.kind != "pca" {
		t.Errorf("a second map is offered that is not there: %s", words)
	}
	c := withMap(ringCloud(t, 1, 13, 40, 0.6))
	apply(&v.Live, 400, c, event.Gallery{Class: 1, IDs: c.Real.IDs[:1], Index: []int{0}, Width: 2, Height: 2, Pixels: make([]byte, 12)})
	v.Update(ui.Input{Now: 400})
	v.Draw(&uitest.Recorder{W: 900, H: 600}, 500)
	if p, want := f.pair[0].Points[5], (ui.Point{X: float64(c.Real.MDS[10]), Y: float64(c.Real.MDS[11])}); p != want {
		t.Errorf("point 5 lies at %v, want %v of the second map", p, want)
	}
	if words := said(t, v); !strings.Contains(words, "Projection") || !strings.Contains(words, `{"name":"Stress","value":"0.123"`) || !strings.Contains(words, `"55.5 %"`) {
		t.Errorf("the panel does not say how far to trust it: %s", words)
	}
	if len(f.maps[1].Anchors) != 2 || len(f.maps[1].Links) != 2 || f.maps[1].Links[1] != f.pair[1].Points[7] || len(f.maps[0].Anchors) != 0 {
		t.Errorf("%d anchors, links %v", len(f.maps[1].Anchors), f.maps[1].Links)
	}
	show(t, v, values{"map": "pca", "thumbs": true})
	v.Update(ui.Input{Now: 501})
	v.Update(ui.Input{Now: 503})
	if p, want := f.pair[0].Points[5], (ui.Point{X: float64(c.Real.Points[10]), Y: float64(c.Real.Points[11])}); p != want {
		t.Errorf("point 5 lies at %v, want %v of the first map", p, want)
	}
	v.Draw(&uitest.Recorder{W: 900, H: 600}, 504)
	v.Update(ui.Input{Now: 505, Inside: true, Pointer: f.maps[1].Place(f.plane.anchors[0])})
	canvas := &uitest.Recorder{W: 900, H: 600}
	v.Draw(canvas, 506)
	if !strings.Contains(canvas.String(), "anchor pool/0.png") || !strings.Contains(canvas.String(), "synthetic #7") {
		t.Error("the anchor under the pointer is not named")
	}
	if f.picture(v.context(), pick{0, 0}) == nil || f.picture(v.context(), pick{0, 1}) != nil {
		t.Error("thumbnails of real images are not where they came")
	}
}

// withMap adds what an engine tells besides: a second picture, here the first one turned, and two anchors.
func withMap(c event.Cloud) event.Cloud {
	c.PCA, c.MDS = &event.Fidelity{Stress: 0.2, Kept: 0.5}, &event.Fidelity{Stress: 0.123, Kept: 0.555}
	for _, s := range []*event.Set{&c.Real, &c.Syn} {
		s.MDS = make([]float32, len(s.Points))
		for i := 0; i < len(s.Points); i += 2 {
			s.MDS[i], s.MDS[i+1] = -s.Points[i+1], s.Points[i]
		}
	}
	for i := range c.Real.Len() {
		c.Real.IDs = append(c.Real.IDs, "n01/"+itoa(i)+".png")
	}
	c.Anchors = &event.Anchors{Points: []float32{-2.2, 2.4, 2.6, -2.4}, MDS: []float32{2, 2, -2, 2}, IDs: []string{"pool/0.png", "pool/1.png"}, Image: []int{7, 900}}
	return c
}

// The words beside the map say what its colours mean as they are drawn.
func TestColoursAreExplainedAsTheyAreDrawn(t *testing.T) {
	v := small()
	for layout, want := range map[string]string{"beside": "its *colour* its component", "overlay": "shape and colour tell the *set*"} {
		show(t, v, values{"scene": "features", "class": 1, "layout": layout})
		if words := said(t, v); !strings.Contains(words, want) {
			t.Errorf("%s: the panel does not say %q", layout, want)
		}
	}
}
