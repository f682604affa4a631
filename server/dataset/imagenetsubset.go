package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// registerSubset declares ten classes of ImageNet-1K as a set, by a list of their ids and names: as MTT and those after it
// distil them (Cazenavette et al. 2022), read from the folder of ImageNet-1K or from one with these classes alone.
func registerSubset(name, title, classes string) {
	ids, names := named(classes)
	register(Spec{
		Name:       name,
		Title:      title + ", of a folder of ImageNet-1K, used at 224 px",
		Classes:    len(ids),
		Size:       224,
		Resize:     256,
		Mean:       imageNetMean,
		Std:        imageNetStd,
		Terms:      imageNetTerms,
		ids:        ids,
		layout:     subsetOfImageNet(ids, names),
		layoutText: "train/<wnid>/ and val/<wnid>/, as the folder of ImageNet-1K or of these classes alone",
		hint:       "give a folder of ImageNet-1K with --data; it is given to registered users at https://www.image-net.org",
	})
}

// subsetOfImageNet finds classes in folders of their own, or among all those of ImageNet-1K, of which the others are left out.
func subsetOfImageNet(ids []string, names map[string]string) func(context.Context, fs.FS) (*found, error) {
	return func(_ context.Context, fsys fs.FS) (*found, error) {
		f, err := imageFolder(fsys, func(id string) string { return names[id] }, true)
		if err != nil {
			return nil, err
		}
		ours := func(c Class) bool { return slices.Contains(ids, c.ID) }
		others := slices.DeleteFunc(slices.Clone(f.classes), ours)
		all := strings.Fields(imageNetIDs)
		if len(others) == 0 || !slices.ContainsFunc(f.classes, ours) || slices.ContainsFunc(others, func(c Class) bool { return !slices.Contains(all, c.ID) }) {
			return f, nil
		}
		f.classes = slices.DeleteFunc(slices.Clone(f.classes), func(c Class) bool { return !ours(c) })
		f.notes = append(f.notes, Note{Text: fmt.Sprintf("%d other classes of ImageNet-1K are left out", len(others))})
		return f, nil
	}
}
