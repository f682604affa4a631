package features

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

func TestBarcodeMovesEpsAndChoosesBars(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, apptest.Values{"scene": "features", "class": 1})
	v.Draw(&uitest.Recorder{W: 800, H: 600}, 0)
	f := v.Scene("features").(*features)
	at := apptest.BarPlace(t, &f.codes[0], 800, 600, 5)
	v.Update(ui.Input{Now: 1, Inside: true, Clicked: true, Pressed: true, Down: true, Pointer: at})
	if filtration.Bar.Int(&v.View) != 5 || filtration.BarOf.Of(&v.View) != "real" || filtration.Eps.Of(&v.View) != -1 {
		t.Errorf("a click on the loop chose bar %d of %s and moved eps to %v", filtration.Bar.Int(&v.View), filtration.BarOf.Of(&v.View), filtration.Eps.Of(&v.View))
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "Real: a loop") || !strings.Contains(words, `"#0 – #3"`) || !strings.Contains(words, `"#0 – #2 – #`) {
		t.Errorf("the panel does not say what the loop is made of: %s", words)
	}
	v.Update(ui.Input{Now: 2, Inside: true, Clicked: true, Pointer: at})
	if filtration.Bar.Int(&v.View) != -1 {
		t.Errorf("a second click left bar %d chosen", filtration.Bar.Int(&v.View))
	}
	v.Update(ui.Input{Now: 3, Inside: true, Down: true, Drag: ui.Point{X: 3}, Pointer: at})
	if got, want := filtration.Eps.Of(&v.View), float64(f.codes[0].EpsAt(at.X)); got != want {
		t.Errorf("a drag over a bar moved eps to %v, want %v", got, want)
	}
	v.Update(ui.Input{Now: 4})
	if _, ok := f.codes[1].EpsX(); !ok || f.drag != figure.None {
		t.Error("the drag goes on after the pointer is up")
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, `["Components (union-find)","2","2"],["β₀ components","2","2"]`) && !strings.Contains(words, `["Components (union-find)","5","5"],["β₀ components","5","5"]`) {
		t.Errorf("components are not Betti 0: %s", words)
	}
}

// The keys go from one birth or death of either set to the next, and land exactly on it.
func TestEventsAreSteppedTo(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "features", "eps": 0})
	f := v.Scene("features").(*features)
	before := filtration.Eps.Of(&v.View)
	for range 30 {
		v.Update(ui.Input{Now: 301, Acts: []ui.Act{{Name: "event", Arg: "1"}}})
		eps := float32(filtration.Eps.Of(&v.View))
		found := eps == f.Cloud.EpsMax
		for _, s := range f.Shapes {
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
	if got := filtration.Eps.Of(&v.View); got >= before {
		t.Errorf("back from %v to %v", before, got)
	}
	exact := f.Shapes[0].Events()[7]
	apptest.Show(t, v, apptest.Values{"eps": float64(exact) * (1 - 4e-7)}) // as a link rounds it
	v.Update(ui.Input{Now: 303})
	if got := f.Eps(v.Context()); got != exact {
		t.Errorf("eps %v from a link, want the death %v", got, exact)
	}
}

// A chosen bar stays chosen when a new snapshot numbers its bars otherwise; another class has none chosen, unless a link
// says so.
func TestChosenBarFollowsItsDiagram(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "features"})
	f := v.Scene("features").(*features)
	loop := f.Shapes[0].Longest(1)
	if loop < 0 {
		t.Fatal("the ring has no loop that dies")
	}
	want := f.Shapes[0].Bars[loop]
	v.Update(ui.Input{Now: 301, Acts: []ui.Act{{Name: "bar", Arg: filtration.Pick{Set: 0, At: loop}.String()}}})
	next := eventtest.RingCloud(t, 1, 13, 40, 0.7)
	turned := append([]event.Bar(nil), next.Real.Bars...)
	for i, j := 0, len(turned)-1; i < j; i, j = i+1, j-1 {
		turned[i], turned[j] = turned[j], turned[i]
	}
	next.Real.Bars = turned
	apptest.Apply(&v.Live, 302, next)
	v.Update(ui.Input{Now: 302})
	if p := f.Selected(&v.View); p.At < 0 || f.Shapes[0].Bars[p.At] != want {
		t.Errorf("bar %v is chosen, want the one that was", p)
	}
	apptest.Apply(&v.Live, 303, eventtest.RingCloud(t, 0, 13, 20, 0.7))
	v.Update(ui.Input{Now: 303, Acts: []ui.Act{{Name: "class", Arg: "0"}}})
	if filtration.Bar.Int(&v.View) != -1 {
		t.Errorf("bar %d is chosen in another class", filtration.Bar.Int(&v.View))
	}
	apptest.Show(t, v, apptest.Values{"class": 1, "bar": 3, "of": "syn"})
	v.Update(ui.Input{Now: 304})
	if p := f.Selected(&v.View); p != (filtration.Pick{Set: 1, At: 3}) {
		t.Errorf("a link chose %v", p)
	}
}

// Points glide from one snapshot to the next, at once under reduced motion, and then rest.
func TestPointsGlide(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "features"})
	f := v.Scene("features").(*features)
	from := f.Shapes[1].Points[3]
	next := eventtest.RingCloud(t, 1, 13, 40, 0.9)
	apptest.Apply(&v.Live, 400, next)
	v.Update(ui.Input{Now: 400})
	if !v.Update(ui.Input{Now: 400.35}) {
		t.Error("nothing moves half way")
	}
	to := ui.Point{X: float64(next.Syn.Points[6]), Y: float64(next.Syn.Points[7])}
	if got := f.Shapes[1].Points[3]; math.Hypot(got.X-(from.X+to.X)/2, got.Y-(from.Y+to.Y)/2) > 1e-6 {
		t.Errorf("half way between %v and %v is %v", from, to, got)
	}
	if v.Update(ui.Input{Now: 402}) {
		t.Error("it never rests")
	}
	if got := f.Shapes[1].Points[3]; got != to {
		t.Errorf("it rests at %v, want %v", got, to)
	}
	apptest.Apply(&v.Live, 500, eventtest.RingCloud(t, 1, 14, 40, 0.5))
	v.View.Still = true
	if v.Update(ui.Input{Now: 500}) {
		t.Error("something moves under reduced motion")
	}
}

// In one map both sets share a plane; side by side each has the other as ghosts. Pointing finds the points of both.
func TestOverlayHitsBothSets(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "features", "layout": "overlay"})
	f := v.Scene("features").(*features)
	if f.maps[0].Area() != f.maps[1].Area() || f.maps[0].Place(ui.Point{X: 1}) != f.maps[1].Place(ui.Point{X: 1}) {
		t.Fatal("the two sets do not share a plane")
	}
	for set := range 2 {
		hits := 0
		for i, p := range f.Shapes[set].Points {
			v.Update(ui.Input{Now: 301, Inside: true, Pointer: f.maps[set].Place(p)})
			if f.point == (filtration.Pick{Set: set, At: i}) {
				hits++
			}
		}
		if hits < 8 {
			t.Errorf("%d of %d points of set %d are hit", hits, len(f.Shapes[set].Points), set)
		}
	}
	v.Update(ui.Input{Now: 302, Inside: true, Clicked: true, Pointer: f.maps[1].Place(f.Shapes[1].Points[9])})
	if f.point.Set == 1 && v.View.Image() != f.Shapes[1].Image(f.point.At) {
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

// The second picture, anchors and thumbnails are shown where the run tells them, and nothing is offered where it does not.
func TestSecondMapAnchorsAndThumbnails(t *testing.T) {
	v, _ := apptest.WithCloud(t, 900, 600, apptest.Values{"scene": "features", "map": "mds"})
	f := v.Scene("features").(*features)
	if words := apptest.PanelText(t, v); strings.Contains(words, "Projection") || strings.Contains(words, "Stress") || f.Projection(v.Context()) != "pca" {
		t.Errorf("a second map is offered that is not there: %s", words)
	}
	c := withMap(eventtest.RingCloud(t, 1, 13, 40, 0.6))
	apptest.Apply(&v.Live, 400, c, event.Gallery{Class: 1, IDs: c.Real.IDs[:1], Index: []int{0}, Width: 2, Height: 2, Pixels: make([]byte, 12)})
	v.Update(ui.Input{Now: 400})
	v.Draw(&uitest.Recorder{W: 900, H: 600}, 500)
	if p, want := f.Shapes[0].Points[5], (ui.Point{X: float64(c.Real.MDS[10]), Y: float64(c.Real.MDS[11])}); p != want {
		t.Errorf("point 5 lies at %v, want %v of the second map", p, want)
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "Projection") || !strings.Contains(words, `{"name":"Stress","value":"0.123"`) || !strings.Contains(words, `"55.5 %"`) {
		t.Errorf("the panel does not say how far to trust it: %s", words)
	}
	if len(f.maps[1].Anchors) != 2 || len(f.maps[1].Links) != 2 || f.maps[1].Links[1] != f.Shapes[1].Points[7] || len(f.maps[0].Anchors) != 0 {
		t.Errorf("%d anchors, links %v", len(f.maps[1].Anchors), f.maps[1].Links)
	}
	apptest.Show(t, v, apptest.Values{"map": "pca", "thumbs": true})
	v.Update(ui.Input{Now: 501})
	v.Update(ui.Input{Now: 503})
	if p, want := f.Shapes[0].Points[5], (ui.Point{X: float64(c.Real.Points[10]), Y: float64(c.Real.Points[11])}); p != want {
		t.Errorf("point 5 lies at %v, want %v of the first map", p, want)
	}
	v.Draw(&uitest.Recorder{W: 900, H: 600}, 504)
	v.Update(ui.Input{Now: 505, Inside: true, Pointer: f.maps[1].Place(f.plane.Anchors[0])})
	canvas := &uitest.Recorder{W: 900, H: 600}
	v.Draw(canvas, 506)
	if !strings.Contains(canvas.String(), "anchor pool/0.png") || !strings.Contains(canvas.String(), "synthetic #7") {
		t.Error("the anchor under the pointer is not named")
	}
	if f.Picture(v.Context(), filtration.Pick{Set: 0, At: 0}) == nil || f.Picture(v.Context(), filtration.Pick{Set: 0, At: 1}) != nil {
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
		c.Real.IDs = append(c.Real.IDs, "n01/"+strconv.Itoa(i)+".png")
	}
	c.Anchors = &event.Anchors{Points: []float32{-2.2, 2.4, 2.6, -2.4}, MDS: []float32{2, 2, -2, 2}, IDs: []string{"pool/0.png", "pool/1.png"}, Image: []int{7, 900}}
	return c
}

// The words beside the map say what its colours mean as they are drawn.
func TestColoursAreExplainedAsTheyAreDrawn(t *testing.T) {
	v := apptest.Small()
	for layout, want := range map[string]string{"beside": "its *colour* its component", "overlay": "shape and colour tell the *set*"} {
		apptest.Show(t, v, apptest.Values{"scene": "features", "class": 1, "layout": layout})
		if words := apptest.PanelText(t, v); !strings.Contains(words, want) {
			t.Errorf("%s: the panel does not say %q", layout, want)
		}
	}
}
