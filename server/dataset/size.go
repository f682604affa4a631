package dataset

import (
	"context"
	"fmt"
	"image"
	"slices"
)

const (
	sampled  = 32 // images looked at to choose the side
	leastPix = 8  // pixels along a side, what recipes need
)

// chooseTransform fixes the image side: as asked, as declared, or as the images are. It
// notes where most images must be enlarged.
func (d *Dataset) chooseTransform(ctx context.Context, spec *Spec, size int, train []item) (transform, error) {
	switch {
	case size != 0 && spec.Resize == 0:
		return transform{size: size}, nil
	case size != 0: // the same part of the picture as at the declared size
		return transform{size, (size*spec.Resize + spec.Size/2) / spec.Size}, nil
	}
	sides, square := d.sampleSides(ctx, train)
	t := transform{spec.Size, spec.Resize}
	if t.size == 0 {
		// Images of unknown kind: when those looked at are square and of one size up
		// to 224, keep them as they are; otherwise treat them as photographs.
		t = transform{224, 256}
		if n := len(sides); square && sides[0] == sides[n-1] && sides[0] <= t.size {
			t = transform{size: sides[0]}
		}
	}
	if t.size < leastPix {
		return t, fmt.Errorf("the images have %d x %d pixels: want at least %d a side: give --size N, such as --size 32, to enlarge them", t.size, t.size, leastPix)
	}
	if n := len(sides); n > 0 && sides[n/2] < max(t.size, t.resize) {
		d.Notes = append(d.Notes, Note{true, fmt.Sprintf("most images are enlarged: half of those looked at have a shorter side of %d pixels or less, which becomes %d%s",
			sides[n/2], max(t.size, t.resize), spec.smallerEdition(sides[n/2]))})
	}
	return t, nil
}

// sampleSides are the shorter sides of some images, sorted, and whether all of
// these are square. Those that cannot be read are left out here, and counted
// when they are decoded.
func (d *Dataset) sampleSides(ctx context.Context, items []item) (sides []int, square bool) {
	square = true
	for i := 0; i < len(items); i += max(1, len(items)/sampled) {
		var c image.Config
		if raw := items[i].raw; raw != nil {
			c.Width, c.Height = raw.W, raw.H
		} else if err := d.memory.withFile(ctx, d.root, items[i].path, func(data []byte) (err error) {
			c, err = header(data, d.memory.lim)
			return err
		}); err != nil {
			continue
		}
		sides = append(sides, min(c.Width, c.Height))
		square = square && c.Width == c.Height
	}
	slices.Sort(sides)
	return sides, square && len(sides) > 0
}

// smallerEdition names the largest edition of the set that does not enlarge images
// whose shorter side is given, as a remedy, or else the flag that does so.
func (s *Spec) smallerEdition(side int) string {
	best := &Spec{}
	for _, e := range registry {
		if len(e.ids) > 0 && slices.Equal(e.ids, s.ids) && max(e.Size, e.Resize) <= side && e.Size > best.Size {
			best = e
		}
	}
	if best.Size == 0 {
		return "; --size N takes them smaller"
	}
	return fmt.Sprintf("; --dataset %s takes them at %d", best.Name, best.Size)
}
