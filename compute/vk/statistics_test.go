package vk

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// A device that only compiles takes programs that have no room in any memory, and says what it does not do.
func TestCompileOnly(t *testing.T) {
	d := openDevice(t, Options{CompileOnly: true, MemoryLimit: 1 << 20})
	huge := d.Info().Limits.AllocBytes / align * align
	b := buffer(t, d, huge, DeviceLocal)
	for range 100 {
		buffer(t, d, huge, DeviceLocal)
	}
	x, y := buffer(t, d, 64, Host), buffer(t, d, 64, DeviceLocal)
	if err := errors.Join(b.Write(huge-4, make([]byte, 4)), x.Write(0, make([]byte, 64))); err != nil {
		t.Errorf("a write: %v", err)
	}
	if err := b.Write(huge-3, make([]byte, 4)); err == nil {
		t.Error("a write past the end is none")
	}
	k := kernel(t, d, "axpy", 64)
	r := d.NewRecorder("dry")
	axpy(r, k, 1, x.Slice(0, 64), y.Slice(0, 64))
	p := end(t, r)
	_, profile := p.Profile(context.Background())
	for what, err := range map[string]error{
		"submit": p.Run(context.Background()), "read": y.Read(0, make([]byte, 4)), "profile": profile,
	} {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "to compile kernels only") {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if list := d.Kernels(); len(list) != 1 || list[0] != k || list[0].Spec()[0] != 64 {
		t.Errorf("compiled kernels: %v", list)
	}
	s, err := k.Statistics()
	if d.Info().Features.Statistics {
		if err != nil || len(s) == 0 || s[0].Name != "Subgroup size" || s[0].Value < 1 {
			t.Errorf("statistics %v, %v", s, err)
		}
	} else if !errors.Is(err, ErrUnsupported) {
		t.Errorf("statistics of a driver without: %v, %v", s, err)
	}
}

func TestStatisticsNeedCompileOnly(t *testing.T) {
	d := openDevice(t, Options{})
	if s, err := kernel(t, d, "axpy", 64).Statistics(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("%v, %v", s, err)
	}
}
