package vk

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestListDescribesDevices(t *testing.T) {
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range list {
		l := d.Limits
		if d.Index != i || d.Name == "" || d.Driver == "" || d.MemoryBytes <= 0 || l.StorageRange < 1<<27 || l.PushBytes < 128 ||
			l.AllocBytes < 1<<30 || l.WorkgroupInvocations < 128 || l.WorkgroupCount[0] < 65535 || l.OffsetAlign > align || l.SubgroupSize < 1 {
			t.Errorf("device %d is below what Vulkan 1.1 promises: %+v", i, d)
		}
	}
}

func TestChooseADevice(t *testing.T) {
	list := []*adapter{
		{info: Info{Index: 0, Name: "llvmpipe", Kind: CPU}},
		{info: Info{Index: 1, Name: "Iris Xe", Kind: Integrated}},
		{info: Info{Index: 2, Name: "Radeon Pro", Kind: Discrete}},
		{info: Info{Index: 3, Name: "virtio", Kind: Virtual}},
		{info: Info{Index: 4, Name: "Radeon Pro", Kind: Discrete}},
	}
	for want, index := range map[string]int{"": 2, "0": 0, "4": 4, "iris": 1, "LLVM": 0, "radeon": 2, "i": 1} {
		if a, err := choose(list, want); err != nil || a.info.Index != index {
			t.Errorf("%q: got %v, %v, want %d", want, a, err, index)
		}
	}
	for _, want := range []string{"geforce", "5", "-1"} {
		_, err := choose(list, want)
		if err == nil || !strings.Contains(err.Error(), strconv.Quote(want)) || !strings.Contains(err.Error(), "1: Iris Xe (integrated)") {
			t.Errorf("%q: %v does not name the request and the candidates", want, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(Options{Device: "no such device"}); err == nil || !strings.Contains(err.Error(), "want an index") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(Options{Disable: []string{"gravity"}}); err == nil || !strings.Contains(err.Error(), `"gravity"`) {
		t.Errorf("got %v", err)
	}
}

func TestNoLoader(t *testing.T) {
	_, err := openLoader([]string{"libnone.so.1", "libnone.so"})
	if !errors.Is(err, ErrNoLoader) || !strings.Contains(err.Error(), "apt install libvulkan1") || !strings.Contains(err.Error(), "libnone.so.1") {
		t.Errorf("got %v", err)
	}
	if _, err := openLoader([]string{"libm.so.6"}); !errors.Is(err, ErrNoLoader) || !strings.Contains(err.Error(), "vkGetInstanceProcAddr") {
		t.Errorf("a library that is no loader: %v", err)
	}
}

func TestNoDriver(t *testing.T) {
	t.Setenv("VK_DRIVER_FILES", "/nonexistent/driver.json")
	t.Setenv("VK_ICD_FILENAMES", "/nonexistent/driver.json")
	for _, open := range []func() error{
		func() error { _, err := List(); return err },
		func() error { _, err := Open(Options{}); return err },
	} {
		if err := open(); !errors.Is(err, ErrNoDriver) || !strings.Contains(err.Error(), "apt install mesa-vulkan-drivers") {
			t.Errorf("got %v", err)
		}
	}
}

func TestDeviceLost(t *testing.T) {
	d := openDevice(t, Options{})
	b := buffer(t, d, 16, DeviceLocal)
	r := d.NewRecorder("step")
	r.Fill(b.Slice(0, 16), 0)
	p := end(t, r)
	run(t, p)
	d.shim.fault = resultDeviceLost
	if err := p.Run(context.Background()); !errors.Is(err, ErrDeviceLost) || !strings.Contains(err.Error(), `program "step"`) {
		t.Errorf("got %v, want ErrDeviceLost", err)
	}
	d.shim.fault = 0 // the device would take work again, but nothing may be submitted
	for what, err := range map[string]error{
		"run": p.Run(context.Background()), "write": b.Write(0, []byte{1}), "recorder": d.NewRecorder("r").err,
	} {
		if !errors.Is(err, ErrDeviceLost) || !strings.Contains(err.Error(), "nothing more is submitted") {
			t.Errorf("%s after the loss: %v", what, err)
		}
	}
	if _, err := d.NewKernel(KernelSpec{SPIRV: shader(t, "axpy")}); !errors.Is(err, ErrDeviceLost) {
		t.Errorf("kernel after the loss: %v", err)
	}
}

func TestClosedDevice(t *testing.T) {
	d, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := buffer(t, d, 16, Host)
	r := d.NewRecorder("open")
	r.Fill(b.Slice(0, 16), 0)
	p := end(t, r)
	if err := p.Submit(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if b.Map() != nil || b.Write(0, []byte{1}) == nil || p.Submit() == nil {
		t.Error("a closed device takes work")
	}
	if _, err := d.NewBuffer(1, Host); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}

func TestFreedBufferStopsItsProgram(t *testing.T) {
	d := openDevice(t, Options{})
	b := buffer(t, d, 16, DeviceLocal)
	r := d.NewRecorder("step")
	r.Fill(b.Slice(0, 16), 0)
	p := end(t, r)
	b.Free()
	if err := p.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "buffer that was freed") {
		t.Errorf("got %v", err)
	}
}

// Every tier can be forced down, and what is switched off is not reported.
func TestDisable(t *testing.T) {
	for name, left := range map[string]func(Features) bool{
		"fp16":        func(f Features) bool { return f.Float16 || f.Storage16 || len(f.CooperativeMatrix) > 0 },
		"subgroup":    func(f Features) bool { return f.SubgroupBasic || f.SubgroupBallot || f.SubgroupSizeControl },
		"sizecontrol": func(f Features) bool { return f.SubgroupSizeControl },
		"coopmatrix":  func(f Features) bool { return len(f.CooperativeMatrix) > 0 },
	} {
		d := openDevice(t, Options{Disable: []string{name}})
		if left(d.Info().Features) {
			t.Errorf("%s is still there: %+v", name, d.Info().Features)
		}
	}
}
