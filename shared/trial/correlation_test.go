package trial

import (
	"math"
	"testing"

	"reta/shared/event"
)

// By hand: x has deviations -2 -1 0 1 2, y -2 0 -1 1 2; sums of squares 10 and 10, of products 9. Fisher's z of 0.9 is
// 1.47222, and 1.96/sqrt(2) = 1.38593.
func TestCorrelate(t *testing.T) {
	nan := math.NaN()
	c := Correlate([]float64{1, 2, nan, 3, 4, 5, 9}, []float64{10, 12, 11, 11, 13, 14})
	if c.N != 5 || math.Abs(c.R-0.9) > 1e-12 || math.Abs(c.Low-math.Tanh(0.08629)) > 1e-4 || math.Abs(c.High-math.Tanh(2.85815)) > 1e-4 || !c.Shown() {
		t.Errorf("got %+v", c)
	}
	if c := Correlate([]float64{1, 2, 3, 4}, []float64{-3, -6, -9, -12}); math.Abs(c.R+1) > 1e-12 || math.Abs(c.High+1) > 1e-12 || !c.Shown() {
		t.Errorf("of a falling line: %+v", c)
	}
	if c := Correlate([]float64{1, 2, 3, 4}, []float64{1, -1, 1, -1}); c.Shown() || c.Low > c.R || c.High < c.R {
		t.Errorf("of almost nothing: %+v", c)
	}
	if c := Correlate([]float64{1, 1, 1, 1, 1}, []float64{1, 2, 3, 4, 5}); !math.IsNaN(c.R) || c.N != 5 || c.Shown() {
		t.Errorf("of a constant: %+v", c)
	}
	if c := Correlate([]float64{1, 2, 3}, []float64{1, 3, 2}); math.IsNaN(c.R) || !math.IsNaN(c.Low) || c.Shown() {
		t.Errorf("of three pairs: %+v: want no interval", c)
	}
	if c := Correlate([]float64{1e300, -1e300, 0}, []float64{1, 2, 3}); c.R < -1 || c.R > 1 {
		t.Errorf("of huge numbers: %+v", c)
	}
}

func TestHeadline(t *testing.T) {
	trained := func(images, labels string, count int, last float32) event.Trial {
		return event.Trial{Images: images, Labels: labels, Student: "resnet8", State: event.Trained, Count: count, Last: last}
	}
	list := []event.Trial{trained(event.Distilled, event.SoftLabels, 100, 0.625), trained(event.Random, event.HardLabels, 100, 0.5),
		trained(event.Random, event.SoftLabels, 100, 0.5625), trained(event.AllReal, event.HardLabels, 2000, 0.75)}
	for want, rows := range map[string][]Row{
		"100 distilled images train resnet8 to 62.5 %; 100 random real images to 56.2 %; all 2000 to 75.0 %": Rows(list),
		"100 distilled images train resnet8 to 62.5 %":                                                       Rows(list[:2]),
		"": Rows(list[1:]),
	} {
		if got := Headline(rows, "resnet8"); got != want {
			t.Errorf("%q: want %q", got, want)
		}
	}
	if r := Rows(list)[1]; r.Name() != "random real images, hard labels" {
		t.Errorf("a row is called %q", r.Name())
	}
	if got := Students(Rows(append(list, event.Trial{Student: "convnet3"}))); len(got) != 2 || got[1] != "convnet3" {
		t.Errorf("students %q", got)
	}
}
