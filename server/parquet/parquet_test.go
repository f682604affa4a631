package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func open(t *testing.T, name string) *File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// column reads all of a column as text, "null" for null.
func column(f *File, name string) (list []string, err error) {
	c := f.Find(name)
	if c < 0 {
		return nil, fmt.Errorf("no column %q", name)
	}
	for g := range f.Groups {
		err = f.Each(g, c, func(row int, v Value) error {
			text := string(v.Bytes)
			if v.Null {
				text = "null"
			} else if f.Columns[c].Type != ByteArray {
				text = fmt.Sprint(v.Int)
			}
			list = append(list, text)
			return nil
		})
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

// The files of testdata were written by pyarrow 26 from the rows that want gives.
func TestReadsWhatPyarrowWrites(t *testing.T) {
	want := map[string]func(i int) string{
		"few":         func(i int) string { return orNull(i%3 == 1, i%5) },
		"all":         func(i int) string { return fmt.Sprint(3*i - 7) },
		"text":        func(i int) string { return orNull(i%7 == 0, fmt.Sprintf("s%d", i%30)) },
		"image.bytes": func(i int) string { return orNull(i%11 == 0, string([]byte{byte(i), 1, 2})) },
		"image.path":  func(i int) string { return orNull(i%11 == 0 || i%2 == 1, fmt.Sprintf("%d.png", i)) },
	}
	for _, name := range []string{"snappy", "gzip", "zstd2", "none2"} {
		f := open(t, name)
		if f.Rows != 120 {
			t.Errorf("%s: %d rows: want 120", name, f.Rows)
		}
		for c, value := range want {
			list, err := column(f, c)
			if err != nil || len(list) != 120 {
				t.Errorf("%s: %s: %d values, %v: want 120", name, c, len(list), err)
				continue
			}
			for i, got := range list {
				if got != value(i) {
					t.Errorf("%s: %s: row %d is %q: want %q", name, c, i, got, value(i))
					break
				}
			}
		}
		for c, text := range map[string]bool{"text": true, "image.path": true, "image.bytes": false, "all": false} {
			if got := f.Columns[f.Find(c)]; got.Text != text {
				t.Errorf("%s: %s is a string: %v, want %v", name, c, got.Text, text)
			}
		}
		for c, reason := range map[string]string{"half": "is DOUBLE: want whole numbers", "pair.list.element": "is a list: want one value a row"} {
			if _, err := column(f, c); err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s: column %s: %v: want an error with %q", name, c, err, reason)
			}
		}
	}
}

func TestMetadata(t *testing.T) {
	if f := open(t, "snappy"); f.Metadata["key"] != "value" {
		t.Errorf("metadata %v: want key value", f.Metadata)
	}
}

func orNull(null bool, v any) string {
	if null {
		return "null"
	}
	return fmt.Sprint(v)
}

func TestRefusesByName(t *testing.T) {
	for name, want := range map[string]string{
		"brotli": `row group 0: column "all": row 0: it is packed with Brotli: want snappy, gzip, zstd or none`,
		"delta":  `row group 0: column "all": row 0: it is encoded as DELTA_BINARY_PACKED: want plain or a dictionary`,
	} {
		if _, err := column(open(t, name), "all"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v: want %s", name, err, want)
		}
	}
}

func TestErrorsOfTheVisitorAreItsOwn(t *testing.T) {
	mine := errors.New("mine")
	f := open(t, "snappy")
	if err := f.Each(0, 1, func(int, Value) error { return mine }); err != mine {
		t.Errorf("got %v: want the visitor's error", err)
	}
}

func TestWritesWhatItReads(t *testing.T) {
	columns := []Column{{Name: "image.bytes", Type: ByteArray}, {Name: "image.path", Type: ByteArray, Text: true}, {Name: "label", Type: Int64}}
	for _, n := range []int{0, 1, groupRows, 2*groupRows + 50} {
		var file bytes.Buffer
		w := NewWriter(&file, columns)
		for i := range n {
			if err := w.Add([]byte{byte(i), byte(i >> 8)}, fmt.Sprintf("%d.png", i), int64(i-5)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(map[string]string{"huggingface": "{}", "a": "b"}, "test"); err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if f.Rows != int64(n) || len(f.Groups) != (n+groupRows-1)/groupRows || f.Metadata["a"] != "b" || len(f.Columns) != 3 || !f.Columns[1].Text || f.Columns[0].Text ||
			f.Columns[0].optional != 2 || f.Columns[2].optional != 1 { // datasets knows features by columns that may be null
			t.Fatalf("%d rows: got %d in %d groups, %v, %+v", n, f.Rows, len(f.Groups), f.Metadata, f.Columns)
		}
		for c, value := range map[string]func(i int) string{
			"image.bytes": func(i int) string { return string([]byte{byte(i), byte(i >> 8)}) },
			"image.path":  func(i int) string { return fmt.Sprintf("%d.png", i) },
			"label":       func(i int) string { return fmt.Sprint(i - 5) },
		} {
			list, err := column(f, c)
			if err != nil || len(list) != n {
				t.Fatalf("%s: %d values of %d: %v", c, len(list), n, err)
			}
			for i, got := range list {
				if got != value(i) {
					t.Fatalf("%s: row %d is %q: want %q", c, i, got, value(i))
				}
			}
		}
	}
	w := NewWriter(&bytes.Buffer{}, columns)
	for _, row := range [][]any{{1}, {"", "", ""}, {int64(1), "", int64(2)}, {1, "", int64(2)}} {
		if w.Add(row...) == nil {
			t.Errorf("row %v of the wrong types is taken", row)
		}
	}
}

// file puts a footer behind some content.
func file(content, footer []byte) []byte {
	b := append([]byte("PAR1"), content...)
	b = append(b, footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, "PAR1"...)
}

// What a file claims takes no memory: a footer of 17 bytes that lists 2^31 - 1 row
// groups, and pages, dictionaries and runs that claim gigabytes.
func TestClaimsTakeNoMemory(t *testing.T) {
	footer := func(rows, values, size, codec int64) []byte {
		var f writer
		f.structure(func() {
			f.list(2, typeStruct, 2, func(i int) {
				[]element{{name: "s", repetition: -1, children: 1}, {name: "x", Column: Column{Type: ByteArray}, repetition: 1}}[i].write(&f)
			})
			f.int(3, typeI64, rows)
			f.list(4, typeStruct, 1, func(int) {
				f.structure(func() {
					f.list(1, typeStruct, 1, func(int) {
						f.structure(func() {
							f.field(3, typeStruct)
							f.structure(func() {
								f.int(4, typeI32, codec)
								f.int(5, typeI64, values)
								f.int(7, typeI64, size)
								f.int(9, typeI64, 4)
							})
						})
					})
					f.int(3, typeI64, rows)
				})
			})
		})
		return f.b
	}
	page := func(kind, packed, unpacked, values, encoding int64, body []byte) []byte {
		var h writer
		h.structure(func() {
			h.int(1, typeI32, kind)
			h.int(2, typeI32, unpacked)
			h.int(3, typeI32, packed)
			id := 5
			if kind == dictionaryPage {
				id = 7
			}
			h.field(id, typeStruct)
			h.structure(func() {
				h.int(1, typeI32, values)
				h.int(2, typeI32, encoding)
				if kind == dataPage {
					h.int(3, typeI32, rle)
				}
			})
		})
		return append(h.b, body...)
	}
	const huge = 1<<31 - 1
	run := func(n uint64) []byte { // levels: n times 1, then no values
		body := binary.AppendUvarint(nil, n<<1)
		body = append(body, 1)
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	cases := map[string]struct {
		file []byte
		want string
	}{
		"row groups":  {file(nil, []byte{0x15, 2, 0x19, 0x1c, 0x48, 1, 'r', 0x00, 0x16, 0, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07}), "a list claims 2147483647 elements"},
		"footer":      {append(file(nil, []byte{0})[:5], 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'), "its footer claims 2147483647 bytes"},
		"chunk":       {file(nil, footer(5, 5, huge, 0)), "lies at bytes 4 to"},
		"rows":        {file(nil, footer(huge, 5, 8, 0)), "has 5 values in 2147483647 rows"},
		"nesting":     {file(nil, bytes.Repeat([]byte{0x2c}, 100000)), "nested more than 16 deep"},
		"page":        {withPage(footer, huge, 0, page(dataPage, huge, huge, 1, plain, nil)), "a page claims 2147483647 bytes"},
		"values":      {withPage(footer, 5, 0, page(dataPage, 0, 0, huge, plain, nil)), "a page claims 2147483647 values, with 5 rows left"},
		"levels":      {withPage(footer, huge, 0, page(dataPage, 8, 8, huge, plain, run(huge)[:8])), "row 0"},
		"dictionary":  {withPage(footer, 5, 0, page(dictionaryPage, 4, 4, huge, plain, make([]byte, 4))), "a dictionary claims 2147483647 values in 4 bytes"},
		"byte array":  {withPage(footer, 1, 0, page(dataPage, 12, 12, 1, plain, append(run(1), 0xff, 0xff, 0xff, 0x7f, 0, 0))), "a value claims 2147483647 bytes"},
		"snappy":      {withPage(footer, 1, 1, page(dataPage, 5, 500<<20, 1, plain, binary.AppendUvarint(nil, 500<<20))), "a page cannot be unpacked (snappy)"},
		"indices":     {withPage(footer, 3, 0, append(page(dictionaryPage, 4, 4, 1, plain, make([]byte, 4)), page(dataPage, 9, 9, 3, rleDictionary, append(run(3), 8, 6, 7))...)), "value 7 of a dictionary of 1"},
		"no pages":    {withPage(footer, 1, 0, nil), "its pages end before its rows"},
		"header":      {withPage(footer, 1, 0, []byte{0x18, 0xff, 0xff, 0xff, 0xff, 0x0f}), "damaged page header"},
		"many groups": {file(nil, append([]byte{0x29, 0xfc, 0x80, 0x80, 0x04}, make([]byte, 100)...)), "a list claims 65536 elements"},
	}
	for name, c := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Open(bytes.NewReader(c.file), int64(len(c.file)))
		if err == nil {
			_, err = column(f, "x")
		}
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v: want an error with %q", name, err, c.want)
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 4<<20 {
			t.Errorf("%s: a file of %d bytes took %d bytes of memory", name, len(c.file), taken)
		}
	}
}

// withPage is a file of one column with one page.
func withPage(footer func(rows, values, size, codec int64) []byte, rows, codec int64, page []byte) []byte {
	return file(page, footer(rows, rows, int64(len(page)), codec))
}

// Every file cut short is refused or reads as less than it was, and says so.
func TestCutFiles(t *testing.T) {
	data, err := os.ReadFile("testdata/snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(data) {
		if _, err := Open(bytes.NewReader(data[:n]), int64(n)); err == nil {
			t.Fatalf("a file cut after %d of %d bytes is opened", n, len(data))
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for g, group := range file.Groups {
			for c := range file.Columns {
				rows := 0
				err := file.Each(g, c, func(row int, v Value) error {
					if row != rows {
						t.Fatalf("row %d after %d", row, rows)
					}
					if rows++; rows > 1<<20 {
						return errors.New("enough")
					}
					return nil
				})
				if err == nil && int64(rows) != group.Rows {
					t.Fatalf("%d rows of %d without an error", rows, group.Rows)
				}
			}
		}
	})
}
