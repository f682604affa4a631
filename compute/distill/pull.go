package distill

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
)

// puller carries a gradient from points to the pixels: the last links of
// Eqn 11, through the teacher, into the same Adam moments as ordinary steps.
type puller struct {
	exec               *graph.Exec
	rows, slots, hyper *graph.Node // row rows[i] of the canvas has its gradient in row slots[i]
}

// newPuller records the pull on n rows of c, along gradient [M,F] by their
// points, which stays on the device.
func (r *run) newPuller(c *canvas, n int, gradient *graph.Variable) (*puller, error) {
	g := graph.New(r.dev)
	teacher := r.Teachers[0]
	p := &puller{
		rows:  g.Input("rows", graph.U32, n),
		slots: g.Input("slots", graph.U32, n),
		hyper: g.Input("hyper", graph.F32, nn.HyperWords),
	}
	x := nn.GatherRows(g.Variable(c.pixels), p.rows)
	points := r.pointsOf(teacher.Forward(x, models.Eval))
	dx := g.GradFrom(points, nn.GatherRows(g.Variable(gradient), p.slots), x)[0]
	lo, hi := pixelRange(r.Data)
	update := nn.AdamRows(g.Variable(c.pixels), dx, g.Variable(c.m), g.Variable(c.v), p.rows, p.hyper, lo, hi)
	exec, err := g.Compile(graph.CompileOptions{
		Name:    fmt.Sprintf("topology %s %dpx", teacher.Name, c.size),
		Outputs: []*graph.Node{update},
	})
	p.exec = exec
	return p, err
}

// pull moves the images of the given slots along their gradients, in batches; a
// short batch is filled up with nn.NoRow, which moves nothing.
func (g *group) pull(slots []uint32, hyper []float32) error {
	p := g.puller
	for part := range slices.Chunk(slots, g.count) {
		batch, rows := make([]uint32, g.count), make([]uint32, g.count)
		for i := copy(batch, part); i < g.count; i++ {
			rows[i] = nn.NoRow
		}
		for i, slot := range part {
			rows[i] = g.rowOf(slot)
		}
		err := firstError(p.exec.SetU32(p.rows, rows), p.exec.SetU32(p.slots, batch), p.exec.Set(p.hyper, hyper), p.exec.Run(g.r.ctx))
		if err != nil {
			return err
		}
	}
	return nil
}
