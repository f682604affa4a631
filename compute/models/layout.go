package models

import (
	"fmt"
	"slices"
	"strings"

	"reta/compute/graph"
	"reta/compute/nn"
)

// Param is one tensor of a network.
type Param struct {
	Name  string
	Shape []int
}

// Layout lists the tensors of a network in order of first use. It needs no device.
func Layout(name string, spec Spec) ([]Param, error) {
	m, err := build(nil, name, spec)
	if err != nil {
		return nil, err
	}
	var list []Param
	for _, v := range m.params {
		list = append(list, Param{v.Name(), v.Shape()})
	}
	return list, nil
}

// Flops counts two for every multiply-add of the convolutions and linear layers in a forward pass of one image of the spec's size.
// It needs no device.
func Flops(name string, spec Spec) (float64, error) {
	m, err := build(nil, name, spec)
	if err != nil {
		return 0, err
	}
	if spec.Size == 0 {
		spec.Size = usualSize
	}
	g := graph.New(nil)
	out := m.Forward(g.Input("x", graph.F32, 1, spec.Size, spec.Size, 3), Eval)
	if err := g.Err(); err != nil {
		return 0, fmt.Errorf("network %s: %w", name, err)
	}
	return nn.Flops(out.Logits), nil
}

// Fit is a network whose tensors a file has.
type Fit struct {
	Network string
	Spec    Spec   // classes, stem and, where the network has one, size
	Naming  string // of the tensors, "" for torchvision's names
	Prefix  string // of the tensors' names
}

// anyClasses stands for the number of classes in a layout that is compared with a file: no other extent is equal to it.
const anyClasses = 9973

// layouts keeps the layouts that files are compared with.
type layouts map[string][]Param

func (l layouts) of(network string, spec Spec) []Param {
	key := network + " " + string(spec.Stem)
	if a := lookup(network)(spec); a.size != nil { // by size
		if spec.Size == 0 {
			spec.Size = max(usualSize, a.least)
		}
		return l.make(network, spec)
	}
	if l[key] == nil {
		l[key] = l.make(network, spec)
	}
	return l[key]
}

func (l layouts) make(network string, spec Spec) []Param {
	list, err := Layout(network, spec)
	if err != nil {
		return nil
	}
	return list
}

// classifierOf is the last layer of a layout for anyClasses.
func classifierOf(list []Param) string {
	for _, p := range slices.Backward(list) {
		if len(p.Shape) == 2 && p.Shape[0] == anyClasses {
			return p.Name
		}
	}
	return ""
}

// stemsOf are the stems that a network may have, first the one that weights have which fit both.
func stemsOf(network string) []Stem {
	if lookup(network)(Spec{}).stem == ImageNet {
		return []Stem{ImageNet, CIFAR}
	}
	return []Stem{CIFAR, ImageNet}
}

// among are the networks that tensors of these shapes may be of: those given or, with none given, all that there are. Of ConvNets
// there are more than are registered.
func among(networks []string, shapes map[string][]int) []string {
	if networks != nil {
		return networks
	}
	networks = Names()
	if c, ok := convnetLike(shapes); ok && registry[c.name()] == nil {
		networks = append(networks, c.name())
	}
	return networks
}

// fits lists the networks, of those given or of all, whose tensors a file has, no fewer and no more, by shapes: the file's by name here.
func (l layouts) fits(shapes map[string][]int, networks []string) (list []Fit) {
	for _, network := range among(networks, shapes) {
		for _, stem := range stemsOf(network) {
			spec := Spec{Classes: anyClasses, Stem: stem}
			want := l.of(network, spec)
			classifier, ok := shapes[classifierOf(want)]
			if len(want) != len(shapes) || !ok || len(classifier) != 2 || classifier[0] < 1 {
				continue
			}
			if size := lookup(network)(spec).size; size != nil {
				if spec.Size = size(classifier[1]); spec.Size == 0 {
					continue
				}
				want = l.of(network, spec)
			}
			spec.Classes = classifier[0]
			if !slices.ContainsFunc(want, func(p Param) bool { return !p.like(shapes[p.Name], spec.Classes) }) {
				list = append(list, Fit{Network: network, Spec: spec})
			}
		}
	}
	return list
}

// like reports whether a tensor of a file is this one in a network of so many classes.
func (p Param) like(shape []int, classes int) bool {
	if len(shape) != len(p.Shape) || len(shape) == 0 {
		return false
	}
	for d, n := range p.Shape {
		if n == anyClasses {
			n = classes
		}
		if shape[d] != n {
			return false
		}
	}
	return true
}

// nearest is the network that shares most of its tensors with a file by name, of equal ones that which shares more shapes; and how many
// of its names it shares.
func (l layouts) nearest(shapes map[string][]int, networks []string) (network string, shared, of int) {
	best := 0
	for _, name := range among(networks, shapes) {
		for _, stem := range []Stem{CIFAR, ImageNet} {
			want := l.of(name, Spec{Classes: anyClasses, Stem: stem})
			n, alike := 0, 0
			for _, p := range want {
				if shape, ok := shapes[p.Name]; ok {
					n++
					if slices.Equal(shape, p.Shape) {
						alike++
					}
				}
			}
			// what neither lacks of the other decides
			if score := 1000*(2*n-len(want)) + alike; n > 0 && (network == "" || score > best) {
				network, shared, of, best = name, n, len(want), score
			}
		}
	}
	return network, shared, of
}

// part is the beginning of a name up to the first dot.
func part(name string) string {
	before, _, ok := strings.Cut(name, ".")
	if !ok {
		return ""
	}
	return before + "."
}
