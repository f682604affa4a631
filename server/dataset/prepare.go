package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
)

const defaultMemory = 2 << 30

// prepare cuts the found images to the wanted ones, hashes and decodes them.
func (d *Dataset) prepare(ctx context.Context, spec *Spec, all *found, o Options, report *reporter) error {
	d.root = all.root
	var err error
	if d.All, err = spec.allClasses(all); err != nil {
		return err
	}
	if d.Classes, err = selectClasses(all.classes, o.Classes); err != nil {
		return err
	}
	if text := firstOrNamed(all.classes, o.Classes); text != "" {
		all.notes = append(all.notes, Note{Text: text})
	}
	train, test, err := all.items(d.Classes)
	if err != nil {
		return err
	}
	d.Notes = append(d.Notes, all.notes...)
	train, test = firstPerClass(train, o.PerClass), firstPerClass(test, o.TestPerClass)
	if err := d.everyClassHas(train, "training"); err != nil {
		return err
	}
	if d.transform, err = d.chooseTransform(ctx, spec, o.Size, train); err != nil {
		return err
	}
	d.Size = d.transform.size
	d.Train, d.Test = Split{d: d, items: train}, Split{d: d, items: test}
	d.total = len(train) + len(test)

	resident := o.Memory
	if resident == 0 {
		resident = defaultMemory
	}
	keep := int64(d.total)*int64(d.ImageBytes()) <= resident
	sums, stamps := make([][sha256.Size]byte, d.total), make([]stamp, d.total)
	var before *seen
	what := "decode"
	if !keep && d.path != "" {
		what = "read"
		if before, err = openSeen(o.Cache, d.path, d.archive, d.memory.lim); err != nil {
			return err
		}
	}
	err = d.eachItem(ctx, report, what, func(i int, it *item, pix *[]byte) error {
		if it.raw != nil {
			sums[i] = sha256.Sum256(it.raw.Pix)
			*pix = d.transform.apply(*it.raw).Pix
			return nil
		}
		if before != nil {
			var known bool
			var err error
			if stamps[i], err = before.stamp(d.root, it.path); err != nil {
				return d.skip(it.id, nameless(err))
			}
			if sums[i], known = before.sum(it.path, stamps[i]); known && !o.DecodeAll {
				return nil // decoded at each read
			}
		}
		err := d.memory.withFile(ctx, d.root, it.path, func(data []byte) error {
			sums[i] = sumOf(data)
			if !keep && !o.DecodeAll {
				return nil
			}
			m, err := d.memory.decode(ctx, data)
			if err == nil && keep {
				*pix = d.transform.apply(m).Pix
			}
			return err
		})
		if err != nil && ctx.Err() == nil {
			stamps[i] = stamp{}
			return d.skip(it.id, err)
		}
		return err
	})
	if err != nil {
		return err
	}
	if before != nil {
		if err := before.keep(slices.Concat(d.Train.items, d.Test.items), stamps, sums); err != nil {
			d.Notes = append(d.Notes, Note{Warning: true, Text: fmt.Sprintf("the hashes of the images are not kept, so all are read again next time: %v", err)})
		}
	}
	d.Hash = d.hash(sums)
	d.fingerprints = d.fingerprintsOf(sums)
	if keep || o.DecodeAll {
		d.Train.dropSkipped()
		d.Test.dropSkipped()
		if err := d.everyClassHas(d.Train.items, "readable training"); err != nil {
			var list []string
			for _, s := range d.Skipped() {
				list = append(list, fmt.Sprintf("%s: %v", s.ID, s.Err))
			}
			return fmt.Errorf("%w: %s", err, firstOf(list, "; "))
		}
	}
	if !slices.ContainsFunc(slices.Concat(d.Train.items, d.Test.items), func(it item) bool { return it.raw == nil }) {
		return d.Close() // nothing is left to read from the source
	}
	return nil
}

// eachItem calls f for each image of both splits in parallel, reporting progress as what is done.
func (d *Dataset) eachItem(ctx context.Context, report *reporter, what string, f func(i int, it *item, pix *[]byte) error) error {
	splits := []*Split{&d.Train, &d.Test}
	for _, s := range splits {
		s.pix = make([][]byte, len(s.items))
	}
	return parallel(ctx, d.total, func(i int) error {
		defer report.count(int64(d.total), what)
		s, j := splits[0], i
		if j >= len(s.items) {
			s, j = splits[1], j-len(s.items)
		}
		return f(i, &s.items[j], &s.pix[j])
	})
}

// hash sums up all that the images' content and meaning depend on.
func (d *Dataset) hash(sums [][sha256.Size]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "reta dataset 1\n%d %d\n", d.transform.size, d.transform.resize)
	for _, c := range d.Classes {
		fmt.Fprintf(h, "%q\n", c.ID)
	}
	for i, it := range slices.Concat(d.Train.items, d.Test.items) {
		fmt.Fprintf(h, "%d %q %x\n", it.label, it.id, sums[i])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sumOf is the hash of an image's file and of the decoder it needs.
func sumOf(data []byte) [sha256.Size]byte {
	if len(data) < 12 || string(data[8:12]) != "WEBP" {
		return sha256.Sum256(data)
	}
	// WebP was converted with the range of JPEG once: what was made of those pixels is not to be used again
	h := sha256.New()
	h.Write(data)
	io.WriteString(h, " webp 2")
	return [sha256.Size]byte(h.Sum(nil))
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
