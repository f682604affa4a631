package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folder is a folder of the user's disk as a file system. Links in it are
// followed wherever they lead, as caches, version control of data and subsets
// made of links need, but only regular files are opened: a pipe or a device
// would block or act when opened. (Archives have no links: see source.)
type folder string

func (f folder) path(op, name string) (string, error) {
	if !validPath(name) {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return filepath.Join(string(f), filepath.FromSlash(name)), nil
}

// validPath is fs.ValidPath for names of any encoding.
func validPath(name string) bool { return fs.ValidPath(strings.ToValidUTF8(name, "?")) }

// Open implements fs.FS. It never blocks.
func (f folder) Open(name string) (fs.File, error) {
	path, err := f.path("open", name)
	if err != nil {
		return nil, err
	}
	file, err := openRegular(path)
	return file, f.explain(path, name, err)
}

// openRegular opens a regular file or a folder, following links.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path) // opening some devices has effects
	if err != nil {
		return nil, err
	}
	if err := regular(info); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // should a pipe take its place meanwhile
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = regular(info)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// regular refuses what is neither file nor folder.
func regular(info fs.FileInfo) error {
	if m := info.Mode(); !m.IsRegular() && !m.IsDir() {
		return fmt.Errorf("is %s: want a regular file", kindOf(m))
	}
	return nil
}

// Stat implements fs.StatFS.
func (f folder) Stat(name string) (fs.FileInfo, error) {
	path, err := f.path("stat", name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	return info, f.explain(path, name, err)
}

// Sub implements fs.SubFS.
func (f folder) Sub(name string) (fs.FS, error) {
	path, err := f.path("sub", name)
	return folder(path), err
}

// ReadDir implements fs.ReadDirFS.
func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	path, err := f.path("readdir", name)
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(path)
	return list, f.explain(path, name, err)
}

// explain names the file within the folder, and the target of a link that leads nowhere.
func (f folder) explain(path, name string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if to, e := os.Readlink(path); e == nil {
			return fmt.Errorf("is a link to %s: %w; fetch that file (dvc pull, git annex get, ...) or remove the link", to, fs.ErrNotExist)
		}
	}
	var in *fs.PathError
	if errors.As(err, &in) {
		err = in.Err
	}
	return &fs.PathError{Op: "open", Path: name, Err: err}
}

// kindOf names a kind of file in words.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a link"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m.IsRegular():
		return "a file"
	}
	return "neither file nor folder"
}
