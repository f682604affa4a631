package graph

import (
	"context"
	"fmt"

	"reta/compute/vk"
)

// Pass is a program that takes Size items a run, the leading dimension of its
// inputs and outputs, made to run over any number of them.
type Pass struct {
	*Exec
	Size int
}

// NewPass compiles the program that build makes for n items, with the largest n
// up to want that fits the device (see Largest), and returns it with that Size.
// build may run several times, the last time for the graph that is compiled; it
// returns the outputs.
//
//	var pixels, features *graph.Node
//	pass, err := graph.NewPass(dev, "embed", 100, func(g *graph.Graph, n int) []*graph.Node {
//		pixels = g.Input("pixels", graph.F32, n, 32, 32, 3)
//		features = teacher.Forward(pixels, models.Eval).Features
//		return []*graph.Node{features}
//	})
//	...
//	defer pass.Close()
//	var all []float32 // [len(images),F]
//	err = pass.Each(ctx, len(images),
//		func(b graph.Batch) error { return b.Set(pixels, decode(images[b.First:b.End])) },
//		func(b graph.Batch) error { return b.Append(&all, features) })
func NewPass(dev *vk.Device, name string, want int, build func(g *Graph, n int) []*Node) (*Pass, error) {
	size, err := Largest(dev, want, build)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	g := New(dev)
	exec, err := g.Compile(CompileOptions{Name: name, Outputs: build(g, size), InFlight: passesInFlight})
	if err != nil {
		return nil, err
	}
	return &Pass{exec, size}, nil
}

// passesInFlight is how many batches a Pass has on their way: while one runs, the next is prepared.
const passesInFlight = 2

// Each runs the program over n items, Size at a time: set writes the inputs of
// a batch, then the program runs, then get reads the outputs; get may be nil.
// Batches come in order, but the next is set before get is called for one. The
// first error ends it, named with the items it is about.
func (p *Pass) Each(ctx context.Context, n int, set, get func(b Batch) error) error {
	if p.Size < 1 {
		return fmt.Errorf("%s: batch %d: want at least 1", p.name, p.Size)
	}
	of := func(b Batch, err error) error {
		if err != nil {
			err = fmt.Errorf("items %d to %d of %d: %w", b.First+1, b.End, n, err)
		}
		return err
	}
	var ahead []Batch
	collect := func(most int) error {
		for ; len(ahead) > most; ahead = ahead[1:] {
			b := ahead[0]
			err := b.run.Wait(ctx)
			if err == nil && get != nil {
				err = get(b)
			}
			if err != nil {
				return of(b, err)
			}
			b.run.read = false
		}
		return nil
	}
	for first := 0; first < n; first += p.Size {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := Batch{First: first, End: min(first+p.Size, n), pass: p}
		err := set(b)
		if err == nil {
			b.run, err = p.Submit(ctx)
		}
		if err != nil {
			return of(b, err)
		}
		ahead = append(ahead, b)
		if err := collect(passesInFlight - 1); err != nil {
			return err
		}
	}
	return collect(0)
}

// Batch is what one run takes: items First to End-1, at most Size of them.
type Batch struct {
	First, End int
	pass       *Pass
	run        *Flight // nil while its inputs are set
}

// Set writes the rows of an input [Size,...]: End-First of them, of which the
// last is repeated to fill the batch up, or all Size.
func (b Batch) Set(n *Node, rows []float32) error {
	return setRows(b, n, F32, rows)
}

// SetU32 is Set for U32 inputs.
func (b Batch) SetU32(n *Node, rows []uint32) error {
	return setRows(b, n, U32, rows)
}

func setRows[T float32 | uint32](b Batch, n *Node, d DType, rows []T) error {
	each, err := b.row(n)
	if err != nil {
		return err
	}
	live := b.End - b.First
	if n.dtype != d || len(rows) != live*each && len(rows) != n.Size() {
		return fmt.Errorf("%s: set %v: got %d %v elements: want %d or %d rows of %d %v",
			b.pass.name, n, len(rows), d, live, b.pass.Size, each, n.dtype)
	}
	err = b.pass.set(n, 0, bytesOf(rows))
	last := rows[len(rows)-each:]
	for i := len(rows) / each; i < b.pass.Size && err == nil; i++ {
		err = b.pass.set(n, int64(4*i*each), bytesOf(last))
	}
	if err != nil {
		return fmt.Errorf("%s: set %v: %w", b.pass.name, n, err)
	}
	return nil
}

// Append adds the items' rows of an output [Size,...] to a slice; the rows that
// only fill the batch up are left out.
func (b Batch) Append(to *[]float32, n *Node) error {
	each, err := b.row(n)
	if err != nil {
		return err
	}
	from := len(*to)
	*to = append(*to, make([]float32, (b.End-b.First)*each)...)
	return b.run.copy(n, (*to)[from:])
}

// Get returns a copy of an output of the batch's run, of any shape.
func (b Batch) Get(n *Node) ([]float32, error) { return b.run.Get(n) }

// row is the size of one item's row of n.
func (b Batch) row(n *Node) (int, error) {
	if n.Dim(0) != b.pass.Size {
		return 0, fmt.Errorf("%s: %v has no row for each of the %d items of a batch", b.pass.name, n, b.pass.Size)
	}
	return n.Size() / b.pass.Size, nil
}
