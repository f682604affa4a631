package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"reta/server/parquet"
)

// rowOf is a row of parquetOf: a label and an image.
type rowOf struct {
	label any // int64 or string
	image []byte
}

// parquetOf makes a Parquet file with the columns img and label, and what Hugging
// Face's datasets says of classes when there are names.
func parquetOf(t testing.TB, names []string, rows ...rowOf) []byte {
	t.Helper()
	label := parquet.Column{Name: "label", Type: parquet.Int64}
	if len(rows) > 0 {
		if _, text := rows[0].label.(string); text {
			label.Type, label.Text = parquet.ByteArray, true
		}
	}
	var b bytes.Buffer
	w := parquet.NewWriter(&b, []parquet.Column{{Name: "img.bytes", Type: parquet.ByteArray}, {Name: "img.path", Type: parquet.ByteArray, Text: true}, label})
	for i, r := range rows {
		if err := w.Add(r.image, fmt.Sprintf("%d.png", i), r.label); err != nil {
			t.Fatal(err)
		}
	}
	meta := map[string]string{}
	if names != nil {
		list, _ := json.Marshal(names)
		meta["huggingface"] = `{"info": {"features": {"img": {"_type": "Image"}, "label": {"names": ` + string(list) + `, "_type": "ClassLabel"}}}}`
	}
	if err := w.Close(meta, "test"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// numbered are rows with these labels and images that differ.
func numbered(t testing.TB, labels ...int64) (rows []rowOf) {
	for i, l := range labels {
		rows = append(rows, rowOf{l, pngOf(t, i+1)})
	}
	return rows
}

func worded(t testing.TB, labels ...string) (rows []rowOf) {
	for i, l := range labels {
		rows = append(rows, rowOf{l, pngOf(t, i+1)})
	}
	return rows
}

// testdata/hf was written by datasets 5.2.0: images of class k have 200 in channel k % 3.
func TestParquetOfHuggingFace(t *testing.T) {
	d, err := openCase(t, Options{Name: "path:testdata/hf"})
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(d); got != "zebra 2/2, ant 2/2, crab 2/2" {
		t.Errorf("classes %s: want the file's order, zebra ant crab", got)
	}
	for _, s := range []Split{d.Train, d.Test} {
		for i := range s.Len() {
			pix := make([]byte, d.ImageBytes())
			if err := s.Read(i, pix); err != nil {
				t.Fatal(err)
			}
			if k := s.Label(i); pix[k] != 200 || pix[(k+1)%3] != 0 {
				t.Errorf("%s has label %d and first pixel %v", s.ID(i), k, pix[:3])
			}
		}
	}
	if id := d.Train.ID(1); id != "train-00000-of-00002.parquet/row 3" {
		t.Errorf("the second image is %q", id)
	}
	one, err := openCase(t, Options{Name: "path:testdata/hf/train-00000-of-00002.parquet", Classes: []string{"crab"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(one); got != "crab 2/0" {
		t.Errorf("one file, one class: %s", got)
	}
}

// How files of labelled images are understood, or what is refused.
func TestShards(t *testing.T) {
	ab := []string{"b", "a"}
	sample := func(key, label string, seed int) []string {
		return []string{key + ".png", string(pngOf(t, seed)), key + ".cls", label}
	}
	wds := func(parts ...[]string) []byte {
		var all []string
		for _, p := range parts {
			all = append(all, p...)
		}
		return tarOf(t, all...)
	}
	two := wds(sample("1", "0", 1), sample("2", "1", 2))
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string // classes with numbers of images, "" for an error
		says  string // a note, or the error
	}{
		{"Parquet", map[string][]byte{"train-00000-of-00001.parquet": parquetOf(t, ab, numbered(t, 0, 1, 1)...), "test-00000-of-00001.parquet": parquetOf(t, ab, numbered(t, 1, 0)...)},
			"b 1/1, a 2/1", "train-00000-of-00001.parquet is the training part, test-00000-of-00001.parquet the test part"},
		{"a repository", map[string][]byte{"data/train-00000-of-00001.parquet": parquetOf(t, ab, numbered(t, 0, 1)...), "README.md": nil}, "b 1/0, a 1/0", "there is no test part"},
		{"parts as folders", map[string][]byte{"default/train/0000.parquet": parquetOf(t, ab, numbered(t, 0, 1)...), "default/test/0000.parquet": parquetOf(t, ab, numbered(t, 0)...)},
			"b 1/1, a 1/0", "test/0000.parquet the test part"},
		{"validation before test", map[string][]byte{"train.parquet": parquetOf(t, ab, numbered(t, 0, 1)...), "validation.parquet": parquetOf(t, ab, numbered(t, 0)...), "test.parquet": parquetOf(t, ab, numbered(t, 0)...)},
			"b 1/1, a 1/0", "not used: test.parquet"},
		{"hidden labels", map[string][]byte{"train.parquet": parquetOf(t, ab, numbered(t, 0, 1)...), "test.parquet": parquetOf(t, ab, numbered(t, -1, -1)...)},
			"b 1/0, a 1/0", "2 images of test.parquet without a label left out"},
		{"numbers", map[string][]byte{"x.parquet": parquetOf(t, nil, numbered(t, 0, 1, 0)...)}, "0 2/0, 1 1/0", "x.parquet is the training part"},
		{"numbers with a list", map[string][]byte{"x.parquet": parquetOf(t, nil, numbered(t, 0, 1, 0)...), "classes.txt": []byte("n1\tcat\nn2\tdog\n")}, "cat 2/0, dog 1/0", "x.parquet is the training part"},
		{"words", map[string][]byte{"x.parquet": parquetOf(t, nil, worded(t, "cat", "ant", "cat")...)}, "ant 1/0, cat 2/0", "column img holds the images, label the classes"},
		{"another class in the test part", map[string][]byte{"train.parquet": parquetOf(t, nil, worded(t, "a", "b")...), "test.parquet": parquetOf(t, nil, worded(t, "a", "c")...)},
			"a 1/1, b 1/0", "images of 1 class of test.parquet that the training part lacks left out"},
		{"WebDataset", map[string][]byte{"train-0000.tar": two, "train-0001.tar": two, "val-0000.tar": two}, "0 2/1, 1 2/1", "train-0000.tar with 1 more is the training part, val-0000.tar the test part"},
		{"names of a set before the part", map[string][]byte{"pets-train-0.tar": two, "pets-val-0.tar": two, "classnames.txt": []byte("cat\ndog\n")}, "cat 1/1, dog 1/1", "pets-val-0.tar the test part"},
		{"one tar", map[string][]byte{"x.tar": two}, "0 1/0, 1 1/0", "x.tar is the training part"},
		{"unpacked", map[string][]byte{"1.png": pngOf(t, 1), "1.cls": []byte("0"), "2.png": pngOf(t, 2), "2.json": []byte(`{"label": 1, "text": "x"}`)}, "0 1/0, 1 1/0", "all of it is the training part"},
		{"names in JSON", map[string][]byte{"x.tar": tarOf(t, "a.png", string(pngOf(t, 1)), "a.json", `{"label":"dog"}`, "b.png", string(pngOf(t, 2)), "b.json", `{"label":"cat"}`)}, "cat 1/0, dog 1/0", "x.tar"},
		{"without a label", map[string][]byte{"x.tar": wds(sample("1", "0", 1), sample("2", "1", 2), []string{"3.png", "", "4.cls", "1"})}, "0 1/0, 1 1/0", "left out 1 images without a label and 1 labels without an image"},

		{"other classes in the second file", map[string][]byte{"train-0.parquet": parquetOf(t, ab, numbered(t, 0, 1)...), "train-1.parquet": parquetOf(t, []string{"a", "b"}, numbered(t, 0, 1)...)}, "", "declare other classes"},
		{"two sets", map[string][]byte{"cats-train-0.tar": two, "dogs-train-0.tar": two}, "", "files are of several sets: cats-train-0.tar, dogs-train-0.tar: give a folder with those of one set"},
		{"no training part", map[string][]byte{"test-0.tar": two}, "", "none of its files is named like a training part: test-0.tar"},
		{"label out of range", map[string][]byte{"x.parquet": parquetOf(t, ab, numbered(t, 0, 1, 2)...)}, "", "x.parquet: row 2: label is 2: want less than 2, the number of class names"},
		{"no class numbers", map[string][]byte{"x.parquet": parquetOf(t, nil, numbered(t, 0, 1<<40)...)}, "", "x.parquet: row 1: label is 1099511627776: want the number of a class, less than 65536"},
		{"no labels", map[string][]byte{"x.parquet": parquetOf(t, nil, numbered(t, -1)...)}, "", "x.parquet: no image has a label"},
		{"names twice", map[string][]byte{"x.parquet": parquetOf(t, []string{"a", "a"}, numbered(t, 0, 1)...)}, "", `two classes are named "a"`},
		{"a text for a label", map[string][]byte{"x.parquet": parquetOf(t, nil, worded(t, strings.Repeat("word ", 100))...)}, "", "x.parquet: row 0: label has 500 bytes: want the name of a class"},
		{"cut", map[string][]byte{"x.parquet": parquetOf(t, ab, numbered(t, 0, 1)...)[:300]}, "", "x.parquet: it does not end as a Parquet file does"},
		{"cut tar", map[string][]byte{"x.tar": two[:540]}, "", "damaged archive"},
		{"tar of no samples", map[string][]byte{"x.tar": tarOf(t, "a.txt", "x")}, "", "no samples of WebDataset in it, as 000012.jpg with 000012.cls"},
		{"damaged JSON", map[string][]byte{"x.tar": tarOf(t, "a.png", "", "a.json", "{")}, "", "x.tar/a.json: no JSON object"},
	} {
		d, err := openCase(t, Options{Name: "path:" + write(t, c.files), Size: 8})
		switch {
		case err != nil && (c.want != "" || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v; want %q", c.name, err, c.want+c.says)
		case err == nil && (summary(d) != c.want || !strings.Contains(notes(d), c.says)):
			t.Errorf("%s: %s; want %s\n%s\nwant a note with %q", c.name, summary(d), c.want, notes(d), c.says)
		}
	}
}

func TestShardsOfASetWithKnownClasses(t *testing.T) {
	var rows []rowOf
	for i := range 10 {
		rows = append(rows, rowOf{int64(i), pngOf(t, i)})
	}
	dir := write(t, map[string][]byte{"train.parquet": parquetOf(t, nil, rows...)})
	d, err := openCase(t, Options{Name: "imagenette", Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	if d.Classes[0].ID != "n01440764" || d.Classes[9].ID != "n03888257" || !strings.Contains(notes(d), "in the order of their ids: 0 is n01440764") {
		t.Errorf("classes %+v, notes %s", d.Classes, notes(d))
	}
	if d.Size != 224 || d.Mean != imageNetMean {
		t.Errorf("size %d, mean %v: want those of imagenette", d.Size, d.Mean)
	}
}

// Of two columns of labels, the set's number of classes decides.
func TestTwoColumnsOfLabels(t *testing.T) {
	columns := func(names string) *parquet.File {
		var b bytes.Buffer
		w := parquet.NewWriter(&b, []parquet.Column{{Name: "img", Type: parquet.ByteArray}, {Name: "coarse", Type: parquet.Int64}, {Name: names, Type: parquet.Int64}})
		meta := fmt.Sprintf(`{"info":{"features":{"img":{"_type":"Image"},"coarse":{"names":["x"],"_type":"ClassLabel"},%q:{"names":["a","b"],"_type":"ClassLabel"}}}}`, names)
		if err := w.Close(map[string]string{"huggingface": meta}, "test"); err != nil {
			t.Fatal(err)
		}
		f, err := parquet.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, c := range []struct {
		name    string
		classes int
		want    string
	}{{"fine", 2, "fine"}, {"fine", 1, "coarse"}, {"label", 0, "label"}, {"fine", 0, ""}} {
		got, err := chooseColumns(columns(c.name), &Spec{Classes: c.classes})
		if c.want == "" && (err == nil || !strings.Contains(err.Error(), "2 columns of class labels: coarse, fine: rename")) || c.want != "" && (err != nil || got.labelName != c.want) {
			t.Errorf("coarse and %s for a set of %d classes: %q, %v: want %q", c.name, c.classes, got.labelName, err, c.want)
		}
	}
}

// A plain tar is read where it lies.
func TestPlainTarIsNotCopied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.tar")
	if err := os.WriteFile(path, tarOf(t, "a/1.txt", "one", "a/2.txt", "two"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := openSource(context.Background(), path, "never used", defaultLimits, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.FS.(*unpacked).blob.size; n != 0 {
		t.Errorf("%d bytes were copied", n)
	}
	if data, err := readFile(s.FS, "a/2.txt", 10); err != nil || string(data) != "two" {
		t.Errorf("a/2.txt is %q, %v", data, err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if err := fstest.TestFS(mustIndex(t, tarOf(t, "a/1.txt", "one", "b.txt", "two")), "a/1.txt", "b.txt"); err != nil {
		t.Error(err)
	}
}

func mustIndex(t *testing.T, data []byte) *unpacked {
	t.Helper()
	u := newUnpacked("")
	if err := u.index(context.Background(), bytes.NewReader(data), int64(len(data)), "", defaultLimits, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	u.sort()
	return u
}

func FuzzShards(f *testing.F) {
	data, err := os.ReadFile("testdata/hf/train-00000-of-00002.parquet")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, true)
	f.Add(tarOf(f, "a.png", "x", "a.cls", "0", "b.png", "y", "b.json", `{"label":1}`), false)
	f.Fuzz(func(t *testing.T, data []byte, isParquet bool) {
		name := "train.tar"
		if isParquet {
			name = "train.parquet"
		}
		lim := defaultLimits
		lim.entries, lim.file, lim.bytes = 1000, 1<<20, 1<<20
		into := newUnpacked("never used")
		found, err := shardsLayout(context.Background(), fstest.MapFS{name: &fstest.MapFile{Data: data}}, &Spec{}, into, lim)
		if err != nil || found == nil {
			return
		}
		items, _, err := found.items(found.classes)
		if err != nil {
			return
		}
		for _, it := range items {
			if it.label < 0 || it.label >= len(found.classes) {
				t.Fatalf("label %d of %d classes", it.label, len(found.classes))
			}
			if _, err := readFile(found.root, it.path, lim.file); err != nil {
				t.Fatal(err)
			}
		}
	})
}
