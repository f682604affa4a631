package run

import (
	"encoding/csv"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"reta/compute/distill"
	"reta/server/bundle"
	"reta/server/dataset"
)

// The layout is what torchvision's ImageFolder reads: a folder per class, and
// nothing but images below train.
func TestExportIsAnImageFolder(t *testing.T) {
	f := opened(t, t.TempDir(), configOf(t, 1))
	defer f.Close()
	set := &dataset.Dataset{
		Classes: []dataset.Class{{ID: "n01", Name: "goldfish, Carassius"}, {ID: "n02", Name: "a \"quoted\"\tname"}},
	}
	s := &distill.Synthetic{IPC: 2, Classes: 2, Size: 8, Pixels: make([]float32, 2*2*8*8*3)}
	for i := range s.Pixels {
		s.Pixels[i] = float32(i/(8*8*3)) / 4 // one level an image, class after class
	}
	write(t, f.File("export.part", "train", "old", "left.png"), "of an export that was cut off")
	path, err := export(f, set, s, bundle.Manifest{Mean: [3]float64{0.5, 0.25, 0}, Std: [3]float64{0.5, 0.25, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if path != f.File("export") {
		t.Errorf("exported to %s", path)
	}
	if got := names(t, path); got != "README.md classes.txt config.toml load.py manifest.json train" {
		t.Errorf("export holds %s", got)
	}
	if got := names(t, filepath.Join(path, "train")); got != "metadata.csv n01 n02" {
		t.Errorf("train holds %s", got)
	}
	if got := names(t, filepath.Join(path, "train", "n02")); got != "00000.png 00001.png" {
		t.Errorf("train/n02 holds %s", got)
	}
	text, err := os.ReadFile(filepath.Join(path, "classes.txt"))
	if want := "n01\tgoldfish, Carassius\nn02\ta \"quoted\" name\n"; err != nil || string(text) != want {
		t.Errorf("classes.txt is %q, want %q", text, want)
	}
	table, err := os.Open(filepath.Join(path, "train", "metadata.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 || strings.Join(rows[0], " ") != "file_name label class_id class_name index" {
		t.Fatalf("metadata.csv holds %q", rows)
	}
	if want := []string{"n02/00001.png", "1", "n02", "a \"quoted\"\tname", "1"}; !slices.Equal(rows[4], want) {
		t.Errorf("its last row is %q, want %q", rows[4], want)
	}
	// image i of the list has the value (i/4) * std + mean in every pixel
	for i, row := range rows[1:] {
		v := float64(i) / 4
		want := color.NRGBA{uint8((0.5 + 0.5*v) * 255), uint8((0.25 + 0.25*v) * 255), uint8(v*255 + 1e-3), 255}
		m := readPNG(t, filepath.Join(path, "train", row[0]))
		for _, p := range []image.Point{{0, 0}, {7, 7}} {
			if got := color.NRGBAModel.Convert(m.At(p.X, p.Y)); got != want {
				t.Errorf("%s at %v is %v, want %v", row[0], p, got, want)
			}
		}
	}
	config, err := os.ReadFile(filepath.Join(path, "config.toml"))
	if was, _ := configOf(t, 1).Encode(); err != nil || string(config) != string(was) {
		t.Errorf("config.toml is not the run's (%v)", err)
	}
}

// Values are cut off to 8 bits, not rounded, and what float32 loses on the way
// does not cost a level.
func TestPNGIsTruncated(t *testing.T) {
	mean, std := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	for level := range 256 {
		for _, c := range []struct {
			add  float64
			want int
		}{{0, level}, {0.9, level}} {
			pixels := make([]float32, 3)
			for i := range pixels {
				pixels[i] = float32(((float64(level)+c.add)/255 - mean[i]) / std[i])
			}
			path := filepath.Join(t.TempDir(), "a.png")
			if err := writePNG(path, pixels, 1, mean, std); err != nil {
				t.Fatal(err)
			}
			if got := color.NRGBAModel.Convert(readPNG(t, path).At(0, 0)); got != (color.NRGBA{uint8(c.want), uint8(c.want), uint8(c.want), 255}) {
				t.Errorf("%v levels give %v, want %d", float64(level)+c.add, got, c.want)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "b.png")
	if err := writePNG(path, []float32{-100, 100, 0}, 1, mean, std); err != nil {
		t.Fatal(err)
	}
	if got := color.NRGBAModel.Convert(readPNG(t, path).At(0, 0)); got != (color.NRGBA{0, 255, 103, 255}) {
		t.Errorf("out of range: %v", got)
	}
}

func TestClassFoldersAreSafeAndDiffer(t *testing.T) {
	long := strings.Repeat("a", 299)
	ids := []string{"n01", "a/b", "a:b", "a_b", `a\b`, "..", ".hidden", "", "tab\there", "straße", " x", "=1+1", "-rf", "@a", long, long + "b", strings.Repeat("ä", 150)}
	classes := make([]dataset.Class, len(ids))
	for i, id := range ids {
		classes[i].ID = id
	}
	got := ClassFolderNames(classes)
	want := []string{"n01", "a_b", "a_b_", "a_b__", "a_b___", "_.", "_hidden", "_", "tab_here", "straße", " x", "_=1+1", "_-rf", "_@a"}
	if !slices.Equal(got[:len(want)], want) {
		t.Errorf("folders %q, want %q", got, want)
	}
	for i, name := range got {
		if filepath.Base(name) != name || slices.Contains(got[:i], name) || len(name) > 255 || !utf8.ValidString(name) {
			t.Errorf("folder %q of class %q is not its own, or not one that a file system takes", name, ids[i])
		}
	}
}

func TestExportSaysWhatCannotBeWritten(t *testing.T) {
	f := opened(t, t.TempDir(), configOf(t, 1))
	defer f.Close()
	set := &dataset.Dataset{Classes: []dataset.Class{{ID: "a", Name: "a"}}, Std: [3]float32{1, 1, 1}}
	write(t, f.File("export", "in the way"), "")
	_, err := export(f, set, &distill.Synthetic{IPC: 1, Classes: 1, Size: 1, Pixels: make([]float32, 3)}, bundle.Manifest{Std: [3]float64{1, 1, 1}})
	if err == nil || !strings.Contains(err.Error(), "export") || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("a folder in the way: %v", err)
	}
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
