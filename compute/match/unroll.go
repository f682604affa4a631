// Package match distils by what images do to a network that is trained on them:
// it takes the gradient of a loss of the trained weights back through the steps
// of training to the pixels.
//
// No second derivative is ever formed. With theta' = theta - lr g(theta, x) and a
// the gradient with respect to theta', the step needs H a and (dg/dx)^T a, the
// derivatives of <g, a> by theta and x. Both are differences of first gradients
// at theta + r a/|a| and theta - r a/|a|, by 2r/|a|. They are smooth there
// because ReLU's kinks are held at theta (models.Point), as in the derivative
// itself. Memory does not grow with the steps but for one vector of weights each.
package match

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Batch is what one step of training sees.
type Batch struct {
	Rows    []uint32  // of the table of images; no row twice
	Classes []uint32  // of each of them
	Views   []float32 // [len(Rows), nn.SiameseWords]: DSA of each; nil without
}

// Unrolled is training a network on rows of a table of images by gradient
// descent, step by step, and the way back.
type Unrolled struct {
	model    *models.Model
	steps, n int
	points   *graph.Variable // [steps+1, P]: theta_0 and what each step made of it
	place    *graph.Variable // [1] U32: where the next point goes
	adjoint  *graph.Variable // [1, P]: a, the gradient with respect to the point the way back has come to
	gradient *graph.Variable // of the images, in their shape
	walk     *pass
	back     *pass
}

// pass is a recorded step, forth or back.
type pass struct {
	exec                           *graph.Exec
	at, rows, classes, views, rate *graph.Node
	result                         *graph.Node
}

// radius is r, the distance of the points whose gradients are compared. Between
// 0.001 and 0.1 the result does not depend on it beyond the rounding of float32.
const radius = 0.01

// New records training of m, a network that is not frozen, for so many steps on
// n images each of a table [rows,D,D,3], with DSA where augment says so.
func New(dev *vk.Device, m *models.Model, images *graph.Variable, steps, n int, augment bool) (u *Unrolled, err error) {
	u = &Unrolled{model: m, steps: steps, n: n}
	defer func() {
		if err != nil {
			u.Close()
		}
	}()
	for _, v := range []struct {
		to    **graph.Variable
		name  string
		dtype graph.DType
		shape []int
	}{
		{&u.points, "points", graph.F32, []int{steps + 1, m.Dimension()}}, {&u.place, "place", graph.U32, []int{1}},
		{&u.adjoint, "adjoint", graph.F32, []int{1, m.Dimension()}}, {&u.gradient, "gradient", graph.F32, images.Shape()},
	} {
		if *v.to, err = graph.NewVariable(dev, v.name, v.dtype, false, v.shape...); err != nil {
			return u, err
		}
	}
	if u.walk, err = u.record(dev, images, augment, "walk", u.forth); err != nil {
		return u, err
	}
	u.back, err = u.record(dev, images, augment, "back", u.backward)
	return u, err
}

// record records a step: f is given the point it begins at and the images as the
// network sees them.
func (u *Unrolled) record(dev *vk.Device, images *graph.Variable, augment bool, name string,
	f func(p *pass, theta, x, seen *graph.Node) []*graph.Node) (*pass, error) {
	g := graph.New(dev).Exact()
	p := &pass{at: g.Input("at", graph.U32, 1), rows: g.Input("rows", graph.U32, u.n), classes: g.Input("classes", graph.U32, u.n), rate: g.Input("rate", graph.F32, 1)}
	x := nn.GatherRows(g.Variable(images), p.rows)
	seen := x
	if augment {
		p.views = g.Input("views", graph.F32, u.n, nn.SiameseWords)
		seen = nn.DSA(x, p.views)
	}
	outputs := f(p, nn.GatherRows(g.Variable(u.points), p.at), x, seen)
	var err error
	p.exec, err = g.Compile(graph.CompileOptions{Name: "match: " + name, Outputs: outputs})
	return p, err
}

// forth is theta - rate g(theta).
func (u *Unrolled) forth(p *pass, theta, _, seen *graph.Node) []*graph.Node {
	point, g := u.model.At(theta, nil), theta.Graph()
	loss := nn.SoftmaxCrossEntropy(point.Forward(seen).Logits, p.classes, 0)
	grad, _ := point.Gradient(loss, nil)
	p.result = loss
	return []*graph.Node{loss, nn.Record(g.Variable(u.points), g.Variable(u.place), nn.AddScaled(theta, grad, p.rate, -1))}
}

// backward takes a from the point behind a step to the one before it: a - rate H a,
// and adds -rate (dg/dx)^T a to the gradient of the images. Its result is <a, g>.
func (u *Unrolled) backward(p *pass, theta, x, seen *graph.Node) []*graph.Node {
	g := theta.Graph()
	a := g.Variable(u.adjoint)
	along := nn.L2Normalize(a)
	norm, one := nn.Dot(a, along), g.Const("one", []float32{1}, 1)

	here := u.model.At(theta, nil)
	loss := nn.SoftmaxCrossEntropy(here.Forward(seen).Logits, p.classes, 0)
	grad, _ := here.Gradient(loss, nil)
	p.result = nn.Dot(a, grad)
	var dtheta, dx [2]*graph.Node
	for i, sign := range []float64{1, -1} {
		there := u.model.At(nn.AddScaled(theta, along, one, sign*radius), here)
		dtheta[i], dx[i] = there.Gradient(nn.SoftmaxCrossEntropy(there.Forward(seen).Logits, p.classes, 0), x)
	}
	by := nn.Mul(norm, p.rate)
	moved := nn.AddScaled(nn.AddScaled(a, dtheta[0], by, -0.5/radius), dtheta[1], by, 0.5/radius)
	images := g.Variable(u.gradient)
	return []*graph.Node{p.result,
		nn.AddRows(images, dx[0], p.rows, by, -0.5/radius), nn.AddRows(images, dx[1], p.rows, by, 0.5/radius),
		nn.EMA(a, moved, g.Const("none", []float32{0}, 1)),
	}
}

// Walk trains from theta for the steps of batches with one rate and returns the
// weights it ends at and the loss of each step.
func (u *Unrolled) Walk(ctx context.Context, theta []float32, batches []Batch, rate float64) (end []float32, losses []float64, err error) {
	if err := u.check(theta, batches); err != nil {
		return nil, nil, err
	}
	if err := firstError(u.points.WriteAt(0, theta), u.place.WriteU32([]uint32{1})); err != nil {
		return nil, nil, err
	}
	for i, b := range batches {
		loss, err := u.walk.run(ctx, i, b, rate)
		if err != nil {
			return nil, nil, err
		}
		losses = append(losses, loss)
	}
	end, err = u.points.ReadAt(len(batches)*len(theta), len(theta))
	return end, losses, err
}

// Back goes the way of the last Walk back, from a, the gradient of a loss with
// respect to the weights that it ended at. It returns the loss's gradient with
// respect to the rate, and leaves in Gradient that with respect to the images.
func (u *Unrolled) Back(ctx context.Context, a []float32, batches []Batch, rate float64) (drate float64, err error) {
	if err := firstError(u.check(a, batches), u.adjoint.Write(a), u.gradient.Zero()); err != nil {
		return 0, err
	}
	for i := len(batches) - 1; i >= 0; i-- {
		slope, err := u.back.run(ctx, i, batches[i], rate)
		if err != nil {
			return 0, err
		}
		drate -= slope
	}
	return drate, nil
}

// Gradient is that of the images, in their shape, as Back leaves it.
func (u *Unrolled) Gradient() *graph.Variable { return u.gradient }

func (u *Unrolled) check(point []float32, batches []Batch) error {
	if len(point) != u.model.Dimension() {
		return fmt.Errorf("match: a point of %d weights: want %d", len(point), u.model.Dimension())
	}
	if len(batches) < 1 || len(batches) > u.steps {
		return fmt.Errorf("match: %d steps: want 1 to %d", len(batches), u.steps)
	}
	return nil
}

// run makes step i and returns its scalar result.
func (p *pass) run(ctx context.Context, i int, b Batch, rate float64) (float64, error) {
	err := firstError(p.exec.SetU32(p.at, []uint32{uint32(i)}), p.exec.SetU32(p.rows, b.Rows), p.exec.SetU32(p.classes, b.Classes),
		p.exec.Set(p.rate, []float32{float32(rate)}))
	if err == nil && p.views != nil {
		err = p.exec.Set(p.views, b.Views)
	}
	if err == nil {
		err = p.exec.Run(ctx)
	}
	if err != nil {
		return 0, err
	}
	result, err := p.exec.Get(p.result)
	if err != nil {
		return 0, err
	}
	return float64(result[0]), nil
}

// Close frees all but the network and the images.
func (u *Unrolled) Close() {
	for _, p := range []*pass{u.walk, u.back} {
		if p != nil && p.exec != nil {
			p.exec.Close()
		}
	}
	for _, v := range []*graph.Variable{u.points, u.place, u.adjoint, u.gradient} {
		if v != nil {
			v.Free()
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
