package label

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// What is still to be labelled is counted without writing anything.
func TestLacks(t *testing.T) {
	j := smallJob(t, nil)
	dir := filepath.Join(t.TempDir(), "labels")
	lacks := func(when string, j Job, want int) {
		t.Helper()
		if n, err := Lacks(dir, j); err != nil || n != want {
			t.Errorf("%s: %d epochs, %v: want %d", when, n, err, want)
		}
	}
	lacks("no folder", j, 3)
	m, err := j.manifest("test")
	if err != nil {
		t.Fatal(err)
	}
	m.Each = 2
	for end, want := range []int{3, 2, 1, 0} {
		w, err := NewWriter(dir, m)
		if err != nil {
			t.Fatal(err)
		}
		for w.Next() < end {
			if err := w.Add(make([]float32, 30)); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		before := folder(t, dir)
		lacks(fmt.Sprintf("%d epochs done", end), j, want)
		if after := folder(t, dir); len(after) != len(before) {
			t.Errorf("files %v became %v", len(before), len(after))
		}
	}
	j.Labels.Seed++
	if _, err := Lacks(dir, j); !errors.Is(err, ErrOther) {
		t.Errorf("other labels: %v", err)
	}
}
