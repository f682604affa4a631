package wholefile

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A file is there when it is whole, and lies beside its target, not in the common folder for temporary files, while it is made.
func TestWhole(t *testing.T) {
	dir, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	path := filepath.Join(dir, "config.toml")
	f, err := Create(path, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("half")
	if list := names(t, dir); len(list) != 1 || list[0] == "config.toml" {
		t.Errorf("in the making there are %q, want one file of another name", list)
	}
	if list := names(t, tmp); len(list) > 0 {
		t.Errorf("the common folder has %q", list)
	}
	f.Abort()
	if list := names(t, dir); len(list) > 0 {
		t.Errorf("given up, it leaves %q", list)
	}
	for _, text := range []string{"one", "two"} {
		if err := Write(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v: want %q", got, err, text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, want 0640", info.Mode())
	}
	if list := names(t, dir); len(list) != 1 {
		t.Errorf("it leaves %q", list)
	}
}

// What a killed writer left goes, and nothing else.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "config.toml"), 0o644) // killed here
	if err != nil {
		t.Fatal(err)
	}
	f.File.Close()
	const number = "5577006791947779410"
	keep := []string{".config.toml", ".config.toml.swp", ".other.json" + number, "config.toml", "config.toml5", ".env.2026", ".saved-20261130-161803", "." + number}
	for _, name := range keep {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(dir, "config.toml"); err != nil {
		t.Fatal(err)
	}
	if list := names(t, dir); len(list) != len(keep) {
		t.Errorf("%q are left, want %q", list, keep)
	}
	if err := Sweep(filepath.Join(dir, "none"), "x"); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if list := names(t, dir); len(list) != len(keep)-1 || slices.Contains(list, ".other.json"+number) {
		t.Errorf("of any file, %q are left", list)
	}
}

// Where others may be writing, what was written to within a day stays.
func TestSweepOld(t *testing.T) {
	dir := t.TempDir()
	day := time.Now().Add(-25 * time.Hour)
	for name, old := range map[string]bool{".teacher.safetensors1234567890123456789": true, ".pool.safetensors7777777777777777777": false, "pool.safetensors": true, ".profile": true} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if old {
			if err := os.Chtimes(path, day, day); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := SweepOld(dir); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{".pool.safetensors7777777777777777777", ".profile", "pool.safetensors"}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "x")
	if err := Write(path, nil, 0o644); !os.IsNotExist(err) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}
