package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Rows are permuted, left out and spaced, forth and back.
func TestMoveRows(t *testing.T) {
	for _, c := range []int{1, 4, 7, 8} {
		for _, from := range [][]int{{2, 0, 1, 5, 4, 3}, {5, -1, 0, -1, 3}, {1}} {
			for _, back := range []bool{false, true} {
				from := from
				rows, to := 6, len(from)
				shape := []int{3, 2, 3, c}
				if back {
					shape = []int{3, to, c}
				}
				graphtest.Check(t, graphtest.Case{
					Name:   fmt.Sprint(c, from, back),
					Inputs: []graphtest.In{{Shape: shape}},
					Build: func(in []*graph.Node) *graph.Node {
						m := NewRowMap(in[0].Graph(), rows, from)
						if back {
							m = m.Inverse()
						}
						return MoveRows(in[0], m)
					},
					Ref: func(in [][]float64) []float64 {
						size := to
						if back {
							size = rows
						}
						y := make([]float64, 3*size*c)
						for n := range 3 {
							for i, source := range from {
								for k := range c {
									switch {
									case source < 0:
									case back:
										y[(n*rows+source)*c+k] = in[0][(n*to+i)*c+k]
									default:
										y[(n*to+i)*c+k] = in[0][(n*rows+source)*c+k]
									}
								}
							}
						}
						return y
					},
				})
			}
		}
	}
}
