package nn

import (
	"fmt"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestConcat(t *testing.T) {
	for _, c := range []struct {
		rows     []int
		channels []int
	}{{[]int{1}, []int{1, 1}}, {[]int{2, 3, 3}, []int{4, 8, 4}}, {[]int{2, 5, 7}, []int{3, 58, 5}}, {[]int{67}, []int{12}}, {[]int{9}, []int{64, 32}}} {
		inputs, total, rows := []graphtest.In{}, 0, graph.Shape(c.rows).Size()
		for _, n := range c.channels {
			inputs = append(inputs, graphtest.In{Shape: append(append([]int(nil), c.rows...), n)})
			total += n
		}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: inputs,
			Build:  func(in []*graph.Node) *graph.Node { return Concat(in...) },
			Ref: func(in [][]float64) []float64 {
				var y []float64
				for r := range rows {
					for i, n := range c.channels {
						y = append(y, in[i][r*n:(r+1)*n]...)
					}
				}
				return y
			},
		})
	}
}

func TestSliceChannels(t *testing.T) {
	for _, c := range []struct {
		shape   []int
		from, n int
	}{{[]int{1, 1}, 0, 1}, {[]int{2, 3, 3, 16}, 4, 8}, {[]int{2, 5, 7, 116}, 58, 58}, {[]int{3, 7, 5}, 1, 3}, {[]int{67, 64}, 32, 32}, {[]int{5, 12}, 2, 4}} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: c.shape}},
			Build:  func(in []*graph.Node) *graph.Node { return SliceChannels(in[0], c.from, c.n) },
			Ref: func(in [][]float64) []float64 {
				var y []float64
				width := c.shape[len(c.shape)-1]
				for r := 0; r < len(in[0]); r += width {
					y = append(y, in[0][r+c.from:r+c.from+c.n]...)
				}
				return y
			},
		})
	}
}

func TestChannelShuffle(t *testing.T) {
	for _, c := range []struct {
		shape  []int
		groups int
	}{{[]int{1, 1}, 1}, {[]int{2, 3, 3, 6}, 2}, {[]int{2, 5, 7, 116}, 2}, {[]int{17, 24}, 3}, {[]int{3, 35}, 7}} {
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: c.shape}},
			Build:  func(in []*graph.Node) *graph.Node { return ChannelShuffle(in[0], c.groups) },
			Ref: func(in [][]float64) []float64 {
				width := c.shape[len(c.shape)-1]
				y, each := make([]float64, len(in[0])), width/c.groups
				for i, v := range in[0] {
					ch := i % width
					y[i-ch+ch%each*c.groups+ch/each] = v
				}
				return y
			},
		})
	}
}
