package dataset

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"strings"
	"sync"
	"testing"
)

// Resident and decoded-at-each-read give the same pixels, order and hash.
func TestOnDemandEqualsResident(t *testing.T) {
	dir := write(t, classFolders(t, 6, "ant", "bee", "cow"))
	resident, err := Open(context.Background(), Options{Name: "path:" + dir})
	if err != nil {
		t.Fatal(err)
	}
	defer resident.Close()
	demand, err := Open(context.Background(), Options{Name: "path:" + dir, Memory: 1, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer demand.Close()
	if resident.Hash != demand.Hash {
		t.Error("hashes differ")
	}
	idx := []int{17, 0, 5, 5, 9}
	a, b := make([]byte, 5*resident.ImageBytes()), make([]byte, 5*resident.ImageBytes())
	if err := resident.Train.Batch(idx, a); err != nil {
		t.Fatal(err)
	}
	if err := demand.Train.Batch(idx, b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("pixels differ")
	}
	for i := range resident.Train.Len() {
		if resident.Train.ID(i) != demand.Train.ID(i) || resident.Train.Label(i) != uint32(i/6) {
			t.Errorf("image %d: %s, %s", i, resident.Train.ID(i), demand.Train.ID(i))
		}
	}
	crops := make([]byte, 2*demand.ImageBytes())
	if err := demand.Train.Crops([]int{3, 8}, func(k, w, h int) (image.Rectangle, bool) { return image.Rect(1, 2, w-1, h), k == 1 }, crops); err != nil {
		t.Fatal(err)
	}
	for k, i := range []int{3, 8} {
		m, err := demand.Train.Full(i, 0)
		if err != nil {
			t.Fatal(err)
		}
		m = m.Crop(1, 2, m.W-2, m.H-2).Resize(demand.Size, demand.Size)
		for at := range demand.Size * demand.Size {
			from := at
			if k == 1 {
				from = at - at%demand.Size + demand.Size - 1 - at%demand.Size
			}
			if got, want := crops[k*demand.ImageBytes()+3*at:][:3], m.Pix[3*from:][:3]; !bytes.Equal(got, want) {
				t.Fatalf("crop %d, pixel %d: %v, want %v", k, at, got, want)
			}
		}
	}
	full, err := demand.Train.Full(3, 12)
	if err != nil || full.W != 12 || full.H != 12 {
		t.Errorf("full image at 12: %d x %d, %v", full.W, full.H, err)
	}
	if full, err = resident.Train.Full(3, 0); err != nil || !bytes.Equal(full.Pix, resident.Train.pix[3]) {
		t.Errorf("full image as stored: %v", err)
	}
	demand.Close()
	if err := demand.Train.Read(0, b[:demand.ImageBytes()]); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("reading a closed set: %v", err)
	}
}

func TestReadChecksItsArguments(t *testing.T) {
	d := openDemo(t, Options{Classes: []string{"1"}, PerClass: 2})
	good := make([]byte, d.ImageBytes())
	for name, err := range map[string]error{
		"index":   d.Train.Read(2, good),
		"before":  d.Train.Read(-1, good),
		"room":    d.Train.Read(0, good[1:]),
		"batch":   d.Train.Batch([]int{0, 1}, good),
		"outside": d.Train.Batch([]int{7}, good),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := d.Train.Full(9, 0); err == nil {
		t.Error("full image outside: no error")
	}
}

func TestBrokenImagesAreSkippedAndNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		broken int // of 300
		memory int64
		all    bool
	}{{"resident", 3, 0, false}, {"on demand", 3, 1, false}, {"all decoded, on demand", 3, 1, true}, {"too many, resident", 6, 0, false},
		{"too many, on demand", 6, 1, false}, {"too many, all decoded, on demand", 6, 1, true}} {
		files := classFolders(t, 100, "ant", "bee")
		for i := range c.broken {
			files[fmt.Sprintf("train/bee/%04d.png", 10+i)] = []byte("not a picture")
		}
		d, err := Open(context.Background(), Options{Name: "path:" + write(t, files), Memory: c.memory, DecodeAll: c.all, Cache: t.TempDir()})
		if err == nil && !c.all { // read everything, as on-demand sets learn it only then
			buf := make([]byte, d.ImageBytes())
			for i := range d.Train.Len() {
				if err = d.Train.Read(i, buf); err != nil {
					break
				}
			}
		}
		if c.broken > 3 {
			for _, want := range []string{"6 of 300 images cannot be read, more than the 5 that may be left out",
				"train/bee/0010.png: content is text/plain: want a JPEG", "train/bee/0014.png", "and 1 more", "repair them or take them out of the folder"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v; want %q", c.name, err, want)
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if s := d.Skipped(); len(s) != 3 || s[0].ID != "train/bee/0010.png" || s[2].ID != "train/bee/0012.png" || s[0].Err == nil {
			t.Errorf("%s: skipped %v", c.name, s)
		}
		want := 197
		if c.memory != 0 && !c.all {
			want = 200 // the next readable image of the class stands in
			a, b := make([]byte, d.ImageBytes()), make([]byte, d.ImageBytes())
			d.Train.Read(110, a)
			d.Train.Read(113, b)
			if !bytes.Equal(a, b) {
				t.Errorf("%s: another image stands in", c.name)
			}
		}
		if d.Train.Len() != want {
			t.Errorf("%s: %d training images, want %d", c.name, d.Train.Len(), want)
		}
		d.Close()
	}
}

func TestClassOfBrokenImagesOnly(t *testing.T) {
	files := map[string][]byte{}
	for name, data := range classFolders(t, 8, "ant", "bee") {
		if strings.HasPrefix(name, "train/") {
			files[name] = data
		}
	}
	_, err := Open(context.Background(), Options{Name: "path:" + write(t, with(files, "train/cow/1.png", nil))})
	if want := "class cow has no readable training image: train/cow/1.png: is empty: want an image"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("says %v; want %q", err, want)
	}
}

func TestHowManyMayBeBroken(t *testing.T) {
	for images, want := range map[int]int{3: 0, 4: 1, 9: 2, 20: 5, 100: 5, 500: 5, 1000: 10} {
		if got := tolerated(images); got != want {
			t.Errorf("%d of %d images, want %d", got, images, want)
		}
	}
}

func TestChangesAreNamed(t *testing.T) {
	open := func(files map[string][]byte) *Dataset {
		d, err := Open(context.Background(), Options{Name: "path:" + write(t, files)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	base := func() map[string][]byte { return classFolders(t, 4, "ant", "bee") }
	before := open(base()).Fingerprints()
	for want, files := range map[string]map[string][]byte{
		"": base(),
		"1 of 12 images differ: train/ant/0001.png": with(base(), "train/ant/0001.png", pngOf(t, 99)),
		"1 missing":                           without(base(), "val/bee/0000.png"),
		"1 new: train/bee/new.png; 1 missing": with(without(base(), "train/bee/0001.png"), "train/bee/new.png", pngOf(t, 5)),
		"1 of 13 images differ: val/ant/0000.png; 1 new: val/ant/x.png": with(with(base(), "val/ant/0000.png", pngOf(t, 77)), "val/ant/x.png", pngOf(t, 5)),
	} {
		if got, err := open(files).Changes(before); err != nil || got != want {
			t.Errorf("says %q, %v; want %q", got, err, want)
		}
	}
	if _, err := open(base()).Changes(before[1:]); err == nil {
		t.Error("damaged fingerprints were taken")
	}
}

// The hash follows everything that a teacher's training depends on.
func TestHashFollowsTheContent(t *testing.T) {
	base := func() map[string][]byte { return classFolders(t, 4, "ant", "bee") }
	hash := func(files map[string][]byte, o Options) string {
		t.Helper()
		o.Name = "path:" + write(t, files)
		d, err := Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		return d.Hash
	}
	want := hash(base(), Options{})
	if got := hash(base(), Options{}); got != want || len(got) != 64 {
		t.Errorf("the same content elsewhere: %s, want %s", got, want)
	}
	for name, got := range map[string]string{
		"a pixel":   hash(with(base(), "train/ant/0001.png", pngOf(t, 99)), Options{}),
		"a test":    hash(with(base(), "val/ant/0001.png", pngOf(t, 99)), Options{}),
		"a name":    hash(with(without(base(), "train/ant/0003.png"), "train/ant/x.png", pngOf(t, 3)), Options{}),
		"a class":   hash(base(), Options{Classes: []string{"bee"}}),
		"per class": hash(base(), Options{PerClass: 2}),
		"size":      hash(base(), Options{Size: 4}),
	} {
		if got == want {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

func TestProgressIsInOrder(t *testing.T) {
	var mu sync.Mutex
	last := map[string]int64{}
	ended := false
	openDemo(t, Options{Progress: func(done, total int64, what string) {
		if !mu.TryLock() {
			t.Error("calls overlap")
			return
		}
		defer mu.Unlock()
		if done < last[what] || done > total {
			t.Errorf("%s: %d of %d after %d", what, done, total, last[what])
		}
		last[what] = done
		ended = ended || done == total
	}})
	if !ended {
		t.Error("the end was not reported")
	}
}

func TestOpenCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, Options{Name: "demo"}); err == nil {
		t.Error("opened")
	}
}
