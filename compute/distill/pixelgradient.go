package distill

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/topo"
)

// pixelGradient carries a gradient from points to the pixels, the last links of Eqn 11: through the teacher, then into a
// table or into a step of Adam.
type pixelGradient struct {
	exec               *graph.Exec
	n                  int         // rows a batch
	rows, slots, hyper *graph.Node // row rows[i] of the image buffer has its gradient in row slots[i]
	to                 *graph.Node // rows of the table to write to; nil with Adam
}

// newPixelGradient records it for the group's images, along gradient [M,F] by their points, which stays on the device. table
// [rows,D*D*3] takes the gradient by the pixels; where it is nil, Adam follows it.
func (g *Group) newPixelGradient(gradient, table *graph.Variable) (*pixelGradient, error) {
	gr, teacher, images := graph.New(g.dev), g.phi(), g.images
	n := min(g.Recipe.Batch, g.count)
	p := &pixelGradient{n: n, rows: gr.Input("rows", graph.U32, n), slots: gr.Input("slots", graph.U32, n)}
	x := nn.GatherRows(gr.Variable(images.pixels), p.rows)
	points := g.pointsOf(teacher.Forward(x, models.Eval))
	dx := gr.GradFrom(points, nn.GatherRows(gr.Variable(gradient), p.slots), x)[0]
	var update *graph.Node
	if table != nil {
		p.to = gr.Input("to", graph.U32, n)
		update = topo.Place(gr.Variable(table), graph.Reshape(dx, n, images.size*images.size*3), p.to)
	} else {
		lo, hi := pixelRange(g.Data)
		p.hyper = gr.Input("hyper", graph.F32, nn.HyperWords)
		update = nn.AdamRows(gr.Variable(images.pixels), dx, gr.Variable(images.m), gr.Variable(images.v), p.rows, p.hyper, lo, hi)
	}
	exec, err := gr.Compile(graph.CompileOptions{
		Name:    fmt.Sprintf("topology %s %dpx", teacher.Name, images.size),
		Outputs: []*graph.Node{update},
	})
	p.exec = exec
	return p, err
}

// run takes the images of the given slots along, in batches; a short batch is filled up with nn.NoRow, which goes nowhere.
func (p *pixelGradient) run(g *Group, slots []uint32, hyper []float32) error {
	for part := range slices.Chunk(slots, p.n) {
		batch, rows := make([]uint32, p.n), make([]uint32, p.n)
		for i := copy(batch, part); i < p.n; i++ {
			rows[i] = nn.NoRow
		}
		copy(rows, g.rowsOf(part))
		err := firstError(p.exec.SetU32(p.rows, rows), p.exec.SetU32(p.slots, batch))
		if p.to != nil {
			err = firstError(err, p.exec.SetU32(p.to, rows))
		} else {
			err = firstError(err, p.exec.Set(p.hyper, hyper))
		}
		if err := firstError(err, p.exec.Run(g.ctx)); err != nil {
			return err
		}
	}
	return nil
}
