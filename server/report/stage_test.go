package report

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reta/shared/event"
)

// logOf writes a run's log and returns its folder.
func logOf(t *testing.T, events ...event.Event) string {
	t.Helper()
	return logAt(t, t.TempDir(), events...)
}

func shape(kappa, delta float32) event.ClassShape {
	return event.ClassShape{Points: 4, Kappa: [2]float32{kappa, 2 * kappa}, Delta: delta, Push: -1, SpreadBefore: 1}
}

// Means are over classes, not over groups; a stage that was made again counts once; gamma weighs the loops.
func TestReportAveragesOverClasses(t *testing.T) {
	end := event.StageEnd{Stage: 1, Step: 20, Resolution: 32, CE: 3, BN: 10, Topo: 0.5, Classes: 2, Anchors: 8}
	other := end
	other.CE, other.Classes = 6, 0
	terms := event.Terms{CE: 3, BN: 1, Topo: 1}
	dir := logOf(t, event.Hello{Recipe: "reta", Stages: 4},
		event.Start{End: event.StageEnd{CE: 2}, Shape: event.Diagnosis{Classes: []event.ClassShape{shape(1, 0), shape(1, 0)}}},
		event.Start{End: event.StageEnd{CE: 8}, Shape: event.Diagnosis{First: 2, Classes: []event.ClassShape{shape(4, 0)}}},
		event.StageEnd{Stage: 1, CE: 99}, event.Diagnosis{Stage: 1, Classes: []event.ClassShape{shape(9, 9), shape(9, 9)}}, event.Log{Text: "resumed"},
		end, event.Diagnosis{Stage: 1, Step: 20, Gamma: 0.5, Terms: terms, Classes: []event.ClassShape{shape(1, 8), shape(2, 4)}},
		other, event.Diagnosis{Stage: 1, Step: 20, First: 2, Gamma: 0.5, Terms: terms, Classes: []event.ClassShape{shape(6, 0)}},
		event.StageEnd{Stage: 2}, // killed before its diagnosis
	)
	r, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Ends) != 1 || r.Hello.Recipe != "reta" || r.Torn != "" {
		t.Fatalf("report %+v, want one stage", r)
	}
	if r.Start == nil || math.Abs(r.Start.Mean.CE-4) > 1e-6 || math.Abs(r.Start.Mean.Kappa[0]-2) > 1e-6 || r.Start.Connected {
		t.Errorf("start %+v, want CE 4 and kappa 2", r.Start)
	}
	s := r.Ends[0]
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-6 }
	if m := s.Mean; !near(m.CE, 4) || !near(m.Kappa[0], 3) || !near(s.KappaTotal(), 6) || !near(m.Delta, 4) || !near(m.Topo, 1./3) ||
		!near(m.Share, 0.2) || m.Expanding != 3 || m.Pairs != 3 || s.Step != 20 || !s.Connected {
		t.Errorf("stage %+v", s)
	}
	if len(s.Classes) != 3 || s.Classes[2].Kappa[0] != 6 {
		t.Errorf("classes %+v", s.Classes)
	}
}

// One log has one report, to the last bit: groups are summed in order.
func TestReportIsTheSameEveryTime(t *testing.T) {
	var events []event.Event
	for i := range 9 {
		class := shape(1/float32(i+1), 0)
		events = append(events, event.StageEnd{CE: 1 / float32(i+3)}, event.Diagnosis{First: i, Classes: []event.ClassShape{class}})
	}
	dir := logOf(t, events...)
	first, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if again, err := Read(dir); err != nil || again.Ends[0].Mean != first.Ends[0].Mean {
			t.Fatalf("%+v, then %+v (%v)", first.Ends[0].Mean, again.Ends[0].Mean, err)
		}
	}
}

func TestReportOfDamagedLogs(t *testing.T) {
	dir := logOf(t, event.StageEnd{Stage: 0}, event.Diagnosis{Classes: []event.ClassShape{shape(1, 1)}}, event.Log{Text: "the last words"})
	path := filepath.Join(dir, "events.reta")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-3], 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err := Read(dir); err != nil || len(r.Ends) != 1 || !strings.Contains(r.Torn, "torn") {
		t.Errorf("torn log: %+v, %v", r, err)
	}
	if err := os.WriteFile(path, []byte("no log"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "no event log") {
		t.Errorf("foreign file: %v", err)
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "want the folder of a run") {
		t.Errorf("empty folder: %v", err)
	}
}

// Of the changes that a log tells the newest of a number holds, and those given up are left out.
func TestReportListsChanges(t *testing.T) {
	var r Run
	for _, e := range []event.Event{
		event.Change{ID: 1, Name: "alpha", To: 0.6}, event.Settings{Changes: 1},
		event.Change{ID: 2, Name: "lr", To: 0.1}, event.Settings{Changes: 2},
		event.Change{ID: 1, Name: "alpha", To: 0.6}, event.Settings{Changes: 1}, // continued before the second
		event.Change{ID: 2, Name: "alpha", To: 0.7}, event.Settings{Changes: 2},
	} {
		r.add(e, nil)
	}
	if want := []event.Change{{ID: 1, Name: "alpha", To: 0.6}, {ID: 2, Name: "alpha", To: 0.7}}; !reflect.DeepEqual(r.Changes, want) {
		t.Errorf("changes %+v, want %+v", r.Changes, want)
	}
	r.add(event.Settings{Changes: 1}, nil) // and stopped for good, before the second
	if len(r.Changes) != 1 {
		t.Errorf("%d changes after the last settings, want 1", len(r.Changes))
	}
}
