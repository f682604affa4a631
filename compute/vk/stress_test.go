package vk

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// -vk.stress=60s, or RETA_STRESS=60s, makes the stress test last that long.
var stressTime = flag.Duration("vk.stress", 0, "duration of the stress test")

func stressDuration(t *testing.T) time.Duration {
	if *stressTime > 0 {
		return *stressTime
	}
	if text := os.Getenv("RETA_STRESS"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("RETA_STRESS: %v", err)
		}
		return d
	}
	if testing.Short() {
		return time.Second
	}
	return 4 * time.Second
}

// The binding is unsafe under a running collector. This holds the collector at
// work while devices are opened, memory is allocated, and pipelines are made,
// recorded and run: all of it, many times. Without guard it crashes.
func TestStressUnderTheCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	until := time.Now().Add(stressDuration(t))
	running := func() bool { return time.Now().Before(until) && !t.Failed() }
	var garbage, work sync.WaitGroup
	var sink atomic.Pointer[[][]byte]
	var stop atomic.Bool
	for range 2 {
		garbage.Go(func() {
			for i := 0; !stop.Load(); i++ {
				list := make([][]byte, 64)
				for j := range list {
					list[j] = make([]byte, 16<<(i%6))
				}
				sink.Store(&list)
			}
		})
	}
	d := openDevice(t, Options{})
	code := shader(t, "axpy")
	var devices, kernels, programs atomic.Int64
	try := func(count *atomic.Int64, f func(i int64) error) {
		work.Go(func() {
			for running() {
				if err := f(count.Add(1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	try(&devices, func(int64) error { return openAndClose() })
	try(&kernels, func(i int64) error {
		k, err := d.NewKernel(KernelSpec{
			Name: fmt.Sprint("stress ", i), SPIRV: append([]byte(nil), code...), Spec: []uint32{uint32(1 + i%64)},
		})
		if err != nil {
			return err
		}
		programs.Add(1)
		return countTo(d, k, 5)
	})
	work.Wait()
	stop.Store(true)
	garbage.Wait()
	if devices.Load() < 2 || kernels.Load() < 10 {
		t.Errorf("%d devices, %d kernels: too few to mean anything", devices.Load(), kernels.Load())
	}
	t.Logf("%d devices, %d kernels, %d programs", devices.Load(), kernels.Load(), programs.Load())
}

// openAndClose uses the binding for all it is used for.
func openAndClose() error {
	if _, err := List(); err != nil {
		return err
	}
	d, err := Open(Options{Device: os.Getenv("RETA_DEVICE")})
	if err != nil {
		return err
	}
	defer d.Close()
	for range 4 {
		for kind := range Kind(2) {
			b, err := d.NewBuffer(1<<20, kind)
			if err != nil {
				return err
			}
			b.Free()
		}
	}
	return d.Close()
}
