package web

import "testing"

func collect(s *series[int], at uint64, limit int) (all []int, cut uint64, calls int) {
	for at < s.end {
		part, next, missed := s.from(at, limit)
		if next <= at || len(part) > limit {
			panic("no progress")
		}
		all, at, cut, calls = append(all, part...), next, cut+missed, calls+1
	}
	return all, cut, calls
}

func TestSeriesGivesEveryPointToWhoKeepsUp(t *testing.T) {
	var s series[int]
	at, want := uint64(0), 0
	for n := range 50_000 {
		s.add(n)
		if n%1000 != 0 {
			continue
		}
		for at < s.end {
			part, next, cut := s.from(at, 300)
			if cut != 0 {
				t.Fatalf("%d points cut for a reader at most 1000 behind", cut)
			}
			for _, p := range part {
				if p != want {
					t.Fatalf("got point %d, want %d", p, want)
				}
				want++
			}
			at = next
		}
	}
}

func TestSeriesThinsThePastForWhoComesLate(t *testing.T) {
	for _, n := range []int{0, 1, 2*seriesPart - 1, 2 * seriesPart, 30_000, 1_000_000} {
		var s series[int]
		for i := range n {
			s.add(i)
		}
		if len(s.recent) > 2*seriesPart || len(s.old) > 2*seriesPart {
			t.Errorf("%d points: holds %d recent and %d old ones", n, len(s.recent), len(s.old))
		}
		all, cut, _ := collect(&s, 0, 1000)
		if len(all) > 4*seriesPart || len(all)+int(cut) != n {
			t.Errorf("%d points: a late reader gets %d and misses %d", n, len(all), cut)
		}
		for i := range all {
			if i > 0 && all[i] <= all[i-1] {
				t.Fatalf("%d points: %d follows %d", n, all[i], all[i-1])
			}
		}
		if n > 0 && (all[0] != 0 || all[len(all)-1] != n-1) {
			t.Errorf("%d points: runs from %d to %d: want both ends", n, all[0], all[len(all)-1])
		}
		// the last points are always whole
		tail := all[max(0, len(all)-seriesPart):]
		if len(tail) > 0 && tail[len(tail)-1]-tail[0] != len(tail)-1 {
			t.Errorf("%d points: the last %d have gaps", n, len(tail))
		}
	}
}
