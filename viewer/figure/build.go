package figure

import (
	"fmt"
	"math"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/ui"
)

// Build says how points become a complex.
type Build struct {
	K      int     // neighbours of the mutual k-NN graph (section 4.2); 0: all pairs, the Vietoris-Rips complex
	Cutoff float64 // end of the filtration, data units; 0: the enclosing radius of all pairs, the longest edge of a k-NN graph
}

// MostPoints bounds what FromPoints takes: far more than a page can redraw at once.
const MostPoints = 1000

// manyTriangles is the number above which FromPoints keeps only triangles that matter.
const manyTriangles = 3000

// FromPoints computes the complex and its persistence in the page. Lengths are
// distances in the plane. Errors: too many points, a coordinate that is not finite, a
// negative K or Cutoff.
func FromPoints(pts []ui.Point, o Build) (*Shape, error) {
	if len(pts) > MostPoints { // before there is a matrix of their distances
		return nil, fmt.Errorf("figure: %d points: want at most %d; take a sample", len(pts), MostPoints)
	}
	xy := make([]float64, 0, 2*len(pts))
	for _, p := range pts {
		xy = append(xy, p.X, p.Y)
	}
	cloud, err := topology.NewCloud(xy, len(pts), 2)
	if err != nil {
		return nil, fmt.Errorf("figure: %w", err)
	}
	d, err := cloud.Distances()
	if err != nil {
		return nil, fmt.Errorf("figure: %w", err)
	}
	return FromDistances(d, pts, o)
}

// filtration is the graph that o asks for and where it ends.
func filtration(d topology.Distances, o Build) (graph *topology.Graph, epsMax float64) {
	epsMax = o.Cutoff
	if o.K == 0 {
		if epsMax == 0 {
			epsMax = topology.EnclosingRadius(d)
		}
		graph = topology.Rips(d, epsMax)
	} else {
		graph = topology.MutualKNN(d, o.K)
		if epsMax == 0 {
			epsMax = graph.EpsMax()
		}
		graph = graph.UpTo(epsMax)
	}
	if float32(epsMax) <= 0 { // no point, one, or all in one place
		epsMax = 1
	}
	return graph, epsMax
}

// fill lists the triangles. Where there are too many to draw it keeps, of those that
// enter with an edge, one for each component of the edge's link: the complex of these
// has the same components and loops at every eps (the reduced Vietoris-Rips complex
// of Koyama, Memoli, Robins and Turner), so that every loop is seen to be filled.
func (s *Shape) fill(graph *topology.Graph) {
	if list, complete := graph.Triangles(math.Inf(1), manyTriangles); complete {
		for _, t := range list {
			s.Triangles = append(s.Triangles, event.Triangle{I: int(t.I), J: int(t.J), K: int(t.K), Length: s.Edges[t.Edge].Length})
		}
		return
	}
	s.Reduced = true
	l := newLinks(len(s.Points))
	for _, e := range s.Edges {
		for _, w := range l.enter(e.I, e.J) {
			s.Triangles = append(s.Triangles, event.Triangle{I: e.I, J: e.J, K: w, Length: e.Length})
		}
	}
}

// takeBars gives the homology's bars the form of events.
func (s *Shape) takeBars() {
	ends := func(edge int) [2]int {
		if edge < 0 {
			return [2]int{}
		}
		return [2]int{s.Edges[edge].I, s.Edges[edge].J}
	}
	s.loopOf = map[int]int{}
	for degree, bars := range s.homology.Bars {
		for i, b := range bars {
			if degree == 1 {
				s.loopOf[len(s.Bars)] = i
			}
			bar := event.Bar{Degree: degree, Birth: float32(b.Birth), Death: float32(b.Death), Essential: b.Essential(),
				BirthEdge: ends(b.BirthEdge), DeathEdge: ends(b.DeathEdge)}
			if bar.Essential {
				bar.Death = s.EpsMax
			}
			s.Bars = append(s.Bars, bar)
		}
	}
}
