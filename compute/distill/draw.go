package distill

import (
	"math"

	"reta/compute/nn"
	"reta/shared/recipe"
)

// The random streams of a run. A draw is addressed by (stream, position); see
// drawer.
const (
	streamPatch uint32 = iota + 1
	streamCrop
	streamInit
	streamReal
)

// drawer hands out the random numbers of one purpose, one position after the
// other.
type drawer struct {
	rng    nn.RNG
	stream uint32
	at     uint64
}

// draws starts a drawer. Parts name the purpose (group, step, pass, ...): equal
// parts give equal numbers.
func draws(seed uint64, stream uint32, parts ...int) *drawer {
	h := seed
	for _, p := range parts {
		h = mix(h ^ uint64(p))
	}
	return &drawer{rng: nn.RNG{Seed: h}, stream: stream}
}

// mix is the splitmix64 step (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform is in [lo, hi).
func (d *drawer) uniform(lo, hi float64) float64 {
	d.at++
	return d.rng.Between(d.stream, d.at, lo, hi)
}

// intn is in [0, n).
func (d *drawer) intn(n int) int {
	d.at++
	return d.rng.IntN(d.stream, d.at, n)
}

// perm is a permutation of 0..n-1 (Fisher and Yates).
func (d *drawer) perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := d.intn(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}

// cropBox draws torchvision's RandomResizedCrop of a size x size image: up to
// ten tries at an area and a log-uniform aspect ratio, else the whole image.
func cropBox(d *drawer, size int, c recipe.Crop) nn.Box {
	s := float64(size)
	for range 10 {
		area := s * s * d.uniform(c.Area[0], c.Area[1])
		ratio := math.Exp(d.uniform(math.Log(c.Ratio[0]), math.Log(c.Ratio[1])))
		w := math.Round(math.Sqrt(area * ratio))
		h := math.Round(math.Sqrt(area / ratio))
		if 0 < w && w <= s && 0 < h && h <= s {
			return nn.Box{Top: float64(d.intn(size - int(h) + 1)), Left: float64(d.intn(size - int(w) + 1)), Height: h, Width: w}
		}
	}
	return nn.Box{Height: s, Width: s}
}

// augmentation draws the boxes [n,8] of one batch of a recover step: crop, flip
// and roll, one draw for the whole batch when the recipe shares them.
func augmentation(r recipe.Recipe, d *drawer, size, n int) []float32 {
	var boxes []float32
	for i := range n {
		if i > 0 && r.SharedCrop {
			boxes = append(boxes, boxes[:nn.BoxWords]...)
			continue
		}
		b := nn.Box{Height: float64(size), Width: float64(size)}
		if !r.Crop.Whole() {
			b = cropBox(d, size, r.Crop)
		}
		b.Flip = d.uniform(0, 1) < r.Flip
		if r.Jitter > 0 {
			b.RollY, b.RollX = d.intn(r.Jitter+1), d.intn(r.Jitter+1)
		}
		boxes = b.Append(boxes)
	}
	return boxes
}

// wholeBoxes are the boxes that leave n images of the given size as they are.
func wholeBoxes(n, size int) []float32 {
	var boxes []float32
	for range n {
		boxes = nn.Box{Height: float64(size), Width: float64(size)}.Append(boxes)
	}
	return boxes
}
