package label

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/nn"
	"reta/shared/protocol"
)

const testClasses = 7

// testManifest describes a store of 5 epochs of 20 images, in files of two.
func testManifest(change func(*protocol.Labels)) Manifest {
	m := Manifest{
		Program: "test", Each: 2, Labels: published(), Side: 32, Mean: [3]float64{0.5, 0.5, 0.5}, Std: [3]float64{0.25, 0.25, 0.25}, Pixels: strings.Repeat("ab", 32),
		Teachers: []Teacher{{Network: "resnet8", SHA256: strings.Repeat("cd", 32), Weight: 1}},
	}
	m.Labels.Epochs = 5
	for i := range 20 {
		m.Images, m.Targets = append(m.Images, fmt.Sprintf("train/c [1,  2]/%05d.png", i)), append(m.Targets, i%testClasses)
	}
	for c := range testClasses {
		m.Classes = append(m.Classes, Class{fmt.Sprint("c", c), fmt.Sprint("class ", c)})
	}
	if change != nil {
		change(&m.Labels)
	}
	return m
}

// testLogits are those of an epoch, of the size that networks give.
func testLogits(epoch int) []float32 {
	logits := make([]float32, 20*testClasses)
	for i := range logits {
		logits[i] = float32(5 * nn.RNG{Seed: 3}.Normal(uint32(epoch), uint64(i)))
	}
	return logits
}

// write writes the epochs of a store up to one.
func write(t testing.TB, dir string, m Manifest, end int) {
	t.Helper()
	w, err := NewWriter(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for w.Next() < end {
		if err := w.Add(testLogits(w.Next())); err != nil {
			t.Fatal(err)
		}
	}
}

func folder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// Each form gives the logits back within the error that it names.
func TestLogitsComeBack(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*protocol.Labels)
		off    func(row []float32, k int) float64 // most error of a logit
		bytes  int64                              // of an epoch
	}{
		"16 bits": {nil, func(row []float32, k int) float64 { return math.Abs(float64(row[k])) * 0x1p-11 }, 20 * testClasses * 2},
		"8 bits": {func(l *protocol.Labels) { l.Bits = 8 }, func(row []float32, k int) float64 {
			return float64(slices.Max(row)-slices.Min(row))/510 + 1e-6
		}, 20*testClasses + 20*8},
		"top 3": {func(l *protocol.Labels) { l.TopK = 3 }, func(row []float32, k int) float64 {
			if sorted := slices.Sorted(slices.Values(row)); row[k] < sorted[testClasses-3] {
				mean := (sorted[0] + sorted[1] + sorted[2] + sorted[3]) / 4
				return math.Abs(float64(row[k]-mean)) + 0.01
			}
			return math.Abs(float64(row[k])) * 0x1p-11
		}, 20*3*4 + 20*2},
		"top of all": {func(l *protocol.Labels) { l.TopK = 100 }, func(row []float32, k int) float64 { return math.Abs(float64(row[k])) * 0x1p-11 }, 20 * testClasses * 2},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "labels")
			m := testManifest(c.change)
			write(t, dir, m, 5)
			s, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, epoch := range []int{3, 0, 4, 1, 2} {
				got, err := s.Epoch(epoch)
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range testLogits(epoch) {
					row := testLogits(epoch)[i/testClasses*testClasses:][:testClasses]
					if off := math.Abs(float64(got[i] - want)); !(off <= c.off(row, i%testClasses)) {
						t.Fatalf("epoch %d, logit %d of %v is %g, off by %.3g, want at most %.3g", epoch, i%testClasses, row, got[i], off, c.off(row, i%testClasses))
					}
				}
			}
			if n, err := m.Bytes(); err != nil || n != 5*c.bytes {
				t.Errorf("%d bytes, %v: want %d", n, err, 5*c.bytes)
			}
			total := int64(0)
			for _, shard := range s.Manifest.Shards {
				total += shard.Bytes
			}
			if headers := total - 5*c.bytes; headers < 0 || headers > int64(500*len(s.Manifest.Shards)) {
				t.Errorf("files of %d bytes for labels of %d", total, 5*c.bytes)
			}
			if err := s.Verify(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A batch has the rows of its images; rows of images that an epoch leaves out are NaN.
func TestBatchesOfAStore(t *testing.T) {
	dir := t.TempDir()
	m := testManifest(func(l *protocol.Labels) { l.Last, l.Bits, l.Epochs = protocol.DropLast, 8, 1 })
	m.Each = 0 // by size
	plan, err := m.Plan()
	if err != nil {
		t.Fatal(err)
	}
	v := plan.Batch(0, 0)
	logits := testLogits(0)
	for i := range 20 {
		if !slices.Contains(v.Index, i) {
			for k := range testClasses {
				logits[i*testClasses+k] = float32(math.NaN())
			}
		}
	}
	w, err := NewWriter(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add(logits); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Logits(context.Background(), v)
	if err != nil || len(got) != 16*testClasses || s.Classes() != testClasses {
		t.Fatalf("%d logits of %d classes, %v", len(got), s.Classes(), err)
	}
	for i, image := range v.Index {
		for k := range testClasses {
			if off := math.Abs(float64(got[i*testClasses+k] - logits[image*testClasses+k])); !(off < 0.1) {
				t.Errorf("image %d, class %d: %g, want %g", image, k, got[i*testClasses+k], logits[image*testClasses+k])
			}
		}
	}
	all, err := s.Epoch(0)
	for i := range 20 {
		if left := all[i*testClasses] != all[i*testClasses]; left == slices.Contains(v.Index, i) {
			t.Errorf("image %d: first logit %g, %v", i, all[i*testClasses], err)
		}
	}
	for _, v := range []View{{Epoch: 1}, {Epoch: -1}, {Index: []int{20}}, {Index: []int{-1}}} {
		if _, err := s.Logits(context.Background(), v); err == nil {
			t.Errorf("epoch %d, images %v: no error", v.Epoch, v.Index)
		}
	}
}

// However often the writing is stopped, and whatever of the file in the making is lost, the finished files are the same.
func TestStoppedWritingGivesTheSameBytes(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "labels")
	write(t, whole, testManifest(nil), 5)
	want := folder(t, whole)
	if names := slices.Sorted(maps.Keys(want)); !slices.Equal(names, []string{
		"labels-00001-of-00003.safetensors", "labels-00002-of-00003.safetensors", "labels-00003-of-00003.safetensors", "manifest.json",
	}) {
		t.Fatalf("files %v", names)
	}
	for name, damage := range map[string]func(part []byte) []byte{
		"killed":           func(b []byte) []byte { return b },
		"cut":              func(b []byte) []byte { return b[:max(0, len(b)-9)] },
		"lost":             func(b []byte) []byte { return nil },
		"zeros at the end": func(b []byte) []byte { return append(b[:max(0, len(b)-100)], make([]byte, min(100, len(b)))...) },
		"more than epochs": func(b []byte) []byte { return append(b, 1, 2, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "labels")
			for end := range 6 {
				write(t, dir, testManifest(nil), end)
				if _, err := ReadManifest(dir); end < 5 && !errors.Is(err, ErrNone) {
					t.Fatalf("%d epochs written: %v, want no finished store", end, err)
				}
				parts, _ := filepath.Glob(filepath.Join(dir, "*.part"))
				for _, file := range parts {
					text, err := os.ReadFile(file)
					if err == nil {
						err = os.WriteFile(file, damage(text), 0o644)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := folder(t, dir); !maps.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("files %v differ from those written at once", slices.Sorted(maps.Keys(got)))
			}
			write(t, dir, testManifest(nil), 5) // finished: nothing is left to write
		})
	}
}

// Killed between two of the files of a shard's end, it goes on as well.
func TestKilledAtAShardsEnd(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "labels")
	write(t, whole, testManifest(nil), 5)
	want := folder(t, whole)

	dir := filepath.Join(t.TempDir(), "labels")
	write(t, dir, testManifest(nil), 1)
	before := folder(t, dir)
	write(t, dir, testManifest(nil), 2)
	after := folder(t, dir)
	const part, shard = "labels-00001-of-00003.part", "labels-00001-of-00003.safetensors"
	second := maps.Clone(after)
	record := before[part]
	full := slices.Concat(record, record) // the second record is damaged: it is made again
	for name, files := range map[string]map[string][]byte{
		"the shard is written, the manifest is not":     {unfinishedFile: before[unfinishedFile], part: full, shard: after[shard]},
		"the manifest is written, the part not removed": {unfinishedFile: second[unfinishedFile], part: full, shard: after[shard]},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range files {
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write(t, dir, testManifest(nil), 5)
			if got := folder(t, dir); !maps.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("files %v differ from those written at once", slices.Sorted(maps.Keys(got)))
			}
		})
	}
}

func TestOtherLabelsAreRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "labels")
	write(t, dir, testManifest(nil), 2)
	for want, change := range map[string]func(*Manifest){
		"labels.batch = 16, asked labels.batch = 8": func(m *Manifest) { m.Labels.Batch = 8 },
		"images are others":                         func(m *Manifest) { m.Pixels = strings.Repeat("00", 32) },
		"in another order":                          func(m *Manifest) { m.Images = append(slices.Clone(m.Images[1:]), m.Images[0]) },
		"it has teachers":                           func(m *Manifest) { m.Teachers = nil },
		"it has images 20, asked 19":                func(m *Manifest) { m.Images, m.Targets = m.Images[1:], m.Targets[1:] },
	} {
		m := testManifest(nil)
		change(&m)
		if _, err := NewWriter(dir, m); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	m := testManifest(nil)
	m.Program = "a newer version"
	w, err := NewWriter(dir, m)
	if err != nil || w.Next() != 2 {
		t.Errorf("a newer version of the program begins at epoch %d, %v: want 2", w.Next(), err)
	}
}

func TestLogitsThatNobodyShouldBelieve(t *testing.T) {
	w, err := NewWriter(t.TempDir(), testManifest(nil))
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func([]float32) []float32{
		"139 logits":                  func(l []float32) []float32 { return l[1:] },
		"image 2: logit 1 is NaN":     func(l []float32) []float32 { l[15] = float32(math.NaN()); return l },
		"image 0: logit 0 is +Inf":    func(l []float32) []float32 { l[0] = float32(math.Inf(1)); return l },
		"image 19: logit 6 is -70000": func(l []float32) []float32 { l[139] = -70000; return l },
	} {
		if err := w.Add(change(testLogits(0))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// What a file says is not believed before it is checked.
func TestDamagedStores(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "labels")
	write(t, whole, testManifest(nil), 5)
	want := folder(t, whole)
	const second = "labels-00002-of-00003.safetensors"
	replace := func(old, new string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			text := strings.Replace(string(files[manifestFile]), old, new, 1)
			if text == string(files[manifestFile]) {
				t.Fatalf("the manifest has no %s", old)
			}
			files[manifestFile] = []byte(text)
		}
	}
	for want2, damage := range map[string]func(map[string][]byte){
		"no labels in":             func(f map[string][]byte) { delete(f, manifestFile) },
		"no such file":             func(f map[string][]byte) { delete(f, second) },
		"bytes: want":              func(f map[string][]byte) { f[second] = f[second][1:] },
		"SHA-256":                  func(f map[string][]byte) { f[second][len(f[second])-1]++ },
		"schema 2: want 1":         replace(`"schema": 1`, `"schema": 2`),
		"names 2 of 3 files":       func(f map[string][]byte) { cutShard(f) },
		"19 targets for 20 images": replace(`"targets": [0, `, `"targets": [`),
		"one class from 0 to 6":    replace(`"targets": [0, `, `"targets": [7, `),
		"unknown field":            replace(`"side"`, `"sides"`),
		"batch 0":                  replace(`"batch": 16`, `"batch": 0`),
		"0 bits":                   replace(`"bits": 16`, `"bits": 0`),
		"shuffle 0":                replace(`"shuffle": 1`, `"shuffle": 0`),
		`labels-00001-of-00003.safetensors" of epochs [0 2]: want {labels-00001-of-00002`: replace(`"shard_epochs": 2`, `"shard_epochs": 3`),
		"0 epochs a file":                 replace(`"shard_epochs": 2`, `"shard_epochs": 0`),
		`shard "../x"`:                    replace(`labels-00001-of-00003.safetensors`, `../x`),
		"of epochs [0 3]":                 replace("[0, 2]", "[0, 3]"),
		"hexadecimal digits":              replace(`"bytes": `, `"bytes": -`),
		"want the manifest of a store of": func(f map[string][]byte) { f[manifestFile] = f[manifestFile][:100] },
		"want at most 2^31-1 of both":     replace(`"epochs": 5`, `"epochs": 5000000000`),
	} {
		dir := t.TempDir()
		files := map[string][]byte{}
		for name, text := range want {
			files[name] = slices.Clone(text)
		}
		damage(files)
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(dir)
		if err == nil {
			err = s.Verify(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), want2) {
			t.Errorf("error %v, want one with %q", err, want2)
		}
	}
}

// cutShard takes the last shard out of a manifest.
func cutShard(files map[string][]byte) {
	text := string(files[manifestFile])
	at := strings.LastIndex(text, ",\n  {")
	files[manifestFile] = []byte(text[:at] + "\n ]\n}\n")
}
