package topology

import "math/bits"

// links is a graph that grows edge by edge, each with its class. The link of an edge {u,v} is made of the common
// neighbours w of u and v, each the third corner of a triangle {u,w,v}, and of the edges among them, all as far as they
// were joined before.
//
// Rows of n bits hold the neighbours of n points, a table the classes of the edges between them: to visit all
// neighbours of a point takes n/64 words however few they are, and the whole takes 2n^2 bytes. One of two other forms
// stands in where points fit a word, or where edges are few for the points; not behind an interface, whose calls would
// cost a small graph as much as the work and keep it from the stack.
type links struct {
	small  *smallLinks  // nil for many points
	sparse *sparseLinks // nil for many edges

	words   int      // of a row
	rows    []uint64 // bit w of row v: {v,w} was joined
	classes []sum    // by pair, meaningful once it was joined
	degree  []int32  // by point
	link    []uint64 // corners of the link at hand that are in no component returned so far
	front   []uint64 // those of the component at hand whose neighbours were not looked at
	u, v    int32    // the ends of the edge at hand
	w       int32    // the corner returned last, -1 for none
}

// newLinks chooses a form for the edges of g, none of which is joined yet. Few points live in buffer.
func newLinks(g *Graph, buffer *smallLinks) links {
	switch {
	case g.N <= few:
		buffer.all = 1<<g.N - 1
		return links{small: buffer}
	case dense(g.N, len(g.Edges)):
		return newDenseLinks(g.N)
	}
	return links{sparse: newSparseLinks(g)}
}

// add adds the edge {u,v}, u < v, with its class, and reports whether u or v sees all other points now.
func (l *links) add(u, v int32, class sum) (cone bool) {
	switch {
	case l.small != nil:
		return l.small.add(u, v, class)
	case l.sparse != nil:
		return l.sparse.add(u, v, class)
	}
	rows, degree := l.rows, l.degree
	rows[int(u)*l.words+int(v>>6)] |= 1 << (v & 63)
	rows[int(v)*l.words+int(u>>6)] |= 1 << (u & 63)
	l.classes[pair(u, v)] = class
	du, dv := degree[u]+1, degree[v]+1
	degree[u], degree[v] = du, dv
	return int(max(du, dv)) == len(degree)-1
}

// first looks at the link of {u,v}, u < v, and returns the classes of {u,w} and {w,v} for the lowest corner w in it; ok is
// false when there is none.
func (l *links) first(u, v int32) (uw, wv sum, ok bool) {
	switch {
	case l.small != nil:
		return l.small.first(u, v)
	case l.sparse != nil:
		return l.sparse.first(u, v)
	}
	nu, nv, link := l.row(u), l.row(v), l.link
	for i, word := range nu[:len(link)] {
		link[i] = word & nv[i]
	}
	l.u, l.v = u, v
	return l.lowest()
}

// next returns the same for the lowest corner in each further component of the link last looked at, one a call.
func (l *links) next() (uw, wv sum, ok bool) {
	switch {
	case l.small != nil:
		return l.small.next()
	case l.sparse != nil:
		return l.sparse.next()
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
	return l.lowest()
}

func newDenseLinks(n int) links {
	words := (n + 63) / 64
	rows := make([]uint64, (n+2)*words)
	return links{
		words: words, rows: rows[2*words:], classes: make([]sum, n*(n-1)/2), degree: make([]int32, n),
		link: rows[:words:words], front: rows[words : 2*words : 2*words],
	}
}

func (l *links) row(v int32) []uint64 { return l.rows[int(v)*l.words:][:l.words] }

// lowest moves on to the lowest corner left.
func (l *links) lowest() (uw, wv sum, ok bool) {
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

// smallLinks are the links of few points: a word a row, and all of it on the stack. Points are cut to those below few, which
// they are anyway, so that no index is checked.
type smallLinks struct {
	rows    [few]uint64    // bit w of row v: {v,w} was joined
	classes [few * few]sum // by ordered pair
	all     uint64         // a bit for each point
	link    uint64         // corners of the link at hand that are in no component returned so far
	u, v    int32          // the ends of the edge at hand
	w       int32          // the corner returned last
}

func (l *smallLinks) add(u, v int32, class sum) (cone bool) {
	u, v = u&(few-1), v&(few-1)
	l.classes[u*few+v], l.classes[v*few+u] = class, class
	nu, nv := l.rows[u]|1<<v, l.rows[v]|1<<u
	l.rows[u], l.rows[v] = nu, nv
	return nu|1<<u == l.all || nv|1<<v == l.all
}

func (l *smallLinks) first(u, v int32) (uw, wv sum, ok bool) {
	u, v = u&(few-1), v&(few-1)
	link := l.rows[u] & l.rows[v]
	if link == 0 {
		l.link = 0
		return 0, 0, false
	}
	w := int32(bits.TrailingZeros64(link))
	l.u, l.v, l.w, l.link = u, v, w, link&(link-1)
	return l.classes[u*few+w], l.classes[v*few+w], true
}

func (l *smallLinks) next() (uw, wv sum, ok bool) {
	link := l.link
	for front := uint64(1) << l.w; front != 0 && link != 0; {
		reached := link & l.rows[bits.TrailingZeros64(front)&(few-1)]
		link &^= reached
		front = front&(front-1) | reached
	}
	l.link = link & (link - 1)
	if link == 0 {
		return 0, 0, false
	}
	l.w = int32(bits.TrailingZeros64(link))
	return l.classes[l.u*few+l.w], l.classes[l.v*few+l.w], true
}

// sparseLinks are the links of a graph with few edges for its points: each point has a list of its neighbours in the order in
// which they were joined.
type sparseLinks struct {
	from, to []int32     // by point: where its list begins, and ends so far
	steps    []neighbour // all lists
	hints    []uint64    // by point: bit w%64 for each neighbour w, to see at once that two points have none in common
	marks    []neighbour // by point w, with the class of {u,w}: now for a corner in no component returned so far, -now for the rest of u's
	link     []corner    // all of the link at hand
	left     int         // corners in no component returned so far
	front    []int32     // those of the component at hand whose neighbours were not looked at
	now      int32       // how many links were looked at
}

// neighbour leads to a point along an edge of a class.
type neighbour struct {
	point int32
	class sum
}

// corner is a vertex of a link with the classes of the two edges to it.
type corner struct {
	w      int32
	uw, wv sum
}

func newSparseLinks(g *Graph) *sparseLinks {
	numbers := make([]int32, 2*g.N+1)
	steps := make([]neighbour, g.N+2*len(g.Edges))
	l := &sparseLinks{
		from: numbers[:g.N+1], to: numbers[g.N+1:], hints: make([]uint64, g.N), marks: steps[:g.N], steps: steps[g.N:],
	}
	for _, e := range g.Edges {
		l.from[e.I+1]++
		l.from[e.J+1]++
	}
	for v := range g.N {
		l.to[v] = l.from[v]
		l.from[v+1] += l.from[v]
	}
	return l
}

func (l *sparseLinks) near(v int32) []neighbour { return l.steps[l.from[v]:l.to[v]] }

func (l *sparseLinks) add(u, v int32, class sum) (cone bool) {
	l.append(u, neighbour{v, class})
	l.append(v, neighbour{u, class})
	return max(len(l.near(u)), len(l.near(v))) == len(l.to)-1
}

func (l *sparseLinks) append(u int32, s neighbour) {
	l.steps[l.to[u]] = s
	l.to[u]++
	l.hints[u] |= 1 << (s.point & 63)
}

func (l *sparseLinks) first(u, v int32) (uw, wv sum, ok bool) {
	l.now++
	l.link = l.link[:0]
	if l.hints[u]&l.hints[v] != 0 {
		l.search(u, v)
	}
	l.left = len(l.link)
	return l.lowest()
}

// search finds the link of {u,v}.
func (l *sparseLinks) search(u, v int32) {
	marks, now := l.marks, l.now
	for _, s := range l.near(u) {
		marks[s.point] = neighbour{-now, s.class}
	}
	for _, s := range l.near(v) {
		if m := &marks[s.point]; m.point == -now {
			m.point = now
			l.link = append(l.link, corner{s.point, m.class, s.class})
		}
	}
}

// lowest moves on to the lowest corner left.
func (l *sparseLinks) lowest() (uw, wv sum, ok bool) {
	l.front = l.front[:0]
	if l.left == 0 {
		return 0, 0, false
	}
	low := corner{w: -1}
	for _, c := range l.link {
		if l.marks[c.w].point == l.now && uint32(c.w) < uint32(low.w) {
			low = c
		}
	}
	l.reach(low.w)
	return low.uw, low.wv, true
}

func (l *sparseLinks) reach(w int32) {
	l.marks[w].point = 0
	l.left--
	l.front = append(l.front, w)
}

func (l *sparseLinks) next() (uw, wv sum, ok bool) {
	for len(l.front) > 0 && l.left > 0 {
		x := l.front[len(l.front)-1]
		l.front = l.front[:len(l.front)-1]
		for _, s := range l.near(x) {
			if l.marks[s.point].point == l.now {
				l.reach(s.point)
			}
		}
	}
	return l.lowest()
}
