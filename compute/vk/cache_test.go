package vk

import (
	"os"
	"path/filepath"
	"testing"
)

// cacheFile opens a device with a cache in dir, makes a kernel and returns the
// file that is left.
func cacheFile(t *testing.T, dir string) string {
	t.Helper()
	d := openDevice(t, Options{CacheDir: dir})
	kernel(t, d, "axpy", 64)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".v*"))
	if len(files) != 1 || len(hidden) != 0 {
		t.Fatalf("cache folder holds %v and %v, want one file", files, hidden)
	}
	return files[0]
}

func TestCacheComesBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on demand")
	path := cacheFile(t, dir)
	d := openDevice(t, Options{CacheDir: dir})
	if d.cache.load() == nil {
		t.Error("the cache written by this driver was not taken")
	}
	kernel(t, d, "axpy", 64)
	if d.cache.path != path {
		t.Errorf("two cache files: %s, %s", d.cache.path, path)
	}
}

func TestCacheIgnoresWhatIsNotIts(t *testing.T) {
	whole, err := os.ReadFile(cacheFile(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int) []byte {
		b := append([]byte(nil), whole...)
		b[at] ^= 1
		return b
	}
	for name, content := range map[string][]byte{
		"empty": {}, "text": []byte("not a cache"), "cut": whole[:len(whole)-1], "header only": whole[:76],
		"other format": change(7), "other vendor": change(8), "other driver": change(16), "other cache id": change(20),
		"flipped bit": change(len(whole) - 1), "longer": append(append([]byte(nil), whole...), 0),
	} {
		dir := t.TempDir()
		path := cacheFile(t, dir)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		d := openDevice(t, Options{CacheDir: dir})
		if d.cache.load() != nil {
			t.Errorf("%s: taken", name)
		}
		kernel(t, d, "axpy", 64)
		if err := d.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d = openDevice(t, Options{CacheDir: dir})
		if d.cache.load() == nil {
			t.Errorf("%s: not written anew", name)
		}
	}
}

// A process that is killed keeps what it compiled, and a cache that cannot be
// written stops nothing but is reported.
func TestCacheIsSavedWithTheProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	d, err := Open(Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	kernel(t, d, "axpy", 64)
	end(t, d.NewRecorder("first"))
	if d.cache.load() == nil {
		t.Error("no cache after the first program")
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	kernel(t, d, "axpy", 32)
	run(t, end(t, d.NewRecorder("second")))
	if err := d.Close(); err == nil {
		t.Error("a cache that could not be written was not reported")
	}
}

func TestCacheFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if d, err := Open(Options{CacheDir: filepath.Join(file, "cache")}); err == nil {
		d.Close()
		t.Error("a cache below a file was accepted")
	}
}
