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
	group *Group
	step  *stepProgram
	made  int
}

// NewProbe records the step for n images of the given side under a frozen
// teacher.
func NewProbe(ctx context.Context, dev *vk.Device, teacher *models.Model, size, n int) (*Probe, error) {
	c, err := recipe.New("sre2l", recipe.Dataset{Name: "noise", Classes: n, Size: size})
	if err != nil {
		return nil, err
	}
	c.IPC, c.Batch, c.Group = 1, n, n
	data := train.Data{Name: "noise", Classes: n, Size: size, Full: teacher.Spec.Classes, Std: [3]float64{0.25, 0.25, 0.25}}
	for i := range n {
		data.Index = append(data.Index, i%teacher.Spec.Classes)
	}
	c.Crop, c.Flip = recipe.Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}}, 0.5
	r := &run{ctx: ctx, dev: dev, Job: Job{Recipe: c, Teachers: []*models.Model{teacher}, Data: data, Observer: unobserved{}}}
	g, err := r.newGroup(0)
	if err != nil {
		return nil, err
	}
	p := &Probe{group: g}
	noise := make([]float32, n*size*size*3)
	rng := nn.RNG{Seed: 1}
	for i := range noise {
		noise[i] = float32(rng.Uniform(streamInit, uint64(i)))
	}
	if err = g.replace(size, noise); err == nil {
		p.step, err = g.program([]Share{{0, 1}}, n)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Exec is the recorded step.
func (p *Probe) Exec() *graph.Exec { return p.step.exec }

// Launch prepares a step as a run does, and hands it to the device.
func (p *Probe) Launch(ctx context.Context) (*graph.Flight, error) {
	c, size, n := p.group.Recipe, p.group.images.size, p.step.n
	b := p.group.batchOf(rowsFrom(0, n))
	boxes := augmentation(c, b.draws(c.Seed, streamCrop, p.made), p.made, size, n)
	hyper := nn.Hyper{LR: c.LR, Beta1: c.Betas[0], Beta2: c.Betas[1], Eps: c.Epsilon}.At(p.made + 1)
	f, err := p.step.launch(ctx, c, p.made, b, boxes, hyper)
	p.made++
	return f, err
}

// Close frees the step and its images.
func (p *Probe) Close() { p.group.close() }
