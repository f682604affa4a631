package vk

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// open returns a device with validation on, closed at the end of the test,
// which fails on any message. RETA_DEVICE chooses another than the best, and
// RETA_VALIDATION=off does without, for machines that have no such layer.
func openDevice(t testing.TB, o Options) *Device {
	t.Helper()
	o.Validation = os.Getenv("RETA_VALIDATION") != "off"
	if o.Device == "" {
		o.Device = os.Getenv("RETA_DEVICE")
	}
	d, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !errors.Is(err, ErrDeviceLost) {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func shader(t testing.TB, name string) []byte {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("testdata", "spv", name+".spv"))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func kernel(t testing.TB, d *Device, name string, spec ...uint32) *Kernel {
	t.Helper()
	k, err := d.NewKernel(KernelSpec{Name: name, SPIRV: shader(t, name), Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func buffer(t testing.TB, d *Device, bytes int64, kind Kind) *Buffer {
	t.Helper()
	b, err := d.NewBuffer(bytes, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Free)
	return b
}

// floatBuffer makes a device buffer that holds v.
func floatBuffer(t testing.TB, d *Device, v ...float32) *Buffer {
	t.Helper()
	b := buffer(t, d, int64(4*len(v)), DeviceLocal)
	if err := b.Write(0, floatBytes(v...)); err != nil {
		t.Fatal(err)
	}
	return b
}

func readFloats(t testing.TB, b *Buffer) []float32 {
	t.Helper()
	data := make([]byte, b.Bytes()/4*4)
	if err := b.Read(0, data); err != nil {
		t.Fatal(err)
	}
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v
}

func floatBytes(v ...float32) []byte {
	var data []byte
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return data
}

func wordBytes(v ...uint32) []byte {
	var data []byte
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, x)
	}
	return data
}

func (b *Buffer) all(a Access) Arg { return Arg{b.Slice(0, b.Bytes()), a} }

func end(t testing.TB, r *Recorder) *Program {
	t.Helper()
	p, err := r.End()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func run(t testing.TB, p *Program) {
	t.Helper()
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// axpy adds a dispatch of y += a*x over all of y.
func axpy(r *Recorder, k *Kernel, a float32, x, y Range) {
	n := uint32(y.Bytes / 4)
	groups := [3]uint32{(n + k.Workgroup()[0] - 1) / k.Workgroup()[0], 1, 1}
	r.Dispatch(k, []Arg{{x, Read}, {y, ReadWrite}}, append(floatBytes(a), wordBytes(n)...), groups, "axpy")
}
