package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/viewer/app/apptest"
	"reta/viewer/ui"
	"reta/viewer/ui/uitest"
)

// array is a NumPy file of n points; of zeros without at.
func array(n, dim int, at func(i, j int) float64) []byte {
	head := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }", n, dim)
	for (10+len(head)+1)%64 != 0 {
		head += " "
	}
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)+1), byte((len(head)+1)>>8))
	out = append(append(out, head...), '\n')
	if at == nil {
		return append(out, make([]byte, 8*n*dim)...)
	}
	for i := range n {
		for j := range dim {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(at(i, j)))
		}
	}
	return out
}

func TestSandboxOpensFiles(t *testing.T) {
	wheel := func(i, j int) float64 { // a circle in the plane of the first and third axis
		s, c := math.Sincos(2 * math.Pi * float64(i) / 24)
		return []float64{100 * c, 7, 100 * s}[j]
	}
	many := func(i, j int) float64 { return math.Mod(float64(i*(j+3))*0.618, 1) }
	for _, c := range []struct {
		name, data string
		points     int
		loops      int // that last
		flat       bool
		says       string
	}{
		{"square.csv", "x,y\n0,0\n10,0\n10,10\n0,10\n", 4, 1, true, ""},
		{"line.txt", "1\n2\n4\n", 3, 0, true, ""},
		{"wheel.npy", string(array(24, 3, wheel)), 24, 1, false, "true ones in 3 dimensions"},
		{"many.npy", string(array(5000, 2, many)), cloudMost, 0, true, "A sample of 400 of its 5000"},
		{"ring.edges", "0 1 1\n1 2 1\n2 3 1\n3 0 1\n", 4, 1, false, "shortest paths"},
		{"ring.json", `{"n": 6, "edges": [[0,1,1],[1,2,1],[2,3,1],[3,0,1],[0,2,3],[1,3,3]]}`, 6, 1, false, "shortest paths"},
	} {
		v, s := sand(t, nil)
		v.Update(ui.Input{Acts: []ui.Act{{Name: "file", Arg: c.name, Data: []byte(c.data)}}})
		v.Draw(&uitest.Recorder{W: 1600, H: 1000}, v.Context().Now)
		if len(s.cloud.points) != c.points || s.cloud.flat() != c.flat {
			t.Errorf("%s: %d points, flat %v: %+v", c.name, len(s.cloud.points), s.cloud.flat(), v.TakeAnnouncements())
			continue
		}
		loops := 0
		for _, i := range s.ranked(1) {
			if persistence(s.shape, i) > 0.2*float64(s.shape.EpsMax) {
				loops++
			}
		}
		if loops != c.loops {
			t.Errorf("%s: %d loops last, want %d", c.name, loops, c.loops)
		}
		if words := apptest.PanelText(t, v); !strings.Contains(words, c.says) {
			t.Errorf("%s: no %q in %s", c.name, c.says, words)
		}
		do(v, "point/next", "nudge/left", "add", "undo", "keep")
	}
	v, s := sand(t, nil)
	for name, data := range map[string]string{"bad.csv": "1,2\n3,x\n", "none.csv": "", "empty.npy": string(array(0, 2, wheel)), "big.edges": "0 500 1\n",
		"wide.npy": string(array(400, 12000, nil)), "far.csv": "1e200,0\n-1e200,0\n"} {
		v.Update(ui.Input{Acts: []ui.Act{{Name: "file", Arg: name, Data: []byte(data)}}})
		v.Draw(&uitest.Recorder{W: 1600, H: 1000}, v.Context().Now)
		said := v.TakeAnnouncements()
		if (len(said) != 1 || !said[0].Bad || !strings.Contains(said[0].Text, name)) && s.failed == "" {
			t.Errorf("%s: %+v", name, said)
		}
		if _, err := json.Marshal(v.Report()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Classical scaling gives back points of a plane up to a motion, and the shares of the
// principal axes.
func TestPrincipalAxes(t *testing.T) {
	pts := presetOf("random").points(50, 0.1, 7)
	far := func(a []ui.Point, i, j int) float64 { return math.Hypot(a[i].X-a[j].X, a[i].Y-a[j].Y) }
	got, explained := principal(50, func(i, j int) float64 { return far(pts, i, j) })
	if math.Abs(explained-1) > 1e-6 {
		t.Errorf("two axes hold %v of a plane", explained)
	}
	for i := range pts {
		for j := range i {
			if math.Abs(far(got, i, j)-far(pts, i, j)) > 1e-4 {
				t.Fatalf("points %d and %d are %v apart, want %v", i, j, far(got, i, j), far(pts, i, j))
			}
		}
	}
	// A box of 3 by 2 by 1 has variances 9, 4 and 1.
	box := func(i, j int) float64 {
		sum := 0.0
		for axis, side := range []float64{3, 2, 1} {
			if (i^j)>>axis&1 == 1 {
				sum += side * side
			}
		}
		return math.Sqrt(sum)
	}
	if _, explained = principal(8, box); math.Abs(explained-13.0/14) > 1e-9 {
		t.Errorf("two axes hold %v of the box, want 13/14", explained)
	}
	if got, _ := principal(3, func(int, int) float64 { return 0 }); got[2] != (ui.Point{}) {
		t.Errorf("points in one place are put at %v", got)
	}
}

// A triangle of a distance matrix is one, not points: its lengths are the file's, and no point can be moved. Points that
// look like distances are points, and the sandbox says so.
func TestSandboxReadsDistances(t *testing.T) {
	c, err := readCloud("low.csv", []byte("1\n2,1\n4,3,2\n4,3,2,2\n"))
	if err != nil || len(c.points) != 5 || c.flat() || c.lengths.At(3, 0) != 4 {
		t.Fatalf("%+v, %v", c, err)
	}
	s, err := c.shape(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var deaths []float64
	for _, b := range s.Bars {
		if b.Degree == 0 && !b.Essential {
			deaths = append(deaths, float64(b.Death))
		}
	}
	if slices.Sort(deaths); !slices.Equal(deaths, []float64{1, 1, 2, 2}) {
		t.Errorf("components end at %v, want 1, 1, 2 and 2", deaths)
	}
	c, err = readCloud("square.csv", []byte("0,1,2\n1,0,1\n2,1,0\n"))
	if err != nil || c.lengths.N != 3 || !strings.Contains(c.note, "symmetric matrix with a zero diagonal") {
		t.Errorf("a square matrix: %+v, %v", c, err)
	}
	if _, err := readCloud("a.csv", []byte("OFF\n1 0 0\n0 0 0\n")); err == nil || !strings.HasPrefix(err.Error(), "a.csv, as csv: it begins with an OFF header") {
		t.Errorf("a mesh by another name: %v", err)
	}
}

func TestSandboxTables(t *testing.T) {
	v, s := sand(t, apptest.Values{"sandbox.table": "points"})
	x := v.Context()
	rows := s.Table(x)
	var text strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&text, strings.Join(row, ","))
	}
	c, err := readCloud("saved.csv", []byte(text.String()))
	if err != nil || !slices.Equal(c.points, s.cloud.points) {
		t.Errorf("saved points come back as %d: %v", len(c.points), err)
	}
	tableParam.Set(&v.View, "bars")
	if rows := s.Table(x); len(rows) != 1+len(s.shape.Bars) || rows[1][0] != "drawn" {
		t.Errorf("%d rows of %d bars", len(rows), len(s.shape.Bars))
	}
	do(v, "paste/0 0\n1 0\n0 1")
	if len(s.cloud.points) != 3 || s.cloud.unit {
		t.Errorf("pasted %d points", len(s.cloud.points))
	}
}
