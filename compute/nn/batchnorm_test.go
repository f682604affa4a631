package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// activations are NHWC shapes: one pixel, primes, channel counts that are not
// multiples of four, whole ones, and so many rows that lanes share the
// slots of a reduction.
var activations = [][]int{{2, 1, 1, 1}, {3, 5, 7, 3}, {2, 3, 3, 13}, {1, 11, 13, 64}, {4, 9, 9, 20}, {4, 33, 31, 4}, {3, 16, 16, 58}}

// channelStats is the float64 meaning of ChannelStats.
func channelStats(x []float64, c int) []float64 {
	out, n := make([]float64, 2*c), float64(len(x)/c)
	for i, v := range x {
		out[i%c] += v / n
	}
	for i, v := range x {
		d := v - out[i%c]
		out[c+i%c] += d * d / n
	}
	return out
}

func TestChannelStats(t *testing.T) {
	for _, s := range activations {
		c := s[len(s)-1]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return ChannelStats(in[0]) },
			Ref:    func(in [][]float64) []float64 { return channelStats(in[0], c) },
		})
	}
}

// A mean a thousand times the deviation must not cost the variance its digits:
// what float32 input itself allows is 1000^2 eps relative to one.
func TestChannelStatsFarFromZero(t *testing.T) {
	far := func(i int) float64 { return 1000 + graphtest.Normal(5, uint64(i)) }
	for _, s := range [][]int{{4, 32, 32, 16}, {2, 31, 29, 7}} {
		c := s[3]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s, Values: far, NoGrad: true}},
			Build: func(in []*graph.Node) *graph.Node {
				return slice(ChannelStats(in[0]), c, graph.Shape{c})
			},
			Ref: func(in [][]float64) []float64 { return channelStats(in[0], c)[c:] },
		})
	}
}

// ChannelStats' gradient joins another gradient of x, be it a BatchNorm's or
// any other, without losing either.
func TestChannelStatsAccumulates(t *testing.T) {
	for _, s := range activations {
		c := s[len(s)-1]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: s}, {Shape: []int{2, c}, NoGrad: true}},
			Build: func(in []*graph.Node) *graph.Node {
				x := in[0]
				loss := BNLoss(ChannelStats(x), in[1])
				return WeightedSum([]float64{0.5, 2}, loss, Mean(Mul(x, x)))
			},
			Ref: func(in [][]float64) []float64 {
				square := 0.0
				for _, v := range in[0] {
					square += v * v / float64(len(in[0]))
				}
				return []float64{0.5*bnLoss(channelStats(in[0], c), in[1]) + 2*square}
			},
			// a difference of 1e-30 over a norm near zero has no finite difference
			Step: 1e-6,
		})
	}
}

func bnLoss(stats, running []float64) float64 {
	c := len(stats) / 2
	mean, variance := 0.0, 0.0
	for i := range c {
		mean += (stats[i] - running[i]) * (stats[i] - running[i])
		variance += (stats[c+i] - running[c+i]) * (stats[c+i] - running[c+i])
	}
	return math.Sqrt(mean) + math.Sqrt(variance)
}

func TestBNLoss(t *testing.T) {
	for _, c := range []int{1, 3, 64, 65, 131} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: []int{2, c}}, {Shape: []int{2, c}, NoGrad: true}},
			Build:  func(in []*graph.Node) *graph.Node { return BNLoss(in[0], in[1]) },
			Ref:    func(in [][]float64) []float64 { return []float64{bnLoss(in[0], in[1])} },
		})
	}
}

// Statistics that equal the running ones have no direction: the gradient is
// zero, not NaN.
func TestBNLossAtZero(t *testing.T) {
	same := func(i int) float64 { return float64(i) }
	graphtest.Check(t, graphtest.Case{
		Name:   "zero",
		Inputs: []graphtest.In{{Shape: []int{2, 5}, Values: same}, {Shape: []int{2, 5}, Values: same, NoGrad: true}},
		Build:  func(in []*graph.Node) *graph.Node { return BNLoss(in[0], in[1]) },
		Ref:    func(in [][]float64) []float64 { return []float64{bnLoss(in[0], in[1])} },
	})
}

// batchNorm is the float64 meaning of BatchNorm; residual may be nil.
func batchNorm(x, gamma, beta, stats, residual []float64, a NormAttr) []float64 {
	c := len(gamma)
	y := make([]float64, len(x))
	for i, v := range x {
		k := i % c
		y[i] = gamma[k]*(v-stats[k])/math.Sqrt(stats[c+k]+a.Eps) + beta[k]
		if residual != nil {
			y[i] += residual[i]
		}
		y[i] = acts[a.Act](y[i])
	}
	return y
}

// positive makes variances: every element between 0.5 and 1.5.
func positive(i int) float64 { return 0.5 + math.Mod(float64(i)*0.37, 1) }

// Statistics given from outside, as in eval mode: their gradient is checked as
// an input's.
func TestBatchNorm(t *testing.T) {
	for _, s := range activations {
		c := s[len(s)-1]
		for _, a := range []NormAttr{{Eps: 1e-5}, {Eps: 1e-3, Act: ReLU}, {Eps: 1e-3, Act: SiLU}} {
			for _, residual := range []bool{false, true} {
				inputs := []graphtest.In{{Shape: s}, {Shape: []int{c}}, {Shape: []int{c}}, {Shape: []int{2, c}, Values: positive}}
				if residual {
					inputs = append(inputs, graphtest.In{Shape: s})
				}
				graphtest.Check(t, graphtest.Case{
					Name:   fmt.Sprint(s, a.Act, " residual=", residual),
					Inputs: inputs,
					Build: func(in []*graph.Node) *graph.Node {
						if residual {
							return BatchNorm(in[0], in[1], in[2], in[3], a, in[4])
						}
						return BatchNorm(in[0], in[1], in[2], in[3], a, nil)
					},
					Ref: func(in [][]float64) []float64 {
						if residual {
							return batchNorm(in[0], in[1], in[2], in[3], in[4], a)
						}
						return batchNorm(in[0], in[1], in[2], in[3], nil, a)
					},
					Step: 1e-7, // few values lie so near the ReLU's kink
				})
			}
		}
	}
}

// Train mode: statistics of x itself, the whole gradient from the graph.
func TestBatchNormTrain(t *testing.T) {
	for i, s := range [][]int{{3, 5, 7, 3}, {4, 5, 5, 20}, {2, 16, 16, 8}, {3, 5, 7, 3}, {2, 16, 16, 8}, {2, 3, 3, 5}} {
		c := s[len(s)-1]
		a := NormAttr{Eps: 1e-5, Act: []Activation{ReLU, ReLU, ReLU, SiLU, GELU, Sigmoid}[i]}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s, a.Act),
			Inputs: []graphtest.In{{Shape: s}, {Shape: []int{c}}, {Shape: []int{c}}},
			Build: func(in []*graph.Node) *graph.Node {
				return BatchNorm(in[0], in[1], in[2], ChannelStats(in[0]), a, nil)
			},
			Ref: func(in [][]float64) []float64 {
				return batchNorm(in[0], in[1], in[2], channelStats(in[0], c), nil, a)
			},
			Step: 1e-7,
		})
	}
}

func TestStack(t *testing.T) {
	for _, c := range []int{1, 5, 64, 129} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: []int{c}}, {Shape: []int{c}}, {Shape: []int{c}}},
			Build:  func(in []*graph.Node) *graph.Node { return Stack(in...) },
			Ref: func(in [][]float64) []float64 {
				return append(append(append([]float64(nil), in[0]...), in[1]...), in[2]...)
			},
		})
	}
}
