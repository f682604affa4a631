package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

const defaultMemory = 2 << 30

// prepare cuts the found images to the wanted ones, hashes and decodes them.
func (d *Dataset) prepare(ctx context.Context, spec *Spec, all *found, o Options, report *reporter) error {
	d.root, d.All = all.root, all.classes
	var err error
	if d.Classes, err = selectClasses(all.classes, o.Classes); err != nil {
		return err
	}
	train, test, err := all.items(d.Classes)
	if err != nil {
		return unlink(err)
	}
	train, test = firstPerClass(train, o.PerClass), firstPerClass(test, o.TestPerClass)
	if err := d.everyClassHas(train, "training"); err != nil {
		return err
	}
	if d.view, err = d.chooseView(spec, o.Size, train); err != nil {
		return err
	}
	d.Size = d.view.size
	d.Train, d.Test = Split{d: d, items: train}, Split{d: d, items: test}
	d.total = len(train) + len(test)

	memory := o.Memory
	if memory == 0 {
		memory = defaultMemory
	}
	decoded := int64(d.total) * int64(d.ImageBytes())
	marks := make([][sha256.Size]byte, d.total)
	read := func(it *item) ([]byte, error) { return readFile(d.root, it.path, d.lim.file) }
	err = d.eachItem(ctx, report, func(i int, it *item, pix *[]byte) error {
		data, err := []byte(nil), error(nil)
		if it.raw == nil && decoded > defaultMemory {
			marks[i], err = markBySize(d.root, it)
		} else if it.raw == nil {
			if data, err = read(it); err == nil {
				marks[i] = sha256.Sum256(data)
			}
		} else {
			marks[i] = sha256.Sum256(it.raw.Pix)
		}
		if err != nil {
			return d.skip(it.id, unlink(err))
		}
		if decoded > memory && it.raw == nil {
			return nil // decoded at each read
		}
		if it.raw == nil && data == nil {
			if data, err = read(it); err != nil {
				return d.skip(it.id, unlink(err))
			}
		}
		m, err := d.picture(it, data)
		if err != nil {
			return d.skip(it.id, err)
		}
		*pix = d.view.apply(m).Pix
		return nil
	})
	if err != nil {
		return err
	}
	d.Hash = d.hash(marks)
	if decoded <= memory {
		d.Train.dropSkipped()
		d.Test.dropSkipped()
		if err := d.everyClassHas(d.Train.items, "readable training"); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(slices.Concat(d.Train.items, d.Test.items), func(it item) bool { return it.raw == nil }) {
		return d.Close() // nothing is left to read from the source
	}
	return nil
}

// eachItem calls f for each image of both splits in parallel, telling progress.
func (d *Dataset) eachItem(ctx context.Context, report *reporter, f func(i int, it *item, pix *[]byte) error) error {
	splits := []*Split{&d.Train, &d.Test}
	for _, s := range splits {
		s.pix = make([][]byte, len(s.items))
	}
	return parallel(ctx, d.total, func(i int) error {
		defer report.count(int64(d.total), "decode")
		s, j := splits[0], i
		if j >= len(s.items) {
			s, j = splits[1], j-len(s.items)
		}
		return f(i, &s.items[j], &s.pix[j])
	})
}

// picture decodes an item, whose file content is data unless it is raw.
func (d *Dataset) picture(it *item, data []byte) (Image, error) {
	if it.raw != nil {
		return *it.raw, nil
	}
	return decode(data, d.lim)
}

// hash sums up all that the images' content and meaning depend on.
func (d *Dataset) hash(marks [][sha256.Size]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "reta dataset 1\n%d %d\n", d.view.size, d.view.resize)
	for _, c := range d.Classes {
		fmt.Fprintf(h, "%q\n", c.ID)
	}
	for i, it := range slices.Concat(d.Train.items, d.Test.items) {
		fmt.Fprintf(h, "%d %q %x\n", it.label, it.id, marks[i])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func markBySize(fsys fs.FS, it *item) ([sha256.Size]byte, error) {
	info, err := fs.Stat(fsys, it.path)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return sha256.Sum256(fmt.Append(nil, info.Size())), nil
}

// chooseView fixes the image side: as asked, as declared, or as the images are.
func (d *Dataset) chooseView(spec *Spec, size int, train []item) (transform, error) {
	switch {
	case size != 0 && spec.Resize == 0:
		return transform{size: size}, nil
	case size != 0: // the same part of the picture as at the declared size
		return transform{size, (size*spec.Resize + spec.Size/2) / spec.Size}, nil
	case spec.Size != 0:
		return transform{spec.Size, spec.Resize}, nil
	}
	// Unknown images: when those looked at are square and of one size up to
	// 224, keep them as they are; otherwise treat them as photographs.
	photo := transform{224, 256}
	side := 0
	for i := 0; i < len(train); i += max(1, len(train)/32) {
		data, err := readFile(d.root, train[i].path, d.lim.file)
		if err != nil {
			continue // counted when it is decoded
		}
		m, err := decode(data, d.lim)
		if err != nil {
			continue
		}
		if m.W != m.H || m.W > photo.size || side != 0 && m.W != side {
			return photo, nil
		}
		side = m.W
	}
	if side == 0 {
		return photo, nil
	}
	return transform{size: side}, nil
}

// firstPerClass keeps the first n items of each label, in order; 0 keeps all.
func firstPerClass(items []item, n int) []item {
	if n == 0 {
		return items
	}
	seen := map[int]int{}
	return slices.DeleteFunc(items, func(it item) bool {
		seen[it.label]++
		return seen[it.label] > n
	})
}

func (d *Dataset) everyClassHas(items []item, kind string) error {
	has := make([]bool, len(d.Classes))
	for _, it := range items {
		has[it.label] = true
	}
	if i := slices.Index(has, false); i >= 0 {
		return fmt.Errorf("class %s has no %s image", d.Classes[i].label(), kind)
	}
	return nil
}

func sortedValues(m map[string]Skipped) []Skipped {
	return slices.SortedFunc(maps.Values(m), func(a, b Skipped) int { return cmp.Compare(a.ID, b.ID) })
}
