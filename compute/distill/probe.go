package distill

import (
	"context"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/recipe"
)

// Probe is the recover step of a run on its own, on n images of noise, for
// measurements.
type Probe struct {
	canvas *canvas
	step   *stepper
}

// NewProbe records the step for n images of the given side under a frozen
// teacher.
func NewProbe(ctx context.Context, dev *vk.Device, teacher *models.Model, size, n int) (*Probe, error) {
	c, err := recipe.New("reta", recipe.Dataset{Name: "noise", Classes: n, Size: size})
	if err != nil {
		return nil, err
	}
	data := train.Data{Name: "noise", Classes: n, Size: size, Full: teacher.Spec.Classes, Std: [3]float64{0.25, 0.25, 0.25}}
	for i := range n {
		data.Index = append(data.Index, i%teacher.Spec.Classes)
	}
	g := &group{r: &run{ctx: ctx, dev: dev, Job: Job{Recipe: c, Teachers: []*models.Model{teacher}, Data: data}}}
	p := &Probe{canvas: &canvas{rows: n, size: size}}
	noise := make([]float32, n*size*size*3)
	rng := nn.RNG{Seed: 1}
	for i := range noise {
		noise[i] = float32(rng.Uniform(streamInit, uint64(i)))
	}
	err = p.canvas.allocate(dev, noise)
	if err == nil {
		p.step, err = g.r.newStepper(p.canvas, teacher, n)
	}
	if err == nil {
		boxes := augmentation(c, draws(1, streamCrop), size, n)
		hyper := nn.Hyper{LR: c.LR, Beta1: c.Betas[0], Beta2: c.Betas[1], Eps: c.Epsilon}.At(1)
		err = p.step.set(rowsFrom(0, n), 0, boxes, hyper, c.BNWeight)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Exec is the recorded step. Its inputs are set.
func (p *Probe) Exec() *graph.Exec { return p.step.exec }

// Close frees the step and its images.
func (p *Probe) Close() {
	if p.step != nil && p.step.exec != nil {
		p.step.exec.Close()
	}
	p.canvas.free()
}
