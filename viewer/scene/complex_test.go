package scene

import (
	"slices"
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

func TestComplexOfASquare(t *testing.T) {
	for _, c := range []struct {
		eps                          float32
		edges, triangles, components int
		betti                        [2]int
		group                        []int
	}{
		{0, 0, 0, 5, [2]int{5, 0}, []int{-1, -1, -1, -1, -1}},
		{0.99, 0, 0, 5, [2]int{5, 0}, []int{-1, -1, -1, -1, -1}},
		{1, 4, 0, 2, [2]int{2, 1}, []int{0, 0, 0, 0, -1}},
		{1.39, 4, 0, 2, [2]int{2, 1}, []int{0, 0, 0, 0, -1}},
		{1.4, 5, 2, 2, [2]int{2, 0}, []int{0, 0, 0, 0, -1}},
	} {
		k := NewComplex(square(), c.eps)
		if k.Edges != c.edges || k.Triangles != c.triangles || k.Components != c.components || k.Betti != c.betti || !slices.Equal(k.Group, c.group) {
			t.Errorf("eps %v: %+v, want %+v", c.eps, k, c)
		}
	}
}

// When two components meet the larger keeps its colour, whichever was born first.
func TestGroupsAreSteady(t *testing.T) {
	set := event.Set{Points: make([]float32, 10), Edges: []event.Edge{
		{I: 0, J: 1, Length: 1}, {I: 2, J: 3, Length: 2}, {I: 3, J: 4, Length: 3}, {I: 1, J: 2, Length: 4}}}
	for eps, want := range map[float32][]int{2: {0, 0, 1, 1, -1}, 3: {0, 0, 1, 1, 1}, 4: {1, 1, 1, 1, 1}} {
		if got := NewComplex(set, eps).Group; !slices.Equal(got, want) {
			t.Errorf("eps %v: groups %v, want %v", eps, got, want)
		}
	}
}

func TestEvents(t *testing.T) {
	got := Events(event.Cloud{EpsMax: 2}, square())
	if !slices.Equal(got, []float32{1, 1.4}) {
		t.Errorf("events %v", got)
	}
	if got := Events(event.Cloud{EpsMax: 1.2}, square()); !slices.Equal(got, []float32{1}) {
		t.Errorf("events up to 1.2: %v", got)
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
