package main

import (
	"math"
	"slices"

	"reta/shared/topology"
)

// reading is what one synthetic set shows against its target.
type reading struct {
	x        float64 // place on its curve
	loss     [2]float64
	total    float64 // loss[0] + gamma loss[1]
	push     float64 // above 0: a descent step pulls the set together
	kappa    float64 // kappa_c of degree 0 over the area under the real Betti curve: 0 none lacks, near 1 all do
	spread   float64 // mean distance over the real set's (Eqn 8)
	clipped  float64 // share of the synthetic graph's edges that are longer than eps_max
	beyond   bool
	literal  float64 // the total before it is made relative
	inactive bool
}

// scale is a target with what readings are relative to.
type scale struct {
	*topology.Target
	area, spread float64
}

func newScale(o topology.Options, real topology.Cloud, more ...topology.Cloud) (scale, error) {
	t, err := topology.NewTarget(o, real, more...)
	if err != nil {
		return scale{}, err
	}
	spread, err := real.Spread()
	empty := &topology.Homology{Graph: &topology.Graph{}}
	return scale{t, topology.MeasureKappa(t.Homology, empty, t.EpsMax).H0, spread}, err
}

func (s scale) read(x float64, syn topology.Cloud) (reading, error) {
	a, err := s.Align(syn)
	if err != nil {
		return reading{}, err
	}
	spread, err := syn.Spread()
	edges := len(a.Homology.Graph.Edges)
	return reading{
		x: x, loss: a.Loss, total: a.Total, push: a.Push,
		kappa: a.Kappa.H0 / s.area, spread: spread / s.spread,
		clipped: float64(a.Clipped) / math.Max(1, float64(a.Clipped+edges)),
		beyond:  a.BeyondEpsMax, literal: a.Total * s.Scale, inactive: a.Inactive != "",
	}, err
}

// curve reads a set at every place along a path.
func (s scale) curve(places []float64, path func(x float64) topology.Cloud) ([]reading, error) {
	var list []reading
	for _, x := range places {
		r, err := s.read(x, path(x))
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// turn is where, coming from the contracted end of a curve (its last place), descent first widens the set, interpolated
// where push changes sign; NaN when descent widens it even there.
func turn(contracting []reading) float64 {
	last := len(contracting) - 1
	if contracting[last].push <= 0 {
		return math.NaN()
	}
	for i := last; i > 0; i-- {
		inner, outer := contracting[i], contracting[i-1]
		if outer.push <= 0 {
			return inner.x + (outer.x-inner.x)*inner.push/(inner.push-outer.push)
		}
	}
	return contracting[0].x
}

// summary is a mean with the quartiles around it; n counts the values, NaN left out.
type summary struct {
	n                       int
	mean, low, median, high float64
}

func summarise(values []float64) summary {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(v) == 0 {
		nan := math.NaN()
		return summary{0, nan, nan, nan, nan}
	}
	slices.Sort(v)
	s := summary{n: len(v), low: quantile(v, 0.25), median: quantile(v, 0.5), high: quantile(v, 0.75)}
	for _, x := range v {
		s.mean += x / float64(len(v))
	}
	return s
}

// quantile interpolates between the sorted values around rank q(n-1).
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// of summarises one quantity of many readings.
func of(readings []reading, quantity func(reading) float64) summary {
	values := make([]float64, len(readings))
	for i, r := range readings {
		values[i] = quantity(r)
	}
	return summarise(values)
}

// across gathers the i-th reading of every curve.
func across(curves [][]reading, i int) []reading {
	list := make([]reading, len(curves))
	for c := range curves {
		list[c] = curves[c][i]
	}
	return list
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// The quantities of the tables and figures.
func total(r reading) float64   { return r.total }
func kappa(r reading) float64   { return r.kappa }
func spread(r reading) float64  { return r.spread }
func literal(r reading) float64 { return r.literal }
func clipped(r reading) float64 { return r.clipped }

// wrong is 1 where a descent step narrows a set that is too narrow already.
func wrong(r reading) float64 { return yes(r.push > 0 && r.spread < 1) }
