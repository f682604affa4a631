package trial

import (
	"math"
	"testing"

	"reta/shared/event"
)

func TestOf(t *testing.T) {
	s := Of([]float64{1, 2, 3, 6})
	if s.N != 4 || s.Mean != 3 || math.Abs(s.SD-math.Sqrt(14./3)) > 1e-15 || math.Abs(s.SE-s.SD/2) > 1e-15 {
		t.Errorf("got %+v", s)
	}
	if one := Of([]float64{0.5}); one.Mean != 0.5 || !math.IsNaN(one.SD) || !math.IsNaN(one.SE) {
		t.Errorf("of one value: %+v: want no error", one)
	}
	if none := Of(nil); !math.IsNaN(none.Mean) {
		t.Errorf("of none: %+v: want no mean", none)
	}
}

func TestRowsAreOfFinishedTrials(t *testing.T) {
	trained := func(images string, seed int, last float32) event.Trial {
		return event.Trial{Images: images, Labels: event.SoftLabels, Student: "resnet8", Seed: seed, State: event.Trained, Count: 10, Epochs: 1, Last: last, Best: last + 0.25, Seconds: 2}
	}
	rows := Rows([]event.Trial{
		trained(event.Distilled, 1, 0.5), trained(event.Random, 1, 0.25), trained(event.Distilled, 2, 0.75),
		{Images: event.Distilled, Labels: event.SoftLabels, Student: "resnet8", Seed: 3, State: event.Training, Epochs: 1, Last: 1},
		{Images: event.Distilled, Labels: event.HardLabels, Student: "resnet8", State: event.Planned, Epochs: 1},
	})
	if len(rows) != 3 {
		t.Fatalf("%d rows: want 3", len(rows))
	}
	d := Find(rows, event.Distilled, event.SoftLabels, "resnet8")
	if d.Last.N != 2 || d.Last.Mean != 0.625 || d.Best.Mean != 0.875 || d.Planned != 3 || d.Seconds != 4 || len(d.Of) != 2 || d.Of[1] != 2 {
		t.Errorf("distilled: %+v", d)
	}
	if h := rows[2]; h.Last.N != 0 || h.First != 4 || !math.IsNaN(h.Last.Mean) {
		t.Errorf("planned: %+v", h)
	}
	if Find(rows, event.AllReal, event.SoftLabels, "resnet8") != nil {
		t.Error("found a row of no trial")
	}
}

func TestDifferenceInWords(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want string
	}{
		{[]float64{0.5, 0.52}, []float64{0.4, 0.42}, "+10.0 +- 1.4 points"},
		{[]float64{0.5, 0.6}, []float64{0.5, 0.62}, "no difference shown (-1.0 +- 7.8 points)"},
		{[]float64{0.5, 0.5}, []float64{0.5, 0.5}, "no difference shown (+0.0 +- 0.0 points)"},
		{[]float64{0.5}, []float64{0.4, 0.42}, "+9.0 points, of one seed: error unknown"},
		{nil, []float64{1}, "not known"},
	} {
		if got := Less(Of(c.a), Of(c.b)).String(); got != c.want {
			t.Errorf("%v less %v: %q: want %q", c.a, c.b, got, c.want)
		}
	}
}

func TestRank(t *testing.T) {
	trained := func(images, labels string, last float32) event.Trial {
		return event.Trial{Images: images, Labels: labels, Student: "s", State: event.Trained, Last: last}
	}
	rows := Rows([]event.Trial{
		trained(event.AllReal, event.HardLabels, 0.75), trained(event.Distilled, event.HardLabels, 0.5),
		trained(event.Distilled, event.SoftLabels, 0.625), trained(event.Random, event.SoftLabels, 0.5),
	})
	r := Rank(rows, "s")
	a := -0.0625
	if want := (math.Exp(a) - math.Exp(-1)) / (math.E - math.Exp(-1)); r.HLR != 0.25 || r.IOR != 0.125 || math.Abs(r.LRS-want) > 1e-15 {
		t.Errorf("got %+v: want HLR .25, IOR .125, LRS %g", r, want)
	}
	if !math.IsNaN(r.ARS) {
		t.Errorf("ARS %g without trials on whole views: want NaN", r.ARS)
	}
	for images, last := range map[string]float32{event.Distilled: 0.5, event.Random: 0.4375} {
		rows = append(rows, Rows([]event.Trial{{Images: images, Labels: event.SoftLabels, Student: "s" + WholeViews, State: event.Trained, Last: last}})...)
	}
	b := (0.125 + 0.0625) / 2
	if want := (math.Exp(b) - math.Exp(-1)) / (math.E - math.Exp(-1)); math.Abs(Rank(rows, "s").ARS-want) > 1e-15 {
		t.Errorf("ARS %g, want %g", Rank(rows, "s").ARS, want)
	}
	if missing := Rank(rows[:1], "s"); !math.IsNaN(missing.LRS) {
		t.Errorf("got %+v of one row: want NaN", missing)
	}
}
