package train

import (
	"image"
	"iter"

	"reta/compute/nn"
)

// Cropper is a Source that has images as they are stored, larger than what Batch gives.
type Cropper interface {
	Source
	// Crops writes of each image idx[k] the part that crop(k, w, h) says of its w x h stored pixels, resized to the source's
	// size as Pillow does, bilinear, and flipped left to right where asked: RGB8, [len(idx),Size,Size,3].
	Crops(idx []int, crop func(k, w, h int) (part image.Rectangle, flip bool), dst []byte) error
}

// batches are those of an epoch's order, the first of which is for the given step. The next batch is decoded while the device
// works on one; each is valid until the following is asked for.
func (t *trainer) batches(order []int, first int) iter.Seq2[*Batch, error] {
	type loaded struct {
		*Batch
		err error
	}
	return func(yield func(*Batch, error) bool) {
		free, ready, end := make(chan *Batch, 2), make(chan loaded), make(chan struct{})
		free <- new(Batch)
		free <- new(Batch)
		go func() {
			defer close(ready)
			for i := range len(order) / t.batch {
				var b *Batch
				select {
				case b = <-free:
				case <-end:
					return
				}
				err := t.load(b, order[i*t.batch:(i+1)*t.batch], first+i)
				select {
				case ready <- loaded{b, err}:
				case <-end:
					return
				}
			}
		}()
		defer func() {
			close(end)
			for range ready { // until the loader has ended
			}
		}()
		for l := range ready {
			if !yield(l.Batch, l.err) || l.err != nil {
				return
			}
			free <- l.Batch
		}
	}
}

// load fills a batch with the images idx, cropped where that is done to stored images.
func (t *trainer) load(b *Batch, idx []int, step int) error {
	if t.originals == nil {
		return b.Load(t.data.Train, t.outputs, idx, t.batch, t.data.Size)
	}
	const draws = 1 << 8 // at most, of an image
	return b.fill(t.data.Train, t.outputs, idx, t.batch, t.data.Size, func(dst []byte) error {
		return t.originals.Crops(idx, func(k, w, h int) (image.Rectangle, bool) {
			d := t.rng.Draws(streamAugment, uint64(step)<<32|uint64(k*draws))
			c := nn.ImageNetCrop.Draw(d, h, w)
			part := image.Rect(0, 0, int(c.Width), int(c.Height)).Add(image.Pt(int(c.Left), int(c.Top)))
			return part, d.Uniform(0, 1) < 0.5
		}, dst)
	})
}
