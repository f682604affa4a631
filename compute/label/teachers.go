package label

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
	"reta/shared/protocol"
)

// Source labels views.
type Source interface {
	// Classes is the number of logits of a view.
	Classes() int
	// Logits are the labels of a batch's views, [len(v.Index), Classes].
	Logits(ctx context.Context, v View) ([]float32, error)
}

// Teachers label views on a device: a batch is one submit for all of them.
//
// In train mode batch normalisation takes the statistics of the images in a pass: of the batch, or of each half of the mixed
// batch. The teachers' own statistics stay as they are. Dropout's masks are functions of the labels' seed, epoch, batch, the pass's
// first image, network and layer: a teacher's labels do not depend on the others.
type Teachers struct {
	dev      *vk.Device
	job      Job
	plan     Plan
	outputs  [][]uint32 // of each teacher, for each class
	weights  []float64  // of sum 1
	programs map[int]*labeller
}

// NewTeachers checks that the teachers know the classes and that the images of a batch fit the device.
func NewTeachers(dev *vk.Device, job Job) (*Teachers, error) {
	plan, err := NewPlan(job.Labels, job.Images.Train.Len(), job.Images.Size)
	if err != nil {
		return nil, err
	}
	t := &Teachers{dev: dev, job: job, plan: plan, programs: map[int]*labeller{}}
	if t.weights, err = shares(job.Weights, len(job.Teachers)); err != nil {
		return nil, err
	}
	for _, m := range job.Teachers {
		outputs, err := job.Images.Outputs(m)
		if err != nil {
			return nil, fmt.Errorf("teacher %s: %w", m.Name, err)
		}
		t.outputs = append(t.outputs, outputs)
	}
	if _, err := t.program(min(plan.Labels.Batch, plan.Images)); err != nil {
		return nil, err
	}
	return t, nil
}

// shares are the weights of n teachers, of sum 1.
func shares(weights []float64, n int) ([]float64, error) {
	if n == 0 {
		return nil, fmt.Errorf("labels: no teacher: want one or more")
	}
	if len(weights) == 0 {
		weights = slices.Repeat([]float64{1}, n)
	}
	sum := 0.0
	for _, w := range weights {
		if !(w >= 0) {
			return nil, fmt.Errorf("labels: weights %v: want 0 or more", weights)
		}
		sum += w
	}
	if len(weights) != n || !(sum > 0) || sum > 1e300 {
		return nil, fmt.Errorf("labels: weights %v: want one for each of %d teachers, and not all 0", weights, n)
	}
	out := make([]float64, n)
	for i, w := range weights {
		out[i] = w / sum
	}
	return out, nil
}

// Plan draws the views that are labelled.
func (t *Teachers) Plan() Plan { return t.plan }

// Classes is the number of logits of a view.
func (t *Teachers) Classes() int { return t.job.Images.Classes }

// Logits are the labels of a batch's views, [len(v.Index), Classes], as Source has it: the mean of the teachers' logits.
func (t *Teachers) Logits(ctx context.Context, v View) ([]float32, error) {
	b, err := t.launch(ctx, v)
	if err != nil {
		return nil, err
	}
	return t.collect(ctx, b)
}

// labelling is a batch of views that the device labels.
type labelling struct {
	view View
	by   *labeller
	run  *graph.Flight
}

// launch prepares a batch of views and hands it to the device.
func (t *Teachers) launch(ctx context.Context, v View) (labelling, error) {
	p, err := t.program(len(v.Index))
	if err != nil {
		return labelling{}, err
	}
	if err := p.views.Set(p.exec, t.job.Images.Train, v); err != nil {
		return labelling{}, err
	}
	if err := p.exec.SetU32(p.masks, nn.MaskSeed(t.plan.Labels.Seed, v.Epoch, v.Batch)); err != nil {
		return labelling{}, err
	}
	run, err := p.exec.Submit(ctx)
	return labelling{v, p, run}, err
}

// collect waits for a batch's labels.
func (t *Teachers) collect(ctx context.Context, b labelling) ([]float32, error) {
	if err := b.run.Wait(ctx); err != nil {
		return nil, err
	}
	n, classes := len(b.view.Index), t.Classes()
	sum := make([]float64, n*classes)
	for k, parts := range b.by.logits {
		first, width := 0, t.job.Teachers[k].Spec.Classes
		for _, part := range parts {
			logits, err := b.run.Get(part)
			if err != nil {
				return nil, err
			}
			for i := range part.Dim(0) {
				for c, output := range t.outputs[k] {
					sum[(first+i)*classes+c] += t.weights[k] * float64(logits[i*width+int(output)])
				}
			}
			first += part.Dim(0)
		}
	}
	mean := make([]float32, len(sum))
	for i, x := range sum {
		mean[i] = float32(x)
	}
	return mean, nil
}

// labeller is the program that labels batches of one size.
type labeller struct {
	exec   *graph.Exec
	views  *Views
	masks  *graph.Node     // seed of dropout's, see nn.MaskSeed
	logits [][]*graph.Node // of each teacher, one for each pass
}

// program is that for batches of n images, made at first use: an epoch has batches of two sizes at most. Where the device has no
// room for all of them at once, and a view's labels do not depend on the others, they pass in parts.
func (t *Teachers) program(n int) (*labeller, error) {
	if p := t.programs[n]; p != nil {
		return p, nil
	}
	parts := 1
	if t.plan.halved() {
		parts = 2
	}
	for ; ; parts *= 2 {
		p, err := t.record(n, parts)
		switch {
		case err == nil:
			t.programs[n] = p
			return p, nil
		case !t.apart() && errors.Is(err, vk.ErrOutOfMemory):
			return nil, fmt.Errorf("%w; in train mode a batch passes as a whole, since its statistics are of all its views: want a smaller labels.batch than %d, which makes other labels, or labels.mode eval", err, t.plan.Labels.Batch)
		case !t.apart() || parts >= n:
			return nil, err
		}
	}
}

// apart reports whether a view's labels are the same whatever passes with it.
func (t *Teachers) apart() bool { return t.job.Labels.Mode != protocol.TrainMode }

// record compiles the program for batches of n images that pass in so many parts, if it fits.
func (t *Teachers) record(n, parts int) (*labeller, error) {
	g := graph.New(t.dev)
	p := &labeller{views: t.plan.Record(g, n, t.job.Images.Mean, t.job.Images.Std), masks: g.Input("masks", graph.U32, nn.SeedWords)}
	var masks *nn.Masks
	if t.job.Labels.Dropout {
		masks = nn.NewMasks(p.masks)
	}
	mode := models.Eval
	if t.job.Labels.Mode == protocol.TrainMode {
		mode = models.Train
	}
	passes := []*graph.Node{p.views.Out}
	if parts > 1 {
		passes = nil
		for first, at := 0, 0; at < parts; at++ {
			if end := n * (at + 1) / parts; end > first {
				passes = append(passes, nn.SliceRows(p.views.Out, first, end-first))
				first = end
			}
		}
	}
	var outputs []*graph.Node
	for i, m := range t.job.Teachers {
		p.logits = append(p.logits, nil)
		g.Scope(fmt.Sprintf("teacher%d", i), func() {
			first := 0
			for _, x := range passes {
				p.logits[i] = append(p.logits[i], m.ForwardMasked(x, mode, masks.Part(strconv.Itoa(first))).Logits)
				first += x.Dim(0)
			}
		})
		outputs = append(outputs, p.logits[i]...)
	}
	var err error
	p.exec, err = g.Compile(graph.CompileOptions{Name: fmt.Sprintf("relabel %d images", n), Outputs: outputs, InFlight: graph.InFlight})
	return p, err
}

// Close frees the programs.
func (t *Teachers) Close() {
	for n, p := range t.programs {
		p.exec.Close()
		delete(t.programs, n)
	}
}
