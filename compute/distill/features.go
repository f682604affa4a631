package distill

import (
	"fmt"
	"slices"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/topo"
)

// featureExtractor sees images as they are, un-augmented, through the teacher that gives phi: their features and how the
// teacher judges them. It may leave topology's points on the device.
type featureExtractor struct {
	exec                *graph.Exec
	n                   int         // rows a batch
	rows, slots, labels *graph.Node // slots: where the points go on the device, nn.NoRow for nowhere
	features            *graph.Node // of length 1, as retrieval compares them
	points              *graph.Node // as topology compares them
	ce, bn              *graph.Node
	outputs             []uint32
}

// Features are what the teacher that gives phi makes of some images.
type Features struct {
	Unit   []float32 // [N,F], of length 1: q of Eqn 4
	Points []float32 // [N,F], as topology compares them: Z of Eqns 9 to 11
	// CE and BN are means over batches: of one image per class where all rows are asked for.
	CE, BN float64
}

// features records the extractor of the present images when it is first asked for.
func (g *Group) features() (*featureExtractor, error) {
	if g.extractor != nil {
		return g.extractor, nil
	}
	gr, teacher := graph.New(g.dev), g.phi()
	n := min(g.Recipe.Batch, g.count)
	e := &featureExtractor{
		n: n, rows: gr.Input("rows", graph.U32, n), slots: gr.Input("slots", graph.U32, n), labels: gr.Input("labels", graph.U32, n),
	}
	out := teacher.Forward(nn.GatherRows(gr.Variable(g.images.pixels), e.rows), models.Eval)
	e.features = nn.L2Normalize(out.Features)
	e.points = g.pointsOf(out)
	e.ce = nn.SoftmaxCrossEntropy(out.Logits, e.labels, 0)
	e.bn = bnLoss(gr, out.BN, g.Recipe.FirstBN)
	var err error
	if e.outputs, err = g.Data.Outputs(teacher); err != nil {
		return nil, err
	}
	outputs := []*graph.Node{e.features, e.points, e.ce, e.bn}
	if table := g.parts.align.Points(); table != nil {
		outputs = append(outputs, topo.Place(gr.Variable(table), e.points, e.slots))
	}
	arena, err := g.sharedArena()
	if err == nil {
		e.exec, err = gr.Compile(graph.CompileOptions{Name: fmt.Sprintf("features %s %dpx", teacher.Name, g.images.size), Outputs: outputs, Arena: arena})
	}
	if err != nil {
		return nil, err
	}
	g.extractor = e
	return e, nil
}

// pointsOf is Z_c of Eqns 9 to 11: phi itself, or with length 1.
func (r *run) pointsOf(out models.Output) *graph.Node {
	if r.Recipe.PTA.Normalize {
		return nn.L2Normalize(out.Features)
	}
	return out.Features
}

// Features looks at rows of the present images.
func (g *Group) Features(rows []uint32) (Features, error) {
	if err := g.settle(); err != nil {
		return Features{}, err
	}
	e, err := g.features()
	if err != nil {
		return Features{}, err
	}
	width := g.phi().Width()
	f := Features{Unit: make([]float32, 0, len(rows)*width), Points: make([]float32, 0, len(rows)*width)}
	batches := 0.0
	for batch := range slices.Chunk(rows, e.n) {
		if err := g.extract(e, batch, nil); err != nil {
			return f, err
		}
		unit, err1 := e.exec.Get(e.features)
		points, err2 := e.exec.Get(e.points)
		ce, err3 := e.exec.Get(e.ce)
		bn, err4 := e.exec.Get(e.bn)
		if err := firstError(err1, err2, err3, err4); err != nil {
			return f, err
		}
		f.Unit, f.Points = append(f.Unit, unit[:len(batch)*width]...), append(f.Points, points[:len(batch)*width]...)
		f.CE, f.BN, batches = f.CE+float64(ce[0]), f.BN+float64(bn[0]), batches+1
	}
	f.CE, f.BN = f.CE/batches, f.BN/batches
	return f, nil
}

// AllFeatures looks at all present images, in the order of AllRows, once until a step or a stage's end changes them.
func (g *Group) AllFeatures() (Features, error) {
	if g.seen != nil {
		return *g.seen, nil
	}
	f, err := g.Features(g.AllRows())
	if err == nil {
		g.seen = &f
	}
	return f, err
}

// Gather is the given rows of list [N,width].
func Gather(list []float32, rows []uint32, width int) []float32 {
	out := make([]float32, 0, len(rows)*width)
	for _, row := range rows {
		out = append(out, list[int(row)*width:(int(row)+1)*width]...)
	}
	return out
}

// extract runs the extractor on up to a batch of rows, repeating the last. Row i's point goes to slots[i] on the device, if
// there are slots.
func (g *Group) extract(e *featureExtractor, rows, slots []uint32) error {
	batch, to, labels := make([]uint32, e.n), make([]uint32, e.n), make([]uint32, e.n)
	for i := range batch {
		batch[i] = rows[min(i, len(rows)-1)]
		labels[i] = e.outputs[g.first+int(batch[i])%g.count]
		to[i] = nn.NoRow
	}
	copy(to, slots)
	return firstError(
		e.exec.SetU32(e.rows, batch), e.exec.SetU32(e.slots, to), e.exec.SetU32(e.labels, labels), e.exec.Run(g.ctx),
	)
}

// AllRows are the rows of all images, pass by pass and class by class.
func (g *Group) AllRows() []uint32 { return rowsFrom(0, g.images.rows) }

// ByClass are the rows of all images, class by class.
func (g *Group) ByClass() []uint32 {
	rows := make([]uint32, 0, g.images.rows)
	for c := range g.count {
		rows = append(rows, g.classRows(c, g.Recipe.IPC)...)
	}
	return rows
}
