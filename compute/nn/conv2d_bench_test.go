package nn

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"reta/compute/graph"
	"reta/compute/vk"
)

// BenchmarkConv2d times the 3x3 convolutions of ResNets. It reports the best
// GFLOP/s by wall clock and by processor time (the speed of one core of a CPU
// driver, whatever else the machine does), counting the operations of the
// definition whatever the algorithm.
func BenchmarkConv2d(b *testing.B) {
	dev, err := vk.Open(vk.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer dev.Close()
	for _, v := range []struct {
		name string
		a    ConvAttr
	}{
		{"auto", ConvAttr{}},
		{"direct", ConvAttr{Algorithm: ConvDirect}},
		{"winograd", ConvAttr{Algorithm: ConvWinograd}},
		{"direct_shared", ConvAttr{Algorithm: ConvDirect, Fragments: FragmentsShared}},
	} {
		for _, s := range []struct{ n, side, c, k int }{
			{8, 32, 64, 64}, {8, 16, 128, 128}, {16, 8, 256, 256}, {32, 4, 512, 512}, {4, 56, 64, 64},
		} {
			v.a.Padding = 1
			for _, pass := range []string{"forward", "grad_input", "grad_weight"} {
				b.Run(fmt.Sprintf("%s/%dx%dx%dx%d_to_%d/%s", v.name, s.n, s.side, s.side, s.c, s.k, pass), func(b *testing.B) {
					benchmarkConv2d(b, dev, pass, s.n, s.side, s.c, s.k, v.a)
				})
			}
		}
	}
}

func benchmarkConv2d(b *testing.B, dev *vk.Device, pass string, n, side, c, k int, a ConvAttr) {
	g := graph.New(dev)
	weights, err := graph.NewVariable(dev, "w", graph.F32, true, k, c, 3, 3) // frozen: packed once, beforehand
	if err != nil {
		b.Fatal(err)
	}
	defer weights.Free()
	x, w, dy := g.Input("x", graph.F32, n, side, side, c), g.Variable(weights), g.Input("dy", graph.F32, n, side, side, k)
	y := Conv2d(x, w, a)
	out := y
	if pass != "forward" {
		grads := g.GradFrom(y, dy, x, w)
		out = map[string]*graph.Node{"grad_input": grads[0], "grad_weight": grads[1]}[pass]
	}
	e, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{out}})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	work := 2 * 9 * float64(n*side*side*c*k)
	var wall, cpu float64
	for b.Loop() {
		t, p := time.Now(), processorTime()
		if err := e.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
		wall, cpu = max(wall, work/float64(time.Since(t))), max(cpu, work/float64(processorTime()-p))
	}
	b.ReportMetric(wall, "GFLOP/s")
	b.ReportMetric(cpu, "GFLOP/core-s")
	b.ReportMetric(0, "ns/op")
}

// processorTime is what the process has used, over all threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
