package train

import (
	"context"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Probe is the squeeze step of a training on its own, on n images of noise, for
// measurements. It changes the model's weights.
type Probe struct {
	trainer       *trainer
	words, labels []uint32
	made          int
}

// NewProbe records the step for n images of the given side.
func NewProbe(dev *vk.Device, m *models.Model, size, n int) (*Probe, error) {
	data := Data{Name: "noise", Classes: m.Spec.Classes, Size: size, Std: [3]float64{0.25, 0.25, 0.25}}
	r := fast(50000, size, 1)
	r.LR, r.Seed = 1e-4, 1 // noise teaches nothing: keep the weights in range
	t, err := newTrainer(dev, m, data, r, n)
	if err != nil {
		return nil, err
	}
	p := &Probe{trainer: t}
	rng := nn.RNG{Seed: 1}
	p.words = make([]uint32, n*nn.RGBWords(size, size))
	for i := range p.words {
		p.words[i] = rng.Uint32(streamAugment, uint64(i))
	}
	p.labels = make([]uint32, n)
	for i := range p.labels {
		p.labels[i] = uint32(i % m.Spec.Classes)
	}
	return p, nil
}

// Launch prepares a step as a training does, on images that are there, and hands it to the device.
func (p *Probe) Launch(ctx context.Context) (*graph.Flight, error) {
	if err := p.trainer.set(p.words, p.made); err != nil {
		return nil, err
	}
	f, err := p.trainer.launch(ctx, p.labels, p.made, p.trainer.recipe.LR)
	p.made++
	return f, err
}

// Exec is the recorded step.
func (p *Probe) Exec() *graph.Exec { return p.trainer.exec }

// Close frees the step and the optimiser's state.
func (p *Probe) Close() { p.trainer.Close() }
