package dataset

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A set that does not fit in memory has the hash that it has in memory, reads its files once, and notices one that is changed in
// place, has another time, or comes anew; a damaged file of hashes is made again.
func TestLargeSetIsHashedByContent(t *testing.T) {
	dir, cache := write(t, classFolders(t, 3, "ant", "bee")), t.TempDir()
	at := func(name string) string { return filepath.Join(dir, "train", name) }
	long := time.Now().Add(-time.Hour)
	age := func(when time.Time, names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.Chtimes(name, when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	list, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	age(long, list...)
	hash := func(memory int64, path string) string {
		t.Helper()
		d, err := Open(t.Context(), Options{Name: "path:" + path, Memory: memory, Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
		return d.Hash
	}
	first := hash(1, dir)
	if inMemory := hash(0, dir); first != inMemory {
		t.Errorf("hash %s, in memory %s", first, inMemory)
	}
	kept := func() []byte {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(cache, "hashes", "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	before := kept()
	if want := len(list)*seenBytes + 32; len(before) != want {
		t.Errorf("%d bytes are kept, want %d", len(before), want)
	}

	// an image that is read no more is not read: its bytes are others, its size and time the same
	path := at("ant/0000.png")
	if _, err := os.Stat(path); err != nil {
		path = list[0]
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(image)
	other[len(other)-1] ^= 1
	if err := os.WriteFile(path, other, 0o644); err != nil {
		t.Fatal(err)
	}
	age(long, path)
	if hash(1, dir) != first {
		t.Error("a file of the same size and time was read again")
	}
	age(long.Add(time.Second), path)
	changed := hash(1, dir)
	if changed == first {
		t.Error("a changed file of the same size was not noticed")
	}
	if err := os.WriteFile(path, image, 0o644); err != nil { // just now, so that nothing is remembered of it
		t.Fatal(err)
	}
	if hash(1, dir) != first {
		t.Error("the hash of what was written just now is that of before")
	}
	age(long, path)
	for _, damaged := range [][]byte{nil, before[:len(before)-1], append(bytes.Clone(before[:50]), before[51:]...), bytes.Repeat([]byte{7}, 1000)} {
		files, _ := filepath.Glob(filepath.Join(cache, "hashes", "*"))
		if err := os.WriteFile(files[0], damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if hash(1, dir) != first {
			t.Error("a damaged file of hashes was believed")
		}
		if len(kept()) != len(before) {
			t.Error("a damaged file of hashes was not made again")
		}
	}

	// the files in an archive have the times that it says, so its own counts
	packed := func(name string, content []byte) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i, class := range []string{"ant", "ant", "bee", "bee"} {
			w, err := z.CreateHeader(&zip.FileHeader{Name: "train/" + class + "/" + string(rune('0'+i)) + ".png", Modified: long})
			if err != nil {
				t.Fatal(err)
			}
			if i == 3 {
				w.Write(content)
			} else {
				w.Write(image)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	archive := packed(filepath.Join(t.TempDir(), "set.zip"), image)
	age(long, archive)
	one := hash(1, archive)
	if hash(1, archive) != one {
		t.Error("the hash of an archive is another the second time")
	}
	packed(archive, other)
	age(long.Add(time.Minute), archive)
	if hash(1, archive) == one {
		t.Error("a changed archive was not noticed")
	}
}
