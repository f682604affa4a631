package label

import (
	"fmt"
	"iter"

	"reta/compute/nn"
	"reta/shared/protocol"
)

// The random streams of views. A number is addressed by (seed, stream, epoch, image or batch), see nn.NewDraws.
const (
	streamOrder uint32 = iota + 1 // of the images of an epoch
	streamImage                   // an image's operations, strips, crop and flip
	streamBatch                   // a batch's lambda, box and partners
	streamReuse                   // of the epochs that are met again
)

// Plan draws the views of a set of images.
type Plan struct {
	Labels protocol.Labels // with the number of labelled epochs, see protocol.Protocol.Labelled
	Images int
	Side   int // of an image, pixels
}

// NewPlan checks the settings against the images.
func NewPlan(l protocol.Labels, images, side int) (Plan, error) {
	p := Plan{l, images, side}
	short := images % max(1, l.Batch)
	switch {
	case l.Batch < 1 || l.Epochs < 1:
		return p, fmt.Errorf("labels: batch %d, epochs %d: want 1 or more of both", l.Batch, l.Epochs)
	case images < 1 || side < 1:
		return p, fmt.Errorf("labels: %d images of %d px: want 1 or more of both", images, side)
	case p.Batches() == 0:
		return p, fmt.Errorf("labels: last %s leaves no batch of %d out of %d images: lower batch, or set last to %s", l.Last, l.Batch, images, protocol.KeepLast)
	case p.halved() && (l.Batch == 1 || short == 1 && l.Last != protocol.DropLast):
		return p, fmt.Errorf("labels: %d images in batches of %d make a batch of one image, which has no halves: want two or more: change batch, or set last to %s",
			images, l.Batch, protocol.DropLast)
	case l.Shuffle < 1 || side%l.Shuffle != 0:
		return p, fmt.Errorf("labels: shuffle %d: want a divisor of the side of the images, %d px", l.Shuffle, side)
	case l.RandAugment < 0 || l.RandAugment > 30:
		return p, fmt.Errorf("labels: rand_augment %d: want a magnitude from 1 to 30, or 0 for none", l.RandAugment)
	}
	return p, nil
}

// halved reports whether each half of a batch has statistics of its own.
func (p Plan) halved() bool { return p.Labels.Halves && p.Labels.Mode == protocol.TrainMode }

// Batches is the number of batches of an epoch.
func (p Plan) Batches() int {
	if p.Labels.Last == protocol.DropLast {
		return p.Images / p.Labels.Batch
	}
	return (p.Images + p.Labels.Batch - 1) / p.Labels.Batch
}

// Order is the permutation of the images in which an epoch (from 0) takes them.
func (p Plan) Order(epoch int) []int {
	return nn.NewDraws(p.Labels.Seed, streamOrder, epoch).Perm(p.Images)
}

// Epoch yields the batches of an epoch in order.
func (p Plan) Epoch(epoch int) iter.Seq2[int, View] {
	return func(yield func(int, View) bool) {
		order := p.Order(epoch)
		for b := range p.Batches() {
			if !yield(b, p.view(epoch, b, order)) {
				return
			}
		}
	}
}

// Batch is one batch of an epoch.
func (p Plan) Batch(epoch, b int) View { return p.view(epoch, b, p.Order(epoch)) }

// Unlabelled is an epoch whose views have no labels: the nth of them.
func (p Plan) Unlabelled(nth int) int { return p.Labels.Epochs + nth }

// Stored is the labelled epoch whose views and labels the given epoch of a training uses: itself while there are so many,
// then all of them again, each time in another order.
func (p Plan) Stored(epoch int) int {
	round, at := epoch/p.Labels.Epochs, epoch%p.Labels.Epochs
	if round == 0 {
		return at
	}
	return nn.NewDraws(p.Labels.Seed, streamReuse, round).Perm(p.Labels.Epochs)[at]
}
