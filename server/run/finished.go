package run

import (
	"fmt"
	"os"
)

// OpenFinished opens the folder of a run that has exported its images, for what is made of them. It is locked while it is
// open.
func OpenFinished(path string) (*Folder, error) {
	c, err := ReadFolder(path)
	if err != nil {
		return nil, err
	}
	if !exported(path) {
		return nil, fmt.Errorf("run folder %s: it has no export yet: finish the run with --resume %s", path, path)
	}
	lock, err := lockFolder(path, "folder")
	return &Folder{Path: path, Config: c, Resumed: true, lock: lock}, err
}

// LockFolder makes a folder that is no run's and keeps other processes from it until unlock is called.
func LockFolder(path string) (unlock func(), err error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	lock, err := lockFolder(path, "folder")
	if err != nil {
		return nil, err
	}
	return func() {
		_ = os.Remove(lock.file.Path()) // best effort: an empty file that hurts nobody
		_ = lock.Close()
	}, nil
}
