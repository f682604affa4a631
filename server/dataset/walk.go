package dataset

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// walk collects the images in and below a folder in the order of torchvision's
// ImageFolder: by folder, then by name.
type walk struct {
	fsys   fs.FS
	found  []inFolder
	below  []string       // folders below class folders that hold images
	others map[string]int // files that are no images by name, counted by extension
	loops  []string       // links to a folder above them, which are not followed
}

type inFolder struct {
	dir    string
	images []string
}

// maxDepth bounds folders in folders.
const maxDepth = 32

// images lists the images in and below dir.
func (w *walk) images(dir string) ([]string, error) {
	w.found = w.found[:0]
	var above []fs.FileInfo
	for at := dir; at != "."; {
		at = path.Dir(at)
		info, err := fs.Stat(w.fsys, at)
		if err != nil {
			return nil, err
		}
		above = append(above, info)
	}
	if err := w.folder(dir, above); err != nil {
		return nil, err
	}
	slices.SortFunc(w.found, func(a, b inFolder) int { return cmp.Compare(a.dir, b.dir) })
	var all []string
	for _, f := range w.found {
		all = append(all, f.images...)
	}
	return all, nil
}

// folder visits dir, whose parents are above.
func (w *walk) folder(dir string, above []fs.FileInfo) error {
	info, err := fs.Stat(w.fsys, dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
		w.loops = append(w.loops, dir)
		return nil
	}
	if len(above) > maxDepth {
		return fmt.Errorf("%s: folders in folders, more than %d deep: want class folders with images, and few levels below", dir, maxDepth)
	}
	entries, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		return err
	}
	here := inFolder{dir: dir}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case isFolder(w.fsys, dir, e):
			if err := w.folder(name, append(above[:len(above):len(above)], info)); err != nil {
				return err
			}
		case isImage(e.Name()) && !e.IsDir():
			here.images = append(here.images, name)
		case !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains([]string{"Thumbs.db", "desktop.ini"}, e.Name()):
			if w.others == nil {
				w.others = map[string]int{}
			}
			w.others[strings.ToLower(path.Ext(e.Name()))]++
		}
	}
	w.found = append(w.found, here)
	return nil
}

// otherFiles says how many files were left out for their names, or "".
func (w *walk) otherFiles() string {
	n, kinds := 0, []string(nil)
	for _, ext := range slices.Sorted(maps.Keys(w.others)) {
		n += w.others[ext]
		if len(kinds) < 5 {
			kinds = append(kinds, fmt.Sprintf("%s %d", cmp.Or(ext, "without extension"), w.others[ext]))
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d other %s (%s)", n, plural(n, "file"), strings.Join(kinds, ", "))
}

func plural(n int, word string) string {
	switch {
	case n == 1:
		return word
	case strings.HasSuffix(word, "s"):
		return word + "es"
	}
	return word + "s"
}

// classes lists the images in and below dir/<class> for each class, which must
// all have such a folder, and, in a training part, an image.
func (w *walk) classes(dir string, keep []Class, training bool) ([]item, error) {
	var items []item
	var empty []string
	for label, c := range keep {
		at := path.Join(dir, c.ID)
		if !isDir(w.fsys, at) {
			return nil, fmt.Errorf("class %s has no folder %s%s", c.label(), at, w.otherCase(dir, c.ID))
		}
		names, err := w.images(at)
		if err != nil {
			return nil, fmt.Errorf("class %s: %w", c.label(), err)
		}
		for _, n := range names {
			items = append(items, item{label: label, id: n, path: n})
		}
		for _, f := range w.found {
			if f.dir != at && len(f.images) > 0 {
				w.below = append(w.below, f.dir+"/")
			}
		}
		if len(names) == 0 && training {
			alone := walk{fsys: w.fsys}
			alone.images(at)
			empty = append(empty, fmt.Sprintf("class %s has no training image: %s/ holds %s", c.label(), at, cmp.Or(alone.otherFiles(), "no file")))
		}
	}
	if len(empty) > 0 {
		return nil, fmt.Errorf("%s; want images (%s) in each: add some, move the folder away, or choose other classes with --classes",
			firstOf(empty, "; "), strings.Join(extensions, " "))
	}
	return items, nil
}

// notes says what of the folders visited under dir was taken or left out otherwise
// than one might think.
func (w *walk) notes(dir string) (list []Note) {
	if len(w.below) > 0 {
		list = append(list, Note{Text: "images in sub-folders of class folders are taken too: " + firstOf(w.below, ", ")})
	}
	if left := w.otherFiles(); left != "" {
		list = append(list, Note{Text: left + " left out of " + dir + "/: not named like an image"})
	}
	if len(w.loops) > 0 {
		list = append(list, Note{true, "links to a folder above them are not followed: " + firstOf(w.loops, ", ")})
	}
	return list
}

// otherCase names a folder that differs from the one wanted in case only.
func (w *walk) otherCase(dir, want string) string {
	dirs, err := folders(w.fsys, dir)
	if err != nil {
		return ""
	}
	if i := slices.IndexFunc(dirs, func(d string) bool { return strings.EqualFold(d, want) }); i >= 0 {
		return fmt.Sprintf(", but there is %s: rename it", path.Join(dir, dirs[i]))
	}
	return ""
}

// firstOf joins the first five of a list and counts the others.
func firstOf(list []string, sep string) string {
	if n := len(list) - 5; n > 0 {
		return strings.Join(list[:5], sep) + fmt.Sprintf("%sand %d more", sep, n)
	}
	return strings.Join(list, sep)
}
