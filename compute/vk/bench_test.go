package vk

import (
	"context"
	"encoding/binary"
	"os"
	"testing"
	"time"
)

// benchDevice opens a device without validation, which costs more than what is
// measured here.
func benchDevice(b *testing.B) *Device {
	b.Helper()
	d, err := Open(Options{Device: os.Getenv("RETA_DEVICE")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	return d
}

func BenchmarkEmptySubmit(b *testing.B) {
	d := benchDevice(b)
	p := end(b, d.NewRecorder("empty"))
	for b.Loop() {
		run(b, p)
	}
}

const chain = 100

// recordChain records dispatches of one workgroup, each waiting for the one before.
func recordChain(b *testing.B, d *Device, k *Kernel, x, y Range) *Program {
	b.Helper()
	r := d.NewRecorder("chain")
	for range chain {
		axpy(r, k, 1, x, y)
	}
	p, err := r.End()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkDispatchWithBarrier(b *testing.B) {
	d := benchDevice(b)
	x, y := floatBuffer(b, d, 1), floatBuffer(b, d, 0)
	p := recordChain(b, d, kernel(b, d, "axpy", 64), x.Slice(0, 4), y.Slice(0, 4))
	run(b, p)
	for b.Loop() {
		run(b, p)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chain, "ns/dispatch")
}

func BenchmarkRecord(b *testing.B) {
	d := benchDevice(b)
	x, y := floatBuffer(b, d, 1), floatBuffer(b, d, 0)
	k := kernel(b, d, "axpy", 64)
	for b.Loop() {
		recordChain(b, d, k, x.Slice(0, 4), y.Slice(0, 4)).Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chain, "ns/dispatch")
}

// A kernel that no cache has seen: the constant in its code is new every time.
func BenchmarkPipelineCold(b *testing.B) {
	d := benchDevice(b)
	y := buffer(b, d, 4*8, DeviceLocal)
	code := shader(b, "slow")
	seed := uint32(time.Now().UnixNano())
	for b.Loop() {
		seed++
		fresh := edit(code, opConstant, func(w []uint32) {
			if w[3] == 1013904223 {
				w[3] = seed
			}
		})
		makeAndRun(b, d, fresh, y)
	}
}

func BenchmarkPipelineWarm(b *testing.B) {
	d := benchDevice(b)
	y := buffer(b, d, 4*8, DeviceLocal)
	code := shader(b, "slow")
	for b.Loop() {
		d.kernels = map[kernelKey]*kernelEntry{} // the driver's caches stay
		makeAndRun(b, d, code, y)
	}
}

// makeAndRun counts the first dispatch too: some drivers compile only then.
func makeAndRun(b *testing.B, d *Device, code []byte, y *Buffer) {
	b.Helper()
	k, err := d.NewKernel(KernelSpec{Name: "slow", SPIRV: code})
	if err != nil {
		b.Fatal(err)
	}
	r := d.NewRecorder("first")
	r.Dispatch(k, []Arg{y.all(ReadWrite)}, binary.LittleEndian.AppendUint32(nil, 1), [3]uint32{1, 1, 1}, "first")
	p, err := r.End()
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	if err := p.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGuard(b *testing.B) {
	for b.Loop() {
		guard(func() {})
	}
}
