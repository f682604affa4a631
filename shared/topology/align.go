package topology

import (
	"fmt"
	"math"
)

// Alignment compares a synthetic set with its class's target.
type Alignment struct {
	Homology     *Homology  // of the synthetic points, up to the target's cut-off
	Loss         [2]float64 // |I_syn - I_real|^2 by degree over Target.Scale, Gamma not applied
	Total        float64    // Loss[0] + Gamma*Loss[1], Eqn 11 for one class
	Grad         []float64  // of Total by synthetic coordinate, row after row; zeros when inactive
	Kappa        Kappa      // Eqn 9
	Push         float64    // <Grad, z - mean>: negative when a descent step expands the set
	Clipped      int        // synthetic edges longer than the cut-off, left out
	BeyondEpsMax bool       // every component of an active set is essential: no component within eps_max of another, no gradient
	Inactive     Reason     // why Loss and Grad are 0, "" when they are not
}

// Align computes the loss of one class and its gradient by the synthetic points. The real side, the cut-off and the
// pairing of edges are constants. The gradient runs from a bar's birth and death to its critical edges' lengths, and
// along (z_i - z_j)/|z_i - z_j| to their ends; where the length is 0 that direction is taken as 0. The set should be as
// large as the real one; bars are counted, not averaged.
func (t *Target) Align(syn Cloud) (*Alignment, error) {
	h, clipped, err := t.measure(syn)
	if err != nil {
		return nil, fmt.Errorf("synthetic points: %w", err)
	}
	a := &Alignment{
		Homology: h, Clipped: clipped, Inactive: t.Inactive,
		Grad:  make([]float64, len(syn.X)),
		Kappa: MeasureKappa(t.Homology, h, t.EpsMax),
	}
	if a.Inactive == "" && syn.N < 2 {
		a.Inactive = TooFewSyn
	}
	if a.Inactive != "" {
		return a, nil
	}
	byEdge := make([]float64, len(h.Graph.Edges))
	im := t.imager()
	for q, gamma := range [2]float64{1, t.Options.Gamma} {
		image := im.Image(h.Bars[q])
		for m, v := range t.Images[q] {
			image[m] -= v
		}
		a.Loss[q] = squares(image) / t.Scale
		a.Total += gamma * a.Loss[q]
		for m := range image {
			image[m] *= 2 * gamma / t.Scale
		}
		birth, death := im.Pull(h.Bars[q], image)
		for i, b := range h.Bars[q] {
			if b.BirthEdge >= 0 {
				byEdge[b.BirthEdge] += birth[i]
			}
			if b.DeathEdge >= 0 {
				byEdge[b.DeathEdge] += death[i]
			}
		}
	}
	for e, pull := range byEdge {
		if edge := h.Graph.Edges[e]; pull != 0 && edge.Weight > 0 {
			zi, zj := syn.Row(int(edge.I)), syn.Row(int(edge.J))
			gi, gj := a.Grad[int(edge.I)*syn.Dim:], a.Grad[int(edge.J)*syn.Dim:]
			for d := range zi {
				step := pull * (zi[d] - zj[d]) / edge.Weight
				gi[d] += step
				gj[d] -= step
			}
		}
	}
	a.Push = push(a.Grad, syn)
	a.BeyondEpsMax = clipped > 0 && h.Bars[0][0].Essential() // finite bars come first
	return a, nil
}

// push returns <grad, z - mean>.
func push(grad []float64, z Cloud) float64 {
	mean, sum := z.Mean(), 0.0
	for i := range z.N {
		for d, v := range z.Row(i) {
			sum += grad[i*z.Dim+d] * (v - mean[d])
		}
	}
	return sum
}

// AutoGamma proposes a weight for degree 1 from two draws of real points of one class, one of them made into t: the
// ratio of their losses by degree, within [1, 1000], so that a chance difference in loops counts like one in
// components. It is 1 when either loss is 0.
func (t *Target) AutoGamma(draw Cloud) (float64, error) {
	a, err := t.Align(draw)
	if err != nil || a.Loss[0] == 0 || a.Loss[1] == 0 {
		return 1, err
	}
	return math.Min(1000, math.Max(1, a.Loss[0]/a.Loss[1])), nil
}
