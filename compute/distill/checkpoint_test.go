package distill

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/shared/event"
)

// A run that is stopped in the middle of a stage, at a stage's end and in its second group, and that loses steps to a
// crash, ends at the same bits as one that was never stopped.
func TestRecoverResumesToTheSameBits(t *testing.T) {
	dev, crash := graphtest.Device(t), errors.New("crash")
	job := smallJob(t)
	job.Recipe.Batch, job.Recipe.Group = 2, 2 // groups of two classes and of one
	want, err := Recover(context.Background(), dev, job)
	if err != nil {
		t.Fatal(err)
	}
	job.Dir = filepath.Join(t.TempDir(), "checkpoints")
	cancelled, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, c := range []struct {
		after int // steps of this part
		with  error
	}{{13, ErrStop}, {7, ErrStop}, {5, crash}, {9, ErrStop}, {16, ErrStop}, {3, context.Canceled}} {
		ctx, steps := context.Background(), 0
		if c.with == context.Canceled {
			ctx = cancelled
		}
		job.Gate = func(ctx context.Context, _ func() error) error {
			if steps++; steps <= c.after {
				return nil
			}
			if c.with == context.Canceled {
				cancel()
				return ctx.Err()
			}
			return c.with
		}
		if _, err := Recover(ctx, dev, job); !errors.Is(err, c.with) {
			t.Fatalf("a part that was to end with %v after %d steps ends with %v", c.with, c.after, err)
		}
	}
	steps := 0
	job.Gate = func(context.Context, func() error) error { steps++; return nil }
	for _, left := range []int{80 - 13 - 7 - 9 - 16 - 3, 0} { // then once more, all done
		steps = 0
		got, err := Recover(context.Background(), dev, job)
		if err != nil {
			t.Fatal(err)
		}
		if steps != left {
			t.Errorf("%d steps were left, want %d", steps, left)
		}
		if !slices.Equal(got.Pixels, want.Pixels) {
			t.Error("pixels differ from those of a run that was never stopped")
		}
	}
	job.Recipe.LR /= 2
	if _, err := Recover(context.Background(), dev, job); err == nil || !strings.Contains(err.Error(), "belong to another run:\n  ") {
		t.Errorf("another recipe in the same folder: %v", err)
	}
}

// A checkpoint whose position cannot be is refused: its stage, step and size must belong together.
func TestRestoreRefuses(t *testing.T) {
	job := smallJob(t)
	job.Dir, job.Emit = t.TempDir(), func(event.Event) {}
	open := func() *Group { return openGroup(t, job, 0, 3) }
	g := open()
	if err := firstError(g.embed(), g.start()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stage, step int
		words       string
	}{
		{1, 10, ""}, {1, 20, ""}, {4, 40, ""},
		{1, 9, "stage 1, step 9, size 16: want stage 0 to 4, its steps 10 to 20 and size 16; remove the file"},
		{0, 11, "want stage 0 to 4, its steps 0 to 10"}, {5, 40, "stage 5"}, {-1, 0, "stage -1"}, {4, 29, "its steps 30 to 40"},
	} {
		g.stage, g.step = c.stage, c.step
		if err := g.save(false); err != nil {
			t.Fatal(err)
		}
		if _, err := open().restore(); (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("stage %d, step %d: %v, want %q", c.stage, c.step, err, c.words)
		}
	}
}

// A checkpoint that was cut short is refused with the remedy, and the remedy works.
func TestCutCheckpointIsRefused(t *testing.T) {
	job := smallJob(t)
	job.Dir, job.Emit = t.TempDir(), func(event.Event) {}
	open := func() *Group { return openGroup(t, job, 0, 3) }
	g := open()
	if err := firstError(g.embed(), g.start(), g.save(false)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.Stat(g.file())
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{whole.Size() - 1, 1000, 0} {
		if err := os.Truncate(g.file(), size); err != nil {
			t.Fatal(err)
		}
		_, err := open().restore()
		for _, words := range []string{g.file(), "; remove the file to begin these classes anew"} {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%d of %d bytes: %v, want %q", size, whole.Size(), err, words)
			}
		}
	}
	if err := os.Remove(g.file()); err != nil {
		t.Fatal(err)
	}
	if done, err := open().restore(); done || err != nil {
		t.Errorf("once it is removed: finished %v, %v", done, err)
	}
}
