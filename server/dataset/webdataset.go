package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxLabel is the most bytes of a file that holds a label.
const maxLabel = 1 << 20

// tarShard opens tars of WebDataset, whose files stay where they are.
func (t *unpacked) tarShard(root fs.FS, lim limits) openShard {
	return func(ctx context.Context, name string) (*shard, error) {
		size, err := sizeOf(root, name)
		if err != nil {
			return nil, err
		}
		one := newUnpacked("")
		if err := one.index(ctx, fileAt{root, name}, size, name, lim, func(int64, int64) {}); err != nil {
			return nil, err
		}
		one.sort()
		if len(t.at)+len(one.at) > lim.entries {
			return nil, fmt.Errorf("%d files, with those of the tars before it: want at most %d", len(t.at)+len(one.at), lim.entries)
		}
		maps.Copy(t.at, one.at)
		return samples(one, name)
	}
}

// samplesIn reports whether a tar, or a folder, holds samples of WebDataset: an image
// beside a file of the same key with its label.
func samplesIn(fsys fs.FS) bool {
	return walkSamples(fsys, ".", func(s keyed) error {
		if s.image != "" && s.label != "" {
			return errFound
		}
		return nil
	}) == errFound
}

var errFound = errors.New("found")

var errNoSamples = errors.New("no samples of WebDataset in it, as 000012.jpg with 000012.cls or 000012.json")

// keyed is what lies under one key: a path up to the first dot of its last part.
type keyed struct{ key, image, label string }

// walkSamples calls f with the samples in and below a folder, in the order of their keys.
func walkSamples(fsys fs.FS, dir string, f func(keyed) error) error {
	var s keyed
	flush := func() error {
		if s.key == "" {
			return nil
		}
		return f(s)
	}
	err := fs.WalkDir(fsys, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		stem, ext, _ := strings.Cut(e.Name(), ".")
		key := path.Join(path.Dir(name), stem)
		if key != s.key {
			if err := flush(); err != nil {
				return err
			}
			s = keyed{key: key}
		}
		switch ext = strings.ToLower(ext); {
		case ext == "cls", ext == "json" && s.label == "":
			s.label = name
		case slices.Contains(extensions, "."+ext):
			s.image = name
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// samples reads the labels of the samples in and below dir.
func samples(fsys fs.FS, dir string) (*shard, error) {
	s := &shard{name: dir}
	var images []string
	noImage, noLabel := 0, 0
	err := walkSamples(fsys, dir, func(one keyed) error {
		switch {
		case one.image == "" && one.label == "":
			return nil
		case one.image == "":
			noImage++
			return nil
		case one.label == "":
			noLabel++
			return nil
		}
		label, err := sampleLabel(fsys, one.label)
		if err != nil {
			return fmt.Errorf("%s: %w", one.label, err)
		}
		images, s.labels = append(images, one.image), append(s.labels, label)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(images) == 0 {
		return nil, fmt.Errorf("%w: %d images without a label, %d labels without an image", errNoSamples, noLabel, noImage)
	}
	if noImage+noLabel > 0 {
		s.notes = append(s.notes, Note{true, fmt.Sprintf("%s: left out %d images without a label and %d labels without an image", dir, noLabel, noImage)})
	}
	s.paths = func(_ context.Context, want func(int) bool, add func(int, string)) error {
		for i, name := range images {
			if want(i) {
				add(i, name)
			}
		}
		return nil
	}
	return s, nil
}

// sampleLabel reads a class from .cls (its number or name) or .json (its "label" or "cls").
func sampleLabel(fsys fs.FS, name string) (string, error) {
	f, size, err := openFile(fsys, name, maxLabel)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := readExactly(f, size)
	if err != nil {
		return "", err
	}
	label := strings.TrimSpace(string(data))
	if strings.EqualFold(path.Ext(name), ".json") {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(data, &fields); err != nil {
			return "", fmt.Errorf("no JSON object (%w): want one with label, the number or name of the class", err)
		}
		raw, ok := fields["label"]
		if !ok {
			raw, ok = fields["cls"]
		}
		if !ok {
			return "", nil
		}
		if json.Unmarshal(raw, &label) != nil {
			label = string(raw)
		}
	}
	if len(label) > 200 {
		return "", fmt.Errorf("a label of %d bytes: want the number or name of a class", len(label))
	}
	if strings.HasPrefix(label, "-") || label == "null" { // hidden
		label = ""
	}
	return label, nil
}
