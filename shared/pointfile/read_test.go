package pointfile

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// What a file is read as: by its name, by its first bytes, by its rows, or as asked.
func TestReadTellsTheFormat(t *testing.T) {
	points, lower, upper, edges := "1,2,3\n4,5,6\n", "1\n2,1\n4,3,2\n", "1 2 3\n4 5\n6\n", "0 1 1.5\n1 2 1\n0 2 2\n"
	off, graph, npy := "OFF\n1 0 0\n1 2 3\n", `{"n": 2, "edges": []}`, string(AppendNPY(nil, []float64{0, 1, 1, 0}, 2, 2))
	for _, c := range []struct {
		name, data string
		format     Format
		want       Format
		err        string
	}{
		{"a.csv", points, "", CSV, ""}, {"A.TSV", points, "", CSV, ""}, {"-", points, "", CSV, ""}, {"a.point_cloud", points, "", Points, ""},
		{`C:\x.y\a.JSON`, graph, "", JSON, ""}, {"-", " \n" + graph, "", JSON, ""}, {"a.npy", npy, "", NPY, ""}, {"-", npy, "", NPY, ""},
		{"a.off", off, "", OFF, ""}, {"-", off, "", OFF, ""}, {"a.off", "off\n1 0 0\n1 2 3\n", "", OFF, ""}, {"b.csv/a.graph", edges, "", Sparse, ""},
		{"a.csv", lower, "", Lower, ""}, {"-", lower, "", Lower, ""}, {"a.lower_distance_matrix", "1\n", "", Lower, ""}, {"a.txt", upper, "", Upper, ""},
		{"-", edges, "", Sparse, ""}, {"a.csv", edges, "", CSV, ""}, {"a.sparse", "0 1 1\n", "", Sparse, ""},
		{"a.distance_matrix", "0 1\n1 0\n", "", Distances, ""}, {"a.csv", "0 1\n1 0\n", Distances, Distances, ""}, {"a.npy", npy, Distances, Distances, ""},
		{"a.npy", npy, Points, Points, ""}, {"a.csv", off, Points, Points, ""}, {"a.csv", edges, Sparse, Sparse, ""}, {"a.csv", off, OFF, OFF, ""},

		{"a.csv", off, "", "", "as csv: it begins with an OFF header: want rows of text; choose another format or name"},
		{"a.txt", npy, "", "", "as csv: it begins with a NumPy array: want rows of text; choose another format or name"},
		{"a.npy", graph, "", "", "as npy: it begins with a JSON object: want a NumPy array; choose another format or name"},
		{"a.lower_distance_matrix", off, "", "", "as lower-distance: it begins with an OFF header: want rows of text; choose another format or name"},
		{"a.csv", npy, CSV, "", "as csv: it begins with a NumPy array: want rows of text; choose another format or name"},
		{"a", off, NPY, "", "as npy: it begins with an OFF header: want a NumPy array; choose another format or name"},
		{"a", points, NPY, "", "as npy: it begins with 31 2c 32 2c 33 0a: want the mark of NumPy's .npy files, 93 4e 55 4d 50 59"},
		{"a.off", points, "", "", `as off: line 1: header "1,2,3": want OFF or nOFF, vertices without colours, normals and texture`},
		{"a.npz", "PK\x03\x04", "", "", "as npy: it is a zip, as .npz files are: unpack it and take one of the .npy files inside"},
		{"-", "%%MatrixMarket matrix array real general\n1 1\n0\n", "", "", `as csv: a Matrix Market file is not read: in Python, numpy.save("d.npy", scipy.io.mmread(name).toarray())`},
		{"-", "1 2 3\n4 5\n", "", "", "as csv: line 2 has 2 columns, line 1 has 3: want as many in every line"},
	} {
		f, err := Read(c.name, []byte(c.data), c.format)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s %q as %q: says\n  %v\nwant\n  %s", c.name, c.data, c.format, err, c.err)
			}
			continue
		}
		if err != nil || f.Format != c.want {
			t.Errorf("%s %q as %q: %+v, %v; want %s", c.name, c.data, c.format, f, err, c.want)
			continue
		}
		if holds := map[bool]int{true: 1}[f.Points != nil] + map[bool]int{true: 1}[f.Distances != nil] + map[bool]int{true: 1}[f.Graph != nil]; holds != 1 {
			t.Errorf("%s %q: it holds %d things", c.name, c.data, holds)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]Format{"csv": CSV, "Lower-Distance": Lower, "edges": Sparse, "nOFF": OFF} {
		if f, err := ParseFormat(name); err != nil || f != want {
			t.Errorf("%s: %s, %v; want %s", name, f, err, want)
		}
	}
	if _, err := ParseFormat("xlsx"); err == nil ||
		err.Error() != `format "xlsx": want points, csv, npy, off, distances, lower-distance, upper-distance, sparse or json` {
		t.Error(err)
	}
}

// The same five points in every form that Ripser, GUDHI, SciPy and pandas give a distance matrix.
func TestDistanceMatrices(t *testing.T) {
	want := []float64{0, 1, 2, 4, 4, 1, 0, 1, 3, 3, 2, 1, 0, 2, 2, 4, 3, 2, 0, 2, 4, 3, 2, 2, 0}
	full := "0,1,2,4,4\n1,0,1,3,3\n2,1,0,2,2\n4,3,2,0,2\n4,3,2,2,0\n"
	for _, c := range []struct {
		name   string
		format Format
		data   string
		notes  string // in all notes together
	}{
		{"square", Distances, full, ""},
		{"square with separators at the ends of lines", Distances, strings.ReplaceAll(strings.ReplaceAll(full, ",", ";"), "\n", ";\n"), ""},
		{"array", Distances, string(AppendNPY(nil, want, 5, 5)), ""},
		{"pandas", Distances, ",a,b,c,d,e\na,0,1,2,4,4\nb,1,0,1,3,3\nc,2,1,0,2,2\nd,4,3,2,0,2\ne,4,3,2,2,0\n", ""},
		{"pandas with numbers", Distances, ",0,1,2,3,4\n0,0,1,2,4,4\n1,1,0,1,3,3\n2,2,1,0,2,2\n3,4,3,2,0,2\n4,4,3,2,2,0\n", ""},
		{"a column of numbers", Distances, "0,0,1,2,4,4\n1,1,0,1,3,3\n2,2,1,0,2,2\n3,4,3,2,0,2\n4,4,3,2,2,0\n", "the first column numbers the rows from 0 on: left out"},
		{"rounded", Distances, strings.Replace(full, "\n1,", "\n1.0000001,", 1), "differ by up to 1e-07"},
		{"rounded diagonal", Distances, strings.Replace(full, "0,2,2\n", "1e-8,2,2\n", 1), "the diagonal is up to 1e-08"},
		{"Ripser's lower triangle", "", "1\n2,1\n4,3,2\n4,3,2,2\n", ""},
		{"lower triangle on one line", Lower, "1 2 1 4 3 2 4 3 2 2", ""},
		{"GUDHI's lower triangle", "", "\n1;\n2;1;\n4;3;2;\n4;3;2;2;\n", ""},
		{"lower triangle with the diagonal", "", "0\n1,0\n2,1,0\n4,3,2,0\n4,3,2,2,0\n", "read with its diagonal of zeros, as the distances of 5 points"},
		{"lower triangle as an array", Lower, string(AppendNPY(nil, []float64{1, 2, 1, 4, 3, 2, 4, 3, 2, 2}, 10)), ""},
		{"upper triangle", "", "1 2 4 4\n1 3 3\n2 2\n2\n", ""},
		{"upper triangle with the diagonal", "", "0 1 2 4 4\n0 1 3 3\n0 2 2\n0 2\n0\n", "read with its diagonal of zeros"},
		{"SciPy's pdist", Upper, string(AppendNPY(nil, []float64{1, 2, 4, 4, 1, 3, 3, 2, 2, 2}, 10)), ""},
	} {
		f, err := read(c.format, c.data)
		if err != nil || f.Distances == nil {
			t.Errorf("%s: %+v, %v", c.name, f, err)
			continue
		}
		got := slices.Clone(f.Distances.V)
		for k := range got {
			if math.Abs(got[k]-want[k]) <= 1e-7+1e-12 { // what is rounded
				got[k] = want[k]
			}
		}
		if f.Distances.N != 5 || !slices.Equal(got, want) {
			t.Errorf("%s: %v", c.name, f.Distances)
		}
		if notes := strings.Join(f.Notes, "; "); !strings.Contains(notes, c.notes) || c.notes == "" && notes != "" {
			t.Errorf("%s: notes %q, want %q", c.name, notes, c.notes)
		}
	}
}

// OFF and nOFF as GUDHI 3.13 reads them, and as it does not.
func TestOFF(t *testing.T) {
	for _, c := range []struct {
		name, data string
		dim        int
		want       []float64
		notes      []string
	}{
		{"points", "OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n", 3, []float64{0, 0, 0, 1, 0, 0, 0, 1, 0}, nil},
		{"comments, a face", "# made by hand\nOFF\n# counts\n3 1 3\n0 0 0\n\n1 0 0 # second\n0 1 0\n3 0 1 2\n", 3, []float64{0, 0, 0, 1, 0, 0, 0, 1, 0}, []string{"1 face left out"}},
		{"counts behind the header", "OFF 2 0 0\r\n0 0 0\r\n1 0 0\r\n", 3, []float64{0, 0, 0, 1, 0, 0}, nil},
		{"a plane", "nOFF\n2\n3 0 0\n0 0\n1 0\n0 1\n", 2, []float64{0, 0, 1, 0, 0, 1}, nil},
		{"a plane, dimension with the counts", "nOFF\n2 3 0 0\n0 0\n1 0\n0 1\n", 2, []float64{0, 0, 1, 0, 0, 1}, nil},
		{"four dimensions", "nOFF 4\n1 0 0\n1 2 3 4\n", 4, []float64{1, 2, 3, 4}, nil},
	} {
		f, err := read("", c.data)
		if err != nil || f.Points.Dim != c.dim || !slices.Equal(f.Points.X, c.want) || !slices.Equal(f.Notes, c.notes) {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
	}
}

// What pandas and R put around numbers is told from them, and what may be either is said.
func TestNamesAndLabels(t *testing.T) {
	for _, c := range []struct {
		name, text string
		dim        int
		want       []float64
		columns    []string
		note       string // in the only note; "" for none
	}{
		{"pandas", ",x,y\n0,1.5,2.5\n1,3.5,4.5\n", 2, []float64{1.5, 2.5, 3.5, 4.5}, []string{"x", "y"}, "the first column has no name: taken as the rows' labels and left out"},
		{"pandas without names", ",0,1\n0,1.5,2.5\n1,3.5,4.5\n", 2, []float64{1.5, 2.5, 3.5, 4.5}, []string{"0", "1"}, "the first column has no name"},
		{"pandas with tabs", "\tx\ty\na\t1\t2\nb\t3\t4\n", 2, []float64{1, 2, 3, 4}, []string{"x", "y"}, "the first column has no name"},
		{"labels", ",x,y\nParis,1,2\nRome,3,4\n", 2, []float64{1, 2, 3, 4}, []string{"x", "y"}, "the first column has no name"},
		{"R's write.csv", "\"\",\"x\",\"y\"\n\"1\",1,2\n\"2\",3,4\n", 2, []float64{1, 2, 3, 4}, []string{"x", "y"}, "the first column has no name"},
		{"R's write.table", "\"x\" \"y\"\n\"1\" 1 2\n\"2\" 3 4\n", 2, []float64{1, 2, 3, 4}, []string{"x", "y"}, "the first column has no name"},
		{"an index by name", "id,x\n0,5\n1,6\n2,7\n", 1, []float64{5, 6, 7}, []string{"x"}, "the first column, id, numbers the rows from 0 on: left out"},
		{"an index that pandas read and wrote", "Unnamed: 0,x\n0,5\n1,6\n2,7\n", 1, []float64{5, 6, 7}, []string{"x"}, "the first column, Unnamed: 0, numbers the rows from 0 on: left out"},
		{"id that is none", "id,x\n7,5\n8,6\n2,7\n", 2, []float64{7, 5, 8, 6, 2, 7}, []string{"id", "x"}, ""},
		{"time", "t,x\n1,5\n2,6\n3,7\n", 2, []float64{1, 5, 2, 6, 3, 7}, []string{"t", "x"}, "the first column numbers the rows from 1 on and is taken as a coordinate"},
		{"numbers of columns", "0,1,2\n0.5,1.5,2.5\n1.0,1.0,7.0\n", 3, []float64{0, 1, 2, 0.5, 1.5, 2.5, 1, 1, 7}, nil, "line 1 is 0, 1, ..., as pandas numbers columns without names, and is taken as a point"},
		{"small whole numbers", "0,1\n1,0\n", 2, []float64{0, 1, 1, 0}, nil, ""},
		{"a title", "my two points\n1,2\n3,4\n", 2, []float64{1, 2, 3, 4}, nil, ""},
		{"a distance matrix", "0,1,2\n1,0,1\n2,1,0\n", 3, []float64{0, 1, 2, 1, 0, 1, 2, 1, 0}, nil, "3 points in dimension 3 that are a symmetric matrix with a zero diagonal: if it holds distances, choose format distances"},
		{"a distance matrix, rounded", "0,1,2\n1,0,1\n2.0000001,1,0\n", 3, []float64{0, 1, 2, 1, 0, 1, 2.0000001, 1, 0}, nil, "choose format distances"},
		{"a distance matrix of pandas", ",a,b,c\na,0,1,2\nb,1,0,1\nc,2,1,0\n", 3, []float64{0, 1, 2, 1, 0, 1, 2, 1, 0}, []string{"a", "b", "c"}, "the first column has no name: taken as the rows' labels and left out; 3 points in dimension 3 that are"},
		{"no distance matrix", "0,1,2\n1,0,1\n3,1,0\n", 3, []float64{0, 1, 2, 1, 0, 1, 3, 1, 0}, nil, ""},
		{"no distances", "0,-1,2\n-1,0,1\n2,1,0\n", 3, []float64{0, -1, 2, -1, 0, 1, 2, 1, 0}, nil, ""},
		{"edges", "0,1,1\n1,2,1\n0,2,1.5\n", 3, []float64{0, 1, 1, 1, 2, 1, 0, 2, 1.5}, nil, "its rows may be the edges of a graph"},
	} {
		f, err := Read("a.csv", []byte(c.text), "")
		if err != nil || f.Points.Dim != c.dim || !slices.Equal(f.Points.X, c.want) || !slices.Equal(f.Columns, c.columns) {
			t.Errorf("%s: %+v, %v", c.name, f, err)
			continue
		}
		if notes := strings.Join(f.Notes, "; "); c.note == "" && notes != "" || !strings.HasPrefix(notes, c.note) && !strings.HasSuffix(notes, c.note) {
			t.Errorf("%s: notes %q, want %q", c.name, f.Notes, c.note)
		}
		if f, err := Read("a.csv", []byte(c.text), Points); err != nil || slices.ContainsFunc(f.Notes, func(n string) bool { return strings.Contains(n, "choose") }) {
			t.Errorf("%s, as points: %v, %v: asked for points, it doubts that", c.name, f, err)
		}
	}
	f, err := read("", string(AppendNPY(nil, []float64{0, 1, 2, 1, 0, 1, 2, 1, 0}, 3, 3)))
	if err != nil || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "choose format distances") {
		t.Errorf("a distance matrix as an array: %v, %v", f, err)
	}
}

func TestBadMatricesAndMeshes(t *testing.T) {
	for _, c := range []struct {
		f          Format
		name, data string
		want       string
	}{
		{CSV, "labels only", ",x\na\nb\n", `line 2 holds a label and no number: want coordinates behind it`},
		{Distances, "empty", "", `there is no number in it: want a square matrix of distances`},
		{Distances, "not square", "0,1,2\n1,0,1\n", `2 rows of 3 numbers: want a square matrix of distances`},
		{Distances, "ragged", "0,1\n1\n", `line 2 has 1 column, line 1 has 2: want as many in every line`},
		{Distances, "not symmetric", "# d\n0,1\n2,0\n", `line 3, column 1: distance 2, but 1 at line 2, column 2: want a symmetric matrix`},
		{Distances, "labelled, not symmetric", ",a,b\na,0,1\nb,2,0\n", `line 3, column 2: distance 2, but 1 at line 2, column 3: want a symmetric matrix`},
		{Distances, "a diagonal", "0,1\n1,3\n", `line 2, column 2: a point's distance to itself is 3: want 0`},
		{Distances, "similarities", "1,0.5\n0.5,1\n", `line 1, column 1: a point's distance to itself is 1: want 0`},
		{Distances, "negative", "0,-1\n-1,0\n", `line 1, column 2: distance -1: want 0 or more`},
		{Distances, "infinite", "0,inf\ninf,0\n", `line 1, column 2: +Inf: want a finite number`},
		{Distances, "array", string(AppendNPY(nil, []float64{0, 1, 2, 0}, 2, 2)), `row 1, column 0, counted from 0: distance 2, but 1 at row 0, column 1, counted from 0: want a symmetric matrix`},
		{Distances, "array not square", string(AppendNPY(nil, []float64{0, 1}, 1, 2)), `1 row of 2 numbers: want a square matrix of distances; one side of the diagonal is format upper-distance, as SciPy's pdist`},
		{Lower, "empty", "# nothing\n", `0 numbers: want n(n-1)/2, the distances of n points on one side of the diagonal; a square matrix is format distances`},
		{Lower, "square", "0,1\n1,0\n", `4 numbers: want n(n-1)/2, the distances of n points on one side of the diagonal; a square matrix is format distances`},
		{Lower, "negative", "1\n2,-1\n", `line 2, column 2: distance -1: want 0 or more`},
		{Upper, "array of rows", string(AppendNPY(nil, []float64{0, 1, 2, 0}, 2, 2)), `shape (2, 2): want n(n-1)/2 numbers, the distances of n points on one side of the diagonal`},
		{Upper, "negative array", string(AppendNPY(nil, []float64{1, -2, 3}, 3)), `number 1, counted from 0: distance -2: want 0 or more`},
		{OFF, "empty", "", `the file ends in its header: want the numbers of vertices, faces and edges`},
		{OFF, "header only", "OFF\n", `the file ends in its header: want the numbers of vertices, faces and edges`},
		{OFF, "no vertex", "OFF\n0 0 0\n", `there is no vertex in it: want a line of coordinates for each`},
		{OFF, "cut", "OFF\n3 0 0\n0 0 0\n", `1 of 3 vertices: the file is cut short`},
		{OFF, "more", "OFF\n1 0 0\n0 0 0\n1 0 0\n", `line 4: one line more than the 1 vertices and 0 faces that the header counts: want no more`},
		{OFF, "colours", "COFF\n1 0 0\n0 0 0 255 0 0\n", `line 1: header "COFF": want OFF or nOFF, vertices without colours, normals and texture`},
		{OFF, "short vertex", "OFF\n1 0 0\n0 0\n", `line 3 has 2 numbers: want the 3 coordinates of a vertex`},
		{OFF, "words", "OFF\n1 0 0\n0 0 x\n", `line 3, column 3: "x": want a number`},
		{OFF, "counts", "OFF\n1 0\n0 0 0\n", `line 3: "0 0 0": want the numbers of vertices, faces and edges, in nOFF behind that of coordinates`},
		{OFF, "negative counts", "OFF\n-1 0 0\n", `line 2: "-1 0 0": want the numbers of vertices, faces and edges, in nOFF behind that of coordinates`},
		{OFF, "no dimension", "nOFF\n0\n1 0 0\n", `line 3: points of 0 coordinates: want 1 to 1048576`},
	} {
		if _, err := read(c.f, c.data); err == nil || err.Error() != "as "+string(c.f)+": "+c.want {
			t.Errorf("%s, %s: says\n  %v\nwant\n  as %s: %s", c.f, c.name, err, c.f, c.want)
		}
	}
}
