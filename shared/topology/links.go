package topology

import "math/bits"

// links is a graph that grows edge by edge, each with its class. The link of an edge {u,v} is made of the common
// neighbours w of u and v, each the third corner of a triangle {u,w,v}, and of the edges among them, all as far as they
// were joined before.
//
// Rows of n bits hold the neighbours of n points, a table the classes of the edges between them: a step to all
// neighbours of a point takes n/64 words however few they are, and the whole takes 2n^2 bytes. One of two other forms
// stands in where points fit a word, or where edges are few for the points; not behind an interface, whose calls would
// cost a small graph as much as the work and keep it from the stack.
type links struct {
	few   *fewLinks // nil for many points
	lists *lists    // nil for many edges

	words   int      // of a row
	rows    []uint64 // bit w of row v: {v,w} was joined
	classes []sum    // by pair, meaningful once it was joined
	degree  []int32  // by point
	link    []uint64 // corners of the link at hand that are in no component returned so far
	front   []uint64 // those of the component at hand whose neighbours were not looked at
	u, v    int32    // the ends of the edge at hand
	w       int32    // the corner returned last, -1 for none
}

// newLinks chooses a form for the edges of g, none of which is joined yet. Few points live in room.
func newLinks(g *Graph, room *fewLinks) links {
	switch {
	case g.N <= few:
		room.all = 1<<g.N - 1
		return links{few: room}
	case dense(g.N, len(g.Edges)):
		return newRows(g.N)
	}
	return links{lists: newLists(g)}
}

// dense reports whether a bit for each pair of n points takes less memory than a word for each edge.
func dense(n, edges int) bool { return n <= MaxMatrix && n*n <= 128*edges }

func newRows(n int) links {
	words := (n + 63) / 64
	rows := make([]uint64, (n+2)*words)
	return links{
		words: words, rows: rows[2*words:], classes: make([]sum, n*(n-1)/2), degree: make([]int32, n),
		link: rows[:words:words], front: rows[words : 2*words : 2*words],
	}
}

// join adds the edge {u,v}, u < v, with its class, and reports whether u or v sees all other points now.
func (l *links) join(u, v int32, class sum) (cone bool) {
	switch {
	case l.few != nil:
		return l.few.join(u, v, class)
	case l.lists != nil:
		return l.lists.join(u, v, class)
	}
	rows, degree := l.rows, l.degree
	rows[int(u)*l.words+int(v>>6)] |= 1 << (v & 63)
	rows[int(v)*l.words+int(u>>6)] |= 1 << (u & 63)
	l.classes[pair(u, v)] = class
	du, dv := degree[u]+1, degree[v]+1
	degree[u], degree[v] = du, dv
	return int(max(du, dv)) == len(degree)-1
}

// meet looks at the link of {u,v}, u < v, and returns the classes of {u,w} and {w,v} for the lowest corner w in it; ok is
// false when there is none.
func (l *links) meet(u, v int32) (uw, wv sum, ok bool) {
	switch {
	case l.few != nil:
		return l.few.meet(u, v)
	case l.lists != nil:
		return l.lists.meet(u, v)
	}
	nu, nv, link := l.row(u), l.row(v), l.link
	for i, word := range nu[:len(link)] {
		link[i] = word & nv[i]
	}
	l.u, l.v = u, v
	return l.take()
}

func (l *links) row(v int32) []uint64 { return l.rows[int(v)*l.words:][:l.words] }

// take moves on to the lowest corner left.
func (l *links) take() (uw, wv sum, ok bool) {
	u, v := l.u, l.v
	for i, word := range l.link {
		if word != 0 {
			l.link[i] = word & (word - 1)
			w := int32(i<<6 + bits.TrailingZeros64(word))
			l.w = w
			return l.classes[pair(min(u, w), max(u, w))], l.classes[pair(min(w, v), max(w, v))], true
		}
	}
	l.w = -1
	return 0, 0, false
}

// further returns the same for the lowest corner in each further component of the link last met, one a call.
func (l *links) further() (uw, wv sum, ok bool) {
	switch {
	case l.few != nil:
		return l.few.further()
	case l.lists != nil:
		return l.lists.further()
	}
	link, front := l.link, l.front[:len(l.link)]
	seen := uint64(0) // mask of front: it holds nothing at first
	for x := l.w; x >= 0; {
		row := l.row(x)[:len(link)]
		x = -1
		left := uint64(0)
		for i, word := range link {
			reached := word & row[i]
			word &^= reached
			link[i] = word
			left |= word
			reached |= front[i] & seen
			if reached != 0 && x < 0 {
				x = int32(i<<6 + bits.TrailingZeros64(reached))
				reached &= reached - 1
			}
			front[i] = reached
		}
		if left == 0 {
			l.w = -1
			return 0, 0, false
		}
		seen = ^uint64(0)
	}
	return l.take()
}

// pair numbers the pairs u < v of points.
func pair(u, v int32) int { return int(v)*int(v-1)/2 + int(u) }
