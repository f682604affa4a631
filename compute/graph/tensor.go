package graph

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// DType is the element type of a tensor. Every element takes one 32-bit word, or
// half of one where a graph stores float32 in fp16 (see Op.Halves).
type DType uint8

// The element types.
const (
	F32 DType = iota
	U32
)

func (d DType) String() string {
	if d == U32 {
		return "u32"
	}
	return "f32"
}

// Shape is the extent of a tensor, slowest dimension first. Images and
// activations are [N,H,W,C]; a scalar is [1].
type Shape []int

// Size is the number of elements.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether two shapes have the same dimensions.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = strconv.Itoa(d)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// check refuses shapes that cannot be stored: empty, non-positive dimensions,
// or more elements than a 32-bit index addresses.
func (s Shape) check() error {
	if len(s) == 0 {
		return fmt.Errorf("shape is empty: want at least one dimension")
	}
	n := 1
	for _, d := range s {
		if d <= 0 {
			return fmt.Errorf("shape %v: dimensions must be positive", s)
		}
		if n > math.MaxInt32/d {
			return fmt.Errorf("shape %v: more than 2^31-1 elements", s)
		}
		n *= d
	}
	return nil
}

// F is the word that holds the float32 nearest to x, for specialisation
// constants and U32 tensors.
func F(x float64) uint32 { return math.Float32bits(float32(x)) }

// bytesOf views words (float32 or uint32) as the bytes the device sees.
func bytesOf[T float32 | uint32](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}
