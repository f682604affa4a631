package distill

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"reta/compute/graph"
	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/recipe"
)

// pta is Persistent Topology Alignment (Eqns 9 to 11) on the device: the features of whole classes, un-augmented, their loss
// and its gradient to the pixels, every T steps and in each stage's last. Joined, the gradient is added to that of the
// step's own losses. Separate, it goes through the same Adam moments and learning rate behind the step, and does not advance
// their clock: the bias correction is the step's.
type pta struct {
	program  *topo.Program
	back     *pixelGradient  // of the present image buffer
	joined   *graph.Variable // [rows,D*D*3], the gradient by the pixels in a step that it joins, else 0
	stale    bool            // joined is not 0
	weights  []float64       // of the classes, as the device has them
	found    Topology        // by the update of the present step
	reported map[string]bool // reasons logged in this stage
}

func (p *pta) Open(g *Group) (err error) {
	if p.program == nil {
		size := topo.Size{Classes: g.count, Points: g.TopologyPoints(), Width: g.phi().Width(), Grid: g.Recipe.PTA.Grid}
		if p.program, err = topo.NewProgram(g.dev, size); err != nil {
			return err
		}
	}
	p.closeBack()
	b := g.images
	if g.Recipe.PTA.Update == recipe.Joined {
		if p.joined, err = graph.NewVariable(g.dev, "gradient of L_topo", graph.F32, false, b.rows, b.size*b.size*3); err != nil {
			return err
		}
		p.stale = true
	}
	p.back, err = g.newPixelGradient(p.program.Gradient, p.joined)
	return err
}

func (p *pta) Begin(g *Group) error {
	p.weights, p.reported = nil, map[string]bool{}
	return p.setTargets(g)
}

// setTargets gives the device the real side and the weights in force, where it has others.
func (p *pta) setTargets(g *Group) error {
	a, err := g.Target()
	if err != nil {
		return err
	}
	weights := g.TopologyWeights(a)
	if slices.Equal(weights, p.weights) {
		return nil
	}
	p.weights = weights
	return p.program.SetTargets(a.Targets, a.Points(g.TopologyPoints()), weights)
}

func (p *pta) Gradient() *graph.Variable { return p.joined }

func (p *pta) Points() *graph.Variable { return p.program.Features }

func (p *pta) Before(g *Group) error {
	p.found = Topology{}
	if err := p.setTargets(g); err != nil {
		return err
	}
	if p.joined == nil {
		return nil
	}
	if p.stale {
		if err := g.settle(); err != nil {
			return err
		}
		if err := p.joined.Zero(); err != nil {
			return err
		}
		p.stale = false
	}
	if !g.Recipe.AlignsAfter(g.step) {
		return nil
	}
	p.stale = true
	return p.update(g, nil)
}

func (p *pta) After(g *Group, hyper []float32) (Topology, error) {
	if p.joined == nil && g.Recipe.AlignsAfter(g.step) {
		if err := p.update(g, hyper); err != nil {
			return p.found, err
		}
	}
	return p.found, nil
}

// update compares whole classes with their targets and carries the gradient to the pixels of the classes that have one; a
// step of Adam would move the others by old momentum.
func (p *pta) update(g *Group, hyper []float32) error {
	a, err := g.Target()
	if err != nil {
		return err
	}
	extractor, err := g.features()
	if err != nil {
		return err
	}
	var slots []uint32
	for c, t := range a.Targets {
		if t.Inactive == "" {
			slots = append(slots, g.classSlots(a, c)...)
		}
	}
	for batch := range slices.Chunk(slots, extractor.n) {
		if err := g.extract(extractor, g.rowsOf(batch), batch); err != nil {
			return err
		}
	}
	u, err := p.program.Align(g.ctx)
	if err != nil {
		return fmt.Errorf("topology alignment: %w", err)
	}
	p.found = Topology{Updated: true, Loss: u.Total, Weighted: u.Weighted / float64(g.Recipe.IPC)}
	var moving []uint32
	for c, o := range u.Classes {
		if o.Moves {
			moving = append(moving, g.classSlots(a, c)...)
		}
	}
	p.report(g, u)
	return p.back.run(g, moving, hyper)
}

// report logs an update in one line and, once a stage and reason, the classes that the host had to compute.
func (p *pta) report(g *Group, u *topo.Result) {
	host := map[string][]int{}
	for c, o := range u.Classes {
		if o.Host != "" {
			host[o.Host] = append(host[o.Host], g.first+c)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(host)) {
		if !p.reported[reason] {
			p.reported[reason] = true
			g.warn("topology alignment: the host computes %s: %s", SomeClasses(host[reason]), reason)
		}
	}
	g.say("topology update in step %d: L_topo %.4g (H1 %.3g) over %d of %s; %d expanding, %d contracting, %d beyond eps_max",
		g.step+1, u.Total, u.Loss[1], u.Active, event.Counted(len(u.Classes), "class"), u.Expanding, u.Contracting, u.BeyondEpsMax)
}

func (p *pta) closeBack() {
	if p.back != nil {
		p.back.exec.Close()
	}
	if p.joined != nil {
		p.joined.Free()
	}
	p.back, p.joined = nil, nil
}

func (p *pta) Close() {
	p.closeBack()
	if p.program != nil {
		p.program.Close()
		p.program = nil
	}
}

// SomeClasses counts classes and names the first few.
func SomeClasses(list []int) string {
	slices.Sort(list)
	var names []string
	for _, c := range list[:min(8, len(list))] {
		names = append(names, fmt.Sprint(c))
	}
	more := ""
	if len(list) > len(names) {
		more = ", ..."
	}
	word := "classes"
	if len(list) == 1 {
		word = "class"
	}
	return fmt.Sprintf("%d %s (%s%s)", len(list), word, strings.Join(names, ", "), more)
}

// unaligned is the Alignment of a recipe without one.
type unaligned struct{}

func (unaligned) Open(*Group) error                             { return nil }
func (unaligned) Begin(*Group) error                            { return nil }
func (unaligned) Gradient() *graph.Variable                     { return nil }
func (unaligned) Points() *graph.Variable                       { return nil }
func (unaligned) Before(*Group) error                           { return nil }
func (unaligned) After(*Group, []float32) (t Topology, _ error) { return t, nil }
func (unaligned) Close()                                        {}
