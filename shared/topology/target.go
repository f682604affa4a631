package topology

import "fmt"

// Target is the real side of one class: its graph, homology, cut-off and persistence images, made once per stage and
// then held still. It is safe for concurrent use.
type Target struct {
	Options  Options
	Cloud    Cloud
	Graph    *Graph
	Homology *Homology // up to EpsMax
	EpsMax   float64   // Margin times the largest weight, mean over the draws; 1 when that is 0
	Images   [2][]float64
	Scale    float64 // what the loss is divided by; 1 unless Relative
	Inactive Reason  // why the class takes no part, "" when it does
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
	graphs, longest := make([]*Graph, 1+len(more)), 0.0
	for i, draw := range append([]Cloud{real}, more...) {
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
	im := t.imager()
	for i, g := range graphs {
		h := Persistence(g.UpTo(t.EpsMax))
		if i == 0 {
			t.Graph, t.Homology = g, h
			t.Images = [2][]float64{make([]float64, o.Grid*o.Grid), make([]float64, o.Grid*o.Grid)}
		}
		for q := range t.Images {
			for m, v := range im.Image(h.Bars[q]) {
				t.Images[q][m] += v / float64(len(graphs))
			}
		}
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

// graph is the mutual k-NN graph of a cloud.
func (t *Target) graph(c Cloud) (*Graph, error) {
	if c.Dim != t.Cloud.Dim {
		return nil, fmt.Errorf("%d coordinates, the real points have %d: want the same feature layer", c.Dim, t.Cloud.Dim)
	}
	return c.MutualKNN(t.Options.K)
}

// measure returns the homology of a cloud up to the target's cut-off, and how many edges lie above it.
func (t *Target) measure(c Cloud) (h *Homology, clipped int, err error) {
	g, err := t.graph(c)
	if err != nil {
		return nil, 0, err
	}
	kept := g.UpTo(t.EpsMax)
	return Persistence(kept), len(g.Edges) - len(kept.Edges), nil
}

func squares(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return sum
}
