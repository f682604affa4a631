package topo

import (
	"math"

	"reta/shared/topology"
)

// Result is an update of a batch.
type Result struct {
	Summary
	Classes []Outcome
}

// Outcome is what an update says of one class.
type Outcome struct {
	Loss     [2]float64 // by degree, gamma not applied
	Total    float64
	Push     float64 // <gradient, z - mean>, positive when a descent step narrows the set; the weight not applied
	Edges    int     // up to the cut-off
	Clipped  int     // edges beyond it
	Bars     [2]Count
	TooWide  bool            // no bar to pull on
	Moves    bool            // the gradient is not 0 everywhere
	Inactive topology.Reason // why the class takes no part, "" when it does
	Host     string          // why the host computed the class, "" when the device did
}

// Count is a number of bars.
type Count struct{ Finite, Essential int }

func outcomeOf(a *topology.Alignment, host string) Outcome {
	o := Outcome{
		Loss: a.Loss, Total: a.Total, Push: a.Push, Edges: len(a.Homology.Graph.Edges), Clipped: a.Clipped,
		TooWide: a.TooWide, Inactive: a.Inactive, Host: host,
	}
	for q, bars := range a.Homology.Bars {
		for _, b := range bars {
			if b.Essential() {
				o.Bars[q].Essential++
			} else {
				o.Bars[q].Finite++
			}
		}
	}
	return o
}

func (r *Result) average() {
	for _, c := range r.Classes {
		if c.Inactive == "" {
			r.add(c.Loss, c.Total, c.Push, c.TooWide, c.Clipped)
		}
	}
	r.divide()
}

// Summary is the comparison of a batch with its targets in a few numbers.
type Summary struct {
	Active    int        // classes that take part; all below is of these
	Loss      [2]float64 // by degree, gamma not applied; mean
	Total     float64    // L_topo, the mean; 0 when there is none
	TooWide   int        // classes without a bar to pull on
	Narrowing int        // classes whose descent step pulls the set together: the loss works against its purpose
	Widening  int        // classes whose descent step spreads the set
	Clipped   int        // edges beyond the cut-off, sum
}

func (s *Summary) add(loss [2]float64, total, push float64, tooWide bool, clipped int) {
	s.Active++
	s.Loss[0], s.Loss[1], s.Total, s.Clipped = s.Loss[0]+loss[0], s.Loss[1]+loss[1], s.Total+total, s.Clipped+clipped
	if tooWide {
		s.TooWide++
	}
	switch {
	case push > 0:
		s.Narrowing++
	case push < 0:
		s.Widening++
	}
}

func (s *Summary) divide() {
	n := math.Max(1, float64(s.Active))
	s.Loss[0], s.Loss[1], s.Total = s.Loss[0]/n, s.Loss[1]/n, s.Total/n
}
