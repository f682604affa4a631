package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"reta/compute/label"
	"reta/server/dataset"
	"reta/shared/protocol"
)

// Report is what Verify found.
type Report struct {
	Files, Images, Classes int
	Epochs                 int      // of soft labels
	Failures               []string // a line for each thing that is wrong, the first maxFailures
	Failed                 int      // things that are wrong
}

const maxFailures = 50

func (r *Report) fail(format string, args ...any) {
	if r.Failed++; r.Failed <= maxFailures {
		r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
	}
}

// Verify checks a bundle whole: the hash of every file, the images with their size
// and class, what is derived from the manifest, the recipe, and the soft labels to
// the last logit. The error is of a folder that cannot be read as a bundle at all.
func Verify(ctx context.Context, dir string) (*Report, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	r := &Report{Classes: len(m.Classes)}
	if err := r.files(ctx, dir, m); err != nil {
		return nil, err
	}
	if _, err := m.recipe(); err != nil {
		r.fail("%v", err)
	}
	images, err := r.images(ctx, dir, m)
	if err != nil {
		return nil, err
	}
	if images != nil {
		defer images.Close()
	}
	if m.Labels != nil {
		if err := r.labels(ctx, dir, m, images); err != nil {
			return nil, err
		}
	} else if _, err := os.Stat(filepath.Join(dir, "labels")); err == nil {
		r.fail("labels/ is there, but the manifest does not say so")
	}
	return r, nil
}

// files compares every file with its size and hash, and the folder with the list.
func (r *Report) files(ctx context.Context, dir string, m Manifest) error {
	names, err := walk(dir)
	if err != nil {
		r.fail("%v", err)
	}
	for _, f := range m.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Files++
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		info, err := os.Lstat(path)
		switch {
		case err != nil:
			r.fail("%s is missing", f.Path)
			continue
		case !info.Mode().IsRegular():
			r.fail("%s is no regular file", f.Path)
			continue
		case info.Size() != f.Bytes:
			r.fail("%s has %d bytes: want %d", f.Path, info.Size(), f.Bytes)
			continue
		}
		if _, sum, err := hashFile(path); err != nil {
			r.fail("%s: %v", f.Path, err)
		} else if sum != f.SHA256 {
			r.fail("%s has the SHA-256 %s: want %s", f.Path, sum, f.SHA256)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Path == name }) {
			r.fail("%s is not in the manifest", name)
		}
	}
	return nil
}

// images decodes every image and checks its size, the number of each class and the
// tables. The set is nil where it cannot be opened.
func (r *Report) images(ctx context.Context, dir string, m Manifest) (*dataset.Dataset, error) {
	list, err := imagesOf(dir, &Manifest{Classes: slices.Clone(m.Classes)})
	if err != nil {
		r.fail("images: %v", err)
		return nil, nil
	}
	for i, c := range m.Classes {
		if len(list[i]) != c.Images {
			r.fail("train/%s holds %d images: want %d", c.Folder, len(list[i]), c.Images)
		}
		r.Images += len(list[i])
	}
	for name, want := range map[string][]byte{metadataFile: m.metadata(list), "classes.txt": m.classList()} {
		if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || !bytes.Equal(text, want) {
			r.fail("%s does not list the images and classes of the manifest", name)
		}
	}
	set, err := dataset.Open(ctx, dataset.Options{Name: "path:" + filepath.Join(dir, "train"), Size: max(8, m.Size)})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil {
		r.fail("images: %v", err)
		return nil, nil
	}
	for _, s := range set.Skipped() {
		r.fail("%s: %v", s.ID, s.Err)
	}
	for i := range set.Train.Len() {
		image, err := set.Train.Full(i, 0)
		if err != nil {
			r.fail("%v", err)
		} else if image.W != m.Size || image.H != m.Size {
			r.fail("train/%s has %d x %d pixels: want %d x %d", set.Train.ID(i), image.W, image.H, m.Size, m.Size)
		}
	}
	return set, nil
}

// labels checks the soft labels: their files, that they are of these images and
// classes, and that every label is a number.
func (r *Report) labels(ctx context.Context, dir string, m Manifest, images *dataset.Dataset) error {
	store, err := label.Open(filepath.Join(dir, "labels"))
	if err != nil {
		r.fail("%v", err)
		return nil
	}
	s := store.Manifest
	if s.Side != m.Size || s.Mean != m.Mean || s.Std != m.Std {
		r.fail("labels: of images of %d px with mean %v and std %v: want %d, %v, %v", s.Side, s.Mean, s.Std, m.Size, m.Mean, m.Std)
	}
	if m.Labels.Epochs != s.Labels.Epochs || m.Labels.Classes != len(s.Classes) {
		r.fail("labels: %d epochs of %d classes: want %d and %d, as the manifest says", s.Labels.Epochs, len(s.Classes), m.Labels.Epochs, m.Labels.Classes)
	}
	for i, c := range m.Classes {
		if i >= len(s.Classes) || s.Classes[i].ID != c.ID {
			r.fail("labels: their class %d is not %s, as the manifest has it: want the same classes in the same order", i, c.ID)
			break
		}
	}
	r.labelled(s, images, m.Formation())
	plan, err := s.Plan()
	if err != nil {
		r.fail("%v", err)
		return nil
	}
	for epoch := range s.Labels.Epochs {
		if err := ctx.Err(); err != nil {
			return err
		}
		logits, err := store.Epoch(epoch)
		if err != nil {
			r.fail("%v", err)
			break // the rest of a damaged file would fail in the same words
		}
		r.finite(plan, epoch, logits, store.Classes())
		r.Epochs++
	}
	return nil
}

// labelled compares the labelled images with those that are there, by name and pixel.
func (r *Report) labelled(s label.Manifest, images *dataset.Dataset, formation int) {
	if images == nil {
		return
	}
	at, shown := map[string]int{}, label.Formed(images.Train, images.Size, formation)
	for i := range shown.Len() {
		at["train/"+shown.ID(i)] = i
	}
	if len(at) != len(s.Images) {
		r.fail("labels: of %d images: want %d", len(s.Images), len(at))
	}
	sum, pixels := sha256.New(), make([]byte, images.ImageBytes())
	for _, name := range s.Images {
		i, ok := at[name]
		if !ok {
			r.fail("labels: they are of an image %q, which is not there", name)
			return
		}
		if err := shown.Batch([]int{i}, pixels); err != nil {
			r.fail("%v", err)
			return
		}
		sum.Write(pixels)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != s.Pixels {
		r.fail("labels: the pixels of the images have the SHA-256 %s: want %s: the labels are of other images", got, s.Pixels)
	}
}

// finite wants numbers for every image that an epoch shows.
func (r *Report) finite(plan label.Plan, epoch int, logits []float32, classes int) {
	shown := plan.Order(epoch)
	if plan.Labels.Last == protocol.DropLast {
		shown = shown[:plan.Batches()*plan.Labels.Batch]
	}
	for _, i := range shown {
		for k, x := range logits[i*classes : (i+1)*classes] {
			if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
				r.fail("labels: epoch %d: logit %d of image %d is %g: want a number", epoch, k, i, x)
				return
			}
		}
	}
}
