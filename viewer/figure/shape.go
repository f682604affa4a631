// Package figure draws persistent homology: a filtered complex on the plane, its
// barcode, diagram, Betti curves and persistence image, and the small charts beside
// them. Figures are values that a scene fills each frame, draws on a ui.Canvas and
// asks what lies under the pointer; what they answer is what they drew last. A Map
// and a Stack set the canvas's clip and lift it again.
//
//	shape := figure.FromSet(cloud.Real, cloud.EpsMax)
//	bars := figure.Barcode{Shape: shape, Focus: figure.At(eps)}
//	bars.Draw(c, ui.Rect{W: 300, H: 200}, theme)
//	plane.Focus.Hover = bars.BarAt(pointer) // a Map of the same shape: select in one, lit in all
//
// The pieces, one a file: shape (data), build (made in the page), complex (at one
// eps), loop (what a bar is made of); map, barcode, diagram, heat, betti, stack,
// spark (pictures); legend, tooltip, stroke, colour (shared by them).
package figure

import (
	"cmp"
	"math"
	"slices"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/ui"
)

// None stands for no bar, no point, no row.
const None = -1

// Focus is what the pictures of one shape show together: the present eps, the bar
// under the pointer and the one chosen. Bars count in Shape.Bars.
type Focus struct {
	Eps           float32
	Hover, Select int // None for none
}

// At returns a focus on eps with no bar in it.
func At(eps float32) Focus { return Focus{Eps: eps, Hover: None, Select: None} }

// Bar returns the bar to light up: the one under the pointer, or else the chosen
// one; None for neither.
func (f Focus) Bar() int {
	if f.Hover >= 0 {
		return f.Hover
	}
	return f.Select
}

// Shape is one filtered flag complex and its persistence, ready to be drawn. Points
// are places on a plane; lengths are the filtration's own and need not be distances
// between these places. It is not safe for concurrent use, since it keeps what it
// was asked last.
type Shape struct {
	Points    []ui.Point       // data units, y grows upwards
	Edges     []event.Edge     // ascending in length
	Triangles []event.Triangle // ascending in length; see Reduced
	Bars      []event.Bar
	EpsMax    float32 // end of the filtration, above 0
	Index     []int   // image each point stands for; nil: 0, 1, 2, ...
	Reduced   bool    // Triangles leaves out those that change neither components nor loops

	homology *topology.Homology // of the same order of edges; made when first needed
	loopOf   map[int]int        // by bar of degree 1: its number in homology.Bars[1]
	rings    map[int][][]int
	killers  map[int][3]int // death triangles; three equal points: none
	merging  struct {       // the answer to the last Merging
		asked       bool
		bar         int
		stays, goes []int
	}
	last *Complex // the answer to the last At
}

// FromSet takes one of the two sets of a cloud as event has decoded and checked it.
func FromSet(set event.Set, epsMax float32) *Shape {
	if !(epsMax > 0) || math.IsInf(float64(epsMax), 0) {
		epsMax = 1
	}
	return &Shape{Points: PointsOf(set.Points), Edges: set.Edges, Triangles: set.Triangles, Bars: set.Bars, EpsMax: epsMax, Index: set.Index}
}

// PointsOf pairs up coordinates x, y, x, y, ...
func PointsOf(xy []float32) []ui.Point {
	pts := make([]ui.Point, len(xy)/2)
	for i := range pts {
		pts[i] = ui.Point{X: float64(xy[2*i]), Y: float64(xy[2*i+1])}
	}
	return pts
}

// Image is the number within its class of the image that a point stands for.
func (s *Shape) Image(point int) int {
	if point >= 0 && point < len(s.Index) {
		return s.Index[point]
	}
	return point
}

// Events returns every eps in (0, EpsMax] at which a bar is born or dies, ascending
// and without repeats.
func (s *Shape) Events() []float32 {
	var out []float32
	for _, b := range s.Bars {
		if b.Birth > 0 && b.Birth <= s.EpsMax {
			out = append(out, b.Birth)
		}
		if !b.Essential && b.Death <= s.EpsMax {
			out = append(out, b.Death)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Alive reports whether a bar is there at eps: Birth <= eps < Death.
func Alive(b event.Bar, eps float32) bool { return b.Birth <= eps && (b.Essential || eps < b.Death) }

// Rows returns the bars of degree 0 and then 1, each by death, the bars that never
// die last; split is the number of the former. What is not a number is left out.
func (s *Shape) Rows() (rows []int, split int) {
	for i, b := range s.Bars {
		if b.Degree < 0 || b.Degree > 1 || !finite(ui.Point{X: float64(b.Birth), Y: float64(b.Death)}) {
			continue
		}
		if b.Degree == 0 {
			split++
		}
		rows = append(rows, i)
	}
	slices.SortStableFunc(rows, func(i, j int) int {
		a, b := s.Bars[i], s.Bars[j]
		return cmp.Or(cmp.Compare(a.Degree, b.Degree), cmp.Compare(end(a), end(b)), cmp.Compare(b.Birth, a.Birth))
	})
	return rows, split
}

// end is a bar's death, infinite for one that never dies.
func end(b event.Bar) float64 {
	if b.Essential {
		return math.Inf(1)
	}
	return float64(b.Death)
}

// Longest returns the bar of a degree that lives longest among those that die, None
// when none does.
func (s *Shape) Longest(degree int) int {
	best := None
	for i, b := range s.Bars {
		if b.Degree == degree && !b.Essential && (best < 0 || b.Death-b.Birth > s.Bars[best].Death-s.Bars[best].Birth) {
			best = i
		}
	}
	return best
}
