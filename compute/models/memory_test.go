package models

import (
	"testing"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/vk"
)

// The memory planned for every network's steps is at most 1.2 times what its tensors take at the moment when they take most:
// forward as relabelling runs it, forward and back to the pixels with L_BN as recover does, and to the weights as squeeze does.
func TestPlannedMemoryIsNearItsLowerBound(t *testing.T) {
	dev, err := vk.Open(vk.Options{CompileOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for _, name := range Names() {
		for _, size := range []int{32, 64, 224} {
			if size < Least(name) {
				continue
			}
			m, err := build(dev, name, Spec{Classes: 100, Stem: StemFor(size), Size: size})
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []string{"forward", "recover", "squeeze"} {
				memory, err := stepMemory(dev, m, step, size, 10)
				if name == "alexnet" && step == "squeeze" && err != nil {
					continue // the gradient of its largest weight is more than a CPU driver binds at once
				}
				if err != nil {
					t.Errorf("%s of %s at %d px: %v", step, name, size, err)
					continue
				}
				ratio := float64(memory.Arena) / float64(memory.Alive)
				t.Logf("%s of %s at %d px: %.1f MiB planned, %.1f MiB alive at once, %.3f times as much", step, name, size,
					float64(memory.Arena)/(1<<20), float64(memory.Alive)/(1<<20), ratio)
				if ratio > 1.2 || ratio < 1 {
					t.Errorf("%s of %s at %d px: %d bytes planned, %d alive at once: %.3f times as much", step, name, size, memory.Arena, memory.Alive, ratio)
				}
			}
			m.Free()
		}
	}
}

// stepMemory is the memory of a step on n images.
func stepMemory(dev *vk.Device, m *Model, step string, size, n int) (graph.Memory, error) {
	g := graph.New(dev)
	x, labels := g.Input("x", graph.F32, n, size, size, 3), g.Input("labels", graph.U32, n)
	x = nn.Scale(x, 2) // a tensor that the step makes
	if step == "forward" {
		return g.Memory(1, m.Forward(x, Eval).Logits)
	}
	if step == "recover" {
		out := m.Forward(x, Eval)
		loss := nn.SoftmaxCrossEntropy(out.Logits, labels, 0)
		for _, l := range out.BN {
			loss = graph.Add(loss, nn.BNLoss(l.Stats, l.Running))
		}
		return g.Memory(1, nn.Mean(g.Grad(loss, x)[0]))
	}
	out := m.Forward(x, Train)
	var weights, outputs []*graph.Node
	for _, v := range m.Trainable() {
		weights = append(weights, g.Variable(v))
	}
	loss := nn.SoftmaxCrossEntropy(out.Logits, labels, 0)
	hyper := g.Input("hyper", graph.F32, nn.HyperWords)
	for i, d := range g.Grad(loss, weights...) {
		velocity, err := graph.NewVariable(dev, "velocity", graph.F32, false, weights[i].Shape()...)
		if err != nil {
			return graph.Memory{}, err
		}
		defer velocity.Free()
		outputs = append(outputs, nn.SGD(weights[i], d, g.Variable(velocity), hyper))
	}
	for _, l := range out.BN {
		outputs = append(outputs, nn.UpdateRunning(l.Mean, l.Var, l.Stats, l.Momentum, l.Count))
	}
	return g.Memory(1, append(outputs, loss)...)
}
