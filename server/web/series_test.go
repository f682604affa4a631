package web

import (
	"slices"
	"testing"
)

func collect(s *series[int], at uint64, limit int) (all []int, cut uint64, calls int) {
	for at < s.end {
		p := s.from(at, limit)
		if p.next <= at || len(p.points) > limit {
			panic("no progress")
		}
		all, at, cut, calls = append(all, p.points...), p.next, cut+p.cut, calls+1
	}
	return all, cut, calls
}

func TestSeriesGivesEveryPointToWhoKeepsUp(t *testing.T) {
	var s series[int]
	at, want := uint64(0), 0
	for n := range 50_000 {
		s.add(n, 3*uint64(n)+5)
		if n%1000 != 0 {
			continue
		}
		for at < s.end {
			part := s.from(at, 300)
			if part.cut != 0 {
				t.Fatalf("%d points cut for a reader at most 1000 behind", part.cut)
			}
			for _, p := range part.points {
				if p != want {
					t.Fatalf("got point %d, want %d", p, want)
				}
				want++
			}
			at = part.next
		}
	}
}

func TestSeriesThinsThePastForWhoComesLate(t *testing.T) {
	for _, n := range []int{0, 1, 2*seriesPart - 1, 2 * seriesPart, 30_000, 1_000_000} {
		var s series[int]
		for i := range n {
			s.add(i, 3*uint64(i)+5)
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

// Who holds the points up to a number of publication goes on right behind them, and lacks none of those that are kept.
func TestSeriesGoesOnBehindWhatIsHeld(t *testing.T) {
	var s series[int]
	if s.after(9) != 0 {
		t.Error("an empty series does not begin at 0")
	}
	const n = 40_000
	for i := range n {
		s.add(i, 3*uint64(i)+5)
	}
	for _, held := range []int{0, 1, 777, 20_000, n - seriesPart, n - 2, n - 1} {
		for _, seq := range []uint64{3*uint64(held) + 5, 3*uint64(held) + 7} { // what lies between two points changes nothing
			at := s.after(seq)
			rest, _, _ := collect(&s, at, 500)
			want, _, _ := collect(&s, 0, 500)
			for len(want) > 0 && want[0] <= held {
				want = want[1:]
			}
			if !slices.Equal(rest, want) {
				t.Errorf("behind point %d come %d points, want the %d that are kept behind it", held, len(rest), len(want))
			}
		}
	}
	if at := s.after(4); at != 0 {
		t.Errorf("who holds nothing goes on at %d", at)
	}
}
