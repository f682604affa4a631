package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// The products of heads side by side in wider tensors, plain and transposed, of every fragment source.
func TestMatrixProducts(t *testing.T) {
	for _, s := range []struct{ items, heads, m, n, k int }{{1, 1, 1, 1, 4}, {3, 2, 49, 32, 49}, {2, 3, 5, 37, 8}, {2, 1, 70, 66, 12}} {
		for _, f := range fragments(t) {
			for _, transposed := range [][2]bool{{false, false}, {true, false}, {false, true}} {
				if transposed[1] && s.k%4 != 0 {
					continue // not taken
				}
				side := func(rows, columns, before, after int) matrices { // head matrices with other columns around them
					w := roundUp(columns, 4)
					return matrices{rows, before + s.heads*w + after, before, w}
				}
				a, b, y := side(s.m, s.k, 4, 0), side(s.k, s.n, 0, 8), side(s.m, s.n, 0, 0)
				if transposed[0] {
					a = side(s.k, s.m, 8, 4)
				}
				if transposed[1] {
					b = side(s.n, s.k, 4, 4)
				}
				p := matProduct{items: s.items, heads: s.heads, m: s.m, n: s.n, k: s.k, a: a, b: b, y: y, transposeA: transposed[0], transposeB: transposed[1], scale: 0.7}
				op := &graph.Op{
					Name: "matrix product",
					Infer: func(any, []*graph.Node) (graph.Shape, graph.DType, error) {
						return graph.Shape{s.items, s.m, y.width}, graph.F32, nil
					},
					Lower: func(l *graph.Lowering, n *graph.Node) { p.dispatch(l, f, l.In(0), l.In(1), l.Out()) },
				}
				t.Run(fmt.Sprint(s, f, transposed), func(t *testing.T) {
					g := graph.New(graphtest.Device(t))
					x, w := g.Input("a", graph.F32, s.items, a.rows, a.width), g.Input("b", graph.F32, s.items, b.rows, b.width)
					in := map[*graph.Node][]float32{}
					for stream, n := range []*graph.Node{x, w} {
						for i := range n.Size() {
							in[n] = append(in[n], float32(graphtest.Normal(uint64(stream), uint64(i))))
						}
					}
					got := run(t, g, g.Apply(op, nil, x, w), in)
					at := func(n *graph.Node, m matrices, item, head, row, column int, transposed bool) float64 {
						if transposed {
							row, column = column, row
						}
						return float64(in[n][(item*m.rows+row)*m.width+m.from+head*m.head+column])
					}
					var have []float32
					var want []float64
					for i := range s.items * s.m * s.heads * s.n {
						column, head, row, item := i%s.n, i/s.n%s.heads, i/s.n/s.heads%s.m, i/s.n/s.heads/s.m
						sum := 0.0
						for k := range s.k {
							sum += at(x, a, item, head, row, k, transposed[0]) * at(w, b, item, head, k, column, transposed[1])
						}
						have, want = append(have, got[(item*s.m+row)*y.width+head*y.head+column]), append(want, 0.7*sum)
					}
					graphtest.Near(t, "y", have, want, 1e-5)
				})
			}
		}
	}
}

// attentionRef is the float64 meaning of Attention.
func attentionRef(qkv, bias, mask []float64, items, tokens, c, heads, masks int) []float64 {
	y, width, d := make([]float64, items*tokens*c), roundUp(tokens, 4), c/heads
	for i := range items * tokens * heads {
		head, token, item := i%heads, i/heads%tokens, i/heads/tokens
		at := func(third, token, k int) float64 { return qkv[(item*tokens+token)*3*c+third*c+head*d+k] }
		p, sum := make([]float64, tokens), 0.0
		for j := range p {
			for k := range d {
				p[j] += at(0, token, k) * at(1, j, k) / math.Sqrt(float64(d))
			}
			if bias != nil {
				p[j] += bias[(token*heads+head)*width+j]
			}
			if mask != nil {
				p[j] += mask[(item%masks*tokens+token)*width+j]
			}
			p[j] = math.Exp(p[j])
			sum += p[j]
		}
		for k := range d {
			for j := range p {
				y[(item*tokens+token)*c+head*d+k] += p[j] / sum * at(2, j, k)
			}
		}
	}
	return y
}

// Values and gradients to queries, keys, values and bias.
func TestAttention(t *testing.T) {
	for _, s := range []struct{ items, tokens, c, heads, masks int }{{1, 1, 4, 1, 1}, {4, 9, 24, 3, 2}, {2, 49, 32, 1, 2}, {3, 6, 16, 2, 1}} {
		for _, a := range []attentionAttr{{fragments: FragmentsBroadcast, lanes: 1}, {fragments: FragmentsShared, lanes: 8}} {
			if a.fragments == FragmentsBroadcast && !broadcasts(graphtest.Device(t).Info()) {
				continue
			}
			for _, with := range []struct{ bias, mask bool }{{}, {true, false}, {true, true}, {false, true}} {
				if with.bias != with.mask && s.items != 4 {
					continue
				}
				a.heads = s.heads
				width := roundUp(s.tokens, 4)
				inputs := []graphtest.In{{Shape: []int{s.items, s.tokens, 3 * s.c}}}
				if with.bias {
					inputs = append(inputs, graphtest.In{Shape: []int{s.tokens, s.heads, width}})
				}
				if with.mask {
					inputs = append(inputs, graphtest.In{Shape: []int{s.masks, s.tokens, width}, NoGrad: true, Values: func(i int) float64 {
						if i%5 == 3 {
							return -100
						}
						return 0
					}})
				}
				split := func(in [][]float64) (bias, mask []float64) {
					if with.bias {
						bias = in[1]
					}
					if with.mask {
						mask = in[len(in)-1]
					}
					return bias, mask
				}
				graphtest.Check(t, graphtest.Case{
					Name:   fmt.Sprint(s, a.fragments, a.lanes, with),
					Inputs: inputs,
					Build: func(in []*graph.Node) *graph.Node {
						var bias, mask *graph.Node
						if with.bias {
							bias = in[1]
						}
						if with.mask {
							mask = in[len(in)-1]
						}
						return attention(in[0], bias, mask, a)
					},
					Ref: func(in [][]float64) []float64 {
						bias, mask := split(in)
						return attentionRef(in[0], bias, mask, s.items, s.tokens, s.c, s.heads, s.masks)
					},
					Tol: 2e-5, GradTol: 3e-4,
				})
			}
		}
	}
}

// Two tokens of one head worked by hand: q.k/2 = ln 3 and 0 give the weights 3/4 and 1/4.
func TestAttentionByHand(t *testing.T) {
	g := graph.New(graphtest.Device(t))
	qkv := g.Input("qkv", graph.F32, 1, 2, 12)
	k := float32(2 * math.Log(3))
	got := run(t, g, Attention(qkv, nil, nil, 1), map[*graph.Node][]float32{qkv: {
		1, 0, 0, 0, k, 0, 0, 0, 8, 0, 4, 0,
		0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 8, 0,
	}})
	graphtest.Near(t, "y", got, []float64{6, 1, 5, 0, 4, 2, 6, 0}, 1e-6)
}

// The bias of each pair of tokens, and the gradient of the table, where many pairs meet.
func TestRelativeBias(t *testing.T) {
	for _, s := range []struct{ side, heads int }{{1, 1}, {2, 3}, {3, 2}, {7, 3}} {
		span, tokens := 2*s.side-1, s.side*s.side
		width := roundUp(tokens, 4)
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(s),
			Inputs: []graphtest.In{{Shape: []int{span * span, s.heads}}},
			Build:  func(in []*graph.Node) *graph.Node { return RelativeBias(in[0], s.side) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, tokens*s.heads*width)
				for i := range tokens {
					for j := range tokens {
						row := (i/s.side-j/s.side+s.side-1)*span + i%s.side - j%s.side + s.side - 1
						for h := range s.heads {
							y[(i*s.heads+h)*width+j] = in[0][row*s.heads+h]
						}
					}
				}
				return y
			},
		})
	}
}
