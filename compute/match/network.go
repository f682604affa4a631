package match

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// network is a network in training on real images, as a point in the space of
// its weights.
type network struct {
	dev             *vk.Device
	model           *models.Model
	data            train.Data
	theta, velocity *graph.Variable // [1, P]
	programs        map[int]*realStep
	batch           train.Batch
	classes         []uint32 // output of each class
}

// realStep is the recorded step on n real images.
type realStep struct {
	exec                                         *graph.Exec
	pixels, classes, views, hyper                *graph.Node
	partner, others, cut, share, remaining, loss *graph.Node
}

// mix is CutMix of a batch: image n has what image Partner[n] has in the box,
// which is Share of the image.
type mix struct {
	Partner []uint32
	Box     nn.Cut
	Share   float64
}

func newNetwork(dev *vk.Device, m *models.Model, data train.Data) (n *network, err error) {
	n = &network{dev: dev, model: m, data: data, programs: map[int]*realStep{}}
	for i := range data.Classes {
		n.classes = append(n.classes, uint32(i))
	}
	if n.theta, err = graph.NewVariable(dev, "theta", graph.F32, false, 1, m.Dimension()); err != nil {
		return n, err
	}
	n.velocity, err = graph.NewVariable(dev, "velocity", graph.F32, false, 1, m.Dimension())
	return n, err
}

// begin draws new weights; it stands still.
func (n *network) begin(seed uint64) error {
	if err := n.model.Draw(seed); err != nil {
		return err
	}
	theta, err := n.model.Theta()
	return firstError(err, n.theta.Write(theta), n.velocity.Zero())
}

// step trains on the images idx of the training set, seen under views (DSA's
// numbers), mixed where m is given.
func (n *network) step(ctx context.Context, idx []int, views []float32, m *mix, h nn.Hyper) (loss float64, err error) {
	p := n.programs[len(idx)]
	if p == nil {
		if p, err = n.record(len(idx)); err != nil {
			return 0, err
		}
		n.programs[len(idx)] = p
	}
	if err := n.batch.Load(n.data.Train, n.classes, idx, len(idx), n.data.Size); err != nil {
		return 0, err
	}
	if m == nil {
		m = &mix{Partner: make([]uint32, len(idx))}
		for i := range m.Partner {
			m.Partner[i] = uint32(i)
		}
	}
	others := make([]uint32, len(idx))
	for i, k := range m.Partner {
		others[i] = n.batch.Labels[k]
	}
	if err := firstError(p.exec.SetU32(p.pixels, n.batch.Words), p.exec.SetU32(p.classes, n.batch.Labels), p.exec.Set(p.views, views),
		p.exec.SetU32(p.partner, m.Partner), p.exec.SetU32(p.others, others), p.exec.Set(p.cut, m.Box.Append(nil)),
		p.exec.Set(p.share, []float32{float32(m.Share)}), p.exec.Set(p.remaining, []float32{float32(1 - m.Share)}),
		p.exec.Set(p.hyper, h.At(1)), p.exec.Run(ctx)); err != nil {
		return 0, err
	}
	out, err := p.exec.Get(p.loss)
	if err != nil {
		return 0, err
	}
	return float64(out[0]), nil
}

func (n *network) record(images int) (*realStep, error) {
	g, size := graph.New(n.dev).Exact(), n.data.Size
	p := &realStep{
		pixels:  g.Input("pixels", graph.U32, images, nn.RGBWords(size, size)),
		classes: g.Input("classes", graph.U32, images), others: g.Input("classes of partners", graph.U32, images),
		views: g.Input("views", graph.F32, images, nn.SiameseWords), hyper: g.Input("hyper", graph.F32, nn.HyperWords),
		partner: g.Input("partner", graph.U32, images), cut: g.Input("cut", graph.F32, nn.CutWords),
		share: g.Input("share", graph.F32, 1), remaining: g.Input("remaining", graph.F32, 1),
	}
	x := nn.DSA(nn.DecodeRGB(p.pixels, size, size, n.data.Mean, n.data.Std), p.views)
	x = nn.CutMix(x, p.partner, p.cut)
	theta := g.Variable(n.theta)
	point := n.model.At(theta, nil)
	logits := point.Forward(x).Logits
	p.loss = nn.WeightedSum([]float64{1, 1}, nn.Mul(nn.SoftmaxCrossEntropy(logits, p.classes, 0), p.remaining),
		nn.Mul(nn.SoftmaxCrossEntropy(logits, p.others, 0), p.share))
	grad, _ := point.Gradient(p.loss, nil)
	update := nn.SGD(theta, grad, g.Variable(n.velocity), p.hyper)
	var err error
	p.exec, err = g.Compile(graph.CompileOptions{Name: fmt.Sprintf("match: train %s, batch %d", n.model.Name, images), Outputs: []*graph.Node{p.loss, update}})
	return p, err
}

// state is what training changes.
func (n *network) state() []*graph.Variable { return []*graph.Variable{n.theta, n.velocity} }

func (n *network) close() {
	for _, p := range n.programs {
		if p.exec != nil {
			p.exec.Close()
		}
	}
	for _, v := range n.state() {
		if v != nil {
			v.Free()
		}
	}
}
