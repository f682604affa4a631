package figure

// Complex is a shape at one eps: how much of the filtration has appeared, and its
// connected components by union-find.
type Complex struct {
	Eps        float32
	Edges      int    // the first Edges of Shape.Edges are there
	Triangles  int    // the first Triangles of Shape.Triangles
	Components int    // counted by union-find, to be equal to Betti[0]
	Group      []int  // colour group of each point: -1 alone, else 0, 1, 2, ... in order of birth
	Betti      [2]int // bars alive
}

// At grows the filtration up to eps. A component keeps its group as it grows; when
// two meet, the larger one's group stays, so colours are steady in eps. The answer is
// kept until another eps is asked for; its Group is not to be changed.
func (s *Shape) At(eps float32) Complex {
	if s.last != nil && s.last.Eps == eps {
		return *s.last
	}
	n := len(s.Points)
	k := Complex{Eps: eps, Components: n, Group: make([]int, n)}
	for _, b := range s.Bars {
		if b.Degree >= 0 && b.Degree < 2 && Alive(b, eps) {
			k.Betti[b.Degree]++
		}
	}
	sets, group := newForest(n), make([]int, n)
	for i := range group {
		group[i] = -1
	}
	born := 0
	for _, e := range s.Edges {
		if e.Length > eps {
			break
		}
		k.Edges++
		a, _, merged := sets.union(e.I, e.J)
		if !merged {
			continue
		}
		if group[a] < 0 {
			group[a] = born
			born++
		}
		k.Components--
	}
	for _, t := range s.Triangles {
		if t.Length > eps {
			break
		}
		k.Triangles++
	}
	for i := range n {
		k.Group[i] = group[sets.find(i)]
	}
	s.last = &k
	return k
}

// forest is union-find by size.
type forest struct{ parent, size []int }

func newForest(n int) forest {
	f := forest{make([]int, n), make([]int, n)}
	for i := range n {
		f.parent[i], f.size[i] = i, 1
	}
	return f
}

func (f forest) find(i int) int {
	for f.parent[i] != i {
		f.parent[i] = f.parent[f.parent[i]]
		i = f.parent[i]
	}
	return i
}

// union joins two sets and returns the root that stays, the larger set's, and the one
// that goes.
func (f forest) union(i, j int) (stays, goes int, merged bool) {
	a, b := f.find(i), f.find(j)
	if a == b {
		return a, b, false
	}
	if f.size[b] > f.size[a] || f.size[b] == f.size[a] && b < a {
		a, b = b, a
	}
	f.parent[b] = a
	f.size[a] += f.size[b]
	return a, b, true
}

// Hollow is s without its triangles: its graph, whose bars are still those of s.
func (s *Shape) Hollow() *Shape {
	return &Shape{Points: s.Points, Edges: s.Edges, Bars: s.Bars, EpsMax: s.EpsMax, Index: s.Index}
}
