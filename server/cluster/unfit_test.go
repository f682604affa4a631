package cluster

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// An item that does not fit one worker's device is made by another, however often the first gives it back, and is no failure; one that fits
// nobody's is set aside once there was time for others to come, and says what it needs and what there is.
func TestItemsThatDoNotFit(t *testing.T) {
	g := newRig(t)
	g.c.patience = 4 * lease
	var tries atomic.Int64
	rejected := make(chan bool)
	small := func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
		if item.Name == "item 0" {
			return copies(ctx, item, inputs, folder)
		}
		if tries.Add(1) == 2 {
			close(rejected)
		}
		return Unfit{5 << 30, 1 << 30, "no room"}
	}
	var here []Device
	h := g.handler()
	h.Here = func(_ string, d Device, _ int) { here = append(here, d) }
	g.start("small", small)
	var coming sync.WaitGroup
	defer coming.Wait()
	coming.Go(func() {
		<-rejected
		g.start("large", func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
			if item.Name == "item 2" {
				return Unfit{9 << 30, 8 << 30, "no room"}
			}
			return copies(ctx, item, inputs, folder)
		})
	})
	items := itemsOf(3)
	failed, err := g.c.Make(t.Context(), items, h)
	if err != nil || len(failed) != 1 || failed[0].Item != 2 ||
		!strings.HasPrefix(failed[0].Why, "no worker that is there has room for it: it needs at least 9.0 GiB of device memory, the largest has 8.0 GiB: start a worker with more: no room") {
		t.Errorf("%+v, %v: want item 2 set aside", failed, err)
	}
	g.check(items, failed)
	if g.made[0] != "small" || g.made[1] != "large" || len(g.lost) > 0 || tries.Load() != 2 {
		t.Errorf("made by %v, lost %q, tried %d times by the small worker: want 2", g.made, g.lost, tries.Load())
	}
	slices.Sort(g.back)
	if want := "small: it needs at least 5.0 GiB of device memory, and there are 1.0 GiB: no room"; len(g.back) != 3 || g.back[1] != want {
		t.Errorf("given back: %q", g.back)
	}
	if len(here) == 0 || here[0].String() != "a device (cpu, 2.0 GiB, fp32)" {
		t.Errorf("workers say of their devices %v", here)
	}
}
