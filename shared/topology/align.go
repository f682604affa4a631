package topology

import (
	"fmt"
	"math"
)

// Options are the settings of the topology loss.
type Options struct {
	K             int        // neighbours in the mutual k-NN graph, at least 1
	Graph         Neighbours // the points among which they are sought
	Grid          int        // pixels along a side of the persistence images
	Sigma         float64    // their bandwidth in units of eps_max
	Exponent      float64    // of the persistence weight w(p) = (p/eps_max)^Exponent
	Gamma         float64    // weight of degree 1, Eqns 9 and 11
	Margin        float64    // eps_max over the largest weight of the real graph
	DropEssential bool       // leave bars that never die out of the images; otherwise they die at eps_max
	Relative      bool       // divide the loss by |I0|^2 + Gamma*|I1|^2 of the real set, so that it does not grow with n
}

// Neighbours says among which points a point's k nearest neighbours are sought: section 4.2 builds one graph on
// Z_real u Z_syn and Eqn 11 compares the diagrams of the two sets.
type Neighbours int

// The two readings.
const (
	// PerSet gives each set its own mutual k-NN graph, which is the union graph with a quota of k neighbours in either set,
	// restricted to the set. The real diagrams do not change while synthetic points move.
	PerSet Neighbours = iota
	// Union seeks the k nearest among the points of both sets, see MutualKNNUnion. The diagrams of both sets depend on the
	// synthetic points; the loss is not differentiable where the graph changes, and its gradient elsewhere is that of the
	// synthetic edges' lengths.
	Union
)

// DefaultOptions returns the settings for training. Sigma 0.2 is wide on purpose: below it the loss of a contracted set
// falls by contracting further.
func DefaultOptions() Options {
	return Options{K: 15, Grid: 32, Sigma: 0.2, Exponent: 1, Gamma: 1, Margin: 1, Relative: true}
}

// Validate names the first setting out of its range.
func (o Options) Validate() error {
	for _, f := range []struct {
		name   string
		value  float64
		lo, hi float64
	}{
		{"K", float64(o.K), 1, MaxPoints},
		{"Graph", float64(o.Graph), float64(PerSet), float64(Union)},
		{"Grid", float64(o.Grid), 1, 1024},
		{"Sigma", o.Sigma, 1e-3, 10},
		{"Exponent", o.Exponent, 1, 16},
		{"Gamma", o.Gamma, 0, 1e6},
		{"Margin", o.Margin, 1e-3, 1e3},
	} {
		if !(f.value >= f.lo && f.value <= f.hi) {
			return fmt.Errorf("topology: %s = %v: want %v to %v", f.name, f.value, f.lo, f.hi)
		}
	}
	return nil
}

// Target is the real side of one class, measured once per stage: its own graph, homology, cut-off and persistence images.
// With Options.Graph Union, images to compare with are made anew in each Align. It is safe for concurrent use.
type Target struct {
	Options  Options
	Cloud    Cloud
	Graph    *Graph
	Homology *Homology // up to EpsMax
	EpsMax   float64   // Margin times the largest weight, mean over the draws; 1 when that is 0
	Images   [2][]float64
	Scale    float64 // what the loss is divided by; 1 unless Relative
	Inactive Reason  // why the class takes no part, "" when it does

	draws []Cloud // of real points, for Union
}

// Reason says in words why a class has no topology loss.
type Reason string

// The reasons.
const (
	TooFewReal  Reason = "fewer than two real points"
	TooFewSyn   Reason = "fewer than two synthetic points (IPC 1 has no pair to compare)"
	NoLength    Reason = "all real points coincide"
	NoRealImage Reason = "the real persistence images are empty"
)

// NewTarget measures a class's real points. Further draws of the same class, if given, make the target less noisy: its
// cut-off is the mean over the draws, and so are its images. Graph and Homology are the first draw's.
func NewTarget(o Options, real Cloud, more ...Cloud) (*Target, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t := &Target{Options: o, Cloud: real, EpsMax: 1, Scale: 1}
	draws := append([]Cloud{real}, more...)
	graphs, longest := make([]*Graph, len(draws)), 0.0
	for i, draw := range draws {
		g, err := t.graph(draw)
		if err != nil {
			return nil, fmt.Errorf("real points, draw %d: %w", i+1, err)
		}
		graphs[i] = g
		longest += g.EpsMax() / float64(len(graphs))
	}
	if longest > 0 {
		t.EpsMax = longest * o.Margin
	}
	homologies := make([]*Homology, len(graphs))
	for i, g := range graphs {
		homologies[i] = Persistence(g.UpTo(t.EpsMax))
	}
	t.Graph, t.Homology = graphs[0], homologies[0]
	for q := range t.Images {
		t.Images[q] = t.imager().mean(homologies, q)
	}
	if o.Graph == Union {
		t.draws = draws
	}
	size := squares(t.Images[0]) + o.Gamma*squares(t.Images[1])
	if o.Relative && size > 0 {
		t.Scale = size
	}
	switch {
	case real.N < 2:
		t.Inactive = TooFewReal
	case longest == 0:
		t.Inactive = NoLength
	case o.Relative && size == 0:
		t.Inactive = NoRealImage
	}
	return t, nil
}

func (t *Target) imager() Imager {
	return Imager{t.Options.Grid, t.Options.Sigma, t.EpsMax, t.Options.Exponent, t.Options.DropEssential}
}

// graph is the mutual k-NN graph of a cloud on its own.
func (t *Target) graph(c Cloud) (*Graph, error) {
	if c.Dim != t.Cloud.Dim {
		return nil, fmt.Errorf("%d coordinates, the real points have %d: want the same feature layer", c.Dim, t.Cloud.Dim)
	}
	return c.MutualKNN(t.Options.K)
}

// Alignment compares a synthetic set with its class's target. Where several draws of real points are each joined with it
// (Union), Real, Homology, Kappa and Clipped are of the first.
type Alignment struct {
	Real         *Homology  // of the real points, up to the target's cut-off: Target.Homology, but for Union
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
	s, err := t.sides(syn)
	if err != nil {
		return nil, fmt.Errorf("synthetic points: %w", err)
	}
	a := &Alignment{
		Real: s.real[0], Homology: s.syn[0], Clipped: s.clipped, Inactive: t.Inactive,
		Grad:  make([]float64, len(syn.X)),
		Kappa: MeasureKappa(s.real[0], s.syn[0], t.EpsMax),
	}
	if a.Inactive == "" && syn.N < 2 {
		a.Inactive = TooFewSyn
	}
	if a.Inactive != "" {
		return a, nil
	}
	im, share := t.imager(), float64(len(s.syn))
	var slope [2][]float64 // of Total by pixel of one synthetic image
	for q, gamma := range [2]float64{1, t.Options.Gamma} {
		difference := im.mean(s.syn, q)
		for m, v := range s.images[q] {
			difference[m] -= v
		}
		a.Loss[q] = squares(difference) / t.Scale
		a.Total += gamma * a.Loss[q]
		for m := range difference {
			difference[m] *= 2 * gamma / t.Scale / share
		}
		slope[q] = difference
	}
	a.BeyondEpsMax = a.Clipped > 0
	for _, h := range s.syn {
		im.descend(h, slope, syn, a.Grad)
		a.BeyondEpsMax = a.BeyondEpsMax && h.Bars[0][0].Essential() // finite bars come first
	}
	a.Push = push(a.Grad, syn)
	return a, nil
}

// sides are what Eqn 11 compares: with PerSet one homology of each set, with Union one for each draw of real points.
type sides struct {
	real, syn []*Homology
	images    [2][]float64 // real, mean over the draws
	clipped   int          // synthetic edges beyond the cut-off, by the first draw
}

func (t *Target) sides(syn Cloud) (s sides, err error) {
	if t.Options.Graph == PerSet {
		g, err := t.graph(syn)
		if err != nil {
			return s, err
		}
		s.real, s.images = []*Homology{t.Homology}, t.Images
		s.add(g, t.EpsMax)
		return s, nil
	}
	for _, draw := range t.draws {
		real, g, err := MutualKNNUnion(draw, syn, t.Options.K)
		if err != nil {
			return s, err
		}
		s.real = append(s.real, Persistence(real.UpTo(t.EpsMax)))
		s.add(g, t.EpsMax)
	}
	for q := range s.images {
		s.images[q] = t.imager().mean(s.real, q)
	}
	return s, nil
}

// add adds the homology of a synthetic graph.
func (s *sides) add(g *Graph, epsMax float64) {
	kept := g.UpTo(epsMax)
	if len(s.syn) == 0 {
		s.clipped = len(g.Edges) - len(kept.Edges)
	}
	s.syn = append(s.syn, Persistence(kept))
}

// descend adds to grad the gradient by the points z of h, along slope, the gradient by pixel of its images.
func (im Imager) descend(h *Homology, slope [2][]float64, z Cloud, grad []float64) {
	byEdge := make([]float64, len(h.Graph.Edges)) // by length
	for q := range slope {
		birth, death := im.Gradient(h.Bars[q], slope[q])
		for i, b := range h.Bars[q] {
			if b.BirthEdge >= 0 {
				byEdge[b.BirthEdge] += birth[i]
			}
			if b.DeathEdge >= 0 {
				byEdge[b.DeathEdge] += death[i]
			}
		}
	}
	for e, v := range byEdge {
		if edge := h.Graph.Edges[e]; v != 0 && edge.Weight > 0 {
			zi, zj := z.Row(int(edge.I)), z.Row(int(edge.J))
			gi, gj := grad[int(edge.I)*z.Dim:], grad[int(edge.J)*z.Dim:]
			for d := range zi {
				step := v * (zi[d] - zj[d]) / edge.Weight
				gi[d] += step
				gj[d] -= step
			}
		}
	}
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

func squares(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
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
