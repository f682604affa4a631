package event

import (
	"io"
	"os"
	"sync"
)

// Follower reads a log that another process writes: Index returns what is there whenever it is called. It is safe for
// concurrent use, and keeps no file open.
type Follower struct {
	path string

	mu     sync.Mutex
	found  surveyed
	latest Index
}

// Follow follows the log at path, which need not be there yet.
func Follow(path string) *Follower { return &Follower{path: path} }

// Index reads what was appended since the last call, and returns all there is: whole records, up to one that is being
// written. A log that became shorter is read anew; one that cannot be read is as it was.
func (f *Follower) Index() Index {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.Open(f.path)
	if err != nil {
		return f.latest
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return f.latest
	}
	size, before := info.Size(), len(f.found.entries)
	if f.found.end == 0 || size < f.found.end {
		f.found, err = survey(file, size)
		before = -1
	} else {
		err = f.found.extend(newReader(io.NewSectionReader(file, f.found.end, size-f.found.end), f.found.end), size)
	}
	if err == nil && len(f.found.entries) != before {
		n := len(f.found.entries)
		f.latest = newIndex(f.found.entries[:n:n])
	}
	return f.latest
}

// ReadAt reads the file.
func (f *Follower) ReadAt(p []byte, offset int64) (int, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.ReadAt(p, offset)
}
