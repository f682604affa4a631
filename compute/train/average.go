package train

import (
	"errors"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Average is a network whose weights follow those of another, which is in training, as an exponential moving average:
// avg = decay avg + (1-decay) w after every step. It is tested, and kept, in the other's place.
type Average struct {
	Model *models.Model
	live  *models.Model
	decay float64
}

// NewAverage is the average of a network's weights, which begins as the network is drawn.
func NewAverage(dev *vk.Device, live *models.Model, decay float64) (*Average, error) {
	m, err := models.New(dev, live.Name, live.Spec)
	if err != nil {
		return nil, err
	}
	return &Average{m, live, decay}, nil
}

// Update moves the average after a step towards weights, the network's Trainable in order. The results are outputs.
func (a *Average) Update(g *graph.Graph, weights []*graph.Node) (updates []*graph.Node) {
	decay := g.Const("decay of the average", []float32{float32(a.decay)}, 1)
	for i, v := range a.Weights() {
		updates = append(updates, nn.EMA(g.Variable(v), weights[i], decay))
	}
	return updates
}

// Weights are the averaged tensors: what a checkpoint keeps of the average.
func (a *Average) Weights() []*graph.Variable { return a.Model.Trainable() }

// Complete takes over what is not averaged, the running statistics, as they are in the network.
func (a *Average) Complete() error {
	return transfer(a.live, a.Model, models.IsRunning)
}

// Keep gives the network the average's weights, at the end of its training.
func (a *Average) Keep() error {
	return transfer(a.Model, a.live, func(name string) bool { return !models.IsRunning(name) })
}

// Free gives the average's memory back.
func (a *Average) Free() { a.Model.Free() }

// transfer copies the tensors whose names are wanted between networks of one kind.
func transfer(from, to *models.Model, wanted func(name string) bool) error {
	for i, v := range from.Variables() {
		if !wanted(v.Name()) {
			continue
		}
		data, err := v.Read()
		if err := errors.Join(err, to.Variables()[i].Write(data)); err != nil {
			return err
		}
	}
	return nil
}
