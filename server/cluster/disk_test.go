package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// JetStream's code of a message that is not stored stands for a full disk as well as for one that is there already.
func TestRefusalIsNoFullDisk(t *testing.T) {
	for text, want := range map[string]bool{"maximum messages per subject exceeded": true, "write 1.blk: no space left on device": false} {
		err := &jetstream.APIError{Code: 503, ErrorCode: notStored, Description: text}
		if refused(err) != want || !passing(err) {
			t.Errorf("%s: refused %v, may pass %v", text, refused(err), passing(err))
		}
	}
	for _, err := range []error{nil, errMessage, jetstream.ErrObjectNotFound, &os.PathError{Err: syscall.EACCES}, &jetstream.APIError{Code: 400}} {
		if passing(err) {
			t.Errorf("%v may pass", err)
		}
	}
	if !passing(&os.PathError{Err: syscall.ENOSPC}) {
		t.Error("a full disk does not pass")
	}
}

// A coordinator whose disk fills up, with its broker's store on it, loses nothing: once there is room the items are made, none is set aside, and
// no result is taken for one that somebody else had sent.
func TestDiskOfTheCoordinatorFillsUp(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("needs the right to mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	g := newRigIn(t, disk)
	for _, name := range []string{"a", "b"} {
		g.start(name, func(ctx context.Context, item Item, inputs map[string]string, folder string) error {
			pause(ctx, 20*time.Millisecond)
			return errors.Join(copies(ctx, item, inputs, folder), os.WriteFile(filepath.Join(folder, "more"), make([]byte, 100<<10), 0o644))
		})
	}
	full := 0
	var filling sync.WaitGroup
	filling.Go(func() {
		for ; full < 3; full++ {
			pause(t.Context(), 700*time.Millisecond)
			_ = os.WriteFile(filepath.Join(disk, "hog"), make([]byte, 16<<20), 0o644) // as much as there is room for
			pause(t.Context(), 1500*time.Millisecond)
			_ = os.Remove(filepath.Join(disk, "hog"))
			pause(t.Context(), 1500*time.Millisecond)
		}
	})
	items := itemsOf(60)
	failed := g.makeAll(items)
	filling.Wait()
	if len(failed) > 0 || len(g.made) != len(items) || len(g.lost) > 0 {
		t.Errorf("%v failed, %d made, lost %q", failed, len(g.made), g.lost)
	}
	g.check(items, failed)
}
