package recipe

// Recipe is everything that decides a recovery besides the data, the teachers and the device.
// Steps count from 0; stages count from 0.
type Recipe struct {
	Name string `json:"recipe" toml:"recipe"` // the method it started from
	IPC  int    `json:"ipc" toml:"ipc"`       // images per class
	Seed uint64 `json:"seed" toml:"seed"`     // of every random number

	// The schedule: Stages = k+1 blocks around k residual connections.
	Batch       int     `json:"batch" toml:"batch"`             // images a step, one per class, so also the classes of a group
	Steps       int     `json:"steps" toml:"steps"`             // B, over all stages
	Stages      int     `json:"stages" toml:"stages"`           // k+1
	Resolutions []int   `json:"resolutions" toml:"resolutions"` // D_t in pixels, one per stage
	Init        Start   `json:"init" toml:"init"`               // what an image starts as
	Connection  Anchor  `json:"connection" toml:"connection"`   // what a stage's end mixes in, Eqns 2 and 6
	Alpha       float64 `json:"alpha" toml:"alpha"`             // share of the synthetic image that stays

	// Adam, with cosine decay to 0 over Steps and fresh moments at each stage.
	LR      float64    `json:"lr" toml:"lr"`
	Betas   [2]float64 `json:"betas" toml:"betas"`
	Epsilon float64    `json:"epsilon" toml:"epsilon"`

	// The loss: cross-entropy + BNWeight * L_BN, Eqn 1.
	BNWeight float64 `json:"bn_weight" toml:"bn_weight"`
	FirstBN  float64 `json:"first_bn" toml:"first_bn"` // multiplies the first layer's term

	// Augmentation of every step.
	Crop       Crop    `json:"crop" toml:"crop"`
	SharedCrop bool    `json:"shared_crop" toml:"shared_crop"` // one crop and one flip for the whole batch
	Flip       float64 `json:"flip" toml:"flip"`               // probability of a horizontal flip
	Jitter     int     `json:"jitter" toml:"jitter"`           // roll by 0..Jitter pixels along each axis, both ends included

	DRC DRC `json:"drc" toml:"drc"`
	PTA PTA `json:"pta" toml:"pta"`
}

// Start is what a synthetic image begins as.
type Start string

// The starts.
const (
	Patch Start = "patch" // a real patch of its class, of middle difficulty
	Noise Start = "noise" // Gaussian noise in normalised pixels
)

// Anchor is where the image mixed in between stages comes from.
type Anchor string

// The anchors.
const (
	None      Anchor = "none"      // no residual connection
	Fixed     Anchor = "fixed"     // the patch the image started as (FADRM)
	Retrieval Anchor = "retrieval" // the best of the class's pool for the image as it is now (DRC)
)

// Crop is a random resized crop. Area is the range of the share of the image kept, Ratio that of width over height.
type Crop struct {
	Area  [2]float64 `json:"area" toml:"area"`
	Ratio [2]float64 `json:"ratio" toml:"ratio"`
}

// wholeImage keeps the image as it is.
var wholeImage = Crop{Area: [2]float64{1, 1}, Ratio: [2]float64{1, 1}}

// Whole reports whether the crop keeps every image as it is.
func (c Crop) Whole() bool { return c == wholeImage }

// DRC sets the Dynamic Retrieval Connection, Eqns 4 and 5. It decides only with Connection Retrieval; fixed anchors are
// weighed with BlurSigma, to be compared.
type DRC struct {
	Lambda      float64 `json:"lambda" toml:"lambda"`             // weight of complexity against fit, 0 to 1
	Scale       Scale   `json:"scale" toml:"scale"`               // how the two are made comparable (chosen)
	TopM        int     `json:"top_m" toml:"top_m"`               // candidates kept to show why one won
	NoRepeat    bool    `json:"no_repeat" toml:"no_repeat"`       // no anchor twice within a class at a stage
	ExcludeSelf bool    `json:"exclude_self" toml:"exclude_self"` // never the image's own starting patch
	BlurSigma   float64 `json:"blur_sigma" toml:"blur_sigma"`     // of the Gaussian in Eqn 5, pixels (chosen)
}

// Scale is how fit and complexity are normalised before they are weighed; on raw scales complexity, near 2e-5, would
// never change a choice.
type Scale string

// The scales.
const (
	Percentile Scale = "percentile" // log c between its 5th and 95th percentile in the class; fit from its least to its 95th
	Raw        Scale = "raw"        // Eqn 4 to the letter
	ZScore     Scale = "zscore"     // mean 0, deviation 1
	Rank       Scale = "rank"       // place in the class, 0 to 1
)

// PTA sets Persistent Topology Alignment, Eqns 9 to 11. The defaults marked (chosen) are where the paper is silent; the
// figures behind them are in docs/pull-to-anchor.md.
type PTA struct {
	On         bool    `json:"on" toml:"on"`
	LambdaTopo float64 `json:"lambda_topo" toml:"lambda_topo"` // weight of L_topo in the loss; the paper's best is 0.5
	PerBatch   bool    `json:"per_batch" toml:"per_batch"`     // L_topo is part of the loss of each of a step's IPC batches, so that its pull counts IPC times (chosen)
	Every      int     `json:"every" toml:"every"`             // T: steps between updates, of the paper's "every T steps" (chosen); each stage's end has one too

	// The two sets. Class-balanced: n_c points of each, n_c = min(IPC, MaxPoints, the class's real images).
	MaxPoints   int  `json:"max_points" toml:"max_points"`     // beyond 50 the real images of small sets run out (chosen)
	Normalize   bool `json:"normalize" toml:"normalize"`       // features of length 1, as retrieval has them, instead of phi(x) itself (chosen)
	WithAnchors bool `json:"with_anchors" toml:"with_anchors"` // the images' present anchors come first in the real draw (chosen: off, it would hide a pull towards them)
	RealDraws   int  `json:"real_draws" toml:"real_draws"`     // real subsamples whose persistence images are averaged (chosen)

	// The filtration.
	K         int     `json:"k" toml:"k"`                   // neighbours of the mutual k-NN graph; the paper: 10 to 20
	EpsMargin float64 `json:"eps_margin" toml:"eps_margin"` // eps_max over the longest edge of the real graph: 1 is the least that keeps all of it (chosen)

	// The persistence images, Eqn 10.
	Grid     int     `json:"grid" toml:"grid"`                     // pixels along a side; the paper's 32
	Sigma    float64 `json:"sigma" toml:"sigma"`                   // bandwidth in units of eps_max: below 0.2 a contracted set is pulled together further (chosen)
	Exponent float64 `json:"exponent" toml:"exponent"`             // of the weight w(p) = (p/eps_max)^Exponent; 1 is the least smooth one that is 0 on the diagonal (chosen)
	Drop     bool    `json:"drop_essential" toml:"drop_essential"` // leave out bars that never die; otherwise they die at eps_max, as Eqn 9 counts them (chosen)

	// The loss, Eqn 11.
	Gamma     float64 `json:"gamma" toml:"gamma"`           // weight of loops, in kappa too; 0 leaves them out (chosen)
	AutoGamma bool    `json:"auto_gamma" toml:"auto_gamma"` // measure Gamma between two real draws at each stage's start, within 1 to 1000 (chosen: off)
	Relative  bool    `json:"relative" toml:"relative"`     // divide by the size of the real images, so that one lambda_topo fits every n_c and Sigma (chosen)
}

// Dataset is what a recipe must know of the data.
type Dataset struct {
	Name     string
	Classes  int
	Size     int // side of an image as it enters the network, pixels
	PerClass int // training images in the smallest class; 0 when not known
}
