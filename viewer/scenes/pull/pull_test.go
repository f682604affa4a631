package pull

import (
	"math"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
	"reta/viewer/view"
)

func modelOf(s modelSetup) *planeModel {
	var m planeModel
	m.set(s)
	for !m.done() {
		m.advance(1000)
	}
	return &m
}

// Eqn 8: with one anchor for all every connection multiplies the spread by alpha; with others it allows no more than it
// says.
func TestConnectionsContractAsForetold(t *testing.T) {
	for _, preset := range presets {
		for _, anchors := range []string{"few", "nearest", "one", "random"} {
			m := modelOf(modelSetup{preset: preset.name, anchors: anchors, seed: 3, alpha: 0.6, repeats: 3})
			if len(m.states) != 4 {
				t.Fatalf("%d states after 3 connections", len(m.states))
			}
			for k, s := range m.states[1:] {
				spread, was := spread(s.points), spread(m.states[k].points)
				if spread > s.bound*(1+1e-9) {
					t.Errorf("%s, %s: spread %v above the bound %v", preset.name, anchors, spread, s.bound)
				}
				if anchors == "one" && math.Abs(spread/was-0.6) > 1e-9 {
					t.Errorf("%s: one anchor, ratio %v, want 0.6", preset.name, spread/was)
				}
			}
		}
	}
}

func TestAnchorsAreChosen(t *testing.T) {
	for anchors, most := range map[string]int{"one": 1, "few": 4, "nearest": pointCount, "random": pointCount} {
		m := modelOf(modelSetup{preset: "blob", anchors: anchors, seed: 1, alpha: 0.5, repeats: 1})
		if n := m.anchorCount(); n > most || anchors != "one" && n < 2 {
			t.Errorf("%s: %d anchors, at most %d", anchors, n, most)
		}
		if anchors != "nearest" {
			continue
		}
		for i, p := range m.start {
			a := m.anchor(i)
			for _, q := range m.real.Points {
				if math.Hypot(p.X-q.X, p.Y-q.Y) < math.Hypot(p.X-a.X, p.Y-a.Y) {
					t.Fatalf("point %d has a nearer real one than its anchor", i)
				}
			}
		}
	}
}

// What the table says is what topology measures; points that coincide have merged at 0.
func TestPullMeasures(t *testing.T) {
	m := modelOf(modelSetup{preset: "ring", anchors: "few", seed: 2, alpha: 0.5, repeats: 2})
	end := m.states[2].points
	got := m.measure(m.shape(end, m.real.EpsMax))
	graph := func(pts []ui.Point) *topology.Homology {
		g, err := topologyCloud(pts).MutualKNN(neighbours)
		if err != nil {
			t.Fatal(err)
		}
		return topology.Persistence(g.UpTo(float64(m.real.EpsMax)))
	}
	want := topology.MeasureKappa(graph(m.real.Points), graph(end), float64(m.real.EpsMax))
	if math.Abs(got.kappa[0]-want.H0) > 1e-4 || math.Abs(got.kappa[1]-want.H1) > 1e-4 {
		t.Errorf("kappa %v, want %v", got.kappa, want)
	}
	least := math.Inf(1)
	for i, p := range end {
		for _, q := range end[:i] {
			least = min(least, math.Hypot(p.X-q.X, p.Y-q.Y))
		}
	}
	if math.Abs(got.merge-least) > 1e-6 {
		t.Errorf("first merge at %v, the least distance is %v", got.merge, least)
	}
	gone := modelOf(modelSetup{preset: "ring", anchors: "one", seed: 2, alpha: 0, repeats: 1})
	if k := gone.measure(gone.shape(gone.states[1].points, gone.real.EpsMax)); k.merge != 0 || k.spread > 1e-12 {
		t.Errorf("all in one place: %+v", k)
	}
}

// Descent lowers L_topo, and with one anchor for all kappa as well; no step leaves the plane.
func TestAlignmentUndoesThePull(t *testing.T) {
	m := modelOf(modelSetup{preset: "ring", anchors: "one", seed: 1, alpha: 0.5, repeats: 1, steps: 40})
	if len(m.states) != 3 || !m.states[2].aligned || m.states[1].aligned {
		t.Fatalf("states %+v", m.states)
	}
	loss := func(pts []ui.Point) (float64, float64) {
		a, err := m.target.Align(topologyCloud(pts))
		if err != nil {
			t.Fatal(err)
		}
		return a.Total, a.Kappa.H0
	}
	l0, k0 := loss(m.states[1].points)
	l1, k1 := loss(m.states[2].points)
	if !(l1 < 0.5*l0 && k1 < 0.5*k0) {
		t.Errorf("loss from %v to %v, kappa from %v to %v", l0, l1, k0, k1)
	}
	for _, p := range m.states[2].points {
		if p != clampPoint(p) {
			t.Errorf("a point left the plane: %v", p)
		}
	}
}

func TestPullPointsTravelInLinks(t *testing.T) {
	pts := drawSet("blob", 5, 1)
	back, ok := decodePoints(encodePoints(pts))
	if !ok || len(encodePoints(pts)) > view.TextMax {
		t.Fatal("the text of points cannot be read, or is too long for a link")
	}
	for i := range pts {
		if math.Abs(pts[i].X-back[i].X) > 1e-3 || math.Abs(pts[i].Y-back[i].Y) > 1e-3 {
			t.Errorf("point %d: %v became %v", i, pts[i], back[i])
		}
	}
	for _, bad := range []string{"", "A", strings.Repeat("A", 4*pointCount-1), strings.Repeat("!", 4*pointCount), strings.Repeat("ä", 2*pointCount)} {
		if _, ok := decodePoints(bad); ok {
			t.Errorf("%q was read as points", bad)
		}
	}
}

func pullScene(t *testing.T, changes apptest.Values) (*app.Viewer, *pull) {
	t.Helper()
	v := app.New()
	apptest.Show(t, v, apptest.Values{"scene": "pull"})
	apptest.Show(t, v, changes)
	return v, v.Scene("pull").(*pull)
}

// Playing begins at the start and ends at the end; changes glide; then everything rests.
func TestPullPlaysAndRests(t *testing.T) {
	v, p := pullScene(t, apptest.Values{"pull.anchors": "one", "repeats": 2})
	if v.Update(ui.Input{Now: 1}) {
		t.Error("something moves at first")
	}
	end := p.shown[0]
	if !v.Update(ui.Input{Now: 2, Acts: []ui.Act{{Name: "pull-play"}}}) || p.shown[0] != p.model.start[0] {
		t.Errorf("playing begins at %v, want %v", p.shown[0], p.model.start[0])
	}
	if !v.Update(ui.Input{Now: 2 + connectionSeconds}) || math.Abs(p.shown[0].X-p.model.states[1].points[0].X) > 1e-6 {
		t.Error("after one connection's time it is not at the first connection")
	}
	for range 2 {
		v.Update(ui.Input{Now: 9})
	}
	if v.Update(ui.Input{Now: 10}) || p.shown[0] != end {
		t.Errorf("it ends at %v, want %v", p.shown[0], end)
	}
	v.Update(ui.Input{Now: 11, Acts: []ui.Act{{Name: "pull-more", Arg: "-9"}}})
	if repeatsParam.Int(&v.View) != 0 {
		t.Errorf("%d connections", repeatsParam.Int(&v.View))
	}
	v.Update(ui.Input{Now: 11 + glideSeconds/2})
	if d := p.shown[0]; d == end || d == p.model.start[0] {
		t.Error("a change does not glide")
	}
	v.View.Still = true
	v.Update(ui.Input{Now: 20})
	if moving := v.Update(ui.Input{Now: 20, Acts: []ui.Act{{Name: "pull-play"}}}); moving {
		t.Error("something moves under reduced motion")
	}
}

// Alignment is computed over several frames and shown as it goes.
func TestAlignmentTakesFrames(t *testing.T) {
	v, p := pullScene(t, apptest.Values{"pull.align": true, "pull.steps": 20, "repeats": 1})
	frames := 0
	for v.Update(ui.Input{Now: float64(frames)}) {
		if frames++; frames > 100 {
			t.Fatal("it does not come to an end")
		}
	}
	if frames < 3 || !p.model.done() {
		t.Errorf("%d frames", frames)
	}
	if words := apptest.PanelText(t, v); !strings.Contains(words, "Gradient steps") {
		t.Errorf("%s", words)
	}
}

func TestPullDragging(t *testing.T) {
	v, p := pullScene(t, apptest.Values{"repeats": 1})
	v.Update(ui.Input{Now: 1})
	v.Draw(&uitest.Recorder{W: 1000, H: 700}, 1)
	at := p.plane.Place(p.model.start[4])
	v.Update(ui.Input{Now: 2, Inside: true, Down: true, Pressed: true, Pointer: at})
	to := ui.Point{X: at.X + 40, Y: at.Y - 30}
	want := p.plane.Unplace(to)
	v.Update(ui.Input{Now: 2, Inside: true, Down: true, Pointer: to})
	v.Draw(&uitest.Recorder{W: 1000, H: 700}, 2)
	if got := p.model.start[4]; math.Hypot(got.X-want.X, got.Y-want.Y) > 2e-3 {
		t.Errorf("dragged to %v, want %v", got, want)
	}
	v.Update(ui.Input{Now: 3, Inside: true, Pointer: to})
	link := pointsParam.Of(&v.View)
	other, q := pullScene(t, apptest.Values{"repeats": 1, "pull.points": link})
	other.Update(ui.Input{Now: 1})
	if q.model.start[4] != p.model.start[4] {
		t.Error("the link does not restore the point")
	}
	area := p.curves[0].Area()
	v.Update(ui.Input{Now: 4, Inside: true, Down: true, Pressed: true, Pointer: ui.Point{X: area.X + area.W/2, Y: area.Y + 5}})
	if eps := epsParam.Of(&v.View); math.Abs(eps-float64(p.model.real.EpsMax)/2) > 1e-3 {
		t.Errorf("eps %v in the middle of the curve of %v", eps, p.model.real.EpsMax)
	}
	v.Update(ui.Input{Now: 5, Acts: []ui.Act{{Name: "pull-back"}}})
	if pointsParam.Of(&v.View) != "" {
		t.Error("the points did not go back")
	}
}

// The run's own numbers: ratios, the words, and why nothing acts.
func TestPullOfTheRun(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, apptest.Values{"scene": "pull", "pull.of": "run", "class": 1})
	if words := apptest.PanelText(t, v); !strings.Contains(words, "when the first stage ends") {
		t.Errorf("%s", words)
	}
	apptest.Apply(&v.Live, 100, event.Diagnosis{Stage: 0, Classes: []event.ClassShape{{}, {Points: 3, Kappa: [2]float32{0.5, 0.25}, SpreadBefore: 2, SpreadAfter: 1.5, Delta: 7, Push: -1}}},
		event.Diagnosis{Stage: 1, Classes: []event.ClassShape{{}, {Points: 3, Kappa: [2]float32{0.75, 0}, SpreadBefore: 1.75, Idle: "no [reason]"}}})
	words := apptest.PanelText(t, v)
	for _, want := range []string{`["1","2","1.5","0.75","0.5","0.25","7","-1"]`, `["2","1.75","–","–","0.75","0","–","0"]`, "more than a stage ago", "left the spread at **0.75**", `no \\[reason\\]`} {
		if !strings.Contains(words, want) {
			t.Errorf("no %q in %s", want, words)
		}
	}
	canvas := &uitest.Recorder{W: 1000, H: 600}
	v.Draw(canvas, 1)
	if !strings.Contains(canvas.String(), "× 0.75") {
		t.Errorf("the chart does not tell the ratio: %s", canvas)
	}
	p := v.Scene("pull").(*pull)
	v.Update(ui.Input{Now: 2, Inside: true, Clicked: true, Pointer: p.columns[1].Centre()})
	if p.hoverStage != 2 {
		t.Errorf("a click in the second stage lit %d", p.hoverStage)
	}
	v.Live.Hello.IPC = 1
	if words := apptest.PanelText(t, v); !strings.Contains(words, "one image per class") {
		t.Errorf("%s", words)
	}
	apptest.Show(t, v, apptest.Values{"class": 0, "pull.of": "plane"})
	if v.Report().Empty != nil {
		t.Error("the model needs no run")
	}
}
