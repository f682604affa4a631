package pointfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// read reads data as the test names it.
func read(f Format, data string) (*File, error) { return Read("input", []byte(data), f) }

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		name, text string
		dim        int
		want       []float64
	}{
		{"commas", "1,2\n3,4\n", 2, []float64{1, 2, 3, 4}},
		{"semicolons, spaces, Windows", "\xef\xbb\xbf 1 ; 2\r\n3;4\r\n", 2, []float64{1, 2, 3, 4}},
		{"tabs", "1\t2\n3\t-4e-3", 2, []float64{1, 2, 3, -4e-3}},
		{"blanks", "  1   2\n  3   4\n\n", 2, []float64{1, 2, 3, 4}},
		{"names", "x,y\n1,2\n", 2, []float64{1, 2}},
		{"names in quotes, numbers too", "\"x\";\"y\"\n\"1\";\"2.5\"\n", 2, []float64{1, 2.5}},
		{"names apart otherwise than the numbers", "x y\n1,2\n", 2, []float64{1, 2}},
		{"comments", "# made by hand\n\n1 2\n# more\n3 4", 2, []float64{1, 2, 3, 4}},
		{"one number", "5", 1, []float64{5}},
		{"a column", "value\n1\n2\n3\n", 1, []float64{1, 2, 3}},
	} {
		f, err := read(CSV, c.text)
		if err != nil || f.Points.Dim != c.dim || f.Points.N != len(c.want)/c.dim || !slices.Equal(f.Points.X, c.want) || f.Notes != nil {
			t.Errorf("%s: %v, %v; want %v in rows of %d", c.name, f, err, c.want, c.dim)
		}
	}
}

func TestGraphs(t *testing.T) {
	edges := []Edge{{0, 1, 0.5}, {1, 3, 2}, {0, 2, 0}}
	for _, c := range []struct {
		f    Format
		text string
		n    int
	}{
		{Sparse, "0 1 0.5\n3 1 2\n2 0 0\n", 4},
		{Sparse, "from,to,length\n0,1,.5\n1,3,2\n0,2,0", 4},
		{Sparse, "# i j w\n0.0 1.0e+00 5e-1\n1 3 2\n0 2 0", 4},
		{JSON, `{"edges": [[0,1,0.5],[3,1,2],[0,2,0]]}`, 4},
		{JSON, `{"n": 6, "k": 10, "edges": [[0,1,0.5],[1,3,2],[0,2,0]]}`, 6},
	} {
		f, err := read(c.f, c.text)
		if err != nil || f.Graph.N != c.n || !slices.Equal(f.Graph.Edges, edges) {
			t.Errorf("%q: %v, %v; want %d points and %v", c.text, f, err, c.n, edges)
		}
	}
	if f, err := read(JSON, `{"n": 3, "edges": []}`); err != nil || f.Graph.N != 3 || len(f.Graph.Edges) != 0 {
		t.Errorf("three points without an edge: %v, %v", f, err)
	}
}

// array builds a .npy file as NumPy writes it.
func array(version byte, descr string, fortran string, shape string, body []byte) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr, fortran, shape)
	header += strings.Repeat(" ", 20) + "\n"
	b := append([]byte(npyMark), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(append(b, header...), body...)
}

// Every type, byte order, storage order and version reads as the same six numbers.
func TestNPY(t *testing.T) {
	want := []float64{1, 2, 3, 4, 5, 127}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		mark := map[bool]string{true: "<", false: ">"}[order == binary.LittleEndian]
		for kind, put := range map[string]func(b []byte, v float64) []byte{
			"f4": func(b []byte, v float64) []byte { return order.AppendUint32(b, math.Float32bits(float32(v))) },
			"f8": func(b []byte, v float64) []byte { return order.AppendUint64(b, math.Float64bits(v)) },
			"i1": func(b []byte, v float64) []byte { return append(b, byte(v)) },
			"i2": func(b []byte, v float64) []byte { return order.AppendUint16(b, uint16(v)) },
			"i4": func(b []byte, v float64) []byte { return order.AppendUint32(b, uint32(v)) },
			"i8": func(b []byte, v float64) []byte { return order.AppendUint64(b, uint64(v)) },
			"u1": func(b []byte, v float64) []byte { return append(b, byte(v)) },
			"u2": func(b []byte, v float64) []byte { return order.AppendUint16(b, uint16(v)) },
			"u4": func(b []byte, v float64) []byte { return order.AppendUint32(b, uint32(v)) },
			"u8": func(b []byte, v float64) []byte { return order.AppendUint64(b, uint64(v)) },
		} {
			for version := byte(1); version <= 3; version++ {
				for _, fortran := range []string{"False", "True"} {
					var body []byte
					for k := range want {
						if fortran == "True" {
							k = k%3*2 + k/3 // column after column of (3, 2)
						}
						body = put(body, want[k])
					}
					p, err := readNPY(array(version, mark+kind, fortran, "3, 2", body))
					if err != nil || p.N != 3 || p.Dim != 2 || !slices.Equal(p.X, want) {
						t.Errorf("%s%s, version %d, by column %s: %v, %v", mark, kind, version, fortran, p, err)
					}
				}
			}
		}
	}
	for value, kind := range map[int64]string{-3: "<i8", -100: "|i1"} {
		body := binary.LittleEndian.AppendUint64(nil, uint64(value))
		if kind == "|i1" {
			body = body[:1]
		}
		if p, err := readNPY(array(1, kind, "False", "1,", body)); err != nil || p.N != 1 || p.Dim != 1 || p.X[0] != float64(value) {
			t.Errorf("%s %d: %v, %v", kind, value, p, err)
		}
	}
	if p, err := readNPY(array(1, "<f4", "False", "0, 3", nil)); err != nil || p.N != 0 || p.Dim != 3 {
		t.Errorf("no points: %v, %v", p, err)
	}
}

// What is written reads back to the last bit, in every form.
func TestRoundTrips(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for range 50 {
		p := Cloud{N: 1 + rng.IntN(9), Dim: 1 + rng.IntN(5)}
		var text strings.Builder
		for k := range p.N * p.Dim {
			v := math.Ldexp(rng.NormFloat64(), rng.IntN(80)-40)
			p.X = append(p.X, v)
			text.WriteString(strconv.FormatFloat(v, 'g', -1, 64) + map[bool]string{true: "\n", false: ","}[(k+1)%p.Dim == 0])
		}
		npy := AppendNPY(nil, p.X, p.N, p.Dim)
		if start := len(npy) - 8*len(p.X); start%64 != 0 {
			t.Errorf("the data begins at byte %d", start)
		}
		for f, data := range map[Format][]byte{CSV: []byte(text.String()), NPY: npy} {
			if q, err := Read("input", data, f); err != nil || q.Points.N != p.N || q.Points.Dim != p.Dim || !slices.Equal(q.Points.X, p.X) {
				t.Fatalf("%s: %v, %v; want %v", f, q, err, p)
			}
		}
	}
}

func TestBadFiles(t *testing.T) {
	big := strings.Repeat("1", 400)
	for _, c := range []struct {
		f          Format
		name, data string
		want       string
	}{
		{CSV, "empty", "", `there is no point in it: want a line of numbers for each`},
		{CSV, "names only", "x,y\n", `there is no point in it: want a line of numbers for each`},
		{CSV, "ragged", "1,2\n\n3\n", `line 3 has 1 column, line 1 has 2: want as many in every line`},
		{CSV, "NaN", "x,y\n1,2\n3,nan\n", `line 3, column 2: NaN: want a finite number`},
		{CSV, "NaN first", "nan 1\n", `line 1, column 1: NaN: want a finite number`},
		{CSV, "infinity", "1,2\n-inf,4\n", `line 2, column 1: -Inf: want a finite number`},
		{CSV, "overflow", "1,1e999\n", `line 1, column 2: "1e999" is beyond the range of float64: scale the numbers down`},
		{CSV, "long overflow", big + ",1\n", `line 1, column 1: "111111111111111111111111"... is beyond the range of float64: scale the numbers down`},
		{CSV, "missing", "1,2\n3,\n", `line 2, column 2: nothing there: want a number`},
		{CSV, "label", "1,2,setosa\n", `line 1, column 3: "setosa": want a number`},
		{CSV, "two lines of names", "x,y\nm,m\n1,2", `line 2, column 1: "m": want a number`},
		{CSV, "decimal comma", "1,5;2,5\n", `line 1, column 1: "1,5": want a number with a decimal point`},
		{CSV, "junk", "\x7fELF\x01\x00\x00", `no text: byte 5 is 0; want lines of numbers`},
		{CSV, "UTF-16", "\xff\xfe1\x00", `the text is UTF-16: save it as UTF-8`},

		{Sparse, "empty", "# nothing\n", `there is no edge in it: want a line for each, i j weight`},
		{Sparse, "two columns", "0 1\n", `line 1 has 2 columns: want three, i j weight`},
		{Sparse, "loop", "0 1 1\n2 2 0\n", `line 2: joins point 2 to itself: want two points`},
		{Sparse, "negative weight", "0 1 -1\n", `line 1: weight -1 is negative: want 0 or more`},
		{Sparse, "negative point", "0 -1 1\n", `line 1: point -1: want a whole number, 0 to 16777215`},
		{Sparse, "half a point", "0 1.5 1\n", `line 1: point 1.5: want a whole number, 0 to 16777215`},
		{Sparse, "point past memory", "0 4000000000 1\n", `line 1: point 4e+09: want a whole number, 0 to 16777215`},
		{Sparse, "NaN", "0 1 nan\n", `line 1, column 3: NaN: want a finite number`},
		{Sparse, "twice", "i j w\n0 1 1\n1 2 1\n1 0 1\n", `line 4: points 0 and 1 are joined already, by line 2: want each pair once, in one direction`},

		{JSON, "empty", "", `byte 0: unexpected end of JSON input`},
		{JSON, "cut", `{"n": 3, "edges": [[0,1`, `byte 23: unexpected end of JSON input`},
		{JSON, "a list", `[[0,1,2]]`, `byte 1: array where {"n": 3, "edges": [[0, 1, 0.5], ...]} has another kind of value`},
		{JSON, "no edges", `{"n": 3}`, `it has no edges: want {"n": 3, "edges": [[0, 1, 0.5], ...]}`},
		{JSON, "null", `{"edges": [[0,1,null]]}`, `edge 0, counted from 0: want three numbers, i, j and weight`},
		{JSON, "four numbers", `{"edges": [[0,1,2,3]]}`, `edge 0, counted from 0: want three numbers, i, j and weight`},
		{JSON, "words", `{"edges": [["a","b",1]]}`, `byte 15: string where {"n": 3, "edges": [[0, 1, 0.5], ...]} has another kind of value`},
		{JSON, "too few points", `{"n": 2, "edges": [[0,5,1]]}`, `n is 2: want 6, one more than the largest point in edges, to 16777216`},
		{JSON, "points past memory", `{"n": 1e9, "edges": []}`, `byte 9: number 1e9 where {"n": 3, "edges": [[0, 1, 0.5], ...]} has another kind of value`},
		{JSON, "many points", `{"n": 1000000000, "edges": []}`, `n is 1000000000: want 0, one more than the largest point in edges, to 16777216`},
		{JSON, "twice", `{"edges": [[0,1,1],[1,0,2]]}`, `edge 1, counted from 0: points 0 and 1 are joined already, by edge 0, counted from 0: want each pair once, in one direction`},

		{NPY, "empty", "", `it begins with : want the mark of NumPy's .npy files, 93 4e 55 4d 50 59`},
		{NPY, "text", "1,2\n3,4\n", `it begins with 31 2c 32 0a 33 2c: want the mark of NumPy's .npy files, 93 4e 55 4d 50 59`},
		{NPY, "zip", "PK\x03\x04", `it is a zip, as .npz files are: unpack it and take one of the .npy files inside`},
		{NPY, "mark alone", npyMark, `the header is cut off after 6 bytes`},
		{NPY, "version 9", npyMark + "\x09\x00\x00\x00\x00\x00", `version 9 of the format: want 1, 2 or 3`},
		{NPY, "header past the end", npyMark + "\x02\x00\xff\xff\xff\xff", `a header of 4294967295 bytes in a file of 12: the file is cut short`},
		{NPY, "no header", npyMark + "\x01\x00\x02\x00{}", `header "{}": want 'descr' with a plain type, 'fortran_order' and 'shape'`},
		{NPY, "objects", string(array(1, "|O8", "False", "1, 1", nil)), `type "|O8": want f4, f8, or i or u with 1, 2, 4 or 8 bytes; in NumPy, x.astype('float64')`},
		{NPY, "short", string(array(1, "<f4", "False", "2, 2", make([]byte, 15))), `15 bytes behind the header, shape (2, 2) of f4 wants 2 x 2 x 4: the file is damaged`},
		{NPY, "long", string(array(1, "<f4", "False", "2, 2", make([]byte, 17))), `17 bytes behind the header, shape (2, 2) of f4 wants 2 x 2 x 4: the file is damaged`},
		{NPY, "no coordinates", string(array(1, "<f4", "False", "9, 0", nil)), `shape (9, 0): points of 0 coordinates: want 1 to 1048576`},
		{NPY, "many coordinates", string(array(1, "<f4", "False", "0, 9000000", nil)), `shape (0, 9000000): points of 9000000 coordinates: want 1 to 1048576`},
		{NPY, "huge", string(array(1, "<f8", "False", "4611686018427387904, 1", nil)), `0 bytes behind the header, shape (4611686018427387904, 1) of f8 wants 4611686018427387904 x 1 x 8: the file is damaged`},
		{NPY, "overflow", string(array(1, "<f8", "False", "18446744073709551615, 16", nil)), `shape (18446744073709551615, 16): 18446744073709551615 x 16 numbers are more than any machine holds`},
		{NPY, "past 64 bits", string(array(1, "<f8", "False", "99999999999999999999, 1", nil)), `shape (99999999999999999999, 1): "99999999999999999999" is no size`},
		{NPY, "a scalar", string(array(1, "<f8", "False", "", make([]byte, 8))), `shape () has 0 axes: want (points, coordinates); in NumPy, x.reshape(len(x), -1)`},
		{NPY, "images", string(array(1, "<f8", "False", "1, 1, 1", make([]byte, 8))), `shape (1, 1, 1) has 3 axes: want (points, coordinates); in NumPy, x.reshape(len(x), -1)`},
		{NPY, "NaN", string(AppendNPY(nil, []float64{1, 2, 3, math.NaN()}, 2, 2)), `row 1, column 1, counted from 0: NaN: want a finite number`},

		{NPY, "NaN by column", string(array(1, "<f4", "True", "1, 2", []byte{0, 0, 0, 0, 0, 0, 0xc0, 0x7f})), `row 0, column 1, counted from 0: NaN: want a finite number`},
	} {
		_, err := read(c.f, c.data)
		if want := "as " + string(c.f) + ": " + c.want; err == nil || err.Error() != want {
			t.Errorf("%s, %s: says\n  %v\nwant\n  %s", c.f, c.name, err, want)
		}
	}
}
