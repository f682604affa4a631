package event

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// LogFile keeps the events of a run in a file: a header, then one record per event (see Reader). It is safe for
// concurrent use. What was appended survives the death of the process; Sync makes it survive the machine's.
type LogFile struct {
	mu     sync.Mutex
	file   logFile
	path   string
	offset int64 // end of the last whole record: where the next one goes
	seq    uint64
	cut    int64
	closed bool
}

type logFile interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// OpenLog opens the log at path to append to it, and creates it when there is none. A tail torn by a crash is cut
// at the last whole record; Cut says how much went.
func OpenLog(path string) (*LogFile, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("event log %s: %w", path, err)
	}
	return openLog(file, path, info.Size())
}

func openLog(file logFile, path string, size int64) (*LogFile, error) {
	l := &LogFile{file: file, path: path}
	if err := l.reopen(size); err != nil {
		file.Close()
		return nil, fmt.Errorf("event log %s: %w", path, err)
	}
	return l, nil
}

// reopen reads the first size bytes, cuts the file behind the last whole record, and continues there.
func (l *LogFile) reopen(size int64) error {
	if size < int64(len(header)) {
		// new, or torn while it was made
		part := make([]byte, size)
		if _, err := l.file.ReadAt(part, 0); err != nil && err != io.EOF {
			return err
		}
		if string(part) != header[:size] {
			return errHeader
		}
		if _, err := l.file.WriteAt([]byte(header), 0); err != nil {
			return err
		}
		l.offset, l.seq, l.cut = int64(len(header)), 0, 0
		return l.file.Truncate(l.offset)
	}
	r, err := NewReader(io.NewSectionReader(l.file, 0, size))
	if err != nil {
		return err
	}
	l.seq = 0
	for err == nil || errors.Is(err, ErrUnknownKind) {
		var m Message
		if m, err = r.Next(); m.Seq > 0 {
			l.seq = m.Seq
		}
	}
	if err != io.EOF && !errors.Is(err, ErrTorn) {
		return err
	}
	l.offset = r.Offset()
	l.cut = size - l.offset
	return l.file.Truncate(l.offset)
}

// Append writes e as one record. After an error, such as a full disk, the log is as it was before the call and
// takes further events.
func (l *LogFile) Append(e Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return fmt.Errorf("event log %s: %w", l.path, os.ErrClosed)
	}
	data, err := Encode(Message{Seq: l.seq + 1, Event: e})
	if err != nil {
		return err
	}
	rec := record(data)
	if _, err := l.file.WriteAt(rec, l.offset); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	l.seq++
	l.offset += int64(len(rec))
	return nil
}

// Offset is where the next record goes. A checkpoint keeps it, and a resumed run gives it to Truncate.
func (l *LogFile) Offset() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offset
}

// Cut is the number of bytes of torn tail that OpenLog removed.
func (l *LogFile) Cut() int64 { return l.cut }

// Truncate forgets all records from offset on, as if they had never been appended. Offset must be the start of a
// record, as Offset gave it.
func (l *LogFile) Truncate(offset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if offset < int64(len(header)) || offset > l.offset {
		return fmt.Errorf("event log %s: truncate at %d: want %d to %d", l.path, offset, len(header), l.offset)
	}
	r, err := NewReader(io.NewSectionReader(l.file, 0, l.offset))
	if err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	seq := uint64(0)
	for r.Offset() < offset {
		m, err := r.Next()
		if err != nil && !errors.Is(err, ErrUnknownKind) {
			return fmt.Errorf("event log %s: truncate at %d: %w", l.path, offset, err)
		}
		seq = m.Seq
	}
	if r.Offset() != offset {
		return fmt.Errorf("event log %s: truncate at %d: inside a record that ends at %d", l.path, offset, r.Offset())
	}
	if err := l.file.Truncate(offset); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	l.offset, l.seq = offset, seq
	return nil
}

// Sync returns when all appended events are on the disk.
func (l *LogFile) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	return nil
}

// Close syncs and closes the file. A second call does nothing.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if err := errors.Join(l.file.Truncate(l.offset), l.file.Sync(), l.file.Close()); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	return nil
}
