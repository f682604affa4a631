package topology

// partition divides n points into parts. Each point knows its part, so that a look costs no search; in exchange the
// smaller of two parts is renamed when they join, at most log2(n) times a point.
type partition struct {
	part  []int32 // by point: one of its part's points, the same for all
	next  []int32 // by point: another of its part, around a ring
	size  []int32 // by part
	count int     // of parts
}

// newPartition has n parts. It lives in room if that holds 3n numbers.
func newPartition(n int, room []int32) partition {
	points := room
	if len(room) < 3*n {
		points = make([]int32, 3*n)
	}
	p := partition{points[:n], points[n : 2*n], points[2*n : 3*n], n}
	for i := range n {
		p.part[i], p.next[i], p.size[i] = int32(i), int32(i), 1
	}
	return p
}

// union joins the parts of i and j and reports whether they were two.
func (p *partition) union(i, j int32) bool {
	large, small := p.part[i], p.part[j]
	if large == small {
		return false
	}
	if p.size[large] < p.size[small] {
		large, small = small, large
	}
	p.size[large] += p.size[small]
	for x := small; p.part[x] != large; x = p.next[x] {
		p.part[x] = large
	}
	p.next[large], p.next[small] = p.next[small], p.next[large]
	p.count--
	return true
}
