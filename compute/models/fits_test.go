package models_test

import (
	"os"
	"testing"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// The published training of ImageNette, ResNet-18 at 224 px in batches of 64,
// can be laid out with the smallest storage-buffer range that Vulkan allows,
// which Mesa's CPU driver has: its first activations have 196 MiB.
func TestTrainingAt224FitsTheLeastRange(t *testing.T) {
	const least = 1 << 27
	dev, err := vk.Open(vk.Options{Device: os.Getenv("RETA_DEVICE"), StorageRange: least})
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	m, err := models.New(dev, "resnet18", models.Spec{Classes: 10, Stem: models.ImageNet})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	g := graph.New(dev)
	pixels, labels := g.Input("pixels", graph.U32, 64, nn.RGBWords(224, 224)), g.Input("labels", graph.U32, 64)
	x := nn.DecodeRGB(pixels, 224, 224, [3]float64{}, [3]float64{1, 1, 1})
	loss := nn.SoftmaxCrossEntropy(m.Forward(x, models.Train).Logits, labels, 0)
	outputs := []*graph.Node{loss}
	var weights []*graph.Node
	for _, v := range m.Trainable() {
		weights = append(weights, g.Variable(v))
	}
	outputs = append(outputs, g.Grad(loss, weights...)...)
	if err := g.Fits(outputs...); err != nil {
		t.Error(err)
	}
}
