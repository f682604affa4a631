package event

import "fmt"

// Images are synthetic images First .. First+Count-1 of one class, 8-bit RGB, row by row, image after image.
// A new message of the same class and First takes the place of the old one.
type Images struct {
	Step   int    `cbor:"1,keyasint"`
	Stage  int    `cbor:"2,keyasint,omitempty"`
	Class  int    `cbor:"3,keyasint"`
	First  int    `cbor:"4,keyasint,omitempty"`
	Count  int    `cbor:"5,keyasint"`
	Width  int    `cbor:"6,keyasint"`
	Height int    `cbor:"7,keyasint"`
	Pixels []byte `cbor:"8,keyasint"` // [Count, Height, Width, 3]
}

// Image is the pixels of the i-th image of the message, [Height, Width, 3]. It is a view, not a copy.
func (e Images) Image(i int) []byte { return slab(e.Pixels, i, e.Width*e.Height*3) }

// Residual is the moment of one residual connection for one class: images before it, the anchors they were blended
// with, and images after it (Eq 6), all at the new stage's size.
type Residual struct {
	Step       int       `cbor:"1,keyasint"`
	Stage      int       `cbor:"2,keyasint,omitempty"` // the stage that ended
	Class      int       `cbor:"3,keyasint"`
	Width      int       `cbor:"4,keyasint"`
	Height     int       `cbor:"5,keyasint"`
	Index      []int     `cbor:"6,keyasint"` // image of the class, one entry per shown image
	Before     []byte    `cbor:"7,keyasint"` // [len(Index), Height, Width, 3]
	Anchor     []byte    `cbor:"8,keyasint"`
	After      []byte    `cbor:"9,keyasint"`
	AnchorID   []string  `cbor:"10,keyasint,omitempty"` // real image the anchor came from
	Fit        []float32 `cbor:"11,keyasint,omitempty"` // first term of Eq 4 for the chosen anchor, as it was scored
	Complexity []float32 `cbor:"12,keyasint,omitempty"` // c(o), second term of Eq 4, before lambda
	Alpha      float32   `cbor:"13,keyasint"`           // after = Alpha*before + (1-Alpha)*anchor
	Lambda     float32   `cbor:"14,keyasint,omitempty"`
}

// Len is the number of images shown.
func (e Residual) Len() int { return len(e.Index) }

// Image gives the i-th image before, the anchor, and after, each [Height, Width, 3]. They are views, not copies.
func (e Residual) Image(i int) (before, anchor, after []byte) {
	n := e.Width * e.Height * 3
	return slab(e.Before, i, n), slab(e.Anchor, i, n), slab(e.After, i, n)
}

// Kind numbers.
func (Images) Kind() Kind   { return KindImages }
func (Residual) Kind() Kind { return KindResidual }

func (e Images) at() int   { return e.Step }
func (e Residual) at() int { return e.Step }

func (e Images) item() (class, part int)   { return e.Class, e.First }
func (e Residual) item() (class, part int) { return e.Class, 0 }

func (e Images) check() error {
	if e.Class < 0 || e.First < 0 || e.Count < 0 || e.Count > MaxElements {
		return fmt.Errorf("class %d, first %d, count %d: want none below 0 and at most %d images",
			e.Class, e.First, e.Count, MaxElements)
	}
	return checkPixels("pixels", e.Pixels, e.Count, e.Width, e.Height)
}

func (e Residual) check() error {
	n := len(e.Index)
	if e.Class < 0 {
		return fmt.Errorf("class %d: want 0 or more", e.Class)
	}
	for _, p := range []struct {
		name   string
		pixels []byte
	}{{"before", e.Before}, {"anchor", e.Anchor}, {"after", e.After}} {
		if err := checkPixels(p.name, p.pixels, n, e.Width, e.Height); err != nil {
			return err
		}
	}
	for _, l := range []struct {
		name string
		len  int
	}{{"anchor ids", len(e.AnchorID)}, {"fit", len(e.Fit)}, {"complexity", len(e.Complexity)}} {
		if l.len != 0 && l.len != n {
			return fmt.Errorf("%d values of %s for %d images: want none or one each", l.len, l.name, n)
		}
	}
	return nil
}

// maxSide bounds the sides of an image, so that products of sizes stay far from overflow.
const maxSide = 8192

func checkPixels(name string, pixels []byte, count, width, height int) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return fmt.Errorf("size %dx%d: want sides from 1 to %d", width, height, maxSide)
	}
	if want := int64(count) * int64(width) * int64(height) * 3; want != int64(len(pixels)) || want > MaxPixels {
		return fmt.Errorf("%d bytes of %s for %d images of %dx%d: want %d, and at most %d",
			len(pixels), name, count, width, height, want, MaxPixels)
	}
	return nil
}

func slab(b []byte, i, n int) []byte { return b[i*n : (i+1)*n : (i+1)*n] }

func init() {
	register[Images]("images", TopicImages)
	register[Residual]("residual", TopicResidual)
}
