package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// use is what a broker, a coordinator and workers take, all in this process.
type use struct{ heap, goroutines, descriptors, files, messages int64 }

// leftByNATS is a goroutine that nats.go 1.55 leaves behind where an object is put in its store before that goroutine has begun, about one put in
// a hundred on two busy cores: it waits for a channel that is nil by then.
const leftByNATS = "(*jetStream).resetPendingAcksOnReconnect("

func (g *rig) use() (u use) {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	u.heap, u.goroutines = int64(memory.HeapAlloc), int64(runtime.NumGoroutine()-bytes.Count(stacks, []byte(leftByNATS)))
	open, _ := os.ReadDir("/proc/self/fd")
	u.descriptors = int64(len(open))
	for _, dir := range []string{g.dir, g.there} {
		_ = filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { u.files++; return nil })
	}
	for _, name := range []string{itemStream, resultStream, failStream, "OBJ_" + inputBucket, "OBJ_" + resultBucket} {
		if s, err := g.c.js.Stream(g.t.Context(), name); err == nil {
			u.messages += int64(s.CachedInfo().State.Msgs)
		}
	}
	return u
}

// Run after run is made while workers come and go in the middle of their work and some take an item and are never heard of again. Memory,
// goroutines, descriptors, files and what the broker keeps do not grow. RETA_SOAK is how long, 10 seconds by default.
func TestSoak(t *testing.T) {
	duration := 10 * time.Second
	if text := os.Getenv("RETA_SOAK"); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	g := newRig(t)
	conn, js, err := connect(g.options(), "silent")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	input := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(input, []byte("the same for all"), 0o644); err != nil {
		t.Fatal(err)
	}
	work := func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
		pause(ctx, time.Duration(rand.IntN(20))*time.Millisecond)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "more"), make([]byte, 300<<10), 0o644), copies(ctx, item, nil, folder))
	}
	g.c.brokenOff = 10 * time.Second
	g.start("steady", work)
	var list []use
	guests, silent := 0, 0
	end := time.Now().Add(duration)
	for batch := 0; time.Now().Before(end) || len(list) < 6; batch++ {
		hash, err := g.c.Put(t.Context(), input, nil)
		if err != nil {
			t.Fatal(err)
		}
		items := itemsOf(30)
		for i := range items {
			items[i].Name = fmt.Sprint("run ", batch)
			items[i].Inputs = map[string]string{"in": hash}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var going sync.WaitGroup
		going.Go(func() {
			for ctx.Err() == nil {
				stop := g.start(fmt.Sprint("guest", guests%5), work)
				guests++
				pause(ctx, time.Duration(rand.IntN(200))*time.Millisecond)
				stop()
			}
		})
		going.Go(func() {
			s := &session{o: g.options(), conn: conn, js: js}
			if msg, _, _ := s.next(ctx); msg != nil {
				silent++
			}
		})
		failed := g.makeAll(items)
		cancel()
		going.Wait()
		if len(failed) > 0 || len(g.lost) > 0 || len(g.made) != len(items) {
			t.Fatalf("batch %d: %v failed, lost %q, %d made", batch, failed, g.lost, len(g.made))
		}
		g.check(items, nil)
		g.c.Clear(t.Context())
		clear(g.made)
		for i := range 5 { // until they are idle and have tidied up
			going.Go(func() {
				defer g.start(fmt.Sprint("guest", i), work)()
				pause(t.Context(), 3500*time.Millisecond)
			})
		}
		going.Wait()
		if err := os.RemoveAll(filepath.Join(g.dir, "made")); err != nil {
			t.Fatal(err)
		}
		list = append(list, g.use())
	}
	t.Logf("%v: %d runs of 30 items, %d guests, %d that took an item and were silent", duration, len(list), guests, silent)
	for _, c := range []struct {
		name  string
		value func(use) int64
		slack int64 // beside a tenth
	}{
		{"heap", func(u use) int64 { return u.heap }, 24 << 20}, // the broker keeps the objects of a run, 9 MB, in memory for a while, on a busy machine those of two
		{"goroutines", func(u use) int64 { return u.goroutines }, 10},
		{"descriptors", func(u use) int64 { return u.descriptors }, 6},
		{"files", func(u use) int64 { return u.files }, 20},
		{"messages", func(u use) int64 { return u.messages }, 5},
	} {
		third := func(part []use) int64 { // the median
			var values []int64
			for _, u := range part {
				values = append(values, c.value(u))
			}
			slices.Sort(values)
			return values[len(values)/2]
		}
		n := len(list) / 3
		first, middle, last := third(list[:n]), third(list[n:2*n]), third(list[2*n:])
		t.Logf("%s: %d, %d, %d", c.name, first, middle, last)
		if last > middle+middle/10+c.slack {
			t.Errorf("%s grew from %d to %d", c.name, middle, last)
		}
	}
}
