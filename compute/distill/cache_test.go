package distill

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/compute/train"
)

// A file of the cache is believed when it is whole, of this name, of this shape and of valid numbers. Any other is
// computed anew and replaced; so is none.
func TestCached(t *testing.T) {
	want := []float32{1, 2, 3}
	compute := func() ([]float32, error) { return want, nil }
	warnings := 0
	warn := func(string, ...any) { warnings++ }
	never := func() ([]float32, error) { return nil, errors.New("computed again") }
	file := filepath.Join(t.TempDir(), "new", "complexity-1.safetensors")
	write := func(of string, v ...float32) {
		if err := nn.SealTensors(file, map[string]string{"cache": of}, []nn.Tensor{{Name: "values", Shape: []int{len(v)}, Values: v}}); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Base(file)
	if got, err := cached(warn, file, []int{3}, finite, compute); err != nil || !slices.Equal(got, want) { // the folder is missing too
		t.Fatalf("a new cache: %v (%v), want %v", got, err, want)
	}
	for what, spoil := range map[string]func(){
		"as written":              func() {},
		"missing":                 func() { os.Remove(file) },
		"empty":                   func() { os.WriteFile(file, nil, 0o644) },
		"changed in one byte":     func() { flip(t, file) },
		"damaged":                 func() { os.WriteFile(file, []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), 0o644) },
		"cut short":               func() { os.Truncate(file, 90) },
		"of another name":         func() { write("complexity-2.safetensors", 4, 5, 6) },
		"of another shape":        func() { write(name, 4, 5) },
		"of numbers that are not": func() { write(name, 4, float32(math.NaN()), 6) },
	} {
		spoil()
		computed := false
		got, err := cached(warn, file, []int{3}, finite, func() ([]float32, error) { computed = true; return compute() })
		if err != nil || !slices.Equal(got, want) || computed == (what == "as written") {
			t.Errorf("%s: %v (%v), want %v; computed: %t", what, got, err, want, computed)
		}
		if got, err := cached(warn, file, []int{3}, finite, never); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: afterwards %v (%v), want %v out of the file", what, got, err, want)
		}
	}
	os.Remove(file)
	if err := os.Mkdir(file, 0o755); err != nil {
		t.Fatal(err)
	}
	if warnings > 0 {
		t.Errorf("%d warnings of a cache that works", warnings)
	}
	if got, err := cached(warn, file, []int{3}, finite, compute); err != nil || !slices.Equal(got, want) || warnings != 1 {
		t.Errorf("a folder in the file's place: %v (%v), %d warnings, want the numbers and one warning", got, err, warnings)
	}
	if got, err := cached(warn, "", []int{3}, finite, compute); err != nil || !slices.Equal(got, want) {
		t.Errorf("without a cache: %v (%v)", got, err)
	}
}

// A file's name follows everything that its content depends on.
func TestCacheFile(t *testing.T) {
	base := Job{Cache: "cache", Key: "data teacher", Data: train.Data{Size: 32, Std: [3]float64{1, 1, 1}}}
	seen := map[string]string{}
	for what, name := range map[string]string{
		"as it is":    base.cacheFile("complexity", 3, 500, 32, 1.0),
		"another one": base.cacheFile("features", 3, 500, 32, 1.0),
		"class":       base.cacheFile("complexity", 4, 500, 32, 1.0),
		"candidates":  base.cacheFile("complexity", 3, 300, 32, 1.0),
		"resolution":  base.cacheFile("complexity", 3, 500, 16, 1.0),
		"sigma":       base.cacheFile("complexity", 3, 500, 32, 2.0),
		"key":         func() string { j := base; j.Key = "other"; return j.cacheFile("complexity", 3, 500, 32, 1.0) }(),
		"size":        func() string { j := base; j.Data.Size = 64; return j.cacheFile("complexity", 3, 500, 32, 1.0) }(),
		"mean":        func() string { j := base; j.Data.Mean[1] = 0.5; return j.cacheFile("complexity", 3, 500, 32, 1.0) }(),
	} {
		if before, twice := seen[name]; twice {
			t.Errorf("%s and %s share the file %s", what, before, name)
		}
		seen[name] = what
	}
	base.Key = ""
	if name := base.cacheFile("complexity", 3); name != "" {
		t.Errorf("data of no known content are kept in %s", name)
	}
}

// flip changes a bit of a file's last byte.
func flip(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	if err := os.WriteFile(file, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The pool that Embed makes is what recovery reads: its bits are those of a run that embeds for itself, and a pool of other features is
// believed, so that it is known to be read.
func TestRecoveryReadsTheEmbeddedPool(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps = 4
	job.Key = "data and teachers"
	recovered := func(cache string) []float32 {
		t.Helper()
		job.Cache = cache
		out, err := Recover(t.Context(), graphtest.Device(t), job)
		if err != nil {
			t.Fatal(err)
		}
		return out.Pixels
	}
	want := recovered(t.TempDir())
	job.Cache = t.TempDir()
	file, err := PoolFile(job)
	if err == nil {
		err = Embed(t.Context(), graphtest.Device(t), job)
	}
	if err == nil {
		err = CheckPool(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := recovered(job.Cache); !slices.Equal(got, want) {
		t.Error("with a pool that was there the images are others")
	}
	f, err := nn.OpenSealed(file)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Info("values")
	v, err := f.Float32("values", info.Shape...)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(v[:len(v)-len(v)/(job.Teachers[job.Recipe.Phi].Width()+1)]) // still of length 1
	if err := nn.SealTensors(file, map[string]string{"cache": filepath.Base(file)}, []nn.Tensor{{Name: "values", Shape: info.Shape, Values: v}}); err != nil {
		t.Fatal(err)
	}
	if got := recovered(job.Cache); slices.Equal(got, want) {
		t.Error("the pool is not read")
	}
	damaged := filepath.Join(t.TempDir(), "features-other.safetensors")
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(damaged, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckPool(damaged); err == nil || !strings.Contains(err.Error(), "it was made as") {
		t.Errorf("a pool of another name: %v", err)
	}
}
