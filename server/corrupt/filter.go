package corrupt

import "math"

// border brings an index beyond 0 to n-1 back inside.
type border func(i, n int) int

// clamp repeats the last pixel: a a a | a b c.
func clamp(i, n int) int { return min(max(i, 0), n-1) }

// mirror repeats the last pixel once: c b a | a b c.
func mirror(i, n int) int {
	if i = i % (2 * n); i < 0 {
		i += 2 * n
	}
	return min(i, 2*n-1-i)
}

// mirror101 does not repeat it: c b | a b c.
func mirror101(i, n int) int {
	if n == 1 {
		return 0
	}
	if i = i % (2*n - 2); i < 0 {
		i += 2*n - 2
	}
	return min(i, 2*n-2-i)
}

// tap is one element of a kernel: the pixel dy below and dx right of the one that is computed, and its weight.
type tap struct {
	dy, dx int
	weight float64
}

// correlate is the sum of a kernel's taps at each pixel.
func (p *plane) correlate(kernel []tap, border border) *plane {
	reach := 0
	for _, t := range kernel {
		reach = max(reach, t.dy, -t.dy, t.dx, -t.dx)
	}
	wide := p.n + 2*reach
	padded := make([]float64, wide*wide*p.ch)
	for y := range wide {
		row := border(y-reach, p.n) * p.n
		for x := range wide {
			copy(padded[(y*wide+x)*p.ch:(y*wide+x+1)*p.ch], p.v[(row+border(x-reach, p.n))*p.ch:])
		}
	}
	out := newPlane(p.n, p.ch)
	length := p.n * p.ch
	for _, t := range kernel {
		for y := range p.n {
			from := padded[((y+reach+t.dy)*wide+reach+t.dx)*p.ch:]
			to := out.v[y*length : (y+1)*length]
			for i := range to {
				to[i] += t.weight * from[i]
			}
		}
	}
	return out
}

// gaussian is a blur of sigma pixels, cut off at so many of them, columns first. A kernel that is wider than the image is
// folded onto it, so that its cost does not grow.
func (p *plane) gaussian(sigma, cut float64, border border) *plane {
	radius := int(cut*sigma + 0.5)
	if radius == 0 {
		return p
	}
	kernel := gaussianKernel(radius, sigma)
	rows := make([]span, p.n)
	for i := range rows {
		rows[i] = folded(kernel, i, p.n, border)
	}
	return p.columns(rows).rows(rows)
}

// gaussianKernel has 2*radius+1 weights with the sum 1.
func gaussianKernel(radius int, sigma float64) []float64 {
	k, sum := make([]float64, 2*radius+1), 0.0
	for i := range k {
		x := float64(i-radius) / sigma
		k[i] = math.Exp(-x * x / 2)
		sum += k[i]
	}
	for i := range k {
		k[i] /= sum
	}
	return k
}

// span is the weights of some neighbouring pixels.
type span struct {
	first  int
	weight []float64
}

// folded is a kernel around pixel i of n, with what lies outside brought inside.
func folded(kernel []float64, i, n int, border border) span {
	all, radius := make([]float64, n), len(kernel)/2
	lo, hi := n, 0
	for k, w := range kernel {
		at := border(i+k-radius, n)
		all[at] += w
		lo, hi = min(lo, at), max(hi, at+1)
	}
	return span{lo, all[lo:hi]}
}

func (p *plane) columns(rows []span) *plane {
	out, length := newPlane(p.n, p.ch), p.n*p.ch
	for y, s := range rows {
		to := out.v[y*length : (y+1)*length]
		for k, w := range s.weight {
			for i, v := range p.v[(s.first+k)*length : (s.first+k+1)*length] {
				to[i] += w * v
			}
		}
	}
	return out
}

func (p *plane) rows(rows []span) *plane {
	out := newPlane(p.n, p.ch)
	for y := range p.n {
		for x, s := range rows {
			to := out.v[(y*p.n+x)*p.ch:]
			for k, w := range s.weight {
				for c := range p.ch {
					to[c] += w * p.v[(y*p.n+s.first+k)*p.ch+c]
				}
			}
		}
	}
	return out
}
