// Package wholefile writes files that are whole and on disk, or not there: into a file of another name beside the target,
// which is synced and then renamed, as is the folder after it.
//
//	f, err := wholefile.Create(path, 0o644)
//	if err != nil {
//		return err
//	}
//	defer f.Abort() // does nothing after Commit
//	...
//	return f.Commit()
package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
)

// File is a file in the making.
type File struct {
	*os.File
	pending *renameio.PendingFile
	path    string
}

// Create begins the file that Commit puts at path. It lies in path's own folder, with a name that Sweep knows: nowhere else
// may others read it, or a rename have to copy.
func Create(path string, mode os.FileMode) (*File, error) {
	p, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(mode))
	if err != nil {
		return nil, err
	}
	return &File{p.File, p, path}, nil
}

// Commit syncs the file, gives it its name, and syncs the folder.
func (f *File) Commit() error {
	if err := f.pending.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(f.path))
}

// Abort removes a file that was not committed.
func (f *File) Abort() { f.pending.Cleanup() }

// Write puts data at path.
func Write(path string, data []byte, mode os.FileMode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// SyncFolder makes names of a folder last: after a rename or a removal in it. File systems that cannot say so.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// SyncFolders is SyncFolder of a folder and of all in it.
func SyncFolders(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return SyncFolder(path)
	})
}

// Sweep removes from a folder what writers of the files named, or of any, left when they were killed. Nobody may be writing
// there. A folder that is not there is clean.
func Sweep(dir string, names ...string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	left := func(entry string) bool {
		of, hidden := strings.CutPrefix(strings.TrimRight(entry, "-0123456789"), ".")
		return hidden && of != "" && len(entry) > len(of)+1 && (len(names) == 0 || slices.Contains(names, of))
	}
	for _, e := range entries {
		if e.Type().IsRegular() && left(e.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
