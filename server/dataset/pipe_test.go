//go:build unix

package dataset

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A named pipe among the images is named, and nothing waits for a writer.
func TestPipesAreNotOpened(t *testing.T) {
	dir := write(t, classFolders(t, 4, "cat", "dog"))
	if err := syscall.Mkfifo(filepath.Join(dir, "train/cat/pipe.png"), 0o644); err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	go func() {
		d, err := Open(context.Background(), Options{Name: "path:" + dir})
		if err != nil {
			done <- err.Error()
			return
		}
		defer d.Close()
		done <- fmt.Sprint(d.Skipped())
	}()
	select {
	case got := <-done:
		if got != "[{train/cat/pipe.png is a named pipe: want a regular file}]" {
			t.Errorf("says %s", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("waits for ever")
	}
	if _, err := Open(context.Background(), Options{Name: "imagefolder", Data: filepath.Join(dir, "train/cat/pipe.png")}); err == nil || !strings.Contains(err.Error(), "is a named pipe: want a folder or an archive") {
		t.Errorf("a pipe as data: %v", err)
	}
}
