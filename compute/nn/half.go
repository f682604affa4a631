package nn

import "math"

// Half is an IEEE 754 binary16 number: what tensors of type F16 hold.
type Half uint16

// ToHalf is the half nearest to x, of two as near the even one; from 65520 on it is infinite, as torch has it.
func ToHalf(x float32) Half {
	bits := math.Float32bits(x)
	sign, magnitude := Half(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case magnitude > 0x7f800000:
		return sign | 0x7e00 // NaN
	case magnitude >= 0x477ff000: // 65520
		return sign | 0x7c00
	case magnitude < 0x38800000: // below 2^-14: a multiple of 2^-24
		return sign | Half(math.RoundToEven(math.Abs(float64(x))*0x1p24))
	}
	odd := magnitude >> 13 & 1
	return sign | Half((magnitude+0xfff+odd)>>13-112<<10)
}

// Float32 is the same number.
func (h Half) Float32() float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0: // zero or subnormal: fraction * 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
