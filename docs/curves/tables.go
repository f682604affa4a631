package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"reta/shared/topology"
)

// middle holds the k and sigma of the product, about which the others vary.
var middle = setting{k: topology.DefaultOptions().K, sigma: topology.DefaultOptions().Sigma}

// connection is the anchor's share in a residual connection, 1-alpha.
const connection = 0.5

// halfway is the connection's place among the pulls.
var halfway = slices.Index(pulls, connection)

// table writes Markdown, row by row.
type table struct{ to io.Writer }

func newTable(to io.Writer, title string, heads ...string) table {
	fmt.Fprintf(to, "\n### %s\n\n", title)
	t := table{to}
	row := make([]any, len(heads))
	for i, h := range heads {
		row[i] = h
	}
	t.row(row...)
	fmt.Fprintln(to, "|"+strings.Repeat(" --- |", len(heads)))
	return t
}

func (t table) row(cells ...any) {
	for _, c := range cells {
		switch v := c.(type) {
		case float64:
			fmt.Fprintf(t.to, "| %.3g ", v)
		case summary:
			fmt.Fprintf(t.to, "| %.3g (%.3g to %.3g) ", v.mean, v.low, v.high)
		default:
			fmt.Fprintf(t.to, "| %v ", v)
		}
	}
	fmt.Fprintln(t.to, "|")
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// neighbours are the values of k that differ for sets of n: from n-1 on the graph is complete.
func neighbours(n int) (list []int) {
	for _, k := range []int{10, 15, 20} {
		if len(list) == 0 || list[len(list)-1] < n-1 {
			list = append(list, k)
		}
	}
	return list
}

// turns prints where descent begins to contract.
func (s *study) turns(to io.Writer) error {
	heads := []string{"features", "n, against", "k", "sigma", "scale: turn at s, sets that turn"}
	for _, kind := range anchorKinds {
		heads = append(heads, "to "+string(kind)+": turn at t, sets that turn", "wrong way at 0.5")
	}
	tab := newTable(to, "Where descent turns to contraction: medians, and shares of all sets", heads...)
	turned := func(list [][]reading) string {
		at := make([]float64, len(list))
		for i, c := range list {
			at[i] = turn(c)
		}
		if sum := summarise(at); sum.n > 0 {
			return fmt.Sprintf("%.2f, %s", sum.median, percent(float64(sum.n)/float64(len(list))))
		}
		return "never"
	}
	for _, view := range conventions {
		for _, p := range s.pairings {
			for _, k := range neighbours(p.n) {
				for _, sigma := range sigmas {
					c, err := s.curves(p, setting{view, k, sigma})
					if err != nil {
						return err
					}
					row := []any{view, p, k, sigma, turned(c.scale)}
					for _, kind := range anchorKinds {
						row = append(row, turned(c.pull[kind]), percent(of(across(c.pull[kind], halfway), wrong).mean))
					}
					tab.row(row...)
				}
			}
		}
	}
	return nil
}

// levels prints how large the loss is for another draw of the class and for pulled sets.
func (s *study) levels(to io.Writer) error {
	tab := newTable(to, "Size of the relative loss: mean (quartiles)",
		"features", "n, against", "k", "sigma", "as drawn", "literal",
		"pulled to the mean", "literal", "to the nearest", "literal", "to three", "literal")
	for _, view := range conventions {
		for _, p := range s.pairings {
			for _, k := range neighbours(p.n) {
				for _, sigma := range sigmas {
					at := setting{view, k, sigma}
					still, err := s.pulledReadings(p, view, at.options(), nearestAnchor, 0)
					if err != nil {
						return err
					}
					row := []any{view, p, k, sigma, of(still, total), of(still, literal).mean}
					for _, kind := range anchorKinds {
						r, err := s.pulledReadings(p, view, at.options(), kind, connection)
						if err != nil {
							return err
						}
						row = append(row, of(r, total), of(r, literal).mean)
					}
					tab.row(row...)
				}
			}
		}
	}
	return nil
}

// loops prints what loops add to the loss, and what their weight does to the direction of descent.
func (s *study) loops(to io.Writer) error {
	tab := newTable(to, "Loops between two draws, and in sets pulled halfway to the nearest image",
		"features", "n, against", "k", "sigma", "L1/L0 of two draws, median (quartiles)",
		"AutoGamma, median (quartiles)", "at its limit", "over all sets", "wrong way: gamma 0", "1", "auto",
		"L_topo: gamma 1", "auto", "loops in it: gamma 1", "auto")
	middles := func(values []float64) string {
		m := summarise(values)
		return fmt.Sprintf("%.2g (%.2g to %.2g)", m.median, m.low, m.high)
	}
	for _, view := range conventions {
		for _, p := range s.pairings {
			if p.same {
				continue
			}
			for _, k := range neighbours(p.n) {
				for _, sigma := range sigmas {
					at := setting{view, k, sigma}
					o := at.options()
					still, err1 := s.pulledReadings(p, view, o, nearestAnchor, 0)
					one, err2 := s.pulledReadings(p, view, o, nearestAnchor, connection)
					o.Gamma = 0
					none, err3 := s.pulledReadings(p, view, o, nearestAnchor, connection)
					auto, err4 := s.withAutoGamma(p, at, nearestAnchor, connection)
					if err := errors.Join(err1, err2, err3, err4); err != nil {
						return err
					}
					var ratio, gammas, share []float64
					var weighed []reading
					limit := 0.0
					for i, w := range auto {
						ratio, gammas = append(ratio, still[i].loss[1]/still[i].loss[0]), append(gammas, w.auto)
						share = append(share, w.auto*w.loss[1]/w.total)
						weighed = append(weighed, w.reading)
						limit += yes(w.auto == 1000) / float64(len(auto))
					}
					loss := func(q int) float64 { return of(still, func(r reading) float64 { return r.loss[q] }).mean }
					tab.row(view, p, k, sigma, middles(ratio), middles(gammas), percent(limit), loss(0)/loss(1),
						percent(of(none, wrong).mean), percent(of(one, wrong).mean), percent(of(weighed, wrong).mean),
						of(one, total), of(weighed, total),
						of(one, func(r reading) float64 { return r.loss[1] / r.total }), summarise(share))
				}
			}
		}
	}
	return nil
}

// draws prints how steady the target is.
func (s *study) draws(to io.Writer) error {
	tab := newTable(to, "Real draws, k 15, sigma 0.2",
		"features", "n", "draws", "loss of a fresh draw", "of a set pulled halfway to the nearest",
		"between two targets", "eps_max differs by")
	for _, view := range conventions {
		for _, p := range s.pairings {
			if p.same {
				continue
			}
			for _, draws := range []int{1, 2, 4, 8} {
				list, err := s.drawn(p, setting{view, middle.k, middle.sigma}, draws)
				if err != nil {
					return err
				}
				var fresh, pulled, apart, eps []float64
				for _, d := range list {
					fresh, pulled = append(fresh, d.fresh), append(pulled, d.pulled)
					apart, eps = append(apart, d.apart), append(eps, d.epsMax)
				}
				tab.row(view, p.n, draws, summarise(fresh), summarise(pulled), summarise(apart), summarise(eps))
			}
		}
	}
	return nil
}

// margins prints what a cut-off beyond the real graph's longest edge would spare and cost.
func (s *study) margins(to io.Writer) error {
	tab := newTable(to, "Margin of eps_max, k 15, sigma 0.2",
		"features", "n", "margin", "edges clipped", "sets with any", "beyond eps_max",
		"another draw", "pulled to the nearest", "wrong way: nearest", "mean")
	for _, view := range conventions {
		for _, p := range s.pairings {
			if p.same {
				continue
			}
			for _, margin := range []float64{1, 1.1, 1.25, 1.5} {
				o := setting{view, middle.k, middle.sigma}.options()
				o.Margin = margin
				still, err1 := s.pulledReadings(p, view, o, nearestAnchor, 0)
				near, err2 := s.pulledReadings(p, view, o, nearestAnchor, connection)
				mean, err3 := s.pulledReadings(p, view, o, meanAnchor, connection)
				if err := errors.Join(err1, err2, err3); err != nil {
					return err
				}
				tab.row(view, p.n, margin, of(still, clipped),
					percent(of(still, func(r reading) float64 { return yes(r.clipped > 0) }).mean),
					percent(of(still, func(r reading) float64 { return yes(r.beyond) }).mean),
					of(still, total), of(near, total), percent(of(near, wrong).mean), percent(of(mean, wrong).mean))
			}
		}
	}
	return nil
}

// pixels prints whether the linearisation of Eqns 7 and 8 holds.
func (s *study) pixels(to io.Writer) error {
	tab := newTable(to, "Images blended in pixels beside the straight line in features, k 15, sigma 0.2",
		"features", "n, against", "anchor", "t",
		"spread: pixels", "line", "kappa share: pixels", "line", "L_topo: pixels", "line", "wrong way: pixels", "line",
		"miss", "cosine", "length of phi")
	for _, view := range conventions {
		for _, p := range s.pairings {
			for _, kind := range blendAnchors {
				for _, t := range blendShares {
					list, err := s.blended(p, setting{view, middle.k, middle.sigma}, kind, t)
					if err != nil {
						return err
					}
					var pixel, line []reading
					var miss, along, length []float64
					for _, b := range list {
						pixel, line = append(pixel, b.pixel), append(line, b.linear)
						miss, along, length = append(miss, b.misses), append(along, b.along), append(length, b.length)
					}
					tab.row(view, p, kind, t, of(pixel, spread), of(line, spread), of(pixel, kappa), of(line, kappa),
						of(pixel, total), of(line, total), percent(of(pixel, wrong).mean), percent(of(line, wrong).mean),
						summarise(miss).mean, summarise(along).mean, summarise(length).mean)
				}
			}
		}
	}
	return nil
}

// descents prints what descent makes of sets that a connection has pulled.
func (s *study) descents(to io.Writer) error {
	tab := newTable(to, "200 steps of descent from sets pulled halfway, k 15", "features", "n, against", "anchor", "sigma",
		"spread before", "after", "kappa share before", "after", "loss after over before", "sets narrower")
	for _, view := range conventions {
		for _, p := range s.pairings {
			if p != (pairing{10, false}) && p != (pairing{50, true}) {
				continue
			}
			for _, kind := range anchorKinds {
				for _, sigma := range sigmas {
					before, after, err := s.descended(p, setting{view, middle.k, sigma}, kind, connection, 200)
					if err != nil {
						return err
					}
					fell, narrower := make([]float64, len(after)), make([]float64, len(after))
					for i := range after {
						fell[i] = after[i].total / before[i].total
						narrower[i] = yes(after[i].spread < before[i].spread)
					}
					tab.row(view, p, kind, sigma, of(before, spread), of(after, spread), of(before, kappa), of(after, kappa),
						summarise(fell).mean, percent(summarise(narrower).mean))
				}
			}
		}
	}
	return nil
}
