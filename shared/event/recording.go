package event

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Recording is a log that is read at any place, of a finished run or of one that goes on. It is safe for concurrent
// use when what it reads from is.
type Recording struct {
	r       io.ReaderAt
	index   Index
	cut     int64
	indexed bool
}

// OpenRecording reads header and index of the size bytes behind r. Where the index is missing, damaged or does not
// fit, it is rebuilt by reading everything; Cut then returns how much of a torn tail cannot be read. The errors are
// ErrNewer, a file that is no recording, and those of r.
func OpenRecording(r io.ReaderAt, size int64) (*Recording, error) {
	if size == 0 {
		return nil, errors.New("recording: it is empty: the run that was to write it never began")
	}
	s, err := survey(r, size)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &Recording{r: r, index: newIndex(s.entries), cut: s.cut, indexed: s.indexed}, nil
}

// NewRecording reads records from r by an index known already, as from a server.
func NewRecording(r io.ReaderAt, index Index) *Recording {
	return &Recording{r: r, index: index, indexed: true}
}

// Index returns what is recorded.
func (c *Recording) Index() Index { return c.index }

// ReadAt reads the file as it is.
func (c *Recording) ReadAt(p []byte, offset int64) (int, error) { return c.r.ReadAt(p, offset) }

// Cut is the number of bytes at the end that cannot be read: a tail torn by a crash.
func (c *Recording) Cut() int64 { return c.cut }

// Indexed reports whether the file brought its index; else it was rebuilt.
func (c *Recording) Indexed() bool { return c.indexed }

// Closed is the file that a log of these records is when it is closed: the records, from r, and the index. A copy of a
// log that goes on is then whole.
func (x Index) Closed(r io.ReaderAt) (*io.SectionReader, error) {
	tail, err := x.appendix()
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(&closedLog{r, x.Size(), tail}, 0, x.Size()+int64(len(tail))), nil
}

// closedLog is size bytes of records and the index behind them.
type closedLog struct {
	r    io.ReaderAt
	size int64
	tail []byte
}

func (c *closedLog) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < c.size {
		n, err = c.r.ReadAt(p[:min(int64(len(p)), c.size-offset)], offset)
		if int64(n) < min(int64(len(p)), c.size-offset) {
			return n, cmp.Or(err, io.ErrUnexpectedEOF)
		}
	}
	if n < len(p) {
		from := offset + int64(n) - c.size
		if from < int64(len(c.tail)) {
			n += copy(p[n:], c.tail[from:])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Read reads one record. One that fails its checksum or does not decode is ErrTorn; ErrUnknownKind is as in Decode.
func (c *Recording) Read(e Entry) (Message, error) {
	m, err := readRecord(c.r, e.Offset, e.Size)
	if err != nil && !errors.Is(err, ErrUnknownKind) {
		return Message{}, fmt.Errorf("recording: %w", err)
	}
	return m, err
}

// readRecord reads the record of size bytes at offset.
func readRecord(r io.ReaderAt, offset int64, size int) (Message, error) {
	if offset < int64(len(header)) || size <= prefix || size > prefix+MaxMessage {
		return Message{}, fmt.Errorf("record of %d bytes at %d: want %d to %d bytes at %d or later",
			size, offset, prefix+1, prefix+MaxMessage, len(header))
	}
	rec := make([]byte, size)
	if n, err := r.ReadAt(rec, offset); n < size {
		if err == io.EOF {
			return Message{}, fmt.Errorf("%w at byte %d: record cut short", ErrTorn, offset)
		}
		return Message{}, fmt.Errorf("at byte %d: %w", offset, err)
	}
	if int64(binary.LittleEndian.Uint32(rec)) != int64(size-prefix) {
		return Message{}, fmt.Errorf("%w at byte %d: record of %d bytes, the index says %d", ErrTorn, offset,
			int64(binary.LittleEndian.Uint32(rec))+prefix, size)
	}
	m, _, err := opened(rec, offset)
	return m, err
}

// surveyed is what a file was found to hold.
type surveyed struct {
	entries []Entry
	seq     uint64 // of the last record
	end     int64  // of the last record that is not of an index
	cut     int64  // bytes that cannot be read
	indexed bool
}

// survey finds the records of the size bytes behind r: by the index at their end, or by reading them all.
func survey(r io.ReaderAt, size int64) (surveyed, error) {
	reader, err := NewReader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return surveyed{}, err
	}
	if entries, err := storedIndex(r, size); err == nil {
		s := surveyed{entries: entries, end: newIndex(entries).Size(), indexed: true}
		for i := len(entries) - 1; i >= 0 && s.seq == 0; i-- {
			m, err := readRecord(r, entries[i].Offset, entries[i].Size)
			if err != nil && !errors.Is(err, ErrUnknownKind) {
				break
			}
			s.seq = m.Seq
		}
		if s.seq > 0 || len(entries) == 0 {
			return s, nil
		}
	}
	s := surveyed{end: reader.Offset()}
	return s, s.extend(reader, size)
}

// extend adds the records that reader, which stands at s.end, finds up to size.
func (s *surveyed) extend(reader *Reader, size int64) error {
	s.cut = 0
	var passed []Entry // index records, with the hope that nothing follows them
	for {
		at := reader.Offset()
		m, kind, err := reader.next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, ErrUnknownKind):
		case errors.Is(err, ErrTorn):
			s.cut = size - at
			return nil
		case err != nil:
			return err
		}
		e := entryOf(m, kind, at, int(reader.Offset()-at))
		if kind == KindIndex {
			passed = append(passed, e)
		} else {
			s.entries, passed = append(append(s.entries, passed...), e), passed[:0]
			s.end, s.seq = reader.Offset(), max(s.seq, m.Seq)
		}
		if max(len(s.entries), len(passed)) > MaxRecords {
			return fmt.Errorf("more than %d records: want no more: no run wrote this file", MaxRecords)
		}
	}
}

// IsRecording reports whether data begins as a recording does, of whatever version.
func IsRecording(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }
