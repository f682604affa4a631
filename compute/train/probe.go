package train

import (
	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Probe is the squeeze step of a training on its own, on n images of noise, for
// measurements. It changes the model's weights.
type Probe struct{ trainer *trainer }

// NewProbe records the step for n images of the given side.
func NewProbe(dev *vk.Device, m *models.Model, size, n int) (*Probe, error) {
	data := Data{Name: "noise", Classes: m.Spec.Classes, Size: size, Std: [3]float64{0.25, 0.25, 0.25}}
	r := fast(50000, size, 1)
	r.LR, r.Seed = 1e-4, 1 // noise teaches nothing: keep the weights in range
	t, err := newTrainer(dev, m, data, r, n)
	if err != nil {
		return nil, err
	}
	p := &Probe{t}
	rng := nn.RNG{Seed: 1}
	words := make([]uint32, n*nn.RGBWords(size, size))
	for i := range words {
		words[i] = rng.Uint32(streamAugment, uint64(i))
	}
	labels := make([]uint32, n)
	for i := range labels {
		labels[i] = uint32(i % m.Spec.Classes)
	}
	if err := t.set(words, 0); err != nil {
		p.Close()
		return nil, err
	}
	if err := t.inputs(labels, 0, r.LR); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Exec is the recorded step. Its inputs are set.
func (p *Probe) Exec() *graph.Exec { return p.trainer.exec }

// Close frees the step and the optimiser's state.
func (p *Probe) Close() { p.trainer.Close() }
