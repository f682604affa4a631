package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/label"
	"reta/server/dataset"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

const side = 16

// pngOf is a picture that depends on seed.
func pngOf(t testing.TB, seed int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		m.Set(i%side, i/side, color.NRGBA{byte(seed * 40), byte(i*seed + 3), byte(i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// made is a sealed bundle of two classes, zebra and ant, with three images each.
func made(t testing.TB, change func(dir string, m *Manifest)) string {
	t.Helper()
	dir := t.TempDir()
	r, err := recipe.New("reta", recipe.Dataset{Name: "demo", Classes: 2, Size: side})
	r.IPC = 3
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{
		Program: "test", Dataset: Source{Name: "demo", Title: "figures", Terms: "Free."}, Size: side, Mean: [3]float64{0.5, 0.5, 0.5}, Std: [3]float64{0.25, 0.25, 0.25},
		Classes: []Class{{ID: "z", Name: "zebra, striped", Folder: "z"}, {ID: "a", Name: "ant", Folder: "a"}}, Method: recipe.Schema, Recipe: text,
		Teachers: []Teacher{{Network: "resnet18", File: "t.safetensors", SHA256: strings.Repeat("ab", 32), Top1: 0.75}}, Seeds: Seeds{Recover: &r.Seed},
	}
	for c, class := range m.Classes {
		for i := range 3 {
			put(t, filepath.Join(dir, "train", class.Folder, fmt.Sprintf("%05d.png", i)), pngOf(t, 3*c+i))
		}
	}
	put(t, filepath.Join(dir, "config.toml"), []byte("schema = 2\n"))
	if change != nil {
		change(dir, &m)
	}
	if err := Seal(dir, m); err != nil {
		t.Fatal(err)
	}
	return dir
}

// labelled writes a store of soft labels for the images of a bundle.
func labelled(t testing.TB, bundle, to string, change func(*label.Manifest)) {
	t.Helper()
	set, err := dataset.Open(context.Background(), dataset.Options{Name: "path:" + bundle})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	p, err := protocol.New("fadrm", recipe.Dataset{Name: "cifar-100", Classes: 2, Size: side}, 3, "resnet18")
	if err != nil {
		t.Fatal(err)
	}
	m := label.Manifest{Program: "test", Labels: p.Labels, Side: side, Mean: [3]float64{0.5, 0.5, 0.5}, Std: [3]float64{0.25, 0.25, 0.25},
		Classes: []label.Class{{ID: "z", Name: "zebra"}, {ID: "a", Name: "ant"}}, Teachers: []label.Teacher{{Network: "resnet18", SHA256: strings.Repeat("ab", 32), Weight: 1}}}
	m.Labels.Epochs, m.Labels.Batch, m.Labels.Seed = 2, 4, 7
	var pixels []byte
	for i := range set.Train.Len() {
		m.Images = append(m.Images, set.Train.ID(i))
		m.Targets = append(m.Targets, 1-int(set.Train.Label(i))) // folders are sorted, classes are not
		one := make([]byte, set.ImageBytes())
		if err := set.Train.Read(i, one); err != nil {
			t.Fatal(err)
		}
		pixels = append(pixels, one...)
	}
	m.Pixels = sumOf(pixels)
	if change != nil {
		change(&m)
	}
	w, err := label.NewWriter(to, m)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for w.Next() < m.Labels.Epochs {
		logits := make([]float32, len(m.Images)*len(m.Classes))
		for i := range logits {
			logits[i] = float32(i + w.Next())
		}
		if err := w.Add(logits); err != nil {
			t.Fatal(err)
		}
	}
}

const results = `{"schema":1,"test_images":100,"students":[{"network":"convnet3","protocol":{"protocol":"fadrm"}}],
"trials":[{"seed":2},{"seed":1},{"seed":2}],"findings":["distilled images teach convnet3 more"],
"rows":[{"images":"distilled","labels":"soft","student":"convnet3","count":6,"n":2,"last":{"top1":0.55,"se":0.012,"top5":0.9},"best":{"top1":0.56,"top5":0.9}}]}`

func check(t *testing.T, dir string) *Report {
	t.Helper()
	r, err := Verify(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBundleDescribesItself(t *testing.T) {
	dir := made(t, nil)
	if r := check(t, dir); r.Failed != 0 || r.Images != 6 || r.Classes != 2 || r.Files != 6+5 || r.Epochs != 0 {
		t.Errorf("%+v: want 6 images, 11 files and nothing wrong", r)
	}
	m, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Images() != 6 || m.Labels != nil || m.Evaluation != nil || *m.Seeds.Recover != 0 {
		t.Errorf("manifest: %+v", m)
	}
	text, err := os.ReadFile(filepath.Join(dir, "train", "metadata.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if want := "file_name label class_id class_name index"; err != nil || len(rows) != 7 || strings.Join(rows[0], " ") != want {
		t.Fatalf("metadata.csv: %q, %v: want the columns %s and 6 rows", rows, err, want)
	}
	if want := []string{"a/00002.png", "1", "a", "ant", "2"}; !slices.Equal(rows[6], want) {
		t.Errorf("the last row of metadata.csv is %q: want %q", rows[6], want)
	}
	card := read(t, dir, "README.md")
	for _, want := range []string{"---\npretty_name: \"demo, 3 images per class, distilled with reta\"\nlicense: other", "path: train/**", "6 images of 2 classes", "| resnet18 | t.safetensors | 75.0 % |",
		"Nobody has trained students on them yet", "Free.", "mean [0.5 0.5 0.5]"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q:\n%s", want, card)
		}
	}

	// The whole of it may lie anywhere.
	elsewhere := filepath.Join(t.TempDir(), "moved")
	if err := os.CopyFS(elsewhere, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if r := check(t, elsewhere); r.Failed != 0 {
		t.Errorf("moved: %q", r.Failures)
	}
	for _, f := range m.Files {
		if text := read(t, dir, f.Path); strings.Contains(text, filepath.Dir(dir)) {
			t.Errorf("%s names a folder of this machine", f.Path)
		}
	}
}

func read(t testing.TB, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGatherTakesLabelsAndResults(t *testing.T) {
	dir, beside := made(t, nil), t.TempDir()
	store, file := filepath.Join(beside, "labels"), filepath.Join(beside, "evaluation.json")
	if err := Gather(dir, store, file); err != nil { // there are none yet
		t.Fatal(err)
	}
	if r := check(t, dir); r.Failed != 0 {
		t.Errorf("without labels: %q", r.Failures)
	}
	labelled(t, dir, store, nil)
	put(t, file, []byte(results))
	for range 2 { // it may be repeated
		if err := Gather(dir, store, file); err != nil {
			t.Fatal(err)
		}
		m, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if r := check(t, dir); r.Failed != 0 || r.Epochs != 2 {
			t.Errorf("%+v: want nothing wrong and 2 epochs", r)
		}
		if m.Labels == nil || *m.Labels != (Labels{2, 2}) || *m.Seeds.Labels != 7 || !slices.Equal(m.Seeds.Students, []int{1, 2}) || *m.Seeds.Recover != 0 {
			t.Errorf("labels %+v, seeds %+v", m.Labels, m.Seeds)
		}
		if e := m.Evaluation; e == nil || e.TestImages != 100 || len(e.Rows) != 1 || *e.Rows[0].Last.SE != 0.012 || e.Rows[0].Last.SD != nil || !slices.Equal(e.Protocols, []string{"fadrm"}) {
			t.Errorf("evaluation %+v", e)
		}
		card := read(t, dir, "README.md")
		for _, want := range []string{"2 epochs", "| distilled images | 6 | soft | convnet3 | 2 | 55.0 +- 1.2 % | 56.0 % |", "- distilled images teach convnet3 more", "replayed soft labels"} {
			if !strings.Contains(card, want) {
				t.Errorf("the card lacks %q:\n%s", want, card)
			}
		}
	}
}

// Each damage is found and named.
func TestVerifyNamesWhatIsWrong(t *testing.T) {
	whole := func(t *testing.T) string {
		dir := made(t, nil)
		store := filepath.Join(t.TempDir(), "labels")
		labelled(t, dir, store, nil)
		if err := Gather(dir, store, "none"); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	// reseal makes the hashes right again after a change that Seal alone would not notice.
	reseal := func(t *testing.T, dir string, change func(*Manifest)) {
		m, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		change(&m)
		if m.Files, err = filesOf(dir); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, ManifestFile), text)
	}
	same := func(*Manifest) {}
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		want   []string
	}{
		"an image changed": {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "train/a/00001.png"), pngOf(t, 9)) },
			[]string{"train/a/00001.png has ", "the labels are of other images"}},
		"an image missing": {func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "train/z/00002.png")) },
			[]string{"train/z/00002.png is missing", "train/z holds 2 images: want 3", "train/metadata.csv does not list", "labels: of 6 images: want 5"}},
		"a file more":       {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "x.txt"), nil) }, []string{"x.txt is not in the manifest"}},
		"a link":            {func(t *testing.T, dir string) { os.Symlink("/etc/passwd", filepath.Join(dir, "link")) }, []string{"link is no regular file"}},
		"a truncated shard": {func(t *testing.T, dir string) { os.Truncate(filepath.Join(dir, "labels", shardOf(t, dir)), 100) }, []string{"has 100 bytes: want"}},
		"a card changed":    {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "README.md"), []byte("x")) }, []string{"README.md has 1 bytes"}},
		"of another size":   {func(t *testing.T, dir string) { reseal(t, dir, func(m *Manifest) { m.Size = 32 }) }, []string{"train/a/00000.png has 16 x 16 pixels: want 32 x 32", "labels: of images of 16 px"}},
		"of other classes":  {func(t *testing.T, dir string) { reseal(t, dir, func(m *Manifest) { m.Classes[0].ID = "x" }) }, []string{"their class 0 is not x"}},
		"an unknown setting": {func(t *testing.T, dir string) {
			reseal(t, dir, func(m *Manifest) { m.Recipe = json.RawMessage(`{"speed":1}`) })
		}, []string{"recipe: ", "speed"}},
		"a wrong setting": {func(t *testing.T, dir string) {
			reseal(t, dir, func(m *Manifest) { m.Recipe = bytes.Replace(m.Recipe, []byte(`"ipc": 3`), []byte(`"ipc": -3`), 1) })
		}, []string{"recipe: ipc = -3"}},
		"no image": {func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "train/a/00000.png"), []byte("no image"))
			reseal(t, dir, same)
		}, []string{"a/00000.png"}},
		"labels not said": {func(t *testing.T, dir string) { reseal(t, dir, func(m *Manifest) { m.Labels = nil }) }, []string{"labels/ is there, but the manifest does not say so"}},
		"labels of another number": {func(t *testing.T, dir string) { reseal(t, dir, func(m *Manifest) { m.Labels.Epochs = 5 }) },
			[]string{"labels: 2 epochs of 2 classes: want 5 and 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := whole(t)
			c.damage(t, dir)
			r := check(t, dir)
			all := strings.Join(r.Failures, "\n")
			if r.Failed == 0 {
				t.Fatal("nothing is wrong")
			}
			for _, want := range c.want {
				if !strings.Contains(all, want) {
					t.Errorf("%s\nwant a line with %q", all, want)
				}
			}
		})
	}
}

// A label that is no number is found in a store whose hashes are right.
func TestVerifyReadsEveryLabel(t *testing.T) {
	r := &Report{}
	p, err := protocol.New("fadrm", recipe.Dataset{Name: "cifar-100", Classes: 2, Size: side}, 3, "resnet18")
	if err != nil {
		t.Fatal(err)
	}
	p.Labels.Epochs, p.Labels.Batch = 1, 4
	plan, err := label.NewPlan(p.Labels, 6, side)
	if err != nil {
		t.Fatal(err)
	}
	logits := make([]float32, 12)
	if r.finite(plan, 0, logits, 2); r.Failed != 0 {
		t.Errorf("%q", r.Failures)
	}
	logits[7] = float32(math.NaN())
	if r.finite(plan, 0, logits, 2); r.Failed != 1 || r.Failures[0] != "labels: epoch 0: logit 1 of image 3 is NaN: want a number" {
		t.Errorf("%q", r.Failures)
	}
	plan.Labels.Last = protocol.DropLast
	logits = slices.Repeat([]float32{float32(math.NaN())}, 12)
	for _, i := range plan.Order(0)[:4] {
		logits[2*i], logits[2*i+1] = 1, 2
	}
	if r := new(Report); true {
		if r.finite(plan, 0, logits, 2); r.Failed != 0 {
			t.Errorf("images that an epoch leaves out: %q", r.Failures)
		}
	}
}

func shardOf(t *testing.T, dir string) string {
	t.Helper()
	m, err := label.ReadManifest(filepath.Join(dir, "labels"))
	if err != nil {
		t.Fatal(err)
	}
	return m.Shards[0].File
}

func TestManifestsThatCannotBe(t *testing.T) {
	for want, change := range map[string][2]string{
		"schema 2: want 1: a newer version":              {`"schema": 1`, `"schema": 2`},
		"schema 0: want 1":                               {`"schema": 1`, `"schema": 0`},
		"unknown field":                                  {`"size"`, `"sizes"`},
		"size 0":                                         {`"size": 16`, `"size": 0`},
		`folder "../a"`:                                  {`"folder": "a"`, `"folder": "../a"`},
		`folder "z" is another`:                          {`"folder": "a"`, `"folder": "z"`},
		"std [0 0.25 0.25]":                              {`"std": [` + "\n  0.25", `"std": [` + "\n  0"},
		`file "../../x"`:                                 {`"path": "load.py"`, `"path": "../../x"`},
		"64 hexadecimal digits":                          {`"path": "load.py",`, `"path": "load.py", "sha256": "zz", "x": "`},
		"want the manifest of a bundle, schema 1":        {`{`, `[`},
		`folder "z" of -1 images: want the name of a fo`: {`"images": 3`, `"images": -1`},
	} {
		dir := made(t, nil)
		text := strings.Replace(read(t, dir, ManifestFile), change[0], change[1], 1)
		if want == "64 hexadecimal digits" {
			text = strings.Replace(read(t, dir, ManifestFile), `"sha256": "`, `"sha256": "zz`, 1)
			text = strings.Replace(text, strings.Repeat("ab", 32), strings.Repeat("ab", 32), 1)
			at := strings.Index(text, `"files"`)
			text = text[:at] + strings.Replace(text[at:], `"sha256": "`, `"sha256": "zz`, 1)
		}
		put(t, filepath.Join(dir, ManifestFile), []byte(text))
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want an error with %q", err, want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "want a folder with a manifest.json") {
		t.Errorf("an empty folder: %v", err)
	}
}

// What is written as Parquet reads back as the same images and classes, in order.
func TestParquetHoldsTheImages(t *testing.T) {
	dir, to := made(t, nil), filepath.Join(t.TempDir(), "parquet")
	files, err := WriteParquet(dir, to)
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != "train-00000-of-00001.parquet" {
		t.Fatalf("files %q, %v", files, err)
	}
	set, err := dataset.Open(context.Background(), dataset.Options{Name: "path:" + to})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if len(set.Classes) != 2 || set.Classes[0].Name != "zebra, striped" || set.Classes[1].Name != "ant" || set.Train.Len() != 6 {
		t.Fatalf("classes %v, %d images", set.Classes, set.Train.Len())
	}
	for i := range 6 {
		want, _, err := image.Decode(bytes.NewReader(pngOf(t, i)))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, set.ImageBytes())
		if err := set.Train.Read(i, got); err != nil {
			t.Fatal(err)
		}
		if r, g, b, _ := want.At(5, 7).RGBA(); got[(7*side+5)*3] != byte(r>>8) || got[(7*side+5)*3+1] != byte(g>>8) || got[(7*side+5)*3+2] != byte(b>>8) || set.Train.Label(i) != uint32(i/3) {
			t.Errorf("image %d: label %d, or other pixels", i, set.Train.Label(i))
		}
	}
	if card := read(t, to, "README.md"); !strings.Contains(card, "path: data/train-*") || strings.Contains(card, "load.py") {
		t.Errorf("the card:\n%s", card)
	}
	if _, err := WriteParquet(dir, to); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("into a folder that is there: %v", err)
	}
}

// sumOf is the SHA-256 of some bytes.
func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestFormulasAreText(t *testing.T) {
	for text, want := range map[string]string{"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "@SUM(1)": "'@SUM(1)", "-1": "'-1", "+x": "'+x", "\tx": "'\tx", "ring": "ring", "a=b": "a=b", "": ""} {
		if got := cell(text); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
}
