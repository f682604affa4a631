package web

import "sort"

// series keeps the history of a curve in bounded memory: all of its recent points, and of the older ones every
// 2^k-th. A viewer that keeps up gets every point; one that comes late gets the thinned past first.
type series[P any] struct {
	recent []numbered[P] // points end-len(recent) .. end-1
	end    uint64        // points ever added
	old    []numbered[P]
	stride uint64 // of old, a power of two
}

// numbered is a point with its place in the series and in the sequence of all that was published.
type numbered[P any] struct {
	at, seq uint64
	point   P
}

// seriesPart is half of the recent points kept, and half of the old ones.
const seriesPart = 4096

// add appends a point that was published with number seq, larger than the last one's.
func (s *series[P]) add(p P, seq uint64) {
	s.recent = append(s.recent, numbered[P]{s.end, seq, p})
	s.end++
	if len(s.recent) == 2*seriesPart {
		s.age()
	}
}

// age moves the older half of the recent points to the old ones.
func (s *series[P]) age() {
	s.stride = max(1, s.stride)
	for _, p := range s.recent[:seriesPart] {
		if p.at%s.stride == 0 {
			s.old = append(s.old, p)
		}
	}
	s.recent = append(make([]numbered[P], 0, 2*seriesPart), s.recent[seriesPart:]...)
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

// part is what a viewer gets of a series in one message.
type part[P any] struct {
	points []P
	next   uint64 // number of the point to ask for next
	seq    uint64 // of the last point
	cut    uint64 // points in between that only exist thinned
}

// from gives at most limit points beginning with number at.
func (s *series[P]) from(at uint64, limit int) part[P] {
	var out part[P]
	take := func(p numbered[P]) {
		out.points, out.seq, out.next = append(out.points, p.point), p.seq, p.at+1
	}
	start := s.end - uint64(len(s.recent))
	if at >= start {
		for _, p := range s.recent[at-start:][:min(limit, len(s.recent)-int(at-start))] {
			take(p)
		}
		out.next = at + uint64(len(out.points))
		return out
	}
	out.next = start
	for _, o := range s.old[sort.Search(len(s.old), func(i int) bool { return s.old[i].at >= at }):] {
		if len(out.points) == limit {
			out.next = o.at
			break
		}
		take(o)
		out.next = start
	}
	out.cut = out.next - at - uint64(len(out.points))
	return out
}

// after is the number of the first point a viewer lacks that holds the points up to the one published as seq, and
// what was kept of them. Points behind seq of which only every 2^k-th is left come thinned, as for a viewer that comes late.
func (s *series[P]) after(seq uint64) uint64 {
	newer := func(of []numbered[P]) int {
		return sort.Search(len(of), func(i int) bool { return of[i].seq > seq })
	}
	if i := newer(s.recent); i > 0 {
		return s.recent[i-1].at + 1
	}
	if i := newer(s.old); i > 0 {
		return s.old[i-1].at + 1
	}
	return 0
}

// newest is the last point, nil before the first.
func (s *series[P]) newest() *P {
	if len(s.recent) == 0 {
		return nil
	}
	p := s.recent[len(s.recent)-1].point
	return &p
}
