package nn

import (
	"math"
	"testing"
)

// Half precision against IEEE 754's own definition, all 65,536 numbers, and back.
func TestHalfToFloat(t *testing.T) {
	for h := range 1 << 16 {
		exponent, fraction := h>>10&0x1f, float64(h&0x3ff)
		want := math.Ldexp(1+fraction/1024, exponent-15)
		switch {
		case exponent == 0:
			want = math.Ldexp(fraction/1024, -14)
		case exponent == 31 && fraction == 0:
			want = math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		}
		if h>>15 == 1 {
			want = -want
		}
		x := Half(h).Float32()
		got := float64(x)
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != (h>>15 == 1) {
			t.Fatalf("%#04x: %g, want %g", h, got, want)
		}
		if back := ToHalf(x); back != Half(h) && !math.IsNaN(want) || math.IsNaN(want) && !math.IsNaN(float64(back.Float32())) {
			t.Fatalf("%#04x is %g, which comes back as %#04x", h, x, back)
		}
	}
}

// Between two neighbours the nearer one is taken, in the middle the even one.
func TestToHalfRounds(t *testing.T) {
	for h := range Half(0x7bff) {
		low, high := h.Float32(), (h + 1).Float32()
		middle := (low + high) / 2 // exact in float32
		even := h + h&1
		for _, sign := range []float32{1, -1} {
			for x, want := range map[float32]Half{
				middle:                        even,
				math.Nextafter32(middle, -1):  h,
				math.Nextafter32(middle, 1e6): h + 1,
			} {
				got := ToHalf(sign * x)
				if got.Float32() != sign*want.Float32() {
					t.Fatalf("%g becomes %g, want %g", sign*x, got.Float32(), sign*want.Float32())
				}
			}
		}
	}
	for x, want := range map[float32]float64{65519.99: 65504, 65520: math.Inf(1), 1e30: math.Inf(1), float32(math.Inf(-1)): math.Inf(-1), 1e-30: 0} {
		if got := float64(ToHalf(x).Float32()); got != want {
			t.Errorf("%g becomes %g, want %g", x, got, want)
		}
	}
}
