package engine

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// savedIn changes when something that costs time is saved below some folders: checkpoints, labels, trials, teachers in training.
// What changes at every start, as the driver's own cache, or is left by a crash, as a file in the making, is none of it: its name
// has another ending. Of files that are opened at a start to be appended to the size counts alone.
func savedIn(folders ...string) string {
	h := fnv.New64a()
	for _, folder := range folders {
		if folder == "" {
			continue
		}
		filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".safetensors", ".part"}, filepath.Ext(path)) {
				return nil
			}
			if info, err := d.Info(); err == nil {
				fmt.Fprintln(h, path, info.Size())
				if strings.Contains(d.Name(), ".safetensors") { // written as a whole
					fmt.Fprintln(h, info.ModTime().UnixNano())
				}
			}
			return nil
		})
	}
	return fmt.Sprint(h.Sum64())
}
