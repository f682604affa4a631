package dataset

import (
	"context"
	"fmt"
	"image"
)

// Split is the training or the test part of a set.
type Split struct {
	d     *Dataset
	items []item
	pix   [][]byte // decoded images; nil entries are decoded at each read
}

// Len is the number of images.
func (s Split) Len() int { return len(s.items) }

// Label is the class of image i, an index into Dataset.Classes.
func (s Split) Label(i int) uint32 { return uint32(s.items[i].label) }

// ID is the stable name of image i within the set, e.g. "train/n01443537/n01443537_111.JPEG".
func (s Split) ID(i int) string { return s.items[i].id }

// Read writes image i to dst, which holds Dataset.ImageBytes bytes: RGB8, HWC,
// Size x Size, test transform applied. In a set too large for memory, an image
// that turns out broken is recorded as skipped and the next one of its class
// is given in its place, always the same; too many broken ones are an error (see Open).
func (s Split) Read(i int, dst []byte) error {
	if i < 0 || i >= len(s.items) {
		return fmt.Errorf("dataset %s: image %d of %d", s.d.Name, i, len(s.items))
	}
	if len(dst) != s.d.ImageBytes() {
		return fmt.Errorf("dataset %s: room for %d bytes: an image has %d", s.d.Name, len(dst), s.d.ImageBytes())
	}
	if p := s.pix[i]; p != nil {
		copy(dst, p)
		return nil
	}
	m, err := s.decode(i)
	if err != nil {
		return err
	}
	copy(dst, s.d.transform.apply(m).Pix)
	return nil
}

// Batch writes the images of idx one after another to dst, decoding in
// parallel where needed: [len(idx), Size, Size, 3] bytes.
func (s Split) Batch(idx []int, dst []byte) error {
	n := s.d.ImageBytes()
	if len(dst) != n*len(idx) {
		return fmt.Errorf("dataset %s: room for %d bytes: %d images have %d", s.d.Name, len(dst), len(idx), n*len(idx))
	}
	resident := true
	for _, i := range idx {
		resident = resident && i >= 0 && i < len(s.pix) && s.pix[i] != nil
	}
	if resident { // a copy is not worth a goroutine
		for k, i := range idx {
			copy(dst[k*n:(k+1)*n], s.pix[i])
		}
		return nil
	}
	return parallel(context.Background(), len(idx), func(k int) error {
		return s.Read(idx[k], dst[k*n:(k+1)*n])
	})
}

// Crops writes parts of the images of idx as they are stored, before the test transform, one after another to dst: [len(idx),
// Size, Size, 3] bytes. crop says which part of image idx[k], of w x h pixels, and whether it is flipped left to right; the
// part is resized as Pillow does. It is called from several goroutines.
func (s Split) Crops(idx []int, crop func(k, w, h int) (part image.Rectangle, flip bool), dst []byte) error {
	n := s.d.ImageBytes()
	if len(dst) != n*len(idx) {
		return fmt.Errorf("dataset %s: room for %d bytes: %d images have %d", s.d.Name, len(dst), len(idx), n*len(idx))
	}
	return parallel(context.Background(), len(idx), func(k int) error {
		m, err := s.Full(idx[k], 0)
		if err != nil {
			return err
		}
		part, flip := crop(k, m.W, m.H)
		m = m.Crop(part.Min.X, part.Min.Y, part.Dx(), part.Dy()).Resize(s.d.Size, s.d.Size)
		if flip {
			m.flip()
		}
		copy(dst[k*n:], m.Pix)
		return nil
	})
}

// Full is image i as it is stored, before the test transform: what random
// crops for training are cut from. With shorter > 0 its shorter side is
// resized to that many pixels. The pixels may be shared: do not write to them.
func (s Split) Full(i, shorter int) (Image, error) {
	if i < 0 || i >= len(s.items) {
		return Image{}, fmt.Errorf("dataset %s: image %d of %d", s.d.Name, i, len(s.items))
	}
	m, err := s.decode(i)
	if err != nil || shorter <= 0 {
		return m, err
	}
	return m.Shorter(shorter), nil
}

// decode reads image i from its source, or a stand-in of its class (see Read).
func (s Split) decode(i int) (Image, error) {
	const tries = 8
	var first error
	for k, tried := i, 0; tried < tries; tried++ {
		m, err := s.load(&s.items[k])
		if err == nil {
			return m, nil
		}
		if first == nil {
			first = fmt.Errorf("dataset %s: %s: %w", s.d.Name, s.items[k].id, err)
		}
		if err := s.d.skip(s.items[k].id, err); err != nil {
			return Image{}, fmt.Errorf("dataset %s: %w", s.d.Name, err)
		}
		if k = s.nextOfClass(k); k == i {
			break
		}
	}
	return Image{}, first
}

func (s Split) load(it *item) (m Image, err error) {
	if it.raw != nil {
		return *it.raw, nil
	}
	s.d.mu.Lock()
	root := s.d.root
	s.d.mu.Unlock()
	if root == nil {
		return Image{}, fmt.Errorf("the set is closed")
	}
	err = s.d.memory.withFile(context.Background(), root, it.path, func(data []byte) error {
		m, err = s.d.memory.decode(context.Background(), data)
		return err
	})
	return m, err
}

// nextOfClass is the next image after i of the same class, around the end.
func (s Split) nextOfClass(i int) int {
	for k := (i + 1) % len(s.items); ; k = (k + 1) % len(s.items) {
		if s.items[k].label == s.items[i].label {
			return k
		}
	}
}

// dropSkipped forgets the images that could not be read.
func (s *Split) dropSkipped() {
	n := 0
	for i := range s.items {
		if _, skipped := s.d.skipped[s.items[i].id]; !skipped {
			s.items[n], s.pix[n] = s.items[i], s.pix[i]
			n++
		}
	}
	s.items, s.pix = s.items[:n], s.pix[:n]
}
