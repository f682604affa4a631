package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

func init() {
	register(Spec{
		Name:       "imagefolder",
		Title:      "any images in class folders (torchvision's ImageFolder), Parquet files or WebDataset tars (also path:DIR)",
		Mean:       imageNetMean,
		Std:        imageNetStd,
		layout:     func(_ context.Context, fsys fs.FS) (*found, error) { return imageFolder(fsys, nil, false) },
		layoutText: "train/<class>/<image> and val/<class>/<image> (or test/), or only <class>/<image>, as a folder, zip or tar.gz; or train-*.parquet and test-*.parquet; or tars of WebDataset",
		hint:       "give it with --data PATH or --dataset path:DIR",
	})
}

// imageFolder finds a training and a test part by the names of their folders (see
// partOf) and the class folders in them. Unless the set must have a test part,
// class folders alone are taken as training images.
func imageFolder(fsys fs.FS, name func(id string) string, mustTest bool) (*found, error) {
	p, err := findParts(fsys, mustTest)
	if err != nil {
		return nil, err
	}
	classes, err := classesIn(p.root, p.train, name)
	if err != nil {
		return nil, err
	}
	f := &found{root: p.root, classes: classes, notes: p.notes}
	f.items = func(keep []Class) (train, test []item, err error) {
		w := walk{fsys: p.root}
		if train, err = w.classes(p.train, keep, true); err != nil {
			return nil, nil, err
		}
		f.notes = append(f.notes, w.notes(p.train)...)
		if p.test == "" {
			return train, nil, nil
		}
		w = walk{fsys: p.root}
		if test, err = w.classes(p.test, keep, false); err != nil {
			return nil, nil, err
		}
		f.notes = append(f.notes, w.notes(p.test)...)
		ids, err := folders(p.root, p.test)
		ids = slices.DeleteFunc(ids, func(id string) bool {
			return slices.ContainsFunc(classes, func(c Class) bool { return c.ID == id })
		})
		if len(ids) > 0 {
			f.notes = append(f.notes, Note{true, fmt.Sprintf("%s/ holds %d %s that %s/ lacks, left out: %s",
				p.test, len(ids), plural(len(ids), "class"), p.train, firstOf(ids, ", "))})
		}
		return train, test, err
	}
	return f, nil
}

// named reads a list of class ids, in order, and their names for people.
func named(list string) (ids []string, names map[string]string) {
	names = map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
		id, name, _ := strings.Cut(line, " ")
		ids, names[id] = append(ids, id), name
	}
	return ids, names
}
