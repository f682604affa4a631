package main

import (
	"slices"
	"testing"

	"reta/shared/event"
)

// Losses are shown of one part at a time: of the first that has some, until it is made, then of one that begins.
func TestLossesOfOnePart(t *testing.T) {
	var steps []int
	p := &progress{phase: "recover", total: 3, emit: func(e event.Event) {
		if m, is := e.(event.Metrics); is {
			steps = append(steps, m.Points[0].Step)
		}
	}}
	loss := func(part string, step int) { p.happened(part, event.Metrics{Points: []event.Point{{Step: step}}}) }
	p.begin()
	p.took("recover 1/3", "a")
	p.took("recover 0/3", "b")
	loss("recover 1/3", 7) // it goes on from a checkpoint
	loss("recover 0/3", 1)
	loss("recover 1/3", 8)
	p.left("recover 1/3", "a", "")
	loss("recover 0/3", 2)
	p.took("recover 2/3", "a")
	loss("recover 2/3", 1)
	loss("recover 0/3", 3)
	loss("recover 2/3", 2)
	p.left("recover 2/3", "a", "its device is lost")
	loss("recover 0/3", 4)
	p.took("recover 2/3", "c")
	loss("recover 2/3", 2)
	if want := []int{7, 8, 1, 2, 2}; !slices.Equal(steps, want) {
		t.Errorf("steps %v are shown, want %v", steps, want)
	}
}
