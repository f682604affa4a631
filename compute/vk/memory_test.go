package vk

import (
	"errors"
	"strings"
	"testing"
)

func TestMemoryIsCounted(t *testing.T) {
	d := openDevice(t, Options{})
	a := buffer(t, d, 1000, DeviceLocal)
	b := buffer(t, d, 1, Host)
	if now, peak := d.MemoryUsed(); now != 1024+256 || peak != now {
		t.Errorf("%d now, %d peak, want 1280 of both", now, peak)
	}
	a.Free()
	c := buffer(t, d, 256, DeviceLocal)
	if now, peak := d.MemoryUsed(); now != 512 || peak != 1280 {
		t.Errorf("%d now, %d peak, want 512 and 1280", now, peak)
	}
	b.Free()
	c.Free()
	if now, _ := d.MemoryUsed(); now != 0 {
		t.Errorf("%d bytes in use with nothing left", now)
	}
}

// Blocks grow, serve many buffers, and go back when empty.
func TestMemoryBlocks(t *testing.T) {
	d := openDevice(t, Options{})
	var buffers []*Buffer
	for range 5 {
		buffers = append(buffers, buffer(t, d, 40<<20, DeviceLocal))
	}
	h := &d.mem.heaps[DeviceLocal]
	if n := len(h.blocks); n < 2 || n > 4 {
		t.Errorf("%d blocks for 5 buffers of 40 MiB, want 2 to 4", n)
	}
	for _, b := range buffers {
		b.Free()
	}
	if n := len(h.blocks); n != 1 {
		t.Errorf("%d blocks left when empty, want 1", n)
	}
	if h.budget.reserved != h.blocks[0].size {
		t.Errorf("%d bytes reserved, but the block left has %d", h.budget.reserved, h.blocks[0].size)
	}
}

func TestOutOfMemory(t *testing.T) {
	d := openDevice(t, Options{MemoryLimit: 100 << 20})
	first := buffer(t, d, 60<<20, DeviceLocal)
	buffer(t, d, 30<<20, Host)
	_, err := d.NewBuffer(20<<20, DeviceLocal)
	if !errors.Is(err, ErrOutOfMemory) {
		t.Fatalf("got %v, want ErrOutOfMemory", err)
	}
	for _, part := range []string{"buffer of 20.0 MiB", d.Info().Name, "90.0 MiB in use", "of 100.0 MiB", "smaller batch"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	first.Free()
	buffer(t, d, 60<<20, DeviceLocal) // the place is there again
}

// Memory of the host that is not the device's has its own count.
func TestMemoryOfTheHostIsApart(t *testing.T) {
	a := &adapter{heaps: []int64{1 << 30, 2 << 30}, memory: []memoryType{
		{flags: 1, heap: 1}, // for images only
		{flags: 1, heap: 0}, {flags: 2 | 4, heap: 1},
	}}
	m, err := newMemory(&Device{}, a, 6, 0)
	if err != nil {
		t.Fatal(err)
	}
	device, host := m.heaps[DeviceLocal], m.heaps[Host]
	if device.budget == host.budget || device.budget.limit != 1<<30 || host.budget.limit != 2<<30 ||
		device.typ != 1 || host.typ != 2 || device.mapped || !host.mapped {
		t.Errorf("device %+v, host %+v", device, host)
	}
}

func TestBufferLargerThanAnAllocation(t *testing.T) {
	d := openDevice(t, Options{MemoryLimit: 1 << 49})
	_, err := d.NewBuffer(d.Info().Limits.AllocBytes+1, DeviceLocal)
	if !errors.Is(err, ErrOutOfMemory) || !strings.Contains(err.Error(), "in one piece") {
		t.Errorf("got %v", err)
	}
}

// The driver's own refusal comes out as ErrOutOfMemory too.
func TestResultErrors(t *testing.T) {
	for result, want := range map[int]error{
		resultOutOfDeviceMemory: ErrOutOfMemory, resultOutOfHostMemory: ErrOutOfMemory, resultDeviceLost: ErrDeviceLost,
	} {
		if err := resultError("call", result); !errors.Is(err, want) {
			t.Errorf("result %d: %v, want %v", result, err, want)
		}
	}
	if err := resultError("call", resultTimeout); err != nil {
		t.Errorf("a timeout is no error: %v", err)
	}
	if err := resultError("call", -12345); err == nil || !strings.Contains(err.Error(), "-12345") {
		t.Errorf("an unknown result: %v", err)
	}
}
