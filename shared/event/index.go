package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Bounds of an index.
const (
	MaxRecords = 1 << 22 // records of one log
	indexPart  = 1 << 15 // entries of one IndexPart
)

// Entry is one record of a log: where it lies and which item it is the state of. A record of a kind that the writing
// build did not know has class AllClasses and part 0.
type Entry struct {
	_      struct{} `cbor:",toarray"`
	Offset int64    // of the record, from the beginning of the file
	Size   int      // of the record, bytes
	Kind   Kind
	Class  int
	Part   int
	Step   int
}

// Item is what the record is the state of.
func (e Entry) Item() Item { return Item{e.Kind, e.Class, e.Part} }

// IndexPart is a piece of a log's index: entries First, First+1, ... in the order of the file, without a gap between
// their records. A closed log ends with such parts and a last one that holds a Foot alone. Only LogFile and
// Index.WriteTo write them, and Reader passes over them.
type IndexPart struct {
	First   int     `cbor:"1,keyasint,omitempty"`
	Entries []Entry `cbor:"2,keyasint,omitempty"`
	Foot    []byte  `cbor:"3,keyasint,omitempty"` // see foot
}

// foot closes an index: offset of the first index record, number of entries, CRC32C of the index records before the
// foot, all little-endian (8, 8 and 4 bytes), and footMagic. Its record always has footSize bytes, so that it is found
// from a file's end.
type foot struct {
	start   int64
	entries int64
	sum     uint32
}

const (
	footMagic  = "RETAIDX\x01"
	footLength = 20 + len(footMagic)
	footSize   = prefix + 14 + footLength // record, envelope and key, body
)

// Kind number.
func (IndexPart) Kind() Kind { return KindIndex }

func (p IndexPart) check() error {
	if p.First < 0 || p.First > MaxRecords || len(p.Entries) > MaxElements || len(p.Foot) != 0 && len(p.Foot) != footLength {
		return fmt.Errorf("entries from %d, %d of them, foot of %d bytes: want 0 to %d, at most %d, and none or %d bytes",
			p.First, len(p.Entries), len(p.Foot), MaxRecords, MaxElements, footLength)
	}
	for i, e := range p.Entries {
		if e.Offset < int64(len(header)) || e.Size <= prefix || e.Size > prefix+MaxMessage {
			return fmt.Errorf("entry %d: record of %d bytes at %d: want %d to %d bytes at %d or later",
				p.First+i, e.Size, e.Offset, prefix+1, prefix+MaxMessage, len(header))
		}
		if i > 0 && e.Offset != p.Entries[i-1].end() {
			return fmt.Errorf("entry %d: record at %d: want it at %d, where the one before ends", p.First+i, e.Offset, p.Entries[i-1].end())
		}
	}
	return nil
}

func (e Entry) end() int64 { return e.Offset + int64(e.Size) }

func (f foot) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(f.start))
	b = binary.LittleEndian.AppendUint64(b, uint64(f.entries))
	b = binary.LittleEndian.AppendUint32(b, f.sum)
	return append(b, footMagic...)
}

func footOf(b []byte) (foot, bool) {
	if len(b) != footLength || string(b[20:]) != footMagic {
		return foot{}, false
	}
	f := foot{int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:])), binary.LittleEndian.Uint32(b[16:])}
	return f, f.start >= int64(len(header)) && f.entries >= 0 && f.entries <= MaxRecords
}

// entryOf describes the record of size bytes at offset that holds m. The event is nil when its kind is not known.
func entryOf(m Message, kind Kind, offset int64, size int) Entry {
	e := Entry{Offset: offset, Size: size, Kind: kind, Class: AllClasses, Step: m.Step}
	if m.Event != nil {
		item := ItemOf(m.Event)
		e.Class, e.Part, e.Step = item.Class, item.Part, Step(m.Event)
	}
	return e
}

// appendix is the index records of entries and their foot.
func appendix(entries []Entry) ([]byte, error) {
	var out []byte
	for first := 0; first < len(entries); first += indexPart {
		data, err := Encode(Message{Event: IndexPart{First: first, Entries: entries[first:min(first+indexPart, len(entries))]}})
		if err != nil {
			return nil, err
		}
		out = append(out, record(data)...)
	}
	f := foot{start: int64(len(header)), entries: int64(len(entries)), sum: crc32.Checksum(out, castagnoli)}
	if n := len(entries); n > 0 {
		f.start = entries[n-1].end()
	}
	data, err := Encode(Message{Event: IndexPart{Foot: f.bytes()}})
	if err != nil {
		return nil, err
	}
	return append(out, record(data)...), nil
}

// appendix is that of the index, made once.
func (x Index) appendix() ([]byte, error) {
	if x.times == nil {
		return appendix(x.entries)
	}
	x.times.closed.Do(func() { x.times.tail, x.times.err = appendix(x.entries) })
	return x.times.tail, x.times.err
}

var errIndex = errors.New("the index does not fit")

// parts gathers the entries of index records up to and with the foot.
type parts struct {
	entries []Entry
	foot    *foot
	sum     uint32
}

// add takes the next record, of message m.
func (p *parts) add(m Message, rec []byte) error {
	part, ok := m.Event.(IndexPart)
	if !ok || p.foot != nil {
		return fmt.Errorf("%w: a record of another kind stands in it", errIndex)
	}
	if len(part.Foot) > 0 {
		f, ok := footOf(part.Foot)
		if !ok || len(part.Entries) > 0 {
			return fmt.Errorf("%w: its foot is not one", errIndex)
		}
		p.foot = &f
		return nil
	}
	p.sum = crc32.Update(p.sum, castagnoli, rec)
	at := int64(len(header))
	if n := len(p.entries); n > 0 {
		at = p.entries[n-1].end()
	}
	if part.First != len(p.entries) || len(part.Entries) == 0 || part.Entries[0].Offset != at || len(p.entries)+len(part.Entries) > MaxRecords {
		return fmt.Errorf("%w: entries from %d after %d: want them without a gap, at most %d", errIndex, part.First, len(p.entries), MaxRecords)
	}
	p.entries = append(p.entries, part.Entries...)
	return nil
}

// whole reports whether foot and entries agree.
func (p *parts) whole() error {
	at := int64(len(header))
	if n := len(p.entries); n > 0 {
		at = p.entries[n-1].end()
	}
	if p.foot == nil || p.foot.entries != int64(len(p.entries)) || p.foot.sum != p.sum || p.foot.start != at {
		return fmt.Errorf("%w: its foot is missing or names other entries", errIndex)
	}
	return nil
}

// ReadIndex reads what Index.WriteTo wrote. It takes no more than MaxRecords entries.
func ReadIndex(r io.Reader) (Index, error) {
	reader, err := NewReader(r)
	if err != nil {
		return Index{}, fmt.Errorf("index: %w", err)
	}
	var p parts
	for p.foot == nil {
		m, _, err := reader.next()
		if err == nil {
			err = p.add(m, reader.record())
		} else if err == io.EOF {
			err = p.whole()
		}
		if err != nil {
			return Index{}, fmt.Errorf("index: %w", err)
		}
	}
	if err := p.whole(); err != nil {
		return Index{}, fmt.Errorf("index: %w", err)
	}
	return newIndex(p.entries), nil
}

// WriteTo writes the index alone, as a log without events: header, index records and foot.
func (x Index) WriteTo(w io.Writer) (int64, error) {
	data, err := x.appendix()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(append([]byte(header), data...))
	return int64(n), err
}

// storedIndex reads the index at the end of the size bytes behind r.
func storedIndex(r io.ReaderAt, size int64) ([]Entry, error) {
	if size < int64(len(header)+footSize) {
		return nil, errIndex
	}
	last, err := readRecord(r, size-int64(footSize), footSize)
	if err != nil {
		return nil, err
	}
	part, _ := last.Event.(IndexPart)
	f, ok := footOf(part.Foot)
	if !ok || f.start > size-int64(footSize) {
		return nil, errIndex
	}
	reader := newReader(io.NewSectionReader(r, f.start, size-f.start), f.start)
	var p parts
	for reader.Offset() < size {
		m, _, err := reader.next()
		if err != nil {
			return nil, err
		}
		if err := p.add(m, reader.record()); err != nil {
			return nil, err
		}
	}
	return p.entries, p.whole()
}

func init() { register[IndexPart]("index", TopicNone) }
