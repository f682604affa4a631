package vk

import (
	"context"
	"testing"
	"time"
)

func TestProfile(t *testing.T) {
	d := openDevice(t, Options{})
	slow := kernel(t, d, "slow")
	x, y := buffer(t, d, 4*1024, DeviceLocal), buffer(t, d, 4*1024, DeviceLocal)
	r := d.NewRecorder("profiled")
	r.Fill(x.Slice(0, x.Bytes()), 1)
	r.Dispatch(slow, []Arg{x.all(ReadWrite)}, wordBytes(1000), [3]uint32{128, 1, 1}, "short")
	r.Dispatch(slow, []Arg{y.all(ReadWrite)}, wordBytes(300_000), [3]uint32{128, 1, 1}, "long")
	r.Copy(y.Slice(0, 16), x.Slice(0, 16))
	p := end(t, r)
	run(t, p) // some drivers compile on the first run
	for range 2 {
		start := time.Now()
		times, err := p.Profile(context.Background())
		wall := time.Since(start).Seconds()
		if err != nil {
			t.Fatal(err)
		}
		want := []Timing{{Label: "fill", Kernel: "fill"}, {Label: "short", Kernel: "slow"}, {Label: "long", Kernel: "slow"}, {Label: "copy", Kernel: "copy"}}
		var sum float64
		for i, got := range times {
			sum += got.Seconds
			if got.Label != want[i].Label || got.Kernel != want[i].Kernel || got.Seconds < 0 {
				t.Errorf("operation %d: %+v, want %+v", i, got, want[i])
			}
		}
		if times[2].Seconds < times[1].Seconds || sum > wall {
			t.Errorf("%v in a wall time of %g s", times, wall)
		}
	}
	run(t, p)
}
