package topology

import (
	"cmp"
	"math"
	"slices"
)

// fewEdges are sorted on the stack, back into their own list.
const fewEdges = 512

// order returns edges sorted by (weight, I, J), the order of a filtration. Edges are dealt to as many piles as there
// are edges, evenly over the range of weights; what is left to do within the piles is done by insertion, or in n log n
// where piles are high.
func order(edges []Edge) []Edge {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, e := range edges {
		if e.Weight < lo {
			lo = e.Weight
		}
		if e.Weight > hi {
			hi = e.Weight
		}
	}
	last := len(edges) - 1
	scale := float64(last) / (hi - lo)
	if !(scale > 0 && scale <= math.MaxFloat64) { // one edge, or no range to speak of
		slices.SortFunc(edges, byWeight)
		return edges
	}
	var room struct {
		dealt [fewEdges]Edge
		to    [fewEdges + 1]int32
	}
	dealt, to, sorted := room.dealt[:], room.to[:], edges
	if len(edges) > fewEdges {
		sorted, to = make([]Edge, len(edges)), make([]int32, len(edges)+1)
		dealt = sorted
	}
	dealt, to = dealt[:len(edges)], to[:len(edges)+1] // to is of each pile where its next edge goes
	for _, e := range edges {
		to[pile(e, lo, scale, last)+1]++
	}
	highest := int32(0)
	for i, size := range to[:len(edges)] {
		highest = max(highest, to[i+1])
		to[i+1] += size
	}
	for _, e := range edges {
		i := pile(e, lo, scale, last)
		dealt[to[i]] = e
		to[i]++
	}
	const high = 16
	if highest > high {
		from := int32(0)
		for _, end := range to[:len(edges)] {
			if end-from > high {
				slices.SortFunc(dealt[from:end], byWeight)
			}
			from = end
		}
	}
	for i, e := range dealt {
		for ; i > 0 && !(sorted[i-1].Weight < e.Weight) && byWeight(sorted[i-1], e) > 0; i-- {
			sorted[i] = sorted[i-1]
		}
		sorted[i] = e
	}
	return sorted
}

// pile rises with the weight, from 0 to last.
func pile(e Edge, lo, scale float64, last int) int { return min(int((e.Weight-lo)*scale), last) }

func byWeight(a, b Edge) int {
	switch {
	case a.Weight < b.Weight:
		return -1
	case a.Weight > b.Weight:
		return 1
	}
	return byPair(a, b)
}

func byPair(a, b Edge) int { return cmp.Or(cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J)) }
