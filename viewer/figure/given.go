package figure

import (
	"fmt"
	"math"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/ui"
)

// FromDistances computes the complex of points that need not lie in a plane: lengths
// are the distances d, places are only where the points are drawn. Errors: another
// number of places than of points, and those of FromPoints.
func FromDistances(d topology.Distances, places []ui.Point, o Build) (*Shape, error) {
	switch {
	case d.N != len(places):
		return nil, fmt.Errorf("figure: %d places for %d points: want one for each", len(places), d.N)
	case d.N > MostPoints:
		return nil, fmt.Errorf("figure: %d points: want at most %d; take a sample", d.N, MostPoints)
	case o.K < 0:
		return nil, fmt.Errorf("figure: K = %d: want 0 for all pairs, or a number of neighbours", o.K)
	case !(o.Cutoff >= 0) || math.IsInf(o.Cutoff, 1):
		return nil, fmt.Errorf("figure: Cutoff = %v: want 0 to choose one, or a distance", o.Cutoff)
	}
	graph, epsMax := filtration(d, o)
	return fromGraph(graph, places, epsMax), nil
}

// FromGraph computes the flag complex of a weighted graph; places are where its points
// are drawn. Cutoff is the end of the filtration, 0 for the largest weight. Errors:
// another number of places than of points, too many points, a negative Cutoff.
func FromGraph(g *topology.Graph, places []ui.Point, cutoff float64) (*Shape, error) {
	switch {
	case g.N != len(places):
		return nil, fmt.Errorf("figure: %d places for %d points: want one for each", len(places), g.N)
	case g.N > MostPoints:
		return nil, fmt.Errorf("figure: %d points: want at most %d; take a part of the graph", g.N, MostPoints)
	case !(cutoff >= 0) || math.IsInf(cutoff, 1):
		return nil, fmt.Errorf("figure: Cutoff = %v: want 0 for the largest weight, or a length", cutoff)
	}
	if cutoff == 0 {
		cutoff = g.EpsMax()
	}
	if !(float32(cutoff) > 0) || math.IsInf(float64(float32(cutoff)), 0) {
		cutoff = 1
	}
	return fromGraph(g.UpTo(cutoff), places, cutoff), nil
}

// fromGraph is the shape of a filtration that ends at epsMax.
func fromGraph(graph *topology.Graph, places []ui.Point, epsMax float64) *Shape {
	s := &Shape{Points: append([]ui.Point(nil), places...), EpsMax: float32(epsMax), homology: topology.Persistence(graph)}
	s.Edges = make([]event.Edge, 0, len(graph.Edges))
	for _, e := range graph.Edges {
		s.Edges = append(s.Edges, event.Edge{I: int(e.I), J: int(e.J), Length: float32(e.Weight)})
	}
	s.fill(graph)
	s.takeBars()
	return s
}
