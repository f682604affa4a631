package bench

import (
	"context"
	"fmt"
	"math"
	"time"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/compute/vk"
)

// Ceilings are what the device reaches at best with our own kernels, on one
// large problem each: the yardsticks for kernels in a step.
type Ceilings struct {
	Flops float64 // of a matrix product, float32
	Bytes float64 // read and written, of a copy or an element-wise pass
}

// Measure takes the ceilings, in about four seconds.
func Measure(ctx context.Context, dev *vk.Device) (Ceilings, error) {
	rows, width, copied := 4096, 512, 96<<20
	if dev.Info().Kind != vk.CPU {
		rows, width, copied = 8192, 4096, 256<<20
	}
	var c Ceilings
	seconds, err := gemm(ctx, dev, rows, width)
	if err != nil {
		return c, fmt.Errorf("bench: matrix product of %d x %d x %d: %w", rows, width, width, err)
	}
	c.Flops = 2 * float64(rows) * float64(width) * float64(width) / seconds
	seconds, err = transfer(ctx, dev, copied)
	if err != nil {
		return c, fmt.Errorf("bench: copy of %d MiB: %w", copied>>20, err)
	}
	c.Bytes = 2 * float64(copied) / seconds
	return c, nil
}

// gemm is the time of [rows,width] x [width,width]: a 1x1 convolution.
func gemm(ctx context.Context, dev *vk.Device, rows, width int) (float64, error) {
	x, err := graph.NewVariable(dev, "x", graph.F32, false, 1, rows/64, 64, width)
	if err != nil {
		return 0, err
	}
	defer x.Free()
	w, err := graph.NewVariable(dev, "w", graph.F32, true, width, width, 1, 1)
	if err != nil {
		return 0, err
	}
	defer w.Free()
	g := graph.New(dev)
	y := nn.Conv2d(g.Variable(x), g.Variable(w), nn.ConvAttr{})
	exec, err := g.Compile(graph.CompileOptions{Name: "gemm", Outputs: []*graph.Node{y}})
	if err != nil {
		return 0, err
	}
	defer exec.Close()
	return fastest(func() error { return exec.Run(ctx) })
}

// transfer is the time to read and write n bytes: the faster of the driver's
// copy and our element-wise kernel.
func transfer(ctx context.Context, dev *vk.Device, n int) (float64, error) {
	from, err := graph.NewVariable(dev, "from", graph.F32, false, n/4)
	if err != nil {
		return 0, err
	}
	defer from.Free()
	g := graph.New(dev)
	exec, err := g.Compile(graph.CompileOptions{Name: "copy", Outputs: []*graph.Node{nn.Scale(g.Variable(from), 1)}})
	if err != nil {
		return 0, err
	}
	defer exec.Close()
	kernel, err := fastest(func() error { return exec.Run(ctx) })
	if err != nil {
		return 0, err
	}
	var ends [2]*vk.Buffer
	for i := range ends {
		if ends[i], err = dev.NewBuffer(int64(n), vk.DeviceLocal); err != nil {
			return 0, err
		}
		defer ends[i].Free()
	}
	fill := dev.NewRecorder("fill") // memory never written may not be there
	fill.Fill(ends[0].Slice(0, int64(n)), 1)
	filled, err := fill.End()
	if err != nil {
		return 0, err
	}
	defer filled.Close()
	if err := filled.Run(ctx); err != nil {
		return 0, err
	}
	rec := dev.NewRecorder("copy")
	rec.Copy(ends[1].Slice(0, int64(n)), ends[0].Slice(0, int64(n)))
	program, err := rec.End()
	if err != nil {
		return 0, err
	}
	defer program.Close()
	driver, err := fastest(func() error { return program.Run(ctx) })
	return math.Min(kernel, driver), err
}

// fastest is the least of the times that run takes within a second, five
// times at least, after once to warm up.
func fastest(run func() error) (float64, error) {
	best := math.Inf(1)
	if err := run(); err != nil {
		return best, err
	}
	for began, n := time.Now(), 0; n < 5 || time.Since(began) < time.Second; n++ {
		start := time.Now()
		if err := run(); err != nil {
			return best, err
		}
		best = math.Min(best, time.Since(start).Seconds())
	}
	return best, nil
}
