package event

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// Version of the record format that this build writes; it reads this one and the older ones.
const Version = 1

// header opens every log: magic and version of the record format.
const (
	magic  = "RETALOG"
	header = magic + "\x01"
)

// prefix of a record: length of the message and CRC32C over that length and the message, both little-endian.
const prefix = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrTorn marks the place where a log stops making sense: a crash tore its tail, or something damaged it.
var ErrTorn = errors.New("log is torn")

// ErrNewer marks a recording of a version that only a newer build reads.
var ErrNewer = errors.New("recording of a newer version")

// ErrHeader marks a file that is no recording.
var ErrHeader = fmt.Errorf("no event log: want it to begin with %q", header)

// newerError is ErrNewer with the version.
type newerError struct{ version byte }

func (e newerError) Error() string {
	return fmt.Sprintf("recording of version %d, this build reads up to %d: update reta", e.version, Version)
}

func (e newerError) Is(target error) bool { return target == ErrNewer }

// checkHeader refuses what is no log, or a newer build's.
func checkHeader(head []byte) error {
	if len(head) == len(header) && string(head[:len(magic)]) == magic && head[len(magic)] > Version {
		return newerError{head[len(magic)]}
	}
	if string(head) != header {
		return ErrHeader
	}
	return nil
}

// Reader reads the messages of a log in order. It allocates no more than a record holds.
type Reader struct {
	r      *bufio.Reader
	offset int64
	head   [prefix]byte
	buf    []byte
}

// NewReader reads the header of a log. A version newer than this build's is ErrNewer.
func NewReader(r io.Reader) (*Reader, error) {
	b := newReader(r, int64(len(header)))
	head := make([]byte, len(header))
	n, err := io.ReadFull(b.r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if err := checkHeader(head[:n]); err != nil {
		return nil, err
	}
	return b, nil
}

// newReader reads records from r, which begins at offset of the log.
func newReader(r io.Reader, offset int64) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 1<<16), offset: offset}
}

// Next gives the next message, and passes over the index. The end of the log is io.EOF; a record that is cut short or
// fails its checksum is ErrTorn, and nothing behind it can be read; ErrUnknownKind (see Decode) is skipped by calling
// Next again.
func (r *Reader) Next() (Message, error) {
	for {
		m, kind, err := r.next()
		if kind != KindIndex || err != nil {
			return m, err
		}
	}
}

// next gives the next record, of the index too, with its kind where it came so far.
func (r *Reader) next() (Message, Kind, error) {
	if n, err := io.ReadFull(r.r, r.head[:]); err != nil {
		if n == 0 && err == io.EOF {
			return Message{}, 0, io.EOF
		}
		return Message{}, 0, r.torn(err, "record header")
	}
	size := binary.LittleEndian.Uint32(r.head[:])
	if size == 0 || size > MaxMessage {
		return Message{}, 0, fmt.Errorf("%w at byte %d: record of %d bytes, want 1 to %d", ErrTorn, r.offset, size, MaxMessage)
	}
	// grow with the bytes that arrive, not with what the header claims
	r.buf = append(r.buf[:0], r.head[:]...)
	for end := prefix + int(size); len(r.buf) < end; {
		have := len(r.buf)
		part := min(end-have, max(1<<16, have))
		r.buf = slices.Grow(r.buf, part)[:have+part]
		if _, err := io.ReadFull(r.r, r.buf[have:]); err != nil {
			return Message{}, 0, r.torn(err, "record")
		}
	}
	m, kind, err := opened(r.buf, r.offset)
	if err == nil || errors.Is(err, ErrUnknownKind) {
		r.offset += int64(len(r.buf))
	}
	return m, kind, err
}

// record is the bytes of the last record; the next call of next writes over them.
func (r *Reader) record() []byte { return r.buf }

// opened checks the whole record rec, found at offset of a log, and decodes it.
func opened(rec []byte, offset int64) (Message, Kind, error) {
	if checksum(rec[:4], rec[prefix:]) != binary.LittleEndian.Uint32(rec[4:]) {
		return Message{}, 0, fmt.Errorf("%w at byte %d: checksum of a record of %d bytes does not match", ErrTorn, offset, len(rec)-prefix)
	}
	m, kind, err := decode(rec[prefix:])
	if err != nil && !errors.Is(err, ErrUnknownKind) {
		return Message{}, kind, fmt.Errorf("%w at byte %d: %w", ErrTorn, offset, err)
	}
	return m, kind, err
}

// Offset is the end of the last whole record.
func (r *Reader) Offset() int64 { return r.offset }

func (r *Reader) torn(err error, what string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w at byte %d: %s cut short", ErrTorn, r.offset, what)
	}
	return fmt.Errorf("event log: at byte %d: %w", r.offset, err)
}

func record(data []byte) []byte {
	rec := make([]byte, prefix, prefix+len(data))
	binary.LittleEndian.PutUint32(rec, uint32(len(data)))
	binary.LittleEndian.PutUint32(rec[4:], checksum(rec[:4], data))
	return append(rec, data...)
}

func checksum(length, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, data)
}
