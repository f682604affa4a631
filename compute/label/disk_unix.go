//go:build linux || darwin

package label

import "syscall"

// freeAt is what the file system of a folder has free for this user.
func freeAt(dir string) (bytes int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
