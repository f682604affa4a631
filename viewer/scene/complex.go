package scene

import (
	"slices"

	"reta/shared/event"
)

// Complex is the flag complex of one set of points at one eps: how much of the
// filtration has appeared, and its connected components by union-find.
type Complex struct {
	Edges      int   // the first Edges of Set.Edges are there
	Triangles  int   // the first Triangles of Set.Triangles
	Components int   // counted by union-find, to be equal to Betti 0
	Group      []int // colour group of each point: -1 alone, else 0, 1, 2, ... in order of birth
	Betti      [2]int
}

// NewComplex grows the filtration of a set up to eps. A component keeps its group as
// it grows; when two meet, the larger one's group stays, so colours are steady in eps.
func NewComplex(set event.Set, eps float32) Complex {
	n := set.Len()
	k := Complex{Components: n, Group: make([]int, n), Betti: [2]int{set.Betti(0, eps), set.Betti(1, eps)}}
	parent, size, group := make([]int, n), make([]int, n), make([]int, n)
	for i := range n {
		parent[i], size[i], group[i] = i, 1, -1
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	born := 0
	for _, e := range set.Edges {
		if e.Length > eps {
			break
		}
		k.Edges++
		a, b := find(e.I), find(e.J)
		if a == b {
			continue
		}
		if size[b] > size[a] || size[b] == size[a] && b < a {
			a, b = b, a
		}
		if group[a] < 0 {
			group[a] = born
			born++
		}
		parent[b] = a
		size[a] += size[b]
		k.Components--
	}
	for _, t := range set.Triangles {
		if t.Length > eps {
			break
		}
		k.Triangles++
	}
	for i := range n {
		k.Group[i] = group[find(i)]
	}
	return k
}

// Events returns every eps in (0, EpsMax] at which a bar of the set is born or dies,
// ascending and without repeats.
func Events(c event.Cloud, set event.Set) []float32 {
	var out []float32
	for _, b := range set.Bars {
		if b.Birth > 0 && b.Birth <= c.EpsMax {
			out = append(out, b.Birth)
		}
		if !b.Essential && b.Death <= c.EpsMax {
			out = append(out, b.Death)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
