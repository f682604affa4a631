package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// rootOf returns the folder that ok accepts: the source itself, or one at
// most two folders below, as archives wrap their content.
func rootOf(fsys fs.FS, ok func(fs.FS) bool) (fs.FS, error) {
	const looked = 64 // folders looked at, per level
	level := []string{"."}
	for depth := range 3 {
		var below []string
		for _, dir := range level {
			sub, err := fs.Sub(fsys, dir)
			if err != nil {
				return nil, err
			}
			if ok(sub) {
				return sub, nil
			}
			if depth == 2 {
				continue
			}
			dirs, err := folders(fsys, dir)
			if err != nil && dir == "." {
				return nil, err
			}
			for _, d := range dirs {
				below = append(below, path.Join(dir, d))
			}
		}
		level = below[:min(len(below), looked)]
	}
	return nil, &layoutError{"it holds " + listing(fsys)}
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

// folders lists the folders in dir by name, hidden ones left out. A link
// counts when it leads to a folder inside the source.
func folders(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := fs.Stat(fsys, name)
			if err != nil {
				return nil, err
			}
			if !info.IsDir() {
				continue
			}
		} else if !e.IsDir() {
			continue
		}
		if !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// images lists the image files in dir by name.
func images(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		ext := strings.ToLower(path.Ext(e.Name()))
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") &&
			slices.Contains([]string{".jpeg", ".jpg", ".png", ".webp", ".bmp"}, ext) {
			out = append(out, path.Join(dir, e.Name()))
		}
	}
	return out, nil
}

// classFolder lists the images of split/<class>[/sub] for each class.
func classFolder(fsys fs.FS, split, sub string, keep []Class) ([]item, error) {
	var items []item
	for label, c := range keep {
		names, err := images(fsys, path.Join(split, c.ID, sub))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("class %s has no folder %s", c.label(), path.Join(split, c.ID, sub))
		} else if err != nil {
			return nil, fmt.Errorf("class %s: %w", c.label(), err)
		}
		for _, n := range names {
			items = append(items, item{label: label, id: n, path: n})
		}
	}
	return items, nil
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
		classes[i] = Class{ID: id, Name: id, Index: i}
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
