package protocol

import "math"

// Where a student's labels come from, in Labels.Source.
const (
	Stored = "stored" // teachers' logits, written once for every view and read again
	Online = "online" // teachers' logits, computed anew when a view is trained on
	Hard   = "hard"   // the images' classes: no teacher
)

// How a teacher's batch normalisation behaves, in Labels.Mode.
const (
	TrainMode = "train" // by the statistics of the images in its pass
	EvalMode  = "eval"  // by its running statistics
)

// How the images of a batch are mixed with each other, in Labels.Mix.
const (
	CutMix = "cutmix" // a box of each image comes from another one (Yun et al. 2019)
	Mixup  = "mixup"  // each image is a weighted mean with another one (Zhang et al. 2018)
	NoMix  = "none"
)

// The side of CutMix's box for cut = int(side sqrt(1-lambda)), in Labels.Box.
const (
	EvenBox  = "even"  // 2 (cut/2): an odd cut loses a pixel, as in the published code
	ExactBox = "exact" // cut
)

// What becomes of a last batch with fewer images than the others, in Labels.Last.
const (
	KeepLast = "keep"
	DropLast = "drop" // its images are left out in that epoch
)

// What the teachers' logits count in their mean, in Labels.Weighting.
const (
	Equal   = "equal"
	ByPrior = "prior" // CV-DD's softmax(prior/10), see TeacherWeights
)

// Labels says how images are shown to teachers and students, and how teachers label what they see: everything that decides
// a store of soft labels besides the images and the teachers.
type Labels struct {
	Source string `json:"source" toml:"source"`
	Epochs int    `json:"epochs" toml:"epochs"` // labelled ones; a student that trains more meets them again; 0: all, see Labelled
	Batch  int    `json:"batch" toml:"batch"`   // images of a batch, in which they are mixed
	Last   string `json:"last" toml:"last"`
	Seed   uint64 `json:"seed" toml:"seed"` // of every random number

	// A view: an image goes through RandAugment, its strips are shuffled, a crop is resized to the image's size and flipped;
	// then the batch is mixed. With Pad the crop is a shift.
	RandAugment int        `json:"rand_augment" toml:"rand_augment"` // magnitude of two operations, of 30; 0: none
	Shuffle     int        `json:"shuffle" toml:"shuffle"`           // strips an axis (RDED's patches); 1: none
	Area        [2]float64 `json:"area" toml:"area"`                 // range of the share of the image that a crop keeps
	Ratio       [2]float64 `json:"ratio" toml:"ratio"`               // range of a crop's width over its height
	Pad         int        `json:"pad" toml:"pad"`                   // instead: shift by up to so many pixels, over black
	Flip        float64    `json:"flip" toml:"flip"`                 // probability of a horizontal flip
	Round       bool       `json:"round" toml:"round"`               // views are rounded to 8 bits before they are normalised
	Mix         string     `json:"mix" toml:"mix"`
	MixBeta     float64    `json:"mix_beta" toml:"mix_beta"` // lambda ~ Beta(MixBeta, MixBeta)
	Box         string     `json:"box" toml:"box"`

	// The teachers.
	Mode      string    `json:"mode" toml:"mode"`
	Halves    bool      `json:"halves" toml:"halves"` // each half of a batch is a pass of its own, after mixing
	Weighting string    `json:"weighting" toml:"weighting"`
	Weights   []float64 `json:"weights" toml:"weights"` // of the teachers' logits, in their order; none: by Weighting
	Dropout   bool      `json:"dropout" toml:"dropout"` // active in train mode, where a network has it

	// The store.
	Bits int `json:"bits" toml:"bits"`   // of a logit: 16 or 8
	TopK int `json:"top_k" toml:"top_k"` // logits kept of a view, the largest; 0: all
}

// Whole reports whether views show whole images where they lie.
func (l Labels) Whole() bool {
	return l.Pad == 0 && l.Area == [2]float64{1, 1} && l.Ratio == [2]float64{1, 1}
}

var labelRows = table{
	{Name: "labels.source", Help: "where labels come from: stored (the teachers' logits, made before training), online (made in every step) or hard (the classes)",
		Choices: []string{Stored, Online, Hard}},
	{Name: "labels.epochs", Help: "epochs that are labelled; a student that trains more meets them again in a seeded order; 0 for all", Max: maxEpochs},
	{Name: "labels.batch", Help: "images of a batch: of views, labels and students' steps alike", Min: 1, Max: 65536},
	{Name: "labels.last", Help: "keep or drop the batch that an epoch does not fill", Choices: []string{KeepLast, DropLast}},
	{Name: "labels.seed", Help: "seed of the views", Max: math.MaxInt64},
	{Name: "labels.rand_augment", Help: "magnitude, of 30, of two operations of RandAugment before the crop; 0 for none", Max: 30},
	{Name: "labels.shuffle", Help: "strips an axis that change places before the crop (RDED's patches); 1 for none", Min: 1, Max: 64},
	{Name: "labels.area", Help: "range of the share of the image that a random crop keeps; 1,1 with ratio 1,1 keeps the whole image", Min: 0.001, Max: 1, Rising: true},
	{Name: "labels.ratio", Help: "range of a random crop's width over its height", Min: 0.1, Max: 10, Rising: true},
	{Name: "labels.pad", Help: "instead of a random crop shift by up to so many pixels over black; 0 for the crop", Max: 256},
	{Name: "labels.flip", Help: "probability of a horizontal flip", Max: 1},
	{Name: "labels.round", Help: "round views to 8 bits before they are normalised, as code does that crops PNGs"},
	{Name: "labels.mix", Help: "mix the images of a batch: cutmix, mixup or none", Choices: []string{CutMix, Mixup, NoMix}},
	{Name: "labels.mix_beta", Help: "a of Beta(a, a), from which the weight of a mix is drawn", Above: true, Max: 100},
	{Name: "labels.box", Help: "side of CutMix's box: even, 2 (cut/2), as in the published code, or exact, cut", Choices: []string{EvenBox, ExactBox}},
	{Name: "labels.mode", Help: "teachers' batch normalisation by the statistics of the batch (train) or their running ones (eval)", Choices: []string{TrainMode, EvalMode}},
	{Name: "labels.halves", Help: "teachers see each half of a batch by itself, after mixing"},
	{Name: "labels.weighting", Help: "weights of the teachers: equal, or prior (CV-DD's, by what their students reach)", Choices: []string{Equal, ByPrior}},
	{Name: "labels.weights", Help: "weights of the teachers in their order, in place of weighting", Max: 1e6},
	{Name: "labels.dropout", Help: "dropout of teachers in train mode is active"},
	{Name: "labels.bits", Help: "bits of a stored logit: 16, or 8 with a range for each view", Min: 8, Max: 16},
	{Name: "labels.top_k", Help: "logits kept of a view, the largest; 0 for all", Max: 65536},
}
