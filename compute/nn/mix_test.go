package nn

import (
	"fmt"
	"slices"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// mixCases are batches with their partners: odd shapes, pairs that exchange their pixels, an image that is its own partner.
var mixCases = []struct {
	shape    []int
	partners []float64
	cut      Cut
}{
	{[]int{1, 1, 1, 1}, []float64{0}, Cut{}},
	{[]int{2, 8, 8, 3}, []float64{1, 0}, Cut{Top: 2, Left: 3, Height: 4, Width: 5}},
	{[]int{3, 7, 5, 3}, []float64{2, 1, 0}, Cut{Top: 0, Left: 0, Height: 7, Width: 5}},
	{[]int{5, 9, 11, 3}, []float64{3, 0, 4, 4, 1}, Cut{Top: 8, Left: 10, Height: 1, Width: 1}},
	{[]int{4, 6, 6, 8}, []float64{1, 2, 3, 0}, Cut{Top: 1, Left: 4, Height: 0, Width: 2}},
	{[]int{3, 33, 31, 5}, []float64{1, 2, 0}, Cut{Top: 5, Left: 0, Height: 20, Width: 30}},
}

func TestCutMix(t *testing.T) {
	for _, c := range mixCases {
		n, h, w, ch := c.shape[0], c.shape[1], c.shape[2], c.shape[3]
		cut := c.cut.Append(nil)
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.shape, c.cut),
			Inputs: []graphtest.In{
				{Shape: c.shape, NoGrad: true},
				{Shape: []int{n}, DType: graph.U32, Values: func(i int) float64 { return c.partners[i] }},
				{Shape: []int{CutWords}, NoGrad: true, Values: func(i int) float64 { return float64(cut[i]) }},
			},
			Build: func(in []*graph.Node) *graph.Node { return CutMix(in[0], in[1], in[2]) },
			Ref: func(in [][]float64) []float64 {
				y := slices.Clone(in[0])
				size := h * w * ch
				for i := range n {
					for row := c.cut.Top; row < c.cut.Top+c.cut.Height; row++ {
						from, to := (row*w+c.cut.Left)*ch, (row*w+c.cut.Left+c.cut.Width)*ch
						partner := in[0][int(in[1][i])*size:]
						copy(y[i*size+from:i*size+to], partner[from:to])
					}
				}
				return y
			},
			Tol: 1e-12, // moved, not computed
		})
	}
}

func TestMixup(t *testing.T) {
	for i, c := range mixCases {
		share := float64(i) / float64(len(mixCases)-1) // 0 and 1 among them
		graphtest.Check(t, graphtest.Case{
			Name: fmt.Sprint(c.shape, share),
			Inputs: []graphtest.In{
				{Shape: c.shape, NoGrad: true},
				{Shape: c.shape[:1], DType: graph.U32, Values: func(i int) float64 { return c.partners[i] }},
				{Shape: []int{1}, NoGrad: true, Values: func(int) float64 { return share }},
			},
			Build: func(in []*graph.Node) *graph.Node { return Mixup(in[0], in[1], in[2]) },
			Ref: func(in [][]float64) []float64 {
				size := len(in[0]) / len(in[1])
				y := make([]float64, len(in[0]))
				for i := range y {
					y[i] = in[2][0]*in[0][i] + (1-in[2][0])*in[0][int(in[1][i/size])*size+i%size]
				}
				return y
			},
		})
	}
}
