package train

import (
	"fmt"
	"strings"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/event"
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

	// Labels name the classes, where they have names: a teacher whose file names
	// its own is matched by them.
	Labels []models.Class
	// Index is the place of each class in the full set, which has Full classes;
	// nil when the set is not cut. A teacher of the full set is right for the
	// cut one, by these outputs.
	Index []int
	Full  int

	// Centre is the share of a test image's side that a Scorer looks at, in the
	// middle and enlarged to the full side; 0 and 1: all of it.
	Centre float64
}

// Outputs maps each class to the network's output for it: by name where both
// have names, else the class itself, or its place in the full set.
func (d Data) Outputs(m *models.Model) ([]uint32, error) {
	if of := m.Origin.Classes; len(of) > 0 && len(d.Labels) == d.Classes {
		return d.outputsByName(of)
	}
	out := make([]uint32, d.Classes)
	switch outputs := m.Spec.Classes; {
	case len(d.Index) == d.Classes && outputs == d.Full: // also where all are there, in another order
		for c, i := range d.Index {
			out[c] = uint32(i)
		}
	case outputs == d.Classes:
		for c := range out {
			out[c] = uint32(c)
		}
	default:
		want := fmt.Sprint(d.Classes)
		if d.Full > d.Classes {
			want = fmt.Sprintf("%d, or %d for the full set", d.Classes, d.Full)
		}
		return nil, fmt.Errorf("the network has %s, %s has %s", event.Counted(outputs, "class"), d.Name, want)
	}
	return out, nil
}

// outputsByName finds each class among the network's.
func (d Data) outputsByName(of []models.Class) ([]uint32, error) {
	out, lacks := MatchClasses(d.Labels, of)
	if len(lacks) > 0 {
		var has []string
		for _, c := range of {
			has = append(has, c.ID)
		}
		return nil, fmt.Errorf("the network was trained on the classes %s; of %s it lacks %s", few(has), d.Name, few(lacks))
	}
	return out, nil
}

// MatchClasses finds each class among others by its id or else by its name, without regard to case and separators; lacks are
// the ids of those that are not among them, or that two of them could be.
func MatchClasses(classes, among []models.Class) (index []uint32, lacks []string) {
	byID, byName := map[string]int{}, map[string]int{}
	for i, c := range among {
		byID[plain(c.ID)] = i
		if _, twice := byName[plain(c.Name)]; twice {
			i = -1 // two classes of ImageNet are called crane
		}
		byName[plain(c.Name)] = i
	}
	index = make([]uint32, len(classes))
	for k, c := range classes {
		i, ok := byID[plain(c.ID)]
		if !ok {
			i, ok = byName[plain(c.Name)]
		}
		if !ok || i < 0 {
			lacks = append(lacks, c.ID)
		}
		index[k] = uint32(i)
	}
	return index, lacks
}

// plain is a name without case and separators.
func plain(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// few names the first of a list and counts the rest.
func few(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Origin is what the file of a teacher trained on these images must say.
func (d Data) Origin() models.Origin {
	return models.Origin{Dataset: d.Name, Classes: d.Labels, Mean: d.Mean, Std: d.Std, Size: d.Size}
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
	return b.fill(s, outputs, idx, n, size, func(dst []byte) error { return s.Batch(idx, dst) })
}

// fill is Load with the images' bytes, [len(idx),size,size,3], from read.
func (b *Batch) fill(s Source, outputs []uint32, idx []int, n, size int, read func(dst []byte) error) error {
	each := size * size * 3
	if len(b.Labels) != n || len(b.bytes) != n*each {
		b.bytes = make([]byte, n*each)
		b.Labels = make([]uint32, n)
	}
	if err := read(b.bytes[:len(idx)*each]); err != nil {
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
