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

// readEdges reads an edge a line, "i j weight", as eachRow splits them. There are as many points as the largest number
// says; points behind it that no edge names are not known of.
func readEdges(data []byte) (Graph, error) {
	var edges []Edge
	var lines []int
	err := eachRow(data, func(line int, fields []string) error {
		if len(fields) != 3 {
			return fmt.Errorf("line %d has %s: want three, i j weight", line, count(len(fields), "column"))
		}
		var triple [3]float64
		for j, field := range fields {
			v, err := number(field)
			if err != nil {
				return fmt.Errorf("line %d, column %d: %w", line, j+1, err)
			}
			triple[j] = v
		}
		e, err := newEdge(triple)
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		edges, lines = append(edges, e), append(lines, line)
		return nil
	})
	switch {
	case err != nil:
		return Graph{}, err
	case len(edges) == 0:
		return Graph{}, errors.New("there is no edge in it: want a line for each, i j weight")
	}
	return newGraph(edges, func(k int) string { return fmt.Sprintf("line %d", lines[k]) })
}

// readJSON reads an object with edges [i, j, weight] and, optionally, the number n of points. Other members are
// ignored.
func readJSON(data []byte) (Graph, error) {
	var file struct {
		N     *int
		Edges *[]triple
	}
	if err := json.Unmarshal(data, &file); err != nil {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return Graph{}, fmt.Errorf("byte %d: %w", syntax.Offset, err)
		case errors.As(err, &kind):
			return Graph{}, fmt.Errorf("byte %d: %s where %s has another kind of value", kind.Offset, kind.Value, wantedJSON)
		}
		return Graph{}, err
	}
	if file.Edges == nil {
		return Graph{}, fmt.Errorf("it has no edges: want %s", wantedJSON)
	}
	where := func(k int) string { return fmt.Sprintf("edge %d, counted from 0", k) }
	edges := make([]Edge, 0, len(*file.Edges))
	for k, t := range *file.Edges {
		if len(t) != 3 || slices.Contains(t, nil) {
			return Graph{}, fmt.Errorf("%s: want three numbers, i, j and weight", where(k))
		}
		e, err := newEdge([3]float64{*t[0], *t[1], *t[2]})
		if err != nil {
			return Graph{}, fmt.Errorf("%s: %w", where(k), err)
		}
		edges = append(edges, e)
	}
	g, err := newGraph(edges, where)
	if err == nil && file.N != nil {
		if *file.N < g.N || *file.N > maxVertices {
			return Graph{}, fmt.Errorf("n is %d: want %d, one more than the largest point in edges, to %d",
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
func newGraph(edges []Edge, where func(k int) string) (Graph, error) {
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
			return Graph{}, fmt.Errorf("%s: points %d and %d are joined already, by %s: want each pair once, in one direction",
				where(order[k]), a.I, a.J, where(order[k-1]))
		}
	}
	return Graph{N: n, Edges: edges}, nil
}
