package models_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// network is what the metadata of networks.safetensors and networks_step.safetensors say of one.
type network struct {
	Seed        uint64
	Size, Batch int
	Layers      []string // batch norms
	Gradient    []string // weights with a gradient
	Zero        []string // those whose gradient is zero, for a batch norm takes their effect away
	Running     []string
	Moves       float64  // the gradient's, under noise of float32's rounding before every ReLU
	Masks       []uint32 // the seed of dropout and stochastic depth
}

// long are networks that take longer than all others together. They run with RETA_LONG=1.
var long = []string{"alexnet", "densenet169", "densenet201", "resnet101", "wide-resnet50-2"}

// each runs f for every network of a file: "mobilenetv2/cifar".
func each(t *testing.T, file string, f func(t *testing.T, want modelstest.Tensors, name string, stem models.Stem, n network)) {
	t.Helper()
	networks := map[string]network{}
	if err := json.Unmarshal([]byte(modelstest.Reference(t, file).Metadata("networks")), &networks); err != nil {
		t.Fatal(err)
	}
	for key, n := range networks {
		t.Run(key, func(t *testing.T) {
			name, stem, _ := strings.Cut(key, "/")
			if slices.Contains(long, name) && os.Getenv("RETA_LONG") == "" {
				t.Skip("RETA_LONG=1 runs it")
			}
			f(t, modelstest.Reference(t, file), name, models.Stem(stem), n)
		})
	}
}

// The loss of two images and its gradient to the pixels agree with PyTorch in float64. Weights are drawn by the tensors' names,
// so names and shapes are PyTorch's too.
func TestNetworksAgreeWithPyTorch(t *testing.T) {
	each(t, "networks", func(t *testing.T, want modelstest.Tensors, name string, stem models.Stem, n network) {
		key := name + "/" + string(stem) + "/"
		m := modelstest.FormulaByName(t, name, models.Spec{Stem: stem, Size: n.Size, Frozen: true})
		p := newPass(t, m, 2, n.Size)
		p.run(t, modelstest.Pixels(n.Seed, 2*n.Size*n.Size*3), []uint32{3, 7})

		near(t, "cross-entropy", p.get(t, p.ce), want.Float64(key+"ce", 1), 1e-4)
		near(t, "loss", p.get(t, p.total), want.Float64(key+"total", 1), 1e-4)
		near(t, "logits", p.get(t, p.out.Logits), want.Float64(key+"logits", 2, 10), 1e-4)
		byVar, byMean := p.terms(t, n.Layers)
		if len(n.Layers) > 0 {
			near(t, "variance terms", byVar, want.Float64(key+"bn_var", len(byVar)), 1e-4)
			near(t, "mean terms", byMean, want.Float64(key+"bn_mean", len(byMean)), 1e-4)
		}
		if math.IsNaN(p.get(t, p.out.Features)[0]) || p.out.Features.Dim(-1) != m.Width() {
			t.Errorf("features %v for a width of %d", p.out.Features.Shape(), m.Width())
		}
		// The mean square of an error's products with vectors of +1 and -1 is the square of its norm.
		const products = 32
		norm := want.Float64(key+"gradient_norm", 1)[0]
		off := distance(modelstest.Projections(p.get(t, p.gradient), products), want.Float64(key+"gradient_projections", products)) / math.Sqrt(products) / norm
		t.Logf("gradient: off by %.2g of the norm", off)
		tol := graphtest.Tolerance(1e-3, kinks)
		switch {
		case strings.HasPrefix(name, "efficientnet"):
			tol = graphtest.Tolerance(1e-3, smooth)
		case strings.HasPrefix(name, "mobilenet"), strings.HasPrefix(name, "alexnet"):
			tol = graphtest.Tolerance(1e-3, many)
		}
		if !(off < tol) {
			t.Errorf("gradient is off by %.3g of the norm, want %.1g", off, tol)
		}
	})
}

// terms are |running_var - var| and |running_mean - mean| of the layers, which are all that the network has.
func (p *pass) terms(t *testing.T, names []string) (byVar, byMean []float64) {
	t.Helper()
	var have []string
	layers := map[string]models.BNLayer{}
	for _, l := range p.out.BN {
		have, layers[l.Name] = append(have, l.Name), l
	}
	slices.Sort(have)
	if !slices.Equal(have, names) {
		t.Fatalf("batch norms are %v, PyTorch has %v", have, names)
	}
	for _, name := range names {
		stats, running := p.get(t, layers[name].Stats), p.get(t, layers[name].Running)
		c := len(stats) / 2
		byMean = append(byMean, distance(stats[:c], running[:c]))
		byVar = append(byVar, distance(stats[c:], running[c:]))
	}
	return byVar, byMean
}

// A training step's gradient to every weight, and the running statistics that it leaves, agree with PyTorch in float64. In fp16
// ReLU's kinks leave little of that of single weights.
func TestNetworksTrainAsPyTorchs(t *testing.T) {
	each(t, "networks_step", func(t *testing.T, want modelstest.Tensors, name string, stem models.Stem, n network) {
		if few := []string{"alexnet-narrow", "convnet3-bn", "efficientnet-b0"}; graphtest.Tolerance(0, 1) > 0 && !slices.Contains(few, name) {
			t.Skip("in fp16 its gradient is another beyond the kinks")
		}
		key := name + "/" + string(stem) + "/"
		m := modelstest.FormulaByName(t, name, models.Spec{Stem: stem, Size: n.Size})
		g := graph.New(graphtest.Device(t))
		x, labels := g.Input("x", graph.F32, n.Batch, n.Size, n.Size, 3), g.Input("labels", graph.U32, n.Batch)
		var masks *nn.Masks
		seed := g.Input("masks", graph.U32, nn.SeedWords)
		if n.Masks != nil {
			masks = nn.NewMasks(seed)
		}
		out := m.ForwardMasked(x, models.Train, masks)
		loss := nn.SoftmaxCrossEntropy(out.Logits, labels, 0)
		var weights []*graph.Node
		var names []string
		for _, v := range m.Trainable() {
			weights, names = append(weights, g.Variable(v)), append(names, v.Name())
		}
		grads := g.Grad(loss, weights...)
		outputs := append([]*graph.Node{loss}, grads...)
		for _, l := range out.BN {
			outputs = append(outputs, nn.UpdateRunning(l.Mean, l.Var, l.Stats, l.Momentum, l.Count))
		}
		exec, err := g.Compile(graph.CompileOptions{Name: name, Outputs: outputs, Poison: true})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Close()
		classes := make([]uint32, n.Batch)
		for i := range classes {
			classes[i] = uint32(3 * i % 10)
		}
		if n.Masks != nil {
			if err := exec.SetU32(seed, n.Masks); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(exec.Set(x, modelstest.Pixels(n.Seed, x.Size())), exec.SetU32(labels, classes), exec.Run(context.Background())); err != nil {
			t.Fatal(err)
		}
		p := &pass{exec: exec}
		near(t, "loss", p.get(t, loss), want.Float64(key+"loss", 1), 1e-4)
		found, largest := map[string][]float64{}, 0.0
		for i, name := range names {
			found[name] = p.get(t, grads[i])
			largest = max(largest, distance(found[name], make([]float64, len(found[name]))))
		}
		if len(found) != len(n.Gradient)+len(n.Zero) && !strings.HasPrefix(name, "convnet") {
			t.Errorf("%d weights are trained, PyTorch has %d", len(found), len(n.Gradient)+len(n.Zero))
		}
		for _, name := range n.Zero {
			if norm := distance(found[name], make([]float64, len(found[name]))); norm > graphtest.Tolerance(1e-4, half)*largest {
				t.Errorf("the gradient of %s has norm %.3g, want zero beside %.3g", name, norm, largest)
			}
		}
		rows := func(names []string, of func(name string) []float64) (list [][]float64) {
			for _, name := range names {
				list = append(list, of(name))
			}
			return list
		}
		rounded := half
		if strings.HasPrefix(name, "efficientnet") { // a gate's gradient is a sum of products that are rounded both
			rounded = 2.5e-2
		}
		// Another order of sums is noise too, and turns other ReLUs than PyTorch's noise did.
		want.Compare(key+"gradient", n.Gradient, rows(n.Gradient, func(name string) []float64 { return found[name] }), graphtest.Tolerance(max(1e-4, 20*n.Moves), rounded))
		if len(n.Running) > 0 {
			want.Compare(key+"running", n.Running, rows(n.Running, func(name string) []float64 { return modelstest.Widen(read(t, variable(t, m, name))) }), graphtest.Tolerance(1e-5, half))
		}
	})
}

// Numbers of weights are those of torchvision with 1000 classes, and of the published networks for 32 and 64 px with 100.
func TestNetworkSizes(t *testing.T) {
	for _, c := range []struct {
		network       string
		imagenet      int
		cifar         int // 0: it has no small form
		width, layers int // features; batch norms of the small form
	}{
		{"resnet18", 11_689_512, 11_220_132, 512, 20},
		{"resnet50", 25_557_032, 23_705_252, 2048, 53},
		{"resnet101", 44_549_160, 42_697_380, 2048, 104},
		{"wide-resnet50-2", 68_883_240, 67_031_460, 2048, 53},
		{"densenet121", 7_978_856, 7_048_548, 1024, 120},
		{"densenet169", 14_149_480, 12_643_172, 1664, 168},
		{"densenet201", 20_013_928, 18_277_220, 1920, 200},
		{"mobilenetv2", 3_504_872, 2_412_212, 1280, 57},
		{"shufflenetv2-x0.5", 1_366_792, 444_292, 1024, 56},
		{"efficientnet-b0", 5_288_548, 4_135_648, 1280, 49},
		{"shufflenetv2-x1.0", 2_278_604, 1_356_104, 1024, 56},
		{"alexnet", 61_100_840, 0, 4096, 0},
	} {
		for stem, want := range map[models.Stem]int{models.CIFAR: c.cifar, models.ImageNet: c.imagenet} {
			if want == 0 {
				continue
			}
			m, err := models.Build(nil, c.network, models.Spec{Classes: map[models.Stem]int{models.CIFAR: 100, models.ImageNet: 1000}[stem], Stem: stem})
			if err != nil {
				t.Fatal(err)
			}
			numbers, layers := 0, 0
			for _, v := range m.Variables() {
				if strings.HasSuffix(v.Name(), "running_mean") {
					layers++
				}
				if !models.IsRunning(v.Name()) {
					numbers += v.Shape().Size()
				}
			}
			if numbers != want || m.Width() != c.width || stem == models.CIFAR && layers != c.layers {
				t.Errorf("%s with a %s stem: %d weights, %d features, %d batch norms: want %d, %d and %d", c.network, stem, numbers, m.Width(), layers, want, c.width, c.layers)
			}
		}
	}
}

// Convolutions and linear layers are drawn as torchvision's networks draw theirs, with the ImageNet stem.
func TestTorchvisionsInitialWeights(t *testing.T) {
	drawn := map[string]*models.Model{}
	for _, c := range []struct {
		network, tensor string
		std, most       float64 // deviation, and the largest in deviations
	}{
		{"densenet121", "features.denseblock1.denselayer1.conv1.weight", math.Sqrt(2. / 64), 5}, // by fan-in
		{"densenet121", "classifier.weight", 1 / math.Sqrt(3*1024), math.Sqrt(3)},
		{"densenet121", "classifier.bias", 0, 0},
		{"mobilenetv2", "features.18.0.weight", math.Sqrt(2. / 1280), 6}, // by fan-out
		{"mobilenetv2", "features.2.conv.1.0.weight", math.Sqrt(2. / (9 * 96)), 5},
		{"mobilenetv2", "classifier.1.weight", 0.01, 5},
		{"mobilenetv2", "classifier.1.bias", 0, 0},
		{"shufflenetv2-x1.0", "conv5.0.weight", 1 / math.Sqrt(3*464), math.Sqrt(3)}, // PyTorch's default
		{"shufflenetv2-x1.0", "fc.bias", 1 / math.Sqrt(3*1024), math.Sqrt(3)},
		{"alexnet-narrow", "features.6.bias", 1 / math.Sqrt(3*9*192), math.Sqrt(3)},
	} {
		if drawn[c.network] == nil {
			drawn[c.network] = newModel(t, c.network, models.Spec{Classes: 100, Stem: models.ImageNet, Seed: 1})
		}
		w := read(t, variable(t, drawn[c.network], c.tensor))
		_, std := moments(w)
		largest := 0.0
		for _, v := range w {
			largest = max(largest, math.Abs(float64(v)))
		}
		if near := 3 / math.Sqrt(float64(len(w))); math.Abs(std-c.std) > near*c.std || largest > c.most*c.std*1.0001 || largest < 0.9*min(c.most, 2.5)*c.std {
			t.Errorf("%s, %s: deviation %.4g, largest %.4g: want %.4g and up to %.4g", c.network, c.tensor, std, largest, c.std, c.most*c.std)
		}
	}
}
