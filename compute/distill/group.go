package distill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"reta/compute/nn"
	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/recipe"
)

// group is the images of up to Recipe.Batch classes moving in lockstep. Row
// i*count+c of the canvas is image i of class first+c.
type group struct {
	r            *run
	first, count int

	stage, step int // the next step, of the whole run's Recipe.Steps
	canvas      *canvas
	patches     []float32 // [rows,S,S,3]: where each row started: FADRM's anchors, nil where they are retrieved
	anchored    []int     // training image that each row was last blended with, at first that of its patch
	origins     []int     // training image of each row's patch, -1 for noise
	before      Assessment
	after       Assessment

	steppers []*stepper
	looker   *looker
	puller   *puller
	aligner  *topo.Aligner
	topology *topo.Program   // nil when topology moves nothing
	weight   float64         // of topology, as it was aimed
	told     map[string]bool // reasons logged in this stage
	pictures []*topo.Picture // last shown, by class: what the next one follows on from
	album    album
	watch    watch
	saved    time.Time

	retriever *retriever // for the group's whole life, from the first retrieval on
}

// recover runs the remaining steps.
func (g *group) recover() error {
	if g.canvas == nil {
		if err := g.start(); err != nil {
			return err
		}
	}
	// A step is made whole or not at all, so that a stopped run keeps what a step
	// left: from here on only the gate, between two steps, heeds the caller.
	ctx := g.r.ctx
	g.r.ctx = context.WithoutCancel(ctx)
	defer func() { g.r.ctx = ctx }()
	for g.stage < g.r.Recipe.Stages {
		if err := g.runStage(ctx); err != nil { // advances g.stage
			return errors.Join(err, g.keep(err))
		}
	}
	return g.save(true)
}

// keep saves what a run that ends early has, unless the device is gone.
func (g *group) keep(cause error) error {
	if !errors.Is(cause, context.Canceled) && !errors.Is(cause, ErrStop) {
		return nil
	}
	return g.save(false)
}

// ErrStop, returned by a Gate, ends the run after a checkpoint.
var ErrStop = errors.New("stopped on request")

// start draws the first images: patches of real images, or noise.
func (g *group) start() error {
	r := g.r
	size := r.Recipe.Stage(0).Resolution
	rows := r.Recipe.IPC * g.count
	g.origins = make([]int, rows)
	var pixels []float32
	if r.Recipe.Init.Start != recipe.Patch {
		pixels = make([]float32, rows*size*size*3)
		rng := nn.RNG{Seed: r.Recipe.Seed}
		at := uint64(g.first * r.Recipe.IPC * size * size * 3)
		for i := range pixels {
			pixels[i] = float32(rng.Normal(streamInit, at+uint64(i)))
		}
		for i := range g.origins {
			g.origins[i] = -1
		}
	} else {
		if err := g.cut(); err != nil {
			return err
		}
		var err error
		if pixels, err = resampled(r.ctx, r.dev, g.patches, r.Data.Size, size); err != nil {
			return err
		}
		if r.Recipe.Connection != recipe.Fixed {
			g.patches = nil // only a fixed connection comes back to them
		}
	}
	g.anchored = slices.Clone(g.origins)
	return g.paint(size, pixels)
}

// cut chooses the patches and keeps their pixels.
func (g *group) cut() error {
	r := g.r
	e, err := newEmbedder(r.dev, r.Teachers[0], r.Data, 100)
	if err != nil {
		return err
	}
	defer e.exec.Close()
	chosen, err := r.choosePatches(e, g.first, g.count, func(done, total int) {
		r.Emit(event.Status{State: event.Loading, Phase: "patches", Text: "choosing starting patches", Done: done, Total: total, MemoryBytes: r.memory()})
	})
	if err != nil {
		return err
	}
	list := make([]patch, len(g.origins))
	for row := range list {
		list[row] = chosen[row%g.count][row/g.count]
		g.origins[row] = list[row].image
	}
	g.patches, err = cutPatches(r.ctx, r.dev, r.Data, list)
	return err
}

// paint makes a new canvas of the given images, with moments at zero, and
// records the programs that work on it.
func (g *group) paint(size int, pixels []float32) error {
	g.wipe()
	r := g.r
	c := &canvas{rows: r.Recipe.IPC * g.count, size: size}
	g.canvas = c
	if err := c.allocate(r.dev, pixels); err != nil {
		return err
	}
	for _, t := range r.Teachers {
		s, err := r.newStepper(c, t, g.count)
		if err != nil {
			return err
		}
		g.steppers = append(g.steppers, s)
	}
	var err error
	if !r.Recipe.PTA.On || r.Recipe.IPC < 2 {
		g.looker, err = r.newLooker(c, g.count, nil)
		return err
	}
	if g.topology == nil {
		size := topo.Size{Classes: g.count, Points: r.points(), Width: r.Teachers[0].Width(), Grid: r.Recipe.PTA.Grid}
		if g.topology, err = topo.NewProgram(r.dev, size); err != nil {
			return err
		}
	}
	if g.looker, err = r.newLooker(c, g.count, g.topology.Features); err != nil {
		return err
	}
	g.puller, err = r.newPuller(c, g.count, g.topology.Gradient)
	return err
}

// wipe frees the canvas and its programs.
func (g *group) wipe() {
	for _, s := range g.steppers {
		if s.exec != nil {
			s.exec.Close()
		}
	}
	if g.looker != nil && g.looker.exec != nil {
		g.looker.exec.Close()
	}
	if g.puller != nil && g.puller.exec != nil {
		g.puller.exec.Close()
	}
	if g.canvas != nil {
		g.canvas.free()
	}
	g.steppers, g.looker, g.puller, g.canvas = nil, nil, nil, nil
}

func (g *group) close() {
	g.wipe()
	if g.retriever != nil {
		g.retriever.close()
	}
	if g.topology != nil {
		g.topology.Close()
		g.topology = nil
	}
}

// runStage runs the steps left of the present stage and, unless it is the last,
// the residual connection that ends it.
func (g *group) runStage(ctx context.Context) error {
	r := g.r
	at := r.Recipe.Stage(g.stage)
	r.Recipe = r.Steering.begin(g.first, g.step)
	if err := g.aim(); err != nil {
		return err
	}
	if g.step == 0 {
		if err := g.openingNight(); err != nil {
			return err
		}
	}
	for g.step < at.End {
		if err := firstError(r.Gate(ctx, func() error { return g.show(true) }), ctx.Err()); err != nil {
			return err
		}
		r.Recipe = r.Steering.take(g.first, g.step)
		if err := g.weigh(); err != nil {
			return err
		}
		began := time.Now()
		if err := g.move(at); err != nil {
			return fmt.Errorf("stage %d/%d, step %d: %w", g.stage+1, r.Recipe.Stages, g.step, err)
		}
		g.watch.took(time.Since(began))
		g.step++
		if err := g.show(false); err != nil {
			return err
		}
		if err := g.saveSometimes(); err != nil {
			return err
		}
	}
	return g.endStage()
}

// move makes one step: every image once, and the pull of topology where it is
// due.
func (g *group) move(stage recipe.Stage) error {
	r := g.r
	teacher := g.steppers[g.step%len(g.steppers)]
	lr := r.Recipe.LearningRate(g.step)
	hyper := nn.Hyper{LR: lr, Beta1: r.Recipe.Betas[0], Beta2: r.Recipe.Betas[1], Eps: r.Recipe.Epsilon}.At(g.step - stage.First + 1)
	var sum losses
	for i := range r.Recipe.IPC {
		boxes := augmentation(r.Recipe, draws(r.Recipe.Seed, streamCrop, g.first, g.step, i), g.canvas.size, g.count)
		l, err := teacher.run(r.ctx, rowsFrom(i*g.count, g.count), g.first, boxes, hyper, r.Recipe.BNWeight)
		if err != nil {
			return err
		}
		sum.ce, sum.bn, sum.total = sum.ce+l.ce, sum.bn+l.bn, sum.total+l.total
	}
	n := float64(r.Recipe.IPC)
	point := event.Point{
		Step: g.step, Stage: g.stage, LR: float32(lr),
		CE: float32(sum.ce / n), BN: float32(sum.bn / n), Topo: float32(math.NaN()), Total: float32(sum.total / n),
	}
	if math.IsNaN(sum.total) || math.IsInf(sum.total, 0) {
		return fmt.Errorf("the loss is %v (CE %v, BN %v): a teacher with unusable weights, or a learning rate of %g too large", sum.total, sum.ce/n, sum.bn/n, lr)
	}
	if g.puller != nil && r.Recipe.AlignsAfter(g.step) {
		u, err := g.align(hyper)
		if err != nil {
			return err
		}
		point.Topo = float32(u.Total)
		point.Total += float32(r.Recipe.PTA.LambdaTopo * u.Total)
	}
	g.watch.metrics(r, point)
	return nil
}

// allRows are the group's rows in canvas order.
func (g *group) allRows() []uint32 { return rowsFrom(0, g.canvas.rows) }
