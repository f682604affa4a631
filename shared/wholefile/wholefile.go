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
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"reta/shared/fault"
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
	if err := fault.File("create", path); err != nil {
		return nil, err
	}
	p, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(mode))
	if err != nil {
		return nil, err
	}
	return &File{p.File, p, path}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	if err := fault.File("write", f.path); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

// Commit syncs the file, gives it its name, and syncs the folder.
func (f *File) Commit() error {
	if err := fault.File("rename", f.path); err != nil {
		return err
	}
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

// Fill creates a file in a folder that is not in its place yet, has it written, and syncs it.
func Fill(path string, write func(io.Writer) error) error {
	if err := fault.File("create", path); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err = write(&File{File: file, path: path}); err == nil {
		if err = fault.File("sync", path); err == nil {
			err = file.Sync()
		}
	}
	return errors.Join(err, file.Close())
}

// MkdirAll is os.MkdirAll.
func MkdirAll(path string, mode os.FileMode) error {
	if err := fault.File("mkdir", path); err != nil {
		return err
	}
	return os.MkdirAll(path, mode)
}

// Rename is os.Rename.
func Rename(from, to string) error {
	if err := fault.File("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// Remove is os.Remove.
func Remove(path string) error {
	if err := fault.File("remove", path); err != nil {
		return err
	}
	return os.Remove(path)
}

// RemoveAll is os.RemoveAll.
func RemoveAll(path string) error {
	if err := fault.File("remove", path); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// SyncFolder makes names of a folder last: after a rename or a removal in it. File systems that cannot say so.
func SyncFolder(dir string) error {
	if err := fault.File("sync", dir); err != nil {
		return err
	}
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
func Sweep(dir string, names ...string) error { return sweep(dir, 0, names) }

// SweepOld is Sweep of a folder where others may be writing: of files that nobody has written to for a day.
func SweepOld(dir string) error { return sweep(dir, 24*time.Hour, nil) }

// SweepFolders is Sweep of a folder and of all in it.
func SweepFolders(root string) error {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return Sweep(path)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func sweep(dir string, age time.Duration, names []string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		of := inTheMaking(e.Name())
		if !e.Type().IsRegular() || of == "" || len(names) > 0 && !slices.Contains(names, of) {
			continue
		}
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < age {
			continue // gone, or in the making
		}
		err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
	}
	return err
}

// fewest digits that the random number of 63 bits has with which the name of a file in the making ends: one in a hundred thousand
// has fewer, and stays. The names of others' files, which may lie in the same folder, end with fewer too.
const fewest = 15

// inTheMaking is the name that an entry of a folder would have had when it was whole, "" for any other file.
func inTheMaking(entry string) string {
	of := strings.TrimRight(entry, "0123456789")
	if name, hidden := strings.CutPrefix(of, "."); hidden && len(entry)-len(of) >= fewest {
		return name
	}
	return ""
}
