package topology

import "math/bits"

// bitRows are the links of a graph with many edges for its n points: n rows of n bits hold the neighbours, a table the
// edges between them.
type bitRows struct {
	words int      // of a row
	rows  []uint64 // bit w of row v: {v,w} has entered
	edges []int32  // by pair, meaningful once it has entered
	link  []uint64 // corners of the link at hand that are in no component returned so far
	front []uint64 // those of the component at hand whose neighbours were not looked at
	u, v  int32    // the edge at hand
	w     int32    // the corner returned last, -1 for none
}

func newBitRows(n int) *bitRows {
	words := (n + 63) / 64
	rows := make([]uint64, (n+2)*words)
	return &bitRows{
		words: words, rows: rows[2*words:], edges: make([]int32, n*(n-1)/2),
		link: rows[:words:words], front: rows[words : 2*words : 2*words],
	}
}

func (b *bitRows) row(v int32) []uint64 { return b.rows[int(v)*b.words:][:b.words] }

func (b *bitRows) enter(u, v, e int32) (uw, wv int32) {
	nu, nv, link := b.row(u), b.row(v), b.link
	for i, word := range nu[:len(link)] {
		link[i] = word & nv[i]
	}
	nu[v>>6] |= 1 << (v & 63)
	nv[u>>6] |= 1 << (u & 63)
	b.edges[pair(u, v)] = e
	b.u, b.v = u, v
	return b.take()
}

// take moves on to the lowest corner left.
func (b *bitRows) take() (uw, wv int32) {
	for i, word := range b.link {
		if word != 0 {
			b.link[i] = word & (word - 1)
			w := int32(i<<6 + bits.TrailingZeros64(word))
			b.w = w
			return b.edges[pair(min(b.u, w), max(b.u, w))], b.edges[pair(min(w, b.v), max(w, b.v))]
		}
	}
	b.w = -1
	return -1, -1
}

func (b *bitRows) further() (uw, wv int32) {
	link, front := b.link, b.front[:len(b.link)]
	seen := uint64(0) // mask of front: it holds nothing at first
	for x := b.w; x >= 0; {
		row := b.row(x)[:len(link)]
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
			b.w = -1
			return -1, -1
		}
		seen = ^uint64(0)
	}
	return b.take()
}

// pair numbers the pairs u < v of points.
func pair(u, v int32) int { return int(v)*int(v-1)/2 + int(u) }
