package topology

import "fmt"

// Options are the settings of the topology loss.
type Options struct {
	K             int     // neighbours in the mutual k-NN graph, at least 1
	Grid          int     // pixels along a side of the persistence images
	Sigma         float64 // their bandwidth in units of eps_max
	Exponent      float64 // of the persistence weight w(p) = (p/eps_max)^Exponent
	Gamma         float64 // weight of degree 1, Eqns 9 and 11
	Margin        float64 // eps_max over the largest weight of the real graph
	DropEssential bool    // leave bars that never die out of the images; otherwise they die at eps_max
	Relative      bool    // divide the loss by |I0|^2 + Gamma*|I1|^2 of the real set, so that it does not grow with n
}

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
