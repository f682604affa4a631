package dataset

import (
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

// The largest known good values: ImageNet-1K has 1.4 million entries, its
// largest training image 21 million pixels; the training file of CIFAR-100
// has 154 MB; photographs shrink by a few per cent in an archive.
var defaultLimits = limits{
	entries: 4 << 20,
	bytes:   256 << 30,
	file:    512 << 20,
	ratio:   100,
	slack:   64 << 20,
	side:    1 << 14,
	pixels:  32 << 20,
}

// cleanName returns an archive entry's name as a path under the root ("./a/" is
// "a"), or an error when it leads elsewhere.
func cleanName(name string) (string, error) {
	n := strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	if n == "" {
		n = "."
	}
	if !fs.ValidPath(n) || strings.ContainsAny(n, "\\\x00") {
		return "", fmt.Errorf("entry %q leads outside of the archive: refused", name)
	}
	return n, nil
}

// readFile reads a whole file of at most max bytes.
func readFile(fsys fs.FS, name string, max int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is a %s: want a file", name, info.Mode().Type())
	}
	if info.Size() > max {
		return nil, fmt.Errorf("%s: %d bytes: want at most %d", name, info.Size(), max)
	}
	return readExactly(f, name, info.Size())
}
