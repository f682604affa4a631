package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/bench"
	"reta/compute/models"
	"reta/compute/vk"
	"reta/server/run"
)

// benchFlags are all that the bench command takes.
type benchFlags struct {
	common         commonFlags
	steps          []string
	network        string // one, several with commas between, or all
	sizes, batches []int
	classes        int
	effort         bench.Effort
	kernels        int
	pipelines      bool
	estimate       []float64 // GFLOP/s, GB/s, microseconds between kernels
}

func benchCommand() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Time the steps of a run, kernel by kernel",
		Long: `Bench times the steps that runs are made of, on noise: recover, squeeze and the forward pass of relabelling.
Each kernel's rate is set against what the device reaches with a large matrix product and a large copy, measured first.
Steps follow each other as in a run, some on their way while the next is prepared: the table has what the host does beside waiting
for the device, and how many submits found the device idle. It also has the memory planned for a step's tensors, beside what they take
at the moment when they take most.

With --pipelines nothing runs: the kernels of those steps, and all others, are compiled, and what the driver's compiler says of them
is printed: registers, what of them is kept in memory (spills), shared memory, code. That needs no memory, and works for a device that is
not there, such as those that Mesa's driver makes of RADV_FORCE_FAMILY.

With --estimate nothing runs either: the least time of each kernel is computed from the operations that it does and the tensors that
it moves, for a device of the rates given. That is a bound, which no device reaches.`,
		Example: `  server bench
  server bench --step recover --size 32,64 --batch 100
  server bench --size 224 --batch 50 --json
  server bench --network all --step recover,forward --size 32,224
  RADV_FORCE_FAMILY=navi31 server bench --pipelines --step recover --size 32 --batch 100
  RADV_FORCE_FAMILY=navi31 server bench --estimate 67000,3350,3 --step recover --size 32 --batch 100`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.pipelines:
				return f.compile(c)
			case c.Flags().Changed("estimate"):
				return f.atBest(c)
			}
			return f.run(c)
		},
	}
	fs := c.Flags()
	f.common.add(fs)
	fs.StringSliceVar(&f.steps, "step", []string{"recover", "squeeze", "forward"}, "steps to time")
	f.network = "resnet18"
	fs.Var((*lowered)(&f.network), "network", "networks, with commas between, or all, at the sizes that each takes")
	fs.IntSliceVar(&f.sizes, "size", nil, "image sides in pixels (default: 32,64,224; 32 on a CPU)")
	fs.IntSliceVar(&f.batches, "batch", nil, "images a step (default: 100; 16 on a CPU)")
	fs.IntVar(&f.classes, "classes", 100, "outputs of the network")
	fs.Float64Var(&f.effort.Seconds, "seconds", 5, "time for each measurement")
	fs.IntVar(&f.effort.Repeats, "repeats", 5, "runs of a measurement; the fastest and the median are printed")
	fs.BoolVar(&f.common.tune, "tune", false, "first find out which tiles of matrix products in fp16 are fastest, for each shape; all runs on the device take them from the cache folder")
	fs.BoolVar(&f.pipelines, "pipelines", false, "compile the kernels and print what the compiler says of them; run nothing")
	fs.Float64SliceVar(&f.estimate, "estimate", nil, "GFLOP/s, GB/s and microseconds between kernels of a device; compute the least times, run nothing")
	fs.IntVar(&f.kernels, "kernels", 12, "kernels to list for each step, costliest first")
	return c
}

func (f *benchFlags) check() error {
	for _, n := range f.networks() {
		if err := models.Known(n); err != nil {
			return err
		}
	}
	for _, s := range f.steps {
		if !slices.Contains(bench.Steps(), bench.Step(s)) {
			return usage("--step %s: want recover, squeeze or forward", s)
		}
	}
	for _, s := range f.sizes {
		if s < 8 || s > 1024 {
			return usage("--size %d: want 8 to 1024 pixels", s)
		}
	}
	for _, b := range f.batches {
		if b < 1 || b > 4096 {
			return usage("--batch %d: want 1 to 4096", b)
		}
	}
	switch {
	case f.classes < 1 || f.classes > 1<<16:
		return usage("--classes %d: want 1 to 65536", f.classes)
	case !(f.effort.Seconds >= 0 && f.effort.Seconds <= 3600):
		return usage("--seconds %g: want 0 to 3600", f.effort.Seconds)
	case f.effort.Repeats < 1 || f.effort.Repeats > 1000:
		return usage("--repeats %d: want 1 to 1000", f.effort.Repeats)
	case len(f.estimate) > 0 && (len(f.estimate) != 3 || !(f.estimate[0] > 0 && f.estimate[1] > 0 && f.estimate[2] >= 0)):
		return usage("--estimate %v: want three numbers, as 67000,3350,3: GFLOP/s and GB/s above 0, microseconds between kernels", f.estimate)
	case f.kernels < 0:
		return usage("--kernels %d: want 0 or more", f.kernels)
	}
	return nil
}

// networks are those to time.
func (f *benchFlags) networks() []string {
	if f.network == "all" {
		return models.Names()
	}
	return strings.Split(f.network, ",")
}

// cases are all combinations, but for images that one of all networks is not made for.
func (f *benchFlags) cases() (list []bench.Case) {
	for _, network := range f.networks() {
		for _, size := range f.sizes {
			if f.network == "all" && size < models.Least(network) {
				continue
			}
			for _, batch := range f.batches {
				for _, step := range f.steps {
					list = append(list, bench.Case{Step: bench.Step(step), Network: network, Size: size, Batch: batch, Classes: f.classes})
				}
			}
		}
	}
	return list
}

// defaults fits sizes and batches to the device where none are given.
func (f *benchFlags) defaults(cpu bool) {
	sizes, batches := []int{32, 64, 224}, []int{100}
	if cpu {
		sizes, batches = []int{32}, []int{16}
	}
	if len(f.sizes) == 0 {
		f.sizes = sizes
	}
	if len(f.batches) == 0 {
		f.batches = batches
	}
}

// run measures all combinations. One that does not fit the device does not end
// the others.
func (f *benchFlags) run(c *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	w, err := f.common.open(c.Context(), needs{device: true}, nil)
	if err != nil {
		return err
	}
	defer w.close()
	dev := w.device
	f.defaults(dev.Info().Kind == vk.CPU)
	out := c.OutOrStdout()
	ceilings, err := bench.Measure(c.Context(), dev)
	if err != nil {
		return deviceError{err}
	}
	if !f.common.json {
		fmt.Fprintf(out, "%s, %s; reta %s\n", dev.Info().Name, dev.Info().Driver, run.Version())
		ceilings.Print(out)
	}
	var failed error
	for _, one := range f.cases() {
		r, err := bench.Run(c.Context(), dev, one, f.effort)
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, vk.ErrDeviceLost):
			return err
		case err != nil:
			failed = errors.Join(failed, deviceError{err})
			continue
		case f.common.json:
			err = printJSON(out, benchRow(dev.Info(), r, ceilings))
		default:
			err = r.Print(out, ceilings, f.kernels)
		}
		if err != nil {
			return err
		}
	}
	return failed
}

// benchRow is a result for machines; names are those of
// docs/benchmarks/torch_step.py where both have the figure.
func benchRow(dev vk.Info, r bench.Result, c bench.Ceilings) map[string]any {
	return map[string]any{
		"peer": "reta " + run.Version(), "device": dev.Name, "driver": dev.Driver, "precision": dev.Precision, "network": r.Network, "step": string(r.Step),
		"size": r.Size, "batch": r.Batch, "steps": r.Steps, "steps_per_second": 1 / r.Best, "median_steps_per_second": 1 / r.Median,
		"gflops": r.Flops / r.Best / 1e9, "device_seconds": r.Device, "peak_bytes": r.Bytes, "kernels": kernelRows(r.Kernels),
		"planned_bytes": r.Memory.Arena, "alive_bytes": r.Memory.Alive, "own_bytes": r.Memory.Own, "planned_to_alive": r.Planned(),
		"host_seconds": r.Host, "waits_per_step": float64(r.Work.Waits) / float64(r.Steps), "submits_per_step": float64(r.Work.Submits) / float64(r.Steps),
		"starved_submits": r.Starved(),
		"ceiling_gflops":  c.Flops / 1e9, "ceiling_gbytes_per_second": c.Bytes / 1e9,
	}
}

// atBest prints the least times of all combinations at the rates of --estimate.
func (f *benchFlags) atBest(c *cobra.Command) error {
	if len(f.estimate) == 0 {
		f.estimate = []float64{0}
	}
	if err := f.check(); err != nil {
		return err
	}
	dev, err := vk.Open(vk.Options{Device: f.common.device, Precision: vk.Precision(f.common.precision), CompileOnly: true})
	if err != nil {
		return deviceError{err}
	}
	defer dev.Close()
	f.defaults(dev.Info().Kind == vk.CPU)
	rates := bench.Rates{Flops: 1e9 * f.estimate[0], Bytes: 1e9 * f.estimate[1], Gap: 1e-6 * f.estimate[2]}
	out := c.OutOrStdout()
	if !f.common.json {
		fmt.Fprintf(out, "kernels for %s in %s; at %g GFLOP/s, %g GB/s, %g us between kernels; reta %s\n", dev.Info().Name, dev.Info().Precision, f.estimate[0], f.estimate[1], f.estimate[2], run.Version())
	}
	for _, one := range f.cases() {
		r, list, err := bench.Estimate(c.Context(), dev, one, rates)
		if err != nil {
			return deviceError{err}
		}
		if !f.common.json {
			if err := bench.PrintEstimate(out, r, list, f.kernels); err != nil {
				return err
			}
			continue
		}
		kernels := []map[string]any{}
		for _, e := range list {
			kernels = append(kernels, map[string]any{"kernel": e.Name, "calls": e.Calls, "seconds": e.Seconds, "share": e.Share, "gflop": e.Flops / 1e9, "gbytes": e.Bytes / 1e9, "memory_bound": e.Memory})
		}
		if err := printJSON(out, map[string]any{"peer": "reta " + run.Version(), "device": dev.Info().Name, "precision": dev.Info().Precision, "network": r.Network, "step": string(r.Step), "size": r.Size,
			"batch": r.Batch, "estimate": f.estimate, "steps_per_second": 1 / r.Best, "kernels": kernels}); err != nil {
			return err
		}
	}
	return nil
}

// compile prints what the driver's compiler makes of the kernels.
func (f *benchFlags) compile(c *cobra.Command) error {
	if err := f.check(); err != nil {
		return err
	}
	dev, err := vk.Open(vk.Options{Device: f.common.device, Precision: vk.Precision(f.common.precision), CompileOnly: true})
	if err != nil {
		return deviceError{err}
	}
	defer dev.Close()
	f.defaults(dev.Info().Kind == vk.CPU)
	list, err := bench.Pipelines(c.Context(), dev, f.cases())
	if err != nil {
		return deviceError{err}
	}
	out := c.OutOrStdout()
	if !f.common.json {
		fmt.Fprintf(out, "%s, %s; reta %s\n", dev.Info().Name, dev.Info().Driver, run.Version())
		return bench.PrintPipelines(out, list, false)
	}
	for _, p := range list {
		statistics := map[string]float64{}
		for _, s := range p.Statistics {
			statistics[s.Name] = s.Value
		}
		row := map[string]any{"peer": "reta " + run.Version(), "device": dev.Info().Name, "driver": dev.Info().Driver, "kernel": p.Kernel,
			"constants": p.Spec, "workgroup": p.Workgroup, "step": p.Step, "statistics": statistics}
		if err := printJSON(out, row); err != nil {
			return err
		}
	}
	return nil
}
