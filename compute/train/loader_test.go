package train

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"slices"
	"testing"

	"reta/compute/models/modelstest"
	"reta/compute/nn"
)

// stored is a source of 70 px whose stored images have 100 x 80; the pixels of a crop tell which image it is of.
type stored struct {
	*modelstest.Images
	broken int // the image that cannot be read
	crops  *[]string
}

func (s stored) Crops(idx []int, crop func(k, w, h int) (image.Rectangle, bool), dst []byte) error {
	for k, i := range idx {
		if i == s.broken {
			return errors.New("broken")
		}
		part, flip := crop(k, 100, 80)
		if !part.In(image.Rect(0, 0, 100, 80)) || part.Empty() {
			return fmt.Errorf("part %v", part)
		}
		*s.crops = append(*s.crops, fmt.Sprint(part, flip))
		dst[k*70*70*3] = byte(i)
	}
	return nil
}

// The batches of an epoch come in order, each with crops of its own, which follow from the seed and the step; a broken image
// ends them, and so does a reader who has had enough.
func TestBatchesAreLoadedAhead(t *testing.T) {
	var crops []string
	source := stored{modelstest.Stripes(11, 70, 1), -1, &crops}
	order := []int{4, 1, 9, 0, 3, 10, 2, 8, 6, 5, 7}
	tr := &trainer{data: Data{Train: source, Size: 70}, outputs: []uint32{7, 8, 9}, batch: 2, rng: nn.RNG{Seed: 3}, originals: source}
	read := func(first, most int) (images []byte, err error) {
		for b, err := range tr.batches(order, first) {
			if err != nil {
				return images, err
			}
			for k := range 2 {
				i := b.bytes[k*70*70*3]
				if images = append(images, i); b.Labels[k] != 7+uint32(i%3) {
					t.Errorf("image %d has label %d", i, b.Labels[k])
				}
			}
			if len(images) == most {
				break
			}
		}
		return images, nil
	}
	images, err := read(5, 100)
	if want := []byte{4, 1, 9, 0, 3, 10, 2, 8, 6, 5}; err != nil || !bytes.Equal(images, want) {
		t.Fatalf("images %v, %v; want %v", images, err, want)
	}
	first := crops
	crops = nil
	if _, err := read(5, 100); err != nil || !slices.Equal(first, crops) {
		t.Errorf("the same steps again: crops %v, want %v, %v", crops, first, err)
	}
	if slices.Sort(crops); len(slices.Compact(crops)) != 10 {
		t.Errorf("crops %v: want ten different ones", crops)
	}
	crops = nil
	if images, err := read(6, 4); err != nil || len(images) != 4 || slices.Equal(crops[:4], first[:4]) {
		t.Errorf("from another step: images %v, crops %v, %v", images, crops, err)
	}
	source.broken = 3
	tr.originals = source
	if images, err := read(5, 100); err == nil || len(images) != 4 {
		t.Errorf("with image 3 broken: %v, %v", images, err)
	}
}
