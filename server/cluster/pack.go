package cluster

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"reta/shared/wholefile"
)

// Bounds of a packed folder.
const (
	mostFiles = 4 << 20
	mostBytes = 1 << 40
)

// pack writes the files of a folder, or one file, as a tar whose bytes follow from names and contents alone. Of a folder skip, if not
// nil, says which paths in it are left out.
func pack(w io.Writer, path string, skip func(path string) bool) error {
	out := tar.NewWriter(w)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	if !info.IsDir() {
		if err := packFile(out, path, filepath.Base(path)); err != nil {
			return err
		}
		return out.Close()
	}
	err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error { // in the order of names
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, file)
		switch {
		case err != nil || name == ".":
			return err
		case skip != nil && skip(name) && d.IsDir():
			return fs.SkipDir
		case skip != nil && skip(name):
			return nil
		case d.IsDir():
			return out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: filepath.ToSlash(name) + "/", Mode: 0o755, Format: tar.FormatPAX})
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no file: want files and folders alone", file)
		}
		return packFile(out, file, filepath.ToSlash(name))
	})
	if err != nil {
		return fmt.Errorf("pack %s: %w", path, err)
	}
	return out.Close()
}

func packFile(out *tar.Writer, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: info.Size(), Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := io.CopyN(out, f, info.Size()); err != nil {
		return fmt.Errorf("%s changes while it is read: %w", path, err)
	}
	return nil
}

// unpack makes a folder, which is not there, of a packed one. A name that leads out of it, a link, and anything beyond the bounds are
// refused. On an error what was made stays, for the caller to remove.
func unpack(r io.Reader, folder string) error {
	if err := wholefile.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	in := tar.NewReader(r)
	var files, bytes int64
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpack: %w: want a packed folder", err)
		}
		if files, bytes = files+1, bytes+max(0, h.Size); files > mostFiles || h.Size < 0 || bytes > mostBytes {
			return fmt.Errorf("unpack: %d entries, %d bytes: want at most %d and %d", files, bytes, mostFiles, int64(mostBytes))
		}
		if !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return fmt.Errorf("unpack: %.100q: want a name in the folder", h.Name)
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(filepath.FromSlash(h.Name), 0o755)
		case tar.TypeReg:
			err = unpackFile(root, filepath.FromSlash(h.Name), in)
		default:
			err = fmt.Errorf("%.100q is of type %q: want files and folders alone", h.Name, h.Typeflag)
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	}
}

func unpackFile(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
