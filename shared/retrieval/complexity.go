package retrieval

import (
	"fmt"
	"math"
)

// Luminance returns the luminance of RGB bytes (row after row, three a pixel) in [0,1], with the weights of Rec. 601.
func Luminance(rgb []uint8) []float64 {
	luma := make([]float64, len(rgb)/3)
	for i := range luma {
		luma[i] = (0.299*float64(rgb[3*i]) + 0.587*float64(rgb[3*i+1]) + 0.114*float64(rgb[3*i+2])) / 255
	}
	return luma
}

// Complexity is Eqn 5: the variance over the pixels of |grad(G_sigma * o)|^2, for the luminance o of an image, row after
// row. G_sigma is a Gaussian cut at ceil(3 sigma) pixels and scaled to sum 1, none for sigma 0; the gradient is by
// central differences, per pixel; borders are reflected about the outermost pixel's centre; the variance is over all
// width*height pixels, biased. Scaling the pixels by s scales it by s^4.
func Complexity(luma []float64, width, height int, sigma float64) (float64, error) {
	switch {
	case width < 1 || height < 1 || len(luma) != width*height:
		return 0, fmt.Errorf("complexity: %d pixels: want %d x %d", len(luma), width, height)
	case !(sigma >= 0 && sigma <= 64):
		return 0, fmt.Errorf("complexity: sigma = %v pixels: want 0 to 64", sigma)
	}
	smooth := blur(luma, width, height, sigma)
	at := func(x, y int) float64 { return smooth[reflect(y, height)*width+reflect(x, width)] }
	mean, m2 := 0.0, 0.0 // Welford's update
	for i := range smooth {
		x, y := i%width, i/width
		gx, gy := (at(x+1, y)-at(x-1, y))/2, (at(x, y+1)-at(x, y-1))/2
		v := gx*gx + gy*gy
		d := v - mean
		mean += d / float64(i+1)
		m2 += d * (v - mean)
	}
	c := m2 / float64(len(smooth))
	if math.IsNaN(c) || math.IsInf(c, 0) {
		return 0, fmt.Errorf("complexity: the image holds NaN, infinite or huge pixels: want luminance in [0,1]")
	}
	return c, nil
}

// blur convolves rows, then columns.
func blur(luma []float64, width, height int, sigma float64) []float64 {
	if sigma == 0 {
		return luma
	}
	radius := int(math.Ceil(3 * sigma))
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		d := float64(i-radius) / sigma
		kernel[i] = math.Exp(-d * d / 2)
		sum += kernel[i]
	}
	along := func(from []float64, n, step, lines, stride int) []float64 {
		to := make([]float64, len(from))
		for l := range lines {
			for i := range n {
				v := 0.0
				for k, w := range kernel {
					v += w * from[l*stride+reflect(i+k-radius, n)*step]
				}
				to[l*stride+i*step] = v / sum
			}
		}
		return to
	}
	return along(along(luma, width, 1, height, width), height, width, width, 1)
}

// reflect maps an index outside 0..n-1 back inside: -1 to 1, n to n-2.
func reflect(i, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	i = ((i % period) + period) % period
	return min(i, period-i)
}
