package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pngOf is a 8 x 8 picture that depends on seed.
func pngOf(t testing.TB, seed int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		m.Set(i%8, i/8, color.NRGBA{byte(seed * 40), byte(i*seed + 3), byte(i * 4), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// write makes files under a new folder and returns it.
func write(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// classFolders is a small ImageFolder: n training and n/2 test images of each class.
func classFolders(t testing.TB, n int, classes ...string) map[string][]byte {
	files := map[string][]byte{}
	for c, class := range classes {
		for i := range n {
			files[fmt.Sprintf("train/%s/%04d.png", class, i)] = pngOf(t, c*n+i)
			if i < n/2 {
				files[fmt.Sprintf("val/%s/%04d.png", class, i)] = pngOf(t, 1000+c*n+i)
			}
		}
	}
	return files
}

func cifarRecords(n, classes, labelBytes int) []byte {
	var b []byte
	for i := range n {
		r := make([]byte, labelBytes+3072)
		r[labelBytes-1] = byte(i % classes)
		for j := range 3072 {
			r[labelBytes+j] = byte(i + j/1024*50)
		}
		b = append(b, r...)
	}
	return b
}

func cifarNames(n int) []byte {
	var b []byte
	for i := range n {
		b = fmt.Appendf(b, "class_%02d\n", i)
	}
	return b
}

func cifar100Files() map[string][]byte {
	return map[string][]byte{"train.bin": cifarRecords(200, 100, 2), "test.bin": cifarRecords(100, 100, 2), "fine_label_names.txt": cifarNames(100)}
}

func without(files map[string][]byte, name string) map[string][]byte {
	delete(files, name)
	return files
}

func with(files map[string][]byte, name string, data []byte) map[string][]byte {
	files[name] = data
	return files
}

// What a user may get wrong, and what is said about it.
func TestBadInput(t *testing.T) {
	type files = map[string][]byte
	tinyBad := files{"wnids.txt": []byte("n1\n"), "train/n1/images/a.png": pngOf(t, 1)}
	for _, c := range []struct {
		name string
		open Options
		data files // written to a folder that becomes open.Data; nil: as it is
		want []string
	}{
		{"unknown set", Options{Name: "cifar-1000"}, nil,
			[]string{`dataset "cifar-1000": unknown name; did you mean "cifar-100" or "cifar-10"?; known are cifar-10, cifar-100, demo, `, "path:DIR"}},
		{"missing path", Options{Name: "cifar-100", Data: "/nowhere/at/all"}, nil,
			[]string{"dataset cifar-100: /nowhere/at/all: no such file or folder", "train.bin", "published at https://www.cs.toronto.edu"}},
		{"Python version", Options{Name: "cifar-100"}, files{"cifar-100-python/train": nil, "cifar-100-python/test": nil, "cifar-100-python/meta": nil},
			[]string{"not in the layout of cifar-100", "the Python version (pickles)", "want the binary version", "cifar-100-binary.tar.gz"}},
		{"part of the files", Options{Name: "cifar-100"}, without(cifar100Files(), "test.bin"),
			[]string{"there is no test.bin"}},
		{"cut records", Options{Name: "cifar-100"}, with(cifar100Files(), "train.bin", make([]byte, 5000)),
			[]string{"train.bin: 5000 bytes: want a whole number of records of 3074 bytes", "cut short"}},
		{"empty records", Options{Name: "cifar-100"}, with(cifar100Files(), "test.bin", nil), []string{"test.bin: 0 bytes"}},
		{"class out of range", Options{Name: "cifar-100"}, with(cifar100Files(), "train.bin", bytes.Repeat([]byte{200}, 3074)),
			[]string{"train.bin: record 0: class 200: want less than 100"}},
		{"names of another set", Options{Name: "cifar-100"}, with(cifar100Files(), "fine_label_names.txt", cifarNames(20)),
			[]string{"fine_label_names.txt: 20 class names: want 100"}},
		{"unknown class", Options{Name: "cifar-100", Classes: []string{"class_3"}}, cifar100Files(),
			[]string{`class "class_3": unknown name; did you mean "class 03" or "class 13"`, "the set has 100 classes, from class_00 (class 00) to class_99 (class 99)"}},
		{"too many classes", Options{Name: "cifar-100", Classes: []string{"101"}}, cifar100Files(),
			[]string{"classes 101: want a number from 1 to 100"}},
		{"no classes", Options{Name: "cifar-100", Classes: []string{"0"}}, cifar100Files(), []string{"classes 0: want a number from 1 to 100"}},
		{"test part only", Options{Name: "imagenette"}, files{"val/n01440764/a.png": pngOf(t, 1)},
			[]string{"a test part but no train part", "want train/<wnid>/ and val/<wnid>/"}},
		{"train part only", Options{Name: "imagenette"}, files{"train/n01440764/a.png": pngOf(t, 1)},
			[]string{"a train part but no val part: it holds train/"}},
		{"flat validation", Options{Name: "imagenet-1k"}, files{"train/n1/a.png": pngOf(t, 1), "val/ILSVRC2012_val_1.png": pngOf(t, 2)},
			[]string{"val/ holds images without class folders (val/ILSVRC2012_val_1.png): sort them into val/<class>/"}},
		{"not annotated", Options{Name: "tiny-imagenet"}, tinyBad, []string{"val/val_annotations.txt is missing"}},
		{"annotations garbled", Options{Name: "tiny-imagenet"}, with(files{"wnids.txt": []byte("n1\n"), "train/n1/images/a.png": pngOf(t, 1)}, "val/val_annotations.txt", []byte("../../x\tn1\n")),
			[]string{"val_annotations.txt: line 1", "want file name, tab, class id"}},
		{"class id with a path", Options{Name: "tiny-imagenet"}, files{"wnids.txt": []byte("../n1\n"), "train/n1/images/a.png": pngOf(t, 1)},
			[]string{`wnids.txt: line 1: "../n1" is not a class id`}},
		{"class without images", Options{Name: "imagefolder"}, with(with(classFolders(t, 2, "a", "b"), "val/c/readme.txt", nil), "train/c/readme.txt", nil),
			[]string{"class c has no training image"}},
		{"empty folder", Options{Name: "imagefolder"}, files{}, []string{"not in the layout of imagefolder: it holds nothing", "train/<class>/<image>"}},
		{"test class missing", Options{Name: "imagefolder"}, with(classFolders(t, 2, "a"), "train/b/1.png", pngOf(t, 3)), []string{"class b has no folder val/b"}},
		{"data for the demo", Options{Name: "demo", Data: "/tmp"}, nil, []string{"is made by code: it takes no data path"}},
		{"two paths", Options{Name: "path:/a", Data: "/b"}, nil, []string{"give one"}},
		{"needs registration", Options{Name: "imagenet-1k", Cache: "/nowhere"}, nil, []string{"cannot be downloaded", "https://www.image-net.org"}},
		{"negative limit", Options{Name: "demo", PerClass: -1}, nil, []string{"images per class -1"}},
		{"huge images", Options{Name: "demo", Size: 5000}, nil, []string{"size 5000", "at most 1024"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.data != nil {
				c.open.Data = write(t, c.data)
			}
			if c.open.Cache == "" {
				c.open.Cache = t.TempDir()
			}
			d, err := Open(context.Background(), c.open)
			if err == nil {
				d.Close()
				t.Fatal("opened")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("says %q; want %q in it", err, want)
				}
			}
			if unknown := strings.HasPrefix(c.name, "unknown"); unknown != errors.Is(err, ErrUnknown) {
				t.Errorf("ErrUnknown: %v", !unknown)
			}
		})
	}
}

func TestCIFARPlanesBecomePixels(t *testing.T) {
	dir := write(t, cifar100Files())
	d, err := Open(context.Background(), Options{Name: "CIFAR100", Data: filepath.Dir(dir), Classes: []string{"class 07", "class_03"}})
	if err != nil { // the folder lies one level below the one given
		t.Fatal(err)
	}
	defer d.Close()
	if d.Train.Len() != 4 || d.Test.Len() != 2 || d.Classes[0].Index != 3 || d.Classes[1].Index != 7 {
		t.Fatalf("%d training, %d test images, classes %v", d.Train.Len(), d.Test.Len(), d.Classes)
	}
	buf := make([]byte, d.ImageBytes())
	if err := d.Train.Read(3, buf); err != nil {
		t.Fatal(err)
	}
	if d.Train.ID(3) != "train/00107" || d.Train.Label(3) != 1 || buf[0] != 107 || buf[1] != 157 || buf[2] != 207 {
		t.Errorf("image %s label %d starts % d", d.Train.ID(3), d.Train.Label(3), buf[:3])
	}
}

func TestTinyImageNetLayouts(t *testing.T) {
	base := map[string][]byte{
		"t/wnids.txt": []byte("n3\nn1\nn2\n"), "t/words.txt": []byte("n1\tcat, house cat\nn2\tdog\n"),
		"t/train/n1/images/a.png": pngOf(t, 1), "t/train/n2/images/a.png": pngOf(t, 2), "t/train/n3/images/a.png": pngOf(t, 3),
	}
	official := map[string][]byte{"t/val/val_annotations.txt": []byte("v1.png\tn2\t0\t0\t1\t1\nv0.png\tn1\t0\t0\t1\t1\n"),
		"t/val/images/v0.png": pngOf(t, 4), "t/val/images/v1.png": pngOf(t, 5)}
	sorted := map[string][]byte{"t/val/n1/v0.png": pngOf(t, 4), "t/val/n2/v1.png": pngOf(t, 5)}
	for name, val := range map[string]map[string][]byte{"official": official, "sorted": sorted} {
		files := map[string][]byte{}
		for _, part := range []map[string][]byte{base, val} {
			for k, v := range part {
				files[k] = v
			}
		}
		d, err := Open(context.Background(), Options{Name: "tiny-imagenet", Data: write(t, files), Classes: []string{"cat", "n2"}, Size: 8})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Classes[0].Name != "cat" || d.Test.Len() != 2 || d.Test.Label(0) != 0 || !strings.HasSuffix(d.Test.ID(1), "v1.png") {
			t.Errorf("%s: classes %v, test %d images, second %s", name, d.Classes, d.Test.Len(), d.Test.ID(1))
		}
		d.Close()
	}
}

func TestImageFolderTakesItsSizeFromTheImages(t *testing.T) {
	d, err := Open(context.Background(), Options{Name: "path:" + write(t, classFolders(t, 4, "ant", "bee"))})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Size != 8 || d.Train.Len() != 8 || d.Test.Len() != 4 {
		t.Errorf("size %d, %d training and %d test images", d.Size, d.Train.Len(), d.Test.Len())
	}
	bare := map[string][]byte{"ant/1.png": pngOf(t, 1), "bee/1.png": pngOf(t, 2), "bee/2.PNG": pngOf(t, 3), ".git/x.png": nil}
	d, err = Open(context.Background(), Options{Name: "path:" + write(t, bare)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Train.Len() != 3 || d.Test.Len() != 0 || len(d.Classes) != 2 {
		t.Errorf("class folders alone: %d training, %d test images of %v", d.Train.Len(), d.Test.Len(), d.Classes)
	}
}

// A teacher of a whole folder has an output for every class, also when few of them are used.
func TestAllClassesAreKnownWhenSomeAreUsed(t *testing.T) {
	dir := write(t, classFolders(t, 1, "10", "11", "2", "3"))
	d, err := Open(context.Background(), Options{Name: "path:" + dir, Classes: []string{"2", "11"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if fmt.Sprint(d.Classes) != "[{11 11 1} {2 2 2}]" || fmt.Sprint(d.All) != "[{10 10 0} {11 11 1} {2 2 2} {3 3 3}]" {
		t.Errorf("used %v of %v", d.Classes, d.All)
	}
}

func TestClassSelection(t *testing.T) {
	all := []Class{{"n1", "crane", 0}, {"n2", "drake", 1}, {"n3", "crane", 2}, {"n4", "n4", 3}}
	for _, c := range []struct {
		want []string
		keep string
		err  string
	}{
		{nil, "0 1 2 3", ""},
		{[]string{"2"}, "0 1", ""},
		{[]string{"n4", "Drake", "n4"}, "1 3", ""},
		{[]string{"crane"}, "", "2 classes have this name: n1 and n3; give the id"},
		{[]string{"2", "n1"}, "", `class "2": unknown name`},
		{[]string{"drakes"}, "", `did you mean "drake"?`},
	} {
		keep, err := selectClasses(all, c.want)
		got := ""
		for _, k := range keep {
			got += fmt.Sprint(k.Index, " ")
		}
		if strings.TrimSpace(got) != c.keep || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %q, %v; want %q, %q", c.want, got, err, c.keep, c.err)
		}
	}
	for _, c := range []struct {
		a, b string
		d    int
	}{{"kitten", "sitting", 3}, {"", "abc", 3}, {"abc", "", 3}, {"same", "same", 0}} {
		if d := distance(c.a, c.b); d != c.d {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, d, c.d)
		}
	}
}

func FuzzCIFAR(f *testing.F) {
	f.Add(cifarRecords(3, 100, 2))
	f.Add(cifarRecords(2, 10, 1))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, l := range []cifarLayout{{classes: 100, labelBytes: 2}, {classes: 10, labelBytes: 1}} {
			pix, classes, err := l.parse(data)
			if err != nil {
				continue
			}
			if len(pix) != len(classes) || len(pix)*(l.labelBytes+3072) != len(data) {
				t.Fatalf("%d bytes made %d images, %d labels", len(data), len(pix), len(classes))
			}
			for i := range pix {
				if len(pix[i]) != 3072 || classes[i] >= l.classes {
					t.Fatalf("image %d: %d bytes, class %d", i, len(pix[i]), classes[i])
				}
			}
		}
	})
}
