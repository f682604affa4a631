package dataset

import (
	"context"
	"io/fs"
	"slices"
	"strings"
)

func init() {
	register(Spec{
		Name:   "imagefolder",
		Title:  "any folder of class folders of images, as torchvision's ImageFolder reads (also path:DIR)",
		Mean:   imageNetMean,
		Std:    imageNetStd,
		layout: func(_ context.Context, fsys fs.FS) (*found, error) { return imageFolder(fsys, nil, false) },
		wants:  "train/<class>/<image> and val/<class>/<image> (or test/), or only <class>/<image>, as a folder, zip or tar.gz",
		hint:   "give it with --data PATH or --dataset path:DIR",
	})
}

// imageFolder finds train/<class>/ and val/<class>/ (or test/<class>/). Unless
// the set must have a test part, class folders alone are taken as training images.
func imageFolder(fsys fs.FS, name func(id string) string, mustTest bool) (*found, error) {
	train, test := "train", ""
	root, err := rootOf(fsys, func(fsys fs.FS) bool { return isDir(fsys, train) })
	if err != nil {
		if root, ok := testOnly(fsys); ok {
			return nil, &layoutError{"it has a test part but no train part: it holds " + listing(root)}
		}
		if mustTest {
			return nil, err
		}
		train = "."
		if root, err = rootOf(fsys, holdsClasses); err != nil {
			return nil, err
		}
	} else {
		for _, dir := range []string{"val", "test", "valid", "validation"} {
			if isDir(root, dir) {
				test = dir
				break
			}
		}
	}
	if mustTest && test == "" {
		return nil, &layoutError{"it has a train part but no val part: it holds " + listing(root)}
	}
	classes, err := classesIn(root, train, name)
	if err != nil {
		return nil, err
	}
	if len(classes) == 0 {
		return nil, &layoutError{"train holds no class folder"}
	}
	return &found{root, classes, func(keep []Class) (tr, te []item, err error) {
		if tr, err = classFolder(root, train, "", keep); err != nil || test == "" {
			return tr, nil, err
		}
		if flat, err := images(root, test); err == nil && len(flat) > 0 {
			return nil, nil, &layoutError{test + " holds images without class folders (" + flat[0] + "): sort them into " + test + "/<class>/"}
		}
		te, err = classFolder(root, test, "", keep)
		return tr, te, err
	}}, nil
}

// holdsClasses says whether a folder holds folders of images and no images itself.
func holdsClasses(fsys fs.FS) bool {
	dirs, err := folders(fsys, ".")
	if err != nil || len(dirs) == 0 {
		return false
	}
	return !slices.ContainsFunc(dirs[:min(4, len(dirs))], func(d string) bool {
		found, err := images(fsys, d)
		return err != nil || len(found) == 0
	})
}

// testOnly says whether only a test part is there.
func testOnly(fsys fs.FS) (fs.FS, bool) {
	root, err := rootOf(fsys, func(fsys fs.FS) bool { return isDir(fsys, "val") || isDir(fsys, "test") })
	return root, err == nil
}

// named gives names for people to class ids.
func named(names string) func(id string) string {
	table := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(names), "\n") {
		id, name, _ := strings.Cut(line, " ")
		table[id] = name
	}
	return func(id string) string { return table[id] }
}
