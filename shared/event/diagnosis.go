package event

import "fmt"

// Diagnosis is what happened to the shape of each class of a group up to a stage's end and in the residual connection
// that closed it: the pull-to-anchor effect and its two levers in numbers. Every recipe emits it. Classes[i] is class
// First+i.
type Diagnosis struct {
	Stage   int          `cbor:"1,keyasint"` // from 0
	Step    int          `cbor:"2,keyasint"`
	First   int          `cbor:"3,keyasint,omitempty"`
	Gamma   float32      `cbor:"4,keyasint,omitempty"` // the recipe's weight of degree 1 in kappa
	Terms   Terms        `cbor:"5,keyasint"`
	Classes []ClassShape `cbor:"6,keyasint"`
}

// Terms are the parts of the loss at a stage's end, un-augmented, under the first teacher, each times its weight: what
// the pixels feel of them. A recipe without topology alignment has Topo 0.
type Terms struct {
	CE   float32 `cbor:"1,keyasint"`
	BN   float32 `cbor:"2,keyasint"`           // beta * L_BN
	Topo float32 `cbor:"3,keyasint,omitempty"` // lambda_topo * L_topo, mean over the active classes
}

// ClassShape is one class. Distances are between features of the first teacher. What belongs to the residual connection
// (SpreadAfter, Delta, Fit, Complexity) is 0 where there was none.
type ClassShape struct {
	Points       int        `cbor:"1,keyasint"`           // n_c, of either set
	Kappa        [2]float32 `cbor:"2,keyasint"`           // Eqn 9 by degree, gamma not applied
	Loss         [2]float32 `cbor:"3,keyasint"`           // Eqn 11 by degree, gamma not applied
	Push         float32    `cbor:"4,keyasint,omitempty"` // <gradient of the loss, z - mean>: below 0 a descent step expands the class
	Clipped      int        `cbor:"5,keyasint,omitempty"` // synthetic edges above eps_max
	BeyondEpsMax bool       `cbor:"6,keyasint,omitempty"` // no component within eps_max of another: no gradient
	Idle         string     `cbor:"7,keyasint,omitempty"` // why topology cannot act on the class; "" where it can
	SpreadBefore float32    `cbor:"8,keyasint"`           // mean pairwise distance before the connection, Eqn 8
	SpreadAfter  float32    `cbor:"9,keyasint,omitempty"`
	Delta        float32    `cbor:"10,keyasint,omitempty"` // mean |x - o|^2 over images and anchors, normalised pixels, Theorem 4.1
	Fit          float32    `cbor:"11,keyasint,omitempty"` // mean |q - z|^2 of the anchors, first term of Eqn 4
	Complexity   float32    `cbor:"12,keyasint,omitempty"` // mean c(o) of the anchors, Eqn 5
}

// Retrieval explains why the anchors of one class won (Eqn 4): for each image the best candidates at Lambda, best first, then
// every other that is best at some lambda between 0 and 1, the best without the image's own patch where ExcludeSelf
// forbids that one, and the anchor, if it is none of these. So the best of the list at any lambda is the best of the pool.
type Retrieval struct {
	Step       int           `cbor:"1,keyasint"`
	Stage      int           `cbor:"2,keyasint,omitempty"` // the stage that ended
	Class      int           `cbor:"3,keyasint"`
	Lambda     float32       `cbor:"4,keyasint,omitempty"`
	Candidates [][]Candidate `cbor:"5,keyasint"` // [IPC][..]

	Chosen      []int  `cbor:"6,keyasint,omitempty"`  // of each image, the place of its anchor in Candidates; absent: 0
	Scale       string `cbor:"7,keyasint,omitempty"`  // how fit and complexity are made comparable, a recipe.Scale
	Pool        int    `cbor:"8,keyasint,omitempty"`  // candidates of the class in all
	Top         int    `cbor:"9,keyasint,omitempty"`  // so many of each list are the best at Lambda, or all of a shorter one
	NoRepeat    bool   `cbor:"10,keyasint,omitempty"` // no anchor twice in the class: an image may not get the best of its list
	ExcludeSelf bool   `cbor:"11,keyasint,omitempty"` // never an image's own patch
}

// Candidate is a real image as one synthetic image sees it. Where the scaled terms are sent,
//
//	J(lambda) = (1-lambda) FitScaled + lambda ComplexityScaled
//
// and of equal J the lower (1-lambda) FitOpen + lambda ComplexityOpen wins, then the earlier in the list.
type Candidate struct {
	ID         string  `cbor:"1,keyasint"`
	Fit        float32 `cbor:"2,keyasint"` // |q - z|^2
	Complexity float32 `cbor:"3,keyasint"` // c(o)
	Score      float32 `cbor:"4,keyasint"` // J = (1-lambda) fit + lambda c, both on the recipe's scale

	FitScaled        float32 `cbor:"5,keyasint,omitempty"` // on the recipe's scale, over all candidates of the image
	ComplexityScaled float32 `cbor:"6,keyasint,omitempty"` // on the recipe's scale, over all candidates of the class
	FitOpen          float32 `cbor:"7,keyasint,omitempty"` // before the scale clips to 0..1
	ComplexityOpen   float32 `cbor:"8,keyasint,omitempty"`
	Own              bool    `cbor:"9,keyasint,omitempty"` // the image started as a patch of it
}

// MaxStages bounds the stages of a run; recipes have fewer.
const MaxStages = 256

// Kind numbers.
func (Diagnosis) Kind() Kind { return KindDiagnosis }
func (Retrieval) Kind() Kind { return KindRetrieval }

func (d Diagnosis) at() int { return d.Step }
func (r Retrieval) at() int { return r.Step }

func (d Diagnosis) item() (class, part int) { return AllClasses, d.First*MaxStages + d.Stage }
func (r Retrieval) item() (class, part int) { return r.Class, 0 }

func (d Diagnosis) check() error {
	if d.Stage < 0 || d.Stage >= MaxStages || d.First < 0 || d.First > MaxElements || len(d.Classes) > MaxElements {
		return fmt.Errorf("stage %d, first class %d, %d classes: want a stage of 0 to %d and the others 0 to %d",
			d.Stage, d.First, len(d.Classes), MaxStages-1, MaxElements)
	}
	return nil
}

func (r Retrieval) check() error {
	total := 0
	for _, list := range r.Candidates {
		total += len(list)
	}
	if r.Stage < 0 || r.Class < 0 || len(r.Candidates) > MaxElements || total > MaxElements {
		return fmt.Errorf("stage %d, class %d, %d candidates of %d images: want none below 0 and at most %d candidates",
			r.Stage, r.Class, total, len(r.Candidates), MaxElements)
	}
	if r.Pool < 0 || r.Top < 0 || len(r.Chosen) != 0 && len(r.Chosen) != len(r.Candidates) {
		return fmt.Errorf("pool of %d, top %d, %d anchors for %d images: want none below 0 and one anchor for each image, or none",
			r.Pool, r.Top, len(r.Chosen), len(r.Candidates))
	}
	for i, k := range r.Chosen {
		if k < 0 || k >= len(r.Candidates[i]) {
			return fmt.Errorf("image %d has anchor %d of %d candidates", i, k, len(r.Candidates[i]))
		}
	}
	return nil
}

func init() {
	register[Diagnosis]("diagnosis", TopicEvents)
	register[Retrieval]("retrieval", TopicRetrieval)
}
