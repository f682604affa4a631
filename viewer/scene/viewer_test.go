package scene

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

var update = flag.Bool("update", false, "write the golden lists of canvas calls")

type values = map[string]any

func palette() map[string]string {
	p := map[string]string{}
	for i, role := range strings.Fields("bg surface sunken ink muted line accent real syn anchor ce bn topo total group1 group2 group3 group4 group5 group6 group7 group8") {
		p[role] = "#0000" + string("0123456789abcdef"[i/16]) + string("0123456789abcdef"[i%16])
	}
	return p
}

// show sends the viewer a view of the page, with some values changed.
func show(t *testing.T, v *Viewer, values map[string]any, open ...string) {
	t.Helper()
	all := v.View.all()
	for name, value := range values {
		if params[name] == nil {
			t.Fatalf("no parameter %q", name)
		}
		all[name] = value
	}
	data, err := json.Marshal(map[string]any{"rev": v.View.Rev + 1, "values": all, "env": map[string]any{"palette": palette(), "open": open}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SetView(data); err != nil {
		t.Fatal(err)
	}
}

// small is a viewer of a run of two classes, three images each.
func small() *Viewer {
	v := NewViewer()
	v.Link.State = "open"
	apply(&v.Live, 0, event.Hello{Run: "r", Dataset: "d", Recipe: "reta", Classes: []string{"cat", "dog"}, IPC: 3, Width: 2, Height: 2, Steps: 20, Stages: 2, Control: true},
		event.Status{State: event.Recovering, Phase: "recover", Done: 12, Total: 20, Step: 12, StepsPerSecond: 2, ETASeconds: 4},
		image(0, 0, 3, 10), image(1, 0, 3, 12))
	apply(&v.Live, 100, residual(0, 0, 0, 1, 2))
	var m event.Metrics
	for i := 1; i <= 12; i++ {
		topo := float32(math.NaN())
		if i%5 == 0 {
			topo = 1 / float32(i)
		}
		m.Points = append(m.Points, event.Point{Step: i, Stage: i / 11, CE: 3 / float32(i), BN: 40 / float32(i), Topo: topo, Total: 4 / float32(i)})
	}
	apply(&v.Live, 100, m, event.StageEnd{Stage: 0, Step: 10, Anchors: 6}, event.Cloud{Step: 12, Class: 1, K: 2, EpsMax: 2,
		Explained: [2]float32{0.5, 0.25}, Real: square(), Syn: square(), Kappa: [2]float32{0.1, 0.2}, Active: true})
	return v
}

// The drawing of each scene, call by call.
func TestScenesDrawTheirGoldenLists(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h float64
		now  float64
		view values
	}{
		{"images", 800, 500, 200, values{"scene": "images"}},
		{"images-moment", 800, 500, 100 + momentSeconds/2, values{"scene": "images"}},
		{"images-narrow", 360, 500, 200, values{"scene": "images", "filter": "DO", "class": 1}},
		{"training", 800, 500, 200, values{"scene": "training"}},
		{"training-log-narrow", 360, 500, 200, values{"scene": "training", "log": true, "smooth": 0}},
		{"features", 800, 500, 200, values{"scene": "features", "class": 1, "eps": 1.2}},
		{"features-syn", 360, 500, 200, values{"scene": "features", "class": 1, "sets": "syn", "eps": 2}},
		{"features-overlay", 800, 500, 200, values{"scene": "features", "class": 1, "layout": "overlay", "bar": 5, "of": "syn"}},
		{"topology", 1000, 700, 200, values{"scene": "topology", "class": 1, "eps": 1.2, "bar": 5}},
		{"topology-images", 700, 500, 200, values{"scene": "topology", "class": 1, "figure": "images", "degree": "1"}},
	} {
		v := small()
		show(t, v, c.view)
		canvas := &uitest.Recorder{W: c.w, H: c.h}
		v.Draw(canvas, c.now)
		path := filepath.Join("testdata", c.name+".txt")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(canvas.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := canvas.String(); got != string(want) {
			t.Errorf("%s: the calls differ from %s (go test -update writes them anew):\n%s", c.name, path, firstDifference(got, string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "", ""
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return "line " + itoa(i+1) + "\n got " + a + "\nwant " + b
		}
	}
	return ""
}

// No scene may fail on a state without data, or on a canvas too small for anything.
func TestScenesSurviveEverySize(t *testing.T) {
	for _, v := range []*Viewer{small(), NewViewer()} {
		for name := range scenes {
			for _, w := range []float64{1, 30, 150, 400, 639, 640, 2500} {
				for _, h := range []float64{1, 40, 200, 1400} {
					show(t, v, values{"scene": name, "class": 1})
					canvas := &uitest.Recorder{W: w, H: h, S: 1.25}
					v.Draw(canvas, 5)
					v.Update(ui.Input{Now: 5, Inside: true, Down: true, Pressed: true, Clicked: true, Pointer: ui.Point{X: w / 2, Y: h / 2}, Zoom: 1.5})
					v.Draw(canvas, 5)
					if text := canvas.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
						t.Errorf("%s at %vx%v draws at places that are no numbers", name, w, h)
					}
				}
			}
		}
	}
}

func TestPointingChoosesAnImage(t *testing.T) {
	v := small()
	show(t, v, nil)
	canvas := &uitest.Recorder{W: 800, H: 500}
	v.Draw(canvas, 200)
	g := v.scenes["images"].(*images)
	card := g.layout.card(1)
	in := ui.Input{Inside: true, Clicked: true, Pointer: g.layout.place(card, 2).Centre(), Now: 200}
	v.Update(in)
	if v.View.Class() != 1 || v.View.Image() != 2 {
		t.Errorf("chose class %d image %d", v.View.Class(), v.View.Image())
	}
	if words := said(t, v); !strings.Contains(words, "dog  #2") || strings.Contains(words, "Before to after") {
		t.Errorf("panel of an image without a residual connection: %s", words)
	}
}

func TestReportExplainsWhatIsMissing(t *testing.T) {
	v := NewViewer()
	v.Link.State = "open"
	apply(&v.Live, 0, event.Hello{Classes: []string{"cat"}, IPC: 1}, event.Status{State: event.Squeezing, Text: "epoch 2 of 9"})
	for name, want := range map[string]string{"images": "teacher is being trained", "training": "epoch 2", "features": "epoch 2"} {
		show(t, v, values{"scene": name})
		if e := v.Report().Empty; e == nil || !strings.Contains(e.Body, want) {
			t.Errorf("%s: %+v, want %q", name, e, want)
		}
	}
	one := event.Set{Points: []float32{0, 0}}
	apply(&v.Live, 0, event.Cloud{Real: one, Syn: one})
	show(t, v, values{"scene": "features"})
	if words := said(t, v); !strings.Contains(words, "one point") || strings.Contains(words, "range") {
		t.Errorf("one image per class: %s", words)
	}
}

func TestReportIsJSONWhateverTheNumbers(t *testing.T) {
	v := small()
	nan := float32(math.NaN())
	apply(&v.Live, 0, event.StageEnd{Stage: 1, MeanFit: nan, KappaMean: float32(math.Inf(1))}, event.Result{CEAfter: nan, Seconds: nan},
		event.Status{StepsPerSecond: nan, ETASeconds: float32(math.Inf(1))})
	for name := range scenes {
		show(t, v, values{"scene": name, "class": 1}, "data", "stages")
		if _, err := json.Marshal(v.Report()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := json.Marshal(v.Probe()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A link can say anything: what a parameter cannot be is its default.
func TestViewIsChecked(t *testing.T) {
	for _, bad := range []string{`{`, `[]`, `{"env":{"palette":{}}}`} {
		if _, err := parseView([]byte(bad)); err == nil {
			t.Errorf("parseView(%s) gave no error", bad)
		}
	}
	v := NewViewer()
	show(t, v, values{"scene": "nowhere", "class": -1, "wipe": 2, "smooth": "x", "filter": strings.Repeat("a", 201), "sets": "none", "log": 3, "image": 0.5})
	for name, got := range v.View.all() {
		if want := params[name].spec().Default; name != "scene" && got != want {
			t.Errorf("%s is %v, want its default %v", name, got, want)
		}
	}
	if v.View.Scene() != "images" {
		t.Errorf("scene %q, want the first", v.View.Scene())
	}
}

// said is the panel as the page gets it.
func said(t *testing.T, v *Viewer) string {
	t.Helper()
	data, err := json.Marshal(v.Panel())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSubscriptionFollowsTheView(t *testing.T) {
	v := small()
	show(t, v, values{"class": 1, "scene": "features"})
	find := func(topic event.Topic) *event.Subscription {
		for _, s := range v.Subscription().Topics {
			if s.Topic == topic {
				return &s
			}
		}
		return nil
	}
	if s := find(event.TopicCloud); s == nil || s.Class != 1 {
		t.Errorf("clouds of %+v", s)
	}
	if s := find(event.TopicImages); s.Size != 0 {
		t.Errorf("a small run's images come at size %d", s.Size)
	}
	v.Live.Hello = event.Hello{Classes: make([]string, 1000), IPC: 10, Width: 224, Height: 224}
	if s := find(event.TopicImages); s.Size == 0 || s.Size*s.Size*10000 > pixelBudget {
		t.Errorf("ten thousand large images come at size %d", s.Size)
	}
	if err := event.Check(v.Subscription()); err != nil {
		t.Error(err)
	}
	v.View.Hidden = true
	if n := len(v.Subscription().Topics); n != 0 {
		t.Errorf("a hidden page subscribes to %d topics", n)
	}
}
