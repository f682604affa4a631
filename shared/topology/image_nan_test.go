package topology_test

import (
	"math"
	"testing"

	"reta/shared/topology"
)

// A bar with NaN adds nothing to the image and leaves the others as they are.
func TestImageOfABarWithNaN(t *testing.T) {
	im := topology.Imager{Grid: 4, Sigma: 0.2, EpsMax: 1, Exponent: 1}
	bar := topology.Bar{Birth: 0.2, Death: 0.7}
	nan := topology.Bar{Birth: math.NaN(), Death: 0.7}
	want := im.Image([]topology.Bar{bar})
	for i, v := range im.Image([]topology.Bar{nan, bar, nan}) {
		if v != want[i] {
			t.Fatalf("cell %d is %v, want %v", i, v, want[i])
		}
	}
}
