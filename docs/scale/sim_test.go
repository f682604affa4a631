package main

import (
	"math"
	"testing"
)

// Cases that are worked out by hand.
func TestSimulation(t *testing.T) {
	phase := []Phase{{Name: "a", Items: 10, Seconds: 100}}
	for name, c := range map[string]struct {
		fleet   Fleet
		phases  []Phase
		seconds float64
	}{
		"one worker":                        {Fleet{Workers: 1, Network: 1}, phase, 1000},
		"three take four, three, three":     {Fleet{Workers: 3, Network: 1}, phase, 400},
		"more workers than items":           {Fleet{Workers: 50, Network: 1}, phase, 100},
		"all four times as slow":            {Fleet{Workers: 2, Slow: 1, Slowness: 4, Network: 1}, phase, 2000},
		"a process takes a second to begin": {Fleet{Workers: 1, Start: 1, Network: 1}, phase, 1010},
		"a broker that takes 200 s an item": {Fleet{Workers: 10, Queue: 200, Network: 1}, phase, 2100},
		"inputs one after the other":        {Fleet{Workers: 10, Network: 10}, []Phase{{Name: "a", Items: 10, Seconds: 100, In: 500}}, 600},
		"results one after the other":       {Fleet{Workers: 10, Network: 10}, []Phase{{Name: "a", Items: 10, Seconds: 100, Out: 500}}, 600},
		"a phase waits for the one before":  {Fleet{Workers: 4, Network: 1}, append([]Phase{{Name: "b", Items: 5, Seconds: 1}}, phase...), 302},
	} {
		if o := simulate(c.fleet, c.phases); math.Abs(o.Seconds-c.seconds) > 1e-6 {
			t.Errorf("%s: %g s, want %g", name, o.Seconds, c.seconds)
		}
	}
}

// Failures cost the time that was lost, and lose no item: with one worker, memoryless failures, each begun anew, take
// (MTBF + restart) (exp(s/MTBF) - 1) seconds for an item of s seconds.
func TestFailures(t *testing.T) {
	const items, seconds, mtbf, restart = 20000, 100., 200., 50.
	o := simulate(Fleet{Workers: 1, MTBF: mtbf, Restart: restart, Network: 1, Seed: 3}, []Phase{{Name: "a", Items: items, Seconds: seconds}})
	want := items * (mtbf + restart) * (math.Exp(seconds/mtbf) - 1)
	if math.Abs(o.Seconds/want-1) > 0.02 {
		t.Errorf("%g s with %d losses, want about %g", o.Seconds, o.Lost, want)
	}
	if again := simulate(Fleet{Workers: 1, MTBF: mtbf, Restart: restart, Network: 1, Seed: 3}, []Phase{{Name: "a", Items: items, Seconds: seconds}}); again.Seconds != o.Seconds {
		t.Error("the same seed gives another outcome")
	}
}
