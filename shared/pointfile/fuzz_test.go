package pointfile

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// What is read is rectangular and finite, and no larger than the file can hold.
func checkPoints(t *testing.T, p Points, data []byte) {
	t.Helper()
	if p.N < 0 || p.Dim < 1 || len(p.X) != p.N*p.Dim || len(p.X) > len(data) {
		t.Fatalf("%d x %d points, %d numbers from %d bytes", p.N, p.Dim, len(p.X), len(data))
	}
	for _, v := range p.X {
		if v-v != 0 {
			t.Fatalf("%v was let in", v)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "1,2\n3,4\n", "x;y\n1;2", "\xef\xbb\xbf1 2\r\n", "# a\n\"1\",\"2\"", "1,nan", "1e999", ",a\n0,1", "a\nb\n", "1\x002"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := CSV.Points(data)
		if err != nil {
			return
		}
		checkPoints(t, p, data)
		var text strings.Builder
		for i := range p.N {
			for j, v := range p.Row(i) {
				text.WriteString(strings.Repeat(",", min(j, 1)) + strconv.FormatFloat(v, 'g', -1, 64))
			}
			text.WriteByte('\n')
		}
		same(t, p, CSV, []byte(text.String()))
	})
}

func FuzzNPY(f *testing.F) {
	f.Add([]byte(npyMark))
	f.Add(AppendNPY(nil, []float64{1, 2, 3, 4, 5, 6}, 3, 2))
	f.Add(array(2, ">f4", "True", "1, 2", make([]byte, 8)))
	f.Add(array(3, "|u1", "False", "3,", make([]byte, 3)))
	f.Add(array(1, "<f8", "False", "4294967296, 4294967296", make([]byte, 8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := NPY.Points(data)
		if err != nil {
			return
		}
		checkPoints(t, p, data)
		same(t, p, NPY, AppendNPY(nil, p.X, p.N, p.Dim))
	})
}

// same reads data and compares it with p, to the last bit.
func same(t *testing.T, p Points, f Format, data []byte) {
	t.Helper()
	q, err := f.Points(data)
	if err != nil || q.N != p.N || q.Dim != p.Dim {
		t.Fatalf("%d x %d points read back as %d x %d, %v", p.N, p.Dim, q.N, q.Dim, err)
	}
	for k, v := range p.X {
		if math.Float64bits(v) != math.Float64bits(q.X[k]) {
			t.Fatalf("%v reads back as %v", v, q.X[k])
		}
	}
}

// A graph's edges join two points of it, each pair once, at a weight that is finite and not negative.
func checkGraph(t *testing.T, g Graph, data []byte) {
	t.Helper()
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
}

func FuzzEdges(f *testing.F) {
	for _, s := range []string{"", "0 1 0.5\n1 2 2", "i,j,w\n0,1,1\n", "0 1 1\n1 0 1", "0 99999999999 1", "1 1 1", "0 1 -1", "-0 1 0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if g, err := Edges.Graph(data); err == nil {
			checkGraph(t, g, data)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", `{"n":4,"edges":[[0,1,1.0],[2,1,3]]}`, `{"edges":[[0,1,null]]}`, `{"edges":null}`, `{"n":-1,"edges":[]}`, `{"EDGES":[[0,1,1]],"edges":[[0,1,2]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if g, err := JSON.Graph(data); err == nil {
			checkGraph(t, g, data)
		}
	})
}
