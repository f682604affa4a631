package topology

// Betti returns the number of bars alive at eps: Birth <= eps < Death.
func Betti(bars []Bar, eps float64) int {
	alive := 0
	for _, b := range bars {
		if b.Birth <= eps && eps < b.Death {
			alive++
		}
	}
	return alive
}

// BettiCurve samples the Betti number at eps = epsMax*i/steps, i = 0..steps, the form in which the paper's figures and
// the viewer draw it. Kappa does not use it: its integral is exact.
func BettiCurve(bars []Bar, epsMax float64, steps int) []int {
	curve := make([]int, max(steps, 0)+1)
	for i := range curve {
		curve[i] = Betti(bars, epsMax*float64(i)/float64(max(steps, 1)))
	}
	return curve
}
