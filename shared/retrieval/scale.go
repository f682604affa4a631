package retrieval

import (
	"math"
	"slices"
)

// faint is the least complexity told apart from 0 on a logarithmic scale.
const faint = 1e-12

// ScaleComplexity makes complexities of one class comparable with fit. It also returns the values before clipping,
// which order the candidates that clipping makes equal.
func ScaleComplexity(c []float64, s Scale) (scaled, open []float64) {
	if s == Percentile {
		logs := make([]float64, len(c))
		for i, v := range c {
			logs[i] = math.Log(max(v, faint))
		}
		return between(logs, percentile(logs, 5), percentile(logs, 95))
	}
	return scaleOther(c, s)
}

// scaleFit does the same for the squared distances of one query.
func scaleFit(d []float64, s Scale) (scaled, open []float64) {
	if s == Percentile {
		return between(d, slices.Min(d), percentile(d, 95))
	}
	return scaleOther(d, s)
}

func scaleOther(v []float64, s Scale) (scaled, open []float64) {
	switch s {
	case ZScore:
		scaled = zscore(v)
	case Rank:
		scaled = rank(v)
	default:
		scaled = v
	}
	return scaled, scaled
}

// between maps [lo, hi] to [0, 1] and clips; all is 0 when lo = hi.
func between(v []float64, lo, hi float64) (clipped, open []float64) {
	clipped, open = make([]float64, len(v)), make([]float64, len(v))
	if hi > lo {
		for i, x := range v {
			open[i] = (x - lo) / (hi - lo)
			clipped[i] = min(max(open[i], 0), 1)
		}
	}
	return clipped, open
}

func zscore(v []float64) []float64 {
	mean, square := v[0], 0.0
	for _, x := range v {
		mean += (x - v[0]) / float64(len(v)) // exact when all are equal
	}
	for _, x := range v {
		square += (x - mean) * (x - mean) / float64(len(v))
	}
	z := make([]float64, len(v))
	if square > 0 {
		for i, x := range v {
			z[i] = (x - mean) / math.Sqrt(square)
		}
	}
	return z
}

// rank returns the share of the other values that are smaller; equal values share a rank.
func rank(v []float64) []float64 {
	order := slices.Sorted(slices.Values(v))
	r := make([]float64, len(v))
	for i, x := range v {
		below, _ := slices.BinarySearch(order, x)
		r[i] = float64(below) / float64(max(len(v)-1, 1))
	}
	return r
}

// percentile interpolates linearly between the order statistics, as NumPy does.
func percentile(v []float64, p float64) float64 {
	order := slices.Sorted(slices.Values(v))
	at := p / 100 * float64(len(order)-1)
	low := int(at)
	if low+1 == len(order) {
		return order[low]
	}
	return order[low] + (at-float64(low))*(order[low+1]-order[low])
}
