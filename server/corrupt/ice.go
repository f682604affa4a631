package corrupt

import "math"

// ice is the texture of frost at an image: ridges of noise at several sizes, drawn out into needles, in the colours of one of
// five photographs. It has no edge. The published photographs are not in it; their means and deviations are.
type ice struct {
	photograph
	y, x, step float64 // corner of the image, pixels of the texture a pixel
	ridges     []ridge
	middle, sd float64 // of the sum of the ridges
}

// ridge is the ridges of one size.
type ridge struct {
	sin, cos, size, weight float64
	seed                   uint32
}

// photograph is the mean and the deviation of a published photograph's channels, and where the texture has its like.
type photograph struct {
	mean, deviation [3]float64
	seed            uint32
	angle           float64 // of its needles
}

var photographs = [5]photograph{
	{[3]float64{78, 149, 166}, [3]float64{27, 16, 15}, 1, .3},
	{[3]float64{201, 205, 214}, [3]float64{21, 22, 23}, 2, 1.1},
	{[3]float64{201, 205, 214}, [3]float64{21, 22, 23}, 3, 2.2},
	{[3]float64{138, 153, 165}, [3]float64{28, 28, 30}, 4, .8},
	{[3]float64{112, 123, 135}, [3]float64{44, 43, 42}, 5, 2.7},
}

// newIce draws the photograph and the place. Ridges narrower than a pixel of the image are left out.
func newIce(d *draws, step float64) ice {
	const extent = 1 << 14
	t := ice{photograph: photographs[d.IntN(len(photographs))], y: d.Uniform(0, extent), x: d.Uniform(0, extent), step: step}
	for k, size := range []float64{96, 48, 24, 12, 6} {
		if size < 2*step {
			break
		}
		r := ridge{size: size, weight: math.Pow(size, .4), seed: t.seed + 31*uint32(k)}
		r.sin, r.cos = math.Sincos(t.angle + 2.4*float64(k)) // needles of each size point elsewhere
		t.ridges = append(t.ridges, r)
		t.middle += ridgeMean * r.weight
		t.sd = math.Hypot(t.sd, ridgeSD*r.weight)
	}
	return t
}

// The mean and the deviation of a ridge's height, measured.
const ridgeMean, ridgeSD = .469, .286

// at is the colour of a pixel, in [0,1].
func (t ice) at(y, x int) (colour [3]float64) {
	v := (t.height(t.y+float64(y)*t.step, t.x+float64(x)*t.step) - t.middle) / t.sd
	for c := range colour {
		colour[c] = min(max(t.mean[c]+t.deviation[c]*v, 0), 255) / 255
	}
	return colour
}

// height sums the ridges.
func (t ice) height(y, x float64) (sum float64) {
	for _, r := range t.ridges {
		noise := valueNoise((y*r.sin+x*r.cos)/(3*r.size), (y*r.cos-x*r.sin)/r.size, r.seed)
		up := 1 - math.Abs(2*noise-1)
		sum += up * up * r.weight
	}
	return sum
}

// valueNoise interpolates random values from 0 to 1 at whole numbers.
func valueNoise(y, x float64, seed uint32) float64 {
	y0, x0 := math.Floor(y), math.Floor(x)
	smooth := func(t float64) float64 { return t * t * (3 - 2*t) }
	fy, fx := smooth(y-y0), smooth(x-x0)
	at := func(dy, dx int32) float64 { return hashed(int32(y0)+dy, int32(x0)+dx, seed) }
	return (1-fy)*((1-fx)*at(0, 0)+fx*at(0, 1)) + fy*((1-fx)*at(1, 0)+fx*at(1, 1))
}

// hashed is a number in [0,1) that depends on a place: the finaliser of MurmurHash3 on a sum of its coordinates.
func hashed(y, x int32, seed uint32) float64 {
	h := uint32(y)*0x9E3779B1 ^ uint32(x)*0x85EBCA77 ^ seed*0xC2B2AE3D
	h = (h ^ h>>16) * 0x85EBCA6B
	h = (h ^ h>>13) * 0xC2B2AE35
	return float64(h^h>>16) / (1 << 32)
}
