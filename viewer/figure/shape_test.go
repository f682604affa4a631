package figure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reta/shared/event"
	"reta/viewer/ui"
)

// square is a square of side 1 with one diagonal of 1.4 and a far point: worked by hand.
func square() event.Set {
	return event.Set{
		Points: []float32{0, 0, 1, 0, 1, 1, 0, 1, 5, 5},
		Edges: []event.Edge{{I: 0, J: 1, Length: 1}, {I: 1, J: 2, Length: 1}, {I: 2, J: 3, Length: 1}, {I: 0, J: 3, Length: 1},
			{I: 0, J: 2, Length: 1.4}},
		Triangles: []event.Triangle{{I: 0, J: 1, K: 2, Length: 1.4}, {I: 0, J: 2, K: 3, Length: 1.4}},
		Bars: []event.Bar{{Death: 1, DeathEdge: [2]int{0, 1}}, {Death: 1, DeathEdge: [2]int{1, 2}}, {Death: 1, DeathEdge: [2]int{2, 3}},
			{Death: 2, Essential: true}, {Death: 2, Essential: true},
			{Degree: 1, Birth: 1, Death: 1.4, BirthEdge: [2]int{0, 3}, DeathEdge: [2]int{0, 2}}},
	}
}

// scatter is n points around a ring, or without order when noise is large.
func scatter(n int, noise float64, seed uint64) []ui.Point {
	rng := rand.New(rand.NewPCG(seed, 1))
	pts := make([]ui.Point, n)
	for i := range pts {
		a := 2 * math.Pi * rng.Float64()
		pts[i] = ui.Point{X: math.Cos(a) + noise*rng.NormFloat64(), Y: math.Sin(a) + noise*rng.NormFloat64()}
	}
	return pts
}

func build(t testing.TB, pts []ui.Point, o Build) *Shape {
	t.Helper()
	s, err := FromPoints(pts, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestComplexOfASquare(t *testing.T) {
	s := FromSet(square(), 2)
	for _, c := range []Complex{
		{0, 0, 0, 5, []int{-1, -1, -1, -1, -1}, [2]int{5, 0}},
		{0.99, 0, 0, 5, []int{-1, -1, -1, -1, -1}, [2]int{5, 0}},
		{1, 4, 0, 2, []int{0, 0, 0, 0, -1}, [2]int{2, 1}},
		{1.39, 4, 0, 2, []int{0, 0, 0, 0, -1}, [2]int{2, 1}},
		{1.4, 5, 2, 2, []int{0, 0, 0, 0, -1}, [2]int{2, 0}},
	} {
		k := s.At(c.Eps)
		if k.Edges != c.Edges || k.Triangles != c.Triangles || k.Components != c.Components || k.Betti != c.Betti || !slices.Equal(k.Group, c.Group) {
			t.Errorf("eps %v: %+v, want %+v", c.Eps, k, c)
		}
	}
	if got := s.Events(); !slices.Equal(got, []float32{1, 1.4}) {
		t.Errorf("events %v", got)
	}
	if got := FromSet(square(), 1.2).Events(); !slices.Equal(got, []float32{1}) {
		t.Errorf("events up to 1.2: %v", got)
	}
}

// When two components meet the larger keeps its colour, whichever was born first.
func TestGroupsAreSteady(t *testing.T) {
	s := FromSet(event.Set{Points: make([]float32, 10), Edges: []event.Edge{
		{I: 0, J: 1, Length: 1}, {I: 2, J: 3, Length: 2}, {I: 3, J: 4, Length: 3}, {I: 1, J: 2, Length: 4}}}, 4)
	for eps, want := range map[float32][]int{2: {0, 0, 1, 1, -1}, 3: {0, 0, 1, 1, 1}, 4: {1, 1, 1, 1, 1}} {
		if got := s.At(eps).Group; !slices.Equal(got, want) {
			t.Errorf("eps %v: groups %v, want %v", eps, got, want)
		}
	}
}

func TestSquareIsMadeOf(t *testing.T) {
	s := FromSet(square(), 2)
	rings := s.Loop(5)
	if len(rings) != 1 || len(rings[0]) != 4 {
		t.Fatalf("loop %v, want the four corners", rings)
	}
	if i, j, ok := s.BirthEdge(5); !ok || i != 0 || j != 3 {
		t.Errorf("birth edge %d %d %v", i, j, ok)
	}
	if i, j, k, ok := s.DeathTriangle(5); !ok || i != 0 || j != 2 || k != 3 {
		t.Errorf("death triangle %d %d %d %v, want 0 2 3", i, j, k, ok)
	}
	if stays, goes := s.Merging(1); !slices.Equal(stays, []int{0, 1}) || !slices.Equal(goes, []int{2}) {
		t.Errorf("merging %v and %v", stays, goes)
	}
	for _, bar := range []int{None, 0, 3, 6, 99} {
		if s.Loop(bar) != nil {
			t.Errorf("bar %d has a loop", bar)
		}
		if _, _, _, ok := s.DeathTriangle(bar); ok {
			t.Errorf("bar %d has a death triangle", bar)
		}
	}
	if _, _, ok := s.DeathEdge(3); ok {
		t.Error("an essential bar has a death edge")
	}
}

// cases are complexes of both kinds, made in the page and told by events.
func cases(t testing.TB) map[string]*Shape {
	out := map[string]*Shape{
		"ring":    build(t, scatter(60, 0.08, 1), Build{}),
		"cloud":   build(t, scatter(80, 0.6, 2), Build{}),
		"knn":     build(t, scatter(90, 0.15, 3), Build{K: 6}),
		"cut":     build(t, scatter(70, 0.2, 4), Build{Cutoff: 0.5}),
		"grid":    build(t, grid(7), Build{}), // full of ties
		"gridknn": build(t, grid(6), Build{K: 4}),
		"twice":   build(t, append(scatter(20, 0.1, 5), scatter(20, 0.1, 5)...), Build{}),
	}
	for _, name := range []string{"ring", "knn", "grid"} {
		s := out[name]
		set := event.Set{Edges: s.Edges, Triangles: s.Triangles, Bars: s.Bars}
		for _, p := range s.Points {
			set.Points = append(set.Points, float32(p.X), float32(p.Y))
		}
		out[name+" told"] = FromSet(set, s.EpsMax)
	}
	return out
}

func grid(n int) (pts []ui.Point) {
	for i := range n * n {
		pts = append(pts, ui.Point{X: float64(i % n), Y: float64(i / n)})
	}
	return pts
}

func TestUnionFindAgreesWithBetti(t *testing.T) {
	for name, s := range cases(t) {
		for i := range 200 {
			eps := s.EpsMax * float32(i) / 199
			if k := s.At(eps); k.Components != k.Betti[0] {
				t.Errorf("%s at %v: %d components, Betti number %d", name, eps, k.Components, k.Betti[0])
			}
		}
		for _, eps := range s.Events() {
			if k := s.At(eps); k.Components != k.Betti[0] {
				t.Errorf("%s at event %v: %d components, Betti number %d", name, eps, k.Components, k.Betti[0])
			}
		}
	}
}

// The triangles that are drawn must fill what the bars say is filled: the Euler
// characteristic's other side, by linear algebra over Z/2.
func TestTrianglesFillTheLoops(t *testing.T) {
	for name, s := range cases(t) {
		for _, share := range []float32{0.2, 0.35, 0.5, 0.8, 1} {
			k := s.At(s.EpsMax * share)
			edges, n := map[[2]int]int{}, len(s.Points)
			for i, e := range s.Edges[:k.Edges] {
				edges[sorted([2]int{e.I, e.J})] = i
			}
			rank, columns := 0, map[int][]int{}
			for _, f := range s.Triangles[:k.Triangles] {
				column := []int{edges[sorted([2]int{f.I, f.J})], edges[sorted([2]int{f.J, f.K})], edges[sorted([2]int{f.I, f.K})]}
				for slices.Sort(column); len(column) > 0; {
					top := column[len(column)-1]
					if columns[top] == nil {
						columns[top] = column
						rank++
						break
					}
					column = symmetric(column, columns[top])
				}
			}
			if loops := k.Edges - (n - k.Components) - rank; loops != k.Betti[1] {
				t.Errorf("%s at %v: the triangles leave %d loops open, Betti number %d", name, k.Eps, loops, k.Betti[1])
			}
		}
	}
}

// symmetric adds two sorted columns over Z/2.
func symmetric(a, b []int) (out []int) {
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			out, i = append(out, a[i]), i+1
		case i == len(a) || b[j] < a[i]:
			out, j = append(out, b[j]), j+1
		default:
			i, j = i+1, j+1
		}
	}
	return out
}

func TestLoopsAreCyclesAtBirth(t *testing.T) {
	loops := 0
	for name, s := range cases(t) {
		length := map[[2]int]float32{}
		for _, e := range s.Edges {
			length[sorted([2]int{e.I, e.J})] = e.Length
		}
		for bar, b := range s.Bars {
			if b.Degree != 1 {
				continue
			}
			loops++
			through := 0
			for _, ring := range s.Loop(bar) {
				if len(ring) < 3 {
					t.Errorf("%s bar %d: ring %v", name, bar, ring)
				}
				for i, p := range ring {
					e := sorted([2]int{p, ring[(i+1)%len(ring)]})
					if l, ok := length[e]; !ok || l > b.Birth {
						t.Errorf("%s bar %d: edge %v of length %v is not there at birth %v", name, bar, e, l, b.Birth)
					}
					if e == sorted(b.BirthEdge) {
						through++
					}
				}
			}
			if through != 1 {
				t.Errorf("%s bar %d: %d rings run along the birth edge, want 1", name, bar, through)
			}
			if b.Essential {
				continue
			}
			i, j, k, ok := s.DeathTriangle(bar)
			if !ok {
				t.Errorf("%s bar %d: no death triangle", name, bar)
				continue
			}
			a, e1, e2 := length[sorted([2]int{i, j})], length[sorted([2]int{j, k})], length[sorted([2]int{i, k})]
			if a != b.Death || e1 > a || e2 > a || e1 == 0 || e2 == 0 || sorted([2]int{i, j}) != sorted(b.DeathEdge) {
				t.Errorf("%s bar %d: triangle %d %d %d with sides %v %v %v, death %v by %v", name, bar, i, j, k, a, e1, e2, b.Death, b.DeathEdge)
			}
		}
	}
	if loops < 20 {
		t.Errorf("only %d loops were looked at", loops)
	}
}

func TestFromPointsRefuses(t *testing.T) {
	nan := math.NaN()
	for name, f := range map[string]func() (*Shape, error){
		"a coordinate that is no number": func() (*Shape, error) { return FromPoints([]ui.Point{{X: nan}}, Build{}) },
		"K below 0":                      func() (*Shape, error) { return FromPoints(nil, Build{K: -1}) },
		"a cut-off that is no number":    func() (*Shape, error) { return FromPoints(nil, Build{Cutoff: nan}) },
		"too many":                       func() (*Shape, error) { return FromPoints(make([]ui.Point, MostPoints+1), Build{}) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for n := range 3 { // none, one, two in one place
		s := build(t, make([]ui.Point, n), Build{})
		if k := s.At(0); s.EpsMax != 1 || k.Components != min(n, 1) || k.Components != k.Betti[0] {
			t.Errorf("%d points in one place: eps_max %v, %+v", n, s.EpsMax, k)
		}
	}
}

func BenchmarkFromPoints(b *testing.B) {
	pts := scatter(100, 0.3, 9)
	for b.Loop() {
		build(b, pts, Build{})
	}
}
