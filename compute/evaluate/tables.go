package evaluate

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// tables are inputs of a program that runs several times in a row: each has a row for every run, of which a counter on
// the device takes the next. A node of Input is the present row; Set and SetU32 write a row on the host.
type tables struct {
	g    *graph.Graph
	at   *graph.Node // the counter
	runs int         // rows of each table
	list []*table
	of   map[*graph.Node]int // place in list, by row
}

type table struct {
	input *graph.Node // [runs, size]
	size  int
}

func newTables(g *graph.Graph, counter *graph.Variable, runs int) *tables {
	return &tables{g: g, at: g.Variable(counter), runs: runs, of: map[*graph.Node]int{}}
}

// Input adds an input that has another value in every run.
func (t *tables) Input(name string, d graph.DType, shape ...int) *graph.Node {
	size := graph.Shape(shape).Size()
	in := t.g.Input(name, d, t.runs, size)
	row := graph.Reshape(nn.GatherRows(in, t.at), shape...)
	t.of[row] = len(t.list)
	t.list = append(t.list, &table{in, size})
	return row
}

// block is the content of all tables, on the host.
type block struct {
	*tables
	run int // the row that Set writes
	f32 [][]float32
	u32 [][]uint32
}

func (t *tables) block() *block {
	b := &block{tables: t, f32: make([][]float32, len(t.list)), u32: make([][]uint32, len(t.list))}
	for i, x := range t.list {
		if x.input.DType() == graph.U32 {
			b.u32[i] = make([]uint32, t.runs*x.size)
		} else {
			b.f32[i] = make([]float32, t.runs*x.size)
		}
	}
	return b
}

// Set writes the row of a run.
func (b *block) Set(row *graph.Node, values []float32) error {
	return setRow(b, row, b.f32, values)
}

// SetU32 is Set for U32 inputs.
func (b *block) SetU32(row *graph.Node, values []uint32) error {
	return setRow(b, row, b.u32, values)
}

func setRow[T float32 | uint32](b *block, row *graph.Node, of [][]T, values []T) error {
	i, known := b.of[row]
	if !known || of[i] == nil || len(values) != b.list[i].size {
		return fmt.Errorf("set %v: got %d elements: want as many as it has, of its type, and an input of these tables", row, len(values))
	}
	copy(of[i][b.run*len(values):], values)
	return nil
}

// load writes the tables to the device.
func (b *block) load(e *graph.Exec) error {
	for i, t := range b.list {
		var err error
		if b.u32[i] != nil {
			err = e.SetU32(t.input, b.u32[i])
		} else {
			err = e.Set(t.input, b.f32[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
