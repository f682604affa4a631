package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// folderLock keeps other processes from a folder: by the file LOCK in it, which every version of this program knows, and by
// the folder itself, since a file can be removed while it is locked, and then another one be locked in its place.
type folderLock struct {
	file *flock.Flock
	dir  *os.File
}

// lockFolder locks a folder that is there. ErrBusy: another process has it; remedy is what to use another one of.
func lockFolder(path, remedy string) (l *folderLock, err error) {
	l = &folderLock{file: flock.New(filepath.Join(path, "LOCK"))}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	held, err := l.file.TryLock()
	if err == nil && held {
		if l.dir, err = os.Open(path); err == nil {
			held, err = lockOpen(l.dir)
		}
	}
	switch {
	case err != nil:
		return l, fmt.Errorf("folder %s: %w", path, err)
	case !held:
		return l, fmt.Errorf("%w: %s: wait for it, or use another %s", ErrBusy, path, remedy)
	}
	return l, nil
}

// Close gives the folder free.
func (l *folderLock) Close() error {
	err := l.file.Close()
	if l.dir != nil {
		err = errors.Join(err, l.dir.Close())
	}
	return err
}
