package topology_test

import (
	"math"
	"testing"

	"reta/shared/topology"
)

// Sides 3, 4 and 5: the mean is 4.
func TestSpreadByHand(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{0, 0, 3, 0, 0, 4}, 4}, {[]float64{1, 1}, 0}, {nil, 0}, {[]float64{2, 2, 2, 2}, 0}} {
		got, err := mustCloud(t, c.x, len(c.x)/2, 2).Spread()
		if err != nil || got != c.want {
			t.Errorf("spread of %v is %v (%v), want %v", c.x, got, err, c.want)
		}
	}
}

// Eqn 8 in the linear case, for a connection of points y with anchors a: the spread is at most alpha times that of y
// and the rest times that of a, and exactly alpha times that of y where all share one anchor.
func TestConnectionContracts(t *testing.T) {
	const n, dim, alpha = 20, 6, 0.5
	y, a := clusters(t, n, dim, 3, 1), clusters(t, n, dim, 3, 2)
	spread := func(c topology.Cloud) float64 {
		s, err := c.Spread()
		if err != nil || s == 0 {
			t.Fatalf("spread %v, %v", s, err)
		}
		return s
	}
	connect := func(anchor func(i int) []float64) topology.Cloud {
		var x []float64
		for i := range n {
			for d, v := range y.Row(i) {
				x = append(x, alpha*v+(1-alpha)*anchor(i)[d])
			}
		}
		return mustCloud(t, x, n, dim)
	}
	if got, most := spread(connect(a.Row)), alpha*spread(y)+(1-alpha)*spread(a); got > most {
		t.Errorf("the spread after the connection is %v, at most %v was possible", got, most)
	}
	if got, want := spread(connect(func(int) []float64 { return a.Row(0) })), alpha*spread(y); math.Abs(got/want-1) > 1e-12 {
		t.Errorf("with one anchor for all the spread is %v, want %v", got, want)
	}
}
