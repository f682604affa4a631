package app_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/scene"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

var update = flag.Bool("update", false, "write the golden lists of canvas calls")

// The drawing of each scene, call by call.
func TestScenesDrawTheirGoldenLists(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h float64
		now  float64
		view apptest.Values
	}{
		{"images", 800, 500, 200, apptest.Values{"scene": "images"}},
		{"images-moment", 800, 500, 101.2, apptest.Values{"scene": "images"}},
		{"images-narrow", 360, 500, 200, apptest.Values{"scene": "images", "filter": "DO", "class": 1}},
		{"training", 800, 500, 200, apptest.Values{"scene": "training"}},
		{"training-log-narrow", 360, 500, 200, apptest.Values{"scene": "training", "log": true, "smooth": 0}},
		{"features", 800, 500, 200, apptest.Values{"scene": "features", "class": 1, "eps": 1.2}},
		{"features-syn", 360, 500, 200, apptest.Values{"scene": "features", "class": 1, "sets": "syn", "eps": 2}},
		{"features-overlay", 800, 500, 200, apptest.Values{"scene": "features", "class": 1, "layout": "overlay", "bar": 5, "of": "syn"}},
		{"topology", 1000, 700, 200, apptest.Values{"scene": "topology", "class": 1, "eps": 1.2, "bar": 5}},
		{"topology-images", 700, 500, 200, apptest.Values{"scene": "topology", "class": 1, "figure": "images", "degree": "1"}},
	} {
		v := apptest.Small()
		apptest.Show(t, v, c.view)
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
			return "line " + strconv.Itoa(i+1) + "\n got " + a + "\nwant " + b
		}
	}
	return ""
}

// No scene may fail on a state without data, or on a canvas too small for anything.
func TestScenesSurviveEverySize(t *testing.T) {
	for _, v := range []*app.Viewer{apptest.Small(), app.New()} {
		for name := range scene.Make() {
			for _, w := range []float64{1, 30, 150, 400, 639, 640, 2500} {
				for _, h := range []float64{1, 40, 200, 1400} {
					apptest.Show(t, v, apptest.Values{"scene": name, "class": 1})
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

func TestReportExplainsWhatIsMissing(t *testing.T) {
	v := app.New()
	v.Link.State = "open"
	apptest.Apply(&v.Live, 0, event.Hello{Classes: []string{"cat"}, IPC: 1}, event.Status{State: event.Squeezing, Text: "epoch 2 of 9"})
	for name, want := range map[string]string{"images": "teacher is being trained", "training": "epoch 2", "features": "epoch 2"} {
		apptest.Show(t, v, apptest.Values{"scene": name})
		if e := v.Report().Empty; e == nil || !strings.Contains(e.Body, want) {
			t.Errorf("%s: %+v, want %q", name, e, want)
		}
	}
	one := event.Set{Points: []float32{0, 0}}
	apptest.Apply(&v.Live, 0, event.Cloud{Real: one, Syn: one})
	apptest.Show(t, v, apptest.Values{"scene": "features"})
	if words := apptest.PanelText(t, v); !strings.Contains(words, "one point") || strings.Contains(words, "range") {
		t.Errorf("one image per class: %s", words)
	}
}

func TestReportIsJSONWhateverTheNumbers(t *testing.T) {
	v := apptest.Small()
	nan := float32(math.NaN())
	apptest.Apply(&v.Live, 0, event.StageEnd{Stage: 1, MeanFit: nan, KappaMean: float32(math.Inf(1))}, event.Result{CEAfter: nan, Seconds: nan},
		event.Status{StepsPerSecond: nan, ETASeconds: float32(math.Inf(1))})
	for name := range scene.Make() {
		apptest.Show(t, v, apptest.Values{"scene": name, "class": 1}, "data", "stages")
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
		if _, err := view.Parse([]byte(bad)); err == nil {
			t.Errorf("ParseView(%s) gave no error", bad)
		}
	}
	v := app.New()
	apptest.Show(t, v, apptest.Values{"scene": "nowhere", "class": -1, "wipe": 2, "smooth": "x", "filter": strings.Repeat("a", 201), "sets": "none", "log": 3, "image": 0.5})
	for name, got := range v.View.Values() {
		if want := view.Specs()[name].Default; name != "scene" && got != want {
			t.Errorf("%s is %v, want its default %v", name, got, want)
		}
	}
	if v.SceneName() != "images" {
		t.Errorf("scene %q, want the first", v.SceneName())
	}
}

func TestSubscriptionFollowsTheView(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, apptest.Values{"class": 1, "scene": "features"})
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
	if s := find(event.TopicImages); s.Size == 0 || s.Size*s.Size*10000 > 12<<20 {
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
