package report

import (
	"maps"
	"slices"

	"reta/shared/event"
)

// Stage is one stage's end, or the start, over all groups of classes.
type Stage struct {
	Index, Step, Resolution int     // Index is -1 of the start
	Gamma                   float64 // weight of loops in kappa
	Connected               bool    // it ended in a residual connection
	Mean                    Means
	Classes                 []event.ClassShape // by class; Points is 0 where a group has not come that far

	groups map[int]group // by first class
}

// Means are averages over classes; the anchors' figures are those of event.StageEnd.
type Means struct {
	CE, BN                  float64 // un-augmented, under the first teacher
	Topo                    float64 // L_topo, 0 without topology alignment
	Share                   float64 // of lambda_topo*L_topo in the weighted loss
	Kappa                   [2]float64
	SpreadBefore            float64
	SpreadAfter             float64
	Delta, Fit              float64
	Complexity              float64
	Collisions              float64
	SelfRetrieval           float64
	Entropy                 float64
	Pairs                   int // classes of two points or more: of one, kappa and spread say nothing
	Expanding, BeyondEpsMax int // classes that a descent step expands; classes with no component within eps_max of another
}

// start is the index of the state before the first step.
const start = -1

// group is one group of classes at a stage's end.
type group struct {
	end   event.StageEnd
	shape event.Diagnosis
}

// KappaTotal is the mean kappa_c of Eqn 9.
func (s Stage) KappaTotal() float64 { return s.Mean.Kappa[0] + s.Gamma*s.Mean.Kappa[1] }

// close averages over what was added.
func (r *Run) close(stages map[int]*Stage) {
	for _, s := range stages {
		delete(s.groups, -1)
		if len(s.groups) == 0 {
			continue
		}
		s.average()
		if s.Index == start {
			r.Start = s
		} else {
			r.Ends = append(r.Ends, *s)
		}
	}
	slices.SortFunc(r.Ends, func(a, b Stage) int { return a.Index - b.Index })
}

// kappa is kappa_c of a class, Eqn 9.
func (s Stage) kappa(class int) float64 {
	k := s.Classes[class].Kappa
	return float64(k[0]) + s.Gamma*float64(k[1])
}

func (s *Stage) average() {
	classes, weighted, topo := 0, 0.0, 0.0
	for _, g := range s.groups {
		classes += len(g.shape.Classes)
	}
	for _, first := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[first]
		s.Step, s.Resolution, s.Gamma = g.end.Step, g.end.Resolution, float64(g.shape.Gamma)
		s.Connected = g.end.Anchors > 0
		share := float64(len(g.shape.Classes)) / float64(classes)
		m := &s.Mean
		for _, f := range []struct {
			to   *float64
			part float32
		}{{&m.CE, g.end.CE}, {&m.BN, g.end.BN}, {&m.Collisions, g.end.CollisionRate}, {&m.SelfRetrieval, g.end.SelfRetrieval}, {&m.Entropy, g.end.Entropy}} {
			*f.to += share * float64(f.part)
		}
		t := g.shape.Terms
		topo += share * float64(t.Topo)
		weighted += share * float64(t.CE+t.BN+t.Topo)
		if g.end.Classes > 0 {
			m.Topo += share * float64(g.end.Topo)
		}
		for i, c := range g.shape.Classes {
			s.put(first+i, c)
			m.add(c, 1/float64(classes))
		}
	}
	if weighted > 0 {
		s.Mean.Share = topo / weighted
	}
}

// put files a class under its number.
func (s *Stage) put(class int, c event.ClassShape) {
	if need := class + 1 - len(s.Classes); need > 0 {
		s.Classes = append(s.Classes, make([]event.ClassShape, need)...)
	}
	s.Classes[class] = c
}

func (m *Means) add(c event.ClassShape, share float64) {
	for q := range m.Kappa {
		m.Kappa[q] += share * float64(c.Kappa[q])
	}
	m.SpreadBefore += share * float64(c.SpreadBefore)
	m.SpreadAfter += share * float64(c.SpreadAfter)
	m.Delta += share * float64(c.Delta)
	m.Fit += share * float64(c.Fit)
	m.Complexity += share * float64(c.Complexity)
	if c.Points > 1 {
		m.Pairs++
	}
	if c.Idle == "" && c.Push < 0 {
		m.Expanding++
	}
	if c.BeyondEpsMax {
		m.BeyondEpsMax++
	}
}
