package event

import "fmt"

// What a student is trained on, in Trial.Images.
const (
	Distilled = "distilled" // the synthetic images of the run
	Random    = "random"    // as many random real images of each class
	Patches   = "patches"   // the starting images, before recovery
	AllReal   = "all"       // the whole training set
)

// What a student is taught, in Trial.Labels.
const (
	SoftLabels = "soft" // the teachers' logits
	HardLabels = "hard" // the classes
)

// The states of a Trial.
const (
	Planned  = "planned"
	Training = "training"
	Trained  = "trained"
)

// Trial is the training of one student from scratch and its test. Accuracies are fractions of the test images.
type Trial struct {
	Images    string  `cbor:"1,keyasint"`
	Labels    string  `cbor:"2,keyasint"`
	Student   string  `cbor:"3,keyasint"` // network
	Seed      int     `cbor:"4,keyasint,omitempty"`
	State     string  `cbor:"5,keyasint"`
	Count     int     `cbor:"6,keyasint,omitempty"` // training images
	Epoch     int     `cbor:"7,keyasint,omitempty"` // epochs done
	Epochs    int     `cbor:"8,keyasint"`
	Last      float32 `cbor:"9,keyasint,omitempty"` // top-1 of the last test
	LastTop5  float32 `cbor:"10,keyasint,omitempty"`
	Best      float32 `cbor:"11,keyasint,omitempty"` // highest top-1 of all tests, and that test's top-5
	BestTop5  float32 `cbor:"12,keyasint,omitempty"`
	BestEpoch int     `cbor:"13,keyasint,omitempty"` // epochs done at the highest
	Seconds   float32 `cbor:"14,keyasint,omitempty"`
}

// Trials lists the trainings of an evaluation in order, those to come too. Newest wins.
type Trials struct {
	Protocol   string  `cbor:"1,keyasint"`           // name of the student's training
	TestImages int     `cbor:"2,keyasint,omitempty"` // in the split that is tested on
	List       []Trial `cbor:"3,keyasint"`
}

// CurvePoint is a trial at the end of an epoch. Top1 and Top5 are NaN where the student was not tested.
type CurvePoint struct {
	Epoch int     `cbor:"1,keyasint"` // epochs done
	Loss  float32 `cbor:"2,keyasint"` // mean training loss of the epoch
	Top1  float32 `cbor:"3,keyasint"` // fraction of the test images
	Top5  float32 `cbor:"4,keyasint"`
	LR    float32 `cbor:"5,keyasint,omitempty"`
}

// Same reports whether two states are of one trial.
func (t Trial) Same(o Trial) bool {
	return t.Images == o.Images && t.Labels == o.Labels && t.Student == o.Student && t.Seed == o.Seed && t.Epochs == o.Epochs
}

// Curve is all of one trial so far, in order of epoch. A new message takes the place of the trial's old one.
type Curve struct {
	Trial  int          `cbor:"1,keyasint"` // place in Trials.List
	Points []CurvePoint `cbor:"2,keyasint"`
}

// Confusion counts the answers at the last test of all finished trials that differ in their seed only. Without a class it says that
// nothing is known any more: another evaluation has begun.
type Confusion struct {
	Trial   int      `cbor:"1,keyasint"`           // place of the first of them in Trials.List
	Trials  int      `cbor:"2,keyasint"`           // how many are counted
	Correct []uint32 `cbor:"3,keyasint"`           // [classes]: right answers of each class
	Total   []uint32 `cbor:"4,keyasint"`           // [classes]: answers of each class
	Counts  []uint32 `cbor:"5,keyasint,omitempty"` // [classes,classes]: of the true class (row) answered as; absent above MaxConfusion classes
}

// MaxConfusion is the most classes whose confusion is sent.
const MaxConfusion = 256

// Mistakes are the test images that the trials of a Confusion most often got wrong, the worst first.
type Mistakes struct {
	Trial     int       `cbor:"1,keyasint"`
	IDs       []string  `cbor:"2,keyasint"`
	Label     []int     `cbor:"3,keyasint"` // true class of each
	Predicted []int     `cbor:"4,keyasint"` // its most frequent wrong answer
	Wrong     []float32 `cbor:"5,keyasint"` // share of the trials that got it wrong
	Width     int       `cbor:"6,keyasint"`
	Height    int       `cbor:"7,keyasint"`
	Pixels    []byte    `cbor:"8,keyasint"` // [len(IDs), Height, Width, 3]
}

// Views are what students see of one distilled image in some epochs, and the soft labels they are taught of each view:
// the largest probabilities of softmax(logits/T).
type Views struct {
	Class       int         `cbor:"1,keyasint"`
	Index       int         `cbor:"2,keyasint,omitempty"` // image of the class
	Temperature float32     `cbor:"3,keyasint"`
	Epochs      []int       `cbor:"4,keyasint"` // of each view, from 0
	Top         [][]int     `cbor:"5,keyasint"` // [views][some]: classes, the most probable first
	Prob        [][]float32 `cbor:"6,keyasint"` // [views][some]
	Width       int         `cbor:"7,keyasint"`
	Height      int         `cbor:"8,keyasint"`
	Pixels      []byte      `cbor:"9,keyasint"` // [views, Height, Width, 3]
}

// Len is the number of images.
func (e Mistakes) Len() int { return len(e.IDs) }

// Image is the pixels of the i-th image, [Height, Width, 3]. It is a view, not a copy.
func (e Mistakes) Image(i int) []byte { return slab(e.Pixels, i, e.Width*e.Height*3) }

// Len is the number of views.
func (e Views) Len() int { return len(e.Epochs) }

// Image is the pixels of the i-th view, [Height, Width, 3]. It is a view, not a copy.
func (e Views) Image(i int) []byte { return slab(e.Pixels, i, e.Width*e.Height*3) }

// Kind numbers.
func (Trials) Kind() Kind    { return KindTrials }
func (Curve) Kind() Kind     { return KindCurve }
func (Confusion) Kind() Kind { return KindConfusion }
func (Mistakes) Kind() Kind  { return KindMistakes }
func (Views) Kind() Kind     { return KindViews }

func (e Curve) item() (class, part int)     { return AllClasses, e.Trial }
func (e Confusion) item() (class, part int) { return AllClasses, e.Trial }
func (e Mistakes) item() (class, part int)  { return AllClasses, e.Trial }
func (e Views) item() (class, part int)     { return e.Class, e.Index }

func (e Mistakes) side() int { return max(e.Width, e.Height) }
func (e Views) side() int    { return max(e.Width, e.Height) }

func (e Trials) check() error {
	if len(e.List) > MaxElements {
		return fmt.Errorf("%d trials: want at most %d", len(e.List), MaxElements)
	}
	for i, t := range e.List {
		if t.Epoch < 0 || t.Epoch > t.Epochs || t.Count < 0 {
			return fmt.Errorf("trial %d: epoch %d of %d, %d images: want 0 to all epochs and no negative count", i, t.Epoch, t.Epochs, t.Count)
		}
	}
	return nil
}

func (e Curve) check() error { return checkTrial(e.Trial, len(e.Points)) }

func (e Confusion) check() error {
	n := len(e.Correct)
	if len(e.Total) != n || len(e.Counts) != 0 && (n > MaxConfusion || len(e.Counts) != n*n) {
		return fmt.Errorf("%d right answers, %d answers, %d counts: want one each for a class, and counts of all pairs or none, of at most %d classes",
			n, len(e.Total), len(e.Counts), MaxConfusion)
	}
	return checkTrial(e.Trial, n)
}

func (e Mistakes) check() error {
	n := len(e.IDs)
	if len(e.Label) != n || len(e.Predicted) != n || len(e.Wrong) != n {
		return fmt.Errorf("%d labels, %d predictions, %d shares for %d images: want one each", len(e.Label), len(e.Predicted), len(e.Wrong), n)
	}
	for i := range n {
		if e.Label[i] < 0 || e.Predicted[i] < 0 {
			return fmt.Errorf("image %d of class %d was taken for %d: want classes from 0", i, e.Label[i], e.Predicted[i])
		}
	}
	if err := checkTrial(e.Trial, n); err != nil {
		return err
	}
	return checkPixels("pixels", e.Pixels, n, e.Width, e.Height)
}

func (e Views) check() error {
	n := len(e.Epochs)
	if e.Class < 0 || e.Index < 0 || n > MaxElements || len(e.Top) != n || len(e.Prob) != n {
		return fmt.Errorf("image %d of class %d: %d views, labels of %d and %d: want none below 0 and labels of each", e.Index, e.Class, n, len(e.Top), len(e.Prob))
	}
	for i, top := range e.Top {
		if len(top) != len(e.Prob[i]) || len(top) > MaxConfusion {
			return fmt.Errorf("view %d has %d classes and %d probabilities: want as many of both, at most %d", i, len(top), len(e.Prob[i]), MaxConfusion)
		}
		for _, class := range top {
			if class < 0 {
				return fmt.Errorf("view %d has class %d: want 0 or more", i, class)
			}
		}
	}
	return checkPixels("pixels", e.Pixels, n, e.Width, e.Height)
}

func checkTrial(trial, elements int) error {
	if trial < 0 || trial > MaxElements || elements > MaxElements {
		return fmt.Errorf("trial %d with %d values: want both from 0 to %d", trial, elements, MaxElements)
	}
	return nil
}

func init() {
	register[Trials]("trials", TopicEvents)
	register[Curve]("curve", TopicEvents)
	register[Confusion]("confusion", TopicEvaluation)
	register[Mistakes]("mistakes", TopicEvaluation)
	register[Views]("views", TopicEvaluation)
}
