package topo

import (
	"context"
	"fmt"
	"math"

	"reta/compute/graph"
	"reta/compute/vk"
	"reta/shared/topology"
)

// Size is the extent of a batch: features [Classes*Points, Width], class after class, of which a class may use fewer
// rows than Points, and images of Grid x Grid pixels.
type Size struct{ Classes, Points, Width, Grid int }

// Program is one topology update of a batch of classes, recorded: distances, graph, persistence pairs, images, loss and
// gradient follow each other on the device in one submit, and the host reads a few numbers of each class. A class that
// is too large for it, or turns out to be, is computed on the host instead, by topology.Target.Align in
// float64. A Program is not safe for concurrent use.
type Program struct {
	Features *graph.Variable // synthetic features, written by whoever looks at images
	Gradient *graph.Variable // of sum_c weights[c] L_c by the features, as Align leaves it

	size                  Size
	extent                extent
	stages                stages
	exec                  *graph.Exec
	classes, real, report *graph.Variable

	targets []*topology.Target // of the present stage
	points  []int              // of each class
	weights []float64          // of each class's loss, 0 where it takes no part
	refused []string           // why a class is not for the device, "" when it is
}

// NewProgram records the update. The host knows nothing of the classes yet: see SetTargets.
func NewProgram(dev *vk.Device, s Size) (*Program, error) {
	return newProgram(dev, s, newExtent(dev.Info(), s), false)
}

// newProgram lets a test change the extent, poison all memory and read what lies between the kernels.
func newProgram(dev *vk.Device, s Size, x extent, poison bool) (*Program, error) {
	p := &Program{size: s, extent: x}
	rows := s.Classes * s.Points
	for _, v := range []struct {
		name  string
		dtype graph.DType
		shape graph.Shape
		to    **graph.Variable
	}{
		{"features", graph.F32, graph.Shape{rows, s.Width}, &p.Features},
		{"topology gradient", graph.F32, graph.Shape{rows, s.Width}, &p.Gradient},
		{"topology settings", graph.U32, graph.Shape{s.Classes, classWords}, &p.classes},
		{"real images", graph.F32, graph.Shape{s.Classes, 2, p.extent.pixels()}, &p.real},
		{"topology report", graph.F32, graph.Shape{s.Classes, reportWords}, &p.report},
	} {
		made, err := graph.NewVariable(dev, v.name, v.dtype, false, v.shape...)
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("topology: %w", err)
		}
		*v.to = made
	}
	g := graph.New(dev)
	p.stages = p.extent.record(g.Variable(p.classes), g.Variable(p.Features), g.Variable(p.real), g.Variable(p.report), g.Variable(p.Gradient))
	outputs := []*graph.Node{p.stages.gradient}
	if poison {
		outputs = append(outputs, p.stages.distances, p.stages.edges, p.stages.bars, p.stages.images)
	}
	exec, err := g.Compile(graph.CompileOptions{Name: "topology", Outputs: outputs, Poison: poison})
	if err != nil {
		p.Close()
		return nil, err
	}
	p.exec = exec
	return p, nil
}

// Exec is the recorded program, for profiles.
func (p *Program) Exec() *graph.Exec { return p.exec }

// Close frees the program and its tensors. It is safe to call twice.
func (p *Program) Close() {
	if p.exec != nil {
		p.exec.Close()
	}
	for _, v := range []**graph.Variable{&p.Features, &p.Gradient, &p.classes, &p.real, &p.report} {
		if *v != nil {
			(*v).Free()
			*v = nil
		}
	}
	p.exec = nil
}

// SetTargets uploads the real side of all classes, to be held still until the next call. Of its rows class c uses the first
// points[c]. The gradient is that of
//
//	sum_c weights[c] L_c
//
// over the classes that take part, so that weights of lambda_topo make the sum of Eqn 11, and weights of lambda_topo over
// Aligner.Active the mean. Weights are finite and at least 0; those of classes that take no part have no effect.
func (p *Program) SetTargets(targets []*topology.Target, points []int, weights []float64) error {
	s, x := p.size, p.extent
	if len(targets) != s.Classes || len(points) != s.Classes || len(weights) != s.Classes {
		return fmt.Errorf("topology: %d targets, %d counts of points and %d weights: want %d of each",
			len(targets), len(points), len(weights), s.Classes)
	}
	for c, t := range targets {
		if t.Cloud.Dim != s.Width || t.Options.Grid != s.Grid || points[c] < 0 || points[c] > s.Points {
			return fmt.Errorf("topology: class %d: %d points of %d features, images of %d pixels: want at most %d of %d, and %d",
				c, points[c], t.Cloud.Dim, t.Options.Grid, s.Points, s.Width, s.Grid)
		}
		if !(weights[c] >= 0 && weights[c] <= math.MaxFloat32) {
			return fmt.Errorf("topology: class %d: weight %v: want a finite number of at least 0", c, weights[c])
		}
	}
	p.targets, p.points = targets, points
	p.weights, p.refused = make([]float64, s.Classes), make([]string, s.Classes)
	settings := make([]uint32, 0, s.Classes*classWords)
	images := make([]float32, s.Classes*2*x.pixels())
	for c, t := range targets {
		if p.inactive(c) == "" {
			p.weights[c] = weights[c]
		}
		p.refused[c] = p.refuses(points[c], t.Options)
		settings = append(settings, p.settings(c)...)
		if s.Grid != x.grid {
			continue
		}
		for q, image := range t.Images {
			for i, v := range image {
				images[(2*c+q)*x.pixels()+i/s.Grid*(x.pixels()/s.Grid)+i%s.Grid] = float32(v)
			}
		}
	}
	if err := p.classes.WriteU32(settings); err != nil {
		return err
	}
	return p.real.Write(images)
}

// inactive says why class c takes no part, "" when it does.
func (p *Program) inactive(c int) topology.Reason { return inactive(p.targets[c], p.points[c]) }

// settings is Class in shaders/topo.glsl.
func (p *Program) settings(c int) []uint32 {
	t, n := p.targets[c], p.points[c]
	if p.refused[c] != "" {
		n = 0
	}
	drop, scale := uint32(0), 0.0
	if t.Options.DropEssential {
		drop = 1
	}
	if p.inactive(c) == "" {
		scale = 1 / t.Scale
	}
	return []uint32{
		uint32(n), uint32(max(0, min(t.Options.K, n-1))), graph.F(t.EpsMax), graph.F(t.Options.Sigma),
		graph.F(t.Options.Exponent), drop, graph.F(scale), graph.F(t.Options.Gamma), graph.F(p.weights[c]),
	}
}

// Align compares the features with the targets: one submit, then the host's share if any class is its own. It blocks
// until Gradient holds the gradient; rows of classes that do not move are zeros.
func (p *Program) Align(ctx context.Context) (*Result, error) {
	if p.targets == nil {
		return nil, fmt.Errorf("topology: the program has no targets: call SetTargets first")
	}
	if err := p.exec.Run(ctx); err != nil {
		return nil, err
	}
	words, err := p.report.Read()
	if err != nil {
		return nil, err
	}
	r := &Result{Classes: make([]Outcome, p.size.Classes)}
	var host []int
	for c := range r.Classes {
		o := &r.Classes[c]
		*o = p.outcome(c, words[c*reportWords:][:reportWords])
		if o.Host != "" {
			host = append(host, c)
		}
	}
	if err := p.takeOver(host, r.Classes); err != nil {
		return nil, err
	}
	r.average(p.weights)
	return r, nil
}
