package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"reta/shared/topology"
)

// printBettiCSV prints a node of the curves a line.
func (d *diagram) printBettiCSV(w io.Writer, steps int) error {
	c := d.betti(steps)
	fmt.Fprintln(w, "eps,b0,b1")
	for i := range c.B0 {
		if _, err := fmt.Fprintf(w, "%v,%d,%d\n", c.at(i), c.B0[i], c.B1[i]); err != nil {
			return err
		}
	}
	return nil
}

// printCSV prints a bar a line; cells without a value are empty.
func (d *diagram) printCSV(w io.Writer) error {
	fmt.Fprintln(w, "degree,birth,death,birth_i,birth_j,death_i,death_j")
	edge := func(e int) string {
		if e < 0 {
			return ","
		}
		i, j := d.ends(e)
		return fmt.Sprintf("%d,%d", i, j)
	}
	for degree, bars := range d.homology.Bars {
		for _, b := range bars {
			_, err := fmt.Fprintf(w, "%d,%v,%s,%s,%s\n", degree, b.Birth, bare(b.Death), edge(b.BirthEdge), edge(b.DeathEdge))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// bare is a number in full precision, "inf" where it is infinite.
func bare(v float64) string {
	if math.IsInf(v, 1) {
		return "inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// printJSON prints one document; bars are in order of birth, then of death.
func (d *diagram) printJSON(w io.Writer, steps int) error {
	finite0, essential0 := d.bars(0)
	finite1, essential1 := d.bars(1)
	flat := func(bars []topology.Bar) [][]float64 {
		list := make([][]float64, 0, len(bars))
		for _, b := range bars {
			row := []float64{b.Birth}
			if !b.Essential() {
				row = append(row, b.Death)
			}
			for _, e := range []int{b.BirthEdge, b.DeathEdge} {
				if e >= 0 {
					i, j := d.ends(e)
					row = append(row, float64(i), float64(j))
				}
			}
			list = append(list, row)
		}
		slices.SortFunc(list, slices.Compare)
		return list
	}
	type degree struct {
		Finite    [][]float64 `json:"finite"`
		Essential any         `json:"essential"`
	}
	type diagrams struct {
		Threshold   float64 `json:"threshold,omitempty"`
		ThresholdIs string  `json:"threshold_is,omitempty"`
		H0          degree  `json:"h0"`
		H1          degree  `json:"h1"`
	}
	type sample struct {
		Of   int    `json:"of"`
		Seed uint64 `json:"seed"`
	}
	document := struct {
		File             string      `json:"file"`
		N                int         `json:"n"`
		Dim              *int        `json:"dim,omitempty"`
		Sample           *sample     `json:"sample,omitempty"`
		K                *int        `json:"k,omitempty"`
		EpsMax           float64     `json:"eps_max"`
		Edges            int         `json:"edges"`
		Components       int         `json:"components"`
		H1Finite         int         `json:"h1_finite"`
		H1Essential      int         `json:"h1_essential"`
		TotalPersistence any         `json:"total_persistence"`
		MutualKNN        *diagrams   `json:"flag_complex_of_mutual_knn_graph,omitempty"`
		VietorisRips     *diagrams   `json:"full_vietoris_rips,omitempty"`
		Graph            *diagrams   `json:"flag_complex_of_graph,omitempty"`
		Betti            bettiCurves `json:"betti"`
	}{
		File: d.name, N: d.n(), EpsMax: d.eps, Edges: len(d.graph.Edges),
		Components: len(essential0), H1Finite: len(finite1), H1Essential: len(essential1),
		TotalPersistence: jsonValue([2]float64{d.persistence(0), d.persistence(1)}), Betti: d.betti(steps),
	}
	if d.rows != nil {
		document.Sample = &sample{d.of, d.seed}
	}
	both := &diagrams{H0: degree{flat(finite0), len(essential0)}, H1: degree{flat(finite1), flat(essential1)}}
	if d.holds() == "points" {
		document.Dim = &d.cloud.Dim
	}
	switch d.kind {
	case mutualKNN:
		document.K, document.MutualKNN = &d.k, both
	case vietorisRips:
		both.Threshold, both.ThresholdIs = d.eps, "enclosing radius min_i max_j d(i,j)"
		if d.given {
			both.ThresholdIs = "--cutoff"
		}
		both.H0.Essential = make([]float64, len(essential0)) // all born at 0
		document.VietorisRips = both
	case givenGraph:
		document.Graph = both
	}
	return json.NewEncoder(w).Encode(document)
}

// persistence is the sum of all lengths up to eps_max.
func (d *diagram) persistence(degree int) float64 {
	sum := 0.0
	for _, b := range d.homology.Bars[degree] {
		sum += min(b.Death, d.eps) - b.Birth
	}
	return sum
}
