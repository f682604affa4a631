package distill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// stepProgram is one recorded step of a batch: its images through the teachers that act on it, and back to the pixels.
type stepProgram struct {
	name               string
	n                  int
	acting             []Share
	exec               *graph.Exec
	rows, boxes, hyper *graph.Node
	shifts             *graph.Node   // nil where images are not shifted
	labels             []*graph.Node // by acting teacher
	outputs            [][]uint32    // of each acting teacher, by class
	losses             []Loss
	names              []string      // of losses
	weights            []*graph.Node // of losses, [1]
	terms              []*graph.Node // means over the acting teachers
	total              *graph.Node
	prepare            []func(e *graph.Exec, r recipe.Recipe, step int, b Batch) error // of terms
	updates            []*graph.Node                                                   // of what terms keep
}

// program is the step of a batch of n images through some teachers, recorded when it is first asked for.
func (g *Group) program(acting []Share, n int) (*stepProgram, error) {
	for _, p := range g.programs {
		if p.n == n && slices.Equal(p.acting, acting) {
			return p, nil
		}
	}
	p, err := g.newStepProgram(acting, n)
	if err == nil {
		g.programs = append(g.programs, p)
	}
	return p, err
}

func (g *Group) newStepProgram(acting []Share, n int) (*stepProgram, error) {
	p, gr, outputs, err := g.drawStep(acting, n)
	if err != nil {
		return nil, err
	}
	arena, err := g.sharedArena()
	if err == nil {
		p.exec, err = gr.Compile(graph.CompileOptions{Name: p.name, InFlight: graph.InFlight, Outputs: outputs, Arena: arena})
	} else {
		gr.Discard()
	}
	if errors.Is(err, vk.ErrOutOfMemory) {
		if len(g.programs) == 0 && g.extractor == nil { // nobody has any of it
			g.arena.Close()
			g.arena = nil
		}
		err = fmt.Errorf("%w; %s", err, g.wouldFit(acting, n))
	}
	return p, err
}

// drawStep makes the graph of a step, and says what it is compiled for.
func (g *Group) drawStep(acting []Share, n int) (p *stepProgram, gr *graph.Graph, made []*graph.Node, err error) {
	size := g.images.size
	gr = graph.New(g.dev)
	p = &stepProgram{
		n: n, acting: acting, losses: g.parts.losses, names: g.Recipe.Losses,
		rows:  gr.Input("rows", graph.U32, n),
		boxes: gr.Input("boxes", graph.F32, n, nn.BoxWords),
		hyper: gr.Input("hyper", graph.F32, nn.HyperWords),
	}
	x := nn.GatherRows(gr.Variable(g.images.pixels), p.rows)
	view := x
	if g.Recipe.Pad > 0 {
		p.shifts = gr.Input("shifts", graph.F32, n, nn.ShiftWords)
		view = nn.ShiftCrop(view, p.shifts)
	}
	view = nn.Augment(view, p.boxes, size, size)
	byLoss := make([][]*graph.Node, len(p.losses))
	var names []string
	var shares []float64
	for _, share := range acting {
		teacher := g.Teachers[share.Teacher]
		outputs, err := g.Data.Outputs(teacher)
		if err != nil {
			return nil, nil, nil, err
		}
		labels := gr.Input("labels", graph.U32, n)
		v := View{Graph: gr, Recipe: g.Recipe, Teacher: share.Teacher, Model: teacher, Images: view, Output: teacher.Forward(view, models.Eval), Labels: labels, step: p}
		for i, l := range p.losses {
			byLoss[i] = append(byLoss[i], l.Term(v))
		}
		names, shares = append(names, teacher.Name), append(shares, share.Weight)
		p.labels, p.outputs = append(p.labels, labels), append(p.outputs, outputs)
	}
	var weighted []*graph.Node
	var ones []float64
	for i := range p.losses {
		term := byLoss[i][0]
		if len(acting) > 1 {
			term = nn.WeightedSum(shares, byLoss[i]...)
		}
		weight := gr.Input("weight of "+p.names[i], graph.F32, 1)
		p.terms, p.weights = append(p.terms, term), append(p.weights, weight)
		weighted, ones = append(weighted, nn.Mul(term, weight)), append(ones, 1)
	}
	p.total = nn.WeightedSum(ones, weighted...)
	dx := gr.Grad(p.total, x)[0]
	if more := g.parts.align.Gradient(); more != nil {
		dx = graph.Add(dx, graph.Reshape(nn.GatherRows(gr.Variable(more), p.rows), n, size, size, 3))
	}
	if c := g.parts.critical; c != nil {
		dx = c.masked(g, dx, p.rows)
	}
	lo, hi := pixelRange(g.Data)
	update := nn.AdamRows(gr.Variable(g.images.pixels), dx, gr.Variable(g.images.m), gr.Variable(g.images.v), p.rows, p.hyper, lo, hi)
	p.name = fmt.Sprintf("recover %s %dpx", strings.Join(names, "+"), size)
	return p, gr, slices.Concat(p.terms, p.updates, []*graph.Node{p.total, update}), nil
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

// launch hands the device a step that moves the images of a batch.
func (p *stepProgram) launch(ctx context.Context, r recipe.Recipe, step int, b Batch, boxes, hyper []float32) (*graph.Flight, error) {
	if err := p.set(r, step, b, boxes, hyper); err != nil {
		return nil, err
	}
	return p.exec.Submit(ctx)
}

// set writes what a step needs of the host.
func (p *stepProgram) set(r recipe.Recipe, step int, b Batch, boxes, hyper []float32) error {
	err := firstError(p.exec.SetU32(p.rows, b.Rows), p.exec.Set(p.boxes, boxes), p.exec.Set(p.hyper, hyper))
	if p.shifts != nil {
		err = firstError(err, p.exec.Set(p.shifts, shifts(r, b.draws(r.Seed, streamShift, step), p.n)))
	}
	for i, labels := range p.labels {
		of := make([]uint32, len(b.Classes))
		for j, class := range b.Classes {
			of[j] = p.outputs[i][class]
		}
		err = firstError(err, p.exec.SetU32(labels, of))
	}
	for i, l := range p.losses {
		err = firstError(err, p.exec.Set(p.weights[i], []float32{float32(l.Weight(r))}))
	}
	for _, prepare := range p.prepare {
		err = firstError(err, prepare(p.exec, r, step, b))
	}
	return err
}

// profile runs one more step of each program by the clock, on images that are collected already.
func (g *Group) profile() error {
	hyper := nn.Hyper{Beta1: g.Recipe.Betas[0], Beta2: g.Recipe.Betas[1], Eps: g.Recipe.Epsilon}.At(1)
	for _, p := range g.programs {
		if err := p.set(g.Recipe, 0, g.batchOf(g.someRows(p.n)), nn.WholeBoxes(p.n, g.images.size, g.images.size), hyper); err != nil {
			return err
		}
		timings, err := p.exec.Profile(g.ctx)
		if err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		g.Profile(fmt.Sprintf("%s, batch %d", p.name, p.n), timings)
	}
	return nil
}
