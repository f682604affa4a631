package graph_test

import (
	"os"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/vk"
)

// open is a device with limits of its own, for tests of what lies beyond them.
func open(t *testing.T, o vk.Options) *vk.Device {
	t.Helper()
	o.Device, o.Validation = os.Getenv("RETA_DEVICE"), graphtest.Validation()
	dev, err := vk.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	})
	return dev
}

// sumOp is a + b as an operation that is not divided: all of it is bound at once.
var sumOp = &graph.Op{
	Name:  "sum",
	Infer: graph.SameShape,
	Lower: func(l *graph.Lowering, n *graph.Node) {
		l.Dispatch(graph.Kernel{
			Shader: "add",
			In:     []graph.Tensor{l.In(0), l.In(1)},
			Out:    []graph.Tensor{l.Out()},
			Push:   graph.Push{"n": n.Size()},
			Groups: graph.Elementwise(n.Size()),
		})
	},
}

// double is x + x + 0 for rows of 1 KiB.
func double(g *graph.Graph, n int) []*graph.Node {
	x := g.Input("x", graph.F32, n, 256)
	sum := g.Apply(sumOp, nil, x, x).Named("doubled")
	return []*graph.Node{g.Apply(sumOp, nil, sum, g.Const("zeros", make([]float32, n*256), n, 256))}
}

func TestLargestBatchThatFits(t *testing.T) {
	for _, c := range []struct {
		name       string
		options    vk.Options
		want, size int
	}{
		{"all", vk.Options{}, 100, 100},
		{"range", vk.Options{StorageRange: 37 << 10}, 100, 37},
		{"range of one row", vk.Options{StorageRange: 1<<10 + 512}, 100, 1},
		// x and the result, twice, and x + x are 5 n KiB, half of what the constant's n KiB leave.
		{"memory", vk.Options{MemoryLimit: 110 << 20}, 1 << 17, 10 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev := open(t, c.options)
			size, err := graph.Largest(dev, c.want, double)
			if err != nil || size != c.size {
				t.Fatalf("got %d, want %d: %v", size, c.size, err)
			}
			if now, _ := dev.MemoryUsed(); now != 0 {
				t.Errorf("%d bytes are still in use", now)
			}
			pass, err := graph.NewPass(dev, "double", c.want, double)
			if err != nil {
				t.Fatal(err)
			}
			if pass.Size != c.size {
				t.Errorf("the pass takes %d a run, want %d", pass.Size, c.size)
			}
			pass.Close()
		})
	}
}

// What does not fit is named with its size, the limit and what to do.
func TestWhatDoesNotFitIsNamed(t *testing.T) {
	for _, c := range []struct {
		options vk.Options
		n       int
		want    []string
	}{
		{vk.Options{StorageRange: 1 << 19}, 1 << 10, []string{`"doubled"`, "[1024,256]", "1 MiB", "0.5 MiB", "smaller batch"}},
		{vk.Options{MemoryLimit: 2 << 20}, 1 << 10, []string{"2 MiB of memory free", "program of 3 MiB", "smaller batch"}},
	} {
		dev := open(t, c.options)
		g := graph.New(dev)
		x := g.Input("x", graph.F32, c.n, 256)
		err := g.Fits(g.Apply(sumOp, nil, g.Apply(sumOp, nil, x, x).Named("doubled"), x))
		for _, part := range c.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("got %v, want an error with %q", err, part)
			}
		}
	}
	if _, err := graph.Largest(graphtest.Device(t), 0, double); err == nil {
		t.Error("a batch of 0 was taken")
	}
	_, err := graph.NewPass(graphtest.Device(t), "wrong", 8, func(g *graph.Graph, n int) []*graph.Node {
		return []*graph.Node{graph.Add(g.Input("x", graph.F32, n, 2), g.Input("y", graph.F32, n, 3))}
	})
	if err == nil || !strings.Contains(err.Error(), "wrong: add") {
		t.Errorf("shapes that differ: got %v", err)
	}
}
