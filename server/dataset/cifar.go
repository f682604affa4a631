package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// cifarLayout is the binary version of CIFAR: files of records, each one or two
// label bytes and 3072 pixel bytes, the red, green and blue planes of 32 x 32.
type cifarLayout struct {
	train, test []string // files
	names       string   // file of class names, one a line
	classes     int
	labelBytes  int // of a record; the last one is the class
}

const cifarSide = 32

const cifarTerms = "CIFAR is published without a licence, for research; whoever uses it is asked to cite Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009."

func (l cifarLayout) find(ctx context.Context, fsys fs.FS) (*found, error) {
	files := slices.Concat(l.train, l.test, []string{l.names})
	root, err := rootOf(fsys, func(fsys fs.FS) bool {
		return !slices.ContainsFunc(files, func(n string) bool { return !isFile(fsys, n) })
	})
	var layout *layoutError
	if errors.As(err, &layout) && layout.remedy == "" {
		layout.what += l.nearMiss(fsys, files)
	}
	if err != nil {
		return nil, err
	}
	var classes []Class
	err = lines(root, l.names, func(line string) error {
		if name := strings.TrimSpace(line); name != "" {
			classes = append(classes, Class{ID: name, Name: strings.ReplaceAll(name, "_", " "), Index: len(classes)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(classes) != l.classes {
		return nil, fmt.Errorf("%s: %d class names: want %d", l.names, len(classes), l.classes)
	}
	items := func(keep []Class) (train, test []item, err error) {
		if train, err = l.read(ctx, root, "train", l.train, keep); err != nil {
			return nil, nil, err
		}
		test, err = l.read(ctx, root, "test", l.test, keep)
		return train, test, err
	}
	return &found{root: root, classes: classes, items: items}, nil
}

// nearMiss recognises the Python version, and says which files are missing
// when some are there.
func (l cifarLayout) nearMiss(fsys fs.FS, files []string) string {
	for _, python := range []string{"train", "data_batch_1"} {
		if _, err := rootOf(fsys, func(fsys fs.FS) bool {
			return isFile(fsys, python) && (isFile(fsys, "meta") || isFile(fsys, "batches.meta"))
		}); err == nil {
			return ", which is the Python version (pickles)"
		}
	}
	var missing []string
	root, err := rootOf(fsys, func(fsys fs.FS) bool {
		missing = slices.DeleteFunc(slices.Clone(files), func(n string) bool { return isFile(fsys, n) })
		return len(missing) < len(files)
	})
	if err != nil {
		return ""
	}
	return " (in the folder of " + listing(root) + " there is no " + strings.Join(missing, ", ") + ")"
}

// read reads record files and keeps the images of the classes in keep.
func (l cifarLayout) read(ctx context.Context, fsys fs.FS, split string, files []string, keep []Class) ([]item, error) {
	label := make([]int, l.classes) // index in the full set -> label, or -1
	for i := range label {
		label[i] = slices.IndexFunc(keep, func(c Class) bool { return c.Index == i })
	}
	var items []item
	for _, name := range files {
		data, err := readFile(fsys, name, defaultLimits.file)
		if err != nil {
			return nil, err
		}
		pix, classes, err := l.parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for i, c := range classes {
			items = append(items, item{
				label: label[c],
				id:    fmt.Sprintf("%s/%05d", split, len(items)),
				raw:   &Image{cifarSide, cifarSide, pix[i]},
			})
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(items, func(it item) bool { return it.label < 0 }), nil
}

// parse splits records into images, RGB and row by row, and class indices.
func (l cifarLayout) parse(data []byte) (pix [][]byte, classes []int, err error) {
	const area = cifarSide * cifarSide
	record := l.labelBytes + 3*area
	n := len(data) / record
	if n == 0 || len(data)%record != 0 {
		return nil, nil, fmt.Errorf("%d bytes: want a whole number of records of %d bytes, at least one; the file is cut short or not of this set", len(data), record)
	}
	pix, classes = make([][]byte, n), make([]int, n)
	all := make([]byte, n*3*area)
	err = parallel(context.Background(), n, func(i int) error {
		r := data[i*record : (i+1)*record]
		classes[i] = int(r[l.labelBytes-1])
		if classes[i] >= l.classes {
			return fmt.Errorf("record %d: class %d: want less than %d; the file is damaged or not of this set", i, classes[i], l.classes)
		}
		to := all[i*3*area : (i+1)*3*area : (i+1)*3*area]
		red, green, blue := r[l.labelBytes:][:area], r[l.labelBytes+area:][:area], r[l.labelBytes+2*area:][:area]
		for p := range area {
			to[p*3], to[p*3+1], to[p*3+2] = red[p], green[p], blue[p]
		}
		pix[i] = to
		return nil
	})
	return pix, classes, err
}
