package modelstest

import (
	"fmt"

	"reta/compute/nn"
)

// Images is a set of square RGB images in memory.
type Images struct {
	labels []uint32
	pixels [][]byte
}

// Add appends an image, RGB8 [Size,Size,3].
func (s *Images) Add(label byte, rgb []byte) {
	s.labels, s.pixels = append(s.labels, uint32(label)), append(s.pixels, rgb)
}

// Len is the number of images.
func (s *Images) Len() int { return len(s.labels) }

// Label is the class of image i.
func (s *Images) Label(i int) uint32 { return s.labels[i] }

// ID names image i.
func (s *Images) ID(i int) string { return fmt.Sprintf("image-%d", i) }

// Batch copies images idx to dst.
func (s *Images) Batch(idx []int, dst []byte) error {
	for k, i := range idx {
		copy(dst[k*len(s.pixels[i]):], s.pixels[i])
	}
	return nil
}

// Stripes is a set of three classes that differ in the direction of their
// stripes, in turn, with noise: what a small network learns in seconds.
func Stripes(n, size int, seed uint64) *Images {
	rng := nn.RNG{Seed: seed}
	s := &Images{}
	for i := range n {
		rgb := make([]byte, 0, 3*size*size)
		for y := range size {
			for x := range size {
				v := [3]int{x, y, x + y}[i%3]
				for c := range 3 {
					noise := rng.Between(uint32(i), uint64((y*size+x)*3+c), 0, 80)
					rgb = append(rgb, byte(100*(v/2%2)+int(noise)))
				}
			}
		}
		s.Add(byte(i%3), rgb)
	}
	return s
}
