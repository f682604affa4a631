package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/shared/topology"
)

// diagram is the filtration of a shape, and its homology once computed.
type diagram struct {
	*shape
	kind     complexKind
	k        int // of a mutual k-NN graph
	seed     uint64
	complete bool // every pair is an edge
	given    bool // eps is --cutoff
	eps      float64
	graph    *topology.Graph
	homology *topology.Homology
}

// complexKind names a complex as the documents of --json do.
type complexKind string

const (
	mutualKNN    complexKind = "flag_complex_of_mutual_knn_graph"
	vietorisRips complexKind = "full_vietoris_rips"
	givenGraph   complexKind = "flag_complex_of_graph"
)

// filtration orders the edges of a shape up to eps_max.
func (f *topologyFlags) filtration(s *shape) (*diagram, error) {
	d := &diagram{shape: s, kind: givenGraph, graph: s.graph, seed: f.seed, given: f.cutoff > 0, eps: f.cutoff}
	if s.graph == nil {
		if err := d.connect(f.vr, f.options.K); err != nil {
			return nil, dataError{fmt.Errorf("%s: %w", s.name, err)}
		}
	}
	if d.given {
		d.graph = d.graph.UpTo(d.eps)
	} else if d.kind != vietorisRips {
		d.eps = d.graph.EpsMax()
	}
	d.complete = s.n() > 1 && len(d.graph.Edges) == s.n()*(s.n()-1)/2
	if d.eps == 0 {
		d.eps = 1
	}
	return d, nil
}

// connect makes the graph of points or of distances: mutual k-NN, or all pairs up to the cut-off, or up to the enclosing
// radius, which becomes eps_max.
func (d *diagram) connect(vr bool, k int) (err error) {
	d.kind = vietorisRips
	switch {
	case !vr && d.distances != nil:
		d.kind, d.k, d.graph = mutualKNN, k, topology.MutualKNN(*d.distances, k)
		return nil
	case !vr:
		d.kind, d.k = mutualKNN, k
		d.graph, err = d.cloud.MutualKNN(k)
		return err
	case d.given && d.cloud.N > topology.MaxMatrix:
		d.graph, err = d.cloud.Rips(d.eps)
		return err
	}
	distances := d.distances
	if distances == nil {
		made, err := d.cloud.Distances()
		if err != nil {
			return err
		}
		distances = &made
	}
	radius := topology.EnclosingRadius(*distances)
	if !d.given {
		d.eps = radius
	}
	d.graph = topology.Rips(*distances, min(d.eps, radius))
	return nil
}

func (d *diagram) compute() { d.homology = topology.Persistence(d.graph) }

// bars returns those that end, in order of their end, and those that do not.
func (d *diagram) bars(degree int) (finite, essential []topology.Bar) {
	bars := d.homology.Bars[degree]
	ended := slices.IndexFunc(bars, topology.Bar.Essential)
	if ended < 0 {
		ended = len(bars)
	}
	return bars[:ended], bars[ended:]
}

// ends returns the points of an edge as the file numbers them, lower first.
func (d *diagram) ends(edge int) (i, j int) {
	e := d.graph.Edges[edge]
	return d.row(e.I), d.row(e.J)
}

// printHead says what is computed, before it is.
func (d *diagram) printHead(w io.Writer) {
	of := fmt.Sprintf("%s, eps_max %.6g", quantity(len(d.graph.Edges), "edge"), d.eps)
	switch {
	case d.given:
		of += " (--cutoff)"
	case d.graph.EpsMax() == 0:
		of += " (no edge has a length)"
	case d.kind == vietorisRips:
		of += " (the enclosing radius: homology does not change beyond it)"
	default:
		of += " (the longest edge)"
	}
	if d.complete {
		of += ", every pair an edge"
	}
	fmt.Fprintf(w, "%s: %s\n%s: %s\n", d.name, d.what(), d.title(), of)
}

func (d *diagram) title() string {
	switch d.kind {
	case vietorisRips:
		return "Vietoris-Rips complex"
	case mutualKNN:
		return fmt.Sprintf("mutual k-NN graph, k %d", d.k)
	}
	return "graph"
}

const barWidth = 32 // characters of a drawn bar

// printBars prints both degrees as tables with a drawing of each bar, longest first.
func (d *diagram) printBars(w io.Writer, limit int) {
	value := sixDigits(d.eps)
	for degree, name := range []string{"components", "loops"} {
		finite, essential := d.bars(degree)
		fmt.Fprintf(w, "\nH%d, %s: %d finite, %d essential\n", degree, name, len(finite), len(essential))
		bars := slices.Concat(essential, finite)
		if len(bars) == 0 {
			continue
		}
		slices.SortStableFunc(bars, func(a, b topology.Bar) int { return cmp.Compare(b.Persistence(), a.Persistence()) })
		shown := bars
		if limit > 0 && limit < len(bars) {
			shown = bars[:limit]
		}
		rows := [][]string{{"birth", "death", "length", "birth edge", "death edge"}}
		for _, b := range shown {
			rows = append(rows, []string{
				value(b.Birth), value(b.Death), value(b.Persistence()), d.pair(b.BirthEdge), d.pair(b.DeathEdge),
			})
		}
		widths := make([]int, len(rows[0]))
		for _, row := range rows {
			for j, cell := range row {
				widths[j] = max(widths[j], len(cell))
			}
		}
		for i, row := range rows {
			for j, cell := range row {
				fmt.Fprintf(w, "  %*s", widths[j], cell)
			}
			if i == 0 {
				right := fmt.Sprintf("%.4g", d.eps)
				fmt.Fprintf(w, "  0%*s\n", barWidth-1, right)
			} else {
				fmt.Fprintf(w, "  %s\n", d.draw(shown[i-1]))
			}
		}
		if left := bars[len(shown):]; len(left) > 0 {
			rest := max(len(essential)-len(shown), 0)
			fmt.Fprintf(w, "  and %d essential, %d finite up to %s; --bars 0 prints all\n",
				rest, len(left)-rest, value(longest(left[rest:])))
		}
	}
}

// longest is the length of the first bar, 0 when there is none.
func longest(bars []topology.Bar) float64 {
	if len(bars) == 0 {
		return 0
	}
	return bars[0].Persistence()
}

// pair names an edge by its points.
func (d *diagram) pair(edge int) string {
	if edge < 0 {
		return "-"
	}
	i, j := d.ends(edge)
	return fmt.Sprintf("%d-%d", i, j)
}

// draw is a bar from 0 to eps_max; one that never ends runs into an arrow.
func (d *diagram) draw(b topology.Bar) string {
	from := min(int(b.Birth/d.eps*barWidth), barWidth-1)
	if b.Essential() {
		return strings.Repeat(" ", from) + strings.Repeat("━", barWidth-1-from) + "▶"
	}
	to := max(int(math.Ceil(min(b.Death/d.eps, 1)*barWidth)), from+1)
	return strings.Repeat(" ", from) + strings.Repeat("━", to-from)
}

// sixDigits prints numbers up to size with six digits and their points below each other, or in exponents where that
// would be long.
func sixDigits(size float64) func(float64) string {
	decimals := 5 - int(math.Floor(math.Log10(size)))
	if decimals < 0 || decimals > 10 {
		return func(v float64) string { return strings.ReplaceAll(fmt.Sprintf("%.5e", v), "+Inf", "inf") }
	}
	return func(v float64) string {
		if math.IsInf(v, 1) {
			return "inf"
		}
		return strconv.FormatFloat(v, 'f', decimals, 64)
	}
}

// betti returns the curves of both degrees.
func (d *diagram) betti(steps int) bettiCurves {
	curve := func(degree int) []int { return topology.BettiCurve(d.homology.Bars[degree], d.eps, steps) }
	return bettiCurves{d.eps, steps, curve(0), curve(1)}
}

// bettiCurves are the Betti numbers at EpsMax*i/Steps, i = 0..Steps.
type bettiCurves struct {
	EpsMax float64 `json:"eps_max"`
	Steps  int     `json:"steps"`
	B0     []int   `json:"b0"`
	B1     []int   `json:"b1"`
}

func (c bettiCurves) at(i int) float64 { return c.EpsMax * float64(i) / float64(c.Steps) }

// printBetti prints the nodes where a curve changes.
func (d *diagram) printBetti(w io.Writer, steps int) {
	c, value := d.betti(steps), sixDigits(d.eps)
	fmt.Fprintf(w, "\nBetti numbers, where they change among %d steps to %.6g\n", steps, d.eps)
	fmt.Fprintf(w, "  %*s  %6s  %6s\n", len(value(d.eps)), "from", "b0", "b1")
	for i := range c.B0 {
		if i == 0 || c.B0[i] != c.B0[i-1] || c.B1[i] != c.B1[i-1] {
			fmt.Fprintf(w, "  %*s  %6d  %6d\n", len(value(d.eps)), value(c.at(i)), c.B0[i], c.B1[i])
		}
	}
}
