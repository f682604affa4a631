package compare

import (
	"fmt"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/viewer/app"
	"reta/viewer/app/apptest"
	"reta/viewer/eventtest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// drop lets a file fall on the page.
func drop(v *app.Viewer, name string, data []byte) {
	v.Update(ui.Input{Acts: []ui.Act{{Name: "file", Arg: name, Data: data}}})
}

// opened is the scene of a run of its own, with so many recordings beside it.
func opened(t *testing.T, others int) (*app.Viewer, *compare, *uitest.Recorder) {
	t.Helper()
	v := apptest.Small()
	apptest.Apply(&v.Live, 200, event.StageEnd{Stage: 1, Step: 20, CE: 0.25, BN: 30, KappaMean: 0.5})
	apptest.Apply(&v.Live, 200, eventtest.Students(2, 12)...)
	apptest.Show(t, v, apptest.Values{"scene": "compare", "class": 1})
	for i := range others {
		drop(v, fmt.Sprintf("other%d.reta", i), eventtest.Recording(t))
	}
	c := &uitest.Recorder{W: 1000, H: 900}
	v.Draw(c, 1)
	return v, v.Scene("compare").(*compare), c
}

// A recording that is dropped while the scene is open stands beside the run, with its images of the same class, its curves and
// its row; the page's own run stays what it was.
func TestRecordingsStandBesideTheRun(t *testing.T) {
	v, s, c := opened(t, 2)
	if len(s.drawn) != 3 || len(s.loss.Lines) != 3 || len(s.kappa.Lines) != 3 {
		t.Fatalf("%d runs with %d and %d curves, want 3 of each", len(s.drawn), len(s.loss.Lines), len(s.kappa.Lines))
	}
	if v.Live.Hello.Recipe != "reta" || v.Context().Replay {
		t.Error("the recording took the place of the run")
	}
	for _, words := range []string{`"reta"`, `"run (other0)"`, `"run (other1)"`, "Accuracy of students"} {
		if !strings.Contains(c.String(), words) {
			t.Errorf("%s is not drawn", words)
		}
	}
	if n := strings.Count(c.String(), "picture"); n != 3+2+2 {
		t.Errorf("%d pictures, want three of the run and two of each recording", n)
	}
	if n := len(s.loss.Lines[0].Points); n != 12 {
		t.Errorf("the run's curve has %d points, want 12", n)
	}
	if x := s.loss.Lines[1].Points[len(s.loss.Lines[1].Points)-1].X; x != 100 {
		t.Errorf("a finished recording's curve ends at %v %% of its steps", x)
	}
	rows := s.Table(v.Context())
	if len(rows) != 4 || rows[1][0] != "reta" || rows[1][1] != "0.25" || rows[1][3] != "0.5" || !strings.Contains(rows[1][4], " ± ") || rows[2][4] != "–" {
		t.Errorf("the table says %q", rows)
	}
	words := apptest.PanelText(t, v)
	apptest.MustSay(t, "panel", words, "Remove other0", "Remove other1", "Add a recording")

	v.Update(ui.Input{Acts: []ui.Act{{Name: "compare-remove", Arg: "0"}}})
	v.Draw(c, 2)
	if len(s.drawn) != 2 || s.drawn[1].file != "other1" {
		t.Errorf("with the first taken away %d runs are left", len(s.drawn))
	}
}

// Where another scene is open a recording takes the page over, as ever.
func TestElsewhereARecordingIsShown(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, apptest.Values{"scene": "images"})
	drop(v, "a.reta", eventtest.Recording(t))
	if s := v.Scene("compare").(*compare); len(s.others) != 0 {
		t.Error("it was added to a comparison that is not open")
	}
}

// What is no recording, and one too many, is said and changes nothing.
func TestWhatCannotBeCompared(t *testing.T) {
	v, s, _ := opened(t, mostOthers)
	v.TakeAnnouncements()
	drop(v, "more.reta", eventtest.Recording(t))
	drop(v, "noise.reta", []byte("no recording"))
	said := v.TakeAnnouncements()
	if len(s.others) != mostOthers || len(said) != 2 || !strings.Contains(said[0].Text, "take one away first") || !strings.Contains(said[1].Text, "noise.reta") {
		t.Errorf("%d recordings; it says %+v", len(s.others), said)
	}
	v.Update(ui.Input{Acts: []ui.Act{{Name: "compare-remove", Arg: "99"}, {Name: "compare-remove", Arg: "-1"}, {Name: "compare-remove", Arg: "x"}}})
	if len(s.others) == 0 {
		t.Error("numbers of nothing take all away")
	}
}

// A page without a run, as that of the lessons, compares recordings alone; with none it says what to do.
func TestWithoutARun(t *testing.T) {
	v := app.New()
	v.Link.State = "open"
	apptest.Show(t, v, apptest.Values{"scene": "compare"})
	if v.Report().Empty == nil {
		t.Error("with nothing it says nothing")
	}
	drop(v, "a.reta", eventtest.Recording(t))
	if e := v.Report().Empty; e != nil {
		t.Errorf("with a recording it says %+v", e)
	}
	c := &uitest.Recorder{W: 360, H: 700}
	v.Draw(c, 1)
	if n := strings.Count(c.String(), "picture"); n != 2 {
		t.Errorf("%d pictures, want 2", n)
	}
}

// The loss that is drawn can be the total.
func TestLossInTurn(t *testing.T) {
	v, s, c := opened(t, 0)
	first := s.loss.Lines[0].Points[0].Y
	v.Update(ui.Input{Acts: []ui.Act{{Name: "compare-loss"}}})
	v.Draw(c, 2)
	if title := s.loss.Plot.Title; title != "Total loss over the steps" || s.loss.Lines[0].Points[0].Y == first {
		t.Errorf("the curve is %q", title)
	}
}

// A recording that has the usual name is called after its run's folder.
func TestNameOfARecording(t *testing.T) {
	v, s, _ := opened(t, 0)
	drop(v, "events.reta", eventtest.Recording(t))
	if got := s.others[0].file; got != "r" {
		t.Errorf("it is called %q, want r, the last part of its run's path", got)
	}
}
