package distill

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// stepper is one recorded recover step: a batch of one image per class through
// one teacher and back to the pixels.
type stepper struct {
	exec                       *graph.Exec
	rows, boxes, labels, hyper *graph.Node
	bnWeight                   *graph.Node // [1]
	ce, bn, total              *graph.Node
	outputs                    []uint32 // of the teacher, by class
}

// canvas is a set of images being optimised, with their Adam moments, all
// [rows,D,D,3].
type canvas struct {
	rows, size   int
	pixels, m, v *graph.Variable
}

// allocate makes the variables, with moments at zero.
func (c *canvas) allocate(dev *vk.Device, pixels []float32) error {
	for _, v := range []struct {
		name string
		to   **graph.Variable
	}{{"pixels", &c.pixels}, {"adam m", &c.m}, {"adam v", &c.v}} {
		made, err := graph.NewVariable(dev, v.name, graph.F32, false, c.rows, c.size, c.size, 3)
		if err != nil {
			return err
		}
		*v.to = made
	}
	return c.pixels.Write(pixels)
}

func (c *canvas) free() {
	for _, v := range []*graph.Variable{c.pixels, c.m, c.v} {
		if v != nil {
			v.Free()
		}
	}
}

// newStepper records the step for batches of n images of c's size.
func (r *run) newStepper(c *canvas, teacher *models.Model, n int) (*stepper, error) {
	g := graph.New(r.dev)
	s := &stepper{
		rows:   g.Input("rows", graph.U32, n),
		boxes:  g.Input("boxes", graph.F32, n, nn.BoxWords),
		labels: g.Input("labels", graph.U32, n),
		hyper:  g.Input("hyper", graph.F32, nn.HyperWords),

		bnWeight: g.Input("weight of L_BN", graph.F32, 1),
	}
	x := nn.GatherRows(g.Variable(c.pixels), s.rows)
	out := teacher.Forward(nn.Augment(x, s.boxes, c.size, c.size), models.Eval)
	s.ce = nn.SoftmaxCrossEntropy(out.Logits, s.labels, 0)
	s.bn = bnLoss(g, out.BN, r.Recipe.FirstBN)
	s.total = nn.WeightedSum([]float64{1, 1}, s.ce, nn.Mul(s.bn, s.bnWeight))
	dx := g.Grad(s.total, x)[0]
	lo, hi := pixelRange(r.Data)
	update := nn.AdamRows(g.Variable(c.pixels), dx, g.Variable(c.m), g.Variable(c.v), s.rows, s.hyper, lo, hi)
	var err error
	if s.outputs, err = r.Data.Outputs(teacher); err != nil {
		return nil, err
	}
	s.exec, err = g.Compile(graph.CompileOptions{
		Name:    fmt.Sprintf("recover %s %dpx", teacher.Name, c.size),
		Outputs: []*graph.Node{s.ce, s.bn, s.total, update},
	})
	return s, err
}

// bnLoss is L_BN: over all batch-norm layers, the distance of the batch's
// statistics from the running ones, the first layer times first. A network
// without batch norm has none.
func bnLoss(g *graph.Graph, layers []models.BNLayer, first float64) *graph.Node {
	if len(layers) == 0 {
		return g.Const("no batch norm", []float32{0}, 1)
	}
	terms := make([]*graph.Node, len(layers))
	weights := make([]float64, len(layers))
	for i, l := range layers {
		terms[i], weights[i] = nn.BNLoss(l.Stats, l.Running), 1
	}
	weights[0] = first
	return nn.WeightedSum(weights, terms...)
}

// pixelRange is the valid range of normalised pixels, per channel.
func pixelRange(d train.Data) (lo, hi []float64) {
	lo, hi = make([]float64, 3), make([]float64, 3)
	for c := range lo {
		lo[c] = -d.Mean[c] / d.Std[c]
		hi[c] = (1 - d.Mean[c]) / d.Std[c]
	}
	return lo, hi
}

// losses are the terms of Eqn 1 for one batch.
type losses struct{ ce, bn, total float64 }

// run moves the given rows, one of each class from first on, by one step.
func (s *stepper) run(ctx context.Context, rows []uint32, first int, boxes, hyper []float32, bnWeight float64) (losses, error) {
	if err := s.set(rows, first, boxes, hyper, bnWeight); err != nil {
		return losses{}, err
	}
	if err := s.exec.Run(ctx); err != nil {
		return losses{}, err
	}
	var l losses
	for _, part := range []struct {
		node *graph.Node
		to   *float64
	}{{s.ce, &l.ce}, {s.bn, &l.bn}, {s.total, &l.total}} {
		v, err := s.exec.Get(part.node)
		if err != nil {
			return losses{}, err
		}
		*part.to = float64(v[0])
	}
	return l, nil
}

// set writes what a step needs of the host.
func (s *stepper) set(rows []uint32, first int, boxes, hyper []float32, bnWeight float64) error {
	return firstError(
		s.exec.SetU32(s.rows, rows), s.exec.SetU32(s.labels, s.outputs[first:first+len(rows)]),
		s.exec.Set(s.boxes, boxes), s.exec.Set(s.hyper, hyper), s.exec.Set(s.bnWeight, []float32{float32(bnWeight)}),
	)
}

// profile runs one more step of each teacher by the clock, on images that are
// collected already.
func (g *group) profile() error {
	r := g.r
	for i, s := range g.steppers {
		hyper := nn.Hyper{Beta1: r.Recipe.Betas[0], Beta2: r.Recipe.Betas[1], Eps: r.Recipe.Epsilon}.At(1)
		if err := s.set(rowsFrom(0, g.count), g.first, wholeBoxes(g.count, g.canvas.size), hyper, r.Recipe.BNWeight); err != nil {
			return err
		}
		timings, err := s.exec.Profile(r.ctx)
		if err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		r.Profile(fmt.Sprintf("recover step of %s at %d px, batch %d", r.Teachers[i].Name, g.canvas.size, g.count), timings)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
