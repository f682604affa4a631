package nn

import (
	"math"
	"math/bits"
)

// RNG is a counter-based random number generator, Philox4x32-10 (Salmon, Moraes,
// Dror, Shaw 2011: "Parallel random numbers: as easy as 1, 2, 3"). A number
// depends on nothing but the seed, its stream and its index: draws need no
// order, and a run that resumes continues exactly. Streams tell purposes apart
// (crops, flips, shuffles).
type RNG struct{ Seed uint64 }

// words are the four words of block i of a stream.
func (r RNG) words(stream uint32, i uint64) [4]uint32 {
	return philox([4]uint32{uint32(i), uint32(i >> 32), stream, 0}, [2]uint32{uint32(r.Seed), uint32(r.Seed >> 32)})
}

// Uint32 is word i of a stream.
func (r RNG) Uint32(stream uint32, i uint64) uint32 { return r.words(stream, i/4)[i%4] }

// Uniform is number i of a stream, a multiple of 2^-24 in [0, 1).
func (r RNG) Uniform(stream uint32, i uint64) float64 {
	return float64(r.Uint32(stream, i)>>8) * 0x1p-24
}

// Between is Uniform in [lo, hi).
func (r RNG) Between(stream uint32, i uint64, lo, hi float64) float64 {
	return lo + (hi-lo)*r.Uniform(stream, i)
}

// Normal is number i of a stream, standard normal. Numbers 2k and 2k+1 come
// from uniform numbers 2k and 2k+1 by the method of Box and Muller.
func (r RNG) Normal(stream uint32, i uint64) float64 {
	u, v := r.Uniform(stream, i&^1), r.Uniform(stream, i|1)
	radius := math.Sqrt(-2 * math.Log(u+0x1p-24))
	if i%2 == 0 {
		return radius * math.Cos(2*math.Pi*v)
	}
	return radius * math.Sin(2*math.Pi*v)
}

// IntN is number i of a stream, an integer in [0, n), n > 0. Its bias is below
// n/2^32.
func (r RNG) IntN(stream uint32, i uint64, n int) int {
	hi, _ := bits.Mul64(uint64(r.Uint32(stream, i))<<32, uint64(n))
	return int(hi)
}

// Perm is a permutation of 0..n-1. The epoch distinguishes permutations of one stream
// apart; it takes the place of the index's upper half.
func (r RNG) Perm(stream uint32, epoch uint32, n int) []int {
	p := make([]int, n)
	for i := range p {
		j := r.IntN(stream, uint64(epoch)<<32+uint64(i), i+1)
		p[i], p[j] = p[j], i
	}
	return p
}

func philox(c [4]uint32, key [2]uint32) [4]uint32 {
	for range 10 {
		hi0, lo0 := bits.Mul32(0xD2511F53, c[0])
		hi1, lo1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ key[0], lo1, hi0 ^ c[3] ^ key[1], lo0}
		key[0] += 0x9E3779B9
		key[1] += 0xBB67AE85
	}
	return c
}
