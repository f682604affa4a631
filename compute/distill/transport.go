package distill

import "math"

// transport is the optimal plan from n sources of equal mass to k sinks of equal mass, of the costs cost[i][j] >= 0 of one unit
// from source i to sink j: plan[i][j] is the share of all mass, 1/n in a row and 1/k in a column. Mass is counted in whole
// units, k in a source and n in a sink, and sent source by source along the cheapest way, on which sinks that are full hand
// units of earlier sources on (successive shortest paths).
func transport(cost [][]float64) (plan [][]float64) {
	n, k := len(cost), len(cost[0])
	units := make([][]int, n)
	room, price := make([]int, k), make([]float64, k)
	for j := range room {
		room[j] = n
	}
	for i := range units {
		units[i] = make([]int, k)
		for left := k; left > 0; {
			sink, from, by := cheapest(cost, units, room, price, i)
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
//
// It is Dijkstra's search: with the sinks' prices, the dual variables, no handing on costs less than nothing, so that each sink
// is settled once and ways have no cycle, however costs are rounded. Only full sinks have a price other than 0; it falls by
// what they were nearer than the sink that is found.
func cheapest(cost [][]float64, units [][]int, room []int, price []float64, i int) (sink int, from, by []int) {
	k := len(room)
	far, settled := make([]float64, k), make([]bool, k)
	from, by = make([]int, k), make([]int, k)
	for j := range far {
		far[j], from[j] = cost[i][j]-price[j], -1
	}
	for {
		sink = -1
		for j, d := range far {
			if !settled[j] && (sink < 0 || d < far[sink]) {
				sink = j
			}
		}
		if room[sink] > 0 {
			break
		}
		settled[sink] = true
		hand, source := handing(cost, units[:i+1], sink)
		for j := range far {
			if d := far[sink] + max(0, hand[j]+price[sink]-price[j]); !settled[j] && d < far[j] {
				far[j], from[j], by[j] = d, sink, source[j]
			}
		}
	}
	for j, is := range settled {
		if is {
			price[j] += far[j] - far[sink]
		}
	}
	return sink, from, by
}

// handing is the least cost of handing a unit on from a sink to each sink, and the source that it is of.
func handing(cost [][]float64, units [][]int, sink int) (least []float64, source []int) {
	least, source = make([]float64, len(cost[0])), make([]int, len(cost[0]))
	for j := range least {
		least[j] = math.Inf(1)
	}
	for s := range units {
		if units[s][sink] == 0 {
			continue
		}
		for j := range least {
			if d := cost[s][j] - cost[s][sink]; d < least[j] {
				least[j], source[j] = d, s
			}
		}
	}
	return least, source
}
