package scene

import (
	"testing"

	"reta/shared/event"
)

// square is a square of side 1 with one diagonal of 1.4 and a far point: worked by hand.
func square() event.Set {
	return event.Set{
		Points: []float32{0, 0, 1, 0, 1, 1, 0, 1, 5, 5},
		Edges: []event.Edge{{I: 0, J: 1, Length: 1}, {I: 1, J: 2, Length: 1}, {I: 2, J: 3, Length: 1}, {I: 0, J: 3, Length: 1},
			{I: 0, J: 2, Length: 1.4}},
		Triangles: []event.Triangle{{I: 0, J: 1, K: 2, Length: 1.4}, {I: 0, J: 2, K: 3, Length: 1.4}},
		Bars: []event.Bar{{Death: 1, DeathEdge: [2]int{0, 1}}, {Death: 1, DeathEdge: [2]int{1, 2}}, {Death: 1, DeathEdge: [2]int{2, 3}},
			{Death: 2, Essential: true}, {Death: 2, Essential: true},
			{Degree: 1, Birth: 1, Death: 1.4, BirthEdge: [2]int{0, 3}, DeathEdge: [2]int{0, 2}}},
	}
}

func TestEpsStartsInTheLongestLoop(t *testing.T) {
	var v View
	if got := v.epsIn(&event.Cloud{EpsMax: 2, Real: square()}); got != 1.2 {
		t.Errorf("eps %v, want 1.2, half way from birth 1 to death 1.4", got)
	}
	if got := v.epsIn(&event.Cloud{EpsMax: 2, Syn: square()}); got != 1.2 {
		t.Errorf("eps %v without a loop, want 0.6 of 2", got)
	}
	epsValue.Set(&v, 5)
	if got := v.epsIn(&event.Cloud{EpsMax: 2}); got != 2 {
		t.Errorf("eps %v, want no more than 2", got)
	}
}
