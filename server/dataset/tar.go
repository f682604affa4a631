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
	"strings"
)

// openTar unpacks a tar.gz of size packed bytes, or a tar, from r.
func openTar(ctx context.Context, r io.Reader, size int64, scratch string, lim limits, report func(done, total int64)) (*unpacked, error) {
	packed := &counter{r: r}
	in := bufio.NewReaderSize(packed, 1<<18)
	var content io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, damaged(err)
		}
		content = z
	}
	t := newUnpacked(scratch)
	stream := tar.NewReader(&ratioReader{r: content, packed: packed, lim: lim})
	keep := func(*tar.Header) (span, error) { return t.copy(stream) }
	if err := t.read(ctx, stream, "", lim, keep, func() { report(packed.n, size) }); err != nil {
		t.Close()
		return nil, err
	}
	// The archive's end may be followed by padding; gzip's checksum stands behind it.
	if _, err := io.Copy(io.Discard, &ratioReader{r: content, packed: packed, lim: lim}); err != nil {
		t.Close()
		return nil, damaged(err)
	}
	t.sort()
	return t, nil
}

// index adds the files of a tar of size bytes, which stay where they are in r,
// under the folder dir.
func (t *unpacked) index(ctx context.Context, r io.ReaderAt, size int64, dir string, lim limits, report func(done, total int64)) error {
	section := io.NewSectionReader(r, 0, size)
	at := int64(0)
	keep := func(h *tar.Header) (span, error) {
		var err error
		at, err = section.Seek(0, io.SeekCurrent)
		if err == nil && h.Size > size-at {
			err = fmt.Errorf("%q is cut after %d of %d bytes: %w", h.Name, size-at, h.Size, io.ErrUnexpectedEOF)
		}
		return span{in: r, off: at, size: h.Size}, err
	}
	return t.read(ctx, tar.NewReader(section), dir, lim, keep, func() { report(at, size) })
}

// read adds the files of a tar under the folder dir; keep says where the bytes of one are.
func (t *unpacked) read(ctx context.Context, r *tar.Reader, dir string, lim limits, keep func(*tar.Header) (span, error), report func()) error {
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
		name = path.Join(dir, name)
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
			if of, ok := t.at[path.Join(dir, to)]; ok && err == nil && !of.dir {
				t.put(name, of)
				continue
			}
			return fmt.Errorf("tar entry %q is a second name of %q, which is no file before it: refused", h.Name, h.Linkname)
		case tar.TypeDir:
			t.addDir(name)
			continue
		default:
			return fmt.Errorf("tar entry %q is a link or device: want only files and folders; archive the files that links lead to (tar --dereference)", h.Name)
		}
		if sparse(h) {
			return fmt.Errorf("tar entry %q has holes: archive it without --sparse", h.Name)
		}
		if h.Size > lim.file {
			return fmt.Errorf("tar entry %q claims %d bytes: want at most %d", h.Name, h.Size, lim.file)
		}
		s, err := keep(h)
		if err != nil {
			return damaged(err)
		}
		t.put(name, s)
	}
}

// sparse reports whether only parts of a file's bytes are in the tar.
func sparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
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
