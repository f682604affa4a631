package train

import (
	"fmt"

	"reta/compute/nn"
)

// Source is a list of labelled images of one size.
type Source interface {
	Len() int
	Label(i int) uint32
	// ID is the image's stable name in its set.
	ID(i int) string
	// Batch decodes images idx into dst, RGB8, [len(idx),Size,Size,3].
	Batch(idx []int, dst []byte) error
}

// Data is an image set as networks see it.
type Data struct {
	Name        string
	Train, Test Source
	Classes     int
	Size        int        // side in pixels
	Mean, Std   [3]float64 // per channel, of pixels in [0,1]

	// Index is the place of each class in the full set, which has Full classes;
	// nil when the set is not cut. A teacher of the full set is right for the
	// cut one, by these outputs.
	Index []int
	Full  int
}

// Outputs maps each class to the output of a network that has so many: the
// class itself, or its place in the full set.
func (d Data) Outputs(outputs int) ([]uint32, error) {
	out := make([]uint32, d.Classes)
	switch {
	case outputs == d.Classes:
		for c := range out {
			out[c] = uint32(c)
		}
	case len(d.Index) == d.Classes && outputs == d.Full:
		for c, i := range d.Index {
			out[c] = uint32(i)
		}
	default:
		want := fmt.Sprint(d.Classes)
		if d.Full > d.Classes {
			want = fmt.Sprintf("%d, or %d for the full set", d.Classes, d.Full)
		}
		return nil, fmt.Errorf("the network has %d classes, %s has %s", outputs, d.Name, want)
	}
	return out, nil
}

// Metadata is what a teacher's file must say about its inputs.
func (d Data) Metadata() map[string]string {
	return map[string]string{
		"dataset": d.Name,
		"mean":    fmt.Sprintf("%g,%g,%g", d.Mean[0], d.Mean[1], d.Mean[2]),
		"std":     fmt.Sprintf("%g,%g,%g", d.Std[0], d.Std[1], d.Std[2]),
		"size":    fmt.Sprint(d.Size),
	}
}

// Batch is the host side of a batch: image bytes and labels in the shape the
// device takes them.
type Batch struct {
	Words  []uint32 // [N,nn.RGBWords]: the bytes, four to a word
	Labels []uint32
	bytes  []byte
}

// NoLabel is the label of rows that only fill up a batch: never correct.
const NoLabel = ^uint32(0)

// Load fills the batch with n rows: the images idx of s, with labels mapped by
// outputs, then the last image again with NoLabel.
func (b *Batch) Load(s Source, outputs []uint32, idx []int, n, size int) error {
	each := size * size * 3
	if len(b.Labels) != n || len(b.bytes) != n*each {
		b.bytes = make([]byte, n*each)
		b.Labels = make([]uint32, n)
	}
	if err := s.Batch(idx, b.bytes[:len(idx)*each]); err != nil {
		return err
	}
	for i := range n {
		if i < len(idx) {
			b.Labels[i] = outputs[s.Label(idx[i])]
			continue
		}
		b.Labels[i] = NoLabel
		copy(b.bytes[i*each:(i+1)*each], b.bytes[(len(idx)-1)*each:len(idx)*each])
	}
	b.Words = nn.PackRGB(b.bytes, size, size)
	return nil
}
