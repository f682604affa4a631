package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reta/shared/testdata"
)

// openCase opens data as users have it.
func openCase(t *testing.T, o Options) (*Dataset, error) {
	t.Helper()
	o.Cache = t.TempDir()
	d, err := Open(context.Background(), o)
	if err == nil {
		t.Cleanup(func() { d.Close() })
	}
	return d, err
}

// summary is classes with their numbers of training and test images.
func summary(d *Dataset) string {
	train, test := make([]int, len(d.Classes)), make([]int, len(d.Classes))
	for i := range d.Train.Len() {
		train[d.Train.Label(i)]++
	}
	for i := range d.Test.Len() {
		test[d.Test.Label(i)]++
	}
	var list []string
	for i, c := range d.Classes {
		list = append(list, fmt.Sprintf("%s %d/%d", c.ID, train[i], test[i]))
	}
	return strings.Join(list, ", ")
}

func notes(d *Dataset) string {
	var list []string
	for _, n := range d.Notes {
		list = append(list, n.Text)
	}
	return strings.Join(list, "\n")
}

// Folders and archives in use, and how they are understood.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		path  string // under cases
		name  string // of the set; "": imagefolder
		want  string
		notes []string
	}{
		{"01-test-split-taken-as-training/fruits-360", "", "apple 4/2, pear 4/2", []string{"Training/ is the training part, Test/ the test part"}},
		{"01-test-split-taken-as-training/brain", "", "glioma 4/2, notumor 4/2", []string{"Training/ is the training part, Testing/ the test part"}},
		{"08-images-silently-left-out/sub", "", "cat 10/0, dog 2/0", []string{"images in sub-folders of class folders are taken too: train/cat/batch2/"}},
		{"08-images-silently-left-out/tif", "", "cat 10/0, dog 2/0", nil},
		{"09-class-named-train/vehicles", "", "bus 2/0, car 2/0, train 2/0", []string{"class folders alone"}},
		{"09-class-named-train/ab", "", "control 2/0, test 2/0", []string{"class folders alone"}},
		{"16-damaged-says-who/win.zip", "", "cat 2/0, dog 2/0", nil},
		{"16-damaged-says-who/mac.zip", "", "cat 2/0, dog 2/0", nil},
	} {
		t.Run(c.path, func(t *testing.T) {
			d, err := openCase(t, Options{Name: "imagefolder", Data: testdata.Dir(t, "cases", c.path)})
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(d); got != c.want {
				t.Errorf("holds %s, want %s", got, c.want)
			}
			for _, want := range c.notes {
				if !strings.Contains(notes(d), want) {
					t.Errorf("says %q; want %q", notes(d), want)
				}
			}
		})
	}
}

// A lossy WebP has the colours it has in Pillow.
func TestCaseOfLossyWebP(t *testing.T) {
	d, err := openCase(t, Options{Name: "path:" + testdata.Dir(t, "cases", "05-lossy-webp-washed-out/wp")})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][3]byte{"black": {0, 0, 0}, "white": {255, 255, 255}, "red": {255, 0, 2}}
	for i := range d.Train.Len() {
		id := d.Train.ID(i)
		name := strings.TrimSuffix(filepath.Base(id), ".webp")
		if rgb, ok := want[name]; ok {
			m, err := d.Train.Full(i, 0)
			if err != nil || [3]byte(m.Pix[:3]) != rgb {
				t.Errorf("%s: starts % d, %v; want %d", id, m.Pix[:3], err, rgb)
			}
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("no image of %v", want)
	}
}

// The scripts that sort the validation part into class folders leave the list of
// its classes behind.
func TestTinyImageNetSortedByScripts(t *testing.T) {
	z, err := zip.OpenReader(testdata.Dir(t, "data", "tiny-imagenet-200-mini.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	list, err := readFile(z, "tiny-imagenet-200/val/val_annotations.txt", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	class := map[string]string{}
	for _, line := range strings.Split(string(list), "\n") {
		if f := strings.Split(line, "\t"); len(f) > 1 {
			class[f[0]] = f[1]
		}
	}
	for _, to := range []string{"val/%s/images/%s", "val/%s/%s", "val/images/%s/%s"} {
		dir := t.TempDir()
		for _, f := range z.File {
			name := strings.TrimPrefix(f.Name, "tiny-imagenet-200/")
			if f.FileInfo().IsDir() || !strings.HasPrefix(name, "val/") && !strings.HasPrefix(name, "train/n0144") && !strings.HasSuffix(name, ".txt") {
				continue
			}
			if base := filepath.Base(name); strings.HasPrefix(name, "val/images/") {
				name = fmt.Sprintf(to, class[base], base)
			}
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		d, err := openCase(t, Options{Name: "tiny-imagenet", Data: dir, Classes: []string{"1"}})
		if err != nil {
			t.Errorf("%s: %v", to, err)
		} else if got := summary(d); got != "n01443537 50/10" || len(d.Skipped()) > 0 || len(d.All) != 200 {
			t.Errorf("%s: holds %s of %d classes, skipped %v", to, got, len(d.All), d.Skipped())
		}
	}
}

// Telephones make photographs of 48 million pixels.
func TestPhotographOf48MillionPixels(t *testing.T) {
	var b bytes.Buffer
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := fast.Encode(&b, image.NewGray(image.Rect(0, 0, 8064, 6048))); err != nil {
		t.Fatal(err)
	}
	files := classFolders(t, 4, "cat", "dog")
	d, err := openCase(t, Options{Name: "path:" + write(t, with(files, "train/dog/IMG_48MP.png", b.Bytes())), Size: 8})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 9 || len(d.Skipped()) > 0 {
		t.Errorf("%d images, skipped %v", d.Train.Len(), d.Skipped())
	}
}

// Images decoded at the same time stay within the bound together.
func TestDecodingIsBounded(t *testing.T) {
	lim := defaultLimits
	lim.pixels = 100
	mem := newMemory(lim)
	if err := mem.pixels.Acquire(context.Background(), 50); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := mem.decode(ctx, pngOf(t, 1)); err != context.DeadlineExceeded { // 64 pixels
		t.Errorf("got %v while others decode", err)
	}
	mem.pixels.Release(50)
	if _, err := mem.decode(context.Background(), pngOf(t, 1)); err != nil {
		t.Error(err)
	}
}

// One unreadable image of few is left out and named.
func TestOneBrokenImageOfFew(t *testing.T) {
	d, err := openCase(t, Options{Name: "path:" + write(t, with(classFolders(t, 4, "cat", "dog"), "train/cat/x.jpg", []byte("<html>gone</html>")))})
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(d.Skipped()); s != "[{train/cat/x.jpg content is text/html: want a JPEG, PNG, WebP, BMP, TIFF, PPM or PGM image}]" {
		t.Errorf("skipped %s", s)
	}
}

// colours makes w x h images of one colour each.
func colours(t *testing.T, w, h int, names ...string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for i, name := range names {
		m := image.NewRGBA(image.Rect(0, 0, w, h))
		for j := range w * h {
			m.Set(j%w, j/w, color.Gray{byte(40 * i)})
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		files[name] = b.Bytes()
	}
	return files
}

func TestTinyImagesAskForASize(t *testing.T) {
	files := colours(t, 4, 4, "a/1.jpg", "b/1.jpg")
	if _, err := openCase(t, Options{Name: "path:" + write(t, files)}); err == nil || !strings.Contains(err.Error(), "the images have 4 x 4 pixels: want at least 8 a side: give --size N") {
		t.Errorf("says %v", err)
	}
	if d, err := openCase(t, Options{Name: "path:" + write(t, files), Size: 16}); err != nil || d.Size != 16 {
		t.Errorf("with a size: %v", err)
	}
}

func TestEnlargingIsWarnedOf(t *testing.T) {
	d, err := openCase(t, Options{Name: "path:" + write(t, colours(t, 100, 80, "a/1.jpg", "b/1.jpg"))})
	if err != nil {
		t.Fatal(err)
	}
	if want := "most images are enlarged: half of those looked at have a shorter side of 80 pixels or less, which becomes 256; --size N"; !strings.Contains(notes(d), want) {
		t.Errorf("says %s", notes(d))
	}
}

// The archive of one set given as another: its WordNet ids tell.
func TestArchiveOfAnotherSet(t *testing.T) {
	archive := testdata.Dir(t, "data", "imagenette2-160-mini.tgz")
	// With one byte of memory the images are not decoded.
	_, err := openCase(t, Options{Name: "imagewoof", Data: archive, Memory: 1})
	for _, want := range []string{"10 of 10 class folders are no classes of imagewoof: n01440764", "they are the classes of imagenette: want --dataset imagenette"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("as imagewoof: %v; want %q", err, want)
		}
	}
	d, err := openCase(t, Options{Name: "imagenet-1k", Data: archive, Memory: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"there are 10 of the 1000 classes of imagenet-1k, just those of imagenette", "most images are enlarged", "which becomes 256"} {
		if !strings.Contains(notes(d), want) {
			t.Errorf("as imagenet-1k it says %s; want %q", notes(d), want)
		}
	}
	// A teacher of all classes has English springer at output 217, golf ball at 574.
	if len(d.All) != 1000 || d.Classes[1].Index != 217 || d.Classes[8].Index != 574 || d.All[217].ID != "n02102040" {
		t.Errorf("classes %v of %d", d.Classes, len(d.All))
	}
	if d, err = openCase(t, Options{Name: "imagenette", Data: archive, Memory: 1}); err != nil || !strings.Contains(notes(d), "--dataset imagenette-160 takes them at 128") {
		t.Errorf("the small edition as the full one: %v", err)
	}
	if d, err = openCase(t, Options{Name: "imagenette-160", Data: archive, Memory: 1}); err != nil || strings.Contains(notes(d), "enlarged") {
		t.Errorf("the small edition as such: %v", err)
	}
}

func TestNumberOrNameOfAClass(t *testing.T) {
	dir := write(t, colours(t, 8, 8, "0/1.jpg", "1/1.jpg", "2/1.jpg", "3/1.jpg"))
	for _, c := range []struct {
		classes   []string
		want, say string
	}{
		{[]string{"3"}, "0 1/0, 1 1/0, 2 1/0", "--classes 3 takes the first 3 classes in order of their names: 0, 1, 2; for the class named 3 alone, give --classes 3,"},
		{[]string{"3", ""}, "3 1/0", ""}, // --classes 3,
		{[]string{"3", "1"}, "1 1/0, 3 1/0", ""},
	} {
		d, err := openCase(t, Options{Name: "path:" + dir, Classes: c.classes})
		if err != nil {
			t.Errorf("%q: %v", c.classes, err)
			continue
		}
		if got := summary(d); got != c.want || !strings.Contains(notes(d), c.say) || c.say == "" && strings.Contains(notes(d), "--classes") {
			t.Errorf("%q: %s and says %q", c.classes, got, notes(d))
		}
	}
	if _, err := openCase(t, Options{Name: "path:" + dir, Classes: []string{"", ""}}); err == nil || !strings.Contains(err.Error(), "want a number, ids or names") {
		t.Errorf("no name at all: %v", err)
	}
}
