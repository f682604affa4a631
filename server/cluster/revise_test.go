package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Items that no worker has had are made as they were revised, the others as they were; one that a worker takes while it is revised is dropped,
// and made as it is now.
func TestItemsAreRevised(t *testing.T) {
	g := newRig(t)
	began, goOn := make(chan string, 10), make(chan bool, 10)
	worker := func(name string) {
		g.start(name, func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
			began <- string(item.Work)
			select {
			case <-goOn:
				return copies(ctx, item, inputs, folder)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	const count = 5
	made := make(chan []Failure, 1)
	go func() { made <- g.makeAll(itemsOf(count)) }()
	worker("a")
	if work := <-began; work != "work 0" {
		t.Fatalf("%s is begun first", work)
	}
	revised := func(last, from int) (list []Item) {
		for i := last + 1; i < count; i++ {
			item := itemsOf(count)[i]
			if i >= from {
				item.Work = fmt.Appendf(item.Work, " revised from %d", from)
			}
			list = append(list, item)
		}
		return list
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := g.c.Revise(ctx, func(last int) ([]Item, error) { return nil, fmt.Errorf("after %d", last) }); err == nil || err.Error() != "after 0" {
		t.Errorf("refused: %v", err)
	}
	if err := g.c.Revise(ctx, func(last int) ([]Item, error) {
		worker("b") // takes the next item, of which the coordinator has not heard
		if work := <-began; work != "work 1" {
			t.Errorf("%s is begun next", work)
		}
		return revised(last, 1), nil
	}); err != nil {
		t.Fatal(err)
	}
	if work := <-began; work != "work 1 revised from 1" { // by b, who dropped the old one
		t.Errorf("%s is begun after the revision", work)
	}
	if err := g.c.Revise(ctx, func(last int) ([]Item, error) {
		if last != 1 {
			t.Errorf("item %d is the last that a worker has had, want 1", last)
		}
		return revised(last, 3), nil
	}); err != nil {
		t.Fatal(err)
	}
	for range count {
		goOn <- true
	}
	if failed := <-made; len(failed) > 0 || len(g.lost) > 0 {
		t.Errorf("failed: %v, %v", failed, g.lost)
	}
	for i, want := range []string{"", " revised from 1", "", " revised from 3", " revised from 3"} {
		out, err := os.ReadFile(filepath.Join(g.dir, "made", fmt.Sprint(i), "out"))
		if want = fmt.Sprint("work ", i, want, "none"); err != nil || string(out) != want {
			t.Errorf("item %d: %q, %v: want %q", i, out, err, want)
		}
	}
	stop, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := g.c.Revise(stop, nil); err == nil {
		t.Error("what is made is revised")
	}
}
