package nn

import "math"

// CropRange is what a random resized crop draws from: the share of the image's
// area and the ratio of width to height.
type CropRange struct{ MinArea, MaxArea, MinRatio, MaxRatio float64 }

// ImageNetCrop is the usual range: 8 to 100 per cent of the area, ratio 3/4 to
// 4/3.
func ImageNetCrop() CropRange { return CropRange{0.08, 1, 3. / 4, 4. / 3} }

// drawsPerCrop is how many numbers of the stream one crop has to itself.
const drawsPerCrop = 64

// Draw is crop i of a stream for images of h x w, as torchvision's
// RandomResizedCrop draws it: area uniform, ratio uniform in its logarithm, ten
// attempts at a box that fits, otherwise the largest centred box of an allowed
// ratio.
func (c CropRange) Draw(r RNG, stream uint32, i uint64, h, w int) Box {
	at := i * drawsPerCrop
	for k := range uint64(10) {
		area := float64(h*w) * r.Between(stream, at+4*k, c.MinArea, c.MaxArea)
		ratio := math.Exp(r.Between(stream, at+4*k+1, math.Log(c.MinRatio), math.Log(c.MaxRatio)))
		bw, bh := int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if bw < 1 || bw > w || bh < 1 || bh > h {
			continue
		}
		return Box{
			Top:    float64(r.IntN(stream, at+4*k+2, h-bh+1)),
			Left:   float64(r.IntN(stream, at+4*k+3, w-bw+1)),
			Height: float64(bh), Width: float64(bw),
		}
	}
	bh, bw := h, w
	if ratio := float64(w) / float64(h); ratio < c.MinRatio {
		bh = min(h, max(1, int(math.RoundToEven(float64(w)/c.MinRatio))))
	} else if ratio > c.MaxRatio {
		bw = min(w, max(1, int(math.RoundToEven(float64(h)*c.MaxRatio))))
	}
	return Box{Top: float64((h - bh) / 2), Left: float64((w - bw) / 2), Height: float64(bh), Width: float64(bw)}
}
