package protocol

import "math"

// What a student minimises, in Student.Loss: means over a micro-batch.
const (
	KL  = "kl"  // KL(softmax(teacher/T) || softmax(student/T)), without the factor T^2
	MSE = "mse" // mean squared error of the logits + CEWeight times the cross-entropy with the class
	CE  = "ce"  // cross-entropy with the class
)

// How weights are moved, in Student.Optimiser.
const (
	AdamW = "adamw" // betas .9 and .999, eps 1e-8
	SGD   = "sgd"
)

// What weight decay acts on, in Student.Decay.
const (
	Matrices = "matrices" // tensors of more than one dimension
	All      = "all"
)

// How the learning rate falls from epoch to epoch, in Student.Schedule.
const (
	Cosine   = "cosine" // lr/2 (1 + cos(pi e / (E eta)))
	Cos2     = "cos2"   // EDC's: the same up to 5/6 of the epochs, then its value there times 1 - e/E
	HalfStep = "step"   // DC-BENCH's: a tenth after half of the epochs, with new momentum
	Constant = "constant"
)

// Student is how a student is trained. Epochs e count from 0, E of them.
type Student struct {
	Epochs       int     `json:"epochs" toml:"epochs"`
	Accumulation int     `json:"accumulation" toml:"accumulation"` // micro-batches of a batch, each with statistics of its own
	Loss         string  `json:"loss" toml:"loss"`
	HardEpochs   int     `json:"hard_epochs" toml:"hard_epochs"` // in the middle, with the classes as labels; see Hard
	Smoothing    float64 `json:"smoothing" toml:"smoothing"`     // of the classes in these
	Temperature  float64 `json:"temperature" toml:"temperature"` // T of KL
	CEWeight     float64 `json:"ce_weight" toml:"ce_weight"`     // beside MSE

	Optimiser   string  `json:"optimiser" toml:"optimiser"`
	LR          float64 `json:"lr" toml:"lr"`
	Schedule    string  `json:"schedule" toml:"schedule"`
	Eta         float64 `json:"eta" toml:"eta"`
	Search      bool    `json:"search" toml:"search"` // over LR and Eta, see Variants
	WeightDecay float64 `json:"weight_decay" toml:"weight_decay"`
	Decay       string  `json:"decay" toml:"decay"`
	Momentum    float64 `json:"momentum" toml:"momentum"` // of SGD

	EMA        float64 `json:"ema" toml:"ema"`                 // decay of the averaged weights that are tested; 0: none
	DSA        bool    `json:"dsa" toml:"dsa"`                 // one of colour, crop, cutout, flip, scale, rotation a batch, drawn for each image
	SecondPass bool    `json:"second_pass" toml:"second_pass"` // another forward pass moves the running statistics again
	ReportBest bool    `json:"report_best" toml:"report_best"` // the published number is that of the best test, not of the last
}

// Rate is the learning rate of epoch e, multiplied in the order of the published code, so that it is the same number.
func (s Student) Rate(e int) float64 {
	at, of := float64(e), float64(s.Epochs)
	switch s.Schedule {
	case Cosine:
		return s.LR * (0.5 * (1 + math.Cos(math.Pi*at/of/s.Eta)))
	case Cos2:
		if at <= of*5/6 {
			return s.LR * (0.5 * (1 + math.Cos(math.Pi*at/(s.Eta*of))))
		}
		return s.LR * (0.5 * (1 + math.Cos(math.Pi*5/(6*s.Eta))) * (6*of - 6*at) / (6 * of))
	case HalfStep:
		if s.dropped(e) {
			return s.LR * 0.1
		}
	}
	return s.LR
}

// Hard reports whether epoch e, with soft labels otherwise, has the classes as labels (HALD): the HardEpochs behind half of the
// others, rounded down. nth counts the epochs of its kind before it.
func (s Student) Hard(e int) (hard bool, nth int) {
	before := (s.Epochs - s.HardEpochs) / 2
	switch {
	case e < before:
		return false, e
	case e < before+s.HardEpochs:
		return true, e - before
	}
	return false, e - s.HardEpochs
}

// dropped reports whether HalfStep's rate has dropped at epoch e.
func (s Student) dropped(e int) bool { return e > s.Epochs/2+1 }

// Restarts reports whether epoch e begins with a new optimiser, as HalfStep's does when the rate drops.
func (s Student) Restarts(e int) bool {
	return s.Schedule == HalfStep && s.dropped(e) && !s.dropped(e-1)
}

const maxEpochs = 1_000_000

var studentRows = table{
	{Name: "student.epochs", Help: "passes over the images", Min: 1, Max: maxEpochs},
	{Name: "student.accumulation", Help: "micro-batches of a step, each with its own batch statistics; their gradients are summed and divided by this number, in a short batch too", Min: 1, Max: 64},
	{Name: "student.loss", Help: "kl (of softmax at the temperature, without T^2), mse (of logits, plus ce_weight times cross-entropy) or ce (cross-entropy with the class)",
		Choices: []string{KL, MSE, CE}},
	{Name: "student.hard_epochs", Help: "epochs in the middle of the training that have the classes as labels, mixed as the images are, in the place of soft labels", Max: maxEpochs},
	{Name: "student.smoothing", Help: "label smoothing of the classes in student.hard_epochs", Max: 1},
	{Name: "student.temperature", Help: "T of kl", Above: true, Max: 1000},
	{Name: "student.ce_weight", Help: "weight of cross-entropy beside mse", Max: 100},
	{Name: "student.optimiser", Help: "adamw (.9, .999, 1e-8) or sgd", Choices: []string{AdamW, SGD}},
	{Name: "student.lr", Help: "learning rate of the first epoch", Above: true, Max: 100},
	{Name: "student.schedule", Help: "of the learning rate, by epoch: cosine (with eta), cos2 (EDC's), step (a tenth after half of the epochs) or constant",
		Choices: []string{Cosine, Cos2, HalfStep, Constant}},
	{Name: "student.eta", Help: "the cosine reaches 0 at eta times the epochs", Min: 0.1, Max: 100},
	{Name: "student.search", Help: "train with lr 0.0005 and 0.001 and eta 1 and 2 and report the best of the four"},
	{Name: "student.weight_decay", Help: "weight decay", Max: 1},
	{Name: "student.decay", Help: "weight decay acts on matrices (tensors of more than one dimension) or on all", Choices: []string{Matrices, All}},
	{Name: "student.momentum", Help: "momentum of sgd", Max: 1},
	{Name: "student.ema", Help: "decay of a running mean of the weights, which is tested in their place; 0 for none", Max: 0.999999},
	{Name: "student.dsa", Help: "DSA: colour, crop, cutout, flip, scale and rotation drawn for each image"},
	{Name: "student.second_pass", Help: "a second forward pass of every batch, which moves the running statistics again (RDED)"},
	{Name: "student.report_best", Help: "the published number is that of the best test, not of the last"},
}

var testRows = table{
	{Name: "test.every", Help: "a student is tested after epochs e, from 0, that leave the remainder test.phase when divided by this, and after the last", Min: 1, Max: maxEpochs},
	{Name: "test.phase", Help: "that remainder", Max: maxEpochs},
	{Name: "test.from", Help: "share of the epochs before which it is not tested", Max: 1},
	{Name: "test.per_class", Help: "test images of each class that are used, 0 for all", Max: 1e6},
	{Name: "test.crop", Help: "share of a test image's side that the centred view keeps", Min: 0.1, Max: 1},
}
