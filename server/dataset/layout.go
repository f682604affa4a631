package dataset

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// looked is how many folders are looked at on one level of a source.
const looked = 64

// search gives what look finds in the source itself, or in the one folder at
// most three levels below, as archives wrap their content, in which it finds
// something; at is that folder. Two such folders on one level are an error.
func search[T any](fsys fs.FS, look func(sub fs.FS, at string) (T, bool)) (hit T, at string, err error) {
	level := []string{"."}
	const levels = 4
	for depth := range levels {
		var below []string
		for _, dir := range level {
			sub, err := fs.Sub(fsys, dir)
			if err != nil {
				return hit, "", err
			}
			if h, ok := look(sub, dir); ok && at != "" {
				return hit, "", several(at, dir)
			} else if ok {
				hit, at = h, dir
			}
			if depth == levels-1 || at != "" {
				continue
			}
			dirs, err := folders(fsys, dir)
			if err != nil && dir == "." {
				return hit, "", err
			}
			below = append(below, joined(dir, dirs)...)
		}
		if at != "" {
			return hit, at, nil
		}
		level = below[:min(len(below), looked)]
	}
	return hit, "", &layoutError{what: "it holds " + listing(fsys)}
}

// rootOf is search for the folder that ok accepts.
func rootOf(fsys fs.FS, ok func(fs.FS) bool) (fs.FS, error) {
	root, _, err := search(fsys, func(sub fs.FS, _ string) (fs.FS, bool) { return sub, ok(sub) })
	return root, err
}

// several is the error for two folders that could each be the set.
func several(a, b string) error {
	return &layoutError{fmt.Sprintf("there are images in %s/ and in %s/, each like a set of its own", a, b),
		fmt.Sprintf("give one of them, as %s; if they are classes with sub-folders, move them into a folder train/", path.Join("PATH", a))}
}

// listing names the first entries of a source, for errors.
func listing(fsys fs.FS) string {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return err.Error()
	}
	if len(entries) == 0 {
		return "nothing"
	}
	var names []string
	for _, e := range entries[:min(5, len(entries))] {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	out := strings.Join(names, ", ")
	if n := len(entries) - len(names); n > 0 {
		out += fmt.Sprintf(" and %d more", n)
	}
	return out
}

func isFile(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.Mode().IsRegular()
}

func isDir(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

// ignored are folders that file managers and servers leave behind.
var ignored = []string{"__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN"}

// folders lists the folders in dir by name, hidden ones and those of the system
// left out. A link counts when it leads to a folder.
func folders(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if isFolder(fsys, dir, e) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

func isFolder(fsys fs.FS, dir string, e fs.DirEntry) bool {
	if strings.HasPrefix(e.Name(), ".") || slices.Contains(ignored, e.Name()) {
		return false
	}
	return e.IsDir() || e.Type()&fs.ModeSymlink != 0 && isDir(fsys, path.Join(dir, e.Name()))
}

// extensions are torchvision's IMG_EXTENSIONS.
var extensions = []string{".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}

func isImage(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}

// look lists the folders in dir, and names one image that lies in it directly
// ("" when there is none). What cannot be read counts as empty.
func look(fsys fs.FS, dir string) (subs []string, image string) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, ""
	}
	for _, e := range entries {
		if isFolder(fsys, dir, e) {
			subs = append(subs, e.Name())
		} else if image == "" && isImage(e.Name()) {
			image = path.Join(dir, e.Name())
		}
	}
	return subs, image
}

// imagesIn gives the first of the folders in which, or some levels below which,
// an image lies, or "".
func imagesIn(fsys fs.FS, dirs []string) string {
	var holds func(dir string, levels int) bool
	holds = func(dir string, levels int) bool {
		subs, image := look(fsys, dir)
		return image != "" || levels > 0 && slices.ContainsFunc(joined(dir, subs), func(s string) bool { return holds(s, levels-1) })
	}
	for _, d := range dirs {
		if holds(d, 4) {
			return d
		}
	}
	return ""
}

func joined(dir string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = path.Join(dir, n)
	}
	return out
}

// classesIn takes each folder of split as a class, in the order of their
// names as torchvision's ImageFolder does, and looks up names for people.
func classesIn(fsys fs.FS, split string, name func(id string) string) ([]Class, error) {
	ids, err := folders(fsys, split)
	if err != nil {
		return nil, err
	}
	classes := make([]Class, len(ids))
	for i, id := range ids {
		classes[i] = Class{ID: id, Name: strings.ToValidUTF8(id, "?"), Index: i}
		if name == nil {
			continue
		}
		if n := name(id); n != "" {
			classes[i].Name = n
		}
	}
	return classes, nil
}

// lines calls f for each line of a text file of at most 64 MiB.
func lines(fsys fs.FS, name string, f func(line string) error) error {
	data, err := readFile(fsys, name, 64<<20)
	if err != nil {
		return err
	}
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if err := f(in.Text()); err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
