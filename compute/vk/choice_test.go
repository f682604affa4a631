package vk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was found fastest is taken from then on, by other processes too, until the driver is another.
func TestChoicesAreKept(t *testing.T) {
	dir := t.TempDir()
	timed := 0
	ways := func(seconds ...float64) func(int) (float64, error) {
		return func(way int) (float64, error) {
			timed++
			if seconds[way] == 0 {
				return 0, errors.New("does not fit")
			}
			return seconds[way], nil
		}
	}
	choose := func(d *Device, what string, want int, seconds ...float64) {
		t.Helper()
		if way, err := d.Choose(what, len(seconds), ways(seconds...)); way != want || err != nil {
			t.Errorf("%s: way %d and error %v, want %d", what, way, err, want)
		}
	}
	d := openDevice(t, Options{CacheDir: dir})
	choose(d, "a", -1, 2, 1)
	if timed != 0 {
		t.Error("ways were timed without Tune")
	}
	d = openDevice(t, Options{CacheDir: dir, Tune: true})
	choose(d, "a", 1, 3, 1, 2)
	choose(d, "b", 2, 0, 3, 2)
	choose(d, "a", 1, 1, 3, 1)
	if timed != 6 {
		t.Errorf("%d ways were timed, want each once", timed)
	}
	if _, err := d.Choose("c", 2, ways(0, 0)); err == nil || !strings.Contains(err.Error(), "no way to compute c works") {
		t.Errorf("no way works: error %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDevice(t, Options{CacheDir: dir})
	choose(d, "a", 1, 1, 2, 3)
	choose(d, "b", -1, 1, 2) // there are fewer ways now
	files, err := filepath.Glob(filepath.Join(dir, "*.choices"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	for _, text := range []string{"{", `{"Driver":4294967295,"Fastest":{"a":1}}`, `{"Fastest":null}`} {
		if err := os.WriteFile(files[0], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		choose(openDevice(t, Options{CacheDir: dir}), "a", -1, 1, 2, 3)
	}
}
