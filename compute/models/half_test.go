package models_test

import (
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
)

// In fp16 a step of recover takes half the memory: no operation of these networks keeps a large tensor in float32.
func TestHalfPrecisionTakesHalfTheMemory(t *testing.T) {
	dev := graphtest.HalfDevice(t)
	for _, name := range []string{"resnet18", "densenet121", "mobilenetv2", "shufflenetv2-x1.0"} {
		m, err := models.New(dev, name, models.Spec{Classes: 10, Stem: models.StemFor(32), Size: 32, Frozen: true, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Free()
		arena := func(g *graph.Graph) float64 {
			defer g.Discard()
			x, labels := g.Input("x", graph.F32, 100, 32, 32, 3), g.Input("labels", graph.U32, 100)
			out := m.Forward(x, models.Eval)
			terms, weights := []*graph.Node{nn.SoftmaxCrossEntropy(out.Logits, labels, 0)}, []float64{1}
			for _, l := range out.BN {
				terms, weights = append(terms, nn.BNLoss(l.Stats, l.Running)), append(weights, 0.01)
			}
			loss := nn.WeightedSum(weights, terms...)
			memory, err := g.Memory(1, loss, g.Grad(loss, x)[0])
			if err != nil {
				t.Fatal(err)
			}
			return float64(memory.Arena)
		}
		half, full := arena(graph.New(dev)), arena(graph.New(dev).Exact())
		t.Logf("%s: %.4g MiB in fp16, %.4g in float32", name, half/(1<<20), full/(1<<20))
		if !(half < 0.53*full) {
			t.Errorf("%s takes %.4g MiB, in float32 %.4g: want about half", name, half/(1<<20), full/(1<<20))
		}
	}
}
