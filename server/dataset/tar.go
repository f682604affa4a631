package dataset

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// tarFS is an unpacked tar: the content of its files end to end in one blob,
// and where each lies. No name of the archive ever reaches the disk.
type tarFS struct {
	names []string // sorted; folders included
	at    map[string]span
	blob  *spool
}

type span struct {
	off, size int64
	dir       bool
}

// openTar reads a tar or tar.gz of size packed bytes from r.
func openTar(ctx context.Context, r io.Reader, size int64, scratch string, lim limits, report func(done, total int64)) (*tarFS, error) {
	packed := &counter{r: r}
	in := bufio.NewReaderSize(packed, 1<<18)
	var unpacked io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, damaged(err)
		}
		unpacked = z
	}
	t := &tarFS{at: map[string]span{".": {dir: true}}, blob: &spool{dir: scratch, keep: inMemory}}
	if err := t.read(ctx, tar.NewReader(&ratioReader{r: unpacked, packed: packed, lim: lim}), lim, func() { report(packed.n, size) }); err != nil {
		t.Close()
		return nil, err
	}
	// The archive's end may be followed by padding; gzip's checksum stands behind it.
	if _, err := io.Copy(io.Discard, &ratioReader{r: unpacked, packed: packed, lim: lim}); err != nil {
		t.Close()
		return nil, damaged(err)
	}
	for name := range t.at {
		t.names = append(t.names, name)
	}
	slices.Sort(t.names)
	return t, nil
}

func (t *tarFS) read(ctx context.Context, r *tar.Reader, lim limits, report func()) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := r.Next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return damaged(err)
		}
		report()
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		name, err := cleanName(h.Name)
		if err != nil {
			return err
		}
		if _, twice := t.at[name]; twice && h.Typeflag != tar.TypeDir {
			return fmt.Errorf("tar entry %q comes twice", h.Name)
		}
		if len(t.at) >= lim.entries {
			return fmt.Errorf("tar of more than %d entries", lim.entries)
		}
		switch h.Typeflag {
		case tar.TypeReg:
		case tar.TypeLink: // a second name of a file before it
			to, err := cleanName(h.Linkname)
			if of, ok := t.at[to]; ok && err == nil && !of.dir {
				t.addDir(path.Dir(name))
				t.at[name] = of
				continue
			}
			return fmt.Errorf("tar entry %q is a second name of %q, which is no file before it: refused", h.Name, h.Linkname)
		case tar.TypeDir:
			t.addDir(name)
			continue
		default:
			return fmt.Errorf("tar entry %q is a link or device: want only files and folders; archive the files that links lead to (tar --dereference)", h.Name)
		}
		if h.Size > lim.file {
			return fmt.Errorf("tar entry %q claims %d bytes: want at most %d", h.Name, h.Size, lim.file)
		}
		t.addDir(path.Dir(name))
		t.at[name] = span{off: t.blob.size, size: h.Size}
		if _, err := io.Copy(t.blob, r); err != nil {
			return damaged(err)
		}
	}
}

func (t *tarFS) addDir(name string) {
	for ; name != "."; name = path.Dir(name) {
		if _, known := t.at[name]; known {
			return
		}
		t.at[name] = span{dir: true}
	}
}

// damaged says that an archive is broken, leaving our own errors as they are.
func damaged(err error) error {
	var own *limitError
	var disk *fs.PathError
	if errors.As(err, &own) || errors.As(err, &disk) {
		return err
	}
	return fmt.Errorf("damaged archive (%w): copy, download or make it again, or give the folder unpacked", err)
}

type limitError struct{ text string }

func (e *limitError) Error() string { return e.text }

// counter counts the packed bytes read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ratioReader fails when a stream unpacks to too much, in all or for its packed size.
type ratioReader struct {
	r      io.Reader
	packed *counter
	lim    limits
	n      int64
}

func (g *ratioReader) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	if g.n > g.lim.bytes {
		return n, &limitError{fmt.Sprintf("archive unpacks to more than %d bytes", g.lim.bytes)}
	}
	if g.n > g.lim.slack && g.n/g.lim.ratio > g.packed.n {
		return n, &limitError{fmt.Sprintf("archive unpacks to more than %d times its size: refused as a bomb", g.lim.ratio)}
	}
	return n, err
}

// Close forgets the content.
func (t *tarFS) Close() error { return t.blob.close() }

// Open implements fs.FS.
func (t *tarFS) Open(name string) (fs.File, error) {
	s, ok := t.at[name]
	if !ok || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	f := &tarFile{info: tarInfo{path.Base(name), s}}
	if !s.dir {
		f.SectionReader = io.NewSectionReader(t.blob, s.off, s.size)
		return f, nil
	}
	f.list = t.list(name)
	return f, nil
}

// list returns a folder's entries in order.
func (t *tarFS) list(dir string) []fs.DirEntry {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	from, _ := slices.BinarySearch(t.names, prefix)
	var out []fs.DirEntry
	for _, n := range t.names[from:] {
		rest, inside := strings.CutPrefix(n, prefix)
		if !inside {
			break
		}
		if n != "." && rest != "" && !strings.Contains(rest, "/") {
			out = append(out, fs.FileInfoToDirEntry(tarInfo{rest, t.at[n]}))
		}
	}
	return out
}

// tarFile is an open file or folder.
type tarFile struct {
	*io.SectionReader
	info tarInfo
	list []fs.DirEntry
}

func (f *tarFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *tarFile) Close() error               { return nil }

func (f *tarFile) Read(p []byte) (int, error) {
	if f.info.dir {
		return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: errors.New("is a folder")}
	}
	return f.SectionReader.Read(p)
}

func (f *tarFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 {
		if len(f.list) == 0 {
			return nil, io.EOF
		}
		n = min(n, len(f.list))
	} else {
		n = len(f.list)
	}
	out := f.list[:n]
	f.list = f.list[n:]
	return out, nil
}

type tarInfo struct {
	name string
	span
}

func (i tarInfo) Name() string       { return i.name }
func (i tarInfo) Size() int64        { return i.size }
func (i tarInfo) ModTime() time.Time { return time.Time{} }
func (i tarInfo) IsDir() bool        { return i.dir }
func (i tarInfo) Sys() any           { return nil }
func (i tarInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
