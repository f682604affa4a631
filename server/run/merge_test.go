package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/event"
)

// Two merges into one new folder: the second is refused while the first works, and neither leaves an empty folder behind.
func TestMergesIntoOneFolder(t *testing.T) {
	out := filepath.Join(t.TempDir(), "merged")
	unlock, err := lockNew(out)
	if err != nil {
		t.Fatal(err)
	}
	again := func() error { return mergeRecovered(t.Context(), out, nil, func(event.Event) {}) }
	if err := again(); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), out) {
		t.Errorf("while another merge works: %v", err)
	}
	unlock()
	if _, err := os.Stat(out); err == nil {
		t.Error("an empty folder is left")
	}
	if err := os.MkdirAll(filepath.Join(out, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := again(); err == nil || errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "is not empty (a)") {
		t.Errorf("into a folder that is not empty: %v", err)
	}
}
