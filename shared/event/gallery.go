package event

import "fmt"

// Gallery is thumbnails of real images of one class, 8-bit RGB, row by row, image after image: those that stand for the
// real points of the class's Cloud (Part 0), and those that a residual connection scored (Part 1 and on, blocks of the
// candidates of Retrieval). A new message of the same class and part takes the place of the old one. Sources of at most
// 48 px are as they are; larger ones are means over boxes. A run sends as many as its budget allows, those of the class
// that viewers look at always.
type Gallery struct {
	Step   int      `cbor:"1,keyasint"`
	Stage  int      `cbor:"2,keyasint,omitempty"` // whose real points these are, or that ended with the connection
	Class  int      `cbor:"3,keyasint"`
	Part   int      `cbor:"4,keyasint,omitempty"`
	IDs    []string `cbor:"5,keyasint"` // name of each, as Set.IDs, Candidate.ID and Residual.AnchorID give it
	Index  []int    `cbor:"6,keyasint"` // image of the class, as in Set.Index of the real set; -1: none
	Width  int      `cbor:"7,keyasint"`
	Height int      `cbor:"8,keyasint"`
	Pixels []byte   `cbor:"9,keyasint"` // [len(IDs), Height, Width, 3]
}

// MaxParts bounds the parts of one class's Gallery.
const MaxParts = 256

// Len is the number of thumbnails.
func (e Gallery) Len() int { return len(e.IDs) }

// Image is the pixels of the i-th thumbnail, [Height, Width, 3]. It is a view, not a copy.
func (e Gallery) Image(i int) []byte { return slab(e.Pixels, i, e.Width*e.Height*3) }

// Kind number.
func (Gallery) Kind() Kind { return KindGallery }

func (e Gallery) at() int { return e.Step }

func (e Gallery) item() (class, part int) { return e.Class, e.Part }

func (e Gallery) check() error {
	if e.Stage < 0 || e.Class < 0 || e.Part < 0 || e.Part >= MaxParts {
		return fmt.Errorf("stage %d, class %d, part %d: want none below 0 and at most %d parts", e.Stage, e.Class, e.Part, MaxParts)
	}
	if len(e.Index) != len(e.IDs) {
		return fmt.Errorf("%d images of the class for %d ids: want one each", len(e.Index), len(e.IDs))
	}
	for _, i := range e.Index {
		if i < -1 {
			return fmt.Errorf("image %d of the class: want 0 or more, or -1 for none", i)
		}
	}
	return checkPixels("pixels", e.Pixels, len(e.IDs), e.Width, e.Height)
}

func init() { register[Gallery]("gallery", TopicRetrieval) }
