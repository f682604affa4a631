package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shard is one file of labelled images: a Parquet file or a tar of WebDataset.
type shard struct {
	name   string   // of the file
	labels []string // of each image; "": it has none
	names  []string // the classes' names in the order of their numbers, nil where the file does not say
	notes  []Note
	// paths puts the images that want chooses into the file system that all shards
	// share, and gives their names there and their ids.
	paths func(ctx context.Context, want func(image int) bool, add func(image int, path string)) error
}

// openShard opens the file of a name.
type openShard func(ctx context.Context, name string) (*shard, error)

// shardsLayout finds the images of a set that is kept as Parquet files or as tars
// of WebDataset, in any folder of fsys, or as one. into receives what must be
// unpacked. It gives nil where there are none.
func shardsLayout(ctx context.Context, fsys fs.FS, spec *Spec, into *unpacked, lim limits) (*found, error) {
	files, at, err := search(fsys, func(sub fs.FS, _ string) ([]string, bool) {
		list := shardsIn(sub)
		return list, len(list) > 0
	})
	var open openShard
	root, list := fsys, fsys
	switch {
	case err == nil:
		if root, err = fs.Sub(fsys, at); err != nil {
			return nil, err
		}
		if list, open = root, into.tarShard(root, lim); isParquetName(files[0]) {
			open = into.parquetShard(root, spec, lim)
		}
	case samplesIn(fsys): // one tar, or one unpacked
		files = []string{"."} // which is named like no part
		open = func(_ context.Context, name string) (*shard, error) { return samples(fsys, name) }
		into = nil
	default:
		var several *layoutError
		if errors.As(err, &several) && several.remedy != "" {
			return nil, err
		}
		return nil, nil
	}
	f, err := joinShards(ctx, files, open, spec, classList(list))
	if err != nil {
		return nil, err
	}
	f.root = fsys
	if into != nil {
		f.root = into
	}
	return f, nil
}

// shardsIn lists the Parquet files, or else the tars, in a folder or in those of its
// sub-folders that are named like parts.
func shardsIn(fsys fs.FS) (list []string) {
	subs, err := folders(fsys, ".")
	if err != nil {
		return nil
	}
	dirs := []string{"."}
	for _, d := range subs {
		if p, _ := partOf(d); p != noPart {
			dirs = append(dirs, d)
		}
	}
	for _, ext := range []string{".parquet", ".tar"} {
		for _, dir := range dirs {
			entries, err := fs.ReadDir(fsys, dir)
			if err != nil {
				continue
			}
			for _, e := range entries {
				if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && strings.EqualFold(path.Ext(e.Name()), ext) {
					list = append(list, path.Join(dir, e.Name()))
				}
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

func isParquetName(name string) bool { return strings.EqualFold(path.Ext(name), ".parquet") }

// ofMany is the number of a shard at the end of its name: -00000-of-00004, -0000, _12.
var ofMany = regexp.MustCompile(`[-_.]?\d+(-of-\d+)?$`)

// partOfShard is partOf for the name of a file, or else of the folder it is in.
func partOfShard(name string) (part, string) {
	stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if p, rest := partOf(ofMany.ReplaceAllString(stem, "")); p != noPart {
		return p, rest
	}
	return partOf(path.Base(path.Dir(name)))
}

// shardParts divides files into a training and a test part by their names.
func shardParts(files []string) (train, test []string, notes []Note, err error) {
	byPart := map[part][]string{}
	sets := map[string]string{} // an example of each kind of name
	for _, f := range files {
		p, rest := partOfShard(f)
		byPart[p] = append(byPart[p], f)
		if p != noPart {
			sets[rest] = f
		}
	}
	if len(sets) > 1 {
		var examples []string
		for _, f := range sets {
			examples = append(examples, f)
		}
		slices.Sort(examples)
		return nil, nil, nil, &layoutError{"its files are of several sets: " + firstOf(examples, ", "), "give a folder with those of one set"}
	}
	if len(sets) == 0 {
		return files, nil, []Note{{Text: filesOf(files) + " is the training part, there is no test part"}}, nil
	}
	train = byPart[trainPart]
	if len(train) == 0 {
		return nil, nil, nil, &layoutError{"none of its files is named like a training part: " + firstOf(files, ", "), "give the training part too, as train-*" + path.Ext(files[0])}
	}
	test, unused := byPart[valPart], byPart[testPart]
	if len(test) == 0 {
		test, unused = unused, nil
	}
	text := filesOf(train) + " is the training part, there is no test part"
	if len(test) > 0 {
		text = filesOf(train) + " is the training part, " + filesOf(test) + " the test part"
	}
	notes = append(notes, Note{Text: text})
	if unused = append(unused, byPart[noPart]...); len(unused) > 0 {
		notes = append(notes, Note{Text: "not used: " + firstOf(unused, ", ")})
	}
	return train, test, notes, nil
}

// filesOf names files: the first of several, with their number.
func filesOf(list []string) string {
	switch {
	case list[0] == ".":
		return "all of it"
	case len(list) == 1:
		return list[0]
	}
	return fmt.Sprintf("%s with %d more", list[0], len(list)-1)
}

// joinShards opens files and makes a set of them. names are the classes' names
// where a list beside the files has them.
func joinShards(ctx context.Context, files []string, open openShard, spec *Spec, names []string) (*found, error) {
	trainFiles, testFiles, notes, err := shardParts(files)
	if err != nil {
		return nil, err
	}
	f := &found{}
	var shards []*shard
	for _, name := range slices.Concat(trainFiles, testFiles) {
		s, err := open(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		shards = append(shards, s)
	}
	train, test := shards[:len(trainFiles)], shards[len(trainFiles):]
	f.notes = append(notes, train[0].notes...)
	ids, err := classIDs(train, names)
	if err != nil {
		return nil, err
	}
	if f.classes, err = spec.shardClasses(ids, names, f); err != nil {
		return nil, err
	}
	f.items = func(keep []Class) (trainItems, testItems []item, err error) {
		label := map[string]int{}
		for i, c := range keep {
			label[ids[slices.Index(f.classes, c)]] = i
		}
		if trainItems, err = take(ctx, train, label, ids, f); err != nil {
			return nil, nil, err
		}
		testItems, err = take(ctx, test, label, ids, f)
		return trainItems, testItems, err
	}
	return f, nil
}

// maxClasses bounds the numbers of classes whose names no file says.
const maxClasses = 1 << 16

// classIDs are the labels that images have, in the order of the classes: that of the
// names a file declares, or else of numbers, or else of the alphabet.
func classIDs(shards []*shard, names []string) ([]string, error) {
	for _, s := range shards {
		if !slices.Equal(s.names, shards[0].names) {
			return nil, fmt.Errorf("%s and %s declare other classes: want files of one set", shards[0].name, s.name)
		}
	}
	if declared := shards[0].names; declared != nil {
		return declared, nil
	}
	seen := map[string]bool{}
	numbers, most := true, -1
	for _, s := range shards {
		for _, l := range s.labels {
			if l == "" || seen[l] {
				continue
			}
			seen[l] = true
			n, err := strconv.Atoi(l)
			numbers = numbers && err == nil && n >= 0 && strconv.Itoa(n) == l
			most = max(most, n)
		}
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("%s: no image has a label: want class numbers or names", shards[0].name)
	}
	if len(seen) > maxClasses || numbers && most >= maxClasses {
		return nil, fmt.Errorf("%s: %d different labels, up to %d: want classes, fewer than %d", shards[0].name, len(seen), most, maxClasses)
	}
	if !numbers {
		ids := make([]string, 0, len(seen))
		for l := range seen {
			ids = append(ids, l)
		}
		slices.Sort(ids)
		return ids, nil
	}
	ids := make([]string, max(most+1, len(names)))
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	return ids, nil
}

// shardClasses are the classes whose images have the labels ids. Numbers have the
// names of a list beside the files, and where the set fixes its classes, their ids.
func (s *Spec) shardClasses(ids, names []string, f *found) ([]Class, error) {
	list := make([]Class, len(ids))
	for i, id := range ids {
		list[i] = Class{ID: strings.ToValidUTF8(id, "?"), Name: strings.ToValidUTF8(id, "?"), Index: i}
		if _, err := strconv.Atoi(id); err == nil && len(names) == len(ids) {
			list[i].ID, list[i].Name = names[i], names[i]
		}
	}
	if dup := slices.IndexFunc(list, func(c Class) bool {
		return slices.IndexFunc(list, func(d Class) bool { return d.ID == c.ID }) != c.Index
	}); dup >= 0 {
		return nil, fmt.Errorf("two classes are named %q: want a name for each", list[dup].ID)
	}
	if len(s.ids) > 0 && len(ids) == len(s.ids) && !slices.ContainsFunc(list, func(c Class) bool { return slices.Contains(s.ids, c.ID) }) {
		f.notes = append(f.notes, Note{Text: fmt.Sprintf("its classes are taken for those of %s in the order of their ids: %s is %s", s.Name, list[0].Name, s.ids[0])})
		for i := range list {
			list[i].ID = s.ids[i]
		}
	}
	return list, nil
}

// classList reads classnames.txt or classes.txt: a class a line, in the order of
// their numbers; of two columns with a tab between, the second is the name.
func classList(fsys fs.FS) (names []string) {
	for _, name := range []string{"classnames.txt", "classes.txt"} {
		if !isFile(fsys, name) {
			continue
		}
		err := lines(fsys, name, func(line string) error {
			if line = strings.TrimSpace(line); line != "" {
				_, second, _ := strings.Cut(line, "\t")
				names = append(names, strings.ToValidUTF8(cmp.Or(second, line), "?"))
			}
			return nil
		})
		if err == nil && len(names) > 0 && len(names) < maxClasses {
			return names
		}
	}
	return nil
}

// take lists the images of the labels wanted, and says in f's notes what it leaves out.
func take(ctx context.Context, shards []*shard, label map[string]int, ids []string, f *found) (items []item, err error) {
	none, known, unknown := 0, map[string]bool{}, map[string]bool{}
	for _, id := range ids {
		known[id] = true
	}
	for _, s := range shards {
		want := func(i int) bool {
			l := s.labels[i]
			_, kept := label[l]
			if l == "" {
				none++
			} else if !known[l] {
				unknown[l] = true
			}
			return kept
		}
		err := s.paths(ctx, want, func(i int, name string) {
			items = append(items, item{label: label[s.labels[i]], id: name, path: name})
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if none > 0 {
		f.notes = append(f.notes, Note{true, fmt.Sprintf("%d %s of %s without a label left out", none, plural(none, "image"), shards[0].name)})
	}
	if len(unknown) > 0 {
		f.notes = append(f.notes, Note{true, fmt.Sprintf("images of %d %s of %s that the training part lacks left out", len(unknown), plural(len(unknown), "class"), shards[0].name)})
	}
	slices.SortStableFunc(items, func(a, b item) int { return a.label - b.label })
	return items, nil
}

// fileAt reads parts of a file of fsys, which it opens anew for each.
type fileAt struct {
	fsys fs.FS
	name string
}

// ReadAt implements io.ReaderAt.
func (f fileAt) ReadAt(p []byte, off int64) (int, error) {
	file, err := f.fsys.Open(f.name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	at, ok := file.(io.ReaderAt)
	if !ok {
		return 0, errors.New("is inside of a packed archive: unpack that")
	}
	return at.ReadAt(p, off)
}

// sizeOf is the size of a regular file.
func sizeOf(fsys fs.FS, name string) (int64, error) {
	f, size, err := openFile(fsys, name, 1<<62)
	if err != nil {
		return 0, err
	}
	return size, f.Close()
}
