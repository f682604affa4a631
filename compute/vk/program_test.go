package vk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestProgramRunsAgain(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "axpy", 64)
	x, y := floatBuffer(t, d, 1, 2, 3, 4, 5), floatBuffer(t, d, 0, 0, 0, 0, 100)
	r := d.NewRecorder("twice")
	axpy(r, k, 2, x.Slice(0, 20), y.Slice(0, 20))
	axpy(r, k, 1, x.Slice(0, 20), y.Slice(0, 20))
	p := end(t, r)
	run(t, p)
	run(t, p)
	if got, want := readFloats(t, y), []float32{6, 12, 18, 24, 130}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Submits of one program, and of two that hand data to each other, run in the
// order they were made.
func TestProgramsInFlight(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "axpy", 64)
	x, y := floatBuffer(t, d, 1), floatBuffer(t, d, 1)
	r := d.NewRecorder("y += x")
	axpy(r, k, 1, x.Slice(0, 4), y.Slice(0, 4))
	p := end(t, r)
	r = d.NewRecorder("x += y")
	axpy(r, k, 1, y.Slice(0, 4), x.Slice(0, 4))
	q := end(t, r)
	var a, b float32 = 1, 1
	for range 20 {
		for _, p := range []*Program{p, p, q} {
			if err := p.Submit(); err != nil {
				t.Fatal(err)
			}
		}
		b += 2 * a
		a += b
		if a > 1<<20 {
			break
		}
	}
	for _, p := range []*Program{p, q} {
		if err := p.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := []float32{readFloats(t, x)[0], readFloats(t, y)[0]}; got[0] != a || got[1] != b {
		t.Errorf("got %v, want [%v %v]", got, a, b)
	}
}

func TestManySubmitsInFlight(t *testing.T) {
	d := openDevice(t, Options{})
	x, y := floatBuffer(t, d, 1), floatBuffer(t, d, 0)
	r := d.NewRecorder("count")
	axpy(r, kernel(t, d, "axpy", 64), 1, x.Slice(0, 4), y.Slice(0, 4))
	p := end(t, r)
	for range 3 * maxFlights {
		if err := p.Submit(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.flights); n > maxFlights {
		t.Errorf("%d submits in flight, want at most %d", n, maxFlights)
	}
	if err := p.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := readFloats(t, y)[0]; got != 3*maxFlights {
		t.Errorf("counted to %v, want %d", got, 3*maxFlights)
	}
}

func TestProgramConcurrently(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "axpy", 8)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 10 {
				if err := countTo(d, k, 3+i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if now, _ := d.MemoryUsed(); now != 0 {
		t.Errorf("%d bytes in use at the end", now)
	}
}

// countTo makes, uses and frees one of everything.
func countTo(d *Device, k *Kernel, n int) error {
	x, err := d.NewBuffer(4, DeviceLocal)
	if err != nil {
		return err
	}
	defer x.Free()
	y, err := d.NewBuffer(4, Host)
	if err != nil {
		return err
	}
	defer y.Free()
	if err := x.Write(0, floatBytes(1)); err != nil {
		return err
	}
	if err := y.Write(0, floatBytes(0)); err != nil {
		return err
	}
	r := d.NewRecorder("count")
	for range n {
		axpy(r, k, 1, x.Slice(0, 4), y.Slice(0, 4))
	}
	p, err := r.End()
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Run(context.Background()); err != nil {
		return err
	}
	if got := y.Map(); string(got) != string(floatBytes(float32(n))) {
		return fmt.Errorf("counted to % x, want %d", got, n)
	}
	return nil
}

func TestWaitEndsWithItsContext(t *testing.T) {
	d := openDevice(t, Options{})
	k := kernel(t, d, "slow")
	y := buffer(t, d, 4*1024, DeviceLocal)
	r := d.NewRecorder("slow")
	for range 4 {
		r.Dispatch(k, []Arg{y.all(ReadWrite)}, wordBytes(200_000), [3]uint32{128, 1, 1}, "spin")
	}
	p := end(t, r)
	ctx, cancel := context.WithCancel(context.Background())
	if err := p.Submit(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.Wait(ctx); err == nil {
		t.Error("waited for all of a slow program with a context that had ended")
	}
	if err := p.Wait(context.Background()); err != nil {
		t.Error(err)
	}
}
