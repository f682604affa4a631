package app_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
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

// rounds of events that TestScenesSurviveWhateverIsValid sends.
const rounds = 200

// odd fills v with values that the wire allows but no run should have: numbers that are none, counts that are huge.
func odd(r *rand.Rand, v reflect.Value, deep int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				odd(r, v.Field(i), deep)
			}
		}
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			odd(r, v.Elem(), deep)
		}
	case reflect.Slice:
		n := [...]int{0, 1, 2, 3, 9}[r.IntN(5)]
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			odd(r, v.Index(i), deep+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			odd(r, v.Index(i), deep)
		}
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.String:
		v.SetString([...]string{"", "a", "recovering", "done", "*[real|x]`", strings.Repeat("long name ", 20), "é\u202e\x00", "minmax"}[r.IntN(8)])
	case reflect.Float32, reflect.Float64:
		v.SetFloat([...]float64{0, 1, -1, 0.5, rand.Float64(), 1e-30, 3e38, -3e38, math.NaN(), math.Inf(1), math.Inf(-1)}[r.IntN(11)])
	case reflect.Int, reflect.Int64:
		v.SetInt([...]int64{0, 0, 1, 1, 2, 3, 7, -1, 255, 1 << 40, math.MinInt64, math.MaxInt64}[r.IntN(12)])
	case reflect.Uint8:
		v.SetUint(uint64(r.IntN(256)))
	case reflect.Uint32:
		v.SetUint([...]uint64{0, 1, 7, math.MaxUint32}[r.IntN(4)])
	case reflect.Uint64:
		v.SetUint([...]uint64{0, 1, math.MaxUint64}[r.IntN(3)])
	}
}

// point is one of n, or 0.
func point(r *rand.Rand, n int) int { return r.IntN(max(n, 1)) }

// fit makes an odd event one that passes the wire's check, most of the time.
func fit(r *rand.Rand, e any) event.Event {
	small := func(p *int) { *p = r.IntN(4) }
	switch e := e.(type) {
	case *event.Hello:
		e.Run, e.IPC = "r", [...]int{1, 2, 50, e.IPC}[r.IntN(4)]
		if r.IntN(2) == 0 {
			e.Classes = make([]string, [...]int{1, 2, 200}[r.IntN(3)])
		}
		return *e
	case *event.Images:
		small(&e.Class)
		e.First, e.Count, e.Width, e.Height = [...]int{0, 3, 1 << 40}[r.IntN(3)], r.IntN(4), 1+r.IntN(3), 1+r.IntN(3)
		e.Pixels = make([]byte, e.Count*e.Width*e.Height*3)
		return *e
	case *event.Residual:
		small(&e.Class)
		e.Width, e.Height = 1+r.IntN(3), 1+r.IntN(3)
		n := len(e.Index)
		e.Before, e.Anchor, e.After = make([]byte, n*e.Width*e.Height*3), make([]byte, n*e.Width*e.Height*3), make([]byte, n*e.Width*e.Height*3)
		e.AnchorID, e.Fit, e.Complexity = nil, nil, nil
		return *e
	case *event.Gallery:
		small(&e.Class)
		e.Stage, e.Part, e.Width, e.Height = 0, r.IntN(2), 2, 2
		e.Index = make([]int, len(e.IDs))
		e.Pixels = make([]byte, len(e.IDs)*12)
		return *e
	case *event.Cloud:
		small(&e.Class)
		for _, s := range []*event.Set{&e.Real, &e.Syn} {
			fitSet(r, s)
		}
		if a := e.Anchors; a != nil {
			n := r.IntN(4)
			a.Points, a.MDS, a.IDs, a.Image, a.Stage = floats(r, 2*n), floats(r, 2*n), make([]string, n), make([]int, n), r.IntN(3)
			for i := range a.Image {
				a.Image[i] = [...]int{0, 1, 1 << 40}[r.IntN(3)]
			}
		}
		return *e
	case *event.Diagnosis:
		e.Stage, e.First = r.IntN(4), r.IntN(3)
		return *e
	case *event.Retrieval:
		small(&e.Class)
		e.Stage, e.Pool, e.Top = r.IntN(4), r.IntN(30), r.IntN(9)
		e.Chosen = nil
		return *e
	case *event.Trials:
		for i := range e.List {
			t := &e.List[i]
			t.Images, t.Labels = [...]string{event.Distilled, event.Random, event.AllReal, t.Images}[r.IntN(4)], [...]string{event.SoftLabels, event.HardLabels}[r.IntN(2)]
			t.Student, t.State = [...]string{"a", "b", "*[real|x]`"}[r.IntN(3)], [...]string{event.Planned, event.Training, event.Trained, ""}[r.IntN(4)]
			t.Epochs = [...]int{0, 3, 1 << 40}[r.IntN(3)]
			t.Epoch, t.Count = r.IntN(t.Epochs+1), [...]int{0, 10, 1 << 40}[r.IntN(3)]
		}
		return *e
	case *event.Curve:
		small(&e.Trial)
		return *e
	case *event.Confusion:
		small(&e.Trial)
		n := len(e.Correct)
		e.Total, e.Counts = make([]uint32, n), make([]uint32, n*n*r.IntN(2))
		for _, list := range [][]uint32{e.Total, e.Counts} {
			for i := range list {
				list[i] = [...]uint32{0, 1, 9, math.MaxUint32}[r.IntN(4)]
			}
		}
		return *e
	case *event.Mistakes:
		small(&e.Trial)
		n := len(e.IDs)
		e.Label, e.Predicted, e.Wrong, e.Width, e.Height = make([]int, n), make([]int, n), floats(r, n), 1+r.IntN(3), 1+r.IntN(3)
		for i := range n {
			e.Label[i], e.Predicted[i] = [...]int{0, i, 1 << 40}[r.IntN(3)], [...]int{0, i, 1 << 40}[r.IntN(3)]
		}
		e.Pixels = make([]byte, n*e.Width*e.Height*3)
		return *e
	case *event.Views:
		small(&e.Class)
		small(&e.Index)
		n := len(e.Epochs)
		e.Top, e.Prob, e.Width, e.Height = make([][]int, n), make([][]float32, n), 1+r.IntN(3), 1+r.IntN(3)
		for i := range n {
			e.Top[i] = make([]int, r.IntN(9))
			e.Prob[i] = floats(r, len(e.Top[i]))
			for k := range e.Top[i] {
				e.Top[i][k] = [...]int{0, k, 1 << 40}[r.IntN(3)]
			}
		}
		e.Pixels = make([]byte, n*e.Width*e.Height*3)
		return *e
	case *event.Settings:
		e.Changes, e.Step, e.First = r.IntN(3), r.IntN(9), 0
		return *e
	case *event.Change:
		e.ID, e.Step, e.First, e.Undo, e.Of, e.Name = 1+r.IntN(5), r.IntN(20), 0, false, 0, "lambda"
		return *e
	case *event.Status:
		return *e
	case *event.Metrics:
		return *e
	case *event.Squeeze:
		return *e
	case *event.StageEnd:
		return *e
	case *event.Log:
		return *e
	case *event.Result:
		return *e
	}
	panic("no such event")
}

func floats(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	odd(r, reflect.ValueOf(&v).Elem(), 0)
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(r.Float64())
		if i < len(v) {
			w[i] = v[i]
		}
	}
	return w
}

func fitSet(r *rand.Rand, s *event.Set) {
	n := r.IntN(6)
	s.Points, s.MDS, s.IDs = floats(r, 2*n), floats(r, 2*n*r.IntN(2)), make([]string, n*r.IntN(2))
	s.Index = make([]int, n*r.IntN(2))
	for i := range s.Index {
		s.Index[i] = [...]int{0, i, -1, 1 << 40}[r.IntN(4)]
	}
	if n == 0 {
		s.Edges, s.Triangles, s.Bars = nil, nil, nil
	}
	for i := range s.Edges {
		s.Edges[i].I, s.Edges[i].J = point(r, n), point(r, n)
	}
	for i := range s.Triangles {
		t := &s.Triangles[i]
		t.I, t.J, t.K = point(r, n), point(r, n), point(r, n)
	}
	for i := range s.Bars {
		b := &s.Bars[i]
		b.BirthEdge, b.DeathEdge = [2]int{point(r, n), point(r, n)}, [2]int{point(r, n), point(r, n)}
	}
}

// A recording can hold anything that passes the wire's checks. No scene may panic on it, draw at places that are no
// numbers, or report what is no JSON.
func TestScenesSurviveWhateverIsValid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []reflect.Type{reflect.TypeFor[event.Hello](), reflect.TypeFor[event.Status](), reflect.TypeFor[event.Metrics](), reflect.TypeFor[event.Squeeze](),
		reflect.TypeFor[event.Images](), reflect.TypeFor[event.Residual](), reflect.TypeFor[event.Cloud](), reflect.TypeFor[event.Cloud](), reflect.TypeFor[event.StageEnd](),
		reflect.TypeFor[event.Diagnosis](), reflect.TypeFor[event.Retrieval](), reflect.TypeFor[event.Gallery](), reflect.TypeFor[event.Settings](),
		reflect.TypeFor[event.Change](), reflect.TypeFor[event.Log](), reflect.TypeFor[event.Result](), reflect.TypeFor[event.Trials](), reflect.TypeFor[event.Curve](),
		reflect.TypeFor[event.Confusion](), reflect.TypeFor[event.Mistakes](), reflect.TypeFor[event.Views]()}
	names := scene.All()
	sent, told := 0, map[string]bool{}
	v := app.New()
	for round := range rounds {
		if round%20 == 0 {
			v = app.New()
			v.Link.State = "open"
		}
		for range 12 {
			p := reflect.New(kinds[r.IntN(len(kinds))])
			odd(r, p.Elem(), 0)
			e := fit(r, p.Interface())
			if event.Check(e) == nil {
				v.Receive(event.Message{Run: 1, Step: [...]int{0, 5, 1 << 40, -1}[r.IntN(4)], Event: e}, float64(round))
				sent++
			}
		}
		info := names[r.IntN(len(names))]
		name := info.Name
		chosen := apptest.Values{"scene": name, "class": r.IntN(4), "image": r.IntN(4), "bar": r.IntN(6) - 1, "of": [...]string{"real", "syn"}[r.IntN(2)], "step": -1}
		specs := view.Specs()
		for _, p := range view.Names() {
			if n := len(specs[p].Options); n > 0 && p != "scene" && r.IntN(2) == 0 {
				chosen[p] = specs[p].Options[r.IntN(n)]
			}
			if specs[p].Kind == "flag" && r.IntN(3) == 0 {
				chosen[p] = true
			}
		}
		apptest.Show(t, v, chosen, "data", "stages", "table", "bars", "trials")
		canvas := &uitest.Recorder{W: 200 + 1200*r.Float64(), H: 150 + 800*r.Float64()}
		now := float64(round) + 0.4
		v.Draw(canvas, now)
		pointer := ui.Point{X: canvas.W * r.Float64(), Y: canvas.H * r.Float64()}
		v.Update(ui.Input{Now: now, Inside: true, Down: true, Pressed: true, Clicked: true, Pointer: pointer})
		for _, key := range info.Keys {
			v.Update(ui.Input{Now: now, Acts: []ui.Act{{Name: key.Act, Arg: key.Arg}}})
		}
		v.Draw(canvas, now+0.1)
		if text := canvas.String(); (strings.Contains(text, "NaN") || strings.Contains(text, "Inf")) && !told[name] {
			told[name] = true
			for _, line := range strings.Split(text, "\n") {
				if strings.Contains(line, "NaN") || strings.Contains(line, "Inf") {
					t.Errorf("round %d: %s %v draws at places that are no numbers: %.200s", round, name, chosen, line)
					break
				}
			}
		}
		if _, err := json.Marshal(v.Report()); err != nil {
			t.Errorf("round %d: %s: %v", round, name, err)
		}
		if table, ok := v.Scene(v.SceneName()).(scene.Tabler); ok {
			table.Table(v.Context())
		}
	}
	if sent < 5*rounds {
		t.Errorf("only %d of %d events passed the check", sent, 12*rounds)
	}
}

func TestHostileLinksChangeNothing(t *testing.T) {
	for _, name := range []string{"features", "topology"} {
		for _, view := range []apptest.Values{
			{"bar": 1e6, "of": "syn"}, {"bar": -1e9}, {"bar": 2.5}, {"of": "both"}, {"map": "umap"}, {"layout": 3}, {"thumbs": "yes"},
			{"figure": "none"}, {"degree": "2"}, {"against": "-5"}, {"against": "99999999999999999999"}, {"against": "1"}, {"against": "dog"}, {"eps": 1e9}, {"eps": "NaN"},
		} {
			view["scene"] = name
			v, _ := apptest.WithCloud(t, 700, 500, view)
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
