package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"reta/shared/topology"
)

// comparison is what --compare finds.
type comparison struct {
	real, syn  *shape
	target     *topology.Target
	alignment  *topology.Alignment
	bottleneck [2]float64
}

// runCompare sets synthetic points against the real ones.
func (f *topologyFlags) runCompare(c *cobra.Command, out *bufio.Writer, real *shape) error {
	syn, err := interruptible(c.Context(), func() (*shape, error) { return f.open(c, f.compare) })
	if err != nil {
		return err
	}
	for _, s := range []*shape{real, syn} {
		if holds := s.holds(); holds != "points" {
			return usage("--compare is about points, %s holds %s: want points in both files", s.name, holds)
		}
	}
	r, err := interruptible(c.Context(), func() (*comparison, error) { return f.measure(real, syn) })
	if err != nil {
		return err
	}
	switch {
	case f.json:
		err = r.printJSON(out)
	case f.csv:
		err = r.printCSV(out)
	default:
		r.print(out)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func (f *topologyFlags) measure(real, syn *shape) (*comparison, error) {
	o := f.options
	if f.union {
		o.Graph = topology.Union
	}
	target, err := topology.NewTarget(o, real.cloud)
	if err != nil {
		return nil, dataError{fmt.Errorf("%s: %w", real.name, err)}
	}
	a, err := target.Align(syn.cloud)
	if err != nil {
		return nil, dataError{fmt.Errorf("%s: %w", syn.name, err)}
	}
	r := &comparison{real: real, syn: syn, target: target, alignment: a}
	for q := range r.bottleneck {
		r.bottleneck[q] = topology.Bottleneck(a.Real.Bars[q], a.Homology.Bars[q])
	}
	return r, nil
}

// push says what a descent step does.
func (r *comparison) push() string {
	switch a := r.alignment; {
	case a.Inactive != "":
		return "no gradient: " + string(a.Inactive)
	case a.BeyondEpsMax:
		return "no gradient: no synthetic component is within eps_max of another"
	case a.Push < 0:
		return fmt.Sprintf("push %.6g: a descent step expands the synthetic set", a.Push)
	case a.Push > 0:
		return fmt.Sprintf("push %.6g: a descent step contracts the synthetic set", a.Push)
	}
	return "push 0: a descent step neither expands nor contracts the synthetic set"
}

func (r *comparison) print(w io.Writer) {
	a, o := r.alignment, r.target.Options
	fmt.Fprintf(w, "real       %s: %s\nsynthetic  %s: %s\n", r.real.name, r.real.what(), r.syn.name, r.syn.what())
	graphs := "graphs"
	if o.Graph == topology.Union {
		graphs = "graph of both sets"
	}
	fmt.Fprintf(w, "mutual k-NN %s, k %d: eps_max %.6g (the longest of %s in the real one)",
		graphs, o.K, r.target.EpsMax, quantity(len(r.target.Graph.Edges), "edge"))
	if a.Clipped > 0 {
		fmt.Fprintf(w, ", %d of %s in the synthetic one longer and left out",
			a.Clipped, quantity(a.Clipped+len(a.Homology.Graph.Edges), "edge"))
	}
	fmt.Fprintf(w, "\n\n%-22s%14s%14s%14s\n", "", "H0", "H1", "total")
	row := func(name string, of func(q int) string, total string) {
		fmt.Fprintf(w, "%s\n", strings.TrimRight(fmt.Sprintf("%-22s%14s%14s%14s", name, of(0), of(1), total), " "))
	}
	number := func(v float64) string { return fmt.Sprintf("%.6g", v) }
	counts := func(h *topology.Homology) func(q int) string {
		return func(q int) string {
			essential := 0
			for _, b := range h.Bars[q] {
				if b.Essential() {
					essential++
				}
			}
			return fmt.Sprintf("%d + %d", len(h.Bars[q])-essential, essential)
		}
	}
	row("bars, real", counts(a.Real), "")
	row("bars, synthetic", counts(a.Homology), "")
	kappa := [2]float64{a.Kappa.H0, a.Kappa.H1}
	row("kappa (Eqn 9)", func(q int) string { return number(kappa[q]) }, number(a.Kappa.Total(o.Gamma)))
	scale := "literal"
	if o.Relative {
		scale = "relative"
	}
	if a.Inactive == "" {
		row("loss (Eqn 11, "+scale+")", func(q int) string { return number(a.Loss[q]) }, number(a.Total))
	} else {
		row("loss (Eqn 11)", func(int) string { return "none" }, "none")
	}
	row("bottleneck distance", func(q int) string {
		return strings.TrimPrefix(strings.ToLower(number(r.bottleneck[q])), "+")
	}, "")
	fmt.Fprintf(w, "\nbars: finite + essential; total: H0 + %g H1; images: %d x %d, sigma %g\n",
		o.Gamma, o.Grid, o.Grid, o.Sigma)
	if math.IsInf(max(r.bottleneck[0], r.bottleneck[1]), 1) {
		fmt.Fprintln(w, "bottleneck distance inf: essential bars are paired among themselves, and their numbers differ")
	}
	fmt.Fprintln(w, r.push())
}

// printCSV prints a degree a line, and their total.
func (r *comparison) printCSV(w io.Writer) error {
	a := r.alignment
	_, err := fmt.Fprintf(w, "degree,kappa,loss,bottleneck\n0,%v,%v,%v\n1,%v,%v,%v\ntotal,%v,%v,\n",
		a.Kappa.H0, a.Loss[0], bare(r.bottleneck[0]), a.Kappa.H1, a.Loss[1], bare(r.bottleneck[1]),
		a.Kappa.Total(r.target.Options.Gamma), a.Total)
	return err
}

// printJSON prints one document.
func (r *comparison) printJSON(w io.Writer) error {
	type figures struct {
		H0    any `json:"h0"`
		H1    any `json:"h1"`
		Total any `json:"total,omitempty"`
	}
	type counts struct {
		Real [2]int `json:"real"`
		Syn  [2]int `json:"syn"`
	}
	a, o := r.alignment, r.target.Options
	bars := func(h *topology.Homology) [2]int { return [2]int{len(h.Bars[0]), len(h.Bars[1])} }
	return json.NewEncoder(w).Encode(struct {
		Real         string  `json:"real"`
		Syn          string  `json:"syn"`
		NReal        int     `json:"n_real"`
		NSyn         int     `json:"n_syn"`
		Dim          int     `json:"dim"`
		K            int     `json:"k"`
		EpsMax       float64 `json:"eps_max"`
		Gamma        float64 `json:"gamma"`
		Sigma        float64 `json:"sigma"`
		Grid         int     `json:"grid"`
		Relative     bool    `json:"relative"`
		Union        bool    `json:"union"`
		Active       bool    `json:"active"`
		Inactive     string  `json:"inactive,omitempty"`
		Kappa        figures `json:"kappa"`
		Loss         figures `json:"loss"`
		Bottleneck   figures `json:"bottleneck"`
		Bars         counts  `json:"bars"`
		Push         float64 `json:"push"`
		Clipped      int     `json:"clipped"`
		BeyondEpsMax bool    `json:"beyond_eps_max"`
	}{
		r.real.name, r.syn.name, r.real.n(), r.syn.n(), r.real.cloud.Dim,
		o.K, r.target.EpsMax, o.Gamma, o.Sigma, o.Grid, o.Relative, o.Graph == topology.Union, a.Inactive == "", string(a.Inactive),
		figures{a.Kappa.H0, a.Kappa.H1, a.Kappa.Total(o.Gamma)}, figures{a.Loss[0], a.Loss[1], a.Total},
		figures{H0: jsonValue(r.bottleneck[0]), H1: jsonValue(r.bottleneck[1])},
		counts{bars(a.Real), bars(a.Homology)},
		a.Push, a.Clipped, a.BeyondEpsMax,
	})
}
