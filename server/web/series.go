package web

// series keeps the history of a curve in bounded memory: all of its recent points, and of the older ones every
// 2^k-th. A viewer that keeps up gets every point; one that comes late gets the thinned past first.
type series[P any] struct {
	recent []P    // points end-len(recent) .. end-1
	end    uint64 // points ever added
	old    []indexed[P]
	stride uint64 // of old, a power of two
}

type indexed[P any] struct {
	at    uint64
	point P
}

// seriesPart is half of the recent points kept, and half of the old ones.
const seriesPart = 4096

func (s *series[P]) add(points ...P) {
	for _, p := range points {
		s.recent = append(s.recent, p)
		s.end++
		if len(s.recent) == 2*seriesPart {
			s.age()
		}
	}
}

// age moves the older half of the recent points to the old ones.
func (s *series[P]) age() {
	s.stride = max(1, s.stride)
	start := s.end - uint64(len(s.recent))
	for i, p := range s.recent[:seriesPart] {
		if at := start + uint64(i); at%s.stride == 0 {
			s.old = append(s.old, indexed[P]{at, p})
		}
	}
	s.recent = append(make([]P, 0, 2*seriesPart), s.recent[seriesPart:]...)
	if len(s.old) < 2*seriesPart {
		return
	}
	s.stride *= 2
	kept := s.old[:0]
	for _, o := range s.old {
		if o.at%s.stride == 0 {
			kept = append(kept, o)
		}
	}
	s.old = kept
}

// from gives at most limit points beginning with number at, the number to ask for next, and how many points in
// between only exist thinned.
func (s *series[P]) from(at uint64, limit int) (points []P, next, cut uint64) {
	start := s.end - uint64(len(s.recent))
	if at >= start {
		part := s.recent[at-start:]
		n := min(limit, len(part))
		return append([]P(nil), part[:n]...), at + uint64(n), 0
	}
	for _, o := range s.old {
		if o.at < at {
			continue
		}
		if len(points) == limit {
			return points, o.at, o.at - at - uint64(len(points))
		}
		points = append(points, o.point)
	}
	return points, start, start - at - uint64(len(points))
}
