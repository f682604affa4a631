package main

import (
	"math"

	"reta/shared/topology"
)

var (
	conventions = []convention{raw, unit}
	sigmas      = []float64{0.05, 0.1, 0.2, 0.3}
	scales      = places(1.5, 0.1, 28) // towards the contracted end, as turn wants them
	pulls       = places(0, 0.9, 18)
)

// places are n+1 even steps from one value to another.
func places(from, to float64, n int) []float64 {
	list := make([]float64, n+1)
	for i := range list {
		list[i] = from + (to-from)*float64(i)/float64(n)
	}
	return list
}

// setting is the loss under test, beside what topology.DefaultOptions says.
type setting struct {
	view  convention
	k     int
	sigma float64
}

func (s setting) options() topology.Options {
	o := topology.DefaultOptions()
	o.K, o.Sigma = s.k, s.sigma
	return o
}

// curves are the readings along the scale curve and the pull curves, [trial][place].
type curves struct {
	scale [][]reading
	pull  map[anchorKind][][]reading
}

func (s *study) curves(p pairing, at setting) (curves, error) {
	type one struct {
		scale []reading
		pull  map[anchorKind][]reading
	}
	list, err := over(s, p, func(t trial) (one, error) {
		target, err := newScale(at.options(), at.view.of(t.real))
		if err != nil {
			return one{}, err
		}
		o := one{pull: map[anchorKind][]reading{}}
		syn := at.view.of(t.syn)
		if o.scale, err = target.curve(scales, func(x float64) topology.Cloud { return scaled(syn, x) }); err != nil {
			return one{}, err
		}
		for kind, aims := range t.aims {
			// phi moves in a straight line by the paper's linearisation; its length is taken out afterwards, as the product does
			o.pull[kind], err = target.curve(pulls, func(x float64) topology.Cloud { return at.view.of(pulled(t.syn, aims, x)) })
			if err != nil {
				return one{}, err
			}
		}
		return o, nil
	})
	c := curves{pull: map[anchorKind][][]reading{}}
	for _, o := range list {
		c.scale = append(c.scale, o.scale)
		for kind, r := range o.pull {
			c.pull[kind] = append(c.pull[kind], r)
		}
	}
	return c, err
}

// pulledReadings reads every set as it is at share x of one pull.
func (s *study) pulledReadings(p pairing, view convention, o topology.Options, kind anchorKind, x float64) (
	[]reading, error) {
	return over(s, p, func(t trial) (reading, error) {
		target, err := newScale(o, view.of(t.real))
		if err != nil {
			return reading{}, err
		}
		return target.read(x, view.of(pulled(t.syn, t.aims[kind], x)))
	})
}

// weighed is a reading with the weight of loops that AutoGamma proposes for its target.
type weighed struct {
	reading
	auto float64
}

// withAutoGamma reads the sets pulled by x with gamma as the unpulled set, another draw of its class, proposes it.
func (s *study) withAutoGamma(p pairing, at setting, kind anchorKind, x float64) ([]weighed, error) {
	return over(s, p, func(t trial) (weighed, error) {
		o, real := at.options(), at.view.of(t.real)
		target, err := newScale(o, real)
		if err != nil {
			return weighed{}, err
		}
		if o.Gamma, err = target.AutoGamma(at.view.of(t.syn)); err != nil {
			return weighed{}, err
		}
		if target, err = newScale(o, real); err != nil {
			return weighed{}, err
		}
		r, err := target.read(x, at.view.of(pulled(t.syn, t.aims[kind], x)))
		return weighed{r, o.Gamma}, err
	})
}

// drawing is how far the target of a class depends on which real images were drawn.
type drawing struct {
	fresh  float64 // loss of a draw that the target has not seen
	pulled float64 // loss of a set halfway to its nearest images
	apart  float64 // |I_a - I_b|^2 between two targets, over the first one's scale
	epsMax float64 // relative difference of the two cut-offs
}

// drawn makes two targets of as many draws each and measures them against a further draw and each other.
func (s *study) drawn(p pairing, at setting, draws int) ([]drawing, error) {
	return over(s, p, func(t trial) (drawing, error) {
		var targets [2]*topology.Target
		for i := range targets {
			clouds := make([]topology.Cloud, draws)
			for j := range clouds {
				clouds[j] = at.view.of(t.draw(p.n, 100*i+j))
			}
			var err error
			if targets[i], err = topology.NewTarget(at.options(), clouds[0], clouds[1:]...); err != nil {
				return drawing{}, err
			}
		}
		a, err := targets[0].Align(at.view.of(t.draw(p.n, 1000)))
		if err != nil {
			return drawing{}, err
		}
		halfway, err := targets[0].Align(at.view.of(pulled(t.syn, t.aims[nearestAnchor], connection)))
		if err != nil {
			return drawing{}, err
		}
		d := drawing{fresh: a.Total, pulled: halfway.Total, epsMax: math.Abs(targets[1].EpsMax/targets[0].EpsMax - 1)}
		for q := range targets[0].Images {
			for m, v := range targets[0].Images[q] {
				d.apart += (v - targets[1].Images[q][m]) * (v - targets[1].Images[q][m]) / targets[0].Scale
			}
		}
		return d, nil
	})
}

// blendReading is a set of blended images beside the linearisation of it.
type blendReading struct {
	pixel, linear reading
	misses        float64 // |phi(blend) - linear| over |linear - phi(x)|, mean over the points
	along         float64 // cosine between the two moves, mean over the points
	length        float64 // |phi(blend)| over |phi(x)|, mean over the points
}

// blended reads the sets of images blended with their anchors by share x, embedded anew.
func (s *study) blended(p pairing, at setting, kind anchorKind, x float64) ([]blendReading, error) {
	return over(s, p, func(t trial) (b blendReading, err error) {
		target, err := newScale(at.options(), at.view.of(t.real))
		if err != nil {
			return b, err
		}
		blend, line := t.blends[blendName(kind, x)], pulled(t.syn, t.aims[kind], x)
		if b.pixel, err = target.read(x, at.view.of(blend)); err != nil {
			return b, err
		}
		if b.linear, err = target.read(x, at.view.of(line)); err != nil {
			return b, err
		}
		start, end, line := at.view.of(t.syn), at.view.of(blend), at.view.of(line)
		zero, n := make([]float64, start.Dim), float64(start.N)
		for i := range start.N {
			from, to, straight := start.Row(i), end.Row(i), line.Row(i)
			wanted, moved := squared(straight, from), squared(to, from)
			gap := squared(to, straight)
			b.misses += math.Sqrt(gap/wanted) / n
			b.along += (wanted + moved - gap) / (2 * math.Sqrt(wanted*moved)) / n
			b.length += math.Sqrt(squared(t.blends[blendName(kind, x)].Row(i), zero)/squared(t.syn.Row(i), zero)) / n
		}
		return b, nil
	})
}

// descended is what steps of plain descent on the loss make of the sets pulled by x: readings before and after. A step
// moves the raw features by a hundredth of the real set's spread in root mean square, less and less to nothing.
func (s *study) descended(p pairing, at setting, kind anchorKind, x float64, steps int) (
	before, after []reading, err error) {
	pairs, err := over(s, p, func(t trial) (pair [2]reading, err error) {
		target, err := newScale(at.options(), at.view.of(t.real))
		if err != nil {
			return pair, err
		}
		width, err := t.real.Spread()
		if err != nil {
			return pair, err
		}
		phi := pulled(t.syn, t.aims[kind], x)
		if pair[0], err = target.read(x, at.view.of(phi)); err != nil {
			return pair, err
		}
		for step := range steps {
			a, err := target.Align(at.view.of(phi))
			if err != nil {
				return pair, err
			}
			gradient := at.view.pullBack(phi, topology.Cloud{N: phi.N, Dim: phi.Dim, X: a.Grad})
			norm := 0.0
			for _, g := range gradient.X {
				norm += g * g / float64(phi.N)
			}
			if norm == 0 {
				break
			}
			by := 0.01 * width * (1 - float64(step)/float64(steps)) / math.Sqrt(norm)
			for i, g := range gradient.X {
				phi.X[i] -= by * g
			}
		}
		pair[1], err = target.read(x, at.view.of(phi))
		return pair, err
	})
	for _, pair := range pairs {
		before, after = append(before, pair[0]), append(after, pair[1])
	}
	return before, after, err
}
