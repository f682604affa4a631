package evaluate

import (
	"fmt"

	"reta/compute/distill"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/shared/event"
)

// The random streams of an evaluation.
const (
	streamRandom uint32 = iota + 1 // images of a class
	streamDSA                      // augmentation of a student's batches
	streamMasks                    // dropout of a student
)

// PerClass counts the images of each class.
func PerClass(src train.Source, classes int) []int {
	count := make([]int, classes)
	for i := range src.Len() {
		count[src.Label(i)]++
	}
	return count
}

// Random is so many images of each class of a source, drawn by the seed without repeats, class by class.
func Random(src train.Source, counts []int, seed uint64) (train.Source, error) {
	of := make([][]int, len(counts))
	for i := range src.Len() {
		c := src.Label(i)
		of[c] = append(of[c], i)
	}
	s := chosen{Source: src}
	for c, n := range counts {
		if n > len(of[c]) {
			return nil, fmt.Errorf("random images: class %d has %s: want %d, as many as the images that are judged", c, event.Counted(len(of[c]), "training image"), n)
		}
		for _, k := range nn.NewDraws(seed, streamRandom, c).Perm(len(of[c]))[:n] {
			s.index = append(s.index, of[c][k])
		}
	}
	return s, nil
}

// chosen is some images of a source.
type chosen struct {
	train.Source
	index []int
}

func (s chosen) Len() int { return len(s.index) }

func (s chosen) Label(i int) uint32 { return s.Source.Label(s.index[i]) }

func (s chosen) ID(i int) string { return s.Source.ID(s.index[i]) }

func (s chosen) Batch(idx []int, dst []byte) error {
	of := make([]int, len(idx))
	for k, i := range idx {
		of[k] = s.index[i]
	}
	return s.Source.Batch(of, dst)
}

// Synthetic is a distilled set as images of 8 bits, as export writes them: cut off, not rounded.
func Synthetic(s *distill.Synthetic, mean, std [3]float64) train.Source {
	m := memory{size: s.Size}
	each := s.Size * s.Size * 3
	for i := range s.Classes * s.IPC {
		m.labels = append(m.labels, uint32(i/s.IPC))
		m.pixels = append(m.pixels, distill.RGB8(s.Pixels[i*each:(i+1)*each], mean, std))
	}
	return m
}

// memory is images in memory.
type memory struct {
	size   int
	labels []uint32
	pixels [][]byte
}

func (m memory) Len() int { return len(m.labels) }

func (m memory) Label(i int) uint32 { return m.labels[i] }

func (m memory) ID(i int) string { return fmt.Sprintf("%d/%05d", m.labels[i], i) }

func (m memory) Batch(idx []int, dst []byte) error {
	for k, i := range idx {
		copy(dst[k*len(m.pixels[i]):], m.pixels[i])
	}
	return nil
}

// FirstOfEach is the first so many images of each class of a source; all for 0.
func FirstOfEach(src train.Source, classes, perClass int) train.Source {
	if perClass == 0 {
		return src
	}
	s, count := chosen{Source: src}, make([]int, classes)
	for i := range src.Len() {
		if c := src.Label(i); count[c] < perClass {
			count[c]++
			s.index = append(s.index, i)
		}
	}
	return s
}
