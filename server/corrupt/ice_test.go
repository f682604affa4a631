package corrupt

import (
	"math"
	"testing"
)

func TestMeasureRidge(t *testing.T) {
	n, sum, sq := 0.0, 0.0, 0.0
	for seed := range uint32(40) {
		for y := range 200 {
			for x := range 200 {
				v := 1 - math.Abs(2*valueNoise(float64(y)*.37, float64(x)*.41, seed*7+1)-1)
				v *= v
				n++
				sum += v
				sq += v * v
			}
		}
	}
	m := sum / n
	t.Log(m, math.Sqrt(sq/n-m*m))
}
