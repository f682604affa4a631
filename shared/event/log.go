package event

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"reta/shared/fault"
)

// LogFile keeps the events of a run in a file: a header, then one record per event (see Reader), and when it is closed
// an index of them. It is safe for concurrent use, and can be read while it is written: Index returns what is there. What
// was appended survives the death of the process; Close makes it survive the machine's.
type LogFile struct {
	mu     sync.Mutex
	file   logFile
	path   string
	offset int64 // end of the last whole record: where the next one goes
	seq    uint64
	cut    int64
	index  []Entry
	latest Index // as Index gave it last
	closed bool
}

type logFile interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// OpenLog opens the log at path to append to it, and creates it when there is none. The index of a closed log is taken
// off. A tail torn by a crash is cut at the last whole record; Cut says how much went. A log of a newer version is
// ErrNewer and left as it is.
func OpenLog(path string) (*LogFile, error) {
	if err := fault.File("open", path); err != nil {
		return nil, fmt.Errorf("event log: %w", err)
	}
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
			return checkHeader(part)
		}
		if _, err := l.file.WriteAt([]byte(header), 0); err != nil {
			return err
		}
		l.offset, l.seq, l.cut = int64(len(header)), 0, 0
		return l.file.Truncate(l.offset)
	}
	found, err := survey(l.file, size)
	if err != nil {
		return err
	}
	l.index, l.seq, l.offset, l.cut = found.entries, found.seq, found.end, found.cut
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
	if e != nil && e.Kind() == KindIndex {
		return fmt.Errorf("event log %s: it writes its index itself, when it is closed: append events alone", l.path)
	}
	if len(l.index) >= MaxRecords {
		return fmt.Errorf("event log %s: it holds %d records, the most one takes", l.path, MaxRecords)
	}
	m := Message{Seq: l.seq + 1, Event: e}
	data, err := Encode(m)
	if err != nil {
		return err
	}
	rec := record(data)
	if err := fault.File("write", l.path); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	if _, err := l.file.WriteAt(rec, l.offset); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	l.index = append(l.index, entryOf(m, e.Kind(), l.offset, len(rec)))
	l.seq++
	l.offset += int64(len(rec))
	return nil
}

// Cut is the number of bytes of torn tail that OpenLog removed.
func (l *LogFile) Cut() int64 { return l.cut }

// Index returns what the log holds at present.
func (l *LogFile) Index() Index {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest.Len() != len(l.index) || l.latest.times == nil {
		l.latest = newIndex(l.index[:len(l.index):len(l.index)])
	}
	return l.latest
}

// ReadAt reads the file, also while it is appended to and after Close: records that Index lists are whole.
func (l *LogFile) ReadAt(p []byte, offset int64) (int, error) {
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if !closed {
		n, err := l.file.ReadAt(p, offset)
		if !errors.Is(err, os.ErrClosed) {
			return n, err
		}
	}
	file, err := os.Open(l.path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.ReadAt(p, offset)
}

// Close writes the index, syncs and closes the file. Where there is no room for the index the log stays whole without
// it. A second call does nothing.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	end := l.offset
	tail, err := appendix(l.index)
	err = errors.Join(err, fault.File("write", l.path))
	if err == nil {
		if _, err = l.file.WriteAt(tail, l.offset); err == nil {
			end += int64(len(tail))
		}
	}
	if err := errors.Join(err, l.file.Truncate(end), l.file.Sync(), l.file.Close()); err != nil {
		return fmt.Errorf("event log %s: %w", l.path, err)
	}
	return nil
}
