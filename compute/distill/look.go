package distill

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
)

// looker sees images of the canvas as they are, un-augmented: their features
// and how the teacher judges them.
type looker struct {
	exec             *graph.Exec
	rows, labels     *graph.Node
	features, ce, bn *graph.Node
	outputs          []uint32
}

// newLooker records the view of n rows of c through the first teacher.
func (r *run) newLooker(c *canvas, n int) (*looker, error) {
	g := graph.New(r.dev)
	l := &looker{rows: g.Input("rows", graph.U32, n), labels: g.Input("labels", graph.U32, n)}
	teacher := r.Teachers[0]
	out := teacher.Forward(nn.GatherRows(g.Variable(c.pixels), l.rows), models.Eval)
	l.features = nn.L2Normalize(out.Features)
	l.ce = nn.SoftmaxCrossEntropy(out.Logits, l.labels, 0)
	l.bn = bnLoss(g, out.BN, r.Recipe.FirstBN)
	var err error
	if l.outputs, err = r.Data.Outputs(teacher.Spec.Classes); err != nil {
		return nil, err
	}
	l.exec, err = g.Compile(graph.CompileOptions{
		Name:    fmt.Sprintf("look %s %dpx", teacher.Name, c.size),
		Outputs: []*graph.Node{l.features, l.ce, l.bn},
	})
	return l, err
}

// look returns the normalised features [len(rows),F] of any rows of the
// group's canvas, in batches, and the mean CE and L_BN over those batches.
func (g *group) look(rows []uint32) ([]float32, Assessment, error) {
	n := g.count
	width := g.r.Teachers[0].Width()
	out := make([]float32, 0, len(rows)*width)
	var a Assessment
	batches := 0.0
	for at := 0; at < len(rows); at += n {
		take := min(n, len(rows)-at)
		batch := make([]uint32, n)
		labels := make([]uint32, n)
		for i := range batch {
			batch[i] = rows[at+min(i, take-1)]
			labels[i] = g.looker.outputs[g.first+int(batch[i])%g.count]
		}
		l := g.looker
		if err := firstError(l.exec.SetU32(l.rows, batch), l.exec.SetU32(l.labels, labels), l.exec.Run(g.r.ctx)); err != nil {
			return nil, a, err
		}
		f, err1 := l.exec.Get(l.features)
		ce, err2 := l.exec.Get(l.ce)
		bn, err3 := l.exec.Get(l.bn)
		if err := firstError(err1, err2, err3); err != nil {
			return nil, a, err
		}
		out = append(out, f[:take*width]...)
		a.CE, a.BN, batches = a.CE+float64(ce[0]), a.BN+float64(bn[0]), batches+1
	}
	a.CE, a.BN = a.CE/batches, a.BN/batches
	return out, a, nil
}

// assess looks at the whole group, one image per class at a time.
func (g *group) assess() ([]float32, Assessment, error) { return g.look(g.allRows()) }
