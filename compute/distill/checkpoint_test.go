package distill

import (
	"context"
	"errors"
	"fmt"
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
	for k, c := range []struct {
		stage, step int
		words       string
	}{
		{1, 10, ""}, {1, 20, ""}, {4, 40, ""},
		{1, 9, "stage 1, step 9, size 16: want stage 0 to 4, its steps 10 to 20 and size 16; remove them"},
		{0, 11, "want stage 0 to 4, its steps 0 to 10"}, {5, 40, "stage 5"}, {-1, 0, "stage -1"}, {4, 29, "its steps 30 to 40"},
	} {
		g.Dir = filepath.Join(job.Dir, fmt.Sprint(k)) // the only checkpoint
		g.stage, g.step = c.stage, c.step
		if err := g.save(false); err != nil {
			t.Fatal(err)
		}
		other := open()
		other.Dir = g.Dir
		if _, err := other.restore(); (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("stage %d, step %d: %v, want %q", c.stage, c.step, err, c.words)
		}
	}
}

// A checkpoint that is damaged, anywhere, is named and the one before is taken; where all are, the remedy is said, and works.
func TestDamagedCheckpoints(t *testing.T) {
	job := smallJob(t)
	var log []string
	job.Dir, job.Emit = t.TempDir(), func(e event.Event) {
		if l, ok := e.(event.Log); ok {
			log = append(log, l.Text)
		}
	}
	open := func() *Group { return openGroup(t, job, 0, 3) }
	g := open()
	if err := firstError(g.embed(), g.start()); err != nil {
		t.Fatal(err)
	}
	for _, g.step = range []int{2, 4, 6, 8} { // one more than are kept
		if err := g.save(false); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(g.file(0))
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		b := slices.Clone(whole)
		b[at] ^= 0x10
		return b
	}
	for name, bytes := range map[string][]byte{
		"a pixel": flipped(len(whole) - 1000), "the last byte": flipped(len(whole) - 1), "the header": flipped(60), "cut": whole[:len(whole)-1], "cut short": whole[:1000],
		"empty": nil, "zeros": make([]byte, len(whole)),
	} {
		log = nil
		if err := os.WriteFile(g.file(0), bytes, 0o644); err != nil {
			t.Fatal(err)
		}
		next := open()
		if done, err := next.restore(); err != nil || done || next.step != 6 {
			t.Errorf("%s: step %d, %v, want step 6 of the checkpoint before", name, next.step, err)
		}
		if text := strings.Join(log, "\n"); !strings.Contains(text, g.file(0)+": ") || !strings.Contains(text, "continuing from "+g.file(1)) {
			t.Errorf("%s: the log says %q", name, text)
		}
	}
	if err := os.Remove(g.file(1)); err != nil { // as after a kill while they are renamed
		t.Fatal(err)
	}
	next := open()
	if _, err := next.restore(); err != nil || next.step != 4 {
		t.Errorf("with the second one gone: step %d, %v, want step 4 of the third", next.step, err)
	}
	if err := os.Truncate(g.file(2), 100); err != nil {
		t.Fatal(err)
	}
	_, err = open().restore()
	for _, words := range []string{g.file(0), g.file(2), "; remove them to begin these classes anew"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("all damaged: %v, want %q", err, words)
		}
	}
	for _, age := range []int{0, 2} {
		if err := os.Remove(g.file(age)); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := open().restore(); done || err != nil {
		t.Errorf("once they are removed: finished %v, %v", done, err)
	}
}
