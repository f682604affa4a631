// Package bench measures the steps of squeeze, recover and relabelling on a
// device, kernel by kernel, against what the device can do.
//
//	top, err := bench.Measure(ctx, dev)
//	c := bench.Case{Step: bench.Recover, Network: "resnet18", Size: 32, Batch: 100, Classes: 100}
//	r, err := bench.Run(ctx, dev, c, bench.Effort{Seconds: 5, Repeats: 5})
//	fmt.Println(1/r.Best, r.Kernels[0].Share)
//
// Programs are those that a run records, and steps follow each other as they do in a run: some are on their way while the host
// prepares the next. Weights are drawn, images are noise.
package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"reta/compute/distill"
	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// Step is what is measured.
type Step string

// The steps.
const (
	Recover Step = "recover" // forward, loss with L_BN, gradient to the pixels, Adam on the pixels
	Squeeze Step = "squeeze" // augmentation, forward in train mode, gradient to the weights, SGD
	Forward Step = "forward" // logits in eval mode, as relabelling runs
)

// Steps lists them.
func Steps() []Step { return []Step{Recover, Squeeze, Forward} }

// Case is one measurement.
type Case struct {
	Step    Step
	Network string
	Size    int // side of an image, pixels
	Batch   int
	Classes int
}

func (c Case) String() string {
	return fmt.Sprintf("%s of %s at %d px, batch %d", c.Step, c.Network, c.Size, c.Batch)
}

// Effort bounds a measurement: Repeats runs that last Seconds together, of one
// step each at least, after two steps to warm up.
type Effort struct {
	Seconds float64
	Repeats int
}

// Result is what was measured. Times are of one step.
type Result struct {
	Case
	Best   float64 // wall clock, of the fastest run
	Median float64 // of the runs
	Steps  int
	Flops  float64 // 2 a multiply-add of convolutions and linear layers: once forward, twice for recover, three times for squeeze
	Bytes  int64
	Memory graph.Memory // of the step's program
	Host   float64      // of the host: what it does beside waiting for the device
	Work   vk.Work      // of all steps
	// Device is the device's time by its own clock, each kernel waiting for the
	// one before and at its fastest; 0 without timestamps, as Kernels then are
	// none.
	Device  float64
	Kernels []Kernel // costliest first
}

// program is a recorded step with what it needs.
type program struct {
	exec   *graph.Exec
	launch func(ctx context.Context) (*graph.Flight, error) // prepares a step and hands it to the device
	flops  float64
	close  func()
}

// Run measures one case.
func Run(ctx context.Context, dev *vk.Device, c Case, e Effort) (Result, error) {
	r := Result{Case: c}
	before, _ := dev.MemoryUsed()
	p, err := newProgram(ctx, dev, c)
	if err != nil {
		return r, fmt.Errorf("bench: %s: %w", c, err)
	}
	defer p.close()
	r.Flops, r.Memory = p.flops, p.exec.Memory()
	if err := r.time(ctx, dev, p, e); err != nil {
		return r, fmt.Errorf("bench: %s: %w", c, err)
	}
	held, _ := dev.MemoryUsed()
	r.Bytes = held - before
	if !dev.Info().Features.Timestamps {
		return r, nil
	}
	timings, err := profile(ctx, p.exec, e)
	if err != nil {
		return r, fmt.Errorf("bench: %s: %w", c, err)
	}
	r.Kernels = ByKernel(timings)
	for _, k := range r.Kernels {
		r.Device += k.Seconds
	}
	return r, nil
}

// time fills in the wall clock, and what the host does meanwhile.
func (r *Result) time(ctx context.Context, dev *vk.Device, p *program, e Effort) error {
	if _, err := p.run(ctx, func(n int) bool { return n < 2 }); err != nil {
		return err
	}
	each := time.Duration(e.Seconds / float64(max(e.Repeats, 1)) * float64(time.Second))
	before, whole := dev.Work(), time.Now()
	var runs []float64
	for range max(e.Repeats, 1) {
		began := time.Now()
		n, err := p.run(ctx, func(n int) bool { return n == 0 || time.Since(began) < each })
		if err != nil {
			return err
		}
		runs = append(runs, time.Since(began).Seconds()/float64(n))
		r.Steps += n
	}
	r.Work = dev.Work().Minus(before)
	r.Host = max(0, time.Since(whole)-r.Work.Waited).Seconds() / float64(r.Steps)
	slices.Sort(runs)
	r.Best, r.Median = runs[0], runs[len(runs)/2]
	return nil
}

// run makes steps as runs do, some on their way while the next is prepared, as long as more of them are wanted.
func (p *program) run(ctx context.Context, more func(n int) bool) (n int, err error) {
	var ahead []*graph.Flight
	for ; more(n); n++ {
		f, err := p.launch(ctx)
		if err != nil {
			return n, err
		}
		if ahead = append(ahead, f); len(ahead) == graph.InFlight {
			if err := ahead[0].Wait(ctx); err != nil {
				return n, err
			}
			ahead = ahead[1:]
		}
	}
	for _, f := range ahead {
		if err := f.Wait(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// profile is the least time of every dispatch over as many profiles as there
// are repeats, while they last no longer than the runs.
func profile(ctx context.Context, exec *graph.Exec, e Effort) ([]graph.Timing, error) {
	best, err := exec.Profile(ctx)
	for began, n := time.Now(), 1; err == nil && n < e.Repeats && time.Since(began).Seconds() < e.Seconds; n++ {
		var next []graph.Timing
		if next, err = exec.Profile(ctx); err != nil {
			return nil, err
		}
		for i := range best {
			best[i].Seconds = min(best[i].Seconds, next[i].Seconds)
		}
	}
	return best, err
}

func newProgram(ctx context.Context, dev *vk.Device, c Case) (*program, error) {
	spec := models.Spec{Classes: c.Classes, Stem: models.StemFor(c.Size), Size: c.Size, Frozen: c.Step != Squeeze, Seed: 1}
	m, err := models.New(dev, c.Network, spec)
	if err != nil {
		return nil, err
	}
	p := &program{close: m.Free}
	times := 1.0
	switch c.Step {
	case Recover:
		times = 2
		var step *distill.Probe
		if step, err = distill.NewProbe(ctx, dev, m, c.Size, c.Batch); err == nil {
			p.exec, p.launch, p.close = step.Exec(), step.Launch, func() { step.Close(); m.Free() }
		}
	case Squeeze:
		times = 3
		var step *train.Probe
		if step, err = train.NewProbe(dev, m, c.Size, c.Batch); err == nil {
			p.exec, p.launch, p.close = step.Exec(), step.Launch, func() { step.Close(); m.Free() }
		}
	case Forward:
		g := graph.New(dev)
		x := g.Input("x", graph.F32, c.Batch, c.Size, c.Size, 3)
		logits := m.Forward(x, models.Eval).Logits
		p.exec, err = g.Compile(graph.CompileOptions{Name: "forward " + c.Network, Outputs: []*graph.Node{logits}, InFlight: graph.InFlight})
		if err == nil {
			images := make([]float32, x.Size())
			p.launch = func(ctx context.Context) (*graph.Flight, error) {
				if err := p.exec.Set(x, images); err != nil {
					return nil, err
				}
				return p.exec.Submit(ctx)
			}
			p.close = func() { p.exec.Close(); m.Free() }
		}
	default:
		err = fmt.Errorf("step %q: want recover, squeeze or forward", c.Step)
	}
	if err != nil {
		m.Free()
		return nil, err
	}
	logits := m.Forward(graph.New(dev).Input("x", graph.F32, c.Batch, c.Size, c.Size, 3), models.Eval).Logits
	p.flops = times * nn.Flops(logits)
	return p, nil
}
