package pointfile

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// check fails where what was read is not as File says: one of points, distances and edges, each finite, rectangular and no
// larger than the file can hold.
func check(t *testing.T, f *File, data []byte) {
	t.Helper()
	switch {
	case f.Points != nil && f.Distances == nil && f.Graph == nil:
		c := f.Points
		if c.N < 0 || c.Dim < 1 || len(c.X) != c.N*c.Dim || len(c.X) > len(data) {
			t.Fatalf("%d x %d points, %d numbers from %d bytes", c.N, c.Dim, len(c.X), len(data))
		}
		for _, v := range c.X {
			if v-v != 0 {
				t.Fatalf("%v was let in", v)
			}
		}
		if f.Columns != nil && len(f.Columns) != c.Dim {
			t.Fatalf("%d names of %d columns", len(f.Columns), c.Dim)
		}
	case f.Distances != nil && f.Points == nil && f.Graph == nil:
		m := f.Distances
		if m.N < 1 || len(m.V) != m.N*m.N || len(m.V) > 4*len(data)+4 {
			t.Fatalf("%d numbers of %d points from %d bytes", len(m.V), m.N, len(data))
		}
		for i := range m.N {
			for j := range m.N {
				if v := m.V[i*m.N+j]; !(v >= 0) || math.IsInf(v, 1) || v != m.V[j*m.N+i] || i == j && v != 0 {
					t.Fatalf("distance %v from %d to %d was let in", v, i, j)
				}
			}
		}
	case f.Graph != nil && f.Points == nil && f.Distances == nil:
		g := f.Graph
		if g.N < 0 || g.N > maxVertices || len(g.Edges) > len(data) {
			t.Fatalf("%d points, %d edges from %d bytes", g.N, len(g.Edges), len(data))
		}
		seen := map[[2]int32]bool{}
		for _, e := range g.Edges {
			if e.I < 0 || e.I >= e.J || int(e.J) >= g.N || !(e.Weight >= 0) || math.IsInf(e.Weight, 1) || seen[[2]int32{e.I, e.J}] {
				t.Fatalf("edge %v was let in", e)
			}
			seen[[2]int32{e.I, e.J}] = true
		}
	default:
		t.Fatalf("it holds none or several of points, distances and edges: %+v", f)
	}
}

// Whatever the bytes, under every name and format.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"", "1,2\n3,4\n", "x;y\n1;2", "\xef\xbb\xbf1 2\r\n", "# a\n\"1\",\"2\"", "1,nan", "1e999", ",a\n0,1", "a\nb\n", "1\x002", "\tx\n1\t2\n", "\"x\"\n\"1\" 2\n", "id,x\n0,1\n1,1\n2,1", ",0\n5",
		"0 1 0.5\n1 2 2", "i,j,w\n0,1,1\n", "0 1 1\n1 0 1", "0 99999999999 1", "1 1 1", "0 1 -1", "-0 1 0", "0 1 1\n1 2 1\n0 2 1\n",
		`{"n":4,"edges":[[0,1,1.0],[2,1,3]]}`, `{"edges":[[0,1,null]]}`, `{"edges":null}`, `{"n":-1,"edges":[]}`, `{"EDGES":[[0,1,1]],"edges":[[0,1,2]]}`,
		"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n", "nOFF\n2 1 0 0\n1 2\n", "nOFF 99999999 1 0 0\n1", "COFF\n", "OFF\n99999999999999999999 0 0", "OFF\n9223372036854775807 1 0\n1 2 3",
		"1\n2,1\n4,3,2\n", "0\n1 0\n2 1 0\n", "3 2 1\n2 1\n1\n", "0,1\n1,0\n", "0,1,2\n1,0,1\n2,1,0\n", "1;\n2;1;\n3;2;1;\n", "%%MatrixMarket matrix",
		npyMark, string(AppendNPY(nil, []float64{0, 1, 2, 1, 0, 6, 2, 6, 0}, 3, 3)), string(array(2, ">f4", "True", "1, 2", make([]byte, 8))),
		string(array(3, "|u1", "False", "3,", make([]byte, 3))), string(array(1, "<f8", "False", "4294967296, 4294967296", make([]byte, 8))),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"a", "a.csv", "a.lower_distance_matrix"} {
			for _, format := range append(Formats(), "") {
				if file, err := Read(name, data, format); err == nil {
					check(t, file, data)
				} else if !strings.HasPrefix(err.Error(), "as ") {
					t.Fatalf("%s as %q: error %v", name, format, err)
				}
			}
		}
	})
}

// Points that are read and written out read back the same.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"1,2\n3,4\n", "x;y\n1;2", "1e-300 5", ",0\n0,1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Read("", data, CSV)
		if err != nil {
			return
		}
		var text strings.Builder
		for i := range file.Points.N {
			for j, v := range file.Points.Row(i) {
				text.WriteString(strings.Repeat(",", min(j, 1)) + strconv.FormatFloat(v, 'g', -1, 64))
			}
			text.WriteByte('\n')
		}
		same(t, file.Points, CSV, []byte(text.String()))
	})
}

func FuzzNPY(f *testing.F) {
	f.Add([]byte(npyMark))
	f.Add(AppendNPY(nil, []float64{1, 2, 3, 4, 5, 6}, 3, 2))
	f.Add(array(2, ">f4", "True", "1, 2", make([]byte, 8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Read("", data, NPY); err == nil {
			same(t, file.Points, NPY, AppendNPY(nil, file.Points.X, file.Points.N, file.Points.Dim))
		}
	})
}

// same reads data and compares it with p, to the last bit.
func same(t *testing.T, p *Cloud, format Format, data []byte) {
	t.Helper()
	f, err := Read("", data, format)
	if err != nil || f.Points.N != p.N || f.Points.Dim != p.Dim {
		t.Fatalf("%d x %d points read back as %+v, %v", p.N, p.Dim, f, err)
	}
	for k, v := range p.X {
		if math.Float64bits(v) != math.Float64bits(f.Points.X[k]) {
			t.Fatalf("%v reads back as %v", v, f.Points.X[k])
		}
	}
}
