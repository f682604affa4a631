package vk

import (
	"os"
	"sync"
)

// ThreadsVariable says how many threads of its own Mesa's CPU driver computes with; by default as many as there are cores. With 0 the
// thread that submits does the work.
const ThreadsVariable = "LP_NUM_THREADS"

var threads sync.Mutex // guards ThreadsVariable

// Beside opens the device once more, with the same options, for work at the same time. Of Mesa's CPU driver the new one computes on one
// core, in the thread that submits: a hand-over to others costs some 0.1 ms for each dispatch, so that programs of many small ones take
// less time side by side than one after the other on all cores. A ThreadsVariable that the user has set holds.
func (d *Device) Beside() (*Device, error) {
	threads.Lock()
	defer threads.Unlock()
	if _, set := os.LookupEnv(ThreadsVariable); !set && d.info.Kind == CPU {
		if err := os.Setenv(ThreadsVariable, "0"); err != nil {
			return nil, err
		}
		defer os.Unsetenv(ThreadsVariable)
	}
	return Open(d.opened)
}
