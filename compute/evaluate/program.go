package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"reta/compute/graph"
	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/protocol"
)

// program is the recorded step of a student on batches of n images: views, forward passes of the micro-batches, loss,
// gradients, optimiser, running statistics.
type program struct {
	n                int
	exec             *graph.Exec
	tables           *tables
	views            *label.Views
	dsa              *graph.Node // [n,nn.SiameseWords]; nil without
	micro            []micro
	matrices, others *graph.Node // hyper-parameters, see nn.Hyper
	masks            *graph.Node // seed of dropout's, see nn.MaskSeed
	soft, hard       *graph.Node // [1], 1 and 0 or 0 and 1: which labels count; nil where all are of a kind
}

// micro is a micro-batch: images from to from+n-1 of the batch.
type micro struct {
	from, n int
	share   float64     // of its loss in the step's
	classes *graph.Node // [n] U32: of the images
	logits  *graph.Node // [n,classes]: labels of the views; nil with hard labels
	probs   *graph.Node // [n,classes]: mixed classes; nil where no epoch has them
}

// tableBytes is about what the tables of a program may take, and mostRuns how many runs they are for at most.
const (
	tableBytes = 32 << 20
	mostRuns   = 64
)

// record makes the step on batches of n images.
func (s *student) record(n int) (*program, error) {
	g := graph.New(s.dev)
	p := &program{n: n}
	side, classes := s.data.Size, s.data.Classes
	each := 4 * n * (nn.RGBWords(side, side) + classes + nn.BoxWords)
	p.tables = newTables(g, s.counter, max(1, min(mostRuns, tableBytes/each)))
	p.views = s.plan.Record(p.tables, n, s.data.Mean, s.data.Std)
	t := s.protocol.Student
	x := p.views.Out
	if t.DSA {
		p.dsa = p.tables.Input("dsa", graph.F32, n, nn.SiameseWords)
		x = nn.DSA(x, p.dsa)
	}
	for _, m := range s.split(n) {
		m.classes = p.tables.Input("classes", graph.U32, m.n)
		if t.Loss != protocol.CE {
			m.logits = p.tables.Input("logits", graph.F32, m.n, classes)
		}
		if t.HardEpochs > 0 {
			m.probs = p.tables.Input("mixed classes", graph.F32, m.n, classes)
		}
		p.micro = append(p.micro, m)
	}
	if t.HardEpochs > 0 {
		p.soft, p.hard = p.tables.Input("soft", graph.F32, 1), p.tables.Input("hard", graph.F32, 1)
	}
	p.matrices = p.tables.Input("hyper of matrices", graph.F32, nn.HyperWords)
	p.others = p.tables.Input("hyper of others", graph.F32, nn.HyperWords)
	p.masks = p.tables.Input("masks", graph.U32, nn.SeedWords)

	total, layers := s.loss(p, x)
	if err := g.Err(); err != nil { // a network in a graph that failed has other parameters
		return p, fmt.Errorf("student %s, batch %d: %w", s.model.Name, n, err)
	}
	var weights []*graph.Node
	for _, v := range s.model.Trainable() {
		weights = append(weights, g.Variable(v))
	}
	outputs := s.update(g, p, weights, g.Grad(total, weights...))
	for _, l := range layers {
		outputs = append(outputs, nn.UpdateRunning(l.Mean, l.Var, l.Stats, l.Momentum, l.Count))
	}
	outputs = append(outputs, nn.Record(g.Variable(s.losses), g.Variable(s.counter), total))
	var err error
	p.exec, err = g.Compile(graph.CompileOptions{Name: fmt.Sprintf("student %s, batch %d", s.model.Name, n), Outputs: outputs})
	return p, err
}

// split divides a batch of n images into micro-batches, whose mean losses are divided by their usual number: a short batch may
// have fewer, so that it counts less. Full ones of a network without batch statistics are as well one pass.
func (s *student) split(n int) (list []micro) {
	t := s.protocol.Student
	most := (s.protocol.Labels.Batch + t.Accumulation - 1) / t.Accumulation
	statistics := slices.ContainsFunc(s.model.Variables(), func(v *graph.Variable) bool { return models.IsRunning(v.Name()) })
	if !statistics && n%most == 0 {
		return []micro{{n: n, share: float64(n/most) / float64(t.Accumulation)}}
	}
	for from := 0; from < n; from += most {
		list = append(list, micro{from: from, n: min(most, n-from), share: 1 / float64(t.Accumulation)})
	}
	return list
}

// loss is that of all micro-batches of the views, and the batch norms of their forward passes in order.
func (s *student) loss(p *program, views *graph.Node) (*graph.Node, []models.BNLayer) {
	t, masks := s.protocol.Student, nn.NewMasks(p.masks)
	var layers []models.BNLayer
	var terms []*graph.Node
	var shares []float64
	for _, m := range p.micro {
		x := views
		if len(p.micro) > 1 {
			x = nn.SliceRows(x, m.from, m.n)
		}
		out := s.model.ForwardMasked(x, models.Train, masks.Part(strconv.Itoa(m.from)))
		var term *graph.Node
		switch t.Loss {
		case protocol.KL:
			term = nn.KLDiv(out.Logits, m.logits, t.Temperature)
		case protocol.MSE:
			term = nn.WeightedSum([]float64{1, t.CEWeight}, nn.MSELoss(out.Logits, m.logits), nn.SoftmaxCrossEntropy(out.Logits, m.classes, 0))
		default:
			term = nn.SoftmaxCrossEntropy(out.Logits, m.classes, 0)
		}
		if m.probs != nil {
			term = graph.Add(nn.Mul(term, p.soft), nn.Mul(nn.SoftCrossEntropy(out.Logits, m.probs), p.hard))
		}
		if s.before != nil {
			term = graph.Add(term, s.kept(views.Graph(), x, out.Logits))
		}
		terms, shares = append(terms, term), append(shares, m.share)
		layers = append(layers, out.BN...)
		if t.SecondPass { // with the weights as they still are
			layers = append(layers, out.BN...)
		}
	}
	return nn.WeightedSum(shares, terms...), layers
}

// update moves the weights, and the average of them where there is one.
func (s *student) update(g *graph.Graph, p *program, weights, grads []*graph.Node) (updates []*graph.Node) {
	for i, w := range weights {
		hyper := p.others
		if len(w.Shape()) > 1 {
			hyper = p.matrices
		}
		state := s.state[i]
		if s.protocol.Student.Optimiser == protocol.SGD {
			updates = append(updates, nn.SGD(w, grads[i], g.Variable(state[0]), hyper))
		} else {
			updates = append(updates, nn.AdamW(w, grads[i], g.Variable(state[0]), g.Variable(state[1]), hyper))
		}
	}
	if s.average != nil {
		updates = append(updates, s.average.Update(g, weights)...)
	}
	return updates
}

// choose writes which labels count.
func (p *program) choose(b *block, hard bool) error {
	if p.soft == nil {
		return nil
	}
	if hard {
		return errors.Join(b.Set(p.soft, []float32{0}), b.Set(p.hard, []float32{1}))
	}
	return errors.Join(b.Set(p.soft, []float32{1}), b.Set(p.hard, []float32{0}))
}

// hyper is what the optimiser needs at step t, from 1, with the learning rate of epoch e.
func (p *program) hyper(b *block, s protocol.Student, e, t int) error {
	h := nn.Hyper{LR: s.Rate(e), Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: s.WeightDecay}
	if s.Optimiser == protocol.SGD {
		h.Beta1 = s.Momentum
	}
	err := b.Set(p.matrices, h.At(t))
	if s.Decay == protocol.Matrices {
		h.WeightDecay = 0
	}
	if err != nil {
		return err
	}
	return b.Set(p.others, h.At(t))
}

// run makes the first n steps of a block and returns the loss of each that was made: all, unless ctx ends or the device fails.
func (s *student) run(ctx context.Context, p *program, b *block, n int) ([]float32, error) {
	if err := b.load(p.exec); err != nil {
		return nil, err
	}
	if err := s.counter.WriteU32([]uint32{0}); err != nil {
		return nil, err
	}
	done, err := p.exec.Repeat(ctx, n)
	if done == 0 {
		return nil, err
	}
	losses, unread := s.losses.ReadAt(0, done)
	return losses, errors.Join(err, unread)
}
