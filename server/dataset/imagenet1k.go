package dataset

import (
	"context"
	_ "embed"
	"io/fs"
	"strings"
)

// imageNetIDs are the WordNet ids of the 1000 classes in the order of their
// labels, which is the alphabet's: ILSVRC 2012, one a line.
//
//go:embed imagenet1k-wnids.txt
var imageNetIDs string

func init() {
	register(Spec{
		Name:    "imagenet-1k",
		Aliases: []string{"imagenet", "ilsvrc2012"},
		Title:   "ImageNet-1K: 1.33 million photographs of 1000 things, used at 224 px (ILSVRC 2012)",
		Classes: 1000,
		Size:    224,
		Resize:  256,
		Mean:    imageNetMean,
		Std:     imageNetStd,
		Terms:   imageNetTerms,
		ids:     strings.Fields(imageNetIDs),
		layout: func(_ context.Context, fsys fs.FS) (*found, error) {
			names, err := synsets(fsys)
			if err != nil {
				return nil, err
			}
			return imageFolder(fsys, names, true)
		},
		layoutText: "train/<wnid>/ and val/<wnid>/, as a folder",
		hint:       "it is given to registered users at https://www.image-net.org; unpack it and sort val into class folders",
	})
}

// synsets reads names for people from LOC_synset_mapping.txt ("n01440764
// tench, Tinca tinca") or words.txt where one lies beside train.
func synsets(fsys fs.FS) (func(id string) string, error) {
	table := map[string]string{}
	for _, file := range []string{"LOC_synset_mapping.txt", "words.txt"} {
		root, err := rootOf(fsys, func(fsys fs.FS) bool { return isFile(fsys, file) })
		if err != nil {
			continue
		}
		err = lines(root, file, func(line string) error {
			if at := strings.IndexAny(line, " \t"); at > 0 {
				name, _, _ := strings.Cut(line[at+1:], ",")
				table[line[:at]] = strings.TrimSpace(name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		break
	}
	return func(id string) string { return table[id] }, nil
}
