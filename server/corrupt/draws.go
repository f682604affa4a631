package corrupt

import (
	"hash/fnv"
	"math"

	"reta/compute/nn"
)

// draws are the random numbers of one image, one after the other.
type draws struct{ *nn.Draws }

// newDraws begins those of an image by its name, the seed, the corruption and the severity.
func newDraws(s Setting, id string) *draws {
	h := fnv.New64a()
	h.Write([]byte(s.Corruption + "\x00" + id))
	return &draws{nn.NewDraws(s.Seed, 1, s.Severity, int(h.Sum64()))}
}

// normal is standard normal, by the method of Box and Muller from two uniform numbers.
func (d *draws) normal() float64 {
	u, v := d.Uniform(0, 1), d.Uniform(0, 1)
	return math.Sqrt(-2*math.Log(1-u)) * math.Cos(2*math.Pi*v)
}

// poisson has the mean lambda, at most 700: the least k with P(X <= k) >= u.
func (d *draws) poisson(lambda float64) float64 {
	u := d.Uniform(0, 1)
	p := math.Exp(-lambda)
	k, sum := 0.0, p
	for sum < u && p > 0 {
		k++
		p *= lambda / k
		sum += p
	}
	return k
}
