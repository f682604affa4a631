package run

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/server/dataset"
)

// writeImages writes one grey image of 8 px for each name, brighter from one to the next.
func writeImages(t *testing.T, folder string, names ...string) {
	t.Helper()
	for i, name := range names {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		for p := range m.Pix {
			m.Pix[p] = byte(10 * (i + 1))
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The labels are those of the set, in whatever order its classes are, by id, name or the folder that export makes of an id.
func TestImagesHaveTheLabelsOfTheirSet(t *testing.T) {
	set := []dataset.Class{{ID: "n02", Name: "zebra"}, {ID: "n01", Name: "polar bear"}, {ID: "a/b", Name: "third"}}
	dir := t.TempDir()
	writeImages(t, dir, "train/a_b/0.png", "train/n02/0.png", "train/n02/1.png", "train/polar_bear/0.png")
	images, err := OpenImages(t.Context(), dir, 8, set)
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	rgb := make([]byte, 8*8*3)
	for i, want := range []struct {
		id    string
		label uint32
		pixel byte
	}{{"train/a_b/0.png", 2, 10}, {"train/n02/0.png", 0, 20}, {"train/n02/1.png", 0, 30}, {"train/polar_bear/0.png", 1, 40}} {
		if err := images.Batch([]int{i}, rgb); err != nil {
			t.Fatal(err)
		}
		if images.ID(i) != want.id || images.Label(i) != want.label || rgb[0] != want.pixel {
			t.Errorf("image %d is %s of class %d with pixel %d, want %+v", i, images.ID(i), images.Label(i), rgb[0], want)
		}
	}
	if n := images.PerClass(3); images.Len() != 4 || n != 1 {
		t.Errorf("%d images, %d at least of a class: want 4 and 1", images.Len(), n)
	}
	if ids, err := ClassFolders(t.Context(), dir); err != nil || strings.Join(ids, " ") != "a_b n02 polar_bear" {
		t.Errorf("class folders %v, %v", ids, err)
	}

	for want, classes := range map[string][]dataset.Class{
		"no class of the set is called a_b, polar_bear": set[:1],
		"there are none of n04":                         append(set, dataset.Class{ID: "n04", Name: "fourth"}),
	} {
		if _, err := OpenImages(t.Context(), dir, 8, classes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
