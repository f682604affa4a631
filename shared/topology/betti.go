package topology

import (
	"cmp"
	"slices"
)

// Betti returns the number of bars alive at eps: Birth <= eps < Death.
func Betti(bars []Bar, eps float64) int {
	alive := 0
	for _, b := range bars {
		if b.Birth <= eps && eps < b.Death {
			alive++
		}
	}
	return alive
}

// BettiCurve samples the Betti number at eps = epsMax*i/steps, i = 0..steps, the form in which the paper's figures and
// the viewer draw it. Kappa does not use it: its integral is exact.
func BettiCurve(bars []Bar, epsMax float64, steps int) []int {
	curve := make([]int, max(steps, 0)+1)
	for i := range curve {
		curve[i] = Betti(bars, epsMax*float64(i)/float64(max(steps, 1)))
	}
	return curve
}

// Kappa is the pull-to-anchor measure of Eqn 9 in units of distance, by degree: how much of the real Betti curve the
// synthetic one lacks. It is one-sided, so that it stays 0 when the synthetic set is wider than the real one.
type Kappa struct{ H0, H1 float64 }

// Total returns H0 + gamma*H1.
func (k Kappa) Total(gamma float64) float64 { return k.H0 + gamma*k.H1 }

// MeasureKappa integrates (B_real - B_syn)+ over [0, epsMax] in both degrees. The curves are step functions, so the
// integral is exact; bars that are alive at epsMax are cut there.
func MeasureKappa(real, syn *Homology, epsMax float64) Kappa {
	return Kappa{
		shortfall(real.Bars[0], syn.Bars[0], epsMax),
		shortfall(real.Bars[1], syn.Bars[1], epsMax),
	}
}

func shortfall(real, syn []Bar, epsMax float64) float64 {
	type jump struct {
		at float64
		by int
	}
	var jumps []jump
	add := func(bars []Bar, by int) {
		for _, b := range bars {
			if b.Birth < epsMax {
				jumps = append(jumps, jump{b.Birth, by}, jump{min(b.Death, epsMax), -by})
			}
		}
	}
	add(real, 1)
	add(syn, -1)
	slices.SortFunc(jumps, func(a, b jump) int { return cmp.Compare(a.at, b.at) })
	integral, lack, from := 0.0, 0, 0.0
	for _, j := range jumps {
		if lack > 0 {
			integral += float64(lack) * (j.at - from)
		}
		lack, from = lack+j.by, j.at
	}
	return integral
}
