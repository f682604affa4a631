package topology

import "math/bits"

// few points are those whose neighbours fit a word.
const few = 64

// fewLinks are the links of few points: a word a row, and all of it on the stack. Points are cut to those below few, which
// they are anyway, so that no index is checked.
type fewLinks struct {
	rows    [few]uint64    // bit w of row v: {v,w} was joined
	classes [few * few]sum // by ordered pair
	all     uint64         // a bit for each point
	link    uint64         // corners of the link at hand that are in no component returned so far
	u, v    int32          // the ends of the edge at hand
	w       int32          // the corner returned last
}

func (l *fewLinks) join(u, v int32, class sum) (cone bool) {
	u, v = u&(few-1), v&(few-1)
	l.classes[u*few+v], l.classes[v*few+u] = class, class
	nu, nv := l.rows[u]|1<<v, l.rows[v]|1<<u
	l.rows[u], l.rows[v] = nu, nv
	return nu|1<<u == l.all || nv|1<<v == l.all
}

func (l *fewLinks) meet(u, v int32) (uw, wv sum, ok bool) {
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

func (l *fewLinks) further() (uw, wv sum, ok bool) {
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
