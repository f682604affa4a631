package distill

import "math"

// transport is the optimal plan from n sources of equal mass to k sinks of equal mass, of the costs cost[i][j] of one unit from
// source i to sink j: plan[i][j] is the share of all mass, 1/n in a row and 1/k in a column. Mass is counted in whole units, k
// in a source and n in a sink, and sent source by source along the cheapest way, on which sinks that are full hand units of
// earlier sources on (successive shortest paths).
func transport(cost [][]float64) (plan [][]float64) {
	n, k := len(cost), len(cost[0])
	units := make([][]int, n)
	room := make([]int, k)
	for j := range room {
		room[j] = n
	}
	for i := range units {
		units[i] = make([]int, k)
		for left := k; left > 0; {
			sink, from, by := cheapest(cost, units, room, i)
			move := min(left, room[sink])
			for j := sink; from[j] >= 0; j = from[j] {
				move = min(move, units[by[j]][from[j]])
			}
			room[sink] -= move
			j := sink
			for ; from[j] >= 0; j = from[j] {
				units[by[j]][from[j]] -= move
				units[by[j]][j] += move
			}
			units[i][j] += move
			left -= move
		}
	}
	plan = make([][]float64, n)
	for i := range plan {
		plan[i] = make([]float64, k)
		for j, u := range units[i] {
			plan[i][j] = float64(u) / float64(n*k)
		}
	}
	return plan
}

// cheapest is the sink with room that a unit of source i reaches at the least cost, and the way to it: sink j is reached from
// sink from[j], -1 for none, by handing on a unit of source by[j].
func cheapest(cost [][]float64, units [][]int, room []int, i int) (sink int, from, by []int) {
	k := len(room)
	far := make([]float64, k)
	from, by = make([]int, k), make([]int, k)
	for j := range far {
		far[j], from[j] = cost[i][j], -1
	}
	hand, source := make([][]float64, k), make([][]int, k) // the least cost of handing a unit on from sink to sink
	for a := range hand {
		hand[a], source[a] = make([]float64, k), make([]int, k)
		for b := range hand[a] {
			hand[a][b] = math.Inf(1)
		}
	}
	for s := range i + 1 {
		for a, u := range units[s] {
			if u == 0 {
				continue
			}
			for b := range k {
				if d := cost[s][b] - cost[s][a]; d < hand[a][b] {
					hand[a][b], source[a][b] = d, s
				}
			}
		}
	}
	const rounding = 1e-12 // what ways of equal cost may differ by, relatively
	for range k {          // Bellman and Ford: ways have at most k sinks, for a plan that is optimal so far has no negative cycle
		changed := false
		for a := range k {
			for b := range k {
				if d := far[a] + hand[a][b]; a != b && d < far[b]-rounding*(1+math.Abs(far[b])) {
					far[b], from[b], by[b], changed = d, a, source[a][b], true
				}
			}
		}
		if !changed {
			break
		}
	}
	sink = -1
	for j := range k {
		if room[j] > 0 && (sink < 0 || far[j] < far[sink]) {
			sink = j
		}
	}
	return sink, from, by
}
