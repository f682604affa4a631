package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reta/server/run"
	"reta/shared/pointfile"
	"reta/shared/testdata"
)

// topologyOf carries out server topology and returns what it prints.
func topologyOf(t *testing.T, stdin string, words ...string) string {
	t.Helper()
	root := command(run.NewGate())
	var out bytes.Buffer
	root.SetArgs(append([]string{"topology"}, words...))
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&out)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v: %v", words, err)
	}
	return out.String()
}

var update = flag.Bool("update", false, "write what is printed to testdata/topology")

// The whole text for small inputs, known by hand: the unit square has one loop, from 1 to the square root of 2.
func TestTopologyText(t *testing.T) {
	square := "x,y\n0,0\n1,0\n1,1\n0,1\n"
	for _, c := range []struct {
		name, stdin string
		words       []string
	}{
		{"square", square, []string{"-", "--betti", "--steps", "8"}},
		{"square_vr_cutoff", square, []string{"-", "--vr", "--cutoff", "1.25", "--bars", "1"}},
		{"square_csv", square, []string{"-", "--csv"}},
		{"square_betti_csv", square, []string{"-", "--csv", "--betti", "--steps", "4"}},
		{"one_point", "7\n", []string{"-"}},
		{"coincident", "1 1\n1 1\n", []string{"-"}},
		{"cycle_edges", "0 1 1\n1 2 2\n2 3 1\n3 0 4\n", []string{"-", "--graph", "--points", "5"}},
		{"tiny_lengths", "0\n1e-12\n3e-12\n", []string{"-", "--k", "1"}},
	} {
		got, golden := topologyOf(t, c.stdin, c.words...), filepath.Join("testdata", "topology", c.name+".txt")
		if *update {
			writeFile(t, golden, []byte(got))
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: printed\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

// decoded reads JSON, from a file where text names one.
func decoded(t *testing.T, text string) any {
	t.Helper()
	if strings.HasSuffix(text, ".json") {
		data, err := os.ReadFile(text)
		if err != nil {
			t.Fatal(err)
		}
		text = string(data)
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return v
}

// member follows names into a document.
func member(v any, names ...string) any {
	for _, name := range names {
		v = v.(map[string]any)[name]
	}
	return v
}

// near reports whether two documents have one form and numbers within tolerance.
func near(a, b any, tolerance float64) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= tolerance
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !near(x[i], y[i], tolerance) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		for name := range x {
			ok = ok && near(x[name], y[name], tolerance)
		}
		return ok && len(x) == len(y)
	}
	return reflect.DeepEqual(a, b)
}

// Every cloud: from its graph exactly, from its points within 1e-12 of eps_max, and its images.
func TestTopologyOfTheFixtures(t *testing.T) {
	const flagComplex = "flag_complex_of_mutual_knn_graph"
	for _, dir := range entries(t, testdata.Dir(t, "fixtures", "topology", "clouds")) {
		at := func(name string) string { return filepath.Join(dir, name) }
		meta := decoded(t, at("meta.json"))
		eps, k := member(meta, "eps_max").(float64), bare(member(meta, "k").(float64))
		want, curves := member(decoded(t, at("diagrams.json")), flagComplex), decoded(t, at("betti.json"))

		graph := decoded(t, topologyOf(t, "", at("graph.json"), "--json"))
		if got := member(graph, "flag_complex_of_graph"); !near(want, got, 0) {
			t.Errorf("%s: of the graph\n%v\nwant\n%v", dir, got, want)
		}
		if got := member(graph, "betti"); !near(curves, got, 0) {
			t.Errorf("%s: Betti curves of the graph\n%v\nwant\n%v", dir, got, curves)
		}

		images := filepath.Join(t.TempDir(), "images.npy")
		points := decoded(t, topologyOf(t, "", at("points.npy"), "--json", "--k", k, "--image", images, "--sigma", "0.05"))
		for name, got := range points.(map[string]any) {
			if want, known := meta.(map[string]any)[name]; known && !near(want, got, 1e-9*eps) {
				t.Errorf("%s: %s is %v, want %v", dir, name, got, want)
			}
		}
		if got := member(points, flagComplex); !near(want, got, 1e-12*eps) {
			t.Errorf("%s: of the points\n%v\nwant\n%v", dir, got, want)
		}
		if got := member(points, "betti"); !near(curves, got, 1e-12*eps) {
			t.Errorf("%s: Betti curves of the points\n%v\nwant\n%v", dir, got, curves)
		}
		checkArray(t, images, at("pi_s05.npy"))

		full := member(decoded(t, at("diagrams.json")), "full_vietoris_rips")
		if full == nil || !strings.HasPrefix(member(full, "tool").(string), "gudhi") {
			continue
		}
		got := member(decoded(t, topologyOf(t, "", at("points.npy"), "--json", "--vr")), "full_vietoris_rips")
		for _, degree := range []string{"h0", "h1"} {
			ours := member(got, degree, "finite").([]any)
			for i, bar := range ours {
				ours[i] = bar.([]any)[:2] // without the critical edges
			}
			theirs := member(full, degree, "finite")
			if !near(theirs, any(ours), 1e-12*eps) || !near(member(full, degree, "essential"), member(got, degree, "essential"), 0) {
				t.Errorf("%s: Vietoris-Rips %s\n%v\nwant\n%v", dir, degree, ours, theirs)
			}
		}
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: nothing in it: %v", dir, err)
	}
	for i := range list {
		list[i] = filepath.Dir(list[i])
	}
	return slices.Compact(list)
}

// checkArray compares a written array with one that NumPy wrote, both (2, grid, grid).
func checkArray(t *testing.T, got, want string) {
	t.Helper()
	var bodies [2][]byte
	for i, path := range []string{got, want} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		flat := bytes.Replace(data, []byte("(2, 32, 32)"), []byte("(2048,)    "), 1) // the reader takes points only
		flat = bytes.Replace(flat, []byte("(2, 32, 32,)"), []byte("(2048,)     "), 1)
		bodies[i] = flat
	}
	var arrays [2]*pointfile.Cloud
	for i, path := range []string{got, want} {
		f, err := pointfile.Read(path, bodies[i], pointfile.NPY)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		arrays[i] = f.Points
	}
	a, b := arrays[0], arrays[1]
	if a.N != 2048 || b.N != 2048 {
		t.Fatalf("%d and %d pixels", a.N, b.N)
	}
	largest := max(1, slices.Max(b.X))
	for m := range a.X {
		if math.Abs(a.X[m]-b.X[m]) > 1e-10*largest {
			t.Fatalf("%s: pixel %d is %v, want %v", want, m, a.X[m], b.X[m])
		}
	}
}

// Every pair: kappa, both losses, the push and the counts of the fixtures.
func TestTopologyComparesTheFixtures(t *testing.T) {
	for _, dir := range entries(t, testdata.Dir(t, "fixtures", "topology", "pairs")) {
		want := decoded(t, filepath.Join(dir, "pair.json"))
		eps, n := member(want, "eps_max").(float64), member(want, "n_real").(float64)
		for tag, sigma := range map[string]string{"s05": "0.05", "s20": "0.2"} {
			got := decoded(t, topologyOf(t, "", filepath.Join(dir, "real.npy"), "--compare", filepath.Join(dir, "syn.npy"), "--json",
				"--k", bare(member(want, "k").(float64)), "--gamma", bare(member(want, "gamma").(float64)), "--sigma", sigma))
			for _, name := range []string{"n_real", "n_syn", "dim", "k", "eps_max", "gamma", "active", "bars"} {
				if !near(member(want, name), member(got, name), 1e-12*eps) {
					t.Errorf("%s: %s is %v, want %v", dir, name, member(got, name), member(want, name))
				}
			}
			for _, part := range []string{"h0", "h1", "total"} {
				if kappa := member(got, "kappa", part); !near(member(want, "kappa", part), kappa, 1e-12*eps*n) {
					t.Errorf("%s: kappa %s is %v, want %v", dir, part, kappa, member(want, "kappa", part))
				}
				loss := member(want, "loss", tag, part).(float64)
				if got := member(got, "loss", part); !near(loss, got, 1e-10*loss+1e-12) {
					t.Errorf("%s: loss %s at sigma %s is %v, want %v", dir, part, sigma, got, loss)
				}
			}
			if gradient, there := member(want, "gradient").(map[string]any); there {
				push, got := member(gradient, tag, "push").(float64), member(got, "push").(float64)
				if math.Abs(got-push) > 1e-9*max(1, math.Abs(push)) {
					t.Errorf("%s: push at sigma %s is %v, want %v", dir, sigma, got, push)
				}
			}
		}
	}
}

// A comparison in words: of a set with itself, with a wider one, with a single point, and where loops that never end
// differ in number.
func TestTopologyCompareText(t *testing.T) {
	dir := t.TempDir()
	square := filepath.Join(dir, "square.csv")
	writeFile(t, square, []byte("0,0\n1,0\n1,1\n0,1\n"))
	for _, c := range []struct {
		syn  string
		k    string
		want []string
	}{
		{"0,0\n1,0\n1,1\n0,1\n", "3", []string{"bars, real                     3 + 1         1 + 0\n", "kappa (Eqn 9)                      0             0             0\n",
			"loss (Eqn 11, literal)             0             0             0\n", "bottleneck distance                0             0\n",
			"push 0: a descent step neither expands nor contracts the synthetic set"}},
		{"0,0\n9,0\n9,9\n0,9\n", "3", []string{", 6 of 6 edges in the synthetic one longer and left out", "0 + 4         0 + 0",
			"bottleneck distance inf: essential bars", "no gradient: no synthetic component is within eps_max of another"}},
		{"0,0\n", "3", []string{"loss (Eqn 11)                   none          none          none\n", "no gradient: fewer than two synthetic points (IPC 1 has no pair to compare)"}},
		{"0,0\n.8,0\n.8,.8\n0,.8\n", "3", []string{"a descent step expands the synthetic set"}},
		{"0,0\n1,0\n1,1\n2,2\n", "2", []string{"bars, real                     3 + 1         0 + 1\n", "bars, synthetic                2 + 2         0 + 0\n",
			"bottleneck distance              inf           inf\n"}},
	} {
		syn := filepath.Join(dir, "syn.csv")
		writeFile(t, syn, []byte(c.syn))
		got := topologyOf(t, "", square, "--compare", syn, "--k", c.k)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q: printed\n%s\nwant in it\n%s", c.syn, got, want)
			}
		}
	}
	rows := strings.Split(topologyOf(t, "", square, "--compare", square, "--csv", "--relative"), "\n")
	if want := []string{"degree,kappa,loss,bottleneck", "0,0,0,0", "1,0,0,0", "total,0,0,", ""}; !slices.Equal(rows, want) {
		t.Errorf("CSV of a set with itself:\n%q\nwant\n%q", rows, want)
	}
}

// Among the points of both files, k 1: the real points 0 and 3 have synthetic neighbours only, 1 and 2 have each other.
func TestTopologyComparesOnTheUnion(t *testing.T) {
	dir := t.TempDir()
	real, syn := filepath.Join(dir, "real.csv"), filepath.Join(dir, "syn.csv")
	writeFile(t, real, []byte("0\n3\n"))
	writeFile(t, syn, []byte("1\n2\n"))
	for _, c := range []struct {
		words      []string
		real, kind string
	}{{nil, "1 + 1", "mutual k-NN graphs, k 1"}, {[]string{"--union"}, "0 + 2", "mutual k-NN graph of both sets, k 1"}} {
		words := append([]string{real, "--compare", syn, "--k", "1"}, c.words...)
		got := topologyOf(t, "", words...)
		if want := fmt.Sprintf("bars, real            %14s         0 + 0\nbars, synthetic                1 + 1         0 + 0\n", c.real); !strings.Contains(got, want) || !strings.Contains(got, c.kind+": eps_max 3 ") {
			t.Errorf("%v: printed\n%s\nwant in it\n%s", words, got, want)
		}
		if doc := decoded(t, topologyOf(t, "", append(words, "--json")...)); member(doc, "union") != (c.words != nil) {
			t.Errorf("%v: union is %v", words, member(doc, "union"))
		}
	}
}

// A sample names points as the file does, and the seed decides which.
func TestTopologySample(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintln(&text, 1<<i) // point i is at 2^i, nearest to the next one below it
	}
	sample := func(seed string) any {
		return decoded(t, topologyOf(t, text.String(), "-", "--sample", "6", "--seed", seed, "--json"))
	}
	one := sample("1")
	if !reflect.DeepEqual(one, sample("1")) || reflect.DeepEqual(one, sample("2")) {
		t.Error("the seed does not decide")
	}
	if member(one, "n") != 6.0 || !reflect.DeepEqual(member(one, "sample"), map[string]any{"of": 40.0, "seed": 1.0}) {
		t.Errorf("sample %v of n %v", member(one, "sample"), member(one, "n"))
	}
	bars := member(one, "flag_complex_of_mutual_knn_graph", "h0", "finite").([]any)
	for k, bar := range bars {
		b := bar.([]any)
		i, j := int(b[2].(float64)), int(b[3].(float64))
		if length := 1<<j - 1<<i; b[1] != float64(length) || k > 0 && i != int(bars[k-1].([]any)[3].(float64)) {
			t.Errorf("bar %v: points %d and %d of the file are %d apart", b, i, j, 1<<j-1<<i)
		}
	}
	if len(bars) != 5 {
		t.Errorf("%d bars, want 5", len(bars))
	}
	if got := topologyOf(t, "1\n2\n", "-", "--sample", "9"); !strings.Contains(got, "standard input: 2 points in dimension 1\n") {
		t.Errorf("a sample larger than the file: %s", got)
	}
}

// The picture has both panels, whatever the grid.
func TestTopologyPicture(t *testing.T) {
	for grid, width := range map[string]int{"1": 28 + 2*(384+148), "20": 28 + 2*(380+148), "600": 28 + 2*(600+148)} {
		path := filepath.Join(t.TempDir(), "square.PNG")
		topologyOf(t, "0,0\n1,0\n1,1\n0,1\n", "-", "--image", path, "--grid", grid)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if c, err := png.DecodeConfig(f); err != nil || c.Width != width {
			t.Errorf("grid %s: %d pixels wide, want %d (%v)", grid, c.Width, width, err)
		}
	}
}

// A picture never takes the place of the points, under whatever name they go.
func TestTopologyPictureSparesThePoints(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.npy"), filepath.Join(dir, "b.npy")
	points := pointfile.AppendNPY(nil, []float64{1, 2}, 2)
	writeFile(t, file, points)
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][2]string{{file, link}, {link, file}} {
		root := command(run.NewGate())
		root.SetArgs([]string{"topology", names[0], "--image", names[1]})
		root.SetOut(io.Discard)
		if err := root.ExecuteContext(t.Context()); exitCode(err) != 2 || !strings.Contains(err.Error(), "would write over FILE") {
			t.Errorf("%v: %v", names, err)
		}
		if data, err := os.ReadFile(file); err != nil || !bytes.Equal(data, points) {
			t.Fatalf("%v: the points are gone (%v)", names, err)
		}
	}
}

// What JSON cannot hold is null: here the sum of lengths that float64 can hold.
func TestTopologyBeyondJSON(t *testing.T) {
	doc := decoded(t, topologyOf(t, "0 1 1.7e308\n1 2 1.7e308\n", "-", "--graph", "--json", "--steps", "1"))
	if got := member(doc, "total_persistence"); !reflect.DeepEqual(got, []any{nil, 0.0}) {
		t.Errorf("total persistence %v, want null of components", got)
	}
}

// A computation is left at once when the program is asked to stop.
func TestTopologyStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	begun, end := make(chan bool), make(chan bool)
	defer close(end)
	go func() { <-begun; cancel() }()
	if _, err := interruptible(ctx, func() (int, error) { close(begun); <-end; return 1, nil }); exitCode(err) != 6 {
		t.Errorf("%v, exit code %d, want 6", err, exitCode(err))
	}
	if v, err := interruptible(t.Context(), func() (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	reading, stop := context.WithCancel(t.Context()) // also while nothing comes in
	never, _ := io.Pipe()
	defer never.Close()
	root := command(run.NewGate())
	root.SetArgs([]string{"topology", "-"})
	root.SetIn(never)
	stop()
	if err := root.ExecuteContext(reading); exitCode(err) != 6 {
		t.Errorf("reading: %v, exit code %d, want 6", err, exitCode(err))
	}
}
