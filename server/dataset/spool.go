package dataset

import (
	"io"
	"os"
)

// inMemory is how much of an unpacked archive stays in memory.
const inMemory = 256 << 20

// spool holds bytes in memory, or in a temporary file once there are more than keep.
type spool struct {
	dir  string
	keep int64
	mem  [][]byte // pieces of exactly chunk bytes, but for the last
	file *os.File
	size int64
}

const chunk = 4 << 20

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) > s.keep {
		if err := os.MkdirAll(s.dir, 0o755); err != nil {
			return 0, err
		}
		f, err := os.CreateTemp(s.dir, "unpacked-*")
		if err != nil {
			return 0, err
		}
		s.file = f
		os.Remove(f.Name()) // gone with the process; where that is not possible, Close removes it
		for _, piece := range s.mem {
			if _, err := f.Write(piece); err != nil {
				return 0, err
			}
		}
		s.mem = nil
	}
	s.size += int64(len(p))
	if s.file != nil {
		return s.file.Write(p)
	}
	for rest := p; len(rest) > 0; {
		last := len(s.mem) - 1
		if last < 0 || len(s.mem[last]) == chunk {
			s.mem = append(s.mem, nil)
			last++
		}
		n := min(len(rest), chunk-len(s.mem[last]))
		s.mem[last] = append(s.mem[last], rest[:n]...)
		rest = rest[n:]
	}
	return len(p), nil
}

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(p []byte, off int64) (n int, err error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	for n < len(p) {
		at := off + int64(n)
		if at >= s.size {
			return n, io.EOF
		}
		n += copy(p[n:], s.mem[at/chunk][at%chunk:])
	}
	return n, nil
}

// close forgets the content.
func (s *spool) close() error {
	s.mem = nil
	if f := s.file; f != nil {
		s.file = nil
		os.Remove(f.Name())
		return f.Close()
	}
	return nil
}
