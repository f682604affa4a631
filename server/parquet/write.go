package parquet

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
)

// Writer writes a file of columns, plain and not packed, as suits images that are
// packed already. No value is null, but the schema allows it: Hugging Face's
// datasets knows its features only by such columns. Errors of the underlying writer
// come from Add and Close.
type Writer struct {
	to      io.Writer
	at      int64
	columns []Column
	page    [][]byte // values of the group that is filled, by column
	rows    int64    // in it
	groups  []written
	err     error
}

// written is a finished row group.
type written struct {
	rows   int64
	starts []int64
	sizes  []int64 // header and page
}

// groupRows is how many rows share a group: as many as Hugging Face's datasets puts
// in one for images, so that few are read for one.
const groupRows = 100

// NewWriter begins a file of columns, which Name, Type and Text describe. A name
// with a dot is a column in a group: "image.bytes"; the columns of a group follow
// each other.
func NewWriter(w io.Writer, columns []Column) *Writer {
	out := &Writer{to: w, columns: columns, page: make([][]byte, len(columns))}
	out.write([]byte("PAR1"))
	return out
}

// Add adds a row: an int64, a string or bytes for each column.
func (w *Writer) Add(row ...any) error {
	if len(row) != len(w.columns) {
		return fmt.Errorf("parquet: %d values for %d columns", len(row), len(w.columns))
	}
	for i, v := range row {
		var bytes []byte
		switch v := v.(type) {
		case int64:
			if w.columns[i].Type != Int64 {
				return fmt.Errorf("parquet: column %q: a number: want bytes", w.columns[i].Name)
			}
			w.page[i] = binary.LittleEndian.AppendUint64(w.page[i], uint64(v))
			continue
		case string:
			bytes = []byte(v)
		case []byte:
			bytes = v
		default:
			return fmt.Errorf("parquet: column %q: %T: want int64, string or []byte", w.columns[i].Name, v)
		}
		if w.columns[i].Type != ByteArray {
			return fmt.Errorf("parquet: column %q: bytes: want a number", w.columns[i].Name)
		}
		w.page[i] = append(binary.LittleEndian.AppendUint32(w.page[i], uint32(len(bytes))), bytes...)
	}
	if w.rows++; w.rows == groupRows {
		w.flush()
	}
	return w.err
}

// flush writes the group that is filled, a page for each column.
func (w *Writer) flush() {
	if w.rows == 0 {
		return
	}
	g := written{rows: w.rows}
	for i, page := range w.page {
		page = append(w.columns[i].levels(w.rows), page...)
		if len(page) > maxPage && w.err == nil {
			w.err = fmt.Errorf("parquet: column %q: %d bytes in a row group: want at most %d", w.columns[i].Name, len(page), maxPage)
		}
		var h writer
		h.structure(func() {
			h.int(1, typeI32, dataPage)
			h.int(2, typeI32, int64(len(page)))
			h.int(3, typeI32, int64(len(page)))
			h.int(4, typeI32, int64(int32(crc32.ChecksumIEEE(page))))
			h.field(5, typeStruct)
			h.structure(func() {
				h.int(1, typeI32, w.rows)
				h.int(2, typeI32, plain)
				h.int(3, typeI32, rle) // of definition levels
				h.int(4, typeI32, rle) // of repetition levels, which are not there
			})
		})
		g.starts = append(g.starts, w.at)
		w.write(h.b)
		w.write(page)
		g.sizes = append(g.sizes, w.at-g.starts[i])
		w.page[i] = w.page[i][:0]
	}
	w.groups = append(w.groups, g)
	w.rows = 0
}

// levels says of n values that none is null: a run of the highest definition level.
func (c Column) levels(n int64) []byte {
	level := byte(1 + strings.Count(c.Name, "."))
	run := append(binary.AppendUvarint(nil, uint64(n)<<1), level)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
}

// Close writes the rest and the footer. The underlying writer stays open.
func (w *Writer) Close(metadata map[string]string, by string) error {
	w.flush()
	var f writer
	f.structure(func() {
		f.int(1, typeI32, 2)
		schema := w.schema()
		f.list(2, typeStruct, len(schema), func(i int) { schema[i].write(&f) })
		var rows int64
		for _, g := range w.groups {
			rows += g.rows
		}
		f.int(3, typeI64, rows)
		f.list(4, typeStruct, len(w.groups), func(i int) { w.group(&f, w.groups[i]) })
		keys := slices.Sorted(maps.Keys(metadata))
		f.list(5, typeStruct, len(keys), func(i int) {
			f.structure(func() {
				f.text(1, keys[i])
				f.text(2, metadata[keys[i]])
			})
		})
		f.text(6, by)
	})
	w.write(f.b)
	w.write(binary.LittleEndian.AppendUint32(nil, uint32(len(f.b))))
	w.write([]byte("PAR1"))
	return w.err
}

func (w *Writer) write(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.to.Write(b)
	w.at += int64(n)
	w.err = err
}

// schema is the tree of columns, in the order of a walk.
func (w *Writer) schema() []element {
	list := []element{{name: "schema", repetition: -1}}
	group := ""
	for _, c := range w.columns {
		parent, name, nested := strings.Cut(c.Name, ".")
		if !nested {
			list[0].children++
			list, group = append(list, element{Column: c, name: c.Name, repetition: 1}), ""
			continue
		}
		if parent != group {
			list[0].children++
			list, group = append(list, element{name: parent, repetition: 1}), parent
		}
		at := len(list) - 1
		for list[at].name != parent || list[at].Type != 0 {
			at--
		}
		list[at].children++
		list = append(list, element{Column: c, name: name, repetition: 1})
	}
	return list
}

func (e element) write(w *writer) {
	w.structure(func() {
		if e.children == 0 {
			w.int(1, typeI32, int64(e.Type))
		}
		if e.repetition >= 0 {
			w.int(3, typeI32, e.repetition)
		}
		w.text(4, e.name)
		if e.children > 0 {
			w.int(5, typeI32, e.children)
		}
		if e.Text {
			w.int(6, typeI32, 0)
			w.field(10, typeStruct)
			w.structure(func() {
				w.field(1, typeStruct)
				w.structure(func() {})
			})
		}
	})
}

func (w *Writer) group(f *writer, g written) {
	var all int64
	f.structure(func() {
		f.list(1, typeStruct, len(w.columns), func(i int) {
			c := w.columns[i]
			path := strings.Split(c.Name, ".")
			all += g.sizes[i]
			f.structure(func() {
				f.int(2, typeI64, g.starts[i])
				f.field(3, typeStruct)
				f.structure(func() {
					f.int(1, typeI32, int64(c.Type))
					f.list(2, typeI32, 2, func(k int) { f.zigzag([]int64{plain, rle}[k]) })
					f.list(3, typeBinary, len(path), func(k int) { f.string(path[k]) })
					f.int(4, typeI32, 0)
					f.int(5, typeI64, g.rows)
					f.int(6, typeI64, g.sizes[i])
					f.int(7, typeI64, g.sizes[i])
					f.int(9, typeI64, g.starts[i])
				})
			})
		})
		f.int(2, typeI64, all)
		f.int(3, typeI64, g.rows)
	})
}
