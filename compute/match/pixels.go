package match

import (
	"context"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Images are synthetic images on the device and how they move: by SGD with
// momentum, inside the range of valid pixels.
type Images struct {
	Pixels, Velocity *graph.Variable // [rows,D,D,3]
	Lo, Hi           []float64       // of each channel
	Momentum         float64
}

// descent is the recorded step of the pixels along minus a gradient.
type descent struct {
	exec  *graph.Exec
	hyper *graph.Node
	of    Images
}

func newDescent(dev *vk.Device, of Images, gradient *graph.Variable) (*descent, error) {
	g := graph.New(dev)
	d := &descent{hyper: g.Input("hyper", graph.F32, nn.HyperWords), of: of}
	pixels := g.Variable(of.Pixels)
	outputs := []*graph.Node{nn.SGD(pixels, g.Variable(gradient), g.Variable(of.Velocity), d.hyper), nn.Clip(pixels, of.Lo, of.Hi)}
	var err error
	d.exec, err = g.Compile(graph.CompileOptions{Name: "match: pixels", Outputs: outputs})
	return d, err
}

func (d *descent) step(ctx context.Context, rate float64) error {
	return firstError(d.exec.Set(d.hyper, nn.Hyper{LR: rate, Beta1: d.of.Momentum}.At(1)), d.exec.Run(ctx))
}

func (d *descent) close() {
	if d != nil && d.exec != nil {
		d.exec.Close()
	}
}
