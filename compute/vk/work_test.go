package vk

import (
	"context"
	"encoding/binary"
	"testing"
)

// A submit counts as starved where the device had nothing to do, and only there; each is waited for once.
func TestWork(t *testing.T) {
	d, ctx := openDevice(t, Options{}), context.Background()
	k, y := kernel(t, d, "slow"), buffer(t, d, 4*8, DeviceLocal)
	program := func(rounds uint32, times int) *Program {
		r := d.NewRecorder("slow")
		for range times { // one behind the other
			r.Dispatch(k, []Arg{y.all(ReadWrite)}, binary.LittleEndian.AppendUint32(nil, rounds), [3]uint32{1, 1, 1}, "slow")
		}
		return end(t, r)
	}
	short, long := program(1, 1), program(60_000, 500) // a loop of some drivers ends after 65,535 turns
	run(t, short)
	run(t, short)
	before := d.Work()
	for range 3 {
		run(t, short)
	}
	if w := d.Work().Minus(before); w.Submits != 3 || w.Starved != 3 || w.Waits != 3 || w.Waited <= 0 {
		t.Errorf("three runs one by one: %+v", w)
	}
	before = d.Work()
	for range 3 {
		if err := long.Submit(); err != nil {
			t.Fatal(err)
		}
	}
	if w := d.Work().Minus(before); w.Submits != 3 || w.Starved != 1 || w.Waits != 0 {
		t.Errorf("three submits, of which none is waited for: %+v", w)
	}
	for range 2 { // the second has nothing to wait for
		if err := long.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if w := d.Work().Minus(before); w.Waits != 3 {
		t.Errorf("three submits that were waited for: %+v", w)
	}
}
