package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// limits bound what a source may make us do.
type limits struct {
	entries int   // files and folders in an archive
	bytes   int64 // all of an archive, unpacked
	file    int64 // one file, unpacked
	ratio   int64 // unpacked to packed, counted once slack bytes are out
	slack   int64
	side    int   // pixels along one side of an image
	pixels  int64 // pixels of an image
}

// The largest known good values: ImageNet-1K has 1.4 million entries; the training
// file of CIFAR-100 has 154 MB; photographs shrink by a few per cent in an
// archive; telephones make photographs of 48 million pixels, and Pillow warns
// from the number taken here. Images that are decoded at the same time have no
// more pixels together (2.5 GB, see pixelCost), their files no more bytes than
// one file may have.
var defaultLimits = limits{
	entries: 4 << 20,
	bytes:   256 << 30,
	file:    512 << 20,
	ratio:   100,
	slack:   64 << 20,
	side:    1 << 16,
	pixels:  89_478_485,
}

// cleanName returns an archive entry's name as a path under the root ("./a/" is
// "a", and so is `.\a\`, as some tools of Windows write it; what is not UTF-8
// becomes "?"), or an error when it leads elsewhere.
func cleanName(name string) (string, error) {
	n := strings.ReplaceAll(strings.ToValidUTF8(name, "?"), `\`, "/")
	n = strings.TrimSuffix(strings.TrimPrefix(n, "./"), "/")
	if n == "" {
		n = "."
	}
	if !fs.ValidPath(n) || strings.Contains(n, "\x00") {
		return "", fmt.Errorf("entry %q leads outside of the archive: refused", name)
	}
	return n, nil
}

// readFile reads a whole file of at most most bytes.
func readFile(fsys fs.FS, name string, most int64) ([]byte, error) {
	f, size, err := openFile(fsys, name, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	data, err := readExactly(f, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// openFile opens a regular file of at most most bytes and tells its size. Errors
// do not name the file.
func openFile(fsys fs.FS, name string, most int64) (fs.File, int64, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, 0, nameless(err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = nameless(err)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("is %s: want a regular file", kindOf(info.Mode()))
	case info.Size() > most:
		err = fmt.Errorf("%d bytes: want at most %d", info.Size(), most)
	default:
		return f, info.Size(), nil
	}
	f.Close()
	return nil, 0, err
}

// nameless is an error without the path it begins with.
func nameless(err error) error {
	var in *fs.PathError
	if errors.As(err, &in) {
		return in.Err
	}
	return err
}

// tolerated is how many unreadable images of a set are left out rather than an
// error: one in a hundred, and in a small set up to five, at most one in four.
func tolerated(images int) int { return max(images/100, min(5, images/4)) }
