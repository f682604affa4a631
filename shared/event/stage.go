package event

// StageEnd sums up a stage of recover and the residual connection that closed it. Rates are fractions.
type StageEnd struct {
	Stage          int     `cbor:"1,keyasint"` // from 0
	Step           int     `cbor:"2,keyasint"`
	Resolution     int     `cbor:"3,keyasint"`           // of the stage that ended, pixels
	Anchors        int     `cbor:"4,keyasint"`           // images that were blended with an anchor; 0 at the last stage
	CollisionRate  float32 `cbor:"5,keyasint,omitempty"` // images whose anchor another image of the class also took
	SelfRetrieval  float32 `cbor:"6,keyasint,omitempty"` // images that took the patch they started from
	MeanFit        float32 `cbor:"7,keyasint,omitempty"` // first term of Eq 4
	MeanComplexity float32 `cbor:"8,keyasint,omitempty"` // second term of Eq 4
	Entropy        float32 `cbor:"9,keyasint,omitempty"` // of the anchor histogram, nats, mean over classes
	SpreadBefore   float32 `cbor:"10,keyasint,omitempty"`
	SpreadAfter    float32 `cbor:"11,keyasint,omitempty"` // intra-class mean pairwise feature distance (Eq 8)
	KappaMean      float32 `cbor:"12,keyasint,omitempty"` // kappa over classes (Eq 9)
	CE             float32 `cbor:"13,keyasint,omitempty"` // of the un-augmented images under the teacher
	BN             float32 `cbor:"14,keyasint,omitempty"`
	Topo           float32 `cbor:"15,keyasint,omitempty"`
	Classes        int     `cbor:"16,keyasint,omitempty"` // classes topology alignment moved
	Seconds        float32 `cbor:"17,keyasint,omitempty"`
	Next           int     `cbor:"18,keyasint,omitempty"` // resolution of the next stage, 0 at the last
}

// Start sums up the images of a group of classes before the first step, in the terms of a stage's end. What belongs to a
// residual connection is 0.
type Start struct {
	End   StageEnd  `cbor:"1,keyasint"`
	Shape Diagnosis `cbor:"2,keyasint"`
}

// Kind numbers.
func (StageEnd) Kind() Kind { return KindStageEnd }
func (Start) Kind() Kind    { return KindStart }

func (s StageEnd) at() int { return s.Step }
func (s Start) at() int    { return s.End.Step }

func (s StageEnd) item() (class, part int) { return AllClasses, s.Stage }
func (s Start) item() (class, part int)    { return AllClasses, s.Shape.First }

func (s Start) check() error { return s.Shape.check() }

func init() {
	register[StageEnd]("stage end", TopicEvents)
	register[Start]("start", TopicEvents)
}
