package bench

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Every step runs, costs what its definition says and leaves no memory behind.
func TestRun(t *testing.T) {
	dev, ctx := graphtest.Device(t), context.Background()
	before, _ := dev.MemoryUsed()
	var forward float64
	for _, step := range []Step{Forward, Recover, Squeeze} {
		c := Case{Step: step, Network: "resnet8", Size: 16, Batch: 3, Classes: 5}
		r, err := Run(ctx, dev, c, Effort{Seconds: 0.02, Repeats: 2})
		if err != nil {
			t.Fatal(err)
		}
		if !(r.Best > 0 && r.Best <= r.Median) || r.Steps < 2 || r.Bytes <= 0 || len(r.Kernels) == 0 || !(r.Device > 0) {
			t.Errorf("%s: %+v", c, r)
		}
		if m := r.Memory; m.Own <= 0 || m.Alive <= 0 || r.Planned() < 1 || r.Planned() > 1.2 || m.Bytes() > r.Bytes {
			t.Errorf("%s: %+v in %d bytes", c, m, r.Bytes)
		}
		if w := r.Work; w.Submits != r.Steps || w.Waits != r.Steps || w.Starved < 1 || !(r.Host > 0 && r.Host <= 2*r.Median) {
			t.Errorf("%s: %+v in %d steps, %g s of the host", c, w, r.Steps, r.Host)
		}
		if step == Forward {
			forward = r.Flops
		}
		if want := forward * map[Step]float64{Forward: 1, Recover: 2, Squeeze: 3}[step]; r.Flops != want {
			t.Errorf("%s: %g flops, want %g", c, r.Flops, want)
		}
		shares := 0.0
		for i, k := range r.Kernels {
			shares += k.Share
			if i > 0 && k.Seconds > r.Kernels[i-1].Seconds {
				t.Errorf("%s: %s comes after %s", c, k.Name, r.Kernels[i-1].Name)
			}
		}
		if math.Abs(shares-1) > 1e-9 {
			t.Errorf("%s: shares add up to %g", c, shares)
		}
		var out bytes.Buffer
		if err := r.Print(&out, Ceilings{1e12, 1e11}, 3); err != nil || !strings.Contains(out.String(), "others") {
			t.Errorf("%s prints %q, %v", c, out.String(), err)
		}
	}
	if after, _ := dev.MemoryUsed(); after != before {
		t.Errorf("%d bytes of device memory are left behind", after-before)
	}
}

// The estimate of a step has the work of its profile: without a bound on arithmetic it takes the bytes' time, without one on
// memory the operations', and each kernel waits once for the one before.
func TestEstimate(t *testing.T) {
	dev, ctx := graphtest.Device(t), context.Background()
	c := Case{Step: Recover, Network: "resnet8", Size: 16, Batch: 3, Classes: 5}
	p, err := newProgram(ctx, dev, c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	times, err := p.exec.Profile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var flops, moved float64
	for _, w := range times {
		flops, moved = flops+float64(w.Flops), moved+float64(w.Bytes)
	}
	gaps := 1e-6 * float64(len(times))
	for _, k := range []struct {
		rates  Rates
		want   float64
		memory bool
	}{
		{Rates{1e30, 1e9, 0}, moved / 1e9, true},
		{Rates{1e9, 1e30, 0}, flops / 1e9, false},
		{Rates{1e9, 1e30, 1e-6}, flops/1e9 + gaps, false},
	} {
		r, list, err := Estimate(ctx, dev, c, k.rates)
		if err != nil {
			t.Fatal(err)
		}
		// what no kernel counts takes the bytes' time at 1e30 a second, which is nothing
		if math.Abs(r.Best/k.want-1) > 1e-9 || calls(list) != len(times) || list[0].Memory != k.memory || r.Flops != p.flops {
			t.Errorf("at %+v: %g s for %d kernels, memory bound: %v; want %g, %d, %v", k.rates, r.Best, calls(list), list[0].Memory, k.want, len(times), k.memory)
		}
		var out bytes.Buffer
		if err := PrintEstimate(&out, r, list, 3); err != nil || !strings.Contains(out.String(), "others") || !strings.Contains(out.String(), "bound by") {
			t.Errorf("prints %q, %v", out.String(), err)
		}
	}
}

// ResNet-18 with CIFAR stem makes 0.556 billion multiply-adds on an image of 32 px, at 224 px with ImageNet stem 1.814
// billion (He et al. 2016 say 1.8).
func TestFlopsOfResNet18(t *testing.T) {
	for _, c := range []struct {
		size    int
		classes int
		want    float64
	}{{32, 100, 555468800}, {224, 1000, 1814073344}} {
		m, err := models.New(graphtest.Device(t), "resnet18", models.Spec{Classes: c.classes, Stem: models.StemFor(c.size)})
		if err != nil {
			t.Fatal(err)
		}
		x := graph.New(graphtest.Device(t)).Input("x", graph.F32, 2, c.size, c.size, 3)
		if got := nn.Flops(m.Forward(x, models.Eval).Logits) / 4; got != c.want {
			t.Errorf("%d px: %.0f multiply-adds an image, want %.0f", c.size, got, c.want)
		}
		m.Free()
	}
}

// The counted work of a step's kernels is that of its definition, where no algorithm saves any.
func TestKernelsCountTheirFlops(t *testing.T) {
	dev, ctx := graphtest.Device(t), context.Background()
	g := graph.New(dev)
	x, w := g.Input("x", graph.F32, 2, 12, 12, 8), g.Input("w", graph.F32, 16, 8, 3, 3)
	y := nn.Conv2d(x, w, nn.ConvAttr{Stride: 2, Padding: 1, Algorithm: nn.ConvDirect})
	grads := g.GradFrom(y, g.Input("dy", graph.F32, y.Shape()...), x, w)
	exec, err := g.Compile(graph.CompileOptions{Outputs: append(grads, y)})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	timings, err := exec.Profile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	total, moved := 0, 0
	for _, k := range timings {
		total, moved = total+k.Flops, moved+k.Bytes
	}
	if want := 3 * nn.Flops(y); float64(total) != want {
		t.Errorf("forward and two gradients count %d flops, want %.0f", total, want)
	}
	if least := 4 * 3 * (x.Size() + y.Size()); moved < least {
		t.Errorf("they move %d bytes, want at least %d", moved, least)
	}
}

func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two seconds")
	}
	c, err := Measure(context.Background(), graphtest.Device(t))
	if err != nil || !(c.Flops > 1e9) || !(c.Bytes > 1e8) {
		t.Errorf("%+v, %v: want more than 1 GFLOP/s and 0.1 GB/s", c, err)
	}
}

// The table adds up equal shaders, puts the costliest first, and leaves out what it cannot know.
func TestTable(t *testing.T) {
	timing := func(kernel string, ms float64, flops, bytes int) graph.Timing {
		return graph.Timing{Timing: vk.Timing{Kernel: kernel, Seconds: ms / 1e3}, Flops: flops, Bytes: bytes}
	}
	kernels := ByKernel([]graph.Timing{
		timing("add", 1, 0, 2e6), timing("conv", 4, 8e6, 1e6), timing("relu", 1, 0, 0), timing("conv", 2, 4e6, 1e6), timing("bias", 0.5, 0, 0),
	})
	var all, few bytes.Buffer
	if err := errors.Join(PrintKernels(&all, kernels, Ceilings{}, 9), PrintKernels(&few, kernels, Ceilings{4e9, 4e9}, 1)); err != nil {
		t.Fatal(err)
	}
	want := `  kernel  calls     ms   share  GFLOP/s  GB/s
    conv      2  6.000  70.6 %      2.0   0.3
     add      1  1.000  11.8 %            2.0
    relu      1  1.000  11.8 %
    bias      1  0.500   5.9 %
`
	if got := trimLines(all.String()); got != want {
		t.Errorf("table\n%swant\n%s", got, want)
	}
	want = `  kernel  calls     ms   share  GFLOP/s  of GEMM  GB/s  of copy
    conv      2  6.000  70.6 %      2.0     50 %   0.3      8 %
  others      3  2.500  29.4 %
`
	if got := trimLines(few.String()); got != want {
		t.Errorf("table\n%swant\n%s", got, want)
	}
}

// trimLines drops blanks at the ends of lines.
func trimLines(s string) (out string) {
	for line := range strings.Lines(s) {
		out += strings.TrimRight(line, " \n") + "\n"
	}
	return out
}

func TestRunRefuses(t *testing.T) {
	small, err := vk.Open(vk.Options{MemoryLimit: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	for _, c := range []struct {
		dev   *vk.Device
		c     Case
		words []string
	}{
		{graphtest.Device(t), Case{"relabel", "resnet8", 16, 2, 5}, []string{`step "relabel": want recover, squeeze or forward`}},
		{graphtest.Device(t), Case{Recover, "resnet9", 16, 2, 5}, []string{`unknown network "resnet9"`}},
		{graphtest.Device(t), Case{Recover, "resnet8", 0, 2, 5}, []string{"at 0 px"}},
		{small, Case{Recover, "resnet18", 32, 16, 100},
			[]string{"recover of resnet18 at 32 px, batch 16", "64.0 MiB", "use a smaller batch"}},
	} {
		_, err := Run(context.Background(), c.dev, c.c, Effort{})
		for _, w := range c.words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v, want %q", c.c, err, w)
			}
		}
	}
}
