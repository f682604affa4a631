package distill

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/topo"
)

// looker sees images of the canvas as they are, un-augmented: their features
// and how the teacher judges them. It may leave the points on the device.
type looker struct {
	exec                *graph.Exec
	rows, slots, labels *graph.Node // slots: where the points go on the device, nn.NoRow for nowhere
	features            *graph.Node // of length 1, as retrieval compares them
	points              *graph.Node // as topology compares them
	ce, bn              *graph.Node
	outputs             []uint32
}

// newLooker records the view of n rows of c through the first teacher. Points
// are kept in the rows of to [M,F], if there is such a table.
func (r *run) newLooker(c *canvas, n int, to *graph.Variable) (*looker, error) {
	g := graph.New(r.dev)
	l := &looker{
		rows: g.Input("rows", graph.U32, n), slots: g.Input("slots", graph.U32, n), labels: g.Input("labels", graph.U32, n),
	}
	teacher := r.Teachers[0]
	out := teacher.Forward(nn.GatherRows(g.Variable(c.pixels), l.rows), models.Eval)
	l.features = nn.L2Normalize(out.Features)
	l.points = r.pointsOf(out)
	l.ce = nn.SoftmaxCrossEntropy(out.Logits, l.labels, 0)
	l.bn = bnLoss(g, out.BN, r.Recipe.FirstBN)
	var err error
	if l.outputs, err = r.Data.Outputs(teacher); err != nil {
		return nil, err
	}
	outputs := []*graph.Node{l.features, l.points, l.ce, l.bn}
	if to != nil {
		outputs = append(outputs, topo.Place(g.Variable(to), l.points, l.slots))
	}
	l.exec, err = g.Compile(graph.CompileOptions{Name: fmt.Sprintf("look %s %dpx", teacher.Name, c.size), Outputs: outputs})
	return l, err
}

// pointsOf is Z_c of Eqns 9 to 11: phi itself, or with length 1.
func (r *run) pointsOf(out models.Output) *graph.Node {
	if r.Recipe.PTA.Normalize {
		return nn.L2Normalize(out.Features)
	}
	return out.Features
}

// look returns the normalised features [len(rows),F] of any rows of the
// group's canvas, in batches, and the mean CE and L_BN over those batches.
func (g *group) look(rows []uint32) ([]float32, Assessment, error) {
	return g.view(rows, g.looker.features)
}

// lookAtPoints is look for topology.
func (g *group) lookAtPoints(rows []uint32) ([]float32, error) {
	points, _, err := g.view(rows, g.looker.points)
	return points, err
}

func (g *group) view(rows []uint32, of *graph.Node) ([]float32, Assessment, error) {
	width := g.r.Teachers[0].Width()
	out := make([]float32, 0, len(rows)*width)
	var a Assessment
	batches := 0.0
	l := g.looker
	for batch := range slices.Chunk(rows, g.count) {
		if err := g.see(batch, nil); err != nil {
			return nil, a, err
		}
		f, err1 := l.exec.Get(of)
		ce, err2 := l.exec.Get(l.ce)
		bn, err3 := l.exec.Get(l.bn)
		if err := firstError(err1, err2, err3); err != nil {
			return nil, a, err
		}
		out = append(out, f[:len(batch)*width]...)
		a.CE, a.BN, batches = a.CE+float64(ce[0]), a.BN+float64(bn[0]), batches+1
	}
	a.CE, a.BN = a.CE/batches, a.BN/batches
	return out, a, nil
}

// see runs the looker on up to a batch of rows, repeating the last. Row i's
// point goes to slots[i] on the device, if there are slots.
func (g *group) see(rows, slots []uint32) error {
	l, n := g.looker, g.count
	batch, to, labels := make([]uint32, n), make([]uint32, n), make([]uint32, n)
	for i := range batch {
		batch[i] = rows[min(i, len(rows)-1)]
		labels[i] = l.outputs[g.first+int(batch[i])%n]
		to[i] = nn.NoRow
	}
	copy(to, slots)
	return firstError(
		l.exec.SetU32(l.rows, batch), l.exec.SetU32(l.slots, to), l.exec.SetU32(l.labels, labels), l.exec.Run(g.r.ctx),
	)
}

// assess looks at the whole group, one image per class at a time.
func (g *group) assess() ([]float32, Assessment, error) { return g.look(g.allRows()) }
