package corrupt

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"slices"
	"strings"

	"reta/server/dataset"
)

// Version changes whenever a corrupted image does.
const Version = 1

// Severities of a corruption, from 1 on.
const Severities = 5

// Corruption is one way to change an image.
type Corruption struct {
	Name  string // "gaussian-noise"
	Group string // Noise, Blur, Weather or Digital
	apply func(p *plane, l level, d *draws) *plane
}

// The groups of corruptions.
const (
	Noise   = "noise"
	Blur    = "blur"
	Weather = "weather"
	Digital = "digital"
)

// All are the corruptions in their published order.
func All() []Corruption {
	return slices.Concat(noises, blurs, weathers, digitals)
}

// Names lists them.
func Names() (list []string) {
	for _, c := range All() {
		list = append(list, c.Name)
	}
	return list
}

// FrostNote says in what frost is ours.
const FrostNote = "frost is a computed texture of this program, not the published photographs"

// scale is the column of the tables: the image side that constants were published for.
type scale int

const (
	px224 scale = iota
	px64
	px32
)

// scaleOf is the column with the nearest side, by ratio.
func scaleOf(side int) scale {
	switch {
	case side*side < 32*64:
		return px32
	case side*side < 64*224:
		return px64
	}
	return px224
}

// Column is the published image side, in pixels, whose constants images of a side are corrupted with.
func Column(side int) int { return [...]int{224, 64, 32}[scaleOf(side)] }

// PublishedJPEG is the quality in which the published images of that size are stored, 0 for those that are not JPEGs.
func PublishedJPEG(side int) int {
	if scaleOf(side) == px32 {
		return 0
	}
	return 85
}

// level is a place in a table.
type level struct {
	scale    scale
	severity int // from 0
}

// table has a constant for every scale and severity.
type table[T any] [3][Severities]T

func (t table[T]) at(l level) T { return t[l.scale][l.severity] }

// Setting says how images are corrupted.
type Setting struct {
	Corruption string `json:"corruption"`
	Severity   int    `json:"severity"` // 1 to 5
	Seed       uint64 `json:"seed"`
	JPEG       int    `json:"jpeg"` // quality in which the result is stored, 1 to 100; 0: as it is
}

// Check refuses what Apply cannot do to images of a side.
func (s Setting) Check(side int) error {
	if _, err := s.corruption(); err != nil {
		return err
	}
	if s.Severity < 1 || s.Severity > Severities {
		return fmt.Errorf("severity %d of %s: want 1 to %d", s.Severity, s.Corruption, Severities)
	}
	if s.JPEG < 0 || s.JPEG > 100 {
		return fmt.Errorf("JPEG quality %d: want 1 to 100, or 0 for images as they are", s.JPEG)
	}
	if side < 8 || side > 1024 {
		return fmt.Errorf("images of %d px: want 8 to 1024 to corrupt", side)
	}
	return nil
}

func (s Setting) corruption() (Corruption, error) {
	all := All()
	if i := slices.IndexFunc(all, func(c Corruption) bool { return c.Name == s.Corruption }); i >= 0 {
		return all[i], nil
	}
	return Corruption{}, fmt.Errorf("corruption %q: want one of %s", s.Corruption, strings.Join(Names(), ", "))
}

// Apply corrupts an image of side x side pixels in place, RGB8, HWC. Its name in its set makes its random numbers its own.
func (s Setting) Apply(pix []byte, side int, id string) error {
	err := s.bare(pix, side, id)
	if err != nil || s.JPEG == 0 {
		return err
	}
	file, err := encodeJPEG(pix, side, s.JPEG)
	if err != nil {
		return err
	}
	return decodeInto(pix, file)
}

// bare is Apply without storing.
func (s Setting) bare(pix []byte, side int, id string) error {
	if err := s.Check(side); err != nil {
		return err
	}
	if len(pix) != side*side*3 {
		return fmt.Errorf("corrupt %s: %d bytes: an image of %d px has %d", id, len(pix), side, side*side*3)
	}
	c, _ := s.corruption() // it was checked
	l := level{scaleOf(side), s.Severity - 1}
	c.apply(fromBytes(pix, side), l, newDraws(s, id)).toBytes(pix)
	return nil
}

// encodeJPEG is the standard library's encoder: the tables of the standard's Annex K scaled as libjpeg does, chroma at half
// the resolution, as Pillow writes them by default.
func encodeJPEG(pix []byte, side, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, opaque(pix, side), &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// decodeInto decodes a file as data sets do.
func decodeInto(pix, file []byte) error {
	m, err := dataset.Decode(file)
	copy(pix, m.Pix)
	return err
}
