package dataset

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// parallel calls f(0) ... f(n-1) on all processors and returns the first
// error, after which no further call starts.
func parallel(ctx context.Context, n int, f func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// reporter passes progress on, one call at a time and at most twenty a second
// except for the last of each step.
type reporter struct {
	mu   sync.Mutex
	f    func(done, total int64, what string)
	last time.Time
	n    int64
}

func newReporter(f func(done, total int64, what string)) *reporter { return &reporter{f: f} }

func (r *reporter) say(done, total int64, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emit(done, total, what)
}

// count adds one to what is done.
func (r *reporter) count(total int64, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	r.emit(r.n, total, what)
}

func (r *reporter) emit(done, total int64, what string) {
	if r.f == nil || done != total && time.Since(r.last) < 50*time.Millisecond {
		return
	}
	r.last = time.Now()
	r.f(done, total, what)
}
