package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Windows that divide the image, that overlap, and that are more than pixels.
func TestAdaptiveAvgPool(t *testing.T) {
	for _, c := range []struct {
		in   []int
		h, w int
	}{
		{[]int{2, 12, 12, 8}, 6, 6}, {[]int{3, 13, 7, 5}, 6, 6}, {[]int{2, 1, 1, 12}, 6, 6}, {[]int{1, 4, 9, 3}, 6, 2},
		{[]int{2, 6, 6, 4}, 6, 6}, {[]int{2, 5, 7, 20}, 1, 1},
	} {
		n, h, w, k := c.in[0], c.in[1], c.in[2], c.in[3]
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: c.in}},
			Build:  func(in []*graph.Node) *graph.Node { return AdaptiveAvgPool(in[0], c.h, c.w) },
			Ref: func(in [][]float64) []float64 {
				y := make([]float64, n*c.h*c.w*k)
				for i := range y {
					ch, ox, oy, image := i%k, i/k%c.w, i/k/c.w%c.h, i/k/c.w/c.h
					y0, y1, x0, x1 := oy*h/c.h, ((oy+1)*h+c.h-1)/c.h, ox*w/c.w, ((ox+1)*w+c.w-1)/c.w
					for py := y0; py < y1; py++ {
						for px := x0; px < x1; px++ {
							y[i] += in[0][((image*h+py)*w+px)*k+ch] / float64((y1-y0)*(x1-x0))
						}
					}
				}
				return y
			},
		})
	}
}
