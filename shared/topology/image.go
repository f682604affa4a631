package topology

import "math"

// Imager turns bars into persistence images, Eqn 10: a bar (b, d) becomes the point x = b/EpsMax, y = (d-b)/EpsMax of
// the unit square, and
//
//	I[m] = sum over bars of w(y) exp(-|u_m - (x,y)|^2 / (2 Sigma^2)),  w(y) = y^Exponent,
//
// at the centres u = ((i+0.5)/Grid, (j+0.5)/Grid). The kernel is not normalised. Pixels are stored row after row, row j
// along the persistence, column i along the birth. Essential bars die at EpsMax, or are left out with DropEssential.
type Imager struct {
	Grid          int
	Sigma         float64 // in units of EpsMax
	EpsMax        float64 // in units of distance
	Exponent      float64
	DropEssential bool
}

// Image returns Grid*Grid pixels, all 0 for no bars.
func (im Imager) Image(bars []Bar) []float64 {
	image := make([]float64, im.Grid*im.Grid)
	up, column := make([]float64, im.Grid), make([]float64, im.Grid)
	im.byBirth(bars, func(kx []float64, x float64, same []int) {
		clear(column)
		for _, i := range same {
			y, _ := im.height(bars[i])
			im.kernel(up, y)
			w := im.weight(y)
			for j, k := range up {
				column[j] += w * k
			}
		}
		for j, c := range column {
			row := image[j*im.Grid:][:im.Grid]
			for i, k := range kx {
				row[i] += c * k
			}
		}
	})
	return image
}

// mean is the image of degree q, averaged over several homologies.
func (im Imager) mean(of []*Homology, q int) []float64 {
	mean := im.Image(of[0].Bars[q])
	for m := range mean {
		mean[m] /= float64(len(of))
	}
	for _, h := range of[1:] {
		for m, v := range im.Image(h.Bars[q]) {
			mean[m] += v / float64(len(of))
		}
	}
	return mean
}

// Gradient is the adjoint of Image: from the gradient by pixel it returns the gradient by birth and by death of each bar.
// With D the gradient by pixel and g_m the kernel's value,
//
//	A = sum D_m w(y) g_m (u_x - x)/Sigma^2        the change with x
//	B = sum D_m g_m (w'(y) + w(y)(u_y - y)/Sigma^2)   the change with y
//
// and dL/db = (A-B)/EpsMax, dL/dd = B/EpsMax. A death held at EpsMax has no gradient.
func (im Imager) Gradient(bars []Bar, pixels []float64) (birth, death []float64) {
	birth, death = make([]float64, len(bars)), make([]float64, len(bars))
	s2 := im.Sigma * im.Sigma
	up, still, moved := make([]float64, im.Grid), make([]float64, im.Grid), make([]float64, im.Grid)
	im.byBirth(bars, func(kx []float64, x float64, same []int) {
		for j := range im.Grid { // sums along the row, shared by the bars of one birth
			row := pixels[j*im.Grid:][:im.Grid]
			still[j], moved[j] = 0, 0
			for i, k := range kx {
				still[j] += row[i] * k
				moved[j] += row[i] * k * (im.centre(i) - x) / s2
			}
		}
		for _, i := range same {
			y, free := im.height(bars[i])
			im.kernel(up, y)
			w, slope := im.weight(y), im.Exponent*math.Pow(y, im.Exponent-1)
			a, b := 0.0, 0.0
			for j, k := range up {
				a += moved[j] * k * w
				b += still[j] * k * (slope + w*(im.centre(j)-y)/s2)
			}
			birth[i] = (a - b) / im.EpsMax
			if free {
				death[i] = b / im.EpsMax
			}
		}
	})
	return birth, death
}

// byBirth visits runs of bars with one birth, which share their kernel along x: all of degree 0 is one run.
func (im Imager) byBirth(bars []Bar, visit func(kx []float64, x float64, same []int)) {
	kx := make([]float64, im.Grid)
	var same []int
	for i := 0; i < len(bars); {
		birth := bars[i].Birth
		same = same[:0]
		for first := i; i < len(bars) && (i == first || bars[i].Birth == birth); i++ { // NaN equals nothing
			if y, _ := im.height(bars[i]); y > 0 {
				same = append(same, i)
			}
		}
		if len(same) > 0 {
			x := birth / im.EpsMax
			im.kernel(kx, x)
			visit(kx, x, same)
		}
	}
}

// height returns the scaled persistence, at most 0 for a bar that does not show, and whether its death is free to move.
func (im Imager) height(b Bar) (y float64, free bool) {
	if b.Essential() && im.DropEssential {
		return 0, false
	}
	return (min(b.Death, im.EpsMax) - b.Birth) / im.EpsMax, b.Death <= im.EpsMax
}

func (im Imager) weight(y float64) float64 {
	if im.Exponent == 1 {
		return y
	}
	return math.Pow(y, im.Exponent)
}

func (im Imager) centre(i int) float64 { return (float64(i) + 0.5) / float64(im.Grid) }

func (im Imager) kernel(k []float64, at float64) {
	for i := range k {
		u := (im.centre(i) - at) / im.Sigma
		k[i] = math.Exp(-u * u / 2)
	}
}
