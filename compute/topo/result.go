package topo

import (
	"fmt"
	"math"

	"reta/shared/topology"
)

// Result is an update of a batch.
type Result struct {
	Summary
	Classes  []Outcome
	Weighted float64 // sum_c weights[c] L_c with the weights of Program.SetTargets: what the batch adds to the loss
}

// Outcome is what an update says of one class.
type Outcome struct {
	Loss         [2]float64 // by degree, gamma not applied
	Total        float64
	Push         float64 // <gradient, z - mean>, positive when a descent step contracts the set; the weight not applied
	Edges        int     // up to the cut-off
	Clipped      int     // edges beyond it
	Bars         [2]Count
	BeyondEpsMax bool            // no component within eps_max of another: no finite bar, no gradient
	Moves        bool            // the gradient is not 0 everywhere
	Inactive     topology.Reason // why the class takes no part, "" when it does
	Host         string          // why the host computed the class, "" when the device did
}

// Count is a number of bars.
type Count struct{ Finite, Essential int }

// outcome reads the report of class c, Report in shaders/topo.glsl.
func (p *Program) outcome(c int, w []float32) Outcome {
	o := Outcome{
		Loss: [2]float64{float64(w[7]), float64(w[8])}, Push: float64(w[9]), Inactive: p.inactive(c),
		Edges: int(w[1]), Clipped: int(w[2]), Moves: w[10] != 0,
	}
	for q := range o.Bars {
		o.Bars[q] = Count{Finite: int(w[3+2*q]), Essential: int(w[4+2*q])}
	}
	if o.Inactive != "" {
		return o
	}
	o.Total = o.Loss[0] + p.targets[c].Options.Gamma*o.Loss[1]
	o.BeyondEpsMax = o.Clipped > 0 && o.Bars[0].Finite == 0
	switch o.Host = p.refused[c]; w[0] {
	case 1:
		o.Host = "distances that float32 does not hold"
	case 2:
		o.Host = fmt.Sprintf("equal distances make more than %d edges", p.extent.slots)
	case 3:
		o.Host = "its loops are too long"
	}
	return o
}

func (r *Result) average(weights []float64) {
	for i, c := range r.Classes {
		if c.Inactive == "" {
			r.add(c.Loss, c.Total, c.Push, c.BeyondEpsMax, c.Clipped)
			r.Weighted += weights[i] * c.Total
		}
	}
	r.divide()
}

// Summary is the comparison of a batch with its targets in a few numbers.
type Summary struct {
	Active       int        // classes that take part; all below is of these
	Loss         [2]float64 // by degree, gamma not applied; mean
	Total        float64    // Loss[0] + gamma*Loss[1], mean; 0 when there is none
	BeyondEpsMax int        // classes without a finite bar: no component within eps_max of another
	Contracting  int        // classes that a descent step contracts: the loss works against its purpose
	Expanding    int        // classes that a descent step expands
	Clipped      int        // edges beyond the cut-off, sum
}

func (s *Summary) add(loss [2]float64, total, push float64, beyond bool, clipped int) {
	s.Active++
	s.Loss[0], s.Loss[1], s.Total, s.Clipped = s.Loss[0]+loss[0], s.Loss[1]+loss[1], s.Total+total, s.Clipped+clipped
	if beyond {
		s.BeyondEpsMax++
	}
	switch {
	case push > 0:
		s.Contracting++
	case push < 0:
		s.Expanding++
	}
}

func (s *Summary) divide() {
	n := math.Max(1, float64(s.Active))
	s.Loss[0], s.Loss[1], s.Total = s.Loss[0]/n, s.Loss[1]/n, s.Total/n
}
