package dataset

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
)

// part is what a folder holds, by its name.
type part int

const (
	noPart part = iota
	trainPart
	valPart
	testPart
)

var partWords = map[string]part{
	"train": trainPart, "training": trainPart, "trn": trainPart,
	"val": valPart, "valid": valPart, "validation": valPart, "validate": valPart, "eval": valPart, "evaluation": valPart, "dev": valPart,
	"test": testPart, "testing": testPart, "tst": testPart,
}

var fillWords = []string{"set", "data", "dataset", "images", "image", "imgs", "img", "split", "part", "seg", "folder", "samples"}

// partOf recognises the usual names of parts in any case and spelling: train,
// Training, train_set, TrainSet, seg_train, train2017. rest is what a longer name
// has beside ("asl alphabet" of asl_alphabet_train), which counts only where a
// sibling has the same.
func partOf(name string) (p part, rest string) {
	var others []string
	for _, w := range words(name) {
		w = strings.TrimRight(w, "0123456789")
		q := partWords[w]
		for _, fill := range fillWords { // trainset, segtrain
			if q != noPart {
				break
			}
			if q = partWords[strings.TrimSuffix(w, fill)]; q == noPart {
				q = partWords[strings.TrimPrefix(w, fill)]
			}
		}
		switch {
		case q != noPart && p != noPart: // train_val
			return noPart, ""
		case q != noPart:
			p = q
		case w != "" && !slices.Contains(fillWords, w):
			others = append(others, w)
		}
	}
	return p, strings.Join(others, " ")
}

// words splits at separators and where a capital follows a small letter.
func words(name string) []string {
	var out []string
	word, last := "", rune(0)
	for _, r := range name {
		sep := !unicode.IsLetter(r) && !unicode.IsDigit(r)
		if sep || unicode.IsUpper(r) && unicode.IsLower(last) {
			out, word = append(out, word), ""
		}
		if !sep {
			word += string(unicode.ToLower(r))
		}
		last = r
	}
	return slices.DeleteFunc(append(out, word), func(w string) bool { return w == "" })
}

// parts are the folders of class folders of a set.
type parts struct {
	root  fs.FS
	train string // "." where there are only class folders
	test  string // "" where there is none
	notes []Note
}

// split is a sub-folder named like a part.
type split struct {
	part
	name, dir string // dir is where its class folders lie: name, or name/name
	classes   bool   // it holds folders of images
	flat      string // an image that lies in it directly, "" for none
}

// findParts finds the folder whose sub-folders are the parts of a set, or its
// classes. Whatever can be understood in two ways is an error.
func findParts(fsys fs.FS, mustTest bool) (*parts, error) {
	type result struct {
		*parts
		err error
	}
	r, at, err := search(fsys, func(sub fs.FS, at string) (result, bool) {
		p, err := partsIn(sub, at, mustTest)
		return result{p, err}, p != nil || err != nil
	})
	if err == nil {
		err = r.err
	}
	if err != nil {
		return nil, err
	}
	for dir := at; dir != "."; dir = path.Dir(dir) { // other images beside a set further below
		siblings, err := folders(fsys, path.Dir(dir))
		if err != nil {
			return nil, err
		}
		siblings = slices.DeleteFunc(joined(path.Dir(dir), siblings), func(s string) bool { return s == dir })
		if other := imagesIn(fsys, siblings); other != "" {
			return nil, several(dir, other)
		}
	}
	return r.parts, nil
}

// partsIn is findParts for one folder, called at in errors: neither parts nor an
// error when it holds no folders of images.
func partsIn(fsys fs.FS, at string, mustTest bool) (*parts, error) {
	dirs, err := folders(fsys, ".")
	if err != nil || len(dirs) == 0 {
		return nil, nil
	}
	named := func(dir string) string { return path.Join(at, dir) + "/" }
	splits, others := splitsIn(fsys, dirs)
	beside := imagesIn(fsys, others)
	var train, test, flatTrain, flatTest []split
	for _, s := range splits {
		switch classes := s.classes && (s.flat == "" || beside == ""); {
		case classes && s.part == trainPart:
			train = append(train, s)
		case classes:
			test = append(test, s)
		case s.flat != "" && s.part == trainPart:
			flatTrain = append(flatTrain, s)
		case s.flat != "":
			flatTest = append(flatTest, s)
		}
	}
	unsorted := func(s split) error {
		return &layoutError{named(s.dir) + " holds images without class folders (" + path.Join(at, s.flat) + ")",
			"sort them into " + named(s.dir) + "<class>/"}
	}
	switch {
	case len(train) > 1:
		return nil, &layoutError{named(train[0].name) + " and " + named(train[1].name) + " are both named like a training part", "rename or move one of them"}
	case len(train) == 1 && len(test)+len(flatTest) == 0 && beside != "":
		return nil, &layoutError{fmt.Sprintf("%s holds folders of images as a training part does, and %s beside it holds images as a class does", named(train[0].name), named(beside)),
			fmt.Sprintf("if %s is the training part, move the other folders away or give it alone, as --dataset path:.../%s", named(train[0].name), train[0].dir)}
	case len(train) == 0 && len(test) > 0:
		return nil, &layoutError{what: fmt.Sprintf("it has a test part but no train part (%s, ...): it holds %s", named(test[0].name), listing(fsys))}
	case len(train) == 0 && len(flatTrain) > 0 && (len(flatTest) > 0 || beside == ""):
		return nil, unsorted(flatTrain[0])
	case len(train) == 0 && len(flatTest) > 0 && beside == "":
		return nil, unsorted(flatTest[0])
	case len(train) == 0:
		return classesAlone(fsys, at, dirs, mustTest)
	}
	if len(test) == 0 && mustTest {
		if len(flatTest) > 0 {
			return nil, unsorted(flatTest[0])
		}
		return nil, &layoutError{what: "it has a train part but no val part: it holds " + listing(fsys)}
	}
	slices.SortStableFunc(test, func(a, b split) int { return int(a.part - b.part) }) // validation first
	if len(test) > 1 && test[0].part == test[1].part {
		return nil, &layoutError{named(test[0].name) + " and " + named(test[1].name) + " are both named like a " + test[0].part.String() + " part", "rename or move one of them"}
	}
	p := &parts{root: fsys, train: train[0].dir}
	used := []split{train[0]}
	text := named(p.train) + " is the training part, there is no test part"
	if len(test) > 0 {
		p.test = test[0].dir
		used = append(used, test[0])
		text = named(p.train) + " is the training part, " + named(p.test) + " the test part"
	}
	p.note("%s", text)
	var unused []string
	for _, s := range used {
		if s.flat != "" {
			unused = append(unused, path.Join(at, s.flat)+" and other images outside of class folders")
		}
	}
	for _, d := range dirs {
		if !slices.ContainsFunc(used, func(s split) bool { return s.name == d }) && imagesIn(fsys, []string{d}) != "" {
			unused = append(unused, named(d))
		}
	}
	if len(unused) > 0 {
		p.note("not used: %s", strings.Join(unused, ", "))
	}
	return p, nil
}

func (p part) String() string { return [...]string{"", "training", "validation", "test"}[p] }

func (p *parts) note(format string, args ...any) {
	p.notes = append(p.notes, Note{Text: fmt.Sprintf(format, args...)})
}

// splitsIn sorts sub-folders into those named like parts and the others.
func splitsIn(fsys fs.FS, dirs []string) (splits []split, others []string) {
	paired := func(p part, rest string) bool {
		return slices.ContainsFunc(dirs, func(d string) bool {
			q, same := partOf(d)
			return same == rest && q != noPart && (q == trainPart) != (p == trainPart)
		})
	}
	for _, d := range dirs {
		p, rest := partOf(d)
		if p == noPart || rest != "" && !paired(p, rest) {
			others = append(others, d)
			continue
		}
		s := split{part: p, name: d, dir: d}
		subs, flat := look(fsys, d)
		for range 3 { // seg_train/seg_train, as some archives have it
			if flat != "" || len(subs) != 1 {
				break
			}
			if q, _ := partOf(subs[0]); q != p {
				break
			}
			s.dir = path.Join(s.dir, subs[0])
			subs, flat = look(fsys, s.dir)
		}
		s.flat, s.classes = flat, imagesIn(fsys, joined(s.dir, subs)) != ""
		splits = append(splits, s)
	}
	return splits, others
}

// classesAlone takes each sub-folder as a class of a set without parts. The
// images of one of them at least must lie in it directly: else the sets or
// classes lie further below.
func classesAlone(fsys fs.FS, at string, dirs []string, mustTest bool) (*parts, error) {
	direct := false
	var own error // a class folder that has parts of its own
	for _, d := range dirs[:min(len(dirs), looked)] {
		subs, flat := look(fsys, d)
		direct = direct || flat != ""
		var train, test string
		for _, s := range subs {
			if p, rest := partOf(s); p == trainPart && rest == "" {
				train = s
			} else if p != noPart && rest == "" {
				test = s
			}
		}
		if train != "" && test != "" && own == nil {
			d = path.Join(at, d)
			own = &layoutError{fmt.Sprintf("%s/ holds a training part and a test part of its own (%s/, %s/)", d, train, test),
				"give the folder of one set, or sort the images into train/<class>/ and val/<class>/"}
		}
	}
	switch {
	case !direct:
		return nil, nil
	case own != nil:
		return nil, own
	case mustTest:
		return nil, &layoutError{what: "it has class folders but no train and val part: it holds " + listing(fsys)}
	}
	p := &parts{root: fsys, train: "."}
	p.note("there are class folders alone: all images are the training part, there is no test part")
	return p, nil
}
