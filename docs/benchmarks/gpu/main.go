//go:build linux

// Command gpu measures this program on a GPU, and PyTorch beside it where it is. docs/benchmarks/gpu.sh runs it:
//
//	docs/benchmarks/gpu.sh --kit bin/gpu-kit.tar.gz --out DIR
//
// It is a list of commands, each with a time limit of its own: one that fails is named, and the others go on. What they print
// becomes gpu.json, written anew with every figure, so that a run which is killed leaves what it has measured, and gpu.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	kit, repo, out string
	device, python string
	minutes        float64
	rehearse       bool
}

// slowness is how much longer a rehearsal may take.
const slowness = 5

func main() {
	var o options
	flag.StringVar(&o.kit, "kit", "bin/gpu-kit", "`folder` that make gpu-kit made")
	flag.StringVar(&o.repo, "repo", ".", "`folder` of the repository, for the test data and torch_step.py")
	flag.StringVar(&o.out, "out", "gpu-report", "`folder` for gpu.json and gpu.md")
	flag.StringVar(&o.device, "device", "", "index of the Vulkan device, of those that server doctor lists (default: the GPU with the most memory)")
	flag.StringVar(&o.python, "python", "", "Python that has PyTorch (default: python3 or python)")
	flag.Float64Var(&o.minutes, "minutes", 5.9, "time for everything")
	flag.BoolVar(&o.rehearse, "rehearse", false, "tiny sizes, on any device")
	flag.Parse()
	if o.rehearse {
		o.minutes *= slowness
	}
	runtime.LockOSThread() // Pdeathsig means the thread that started a process
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "gpu:", err)
		os.Exit(1)
	}
}

// run carries the parts out one after the other.
func run(ctx context.Context, o options) error {
	for _, path := range []*string{&o.kit, &o.repo, &o.out} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	scratch, err := os.MkdirTemp("", "gpu")
	if err != nil {
		return fmt.Errorf("%w: name a folder that can be written to in TMPDIR", err)
	}
	defer os.RemoveAll(scratch)
	r, err := newReport(o, scratch)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "gpu: figures go to", r.file("gpu.json"))
	defer r.keep()()
	deadline := time.Now().Add(time.Duration(o.minutes * float64(time.Minute)))

	var dev device
	for _, s := range surroundings(o, scratch) {
		found := execute(ctx, doctor(o, scratch, s), deadline, r)
		if dev, err = choose(found.Rows, o); err == nil {
			for _, set := range s.env {
				name, value, _ := strings.Cut(set, "=")
				os.Setenv(name, value)
			}
			break
		}
		r.change(func() { found.Result, found.Why = "left out", cell(err.Error()) }) // the next may find one
	}
	if err != nil {
		r.change(func() { r.Stopped = err.Error() })
		return r.finish(err)
	}
	r.change(func() { r.Device = dev })
	python := execute(ctx, torchProbe(o), deadline, r)
	for _, p := range parts(o, dev, python.Rows, scratch) {
		if o.rehearse {
			p.limit *= slowness
		}
		execute(ctx, p, deadline, r)
	}
	if ctx.Err() != nil {
		r.change(func() { r.Stopped = "interrupted" })
	}
	return r.finish(r.failed())
}

// device is one that doctor found.
type device struct {
	Index              int
	Name, Kind, Driver string
	MemoryBytes        float64
	statistics         bool // it says what its compiler makes of kernels
	matrices           bool // it has cooperative matrices
}

// choose takes the device that was asked for, or the GPU with the most memory; any device in a rehearsal.
func choose(rows []row, o options) (device, error) {
	var best device
	found, names := false, ""
	for _, r := range rows {
		d := device{Index: int(number(r["Index"])), Name: text(r["Name"]), Kind: text(r["Kind"]), Driver: text(r["Driver"]), MemoryBytes: number(r["MemoryBytes"])}
		features, _ := r["Features"].(row)
		d.statistics = features["Statistics"] == true
		forms, _ := features["CooperativeMatrix"].([]any)
		d.matrices = len(forms) > 0
		names += fmt.Sprintf("\n  %d: %s (%s)", d.Index, d.Name, d.Kind)
		if o.device != "" && o.device != fmt.Sprint(d.Index) || o.device == "" && !o.rehearse && d.Kind != "discrete" && d.Kind != "integrated" && d.Kind != "virtual" {
			continue
		}
		if !found || better(d, best) {
			best, found = d, true
		}
	}
	switch {
	case found:
		return best, nil
	case len(rows) == 0:
		return best, fmt.Errorf("no Vulkan device: install the driver of the GPU with its Vulkan part (in a container of NVIDIA's: NVIDIA_DRIVER_CAPABILITIES=all)")
	case o.device != "":
		return best, fmt.Errorf("no device %q: there are%s", o.device, names)
	}
	return best, fmt.Errorf("no GPU: --rehearse measures tiny sizes on what there is:%s", names)
}

func better(a, b device) bool {
	rank := map[string]int{"discrete": 3, "integrated": 2, "virtual": 1}
	if rank[a.Kind] != rank[b.Kind] {
		return rank[a.Kind] > rank[b.Kind]
	}
	return a.MemoryBytes > b.MemoryBytes
}
