package nn

import (
	"context"
	"fmt"
	"math"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

func TestSliceRows(t *testing.T) {
	for _, c := range []struct {
		shape   []int
		from, n int
	}{{[]int{1}, 0, 1}, {[]int{16, 4, 4, 3}, 8, 8}, {[]int{5, 3, 3, 1}, 1, 3}, {[]int{7, 5}, 6, 1}} {
		rows := func(in [][]float64) []float64 {
			row := len(in[0]) / c.shape[0]
			return in[0][c.from*row : (c.from+c.n)*row]
		}
		graphtest.Check(t, graphtest.Case{
			Name:   fmt.Sprint(c),
			Inputs: []graphtest.In{{Shape: c.shape}},
			Build:  func(in []*graph.Node) *graph.Node { return SliceRows(in[0], c.from, c.n) },
			Ref:    rows,
		})
	}
	// labels keep their type
	graphtest.Check(t, graphtest.Case{
		Name:   "labels",
		Inputs: []graphtest.In{{Shape: []int{3, 4}}, {Shape: []int{5}, DType: graph.U32, Values: func(i int) float64 { return float64(i % 4) }}},
		Build: func(in []*graph.Node) *graph.Node {
			return CrossEntropyPerSample(in[0], SliceRows(in[1], 2, 3), 0)
		},
		Ref: func(in [][]float64) []float64 {
			var y []float64
			for r, l := range in[1][2:] {
				y = append(y, -logSoftmax(in[0][4*r:4*r+4], 1)[int(l)])
			}
			return y
		},
	})
}

// Two micro-batches in one program, as SliceRows documents it: each is
// normalised by its own statistics, their gradients add up, and the running
// statistics move twice, by the first half and then by the second.
func TestMicroBatches(t *testing.T) {
	const n, c, momentum = 6, 5, 0.1
	a := NormAttr{Eps: 1e-5}
	g := graph.New(graphtest.Device(t))
	x := normals(1, n*4*4*c)
	gamma := variable(t, g, normals(2, c), c)
	mean, second := variable(t, g, make([]float64, c), c), variable(t, g, make([]float64, c), c)
	input, w := g.Const("x", single(x), n, 4, 4, c), g.Variable(gamma)
	beta, probe := g.Const("beta", make([]float32, c), c), normals(3, n/2*4*4*c)
	var losses, updates []*graph.Node
	for i := range 2 {
		half := SliceRows(input, i*n/2, n/2)
		stats := ChannelStats(half)
		y := BatchNorm(half, w, beta, stats, a, nil)
		losses = append(losses, Mean(Mul(y, g.Const("probe", single(probe), y.Shape()...))))
		updates = append(updates, UpdateRunning(g.Variable(mean), g.Variable(second), stats, momentum, n/2*4*4))
	}
	loss := WeightedSum([]float64{0.5, 0.5}, losses...)
	grad := g.Grad(loss, w)[0]
	// The order of the outputs decides nothing: nodes run in the order in which they were made.
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{updates[1], grad, updates[0]}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}

	wantMean, wantVar, wantGrad := make([]float64, c), make([]float64, c), make([]float64, c)
	for i := range 2 {
		half := x[i*len(x)/2 : (i+1)*len(x)/2]
		stats := channelStats(half, c)
		count := float64(len(half) / c)
		for k := range c {
			wantMean[k] += momentum * (stats[k] - wantMean[k])
			wantVar[k] += momentum * (stats[c+k]*count/(count-1) - wantVar[k])
		}
		for j, v := range half {
			k := j % c
			wantGrad[k] += 0.5 * probe[j] * (v - stats[k]) / math.Sqrt(stats[c+k]+a.Eps) / float64(len(half))
		}
	}
	got, err := e.Get(grad)
	if err != nil {
		t.Fatal(err)
	}
	graphtest.Near(t, "gradient", got, wantGrad, 1e-5)
	for _, r := range []struct {
		what string
		v    *graph.Variable
		want []float64
	}{{"running mean", mean, wantMean}, {"running variance", second, wantVar}} {
		got, err := r.v.Read()
		if err != nil {
			t.Fatal(err)
		}
		graphtest.Near(t, r.what, got, r.want, 1e-5)
	}
}
