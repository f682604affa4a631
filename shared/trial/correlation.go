package trial

import "math"

// Correlation is Pearson's coefficient of pairs of values, with its 95 % interval by Fisher's transformation. R is NaN where
// one of the values is the same in all pairs, Low and High are NaN below four pairs.
type Correlation struct {
	R, Low, High float64
	N            int
}

// Correlate is the correlation of x[i] with y[i]. Pairs with a value that is not finite are left out, and so is what one list
// has more than the other.
func Correlate(x, y []float64) Correlation {
	c := Correlation{R: math.NaN(), Low: math.NaN(), High: math.NaN()}
	finite := func(i int) bool { d := x[i] - x[i] + y[i] - y[i]; return d == 0 }
	pairs := min(len(x), len(y))
	var meanX, meanY float64
	for i := range pairs {
		if finite(i) {
			c.N++
			meanX += (x[i] - meanX) / float64(c.N)
			meanY += (y[i] - meanY) / float64(c.N)
		}
	}
	var xx, yy, xy float64
	for i := range pairs {
		if finite(i) {
			xx += (x[i] - meanX) * (x[i] - meanX)
			yy += (y[i] - meanY) * (y[i] - meanY)
			xy += (x[i] - meanX) * (y[i] - meanY)
		}
	}
	if r := xy / math.Sqrt(xx) / math.Sqrt(yy); r-r == 0 {
		c.R = min(max(r, -1), 1)
	}
	if c.N >= 4 {
		z, half := math.Atanh(c.R), 1.96/math.Sqrt(float64(c.N-3))
		c.Low, c.High = math.Tanh(z-half), math.Tanh(z+half)
	}
	return c
}

// Shown reports that the interval leaves out 0.
func (c Correlation) Shown() bool { return c.Low > 0 || c.High < 0 }
