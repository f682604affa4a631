package nn

import (
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Each part of each image, resized, in float64: also where parts leave pixels over and the size is another.
func TestCells(t *testing.T) {
	for _, c := range []struct{ n, side, factor, size, channels int }{{2, 8, 2, 8, 3}, {1, 7, 3, 5, 2}, {3, 5, 2, 5, 1}} {
		small := c.side / c.factor
		along := func(o int) (a, b int, share float64) {
			at := math.Max(0, math.Min(float64(small-1), (float64(o)+0.5)*float64(small)/float64(c.size)-0.5))
			a = int(at)
			return a, min(a+1, small-1), at - float64(a)
		}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprintf("%+v", c),
			Inputs: []graphtest.In{{Shape: []int{c.n, c.side, c.side, c.channels}}},
			Build:  func(in []*graph.Node) *graph.Node { return Cells(in[0], c.factor, c.size) },
			Ref: func(in [][]float64) (out []float64) {
				for k := range c.factor * c.factor {
					for image := range c.n {
						for p := range c.size * c.size * c.channels {
							y0, y1, fy := along(p / c.channels / c.size)
							x0, x1, fx := along(p / c.channels % c.size)
							at := func(y, x int) float64 {
								y, x = y+k/c.factor*small, x+k%c.factor*small
								return in[0][((image*c.side+y)*c.side+x)*c.channels+p%c.channels]
							}
							out = append(out, (1-fy)*((1-fx)*at(y0, x0)+fx*at(y0, x1))+fy*((1-fx)*at(y1, x0)+fx*at(y1, x1)))
						}
					}
				}
				return out
			},
			Tol: 1e-5, GradTol: 1e-3,
		})
	}
}
