package dataset

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// unpacked is the content of an archive as a file system: the names of its files,
// and where the bytes of each lie. No name of the archive ever reaches the disk.
type unpacked struct {
	names []string // sorted; folders included
	at    map[string]span
	blob  *spool // of what had to be unpacked
}

// span is where a file's bytes lie.
type span struct {
	in        io.ReaderAt
	off, size int64
	dir       bool
}

func newUnpacked(scratch string) *unpacked {
	return &unpacked{at: map[string]span{".": {dir: true}}, blob: &spool{dir: scratch, keep: inMemory}}
}

// copy keeps the bytes of r.
func (t *unpacked) copy(r io.Reader) (span, error) {
	s := span{in: t.blob, off: t.blob.size}
	n, err := io.Copy(t.blob, r)
	s.size = n
	return s, err
}

// put adds a file and the folders above it.
func (t *unpacked) put(name string, s span) {
	t.addDir(path.Dir(name))
	t.at[name] = s
}

func (t *unpacked) addDir(name string) {
	for ; name != "."; name = path.Dir(name) {
		if _, known := t.at[name]; known {
			return
		}
		t.at[name] = span{dir: true}
	}
}

// sort ends the adding of files.
func (t *unpacked) sort() {
	t.names = t.names[:0]
	for name := range t.at {
		t.names = append(t.names, name)
	}
	slices.Sort(t.names)
}

// Close forgets the content.
func (t *unpacked) Close() error { return t.blob.close() }

// Open implements fs.FS.
func (t *unpacked) Open(name string) (fs.File, error) {
	s, ok := t.at[name]
	if !ok || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	f := &unpackedFile{info: unpackedInfo{path.Base(name), s}}
	if !s.dir {
		f.SectionReader = io.NewSectionReader(s.in, s.off, s.size)
		return f, nil
	}
	f.list = t.list(name)
	return f, nil
}

// list returns a folder's entries in order.
func (t *unpacked) list(dir string) []fs.DirEntry {
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
			out = append(out, fs.FileInfoToDirEntry(unpackedInfo{rest, t.at[n]}))
		}
	}
	return out
}

// unpackedFile is an open file or folder.
type unpackedFile struct {
	*io.SectionReader
	info unpackedInfo
	list []fs.DirEntry
}

func (f *unpackedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *unpackedFile) Close() error               { return nil }

func (f *unpackedFile) Read(p []byte) (int, error) {
	if f.info.dir {
		return 0, &fs.PathError{Op: "read", Path: f.info.name, Err: errors.New("is a folder")}
	}
	return f.SectionReader.Read(p)
}

func (f *unpackedFile) ReadDir(n int) ([]fs.DirEntry, error) {
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

type unpackedInfo struct {
	name string
	span
}

func (i unpackedInfo) Name() string       { return i.name }
func (i unpackedInfo) Size() int64        { return i.size }
func (i unpackedInfo) ModTime() time.Time { return time.Time{} }
func (i unpackedInfo) IsDir() bool        { return i.dir }
func (i unpackedInfo) Sys() any           { return nil }
func (i unpackedInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
