package main

import (
	"fmt"
	"path/filepath"

	"slices"
	"strings"
	"testing"

	"reta/shared/pointfile"
	"reta/shared/testdata"
)

// bars reads (birth, death) of the finite bars of a degree from a document, sorted.
func bars(doc any, kind, degree string) [][2]float64 {
	var list [][2]float64
	for _, bar := range member(doc, kind, degree, "finite").([]any) {
		b := bar.([]any)
		list = append(list, [2]float64{b[0].(float64), b[1].(float64)})
	}
	slices.SortFunc(list, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
	return list
}

const (
	full    = "full_vietoris_rips"
	ofGraph = "flag_complex_of_mutual_knn_graph"
)

// The material's files: a distance matrix in Ripser's forms gives the bars of its distances, and read as points it is
// warned of; OFF's header is no point.
func TestTopologyTellsFormats(t *testing.T) {
	dir := testdata.Dir(t, "cases", "06-distance-matrix-read-as-points")
	square, npy := filepath.Join(dir, "dist.csv"), filepath.Join(t.TempDir(), "dist.npy")
	writeFile(t, npy, pointfile.AppendNPY(nil, []float64{0, 1, 2, 4, 4, 1, 0, 1, 3, 3, 2, 1, 0, 2, 2, 4, 3, 2, 0, 2, 4, 3, 2, 2, 0}, 5, 5))
	want := [][2]float64{{0, 1}, {0, 1}, {0, 2}, {0, 2}} // GUDHI and Ripser on the matrix
	for _, words := range [][]string{
		{square, "--format", "distances"}, {npy, "--format", "Distances"}, {filepath.Join(dir, "low.lower_distance_matrix")},
	} {
		doc := decoded(t, topologyOf(t, "", append(words, "--vr", "--json")...))
		if got := bars(doc, full, "h0"); !slices.Equal(got, want) || member(doc, "n") != 5.0 || doc.(map[string]any)["dim"] != nil {
			t.Errorf("%v: H0 %v of %v points, want %v of 5", words, got, member(doc, "n"), want)
		}
	}
	for _, file := range []string{square, npy} {
		warning := "warning: " + file + ": 5 points in dimension 5 that are a symmetric matrix with a zero diagonal: if it holds distances, choose format distances\n"
		if got := topologyOf(t, "", file, "--vr"); !strings.HasPrefix(got, warning) {
			t.Errorf("%s as points: printed\n%s", file, got)
		}
		if got := topologyOf(t, "", file, "--vr", "--format", "points"); strings.Contains(got, "warning") {
			t.Errorf("%s as points on demand: printed\n%s", file, got)
		}
	}
	graph := decoded(t, topologyOf(t, "", filepath.Join(dir, "square.sparse"), "--json"))
	if got := member(graph, "flag_complex_of_graph", "h1", "essential"); member(graph, "edges") != 4.0 || len(got.([]any)) != 1 || got.([]any)[0].([]any)[0] != 1.0 {
		t.Errorf("the cycle of 4 edges has the essential loops %v of %v edges", got, member(graph, "edges"))
	}

	off := filepath.Join(testdata.Dir(t, "cases", "07-off-header-becomes-a-point"), "tri.off")
	plane := filepath.Join(t.TempDir(), "plane.off")
	writeFile(t, plane, []byte("nOFF\n2 3 0 0\n0 0\n1 0\n0 1\n"))
	for file, dim := range map[string]float64{off: 3, plane: 2} {
		doc := decoded(t, topologyOf(t, "", file, "--vr", "--json"))
		if got := bars(doc, full, "h0"); !slices.Equal(got, [][2]float64{{0, 1}, {0, 1}}) || member(doc, "n") != 3.0 || member(doc, "dim") != dim {
			t.Errorf("%s: H0 %v of %v points in dimension %v", file, got, member(doc, "n"), member(doc, "dim"))
		}
	}
}

// distances12 is d(i,j) = 8 + (7i + 11j + 5ij) mod 17, i < j, which no points in space have.
func distances12(i, j int) int {
	if i == j {
		return 0
	}
	i, j = min(i, j), max(i, j)
	return 8 + (7*i+11*j+5*i*j)%17
}

// The Vietoris-Rips bars and those of the mutual 4-NN graph of a matrix that is no metric, in every form of the file:
// reference numbers by GUDHI 3.13.0 (RipsComplex, SimplexTree) and ripser.py 0.6.15, which agree.
func TestTopologyOfDistancesAgainstGUDHI(t *testing.T) {
	const n = 12
	var square, lower, upper strings.Builder
	array := make([]float64, 0, n*n)
	for i := range n {
		for j := range n {
			d := distances12(i, j)
			array = append(array, float64(d))
			fmt.Fprintf(&square, "%d ", d)
			if j < i {
				fmt.Fprintf(&lower, "%d,", d)
			} else if j > i {
				fmt.Fprintf(&upper, "%d ", d)
			}
		}
		square.WriteByte('\n')
		lower.WriteByte('\n')
		upper.WriteByte('\n')
	}
	h0 := [][2]float64{{0, 8}, {0, 8}, {0, 8}, {0, 8}, {0, 8}, {0, 9}, {0, 9}, {0, 9}, {0, 10}, {0, 10}, {0, 11}}
	h1 := [][2]float64{{10, 16}, {11, 15}, {11, 15}, {11, 15}, {12, 13}, {12, 13}, {12, 14}, {12, 14}}
	births := []float64{10, 11, 11, 11, 12, 12, 13, 13} // of essential loops of the 4-NN graph
	for format, text := range map[string]string{
		"distances": square.String(), "lower-distance": lower.String(), "upper-distance": upper.String(),
		"Distances": string(pointfile.AppendNPY(nil, array, n, n)),
	} {
		doc := decoded(t, topologyOf(t, text, "-", "--format", format, "--vr", "--json"))
		if got0, got1 := bars(doc, full, "h0"), bars(doc, full, "h1"); !slices.Equal(got0, h0) || !slices.Equal(got1, h1) {
			t.Errorf("%s: Vietoris-Rips H0 %v, H1 %v; want %v and %v", format, got0, got1, h0, h1)
		}
		doc = decoded(t, topologyOf(t, text, "-", "--format", format, "--k", "4", "--json"))
		var got []float64
		for _, loop := range member(doc, ofGraph, "h1", "essential").([]any) {
			got = append(got, loop.([]any)[0].(float64))
		}
		if slices.Sort(got); !slices.Equal(got, births) || !slices.Equal(bars(doc, ofGraph, "h0"), h0) || member(doc, "edges") != 21.0 {
			t.Errorf("%s: mutual 4-NN graph of %v edges, H0 %v, essential H1 %v; want 21, %v and %v", format, member(doc, "edges"), bars(doc, ofGraph, "h0"), got, h0, births)
		}
	}
	sample := decoded(t, topologyOf(t, square.String(), "-", "--format", "distances", "--sample", "7", "--seed", "3", "--vr", "--json"))
	for _, bar := range member(sample, full, "h0", "finite").([]any) {
		b := bar.([]any)
		if i, j := int(b[2].(float64)), int(b[3].(float64)); b[1] != float64(distances12(i, j)) {
			t.Errorf("of a sample, bar %v: points %d and %d of the file are %d apart", b, i, j, distances12(i, j))
		}
	}
	if got := topologyOf(t, square.String(), "-", "--format", "distances", "--sample", "7", "--vr"); !strings.HasPrefix(got, "standard input: 7 of 12 points with given distances, at random\n") {
		t.Errorf("a sample: printed\n%s", got)
	}
}

// A table as pandas writes it: what is left out is said, and what is taken.
func TestTopologyOfATable(t *testing.T) {
	got := topologyOf(t, ",x,y\n0,0,0\n1,1,0\n2,0,1\n", "-", "--vr", "--bars", "1")
	want := "warning: standard input: the first column has no name: taken as the rows' labels and left out\n" +
		"standard input: 3 points in dimension 2 (columns x, y)\n"
	if !strings.HasPrefix(got, want) {
		t.Errorf("printed\n%s\nwant at first\n%s", got, want)
	}
	if got := topologyOf(t, "a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n", "-"); !strings.Contains(got, "(columns a, b, c, d, e, f, ... and 2 more)") {
		t.Errorf("printed\n%s", got)
	}
}
