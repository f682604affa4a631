package label

import (
	"os"
	"path/filepath"
)

// held is the size of the files in a folder.
func held(dir string) (bytes int64) {
	entries, _ := os.ReadDir(dir) // none where there is no folder yet
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
	}
	return bytes
}

// diskFree is the space that is free for files of a folder, which need not be there yet.
func diskFree(dir string) (bytes int64, known bool) {
	for {
		if _, err := os.Stat(dir); err == nil {
			return freeAt(dir)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return 0, false
		}
		dir = up
	}
}
