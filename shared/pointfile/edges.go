package pointfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// maxVertices is the most points a graph may name: memory is taken for every one, with an edge or without.
const maxVertices = 1 << 24

// sparse takes an edge a line, i j weight. There are as many points as the largest number says; points behind it that no
// edge names are not known of.
func (f *File) sparse(t *table) error {
	edges := make([]Edge, t.rows())
	for i := range edges {
		row := t.row(i)
		if len(row) != 3 {
			return fmt.Errorf("line %d has %s: want three, i j weight", t.lines[i], count(len(row)+t.left, "column"))
		}
		e, err := newEdge([3]float64(row))
		if err != nil {
			return fmt.Errorf("line %d: %w", t.lines[i], err)
		}
		edges[i] = e
	}
	if len(edges) == 0 {
		return errors.New("there is no edge in it: want a line for each, i j weight")
	}
	g, err := newGraph(edges, func(k int) string { return fmt.Sprintf("line %d", t.lines[k]) })
	f.Graph = g
	return err
}

// edges reports whether rows are edges and hardly points in three dimensions: i and j are whole numbers, different in every
// row, all from 0 to the largest are there, no pair twice, and no weight is negative.
func (t *table) edges() bool {
	pairs, most := map[[2]float64]bool{}, 0.0
	named := map[float64]bool{}
	for i := range t.rows() {
		row := t.row(i)
		if len(row) != 3 || row[2] < 0 {
			return false
		}
		low, high := min(row[0], row[1]), max(row[0], row[1])
		if low < 0 || low == high || low != math.Trunc(low) || high != math.Trunc(high) || pairs[[2]float64{low, high}] {
			return false
		}
		pairs[[2]float64{low, high}], named[low], named[high], most = true, true, true, max(most, high)
	}
	return t.rows() > 2 && float64(len(named)) == most+1
}

// readJSON reads an object with edges [i, j, weight] and, optionally, the number n of points. Other members are
// ignored.
func readJSON(data []byte) (*Graph, error) {
	var file struct {
		N     *int
		Edges *[]triple
	}
	if err := json.Unmarshal(data, &file); err != nil {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("byte %d: %w", syntax.Offset, err)
		case errors.As(err, &kind):
			return nil, fmt.Errorf("byte %d: %s where %s has another kind of value", kind.Offset, kind.Value, wantedJSON)
		}
		return nil, err
	}
	if file.Edges == nil {
		return nil, fmt.Errorf("it has no edges: want %s", wantedJSON)
	}
	where := func(k int) string { return fmt.Sprintf("edge %d, counted from 0", k) }
	edges := make([]Edge, 0, len(*file.Edges))
	for k, t := range *file.Edges {
		if len(t) != 3 || slices.Contains(t, nil) {
			return nil, fmt.Errorf("%s: want three numbers, i, j and weight", where(k))
		}
		e, err := newEdge([3]float64{*t[0], *t[1], *t[2]})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where(k), err)
		}
		edges = append(edges, e)
	}
	g, err := newGraph(edges, where)
	if err == nil && file.N != nil {
		if *file.N < g.N || *file.N > maxVertices {
			return nil, fmt.Errorf("n is %d: want %d, one more than the largest point in edges, to %d",
				*file.N, g.N, maxVertices)
		}
		g.N = *file.N
	}
	return g, err
}

const wantedJSON = `{"n": 3, "edges": [[0, 1, 0.5], ...]}`

// triple is an edge on its way in: nil where the file says null.
type triple []*float64

func newEdge(t [3]float64) (Edge, error) {
	for _, v := range t[:2] {
		if v != math.Trunc(v) || v < 0 || v >= maxVertices {
			return Edge{}, fmt.Errorf("point %v: want a whole number, 0 to %d", v, maxVertices-1)
		}
	}
	switch i, j, w := int32(t[0]), int32(t[1]), t[2]; {
	case i == j:
		return Edge{}, fmt.Errorf("joins point %d to itself: want two points", i)
	case w < 0:
		return Edge{}, fmt.Errorf("weight %v is negative: want 0 or more", w)
	default:
		return Edge{min(i, j), max(i, j), w}, nil
	}
}

// newGraph refuses a pair listed twice; where says in which place of the file edge k stands.
func newGraph(edges []Edge, where func(k int) string) (*Graph, error) {
	n := 0
	order := make([]int, len(edges))
	for k, e := range edges {
		n, order[k] = max(n, int(e.J)+1), k
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(edges[a].I, edges[b].I), cmp.Compare(edges[a].J, edges[b].J), cmp.Compare(a, b))
	})
	for k := 1; k < len(order); k++ {
		if a, b := edges[order[k-1]], edges[order[k]]; a.I == b.I && a.J == b.J {
			return nil, fmt.Errorf("%s: points %d and %d are joined already, by %s: want each pair once, in one direction",
				where(order[k]), a.I, a.J, where(order[k-1]))
		}
	}
	return &Graph{N: n, Edges: edges}, nil
}
