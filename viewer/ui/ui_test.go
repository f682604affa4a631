package ui

import (
	"math"
	"testing"
)

func TestTicksAreRoundInsideAndSpread(t *testing.T) {
	for _, c := range []struct {
		s    Scale
		n    int
		want []float64
	}{
		{Linear(0, 400), 5, []float64{0, 100, 200, 300, 400}},
		{Linear(-1, 1), 4, []float64{-1, -0.5, 0, 0.5, 1}},
		{Linear(0.013, 0.0171), 4, []float64{0.014, 0.016}},
		{Log(0.01, 100), 5, []float64{0.01, 0.1, 1, 10, 100}},
		{Log(1, 9), 4, []float64{1, 2, 5}},
	} {
		got := c.s.Ticks(c.n)
		if len(got) != len(c.want) {
			t.Errorf("%+v: ticks %v, want %v", c.s, got, c.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9*math.Abs(c.want[i])+1e-12 {
				t.Errorf("%+v: ticks %v, want %v", c.s, got, c.want)
			}
		}
	}
}

func TestScaleSurvivesWhatNoPlotShouldShow(t *testing.T) {
	for _, s := range []Scale{Linear(0, 0), Linear(5, 5), Linear(math.NaN(), 1), Log(0, 0), Log(-1, 3), Log(7, 7), Log(-2, -1)} {
		if n := len(s.Ticks(5)); n > 100 {
			t.Errorf("%+v: %d ticks", s, n)
		}
	}
	for _, s := range []Scale{Linear(5, 5), Log(0, 0), Log(7, 7)} {
		if v := s.At(1); math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%+v: place of 1 is %v", s, v)
		}
	}
	for _, s := range []Scale{Linear(-3, 8), Log(0.02, 70)} {
		for _, v := range []float64{0.1, 1, 6.5} {
			if got := s.Value(s.At(v)); math.Abs(got-v) > 1e-9 {
				t.Errorf("%+v: value of place of %v is %v", s, v, got)
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.5: "0.5", 1.2345: "1.23", 12.345: "12.3", 1234.6: "1235", 12345: "12.3k",
		2.5e7: "25M", 0.00002: "2.0e-05", -3.14159: "-3.14", math.Inf(1): "∞", 0.0123456: "0.0123"} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v) = %q, want %q", v, got, want)
		}
	}
	if got := Number(math.NaN()); got != "–" {
		t.Errorf("Number(NaN) = %q", got)
	}
}

// Hand-worked: weights 1, 1/2, 1/4 of the three values at unit distance.
func TestSmoothIsTheWeightedMean(t *testing.T) {
	got := Smooth([]Point{{0, 8}, {1, 4}, {2, 2}}, 0.5, 1)
	for i, want := range []float64{8, (4 + 0.5*8) / 1.5, (2 + 0.5*4 + 0.25*8) / 1.75} {
		if math.Abs(got[i].Y-want) > 1e-12 {
			t.Errorf("point %d: %v, want %v", i, got[i].Y, want)
		}
	}
	sparse := Smooth([]Point{{0, 8}, {4, 4}}, 0.5, 1)
	if want := (4 + 8.0/16) / (1 + 1.0/16); math.Abs(sparse[1].Y-want) > 1e-12 {
		t.Errorf("four units on: %v, want %v", sparse[1].Y, want)
	}
	constant := Smooth([]Point{{0, 3}, {2, 3}, {9, 3}}, 0.98, 1)
	for _, p := range constant {
		if math.Abs(p.Y-3) > 1e-12 {
			t.Errorf("a constant became %v", p.Y)
		}
	}
}

func TestThinKeepsSpikes(t *testing.T) {
	var pts []Point
	for i := range 10000 {
		pts = append(pts, Point{float64(i), 1})
	}
	pts[5003].Y, pts[7777].Y = 50, -50
	out := Thin(pts, 100)
	if len(out) > 200 {
		t.Fatalf("%d points, want at most 200", len(out))
	}
	high, low := false, false
	for i, p := range out {
		high, low = high || p.Y == 50, low || p.Y == -50
		if i > 0 && p.X < out[i-1].X {
			t.Fatalf("order lost at %d", i)
		}
	}
	if !high || !low {
		t.Errorf("spikes kept: high %v, low %v", high, low)
	}
}

func TestCrispCoversWholeDevicePixels(t *testing.T) {
	for _, c := range []struct {
		n           int
		want, scale float64
		side        float64
	}{
		{32, 70, 1, 64}, {32, 64, 1, 64}, {32, 40, 1, 32}, {32, 50, 2, 48}, {224, 64, 1, 64}, {32, 50, 1, 50}, {24, 100, 1.25, 96},
	} {
		if got := Crisp(c.n, c.want, c.scale); got != c.side {
			t.Errorf("Crisp(%d, %v, %v) = %v, want %v", c.n, c.want, c.scale, got, c.side)
		}
	}
}

func TestPictureRefusesWrongLengths(t *testing.T) {
	var p Picture
	if p.SetRGB(2, 2, make([]byte, 11)) || p.SetRGB(0, 2, nil) || p.SetRGB(-1, -1, make([]byte, 3)) || p.Version != 0 {
		t.Error("a wrong length was taken")
	}
	if !p.SetRGB(1, 2, []byte{1, 2, 3, 4, 5, 6}) || p.Version != 1 || p.Pix[7] != 255 || p.Pix[4] != 4 {
		t.Errorf("picture %+v", p)
	}
}
