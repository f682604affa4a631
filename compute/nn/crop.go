package nn

import "math"

// Crop is a random resized crop: the range of the share of the image's area
// that is kept, and that of the ratio of width to height.
type Crop struct{ Area, Ratio [2]float64 }

// ImageNetCrop is torchvision's default: 8 to 100 per cent of the area, ratio
// 3/4 to 4/3.
var ImageNetCrop = Crop{Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}}

// Draw is torchvision's RandomResizedCrop.get_params for an image of h x w
// pixels: ten tries at a box, otherwise the largest centred box of an allowed
// ratio. A try draws the area, uniform, then the ratio, uniform in its
// logarithm; the first box that fits draws its top, then its left.
func (c Crop) Draw(d *Draws, h, w int) Box {
	for range 10 {
		area := float64(h*w) * d.Uniform(c.Area[0], c.Area[1])
		ratio := math.Exp(d.Uniform(math.Log(c.Ratio[0]), math.Log(c.Ratio[1])))
		bw, bh := math.RoundToEven(math.Sqrt(area*ratio)), math.RoundToEven(math.Sqrt(area/ratio))
		if 0 < bw && bw <= float64(w) && 0 < bh && bh <= float64(h) {
			return Box{Top: float64(d.IntN(h - int(bh) + 1)), Left: float64(d.IntN(w - int(bw) + 1)), Height: bh, Width: bw}
		}
	}
	bh, bw := h, w
	if ratio := float64(w) / float64(h); ratio < c.Ratio[0] {
		bh = min(h, max(1, int(math.RoundToEven(float64(w)/c.Ratio[0]))))
	} else if ratio > c.Ratio[1] {
		bw = min(w, max(1, int(math.RoundToEven(float64(h)*c.Ratio[1]))))
	}
	return Box{Top: float64((h - bh) / 2), Left: float64((w - bw) / 2), Height: float64(bh), Width: float64(bw)}
}

// Views are the random views of a batch of images: a crop resized to the full
// size, a flip, a wrap-around shift.
type Views struct {
	Crop   Crop    // the zero value keeps the whole image
	Flip   float64 // probability
	Roll   [2]int  // least and largest shift down and to the right, pixels; both 0: none
	Shared bool    // one view for the whole batch
}

// Draw is the boxes [n,BoxWords] of n images of h x w pixels. A view draws its
// crop, its flip, its shift down and its shift to the right, leaving out the
// crop of whole images and shifts that are always 0.
func (v Views) Draw(d *Draws, n, h, w int) []float32 {
	var boxes []float32
	for i := range n {
		if i > 0 && v.Shared {
			boxes = append(boxes, boxes[:BoxWords]...)
			continue
		}
		b := Box{Height: float64(h), Width: float64(w)}
		if v.Crop != (Crop{}) {
			b = v.Crop.Draw(d, h, w)
		}
		b.Flip = d.Uniform(0, 1) < v.Flip
		if v.Roll != [2]int{} {
			shift := func() int { return v.Roll[0] + d.IntN(v.Roll[1]-v.Roll[0]+1) }
			b.RollY, b.RollX = shift(), shift()
		}
		boxes = b.Append(boxes)
	}
	return boxes
}

// WholeBoxes are the boxes [n,BoxWords] that leave n images of h x w pixels as
// they are.
func WholeBoxes(n, h, w int) []float32 {
	var boxes []float32
	for range n {
		boxes = Box{Height: float64(h), Width: float64(w)}.Append(boxes)
	}
	return boxes
}
