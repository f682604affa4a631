package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// batches of logits: one class, primes, whole workgroups and just past one.
var batches = [][2]int{{1, 1}, {3, 5}, {2, 64}, {7, 65}, {5, 131}, {66, 10}}

// logSoftmax of one row of logits over a temperature.
func logSoftmax(z []float64, temperature float64) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range z {
		top = math.Max(top, v/temperature)
	}
	for _, v := range z {
		sum += math.Exp(v/temperature - top)
	}
	out := make([]float64, len(z))
	for i, v := range z {
		out[i] = v/temperature - top - math.Log(sum)
	}
	return out
}

// perRow applies a loss to every row of logits and of targets of the same width.
func perRow(in [][]float64, c int, loss func(z, p []float64) float64) []float64 {
	var out []float64
	for r := 0; r < len(in[0]); r += c {
		out = append(out, loss(in[0][r:r+c], in[1][r:r+c]))
	}
	return out
}

func mean(v []float64) []float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return []float64{sum / float64(len(v))}
}

func crossEntropy(z, p []float64) float64 {
	loss := 0.0
	for i, l := range logSoftmax(z, 1) {
		loss -= p[i] * l
	}
	return loss
}

// big logits, as far out as a confident teacher's and further than exp takes.
func big(i int) float64 { return 60 * graphtest.Normal(11, uint64(i)) }

func TestSoftmaxCrossEntropy(t *testing.T) {
	for _, b := range batches {
		n, c := b[0], b[1]
		for _, smoothing := range []float64{0, 0.1} {
			label := func(i int) float64 { return float64(i * 7 % c) }
			ref := func(in [][]float64) []float64 {
				probs := make([]float64, n*c)
				for i := range probs {
					probs[i] = smoothing / float64(c)
				}
				for r, l := range in[1] {
					probs[r*c+int(l)] += 1 - smoothing
				}
				return perRow([][]float64{in[0], probs}, c, crossEntropy)
			}
			inputs := []graphtest.In{{Shape: []int{n, c}}, {Shape: []int{n}, Values: label, DType: graph.U32}}
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(b, smoothing),
				Inputs: inputs,
				Build:  func(in []*graph.Node) *graph.Node { return SoftmaxCrossEntropy(in[0], in[1], smoothing) },
				Ref:    func(in [][]float64) []float64 { return mean(ref(in)) },
			})
			inputs[0].Values = big
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint("per sample, big", b, smoothing),
				Inputs: inputs,
				Build:  func(in []*graph.Node) *graph.Node { return CrossEntropyPerSample(in[0], in[1], smoothing) },
				Ref:    ref,
			})
		}
	}
}

func TestSoftCrossEntropy(t *testing.T) {
	for _, b := range batches {
		s := []int{b[0], b[1]}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(b),
			Inputs: []graphtest.In{{Shape: s}, {Shape: s, Values: positive, NoGrad: true}}, // need not add up to one
			Build:  func(in []*graph.Node) *graph.Node { return SoftCrossEntropy(in[0], in[1]) },
			Ref:    func(in [][]float64) []float64 { return mean(perRow(in, b[1], crossEntropy)) },
		})
	}
}

func TestKLDiv(t *testing.T) {
	for _, b := range batches {
		s := []int{b[0], b[1]}
		for _, temperature := range []float64{1, 4, 20} {
			graphtest.Check(t, graphtest.Case{
				Name:   fmt.Sprint(b, temperature),
				Inputs: []graphtest.In{{Shape: s, Values: big}, {Shape: s, Values: func(i int) float64 { return big(i + 100) }, NoGrad: true}},
				Build:  func(in []*graph.Node) *graph.Node { return KLDiv(in[0], in[1], temperature) },
				Ref: func(in [][]float64) []float64 {
					return mean(perRow(in, b[1], func(student, teacher []float64) float64 {
						s, t, kl := logSoftmax(student, temperature), logSoftmax(teacher, temperature), 0.0
						for i := range s {
							kl += math.Exp(t[i]) * (t[i] - s[i])
						}
						return kl
					}))
				},
			})
		}
	}
}

func TestMSELoss(t *testing.T) {
	for _, b := range batches {
		s := []int{b[0], b[1]}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(b),
			Inputs: []graphtest.In{{Shape: s}, {Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return MSELoss(in[0], in[1]) },
			Ref: func(in [][]float64) []float64 {
				squares := make([]float64, len(in[0]))
				for i, v := range in[0] {
					squares[i] = (v - in[1][i]) * (v - in[1][i])
				}
				return mean(squares)
			},
		})
	}
}

// Five classes; the label's rank is worked out by hand, ties included.
func TestCorrect(t *testing.T) {
	logits := []float32{
		1, 5, 2, 3, 4, // label 1: first
		1, 5, 2, 3, 4, // label 0: last
		7, 7, 7, 7, 7, // label 2: third, lower classes come first
		0, 1, 1, 0, 0, // label 2: second
		-1, -2, -3, -4, float32(math.NaN()), // label 4: never
	}
	labels := []uint32{1, 0, 2, 2, 4}
	for k, want := range map[int]float64{1: 1, 2: 2, 3: 3, 4: 3, 5: 4} {
		g := graph.New(graphtest.Device(t))
		z, y := g.Input("z", graph.F32, 5, 5), constU32(t, g, labels, 5)
		got := run(t, g, Correct(z, y, k), map[*graph.Node][]float32{z: logits})
		graphtest.Near(t, fmt.Sprint("top ", k), got, []float64{want}, 0)
	}
}

func TestMeanAndWeightedSum(t *testing.T) {
	for _, s := range sizes {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint("mean", s),
			Inputs: []graphtest.In{{Shape: s}},
			Build:  func(in []*graph.Node) *graph.Node { return Mean(in[0]) },
			Ref:    func(in [][]float64) []float64 { return mean(in[0]) },
		})
	}
	for _, n := range []int{1, 3, 8, 9, 70} {
		inputs, weights := make([]graphtest.In, n), make([]float64, n)
		for i := range inputs {
			inputs[i].Shape, weights[i] = []int{1}, 0.5+float64(i%3)
		}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint("sum of ", n),
			Inputs: inputs,
			Build:  func(in []*graph.Node) *graph.Node { return WeightedSum(weights, in...) },
			Ref: func(in [][]float64) []float64 {
				sum := 0.0
				for i, w := range weights {
					sum += w * in[i][0]
				}
				return []float64{sum}
			},
		})
	}
}
