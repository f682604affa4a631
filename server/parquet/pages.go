package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// Value is one value of a column. Bytes are lent for the call only.
type Value struct {
	Null  bool
	Int   int64
	Bytes []byte
}

// Kinds of pages.
const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPageV2     = 3
)

// Encodings.
const (
	plain           = 0
	plainDictionary = 2
	rle             = 3
	rleDictionary   = 8
)

var encodingNames = []string{"PLAIN", "1", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT"}

// header is what is before a page.
type header struct {
	kind             int64
	packed, unpacked int64 // bytes
	sum              int64
	summed           bool
	values           int64
	encoding         int64
	levels           int64 // encoding of definition levels, version 1
	definitions      int64 // bytes of definition levels, version 2
	repetitions      int64 // bytes of repetition levels, version 2
	bare             bool  // not packed, whatever the codec; version 2
}

// Each calls visit with every value of a column in a row group, in order. It
// reads a page at a time.
func (f *File) Each(group, column int, visit func(row int, v Value) error) error {
	g, c := f.Groups[group], f.Columns[column]
	where := func(err error) error { return fmt.Errorf("row group %d: column %q: %w", group, c.Name, err) }
	if err := c.Readable(); err != nil {
		return err
	}
	k := g.chunks[column]
	if k.elsewhere {
		return where(errors.New("its values are encrypted or in another file: want them in this one"))
	}
	p := pages{f: f, chunk: k, column: c, at: k.start, rows: int(g.Rows), visit: visit}
	for p.row < p.rows {
		var failed visitError
		if err := p.next(); errors.As(err, &failed) {
			return failed.error
		} else if err != nil {
			return where(fmt.Errorf("row %d: %w", p.row, err))
		}
	}
	return nil
}

// visitError is an error of the visitor, not of the file.
type visitError struct{ error }

// pages reads the pages of a chunk one after the other.
type pages struct {
	f      *File
	chunk  chunk
	column Column
	visit  func(row int, v Value) error

	at         int64 // in the file
	row, rows  int
	dictionary *values
}

// next reads a page.
func (p *pages) next() error {
	h, err := p.header()
	if err != nil {
		return err
	}
	if h.packed < 0 || h.unpacked < 0 || h.packed > p.chunk.end-p.at || max(h.packed, h.unpacked) > maxPage {
		return fmt.Errorf("a page claims %d bytes, unpacked %d, with %d left: want at most %d: the file is damaged", h.packed, h.unpacked, p.chunk.end-p.at, maxPage)
	}
	data := make([]byte, h.packed)
	if _, err := p.f.r.ReadAt(data, p.at); err != nil {
		return err
	}
	p.at += h.packed
	if h.summed && crc32.ChecksumIEEE(data) != uint32(h.sum) {
		return errors.New("the checksum of a page is wrong: the file is damaged: copy or download it again")
	}
	switch h.kind {
	case indexPage:
		return nil
	case dictionaryPage:
		return p.readDictionary(h, data)
	case dataPage, dataPageV2:
		return p.readData(h, data)
	}
	return fmt.Errorf("a page is of kind %d: want a data or dictionary page", h.kind)
}

// header reads what is before the next page.
func (p *pages) header() (h header, err error) {
	for room := int64(1 << 10); ; room <<= 4 { // statistics may be long
		n := min(room, p.chunk.end-p.at)
		if n <= 0 {
			return h, errors.New("its pages end before its rows: the file is damaged")
		}
		b := make([]byte, n)
		if _, err := p.f.r.ReadAt(b, p.at); err != nil {
			return h, err
		}
		r := &reader{b: b}
		h = readHeader(r)
		if r.err == nil {
			p.at += n - int64(len(r.b))
			return h, nil
		}
		if !errors.Is(r.err, errCut) || room > 1<<20 || n < room {
			return h, fmt.Errorf("damaged page header: %w", r.err)
		}
	}
}

func readHeader(r *reader) (h header) {
	number := func(to *int64) { *to = r.int() }
	r.fields(func(id int, kind byte) {
		switch id {
		case 1:
			number(&h.kind)
		case 2:
			number(&h.unpacked)
		case 3:
			number(&h.packed)
		case 4:
			number(&h.sum)
			h.summed = true
		case 5:
			h.fields(r, map[int]*int64{1: &h.values, 2: &h.encoding, 3: &h.levels})
		case 7:
			h.fields(r, map[int]*int64{1: &h.values, 2: &h.encoding})
		case 8:
			h.fields(r, map[int]*int64{1: &h.values, 4: &h.encoding, 5: &h.definitions, 6: &h.repetitions})
		default:
			r.skip(kind)
		}
	})
	return h
}

// fields reads the part of a header that is for one kind of page.
func (h *header) fields(r *reader, to map[int]*int64) {
	r.fields(func(id int, kind byte) {
		if number := to[id]; number != nil {
			*number = r.int()
			return
		}
		if id == 7 && kind == typeFalse { // is_compressed
			h.bare = true
		}
		r.skip(kind)
	})
}

func (p *pages) readDictionary(h header, data []byte) error {
	if p.dictionary != nil {
		return errors.New("it has two dictionaries: the file is damaged")
	}
	if h.encoding != plain && h.encoding != plainDictionary {
		return errorOf(h.encoding)
	}
	data, err := unpack(p.chunk.codec, data, h.unpacked)
	if err != nil {
		return err
	}
	d, err := plainValues(p.column.Type, data, h.values)
	p.dictionary = &d
	return err
}

// readData visits the values of a data page.
func (p *pages) readData(h header, data []byte) error {
	if h.values < 0 || h.values > int64(p.rows-p.row) {
		return fmt.Errorf("a page claims %d values, with %d rows left: the file is damaged", h.values, p.rows-p.row)
	}
	levels, data, err := p.levels(h, data)
	if err != nil {
		return err
	}
	value, err := p.values(h, data)
	if err != nil {
		return err
	}
	for range h.values {
		v := Value{Null: true}
		level := uint32(p.column.optional)
		if levels != nil {
			if level, err = levels.next(); err != nil {
				return fmt.Errorf("which rows are null: %w", err)
			}
		}
		if level > uint32(p.column.optional) {
			return fmt.Errorf("definition level %d: want at most %d: the file is damaged", level, p.column.optional)
		}
		if level == uint32(p.column.optional) {
			if v, err = value(); err != nil {
				return err
			}
		}
		if err := p.visit(p.row, v); err != nil {
			return visitError{err}
		}
		p.row++
	}
	return nil
}

// levels takes the definition levels off a data page, nil where no value can be
// null, and unpacks what follows.
func (p *pages) levels(h header, data []byte) (*hybrid, []byte, error) {
	var err error
	width := bits.Len(uint(p.column.optional))
	if h.kind == dataPageV2 {
		n := int64(len(data))
		if h.repetitions < 0 || h.repetitions > n || h.definitions < 0 || h.definitions > n-h.repetitions {
			return nil, nil, fmt.Errorf("a page has levels of %d and %d bytes in %d: the file is damaged", h.repetitions, h.definitions, n)
		}
		levels, data := data[h.repetitions:h.repetitions+h.definitions], data[h.repetitions+h.definitions:]
		if !h.bare {
			if data, err = unpack(p.chunk.codec, data, h.unpacked-h.repetitions-h.definitions); err != nil {
				return nil, nil, err
			}
		}
		if p.column.optional == 0 {
			return nil, data, nil
		}
		return &hybrid{b: levels, width: width}, data, nil
	}
	if data, err = unpack(p.chunk.codec, data, h.unpacked); err != nil {
		return nil, nil, err
	}
	if p.column.optional == 0 {
		return nil, data, nil
	}
	if h.levels != rle {
		return nil, nil, errorOf(h.levels)
	}
	levels, data, err := lengthPrefixed(data)
	return &hybrid{b: levels, width: width}, data, err
}

// values gives the values of a data page one by one.
func (p *pages) values(h header, data []byte) (func() (Value, error), error) {
	switch h.encoding {
	case plain:
		list := values{kind: p.column.Type, b: data}
		return list.next, nil
	case plainDictionary, rleDictionary:
		if p.dictionary == nil {
			return nil, errors.New("a page refers to a dictionary that is not there: the file is damaged")
		}
		if len(data) == 0 { // every value is null
			return (&hybrid{}).none, nil
		}
		index := &hybrid{b: data[1:], width: int(data[0])}
		if index.width > 32 {
			return nil, fmt.Errorf("indices of %d bits: want at most 32: the file is damaged", index.width)
		}
		return func() (Value, error) {
			i, err := index.next()
			if err != nil {
				return Value{}, err
			}
			return p.dictionary.at(i)
		}, nil
	}
	return nil, errorOf(h.encoding)
}

func errorOf(encoding int64) error {
	name := fmt.Sprint(encoding)
	if encoding >= 0 && encoding < int64(len(encodingNames)) {
		name = encodingNames[encoding]
	}
	return fmt.Errorf("it is encoded as %s: want plain or a dictionary: write it with pyarrow's defaults", name)
}

// lengthPrefixed cuts a part off that begins with its length in four bytes.
func lengthPrefixed(b []byte) (part, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errCut
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n > int64(len(b)-4) {
		return nil, nil, fmt.Errorf("a value claims %d bytes, with %d left: the file is damaged", n, len(b)-4)
	}
	return b[4 : 4+n], b[4+n:], nil
}
