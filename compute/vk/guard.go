package vk

import (
	"math"
	"runtime/debug"
	"sync"

	vulkan "github.com/vulkan-go/vulkan"
)

// gate serialises the use of the binding. It is process-wide because what it
// protects is: the binding keeps one table of entry points, and the collector
// is switched off for everybody.
var gate sync.Mutex

// guard runs f with the garbage collector held off.
//
// The binding copies slices to C memory whose finalizer may run before the C
// call has read it, and stores Go string pointers in C structs. With a
// collection in the middle of a call that is a use after free, so there must
// not be one: switching it off also waits for one that is under way. All uses of the binding go through here; calls that are made
// often go through shim.h instead, which has no such fault. Nothing else in
// the process may set the collector's percentage or call runtime.GC while
// devices are opened or memory is allocated.
func guard(f func()) {
	gate.Lock()
	defer gate.Unlock()
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(math.MaxInt64) // a memory limit collects even at -1
	defer func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	}()
	f()
}

// guarded runs a call of the binding that answers a result.
func guarded(call string, f func() vulkan.Result) error {
	var r vulkan.Result
	guard(func() { r = f() })
	return resultError(call, int(r))
}
