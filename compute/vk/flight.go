package vk

// #include "shim.h"
import "C"

import (
	"context"
	"time"

	"reta/shared/fault"
)

// flight is one submit on its way. The fence is waited for in C, with neither
// the guard nor any lock of the device held, in slices after which the context
// is looked at.
type flight struct {
	dev   *Device
	fence C.VkFence
	turn  chan struct{} // holds a token while nobody waits
	done  bool          // under turn
	err   error
}

const waitSlice = 50 * time.Millisecond

// submit queues commands, or an empty submit when nil.
func (d *Device) submit(commands C.VkCommandBuffer) (*flight, error) {
	if d.dry {
		return nil, d.compilesOnly("submit")
	}
	fence, err := d.fence()
	if err != nil {
		return nil, err
	}
	f := &flight{dev: d, fence: fence, turn: make(chan struct{}, 1)}
	d.queue.Lock()
	starved := d.newest == nil || d.newest.ended()
	switch err = d.ready(); {
	case err != nil:
	case fault.Device("submit"):
		err = d.result("submit", resultDeviceLost)
	default:
		err = d.result("submit", C.shim_submit(d.shim, commands, fence))
	}
	if err == nil {
		d.newest = f
		d.work.submitted(starved)
	}
	d.queue.Unlock()
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fences = append(d.fences, fence) // not submitted: still as it was
		return nil, err
	}
	f.turn <- struct{}{}
	return f, nil
}

// fence returns an unsignalled fence.
func (d *Device) fence() (C.VkFence, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.fences); n > 0 {
		f := d.fences[n-1]
		d.fences = d.fences[:n-1]
		return f, nil
	}
	var f C.VkFence
	return f, d.result("create fence", C.shim_fence_create(d.shim, &f))
}

// wait blocks until the submit is done, ctx ends or the device is lost.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { f.turn <- struct{}{} }()
	d := f.dev
	if !f.done {
		began := time.Now()
		defer func() { d.work.waited(time.Since(began)) }()
	}
	for !f.done {
		r := C.shim_fence_wait(d.shim, f.fence, C.uint64_t(waitSlice))
		if r == resultTimeout && !d.lost.Load() {
			if err := ctx.Err(); err != nil {
				return err
			}
			continue
		}
		f.done = true
		f.err = d.result("wait", r)
		if r == resultTimeout { // lost meanwhile: nobody will signal
			f.err = d.ready()
		}
		if r == resultSuccess {
			C.shim_fence_reset(d.shim, f.fence)
			d.mu.Lock()
			d.fences = append(d.fences, f.fence)
			d.mu.Unlock()
		} else {
			C.shim_fence_destroy(d.shim, f.fence)
		}
	}
	return f.err
}

// landed reports, without blocking, whether the submit has been waited for.
func (f *flight) landed() bool {
	select {
	case <-f.turn:
		defer func() { f.turn <- struct{}{} }()
		return f.done
	default:
		return false
	}
}

// ended reports, without blocking, whether the device is done with the submit.
func (f *flight) ended() bool {
	select {
	case <-f.turn:
		defer func() { f.turn <- struct{}{} }()
		return f.done || C.shim_fence_wait(f.dev.shim, f.fence, 0) == resultSuccess
	default: // somebody waits for it
		return false
	}
}

// idle waits for all that was submitted.
func (d *Device) idle() {
	if f, err := d.submit(nil); err == nil {
		f.wait(context.Background())
	}
}
