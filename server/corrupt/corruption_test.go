package corrupt

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// The same setting and name give the same bits, and each of seed, name, severity and corruption other ones; of those without
// random numbers, corruption and severity alone.
func TestCorruptedImagesAreFunctionsOfTheirSetting(t *testing.T) {
	const side = 33 // odd
	drawn := map[string]bool{}
	for _, name := range []string{"gaussian-noise", "shot-noise", "impulse-noise", "glass-blur", "motion-blur", "snow", "frost", "fog", "elastic-transform"} {
		drawn[name] = true
	}
	of := func(s Setting, id string) []byte {
		t.Helper()
		pix := picture(1, side)
		if err := s.Apply(pix, side, id); err != nil {
			t.Fatal(err)
		}
		return pix
	}
	all := map[string]string{}
	for _, name := range Names() {
		base := Setting{Corruption: name, Severity: 3, Seed: 1}
		want := of(base, "a")
		if !bytes.Equal(want, of(base, "a")) {
			t.Errorf("%s: two calls differ", name)
		}
		if bytes.Equal(want, picture(1, side)) {
			t.Errorf("%s: the image is not changed", name)
		}
		if was, there := all[string(want)]; there {
			t.Errorf("%s and %s make the same image", name, was)
		}
		all[string(want)] = name
		other, harder := base, base
		other.Seed, harder.Severity = 2, 4
		if bytes.Equal(want, of(harder, "a")) {
			t.Errorf("%s: severities 3 and 4 are the same", name)
		}
		if got := !bytes.Equal(want, of(other, "a")); got != drawn[name] {
			t.Errorf("%s: another seed changes it is %v", name, got)
		}
		if got := !bytes.Equal(want, of(base, "b")); got != drawn[name] {
			t.Errorf("%s: another name changes it is %v", name, got)
		}
		stored := base
		stored.JPEG = 85
		if a, b := of(stored, "a"), want; bytes.Equal(a, b) || meanDifference(a, b) > 25 {
			t.Errorf("%s: stored as JPEG it differs by %.1f levels", name, meanDifference(a, b))
		}
	}
	if len(all) != 15 {
		t.Errorf("%d corruptions, want 15", len(all))
	}
}

// Images of any side from 8 px on are corrupted, white and black ones too, and a higher severity changes them more.
func TestCorruptionsTakeAnySide(t *testing.T) {
	for _, side := range []int{8, 9, 31, 46, 121} {
		for _, name := range Names() {
			var changed [Severities + 1]float64
			for severity := 1; severity <= Severities; severity++ {
				s := Setting{Corruption: name, Severity: severity, Seed: 1}
				pix := picture(2, side)
				if err := s.Apply(pix, side, "a"); err != nil {
					t.Fatalf("%s at %d px: %v", name, side, err)
				}
				changed[severity] = meanDifference(pix, picture(2, side))
				for _, level := range []byte{0, 255}[:2*(severity/Severities)] {
					flat := bytes.Repeat([]byte{level}, side*side*3)
					if err := s.Apply(flat, side, "a"); err != nil {
						t.Fatal(err)
					}
				}
			}
			if changed[5] < changed[1] && name != "elastic-transform" && name != "frost" { // of several kinds; brighter at first
				t.Errorf("%s at %d px: severity 5 changes values by %.2f, severity 1 by %.2f", name, side, changed[5], changed[1])
			}
		}
	}
}

func meanDifference(a, b []byte) (sum float64) {
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / float64(len(a))
}

// Frost is image and ice with the published weights; the ice has the photographs' means and deviations.
func TestFrostHasThePhotographsColours(t *testing.T) {
	for k, p := range photographs {
		var sum, squares [3]float64
		n := 0.0
		for place := range uint64(6) {
			ice := newIce(newDraws(Setting{Seed: place}, "frost"), 1)
			ice.photograph = p
			for i := 0; i < 224*224; i += 7 {
				for c, v := range ice.at(i/224, i%224) {
					sum[c] += 255 * v
					squares[c] += 255 * 255 * v * v
				}
				n++
			}
		}
		for c := range sum {
			mean := sum[c] / n
			sd := math.Sqrt(squares[c]/n - mean*mean)
			if math.Abs(mean-p.mean[c]) > 10 || sd < .7*p.deviation[c] || sd > 1.3*p.deviation[c] {
				t.Errorf("photograph %d, channel %d: mean %.0f and deviation %.0f, want about %.0f and %.0f", k, c, mean, sd, p.mean[c], p.deviation[c])
			}
		}
	}
	const side = 32
	s := Setting{Corruption: "frost", Severity: 4, Seed: 1}
	pix, before := picture(0, side), picture(0, side)
	if err := s.Apply(pix, side, "a"); err != nil {
		t.Fatal(err)
	}
	ice := newIce(newDraws(s, "a"), 5)
	for i := range pix {
		at := ice.at(i/3/side, i/3%side)
		if want := byte(min(.85*float64(before[i])+.4*255*at[i%3]+1e-9, 255)); pix[i] != want {
			t.Fatalf("value %d is %d, want %d", i, pix[i], want)
		}
	}
}

func TestWhatCannotBeCorruptedIsRefused(t *testing.T) {
	pix := make([]byte, 32*32*3)
	good := Setting{Corruption: "fog", Severity: 1}
	for _, c := range []struct {
		change func(s *Setting)
		side   int
		want   string
	}{
		{func(s *Setting) { s.Severity = 0 }, 32, "severity 0 of fog: want 1 to 5"},
		{func(s *Setting) { s.Severity = 6 }, 32, "severity 6 of fog: want 1 to 5"},
		{func(s *Setting) { s.Severity = -1 }, 32, "severity -1 of fog"},
		{func(s *Setting) { s.Corruption = "rain" }, 32, `corruption "rain": want one of gaussian-noise, shot-noise`},
		{func(s *Setting) { s.JPEG = 101 }, 32, "JPEG quality 101: want 1 to 100"},
		{func(s *Setting) {}, 7, "images of 7 px: want 8 to 1024"},
		{func(s *Setting) {}, 33, "3072 bytes: an image of 33 px has 3267"},
	} {
		s := good
		c.change(&s)
		if err := s.Apply(pix, c.side, "a"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v at %d px: %v, want %q", s, c.side, err, c.want)
		}
	}
	if err := good.Apply(pix, 32, "a"); err != nil {
		t.Error(err)
	}
}

// Constants are those published for the nearest side by ratio.
func TestColumnIsTheNearestSide(t *testing.T) {
	for side, want := range map[int]int{8: 32, 32: 32, 45: 32, 46: 64, 64: 64, 119: 64, 120: 224, 128: 224, 224: 224, 512: 224} {
		if got := Column(side); got != want {
			t.Errorf("%d px: constants of %d px, want those of %d", side, got, want)
		}
	}
}
