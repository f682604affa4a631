package graph_test

import (
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
)

// Programs that share an arena compute what they compute alone, in whatever order they run and several on their way, and take the memory of
// the largest.
func TestProgramsShareAnArena(t *testing.T) {
	dev := graphtest.Device(t)
	arena := graph.NewArena(dev)
	defer arena.Close()
	type program struct {
		exec *graph.Exec
		x, y *graph.Node
		n    int
	}
	build := func(n int) (p program) {
		g := graph.New(dev)
		p.n, p.x = n, g.Input("x", graph.F32, n)
		y := p.x
		for range 5 { // what is between lies in the arena
			y = graph.Add(graph.Scale(y, 2), p.x)
		}
		p.y = y
		m, err := g.Memory(1, y)
		if err != nil {
			t.Fatal(err)
		}
		if err := arena.Reserve(m.Arena); err != nil {
			t.Fatal(err)
		}
		p.exec, err = g.Compile(graph.CompileOptions{Name: "shared", Outputs: []*graph.Node{y}, Arena: arena, InFlight: 2, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	large := build(5000)
	most := arena.Bytes()
	list := []program{large, build(4000), build(17)}
	if got := arena.Bytes(); got != most {
		t.Errorf("smaller programs make the arena %d bytes of %d", got, most)
	}
	if grown := build(9000); arena.Bytes() <= most {
		t.Errorf("a larger program leaves the arena at %d bytes", most)
	} else {
		list = append(list, grown)
	}
	type run struct {
		flight *graph.Flight
		p      program
		round  int
	}
	input := func(i, round int) float32 { return float32(i%13 + round) }
	var runs []run
	for round := range 4 {
		for _, p := range list {
			values := make([]float32, p.n)
			for i := range values {
				values[i] = input(i, round)
			}
			if err := p.exec.Set(p.x, values); err != nil {
				t.Fatal(err)
			}
			f, err := p.exec.Submit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, run{f, p, round})
		}
	}
	for _, r := range runs {
		got, err := r.flight.Get(r.p.y)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if want := 63 * input(i, r.round); v != want { // 2 (2 (... x + x) ...) + x
				t.Fatalf("program of %d, round %d, element %d: %g, want %g", r.p.n, r.round, i, v, want)
			}
		}
	}
	large.exec.Close()
	before := arena.Bytes()
	for _, p := range list[1:3] { // the last that have what was too small
		p.exec.Close()
	}
	if after := arena.Bytes(); after >= before || after < most {
		t.Errorf("of %d bytes the arena keeps %d when the smaller programs are closed: want those of the largest", before, after)
	}
	list[3].exec.Close()
}
