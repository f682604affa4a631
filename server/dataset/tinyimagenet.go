package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

func init() {
	register(Spec{
		Name:    "tiny-imagenet",
		Aliases: []string{"tiny-imagenet-200"},
		Title:   "Tiny-ImageNet: 110,000 photographs of 200 things at 64 px (Stanford CS231n)",
		Classes: 200,
		Size:    64,
		Mean:    imageNetMean,
		Std:     imageNetStd,
		Terms:   imageNetTerms,
		Sources: []Source{{
			URL:    "http://cs231n.stanford.edu/tiny-imagenet-200.zip", // plain HTTP: the hash protects
			Bytes:  248100043,
			SHA256: "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
		}},
		layout:     tinyImageNet,
		layoutText: "train/<wnid>/images, val/images with val/val_annotations.txt, and wnids.txt, as a folder or zip",
	})
}

// tinyImageNet reads the official layout. Its test part has no labels: the
// validation part is used as test split, as everywhere. Parts sorted into class
// folders are taken too.
func tinyImageNet(_ context.Context, fsys fs.FS) (*found, error) {
	root, err := rootOf(fsys, func(fsys fs.FS) bool { return isFile(fsys, "wnids.txt") && isDir(fsys, "train") })
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	if isFile(root, "words.txt") {
		err := lines(root, "words.txt", func(line string) error {
			id, words, _ := strings.Cut(line, "\t")
			name, _, _ := strings.Cut(words, ",")
			names[id] = strings.TrimSpace(name)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var ids []string
	err = lines(root, "wnids.txt", func(line string) error {
		if id := strings.TrimSpace(line); id != "" {
			if !fs.ValidPath(id) || strings.ContainsAny(id, `/\`) || id == "." {
				return fmt.Errorf("%q is not a class id", id)
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(ids) // the labels of torchvision's ImageFolder, and so of teachers trained elsewhere
	var classes []Class
	for _, id := range slices.Compact(ids) {
		c := Class{ID: id, Name: id, Index: len(classes)}
		if n := names[id]; n != "" {
			c.Name = n
		}
		classes = append(classes, c)
	}
	if len(classes) == 0 {
		return nil, &layoutError{what: "wnids.txt names no class"}
	}
	return &found{root: root, classes: classes, items: func(keep []Class) (train, test []item, err error) {
		w := walk{fsys: root}
		if train, err = w.classes("train", keep, true); err != nil {
			return nil, nil, err
		}
		test, err = tinyValidation(root, keep)
		return train, test, err
	}}, nil
}

// tinyValidation finds the validation images: in val/images with a list of their
// classes, or sorted into val/<wnid> or val/images/<wnid>, as common scripts do,
// which leave the list behind.
func tinyValidation(root fs.FS, keep []Class) ([]item, error) {
	const annotations = "val/val_annotations.txt"
	listed := isFile(root, annotations)
	if _, image := look(root, "val/images"); !listed || image == "" {
		for _, dir := range []string{"val", "val/images"} {
			if slices.ContainsFunc(keep, func(c Class) bool { return isDir(root, path.Join(dir, c.ID)) }) {
				w := walk{fsys: root}
				return w.classes(dir, keep, false)
			}
		}
	}
	if !listed {
		return nil, fmt.Errorf("%s is missing: it says which class each validation image has; want it, or the images sorted into val/<wnid>/", annotations)
	}
	label := map[string]int{}
	for i, c := range keep {
		label[c.ID] = i
	}
	var items []item
	err := lines(root, annotations, func(line string) error {
		f := strings.Split(line, "\t") // file, wnid, box
		if len(f) < 2 || !fs.ValidPath(f[0]) || strings.Contains(f[0], "/") {
			return fmt.Errorf("%.40q: want file name, tab, class id", line)
		}
		if l, ok := label[f[1]]; ok {
			name := path.Join("val/images", f[0])
			items = append(items, item{label: l, id: name, path: name})
		}
		return nil
	})
	slices.SortStableFunc(items, func(a, b item) int { return a.label - b.label })
	return items, err
}
