package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // of SRe2L, RDED and CV-DD
	_ "image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	_ "golang.org/x/image/webp"

	"reta/shared/wholefile"
)

// Foreign is a folder of distilled images that another program made.
type Foreign struct {
	Layout  string   // whose it is, in words
	Folders []string // that hold the images of one class each, in order
	Numbers []int    // of the classes of the folders, nil where their names are the classes' names
	Size    int      // of an image, pixels a side
	dir     string
	files   [][]string // of each folder, in the order of their numbers
}

// The names that programs give folders and files. FADRM, SRe2L and their kin write new012/class012_id003.jpg,
// RDED 00012/class00012_id00003.jpg.
var (
	numbered  = regexp.MustCompile(`^(new|class)?[-_]?(\d+)$`)
	classFile = regexp.MustCompile(`^class(\d+)_id(\d+)\.`)
)

// OpenForeign finds the class folders in a folder, or in the folder train in it, and
// looks at every image's header. Folders that are numbered must be so from 0 on
// without a gap, and agree with the numbers in their files' names.
func OpenForeign(dir string) (*Foreign, error) {
	f := &Foreign{dir: dir, Layout: "an image folder"}
	if sub := filepath.Join(dir, "train"); holdsFolders(sub) {
		f.dir = sub
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			f.Folders = append(f.Folders, e.Name())
		}
	}
	if len(f.Folders) == 0 {
		return nil, fmt.Errorf("%s: no folders in it: want one of images for each class", f.dir)
	}
	if err := f.number(); err != nil {
		return nil, err
	}
	for i, folder := range f.Folders {
		list, err := f.list(i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(f.dir, folder), err)
		}
		f.files = append(f.files, list)
	}
	return f, nil
}

func holdsFolders(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, fs.DirEntry.IsDir)
}

// number recognises numbered folders and sorts them by number.
func (f *Foreign) number() error {
	kind := ""
	byNumber := map[int]string{}
	for i, folder := range f.Folders {
		m := numbered.FindStringSubmatch(folder)
		if m == nil || i > 0 && m[1] != kind {
			return nil // names
		}
		n, err := strconv.Atoi(m[2])
		if other := byNumber[n]; err != nil || other != "" {
			return fmt.Errorf("%s: folders %s and %s have the same number: want one for each class", f.dir, other, folder)
		}
		kind, byNumber[n] = m[1], folder
	}
	f.Layout = "RDED (numbered folders)"
	if kind != "" {
		f.Layout = "FADRM and SRe2L (" + kind + "NNN)"
	}
	var sorted []string
	for n := range len(byNumber) {
		folder, ok := byNumber[n]
		if !ok {
			return fmt.Errorf("%s: %d numbered folders, of which none has number %d: want 0 to %d without a gap", f.dir, len(byNumber), n, len(byNumber)-1)
		}
		sorted = append(sorted, folder)
		f.Numbers = append(f.Numbers, n)
	}
	f.Folders = sorted
	return nil
}

// list names the images of a folder by their number, or else by name, and checks them.
func (f *Foreign) list(folder int) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(f.dir, f.Folders[folder]))
	if err != nil {
		return nil, err
	}
	id := map[string]int{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || !slices.Contains([]string{".png", ".jpg", ".jpeg", ".webp"}, strings.ToLower(filepath.Ext(name))) {
			continue
		}
		if m := classFile.FindStringSubmatch(name); m != nil {
			class, errC := strconv.Atoi(m[1])
			n, errN := strconv.Atoi(m[2])
			if errC != nil || errN != nil || f.Numbers != nil && class != f.Numbers[folder] {
				return nil, fmt.Errorf("%s is of class %s by its name, and in the folder of class %d: want both the same", name, m[1], f.Numbers[folder])
			}
			id[name] = n
		}
		if err := f.look(filepath.Join(f.dir, f.Folders[folder], name)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, errors.New("no PNG, JPEG or WebP image in it: want at least one")
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(id[a], id[b]), cmp.Compare(a, b)) })
	return names, nil
}

// look reads the size of an image from its header: all must be square and of one size.
func (f *Foreign) look(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	c, _, err := image.DecodeConfig(file)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if f.Size == 0 {
		f.Size = c.Width
	}
	if c.Width != f.Size || c.Height != f.Size {
		return fmt.Errorf("%d x %d pixels: want %d x %d as the first image: resize it", c.Width, c.Height, f.Size, f.Size)
	}
	return nil
}

// Count is the number of images.
func (f *Foreign) Count() (n int) {
	for _, list := range f.files {
		n += len(list)
	}
	return n
}

// Dir is the folder that the class folders are in.
func (f *Foreign) Dir() string { return f.dir }

// Import writes a bundle of the images to a new folder, as the files they are. order
// is the class of each folder, a position in m.Classes, whose folders are given.
func (f *Foreign) Import(to string, m Manifest, order []int) error {
	m.Size = f.Size
	return newFolder(to, func(part string) error {
		for i, list := range f.files {
			folder := filepath.Join(part, "train", m.Classes[order[i]].Folder)
			if err := wholefile.MkdirAll(folder, 0o755); err != nil {
				return err
			}
			for k, name := range list {
				ext := strings.ToLower(filepath.Ext(name))
				if err := copyFile(filepath.Join(f.dir, f.Folders[i], name), filepath.Join(folder, fmt.Sprintf("%05d%s", k, ext))); err != nil {
					return err
				}
			}
		}
		return Seal(part, m)
	})
}
