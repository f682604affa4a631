package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reta/server/parquet"
)

// source is an opened folder or archive.
type source struct {
	fs.FS
	close   func() error
	archive bool
}

// openSource opens a folder, a zip, a tar, a tar.gz or a Parquet file for reading. A
// tar.gz is unpacked once to memory, or to a nameless file in scratch when large.
// Links in a folder are followed (see folder), links in an archive refused.
func openSource(ctx context.Context, path, scratch string, lim limits, report func(done, total int64)) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return &source{folder(path), func() error { return nil }, false}, nil
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is %s: want a folder or an archive", kindOf(info.Mode()))
	}
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		z, err := openZip(f, info.Size(), lim)
		if err != nil {
			f.Close()
			return nil, err
		}
		return &source{z, f.Close, true}, nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		defer f.Close()
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		t, err := openTar(ctx, f, info.Size(), scratch, lim, report)
		if err != nil {
			return nil, err
		}
		return &source{t, t.Close, true}, nil
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		t := newUnpacked(scratch)
		if err := t.index(ctx, f, info.Size(), "", lim, report); err != nil {
			f.Close()
			return nil, err
		}
		t.sort()
		return &source{t, f.Close, true}, nil
	case parquet.IsParquet(head):
		t := newUnpacked(scratch)
		t.put(strings.ToValidUTF8(filepath.Base(path), "?"), span{in: f, size: info.Size()})
		t.sort()
		return &source{t, f.Close, true}, nil
	}
	f.Close()
	return nil, fmt.Errorf("file of %d bytes is neither zip, tar, tar.gz nor Parquet (it starts with % x): want a folder or such a file",
		info.Size(), head[:min(4, len(head))])
}

// openZip checks a zip's directory against lim.
func openZip(r io.ReaderAt, size int64, lim limits) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("damaged zip (%w): copy, download or make it again, or give the folder unpacked", err)
	}
	if len(z.File) > lim.entries {
		return nil, fmt.Errorf("zip of %d entries: want at most %d", len(z.File), lim.entries)
	}
	var packed, unpacked uint64
	for _, f := range z.File {
		name, err := cleanName(f.Name)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) {
			name += "/" // a folder
		}
		f.Name = name
		if m := f.Mode(); !m.IsRegular() && !m.IsDir() {
			return nil, fmt.Errorf("zip entry %q is %s: want only files and folders; archive the files that links lead to", f.Name, kindOf(m))
		}
		if f.UncompressedSize64 > uint64(lim.file) {
			return nil, fmt.Errorf("zip entry %q claims %d bytes: want at most %d", f.Name, f.UncompressedSize64, lim.file)
		}
		packed += f.CompressedSize64
		unpacked += f.UncompressedSize64
		if unpacked > uint64(lim.bytes) {
			return nil, fmt.Errorf("zip claims more than %d bytes unpacked", lim.bytes)
		}
	}
	if unpacked > uint64(lim.slack) && unpacked/uint64(lim.ratio) > packed {
		return nil, fmt.Errorf("zip claims %d bytes from %d: more than %d times as many, refused as a bomb", unpacked, packed, lim.ratio)
	}
	return z, nil
}

// readExactly reads size bytes, checked before, and wants the end after them.
func readExactly(r io.Reader, size int64) ([]byte, error) {
	data := make([]byte, size)
	if n, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("cut after %d of %d bytes: %w", n, size, err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != nil && err != io.EOF {
		return nil, fmt.Errorf("does not end after %d bytes (%v)", size, err)
	}
	return data, nil
}
