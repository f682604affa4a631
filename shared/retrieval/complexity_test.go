package retrieval

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"reta/shared/testdata"
)

// By hand, no blur, a 3 x 1 strip 0, 1, 0 under reflection: the differences at the ends and the middle are all 0. A
// strip 0, 0, 1, 1: gradients 0, 1/2, 1/2, 0, squared 0, 1/4, 1/4, 0: mean 1/8, variance 1/64. Upright it is the same.
func TestComplexityByHand(t *testing.T) {
	for _, c := range []struct {
		luma          []float64
		width, height int
		want          float64
	}{
		{[]float64{0, 1, 0}, 3, 1, 0},
		{[]float64{0, 0, 1, 1}, 4, 1, 1. / 64},
		{[]float64{0, 0, 1, 1}, 1, 4, 1. / 64},
		{[]float64{0.5}, 1, 1, 0},
	} {
		if got, err := Complexity(c.luma, c.width, c.height, 0); err != nil || math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%v as %d x %d: %v (%v), want %v", c.luma, c.width, c.height, got, err, c.want)
		}
	}
}

// The blur, once as two passes and once as one sum over the square.
func TestBlurEqualsTwoDimensionalSum(t *testing.T) {
	const w, h, sigma = 7, 5, 1.3
	luma := noise(w*h, 1)
	got := blur(luma, w, h, sigma)
	r := int(math.Ceil(3 * sigma))
	for y := range h {
		for x := range w {
			sum, mass := 0.0, 0.0
			for dy := -r; dy <= r; dy++ {
				for dx := -r; dx <= r; dx++ {
					g := math.Exp(-float64(dx*dx+dy*dy) / (2 * sigma * sigma))
					sum += g * luma[reflect(y+dy, h)*w+reflect(x+dx, w)]
					mass += g
				}
			}
			if math.Abs(got[y*w+x]-sum/mass) > 1e-14 {
				t.Fatalf("pixel %d, %d is %v, want %v", x, y, got[y*w+x], sum/mass)
			}
		}
	}
}

func TestReflect(t *testing.T) {
	var got []int
	for i := -4; i < 7; i++ {
		got = append(got, reflect(i, 3))
	}
	if want := []int{0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("indices -4 to 6 of 3 reflect to %v, want %v", got, want)
	}
}

func noise(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.Float64()
	}
	return v
}

// A constant added changes nothing; a factor s gives s^4; turning and mirroring change nothing; blur only lowers noise.
func TestComplexityProperties(t *testing.T) {
	const n = 16
	luma := noise(n*n, 2)
	of := func(v []float64, sigma float64) float64 {
		c, err := Complexity(v, n, n, sigma)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	shifted, scaled, turned := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i, v := range luma {
		shifted[i], scaled[i], turned[i%n*n+n-1-i/n] = v+3, 255*v, v
	}
	base := of(luma, 1)
	for name, ratio := range map[string]float64{
		"shifted": of(shifted, 1) / base, "scaled": of(scaled, 1) / base / math.Pow(255, 4), "turned": of(turned, 1) / base,
	} {
		if math.Abs(ratio-1) > 1e-9 {
			t.Errorf("%s: complexity is off by a factor %v", name, ratio)
		}
	}
	if !(of(luma, 2) < base && base < of(luma, 0.5)) {
		t.Errorf("complexity %v, %v, %v at sigma 0.5, 1, 2: want it to fall", of(luma, 0.5), base, of(luma, 2))
	}
}

func TestComplexityRefusals(t *testing.T) {
	for words, call := range map[string]func() (float64, error){
		"5 pixels: want 2 x 3": func() (float64, error) { return Complexity(make([]float64, 5), 2, 3, 1) },
		"sigma = -1":           func() (float64, error) { return Complexity(make([]float64, 6), 2, 3, -1) },
		"NaN":                  func() (float64, error) { return Complexity([]float64{0, math.NaN(), 1, 2}, 4, 1, 1) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v, want %q", err, words)
		}
	}
}

// On real images the medians are those measured independently on CIFAR-100: 9.8e-5, 2.2e-5 and 2.4e-6 at sigma 0.5, 1
// and 2, there with other weights for luminance, so within a half.
func TestComplexityOfRealImages(t *testing.T) {
	images := cifar(t, testdata.Dir(t, "data", "cifar-100-binary-mini.tar.gz"), 500)
	for sigma, want := range map[float64]float64{0.5: 9.8e-5, 1: 2.2e-5, 2: 2.4e-6} {
		var all []float64
		for _, rgb := range images {
			c, err := Complexity(Luminance(rgb), 32, 32, sigma)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		if got := percentile(all, 50); got < want/1.5 || got > want*1.5 {
			t.Errorf("median at sigma %v is %.2g, want %.2g", sigma, got, want)
		}
	}
}

// cifar reads the first n training images as RGB rows.
func cifar(t *testing.T, file string, n int) (images [][]uint8) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		header, err := r.Next()
		if err != nil {
			t.Fatalf("no train.bin: %v", err)
		}
		if path.Base(header.Name) != "train.bin" {
			continue
		}
		record := make([]uint8, 2+3072)
		for len(images) < n {
			if _, err := io.ReadFull(r, record); errors.Is(err, io.EOF) {
				return images
			} else if err != nil {
				t.Fatal(err)
			}
			rgb := make([]uint8, 3072)
			for i := range 1024 {
				rgb[3*i], rgb[3*i+1], rgb[3*i+2] = record[2+i], record[2+1024+i], record[2+2048+i]
			}
			images = append(images, rgb)
		}
		return images
	}
}
