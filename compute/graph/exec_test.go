package graph_test

import (
	"context"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// What depends on frozen variables alone is computed again when one of them is
// written, and not otherwise.
func TestFrozenValuesFollowWrites(t *testing.T) {
	dev := graphtest.Device(t)
	w, err := graph.NewVariable(dev, "w", graph.F32, true, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Free()
	g := graph.New(dev)
	x := g.Input("x", graph.F32, 3)
	packed := graph.Add(g.Variable(w), g.Variable(w))
	y := graph.Add(packed, x)
	exec, err := g.Compile(graph.CompileOptions{Name: "test", Outputs: []*graph.Node{y}, Poison: true})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	for _, weight := range []float32{1, 1, 5} {
		if err := w.Write([]float32{weight, 10 * weight, 100 * weight}); err != nil {
			t.Fatal(err)
		}
		for run := range 2 {
			in := []float32{float32(run), 0, -1}
			if err := exec.Set(x, in); err != nil {
				t.Fatal(err)
			}
			if err := exec.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			got, err := exec.Get(y)
			if err != nil {
				t.Fatal(err)
			}
			for i, scale := range []float32{1, 10, 100} {
				if want := 2*scale*weight + in[i]; got[i] != want {
					t.Fatalf("weight %v, run %d, element %d: got %v, want %v", weight, run, i, got[i], want)
				}
			}
		}
	}
}

func TestMistakesAreErrors(t *testing.T) {
	dev := graphtest.Device(t)
	frozen, err := graph.NewVariable(dev, "weights", graph.F32, true, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Free()
	overwrite := &graph.Op{Name: "overwrite", Infer: graph.SameShape, Updates: []int{0}}
	for _, c := range []struct {
		name, want string
		build      func(g *graph.Graph) error
	}{
		{"update of a frozen variable", "want a variable that is not frozen", func(g *graph.Graph) error {
			_, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{g.Apply(overwrite, nil, g.Variable(frozen))}})
			return err
		}},
		{"empty shape", "want at least one dimension", func(g *graph.Graph) error { g.Input("x", graph.F32); return g.Err() }},
		{"negative dimension", "dimensions must be positive", func(g *graph.Graph) error { g.Input("x", graph.F32, 3, -1); return g.Err() }},
		{"too many elements", "more than 2^31-1", func(g *graph.Graph) error { g.Input("x", graph.F32, 1<<20, 1<<20); return g.Err() }},
		{"another graph's node", "belongs to another graph", func(g *graph.Graph) error {
			graph.Add(g.Input("x", graph.F32, 2), graph.New(dev).Input("y", graph.F32, 2))
			return g.Err()
		}},
		{"gradient of a tensor", "want a scalar", func(g *graph.Graph) error {
			x := g.Input("x", graph.F32, 2)
			g.Grad(graph.Add(x, x), x)
			return g.Err()
		}},
		{"reading what is no output", "is not an output", func(g *graph.Graph) error {
			x := g.Input("x", graph.F32, 2)
			y := graph.Add(x, x)
			exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{graph.Add(y, y)}})
			if err != nil {
				return err
			}
			defer exec.Close()
			_, err = exec.Get(y)
			return err
		}},
		{"input of the wrong length", "got 3 f32 elements", func(g *graph.Graph) error {
			x := g.Input("x", graph.F32, 2)
			exec, err := g.Compile(graph.CompileOptions{Outputs: []*graph.Node{graph.Add(x, x)}})
			if err != nil {
				return err
			}
			defer exec.Close()
			return exec.Set(x, make([]float32, 3))
		}},
	} {
		if err := c.build(graph.New(dev)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}
