//go:build unix

package run

import (
	"errors"
	"os"
	"syscall"
)

// lockOpen locks an open folder until it is closed. On a file system that cannot, as some over a network, it counts as held.
func lockOpen(dir *os.File) (held bool, err error) {
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return true, nil
}
