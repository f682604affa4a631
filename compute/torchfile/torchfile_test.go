package torchfile

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func readJSON(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Every tensor of every form has the shape and the values that PyTorch reads.
func TestReadsWhatPyTorchReads(t *testing.T) {
	var files map[string]struct {
		Entry   string
		Tensors map[string]struct {
			Shape  []int
			Values []float64
		}
	}
	readJSON(t, "expected.json", &files)
	if len(files) < 20 {
		t.Errorf("%d files, want 20 or more", len(files))
	}
	for name, want := range files {
		f, err := Open(filepath.Join("testdata", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer f.Close()
		if f.Entry() != want.Entry {
			t.Errorf("%s: entry %q, want %q", name, f.Entry(), want.Entry)
		}
		for tensor, w := range want.Tensors {
			got, err := f.Float32(tensor, w.Shape...)
			if info, _ := f.Info(tensor); err != nil || !slices.Equal(info.Shape, w.Shape) || info.Len() != len(w.Values) {
				t.Errorf("%s: %s %v: %v, want %v", name, tensor, info, err, w.Shape)
				continue
			}
			for i, v := range w.Values {
				if math.Abs(float64(got[i])-v) > 1e-7*math.Abs(v) {
					t.Errorf("%s: %s[%d] is %v, want %v", name, tensor, i, got[i], v)
					break
				}
			}
		}
		for _, tensor := range f.Names() {
			if _, ok := want.Tensors[tensor]; !ok && !strings.HasSuffix(tensor, "num_batches_tracked") {
				t.Errorf("%s: has %s, which PyTorch does not", name, tensor)
			}
		}
	}
}

// What cannot be read is refused with words that name it, at once and without memory, whatever it claims.
func TestRefusesByName(t *testing.T) {
	var files map[string][]string
	readJSON(t, "refused.json", &files)
	for name, words := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		f, err := Open(filepath.Join("testdata", name))
		if err == nil { // what is damaged is found when it is read
			_, err = f.Float32("conv.weight")
			f.Close()
		}
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 || took > time.Second {
			t.Errorf("%s: took %v and %d bytes", name, took, used)
		}
		if err == nil {
			t.Errorf("%s: was read, want an error with %q", name, words)
			continue
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v: does not say %q", name, err, w)
			}
		}
		if len(err.Error()) > 600 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// A checkpoint's other entries can be chosen, and what is beside the weights is known.
func TestEntriesOfCheckpoints(t *testing.T) {
	f, err := Open("testdata/model_and_ema.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	first, _ := f.Float32("conv.weight")
	if err := f.Choose("model_ema"); err != nil {
		t.Fatal(err)
	}
	if second, err := f.Float32("conv.weight"); err != nil || slices.Equal(first, second) {
		t.Errorf("the average is the same as the weights (%v)", err)
	}
	if err := f.Choose("none"); err == nil || !strings.Contains(err.Error(), `no entry "none": want one of "model" (3 tensors), "model_ema" (3 tensors)`) {
		t.Error(err)
	}
	g, err := Open("testdata/state_dict.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if g.Metadata("arch") != "resnet18" || g.Metadata("epoch") != "90" || len(g.Entries()) != 1 {
		t.Errorf("arch %q, epoch %q, entries %v", g.Metadata("arch"), g.Metadata("epoch"), g.Entries())
	}
	h, err := Open("testdata/arguments.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if got := strings.Join(h.Unread(), " "); !strings.Contains(got, "argparse.Namespace") || !strings.Contains(got, "torch.device") {
		t.Errorf("not read: %s", got)
	}
}

// As many instructions as there can be cost as little memory as they are long.
func TestPicklesAreBounded(t *testing.T) {
	start, err := os.ReadFile("testdata/recursion.pth")
	if err != nil {
		t.Fatal(err)
	}
	head := start[:bytes.Index(start, []byte("]]]]"))]
	for what, body := range map[string][]byte{
		"nested":  append(bytes.Repeat([]byte("]"), maxSteps/2), bytes.Repeat([]byte("a"), maxSteps/2-1)...),
		"marks":   bytes.Repeat([]byte("("), 2*maxSteps),
		"dicts":   bytes.Repeat([]byte("}"), 2*maxSteps),
		"memo":    append([]byte("]"), bytes.Repeat([]byte("\x94"), 2*maxSteps)...),
		"objects": bytes.Repeat([]byte("cos\nsystem\n)R"), maxSteps/4),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		data := append(append(slices.Clone(head), body...), '.')
		_, err := Read(bytes.NewReader(data), int64(len(data)))
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err == nil || used > 128<<20 || took > 5*time.Second {
			t.Errorf("%s: %v; took %v and %d MiB", what, err, took, used>>20)
		} else {
			t.Logf("%s: %v; %v, %d MiB", what, err, took, used>>20)
		}
	}
}

// Files with some bytes changed are read or refused, as FuzzRead asks of any bytes.
func TestChangedFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	files, _ := filepath.Glob("testdata/*.pth")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil || len(data) > 6000 {
			continue
		}
		for range 40 {
			changed := slices.Clone(data)
			for range 1 + rng.IntN(4) {
				changed[rng.IntN(len(changed))] = byte(rng.Uint32())
			}
			readAll(t, changed[:len(changed)-rng.IntN(2)*rng.IntN(len(changed))])
		}
	}
}

// readAll reads every tensor of what can be read.
func readAll(t *testing.T, data []byte) {
	file, err := Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return
	}
	for _, e := range file.Entries() {
		if err := file.Choose(e.Path); err != nil {
			t.Fatal(err)
		}
		for _, name := range file.Names() {
			info, ok := file.Info(name)
			values, err := file.Float32(name, info.Shape...)
			if !ok || err == nil && len(values) != info.Len() {
				t.Fatalf("%s %v has %d values", name, info, len(values))
			}
		}
	}
}

// No bytes make the reader panic, hang or take memory that the file has no bytes for.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.pth")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 6000 {
			f.Add(data)
		}
	}
	f.Fuzz(readAll)
}
