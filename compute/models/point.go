package models

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
)

// Point is a place in the space of a network's weights, as one vector on a
// graph: what training moves along a trajectory.
type Point struct {
	model   *Model
	weights map[string]*graph.Node
	list    []*graph.Node
	like    *Point        // where the kinks are; nil: of its own
	kinks   []*graph.Node // results of ReLU, in forward order
	passed  int           // kinks of like that the forward pass has come by
}

// Dimension is the number of a network's trainable weights: the length of a
// point's vector.
func (m *Model) Dimension() (n int) {
	for _, v := range m.Trainable() {
		n += v.Shape().Size()
	}
	return n
}

// At is the point theta [1, Dimension], the weights of Trainable in order, one
// after the other. With like, a point of the same graph that has had its forward
// pass on the same images, ReLU's kinks are held where they are there: then a
// small step from like changes the gradient smoothly, and differences of
// gradients at two such points are products with second derivatives.
func (m *Model) At(theta *graph.Node, like *Point) *Point {
	p := &Point{model: m, weights: map[string]*graph.Node{}, like: like}
	from := 0
	for _, v := range m.Trainable() {
		w := graph.Reshape(nn.SliceChannels(theta, from, v.Shape().Size()), v.Shape()...)
		p.weights[v.Name()], p.list = w, append(p.list, w)
		from += v.Shape().Size()
	}
	if theta.Size() != from {
		theta.Graph().Poison(m.Name, fmt.Errorf("a point of %d weights: want %d", theta.Size(), from))
	}
	return p
}

// Forward is Model.Forward with the point's weights and, for batch norm, the
// batch's statistics. It takes networks whose only kinks are ReLU's behind a
// normalisation: ConvNets.
func (p *Point) Forward(x *graph.Node) Output {
	if _, ok := convnetOf(p.model.Name); !ok {
		n := x.Graph().Poison(p.model.Name, fmt.Errorf("only the kinks of ConvNets can be held: want convnet3 or another of them"))
		return Output{Map: n, Features: n, Logits: n}
	}
	b := &builder{m: p.model, g: x.Graph(), mode: Train, at: p}
	return b.forward(x)
}

// Gradient is that of a scalar loss with respect to the point, [1, Dimension],
// and with respect to x, nil for none.
func (p *Point) Gradient(loss, x *graph.Node) (dtheta, dx *graph.Node) {
	g, wrt := loss.Graph(), p.list
	if x != nil {
		wrt = append(wrt[:len(wrt):len(wrt)], x)
	}
	grads := g.Grad(loss, wrt...)
	if x != nil {
		dx = grads[len(p.list)]
	}
	flat := make([]*graph.Node, len(p.list))
	for i := range flat {
		if grads[i] == nil {
			return g.Poison(p.model.Name, fmt.Errorf("the loss does not depend on %v", p.list[i])), dx
		}
		flat[i] = graph.Reshape(grads[i], 1, grads[i].Size())
	}
	return nn.Concat(flat...), dx
}

// weight is the point's weight of that name, nil if it has none.
func (p *Point) weight(name string) *graph.Node {
	if p == nil {
		return nil
	}
	return p.weights[name]
}

// kink is a layer that ends in an activation, whose kinks the builder's point
// may hold.
func (b *builder) kink(act nn.Activation, layer func(nn.Activation) *graph.Node) *graph.Node {
	p := b.at
	if p == nil || act != nn.ReLU {
		return layer(act)
	}
	if p.like == nil {
		y := layer(act)
		p.kinks = append(p.kinks, y)
		return y
	}
	if p.passed == len(p.like.kinks) {
		return b.g.Poison(b.m.Name, fmt.Errorf("the point whose kinks are to be held has had no forward pass"))
	}
	y := nn.Rectify(layer(nn.None), p.like.kinks[p.passed])
	p.passed++
	return y
}

// Theta is the vector of the weights that the network has: [Dimension].
func (m *Model) Theta() (theta []float32, err error) {
	for _, v := range m.Trainable() {
		w, err := v.Read()
		if err != nil {
			return nil, err
		}
		theta = append(theta, w...)
	}
	return theta, nil
}
