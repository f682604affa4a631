package topology

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Bottleneck returns the bottleneck distance of two diagrams of one degree: the least delta for which their bars can
// be paired off so that births and deaths of a pair differ by at most delta, where a bar no longer than 2*delta may go
// without, to the diagonal. Bars that never die are paired among themselves; the distance is +Inf when their numbers
// differ. It is exact: the value returned is one of the differences and half lengths, to the last bit.
func Bottleneck(a, b []Bar) float64 {
	finiteA, essentialA := diagram(a)
	finiteB, essentialB := diagram(b)
	if len(essentialA) != len(essentialB) {
		return math.Inf(1)
	}
	least := 0.0
	for i, birth := range essentialA { // on a line the best pairing keeps the order
		least = max(least, math.Abs(birth-essentialB[i]))
	}
	most := least
	for _, p := range slices.Concat(finiteA, finiteB) {
		most = max(most, p.diagonal())
	}
	// Floats from 0 on are ordered like their bits, so that bisection ends at the least one that fits.
	low, high := math.Float64bits(least), math.Float64bits(most)
	for low < high {
		if middle := low + (high-low)/2; fits(finiteA, finiteB, math.Float64frombits(middle)) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return math.Float64frombits(low)
}

// point is a finite bar in the plane.
type point struct{ birth, death float64 }

// diagonal is the distance to the nearest bar of length zero.
func (p point) diagonal() float64 { return (p.death - p.birth) / 2 }

// diagram returns the finite bars in order of their death and the births of the others in order.
func diagram(bars []Bar) (finite []point, essential []float64) {
	for _, b := range bars {
		if math.IsInf(b.Death, 1) {
			essential = append(essential, b.Birth)
		} else {
			finite = append(finite, point{b.Birth, b.Death})
		}
	}
	slices.SortFunc(finite, func(p, q point) int { return cmp.Compare(p.death, q.death) })
	slices.Sort(essential)
	return finite, essential
}

// fits reports whether the diagrams are within delta. By Mendelsohn and Dulmage, a pairing that uses all far points of
// a and one that uses all far points of b make one that uses both, so that the two sides are looked at apart and the
// diagonal needs no points of its own.
func fits(a, b []point, delta float64) bool {
	return covers(a, b, delta) && covers(b, a, delta)
}

// covers reports whether the points of a that are further than delta from the diagonal can be paired with different
// points of b within delta of them: the algorithm of Hopcroft and Karp. Both are in order of death, so the candidates
// of a point are a run of b, and a search leaves out those it has seen in nearly constant time.
func covers(a, b []point, delta float64) bool {
	m := matching{a: a, b: b, delta: delta}
	m.owner, m.depth, m.next = make([]int, len(b)), make([]int, len(b)), make([]int, len(b)+1)
	for j := range m.owner {
		m.owner[j] = -1
	}
	var alone []int
	for i, p := range a {
		if p.diagonal() > delta {
			alone = append(alone, i)
		}
	}
	for len(alone) > 0 {
		if !m.layers(alone) {
			return false
		}
		m.unsee()
		left := alone[:0]
		for _, i := range alone {
			if !m.augment(i, 0) {
				left = append(left, i)
			}
		}
		alone = left
	}
	return true
}

// matching pairs points of a with points of b: owner[j] is the point of a that has j, or -1.
type matching struct {
	a, b  []point
	delta float64
	owner []int
	depth []int // of the layer in which j was found, -1 when it was not
	next  []int // next[j] >= j leads to the first point from j on that the present search has not seen
}

func (m *matching) unsee() {
	for j := range m.next {
		m.next[j] = j
	}
}

// unseen returns the first point from j on that has not been seen, len(b) when there is none.
func (m *matching) unseen(j int) int {
	for m.next[j] != j {
		m.next[j] = m.next[m.next[j]]
		j = m.next[j]
	}
	return j
}

// candidates calls visit with every unseen point of b that i may be paired with, until it returns false.
func (m *matching) candidates(i int, visit func(j int) bool) {
	p := m.a[i]
	from := sort.Search(len(m.b), func(j int) bool { return m.b[j].death-p.death >= -m.delta })
	for j := m.unseen(from); j < len(m.b) && m.b[j].death-p.death <= m.delta; j = m.unseen(j + 1) {
		if math.Abs(m.b[j].birth-p.birth) <= m.delta && !visit(j) {
			return
		}
	}
}

// layers finds the points of b by the number of steps of an alternating path from a point that is alone, down to the
// first layer with a free one. It reports whether there is one.
func (m *matching) layers(alone []int) (free bool) {
	m.unsee()
	for j := range m.depth {
		m.depth[j] = -1
	}
	for depth, front := 0, alone; len(front) > 0 && !free; depth++ {
		var further []int
		for _, i := range front {
			m.candidates(i, func(j int) bool {
				m.next[j], m.depth[j] = j+1, depth
				if m.owner[j] < 0 {
					free = true
				} else {
					further = append(further, m.owner[j])
				}
				return true
			})
		}
		front = further
	}
	return free
}

// augment gives i a partner along a path that goes down one layer at a step, and reports whether there was one.
func (m *matching) augment(i, depth int) (paired bool) {
	m.candidates(i, func(j int) bool {
		if m.depth[j] != depth {
			return true
		}
		m.next[j] = j + 1
		if m.owner[j] < 0 || m.augment(m.owner[j], depth+1) {
			m.owner[j], paired = i, true
		}
		return !paired
	})
	return paired
}
