package corrupt

import (
	"fmt"
	"math"
	"os"
	"testing"

	"reta/compute/nn"
)

// picture is image k of testdata/make_reference.py: a grating, a disc and noise.
func picture(k, n int) []byte {
	d := nn.NewDraws(uint64(1000+k), 9)
	side := float64(n)
	fy, fx := d.Uniform(-3, 3), d.Uniform(-3, 3)
	var phase, colour [3]float64
	for c := range phase {
		phase[c] = d.Uniform(0, 6.28)
	}
	cy, cx, r := d.Uniform(.25*side, .75*side), d.Uniform(.25*side, .75*side), d.Uniform(.1*side, .35*side)
	for c := range colour {
		colour[c] = d.Uniform(-90, 90)
	}
	pix := make([]byte, n*n*3)
	for i := range pix {
		y, x, c := float64(i/3/n), float64(i/3%n), i%3
		v := 128 + 50*math.Sin(2*math.Pi*(fy*y+fx*x)/side+phase[c])
		if (y-cy)*(y-cy)+(x-cx)*(x-cx) < r*r {
			v += colour[c]
		}
		v += 24 * (d.Uniform(0, 1) - .5)
		pix[i] = byte(min(max(math.Floor(v), 0), 255))
	}
	return pix
}

// agreement is how far values of images are from those wanted, in levels of 255.
type agreement struct {
	share float64 // of values that differ
	worst int
	mean  float64
}

// tolerance is what is allowed where it is more than one value in a thousand by one level. Sums near a whole number are
// rounded down to either side of it: OpenCV's are in float32, scikit-image goes through hue and back. The encoder of the
// standard library halves chroma with another rounding than libjpeg, so that coefficients on an edge are quantised otherwise.
var tolerance = map[string]agreement{
	"defocus-blur":     {.04, 1, .04},
	"brightness":       {.04, 1, .04},
	"jpeg-compression": {.3, 40, .7},
}

// All but frost agree with the public generator's definition as OpenCV, scikit-image, scipy, Pillow and ImageMagick compute
// it from the same random numbers, value by value. testdata/README.md says what the differences are.
func TestCorruptionsAgreeWithThePublicGenerator(t *testing.T) {
	const samples, seed = 256, 7
	want, err := os.ReadFile("testdata/reference.bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range All() {
		if c.Name == "frost" {
			continue
		}
		for _, set := range []struct{ side, images int }{{32, 20}, {64, 10}, {224, 5}} {
			d := nn.NewDraws(5, 10, set.side)
			var at [samples]int
			for i := range at {
				at[i] = d.IntN(set.side * set.side * 3)
			}
			off, worst, sum := 0, 0, 0
			for k := range set.images {
				pix := picture(k, set.side)
				s := Setting{Corruption: c.Name, Severity: k%Severities + 1, Seed: seed}
				if err := s.Apply(pix, set.side, fmt.Sprintf("image %d", k)); err != nil {
					t.Fatal(err)
				}
				for _, i := range at {
					e := int(pix[i]) - int(want[0])
					want = want[1:]
					if e != 0 {
						off++
					}
					worst = max(worst, e, -e)
					sum += max(e, -e)
				}
			}
			n := float64(set.images * samples)
			most, is := tolerance[c.Name], agreement{float64(off) / n, worst, float64(sum) / n}
			if most == (agreement{}) {
				most = agreement{share: .001, worst: 1, mean: .001}
			}
			if is.share > most.share || is.worst > most.worst || is.mean > most.mean {
				t.Errorf("%s, %d px: %+v, want at most %+v", c.Name, set.side, is, most)
			}
			t.Logf("%s, %d px: %.2f %% differ, by at most %d, mean %.4f", c.Name, set.side, 100*is.share, is.worst, is.mean)
		}
	}
	if len(want) > 0 {
		t.Errorf("%d values are left", len(want))
	}
}
