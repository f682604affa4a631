package nn

// Draws hands out the numbers of one stream of an RNG one after the other,
// beginning with number 1.
type Draws struct {
	rng    RNG
	stream uint32
	at     uint64
}

// NewDraws begins at the start of a stream. Parts name the purpose (group, step,
// ...): equal parts give equal numbers.
func NewDraws(seed uint64, stream uint32, parts ...int) *Draws {
	for _, p := range parts {
		seed = mix(seed ^ uint64(p))
	}
	return &Draws{rng: RNG{seed}, stream: stream}
}

// Draws hands out the numbers of a stream that follow number at.
func (r RNG) Draws(stream uint32, at uint64) *Draws { return &Draws{r, stream, at} }

// mix is the splitmix64 step (Steele, Lea and Flood 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Uniform is in [lo, hi).
func (d *Draws) Uniform(lo, hi float64) float64 {
	d.at++
	return d.rng.Between(d.stream, d.at, lo, hi)
}

// IntN is in [0, n), n > 0.
func (d *Draws) IntN(n int) int {
	d.at++
	return d.rng.IntN(d.stream, d.at, n)
}

// Perm is a permutation of 0..n-1 (Fisher and Yates).
func (d *Draws) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := d.IntN(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}
