package label

import (
	"math"

	"reta/compute/nn"
	"reta/shared/protocol"
)

// View is what one batch of n images is shown as.
type View struct {
	Epoch, Batch int
	Index        []int       // [n]: the images
	Changes      [][2]Change // [n]: RandAugment's operations, one after the other; nil: none
	Strips       []uint32    // [n, 2, Shuffle]: the source of each strip, first of those from left to right, then from top to bottom; nil: as they are
	Boxes        []float32   // [n, nn.BoxWords]: crop, resized, and flip; nil where views are not resized
	Shifts       []float32   // [n, nn.ShiftWords]: shift over black and flip; nil where views are resized
	Partner      []uint32    // [n]: the place in the batch of the image that each is mixed with; a permutation, its own place where nothing is mixed
	Lambda       float64     // drawn weight of the image itself; 1 where nothing is mixed
	Cut          nn.Cut      // what CutMix takes from the partner
}

// Share is the weight of an image's own class in a label that is mixed as the images are: what CutMix leaves of it, or lambda.
func (p Plan) Share(v View) float64 {
	if p.Labels.Mix == protocol.CutMix {
		return 1 - float64(v.Cut.Height*v.Cut.Width)/float64(p.Side*p.Side)
	}
	return v.Lambda
}

// view draws a batch of an epoch whose order of images is given.
func (p Plan) view(epoch, b int, order []int) View {
	v := View{Epoch: epoch, Batch: b, Index: order[b*p.Labels.Batch : min((b+1)*p.Labels.Batch, p.Images)], Lambda: 1}
	for i, image := range v.Index {
		d := nn.NewDraws(p.Labels.Seed, streamImage, epoch, image)
		if p.Labels.RandAugment > 0 {
			v.Changes = append(v.Changes, randAugment(d, p.Labels.RandAugment, p.Side))
		}
		if p.Labels.Shuffle > 1 {
			for range 2 {
				for _, from := range d.Perm(p.Labels.Shuffle) {
					v.Strips = append(v.Strips, uint32(from))
				}
			}
		}
		p.place(&v, d)
		v.Partner = append(v.Partner, uint32(i))
	}
	p.mix(&v)
	return v
}

// place draws how an image is cut out and flipped.
func (p Plan) place(v *View, d *nn.Draws) {
	l := p.Labels
	switch {
	case !p.shifted():
		v.Boxes = append(v.Boxes, nn.Views{Crop: nn.Crop{Area: l.Area, Ratio: l.Ratio}, Flip: l.Flip}.Draw(d, 1, p.Side, p.Side)...)
	case l.Pad > 0:
		shift := func() int { return d.IntN(2*l.Pad+1) - l.Pad }
		v.Shifts = nn.Shift{Down: shift(), Right: shift(), Flip: d.Uniform(0, 1) < l.Flip}.Append(v.Shifts)
	default:
		v.Shifts = nn.Shift{Flip: d.Uniform(0, 1) < l.Flip}.Append(v.Shifts)
	}
}

// shifted reports whether views are images shifted over black, or as they lie, and not crops that are resized.
func (p Plan) shifted() bool { return p.Labels.Pad > 0 || p.Labels.Whole() }

// mix draws how the images of a batch are mixed.
func (p Plan) mix(v *View) {
	if p.Labels.Mix == protocol.NoMix {
		return
	}
	d := nn.NewDraws(p.Labels.Seed, streamBatch, v.Epoch, v.Batch)
	v.Lambda = beta(d, p.Labels.MixBeta)
	if p.Labels.Mix == protocol.CutMix {
		v.Cut = p.cut(v.Lambda, d.IntN(p.Side), d.IntN(p.Side))
	}
	for i, partner := range d.Perm(len(v.Index)) {
		v.Partner[i] = uint32(partner)
	}
}

// cut is the box around a centre whose share of the image is 1-lambda, clipped to the image.
func (p Plan) cut(lambda float64, x, y int) nn.Cut {
	side := int(float64(p.Side) * math.Sqrt(1-lambda))
	before, after := side/2, side/2
	if p.Labels.Box == protocol.ExactBox {
		after = side - before
	}
	left, right := max(0, x-before), min(p.Side, x+after)
	top, bottom := max(0, y-before), min(p.Side, y+after)
	return nn.Cut{Top: top, Left: left, Height: bottom - top, Width: right - left}
}

// beta draws from Beta(a, a): a uniform number for a = 1, else Jöhnk's method (1964), which for a of 4 or less needs 70
// tries on average at most; 1/2 after 10,000.
func beta(d *nn.Draws, a float64) float64 {
	if a == 1 {
		return d.Uniform(0, 1)
	}
	for range 10_000 {
		x, y := math.Pow(d.Uniform(0, 1), 1/a), math.Pow(d.Uniform(0, 1), 1/a)
		if s := x + y; s > 0 && s <= 1 {
			return x / s
		}
	}
	return 0.5
}
