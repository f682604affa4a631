package run

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// A folder in which a process works is waited for, one that is not there or idle is not.
func TestAwait(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none")} {
		if err := Await(t.Context(), path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	unlock, err := LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := Await(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while another works: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, unlock)
	if err := Await(t.Context(), dir); err != nil {
		t.Errorf("after the other has ended: %v", err)
	}
}
