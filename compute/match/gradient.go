package match

import (
	"context"
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// Gradient moves images so that they give a network in training the gradient that
// real images of their class give it (DC, Zhao et al. 2021; IDC, Kim et al. 2022):
// the loss is the squared distance of the two gradients with respect to the
// weights of convolutions, summed over the classes.
type Gradient struct {
	GradientSettings
	net      *network
	images   Images
	rows     [][]uint32 // of each class
	pool     [][]int    // training images of each class
	gradient *graph.Variable
	pull     *pull
	pixels   *descent
	batch    train.Batch
}

// GradientSettings are the numbers of the method.
type GradientSettings struct {
	Network  string
	Factor   int // images hold so many smaller ones along each axis, which the network sees enlarged (multi-formation); 0 is 1
	Real     int // real images of a class that a step looks at
	Renew    int // steps after which the network is drawn anew
	Trained  int // real images that the network is trained on after each step
	Batch    int // of them at a time
	Rate     float64
	Momentum float64
	Decay    float64
	Mixed    float64 // probability of CutMix for a batch of the network's training
	Seed     uint64
}

// mostSeen is how many synthetic images of a class, or parts of them, a step sees at most: of whole images, where the authors' code
// draws among all parts.
const mostSeen = 128

// NewGradient prepares the steps of images, whose classes are given row by row:
// as many of each class.
func NewGradient(dev *vk.Device, data train.Data, images Images, classes []uint32, s GradientSettings) (m *Gradient, err error) {
	s.Factor = max(1, s.Factor)
	m = &Gradient{GradientSettings: s, images: images, rows: make([][]uint32, data.Classes), pool: make([][]int, data.Classes)}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	for row, c := range classes {
		m.rows[c] = append(m.rows[c], uint32(row))
	}
	for i := range data.Train.Len() {
		c := data.Train.Label(i)
		m.pool[c] = append(m.pool[c], i)
	}
	for c, p := range m.pool {
		if len(p) == 0 || len(m.rows[c]) != len(m.rows[0]) {
			return m, fmt.Errorf("match: class %d has %d training and %d synthetic images: want at least one of the first and %d of the second",
				c, len(p), len(m.rows[c]), len(m.rows[0]))
		}
		m.Real = min(m.Real, len(p)) // batches of one size for all classes
	}
	m.Batch = min(m.Batch, data.Train.Len())
	model, err := models.New(dev, s.Network, models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Size: data.Size})
	if err != nil {
		return m, err
	}
	if m.net, err = newNetwork(dev, model, data); err != nil {
		model.Free()
		return m, err
	}
	if m.gradient, err = graph.NewVariable(dev, "gradient", graph.F32, false, images.Pixels.Shape()...); err != nil {
		return m, err
	}
	if m.pull, err = m.record(); err != nil {
		return m, err
	}
	m.pixels, err = newDescent(dev, images, m.gradient)
	return m, err
}

// pull is the recorded step of one class: loss, and gradient of its rows.
type pull struct {
	exec                       *graph.Exec
	real, realClass, realViews *graph.Node
	rows, class, views         *graph.Node
	loss                       *graph.Node
	images                     int // synthetic ones of a step
	seen                       int // of these, or of their parts
}

func (m *Gradient) record() (*pull, error) {
	g, size, data := graph.New(m.net.dev).Exact(), m.net.data.Size, m.net.data
	cells := m.Factor * m.Factor
	p := &pull{images: min(len(m.rows[0]), max(1, mostSeen/cells))}
	p.seen = cells * p.images
	p.real, p.realClass, p.realViews = g.Input("real", graph.U32, m.Real, nn.RGBWords(size, size)), g.Input("class of real", graph.U32, m.Real), g.Input("views of real", graph.F32, m.Real, nn.SiameseWords)
	p.rows, p.class, p.views = g.Input("rows", graph.U32, p.images), g.Input("class", graph.U32, p.seen), g.Input("views", graph.F32, p.seen, nn.SiameseWords)

	theta := g.Variable(m.net.theta)
	real := m.net.model.At(theta, nil)
	target, _ := real.Gradient(nn.SoftmaxCrossEntropy(real.Forward(nn.DSA(nn.DecodeRGB(p.real, size, size, data.Mean, data.Std), p.realViews)).Logits, p.realClass, 0), nil)

	x := nn.GatherRows(g.Variable(m.images.Pixels), p.rows)
	shown := x
	if m.Factor > 1 {
		shown = nn.Cells(x, m.Factor, size)
	}
	loss, sides, by := towards(m.net.model, theta, target, convolutions(m.net.model), x, nn.DSA(shown, p.views), p.class)
	p.loss = loss
	images := g.Variable(m.gradient)
	outputs := []*graph.Node{loss, nn.AddRows(images, sides[0], p.rows, by, 1), nn.AddRows(images, sides[1], p.rows, by, -1)}
	var err error
	p.exec, err = g.Compile(graph.CompileOptions{Name: fmt.Sprintf("match: gradient of %s", m.net.model.Name), Outputs: outputs})
	return p, err
}

// towards is the squared distance of the gradient that images seen, of x, give at
// theta from a target, over the weights that mask [1,P] has 1 for (nil: all). The
// distance's gradient with respect to x is by, [1], times the difference of the
// two sides.
func towards(m *models.Model, theta, target *graph.Node, mask []float32, x, seen, classes *graph.Node) (loss *graph.Node, sides [2]*graph.Node, by *graph.Node) {
	g := theta.Graph()
	one := g.Const("one", []float32{1}, 1)
	here := m.At(theta, nil)
	grad, _ := here.Gradient(nn.SoftmaxCrossEntropy(here.Forward(seen).Logits, classes, 0), nil)
	apart := nn.AddScaled(grad, target, one, -1)
	if mask != nil {
		apart = nn.Mul(apart, g.Const("mask", mask, 1, len(mask)))
	}
	along := nn.L2Normalize(apart)
	norm := nn.Dot(apart, along)
	for i, sign := range []float64{1, -1} {
		there := m.At(nn.AddScaled(theta, along, one, sign*radius), here)
		_, sides[i] = there.Gradient(nn.SoftmaxCrossEntropy(there.Forward(seen).Logits, classes, 0), x)
	}
	return nn.Mul(norm, norm), sides, nn.Scale(norm, 1/radius) // a is twice apart, of length 2 norm
}

// convolutions is 1 for the weights of convolutions and 0 for all others, in the
// order of a point.
func convolutions(m *models.Model) (mask []float32) {
	for _, v := range m.Trainable() {
		one := float32(0)
		if len(v.Shape()) == 4 {
			one = 1
		}
		for range v.Shape().Size() {
			mask = append(mask, one)
		}
	}
	return mask
}

// Step moves the images once, class after class, at the given rate, and then
// trains the network. It returns the mean of the classes' losses before.
func (m *Gradient) Step(ctx context.Context, step int, rate float64) (loss float64, err error) {
	if step%m.Renew == 0 {
		if err := m.net.begin(m.Seed + uint64(step/m.Renew)<<32); err != nil {
			return 0, err
		}
	}
	if err := m.gradient.Zero(); err != nil {
		return 0, err
	}
	for c := range m.rows {
		one, err := m.move(ctx, step, c, rate)
		if err != nil {
			return 0, err
		}
		loss += one / float64(len(m.rows))
	}
	return loss, m.train(ctx, step)
}

// move moves all images once, by the gradient of class c's loss: those of other
// classes by their momentum alone.
func (m *Gradient) move(ctx context.Context, step, c int, rate float64) (loss float64, err error) {
	d, size, p := nn.NewDraws(m.Seed, streamReal, step, c), m.net.data.Size, m.pull
	var idx []int
	for _, k := range d.Perm(len(m.pool[c]))[:m.Real] {
		idx = append(idx, m.pool[c][k])
	}
	rows := make([]uint32, p.images)
	for i, k := range d.Perm(len(m.rows[c]))[:p.images] {
		rows[i] = m.rows[c][k]
	}
	view := drawMatched(d, size, true).Append(nil) // one for all
	class := make([]uint32, p.seen)
	for i := range class {
		class[i] = uint32(c)
	}
	e := p.exec
	if err := firstError(m.batch.Load(m.net.data.Train, m.net.classes, idx, len(idx), size),
		e.SetU32(p.real, m.batch.Words), e.SetU32(p.realClass, m.batch.Labels), e.Set(p.realViews, repeat(view, m.Real)),
		e.SetU32(p.rows, rows), e.SetU32(p.class, class), e.Set(p.views, repeat(view, p.seen)), e.Run(ctx)); err != nil {
		return 0, err
	}
	out, err := e.Get(p.loss)
	if err != nil {
		return 0, err
	}
	return float64(out[0]), firstError(m.pixels.step(ctx, rate), m.gradient.Zero())
}

// train trains the network on real images of all classes.
func (m *Gradient) train(ctx context.Context, step int) error {
	d, size := nn.NewDraws(m.Seed, streamMix, step), m.net.data.Size
	order := d.Perm(m.net.data.Train.Len())
	for at := 0; at+m.Batch <= len(order) && at < m.Trained; at += m.Batch {
		var views []float32
		for range m.Batch {
			views = drawMatched(d, size, false).Append(views)
		}
		var mixed *mix
		if d.Uniform(0, 1) < m.Mixed {
			mixed = drawMix(d, m.Batch, size)
		}
		h := nn.Hyper{LR: m.Rate, Beta1: m.Momentum, WeightDecay: m.Decay}
		if _, err := m.net.step(ctx, order[at:at+m.Batch], views, mixed, h); err != nil {
			return err
		}
	}
	return nil
}

// drawMatched is IDC's view of images: colour, shift and, where asked, cutout.
func drawMatched(d *nn.Draws, size int, cutout bool) nn.Siamese {
	s := nn.Siamese{Brightness: d.Uniform(-0.5, 0.5), Saturation: d.Uniform(0, 2), Contrast: d.Uniform(0.5, 1.5), Scale: [2]float64{1, 1}}
	most := int(0.125*float64(size) + 0.5)
	s.Down, s.Right = d.IntN(2*most+1)-most, d.IntN(2*most+1)-most
	if cutout {
		s.Cutout = nn.DrawCutout(d, size, size)
	}
	return s
}

// drawMix is CutMix of n images with uniform shares.
func drawMix(d *nn.Draws, n, size int) *mix {
	side := int(float64(size) * math.Sqrt(d.Uniform(0, 1)))
	y, x := d.IntN(size), d.IntN(size)
	top, left := max(0, y-side/2), max(0, x-side/2)
	m := &mix{Box: nn.Cut{Top: top, Left: left, Height: min(size, y+side/2) - top, Width: min(size, x+side/2) - left}}
	for _, k := range d.Perm(n) {
		m.Partner = append(m.Partner, uint32(k))
	}
	m.Share = float64(m.Box.Height*m.Box.Width) / float64(size*size)
	return m
}

// repeat is n times v.
func repeat(v []float32, n int) []float32 {
	out := make([]float32, 0, n*len(v))
	for range n {
		out = append(out, v...)
	}
	return out
}

// State is what a checkpoint keeps for Restore beside the images and their
// velocity: the network in training.
func (m *Gradient) State() (list []nn.Tensor, err error) {
	for _, v := range m.net.state() {
		values, err := v.Read()
		if err != nil {
			return nil, err
		}
		list = append(list, nn.Tensor{Name: "match." + v.Name(), Shape: v.Shape(), Values: values})
	}
	return list, nil
}

// Restore takes the state from a checkpoint.
func (m *Gradient) Restore(f *nn.TensorFile) error {
	for _, v := range m.net.state() {
		values, err := f.Float32("match."+v.Name(), v.Shape()...)
		if err := firstError(err, v.Write(values)); err != nil {
			return err
		}
	}
	return nil
}

// Close frees all but the images.
func (m *Gradient) Close() {
	m.pixels.close()
	if m.pull != nil && m.pull.exec != nil {
		m.pull.exec.Close()
	}
	if m.gradient != nil {
		m.gradient.Free()
	}
	if m.net != nil {
		m.net.close()
		m.net.model.Free()
	}
}
