package nn

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A sealed file reads as it was written, and no changed byte of it is believed, wherever it is; nor a file without a seal.
func TestSealedTensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	values := []float32{1, 2, 3, 4, 5, 6}
	metadata := map[string]string{"recipe": `a "quoted" text with "sha256":"no` + noSeal, "zz": "z"}
	if err := SealTensors(path, metadata, []Tensor{{Name: "pixels", Shape: []int{2, 3}, Values: values}, {Name: "n", Shape: []int{1}, Values: []int64{7}}}); err != nil {
		t.Fatal(err)
	}
	f, err := OpenSealed(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Float32("pixels", 2, 3); err != nil || !slices.Equal(got, values) || f.Metadata("recipe") != metadata["recipe"] || f.Metadata("zz") != "z" {
		t.Errorf("%v, %v, %q", got, err, f.metadata)
	}
	f.Close()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range raw {
		for _, bit := range []byte{0x01, 0x10, 0x80} {
			damaged := slices.Clone(raw)
			damaged[at] ^= bit
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if f, err := OpenUndamaged(path); err == nil {
				f.Close()
				t.Fatalf("byte %d of %d changed by %#x is believed", at, len(raw), bit)
			}
		}
	}
	for size := range len(raw) {
		if err := os.WriteFile(path, raw[:size], 0o644); err != nil {
			t.Fatal(err)
		}
		if f, err := OpenSealed(path); err == nil {
			f.Close()
			t.Fatalf("%d of %d bytes are believed", size, len(raw))
		}
	}
	if err := WriteTensors(path, nil, []Tensor{{Name: "n", Shape: []int{1}, Values: []int64{7}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSealed(path); !errors.Is(err, ErrSeal) {
		t.Errorf("a file without a seal: %v", err)
	}
	if f, err := OpenUndamaged(path); err != nil {
		t.Errorf("a file of an older version: %v", err)
	} else {
		f.Close()
	}
}
