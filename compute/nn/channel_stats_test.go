package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// As in a DenseNet: each normalisation reads all channels there are, each channel's statistics are computed where it is
// made, and gradients of all readers meet there.
func TestChannelStatsOfConcat(t *testing.T) {
	for _, c := range [][3]int{{4, 8, 4}, {3, 5, 2}} {
		const rows = 2 * 3 * 5
		shape := func(n int) []int { return []int{2, 3, 5, n} }
		two, three := c[0]+c[1], c[0]+c[1]+c[2]
		join := func(a, b []float64) []float64 {
			var y []float64
			for r := range rows {
				y = append(append(y, a[r*len(a)/rows:(r+1)*len(a)/rows]...), b[r*len(b)/rows:(r+1)*len(b)/rows]...)
			}
			return y
		}
		attr := NormAttr{Eps: 1e-3}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: shape(c[0])}, {Shape: shape(c[1])}, {Shape: shape(c[2])}, {Shape: []int{two}}, {Shape: []int{three}}},
			Build: func(in []*graph.Node) *graph.Node {
				first := Concat(in[1], in[0])
				second := Concat(in[2], first)
				if ChannelStats(first) != ChannelStats(second).In()[1] {
					t.Error("the statistics of a part are computed twice")
				}
				return Concat(BatchNorm(first, in[3], in[3], ChannelStats(first), attr, nil),
					BatchNorm(second, in[4], in[4], ChannelStats(second), attr, nil))
			},
			Ref: func(in [][]float64) []float64 {
				first := join(in[1], in[0])
				second := join(in[2], first)
				return join(batchNorm(first, in[3], in[3], channelStats(first, two), nil, attr),
					batchNorm(second, in[4], in[4], channelStats(second, three), nil, attr))
			},
		})
	}
}
