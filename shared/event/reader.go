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

// header opens every log: magic and version of the record format.
const header = "RETALOG\x01"

// prefix of a record: length of the message and CRC32C over that length and the message, both little-endian.
const prefix = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrTorn marks the place where a log stops making sense: a crash tore its tail, or something damaged it.
var ErrTorn = errors.New("log is torn")

var errHeader = fmt.Errorf("no event log: want it to begin with %q", header)

// Reader reads the messages of a log in order. It allocates no more than a record holds.
type Reader struct {
	r      *bufio.Reader
	offset int64
	buf    []byte
}

// NewReader reads the header of a log.
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head := make([]byte, len(header))
	if _, err := io.ReadFull(b, head); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if string(head) != header {
		return nil, errHeader
	}
	return &Reader{r: b, offset: int64(len(header))}, nil
}

// Next gives the next message. The end of the log is io.EOF; a record that is cut short or fails its checksum is
// ErrTorn, and nothing behind it can be read; ErrUnknownKind (see Decode) is skipped by calling Next again.
func (r *Reader) Next() (Message, error) {
	var head [prefix]byte
	if n, err := io.ReadFull(r.r, head[:]); err != nil {
		if n == 0 && err == io.EOF {
			return Message{}, io.EOF
		}
		return Message{}, r.torn(err, "record header")
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size == 0 || size > MaxMessage {
		return Message{}, fmt.Errorf("%w at byte %d: record of %d bytes, want 1 to %d", ErrTorn, r.offset, size, MaxMessage)
	}
	// grow with the bytes that arrive, not with what the header claims
	r.buf = r.buf[:0]
	for len(r.buf) < int(size) {
		have := len(r.buf)
		part := min(int(size)-have, max(1<<16, have))
		r.buf = slices.Grow(r.buf, part)[:have+part]
		if _, err := io.ReadFull(r.r, r.buf[have:]); err != nil {
			return Message{}, r.torn(err, "record")
		}
	}
	if checksum(head[:4], r.buf) != binary.LittleEndian.Uint32(head[4:]) {
		return Message{}, fmt.Errorf("%w at byte %d: checksum of a record of %d bytes does not match", ErrTorn, r.offset, size)
	}
	m, err := Decode(r.buf)
	if err != nil && !errors.Is(err, ErrUnknownKind) {
		return Message{}, fmt.Errorf("%w at byte %d: %w", ErrTorn, r.offset, err)
	}
	r.offset += prefix + int64(size)
	return m, err
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
