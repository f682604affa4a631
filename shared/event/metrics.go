package event

// Point holds the losses of one optimisation step, means over the images it moved.
type Point struct {
	Step  int     `cbor:"1,keyasint"` // its number, 1 for the first
	Stage int     `cbor:"2,keyasint,omitempty"`
	LR    float32 `cbor:"3,keyasint"`
	CE    float32 `cbor:"4,keyasint"` // NaN where the loss has no such term, as BN
	BN    float32 `cbor:"5,keyasint"`
	Topo  float32 `cbor:"6,keyasint"` // NaN at a step without topology alignment
	Total float32 `cbor:"7,keyasint"`
}

// Metrics is a batch of loss points in order of step. Batches are joined, never dropped.
type Metrics struct {
	Points []Point `cbor:"1,keyasint"`
}

// TrainPoint is one reading of a teacher's training.
type TrainPoint struct {
	Epoch    int     `cbor:"1,keyasint"` // its number, 1 for the first
	Step     int     `cbor:"2,keyasint"` // of the whole training, 1 for the first
	Loss     float32 `cbor:"3,keyasint"`
	Accuracy float32 `cbor:"4,keyasint"` // fraction of the test split at the end of an epoch, of the batch before
	LR       float32 `cbor:"5,keyasint"`
	Teacher  string  `cbor:"6,keyasint,omitempty"`
}

// Squeeze is a batch of training points in order of step. Batches are joined, never dropped.
type Squeeze struct {
	Points []TrainPoint `cbor:"1,keyasint"`
}

// Kind numbers.
func (Metrics) Kind() Kind { return KindMetrics }
func (Squeeze) Kind() Kind { return KindSqueeze }

func (m Metrics) at() int {
	if n := len(m.Points); n > 0 {
		return m.Points[n-1].Step
	}
	return 0
}

func (Metrics) joins() {}
func (Squeeze) joins() {}

func init() {
	register[Metrics]("metrics", TopicMetrics)
	register[Squeeze]("squeeze", TopicMetrics)
}
