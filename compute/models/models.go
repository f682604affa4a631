// Package models holds the networks, one file per architecture, with
// torchvision's parameter names, so that weights travel both ways.
//
//	m, err := models.New(dev, "resnet18", models.Spec{Classes: 100, Stem: models.CIFAR})
//	err = m.Load("resnet18-cifar100.safetensors")
//	out := m.Forward(x, models.Eval) // x [N,H,W,3], normalised
//	_ = out.Logits                   // [N,100]
package models

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strings"

	"reta/compute/graph"
	"reta/compute/vk"
)

// Stem is how a network takes its input.
type Stem string

// The stems: CIFAR is one 3x3 convolution of stride 1 and no pooling, for 32
// and 64 px; ImageNet is 7x7 of stride 2 and a max-pool, for 224 px.
const (
	CIFAR    Stem = "cifar"
	ImageNet Stem = "imagenet"
)

// StemFor is the usual stem for images of the given side in pixels.
func StemFor(size int) Stem {
	if size > 64 {
		return ImageNet
	}
	return CIFAR
}

// Init is how the weights of convolutions and linear layers are drawn before
// training. Normalisations begin as the identity.
type Init string

// The initial weights: Uniform is PyTorch's own, U(-b, b) with b = 1/sqrt(fan-in)
// (kaiming_uniform_ with a = sqrt 5), which the published networks for 32 and
// 64 px have; He is what torchvision's network of that name has: in residual
// networks, convolutions normal with variance 2/fan-out (He et al. 2015); see
// each network's file.
const (
	Uniform Init = "uniform"
	He      Init = "he"
)

// For is the init of a network with the given stem: i, or, where i is "", what
// the published networks with that stem have.
func (i Init) For(s Stem) Init {
	switch {
	case i != "":
		return i
	case s == ImageNet:
		return He
	}
	return Uniform
}

// Spec fixes what a network's name leaves open.
type Spec struct {
	Classes int
	Stem    Stem
	// Size is the side of the images, in pixels, for a network whose number of
	// weights depends on it (ConvNet-3); 0 means 32. Others take any.
	Size int
	// Frozen makes a teacher whose weights change only by Load: what depends on
	// them alone is computed once.
	Frozen bool
	// Seed draws the initial weights, as Init says; see Init.For.
	Seed uint64
	Init Init
}

// usualSize is the side of images where nothing says another.
const usualSize = 32

// Mode is how batch normalisation behaves in a forward pass.
type Mode int

const (
	// Eval normalises by the running statistics.
	Eval Mode = iota
	// Train normalises by the batch's statistics.
	Train
)

// Output is what a forward pass offers.
type Output struct {
	Map      *graph.Node // [N,H,W,C]: the last one with places, which Features is made of
	Features *graph.Node // [N,F]: after global pooling, before the classifier (the paper's phi)
	Logits   *graph.Node // [N,Classes]
	BN       []BNLayer   // in forward order
	Conv     []ConvLayer // likewise
}

// ConvLayer gives what one convolution takes.
type ConvLayer struct {
	Name  string
	Input *graph.Node // [N,H,W,C]
}

// BNLayer gives the statistics of one batch normalisation's input.
type BNLayer struct {
	Name    string
	Input   *graph.Node // [N,H,W,C]; nil where it is not one tensor
	Stats   *graph.Node // [2,C]: mean and biased variance over N,H,W of this batch
	Running *graph.Node // [2,C]: the running mean and variance
	// Mean and Var are the running statistics as variables, to be updated in
	// training, by Momentum; Count is the number of elements a channel's
	// statistics are over.
	Mean, Var *graph.Node
	Momentum  float64
	Count     int
}

// Model is a network with its weights on one device.
type Model struct {
	Name   string
	Spec   Spec
	Origin Origin         // of the weights, where they were read from a file
	from   *normalisation // of Forward's x, where it is not the network's own
	dev    *vk.Device
	arch   architecture
	width  int               // of the features
	params []*graph.Variable // in order of first use
	inits  []draw            // of params
	byName map[string]*graph.Variable
	idle   map[string]bool // params without effect, see builder.biasedConv
}

// architecture is what a network's file says of it, for one Spec.
type architecture struct {
	forward    func(b *builder, x *graph.Node) Output
	classifier string                 // parameter prefix of the last linear layer
	init       Init                   // where the spec names none; "": by its stem
	initial    initial                // torchvision's initial weights, of He
	stem       Stem                   // of weights that fit both; "": CIFAR
	eps        float64                // of normalisations; 0: 1e-5, PyTorch's default
	momentum   float64                // of running statistics; 0: 0.1, likewise
	size       func(features int) int // side of the images that have so many features, 0: none; nil for a network that takes any side
	least      int                    // the smallest side that images may have; 0: any
}

var registry = map[string]func(Spec) architecture{}

func register(name string, f func(Spec) architecture) {
	if registry[name] != nil {
		panic("models: " + name + " is registered twice")
	}
	registry[name] = f
}

// lookup is the network of that name, or nil.
func lookup(name string) func(Spec) architecture {
	if f := registry[name]; f != nil {
		return f
	}
	if c, ok := convnetOf(name); ok {
		return c.architecture
	}
	return nil
}

// Names lists the networks in alphabetical order. ConvNets have more names than
// those, see convnet.go.
func Names() []string {
	var names []string
	for n := range registry {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Least is the smallest side, in pixels, of images that the network of that name
// takes, at least 1.
func Least(name string) int {
	if f := lookup(name); f != nil {
		return max(1, f(Spec{}).least)
	}
	return 1
}

// New makes a network with freshly drawn weights.
func New(dev *vk.Device, name string, spec Spec) (*Model, error) {
	m, err := build(dev, name, spec)
	if err != nil {
		return nil, err
	}
	if err := m.draw(); err != nil {
		m.Free()
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	return m, nil
}

// Draw gives every parameter the first values that New with another seed would: a network is trained anew without being
// recorded anew.
func (m *Model) Draw(seed uint64) error {
	m.Spec.Seed = seed
	return m.draw()
}

// build makes a network whose weights are zero.
func build(dev *vk.Device, name string, spec Spec) (*Model, error) {
	f := lookup(name)
	if f == nil {
		return nil, Known(name)
	}
	if spec.Classes < 1 {
		return nil, fmt.Errorf("network %s: %d classes: want at least 1", name, spec.Classes)
	}
	if spec.Stem == "" {
		spec.Stem = CIFAR
	}
	if spec.Stem != CIFAR && spec.Stem != ImageNet {
		return nil, fmt.Errorf("network %s: stem %q: want %q or %q", name, spec.Stem, CIFAR, ImageNet)
	}
	arch, side := f(spec), 64
	if spec.Init == "" {
		spec.Init = arch.init
	}
	if spec.Init = spec.Init.For(spec.Stem); spec.Init != Uniform && spec.Init != He {
		return nil, fmt.Errorf("network %s: initial weights %q: want %q or %q", name, spec.Init, Uniform, He)
	}
	if arch.size != nil {
		if spec.Size == 0 {
			spec.Size = usualSize
		}
		side = spec.Size
	}
	if arch.eps == 0 {
		arch.eps = 1e-5
	}
	if arch.momentum == 0 {
		arch.momentum = 0.1
	}
	m := &Model{Name: name, Spec: spec, dev: dev, arch: arch, byName: map[string]*graph.Variable{}, idle: map[string]bool{}}
	// A forward pass on a graph that is never run draws up the parameters.
	g := graph.New(dev)
	out := m.Forward(g.Input("x", graph.F32, 1, side, side, 3), Eval)
	if err := g.Err(); err != nil {
		m.Free()
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	m.width = out.Features.Dim(-1)
	return m, nil
}

// Forward adds the network's forward pass on x [N,H,W,3] to x's graph. x is normalised as the network was trained, or as
// Adapt was given.
func (m *Model) Forward(x *graph.Node, mode Mode) Output {
	return m.ForwardMasked(x, mode, nil)
}

// Width is the number of features.
func (m *Model) Width() int { return m.width }

// Trainable lists the variables a training step changes by gradient, in order
// of first use: weights and biases, not running statistics, nor a bias that an
// instance norm takes away again.
func (m *Model) Trainable() []*graph.Variable {
	var out []*graph.Variable
	for _, v := range m.params {
		if !IsRunning(v.Name()) && !m.idle[v.Name()] {
			out = append(out, v)
		}
	}
	return out
}

// HasBatchNorm reports whether the network has batch normalisations: without,
// Output.BN is empty.
func (m *Model) HasBatchNorm() bool {
	return slices.ContainsFunc(m.params, func(v *graph.Variable) bool { return IsRunning(v.Name()) })
}

// Variables lists all of the model's tensors, running statistics included.
func (m *Model) Variables() []*graph.Variable { return m.params }

// Free gives the weights' memory back.
func (m *Model) Free() {
	for _, v := range m.params {
		v.Free()
	}
	m.params, m.inits, m.byName = nil, nil, map[string]*graph.Variable{}
}

// IsRunning reports whether a variable of this name is a running statistic.
func IsRunning(name string) bool {
	return strings.HasSuffix(name, "running_mean") || strings.HasSuffix(name, "running_var")
}

// stream is the random stream a parameter is drawn from: by name, so that
// weights do not depend on the order of building.
func stream(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

// ErrUnknown marks the error for a network that is not registered.
var ErrUnknown = errors.New("unknown network")

// Known is nil for a registered name, else an error that lists them.
func Known(name string) error {
	if lookup(name) != nil {
		return nil
	}
	return fmt.Errorf("%w %q: want one of %s", ErrUnknown, name, strings.Join(Names(), ", "))
}
