package distill

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
)

// puller carries a gradient from features to the pixels: the last links of
// Eqn 11, through the teacher, into the same Adam moments as ordinary steps.
type puller struct {
	exec                   *graph.Exec
	rows, dfeatures, hyper *graph.Node
}

// newPuller records the pull on n rows of c.
func (r *run) newPuller(c *canvas, n int) (*puller, error) {
	g := graph.New(r.dev)
	teacher := r.Teachers[0]
	p := &puller{
		rows:      g.Input("rows", graph.U32, n),
		dfeatures: g.Input("dfeatures", graph.F32, n, teacher.Width()),
		hyper:     g.Input("hyper", graph.F32, nn.HyperWords),
	}
	x := nn.GatherRows(g.Variable(c.pixels), p.rows)
	features := nn.L2Normalize(teacher.Forward(x, models.Eval).Features)
	dx := g.GradFrom(features, p.dfeatures, x)[0]
	lo, hi := pixelRange(r.Data)
	update := nn.AdamRows(g.Variable(c.pixels), dx, g.Variable(c.m), g.Variable(c.v), p.rows, p.hyper, lo, hi)
	exec, err := g.Compile(graph.CompileOptions{
		Name:    fmt.Sprintf("topology %s %dpx", teacher.Name, c.size),
		Outputs: []*graph.Node{update},
	})
	p.exec = exec
	return p, err
}

// pull moves rows along dfeatures [len(rows),F], in batches; a short batch is
// filled up with nn.NoRow, which moves nothing.
func (g *group) pull(rows []uint32, dfeatures, hyper []float32) error {
	p, n, width := g.puller, g.count, g.r.Teachers[0].Width()
	for at := 0; at < len(rows); at += n {
		take := min(n, len(rows)-at)
		batch := make([]uint32, n)
		for i := copy(batch, rows[at:at+take]); i < n; i++ {
			batch[i] = nn.NoRow
		}
		df := make([]float32, n*width)
		copy(df, dfeatures[at*width:(at+take)*width])
		err := firstError(p.exec.SetU32(p.rows, batch), p.exec.Set(p.dfeatures, df), p.exec.Set(p.hyper, hyper), p.exec.Run(g.r.ctx))
		if err != nil {
			return err
		}
	}
	return nil
}
