package label

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/protocol"
)

// part writes the epochs from first to end as a store of their own, which is stopped on the way.
func part(t *testing.T, m Manifest, first, end int) string {
	t.Helper()
	dir := t.TempDir()
	m.Only = [2]int{first, end}
	write(t, dir, m, first+1)
	write(t, dir, m, end)
	return dir
}

// Parts of a store, given in any order, make the files of the store that is written at once.
func TestMergedPartsAreTheWholeStore(t *testing.T) {
	for name, change := range map[string]func(*protocol.Labels){
		"16 bits": nil, "8 bits": func(l *protocol.Labels) { l.Bits = 8 }, "top 3": func(l *protocol.Labels) { l.TopK = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			m := testManifest(change)
			m.Each = 0
			whole, out := t.TempDir(), filepath.Join(t.TempDir(), "labels")
			write(t, whole, m, 5)
			parts := []string{part(t, m, 2, 4), part(t, m, 4, 5), part(t, m, 0, 2)}
			for range 2 { // the second finds them there
				if err := Merge(t.Context(), out, parts); err != nil {
					t.Fatal(err)
				}
				if got, want := folder(t, out), folder(t, whole); !maps.EqualFunc(got, want, bytes.Equal) {
					t.Errorf("merged they are other files")
				}
			}
			for _, c := range []struct {
				parts []string
				want  string
			}{
				{parts[:2], "begins with epoch 2: want 0, which is missing or there twice"},
				{[]string{parts[0], parts[2]}, "4 of 5 epochs are there"},
				{[]string{parts[0], parts[2], parts[2]}, "begins with epoch 0: want 2"},
			} {
				if err := Merge(t.Context(), t.TempDir(), c.parts); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v: want %q", err, c.want)
				}
			}
		})
	}
}

// Images that an epoch leaves out have no logits in the merged store either.
func TestMergedEpochsLackTheSameImages(t *testing.T) {
	m := testManifest(nil)
	m.Each, m.Labels.Epochs = 0, 2
	write2 := func(dir string, only [2]int) {
		m := m
		m.Only = only
		w, err := NewWriter(dir, m)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for _, end := m.Epochs(); w.Next() < end; {
			logits := testLogits(w.Next())
			for k := range testClasses {
				logits[k] = float32(math.NaN())
			}
			if err := w.Add(logits); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole, a, b, out := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	write2(whole, [2]int{})
	write2(a, [2]int{0, 1})
	write2(b, [2]int{1, 2})
	if err := Merge(t.Context(), out, []string{b, a}); err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(folder(t, out), folder(t, whole), bytes.Equal) {
		t.Error("merged they are other files")
	}
}

func TestPartsThatAreNotMerged(t *testing.T) {
	m := testManifest(nil)
	a, b := part(t, m, 0, 3), part(t, m, 3, 5)
	other := m
	other.Pixels = strings.Repeat("ef", 32)
	if err := Merge(t.Context(), t.TempDir(), []string{a, part(t, other, 3, 5)}); err == nil || !strings.Contains(err.Error(), "its images are others") {
		t.Errorf("labels of other images: %v", err)
	}
	taken := t.TempDir()
	write(t, taken, other, 5)
	if err := Merge(t.Context(), taken, []string{a, b}); !errors.Is(err, ErrOther) {
		t.Errorf("a folder of other labels: %v", err)
	}
	begun := t.TempDir()
	write(t, begun, m, 1)
	if err := Merge(t.Context(), begun, []string{a, b}); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "not finished") {
		t.Errorf("a folder of unfinished labels: %v", err)
	}
	half := m
	half.Only = [2]int{3, 5}
	unfinished := t.TempDir()
	write(t, unfinished, half, 4)
	if err := Merge(t.Context(), t.TempDir(), []string{a, unfinished}); !errors.Is(err, ErrNone) {
		t.Errorf("an unfinished part: %v", err)
	}
	file := filepath.Join(b, "labels-00001-of-00001.safetensors")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-1] ^= 1
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Merge(t.Context(), t.TempDir(), []string{a, b}); !errors.As(err, new(DamagedError)) {
		t.Errorf("a damaged part: %v", err)
	}
	for _, only := range [][2]int{{3, 3}, {-1, 2}, {4, 6}} {
		m.Only = only
		if _, err := NewWriter(t.TempDir(), m); err == nil {
			t.Errorf("epochs %v of 5 are taken", only)
		}
	}
}
