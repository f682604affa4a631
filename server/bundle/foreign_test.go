package bundle

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// foreignFolder writes images; a name that ends in ! is no image.
func foreignFolder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, f := range files {
		if name, bad := strings.CutSuffix(f, "!"); bad {
			put(t, filepath.Join(dir, name), []byte("x"))
		} else {
			put(t, filepath.Join(dir, f), pngOf(t, i))
		}
	}
	return dir
}

func TestLayoutsOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		files   string
		layout  string
		folders string
		numbers []int
		err     string
	}{
		"FADRM":         {"new001/class001_id000.png new000/class000_id001.png new000/class000_id000.png", "FADRM and SRe2L (newNNN)", "new000 new001", []int{0, 1}, ""},
		"RDED":          {"00000/class00000_id00000.png 00001/class00001_id00000.png 00010/class00010_id0.png", "", "", nil, "3 numbered folders, of which none has number 2"},
		"plain numbers": {"0/a.png 1/a.png 2/a.png 10/a.png 3/a.png 4/a.png 5/a.png 6/a.png 7/a.png 8/a.png 9/a.png", "RDED (numbered folders)", "0 1 2 3 4 5 6 7 8 9 10", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, ""},
		"names":         {"cat/1.png ant/1.png ant/x.txt!", "an image folder", "ant cat", nil, ""},
		"in train":      {"train/cat/1.png train/ant/1.png syn.log!", "an image folder", "ant cat", nil, ""},
		"WordNet ids":   {"n01440764/1.png n02102040/1.png", "an image folder", "n01440764 n02102040", nil, ""},

		"a file of another class": {"new000/class001_id000.png", "", "", nil, "class001_id000.png is of class 001 by its name, and in the folder of class 0"},
		"the same number twice":   {"00/1.png 0/1.png", "", "", nil, "have the same number"},
		"no image":                {"a/x.txt! b/1.png", "", "", nil, "no PNG, JPEG or WebP image"},
		"a damaged image":         {"a/1.png!", "", "", nil, "1.png: cannot be read"},
		"no folders":              {"1.png", "", "", nil, "no folders in it"},
	} {
		f, err := OpenForeign(foreignFolder(t, strings.Fields(c.files)...))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v: want an error with %q", name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Layout != c.layout || strings.Join(f.Folders, " ") != c.folders || !slices.Equal(f.Numbers, c.numbers) || f.Size != side {
			t.Errorf("%s: %+v: want %s: %s %v", name, f, c.layout, c.folders, c.numbers)
		}
	}
	dir := foreignFolder(t, "a/1.png")
	put(t, filepath.Join(dir, "a", "2.png"), []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x20\x00\x00\x00\x10\x08\x02\x00\x00\x00\xf8b\xea\x0e"))
	if _, err := OpenForeign(dir); err == nil || !strings.Contains(err.Error(), "32 x 16 pixels: want 16 x 16") {
		t.Errorf("images of two sizes: %v", err)
	}
}

func TestImportKeepsTheFilesInTheirOrder(t *testing.T) {
	dir := foreignFolder(t, "new000/class000_id010.png", "new000/class000_id002.png", "new001/class001_id000.png")
	f, err := OpenForeign(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := Manifest{Program: "test", Dataset: Source{Name: "x", Title: "x"}, Std: [3]float64{1, 1, 1}, Imported: &Imported{Layout: f.Layout, Checked: true, Given: 0.1, Order: 0.9, Remap: true},
		Classes: []Class{{ID: "a", Name: "ant", Folder: "a"}, {ID: "z", Name: "zebra", Folder: "z"}}}
	to := filepath.Join(t.TempDir(), "bundle")
	if err := f.Import(to, m, []int{1, 0}); err != nil {
		t.Fatal(err)
	}
	if r := check(t, to); r.Failed != 0 {
		t.Errorf("%q", r.Failures)
	}
	for name, from := range map[string]string{"train/z/00000.png": "new000/class000_id002.png", "train/z/00001.png": "new000/class000_id010.png", "train/a/00000.png": "new001/class001_id000.png"} {
		if read(t, to, name) != read(t, dir, from) {
			t.Errorf("%s is not %s", name, from)
		}
	}
	if card := read(t, to, "README.md"); !strings.Contains(card, "it takes 90 % of the images for their class so, 10 % in the order\ngiven") {
		t.Errorf("the card:\n%s", card)
	}
	if err := f.Import(to, m, []int{1, 0}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("into a bundle that is there: %v", err)
	}
}

func TestOrderOfClasses(t *testing.T) {
	names := func(n int) (list []string) {
		for i := range n {
			list = append(list, string(rune('a'+i)))
		}
		return list
	}
	given := func(n int) (list []int) {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	// answers are those of a teacher that takes right of each folder's ten images for a class, and the others for the next class.
	answers := func(n, right int, class func(folder int) int) (a Answers) {
		for f := range n {
			row := make([]int, n+1)
			row[class(f)] += right
			row[(class(f)+1)%n] += 10 - right
			a = append(a, row)
		}
		return a
	}
	swapped := func(f int) int { return map[int]int{3: 4, 4: 3}[f] + map[bool]int{true: f}[f != 3 && f != 4] }
	for name, c := range map[string]struct {
		a           Answers
		right, sure bool
		given, best float64
		says        string
	}{
		"as given":          {answers(10, 9, func(f int) int { return f }), true, true, 0.9, 0.9, ""},
		"a weak teacher":    {answers(10, 4, func(f int) int { return f }), false, true, 0.4, 0.6, "the images of folder a are taken for class b by the teacher, not for a: 6 of 10"},
		"reversed":          {answers(10, 9, func(f int) int { return 9 - f }), false, true, 0.1 * 0, 0.9, "the images of folder a are taken for class j by the teacher, not for a: 9 of 10"},
		"two classes swap":  {answers(10, 10, swapped), false, true, 0.8, 1, "the images of folder d are taken for class e by the teacher, not for d: 10 of 10"},
		"one of ten is odd": {append(answers(10, 10, func(f int) int { return f })[:9], []int{9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}), true, true, 0.91, 0.91, "the images of folder j are taken for class a by the teacher, not for j: 9 of 10"},
	} {
		v := c.a.Judge(given(10), names(10), names(10))
		if name == "reversed" {
			c.given = c.a.Share(given(10))
		}
		if v.Right != c.right || v.Sure != c.sure || abs(v.Given-c.given) > 1e-9 || abs(v.Best-c.best) > 1e-9 || !strings.Contains(v.Said(), c.says) {
			t.Errorf("%s: %+v: want %+v", name, v, c)
		}
	}
	// One image a class: half of them right is far above chance, though another order would fit better.
	one := Answers{}
	for f := range 10 {
		row := make([]int, 11)
		row[map[bool]int{true: f, false: (f + 3) % 10}[f%2 == 0]] = 1
		one = append(one, row)
	}
	if v := one.Judge(given(10), names(10), names(10)); !v.Right || v.Sure {
		t.Errorf("one image a class: %+v: want the order given to be believed, and no other", v)
	}
	// A teacher that knows none of the images: neither order is believed.
	lost := Answers{}
	for f := range 10 {
		row := make([]int, 11)
		for k := range 10 {
			row[(f*7+k*k+1)%11]++
		}
		lost = append(lost, row)
	}
	if v := lost.Judge(given(10), names(10), names(10)); v.Right || v.Sure {
		t.Errorf("a teacher of other classes: %+v: want nothing believed", v)
	}
	if order := (Answers{{0, 5, 9}, {0, 4, 9}}).Best(); !slices.Equal(order, []int{1, 0}) {
		t.Errorf("the classes left go to the folders left: %v", order)
	}
}

func abs(x float64) float64 { return max(x, -x) }
