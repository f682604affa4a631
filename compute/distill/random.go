package distill

import (
	"reta/compute/nn"
	"reta/shared/recipe"
)

// The random streams of a run. A number is addressed by (seed, stream, purpose, position), see nn.NewDraws.
const (
	streamPatch uint32 = iota + 1
	streamCrop
	streamInit
	streamReal
	streamPool
	streamPair
	streamDrop
	streamShift
	streamBarycentre
	streamDSA
)

// augmentation draws the boxes [n,nn.BoxWords] of one batch of a recover step: crop, flip and roll, one draw for the whole
// batch when the recipe shares them.
func augmentation(r recipe.Recipe, d *nn.Draws, step, size, n int) []float32 {
	v := nn.Views{Flip: r.Flip, Roll: [2]int{0, r.Jitter}, Shared: r.SharedCrop}
	if r.RollBoth {
		v.Roll[0] = -r.Jitter
	}
	if crop := r.CropAt(step); !crop.Whole() {
		v.Crop = nn.Crop(crop)
	}
	return v.Draw(d, n, size, size)
}

// shifts draws those [n,nn.ShiftWords] of a batch's images over the mean, one for all where the recipe shares them.
func shifts(r recipe.Recipe, d *nn.Draws, n int) (list []float32) {
	for i := range n {
		if i > 0 && r.SharedCrop {
			list = append(list, list[:nn.ShiftWords]...)
			continue
		}
		list = nn.Shift{Down: d.IntN(2*r.Pad+1) - r.Pad, Right: d.IntN(2*r.Pad+1) - r.Pad}.Append(list)
	}
	return list
}
