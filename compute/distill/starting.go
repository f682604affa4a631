package distill

import (
	"context"
	"fmt"

	"reta/compute/vk"
)

// Starting is what a recovery by the job starts from, at the data's size: the same images as its own, drawn and chosen again.
// Beside it the recovered images show what the steps add.
func Starting(ctx context.Context, dev *vk.Device, job Job) (*Synthetic, error) {
	job.Dir, job.Observer, job.Gate, job.Steering, job.Profile, job.Emit = "", nil, nil, nil, nil, nil
	r, err := newRun(ctx, dev, job)
	if err != nil {
		return nil, err
	}
	defer r.Steering.end()
	for n := r.Groups[0]; n < r.Groups[1]; n++ {
		first := n * r.Recipe.Group
		if err := r.startGroup(first); err != nil {
			return nil, fmt.Errorf("starting images: classes %d to %d: %w", first, min(first+r.Recipe.Group, r.Data.Classes)-1, err)
		}
	}
	return r.out, nil
}

// startGroup puts the images that the classes from first on start from into the result.
func (r *run) startGroup(first int) error {
	g, err := r.newGroup(first)
	if err != nil {
		return err
	}
	defer g.close()
	images, err := g.parts.start.Images(g, g.Recipe.Stage(0).Resolution)
	if err != nil {
		return err
	}
	pixels, err := resampled(g.ctx, g.dev, images.Pixels, images.Size, g.Data.Size)
	if err != nil {
		return err
	}
	g.deliver(pixels)
	return nil
}
