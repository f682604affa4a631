package parquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Physical types.
const (
	Int32     = 1
	Int64     = 2
	ByteArray = 6
)

var typeNames = []string{"BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}

const (
	maxFooter = 64 << 20  // bytes
	maxPage   = 512 << 20 // bytes of a page, packed or not
)

// File is an opened file. Its methods may be called from many goroutines.
type File struct {
	Rows     int64 // in all groups
	Metadata map[string]string
	Columns  []Column
	Groups   []Group

	r    io.ReaderAt
	size int64
}

// Column is one column of values: a leaf of the schema.
type Column struct {
	Name string // path in the schema, joined by dots: "image.bytes"
	Type int    // physical
	Text bool   // byte arrays that are strings

	optional int  // levels of the path that may be null
	repeated bool // it is, or is in, a list
}

// Readable says why Each cannot read a column, or is nil.
func (c Column) Readable() error {
	switch {
	case c.repeated:
		return fmt.Errorf("column %q is a list: want one value a row", c.Name)
	case c.Type != Int32 && c.Type != Int64 && c.Type != ByteArray:
		name := fmt.Sprintf("type %d", c.Type)
		if c.Type >= 0 && c.Type < len(typeNames) {
			name = typeNames[c.Type]
		}
		return fmt.Errorf("column %q is %s: want whole numbers, bytes or strings", c.Name, name)
	}
	return nil
}

// Group is a row group.
type Group struct {
	Rows   int64
	chunks []chunk // one for each column
}

// chunk is where the values of a column in a group lie.
type chunk struct {
	codec      int64
	values     int64
	start, end int64 // of its pages, in the file
	elsewhere  bool  // in another file, or encrypted
}

// Find is the column of a name, -1 when there is none.
func (f *File) Find(name string) int {
	return slices.IndexFunc(f.Columns, func(c Column) bool { return c.Name == name })
}

// Open reads the footer of a file of size bytes and checks that what it says
// fits the file. The pages are read, and checked, by Each.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: size, Metadata: map[string]string{}}
	var tail [8]byte
	if size < 12 {
		return nil, fmt.Errorf("file of %d bytes: too short for Parquet", size)
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	switch magic := string(tail[4:]); {
	case magic == "PARE":
		return nil, fmt.Errorf("it is encrypted: write it without encryption")
	case magic != "PAR1":
		return nil, fmt.Errorf("it does not end as a Parquet file does: it is cut short or damaged: copy or download it again")
	case n > size-12 || n > maxFooter:
		return nil, fmt.Errorf("its footer claims %d bytes of %d: want at most %d: it is damaged: copy or download it again", n, size, min(size-12, maxFooter))
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil {
		return nil, err
	}
	if err := f.parse(&reader{b: footer}); err != nil {
		return nil, fmt.Errorf("damaged footer: %w: copy, download or write it again", err)
	}
	return f, nil
}

// element is one node of the schema, in the order of a walk.
type element struct {
	Column
	name       string
	children   int64
	repetition int64 // 0 required, 1 optional, 2 repeated
}

func (f *File) parse(r *reader) error {
	var schema []element
	r.fields(func(id int, kind byte) {
		switch id {
		case 2:
			r.list(func(byte) { schema = append(schema, readElement(r)) })
		case 3:
			f.Rows = r.int()
		case 4:
			r.list(func(byte) { f.Groups = append(f.Groups, readGroup(r)) })
		case 5:
			r.list(func(byte) {
				var key, value string
				r.fields(func(id int, kind byte) {
					switch id {
					case 1:
						key = string(r.bytes())
					case 2:
						value = string(r.bytes())
					default:
						r.skip(kind)
					}
				})
				f.Metadata[key] = value
			})
		default:
			r.skip(kind)
		}
	})
	if r.err != nil {
		return r.err
	}
	if err := f.leaves(schema); err != nil {
		return err
	}
	return f.check()
}

func readElement(r *reader) (e element) {
	e.Type = -1
	r.fields(func(id int, kind byte) {
		switch id {
		case 1:
			e.Type = int(r.int())
		case 3:
			e.repetition = r.int()
		case 4:
			e.name = string(r.bytes())
		case 5:
			e.children = r.int()
		case 6: // converted type
			e.Text = r.int() == 0 || e.Text
		case 10: // logical type, a union
			r.fields(func(id int, kind byte) { e.Text = e.Text || id == 1; r.skip(kind) })
		default:
			r.skip(kind)
		}
	})
	return e
}

func readGroup(r *reader) (g Group) {
	r.fields(func(id int, kind byte) {
		switch id {
		case 1:
			r.list(func(byte) { g.chunks = append(g.chunks, readChunk(r)) })
		case 3:
			g.Rows = r.int()
		default:
			r.skip(kind)
		}
	})
	return g
}

func readChunk(r *reader) (c chunk) {
	var bytes, data, dictionary int64
	r.fields(func(id int, kind byte) {
		switch id {
		case 1, 8, 9:
			c.elsewhere = true
			r.skip(kind)
		case 3:
			r.fields(func(id int, kind byte) {
				switch id {
				case 4:
					c.codec = r.int()
				case 5:
					c.values = r.int()
				case 7:
					bytes = r.int()
				case 9:
					data = r.int()
				case 11:
					dictionary = r.int()
				default:
					r.skip(kind)
				}
			})
		default:
			r.skip(kind)
		}
	})
	c.start = data
	if dictionary > 0 {
		c.start = min(data, dictionary)
	}
	c.end = c.start + bytes
	return c
}

// leaves makes the columns of a schema.
func (f *File) leaves(schema []element) error {
	at := 0
	var walk func(path []string, optional int, repeated bool) error
	walk = func(path []string, optional int, repeated bool) error {
		if at == len(schema) || len(path) > maxDepth {
			return fmt.Errorf("its schema is no tree of columns")
		}
		e := schema[at]
		at++
		if len(path) > 0 || at > 1 { // not the root
			path = append(path[:len(path):len(path)], e.name)
			repeated = repeated || e.repetition == 2
			if e.repetition == 1 {
				optional++
			}
		}
		if e.children == 0 {
			e.Column.Name, e.Column.optional, e.Column.repeated = strings.Join(path, "."), optional, repeated
			f.Columns = append(f.Columns, e.Column)
			return nil
		}
		for range e.children {
			if err := walk(path, optional, repeated); err != nil {
				return err
			}
		}
		return nil
	}
	if len(schema) == 0 || schema[0].children <= 0 {
		return fmt.Errorf("its schema has no columns")
	}
	if err := walk(nil, 0, false); err != nil {
		return err
	}
	if at != len(schema) {
		return fmt.Errorf("its schema has %d elements, of which %d are no columns", len(schema), len(schema)-at)
	}
	return nil
}

// check compares what the footer says with itself and with the file's size.
func (f *File) check() error {
	var rows int64
	for i, g := range f.Groups {
		if g.Rows < 0 || g.Rows > f.Rows-rows {
			return fmt.Errorf("row group %d claims %d rows, after %d of %d", i, g.Rows, rows, f.Rows)
		}
		rows += g.Rows
		if len(g.chunks) != len(f.Columns) {
			return fmt.Errorf("row group %d has %d columns of %d", i, len(g.chunks), len(f.Columns))
		}
		for k, c := range g.chunks {
			if c.elsewhere {
				continue
			}
			if c.start < 4 || c.end < c.start || c.end > f.size-8 {
				return fmt.Errorf("row group %d: column %q lies at bytes %d to %d of %d", i, f.Columns[k].Name, c.start, c.end, f.size)
			}
			if !f.Columns[k].repeated && c.values != g.Rows {
				return fmt.Errorf("row group %d: column %q has %d values in %d rows", i, f.Columns[k].Name, c.values, g.Rows)
			}
		}
	}
	if rows != f.Rows {
		return fmt.Errorf("its row groups have %d rows of %d", rows, f.Rows)
	}
	return nil
}

// IsParquet reports whether a file begins as a Parquet file does.
func IsParquet(head []byte) bool { return bytes.HasPrefix(head, []byte("PAR1")) }
