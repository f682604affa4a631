package recipe

func init() {
	register("init.start", string(Patch), "a real image of its class, or a crop of one", string(Noise), "Gaussian noise in normalised pixels")
	register("init.selector",
		string(DELT), "whole images, ranked by the teacher's probability of their class (Shen et al. 2025)",
		string(RDED), "square crops, the best of several per image, ranked by cross-entropy (Sun et al. 2024)")
	register("init.difficulty", string(Easy), "the easiest for the teacher", string(Medium), "around the median", string(Hard), "the hardest")
	register("pool.sample", string(BySeed), "drawn by the seed", string(First), "the first files")
	register("ensemble", string(Rotate), "one teacher a step, in turn (FADRM+)", string(Mean), "all teachers in every step, with the mean of their losses")
	register("losses", "ce", "cross-entropy", "bn", "distance of the batch's statistics from the batch norms' running ones, times bn_weight")
	register("connection",
		string(None), "no residual connection",
		string(Fixed), "the patch the image started as (FADRM)",
		string(Retrieval), "the best of the class's pool for the image as it is now (DRC)")
	register("drc.scale",
		string(Percentile), "log c between its 5th and 95th percentile in the class; fit from its least to its 95th",
		string(Raw), "Eqn 4 to the letter",
		string(ZScore), "mean 0, deviation 1",
		string(Rank), "place in the class, 0 to 1")
	register("pta.weighting",
		string(PerImage), "sum_c n_c/B L_c: the same for every data set and IPC",
		string(PerBatch), "IPC/|A| sum_c L_c",
		string(PerClass), "1/|A| sum_c L_c",
		string(Sum), "sum_c L_c, Eqn 11 to the letter")
	register("pta.update", string(Joined), "added to the gradient of the step's own losses, Eqn 11", string(Separate), "by an Adam step of its own, after the step")
	register("pta.graph", string(PerSet), "real and synthetic points apart", string(Union), "both together; each set keeps the edges among its own points")
}

// Recipe is everything that decides a recovery besides the data, the teachers and the device.
// Steps count from 0; stages count from 0.
type Recipe struct {
	Name string `json:"recipe" toml:"recipe"` // the method it started from
	IPC  int    `json:"ipc" toml:"ipc"`       // images per class
	Seed uint64 `json:"seed" toml:"seed"`     // of every random number

	// The schedule: Stages = k+1 blocks around k residual connections.
	Batch       int     `json:"batch" toml:"batch"`             // B: images a step, one per class
	Group       int     `json:"group" toml:"group"`             // classes optimised together, in blocks of Batch
	Steps       int     `json:"steps" toml:"steps"`             // B, over all stages
	Stages      int     `json:"stages" toml:"stages"`           // k+1
	Resolutions []int   `json:"resolutions" toml:"resolutions"` // D_t in pixels, one per stage
	Connection  Anchor  `json:"connection" toml:"connection"`   // what a stage's end mixes in, Eqns 2 and 6
	Alpha       float64 `json:"alpha" toml:"alpha"`             // blend ratio: weight of the synthetic image, 1-Alpha that of its anchor
	SoftBudget  bool    `json:"soft_budget" toml:"soft_budget"` // below 300 steps, a smaller learning rate and larger crops (chosen), see Softened

	Init Init `json:"init" toml:"init"`
	Pool Pool `json:"pool" toml:"pool"`

	// The teachers: which act on a step, and which gives phi, the features of retrieval and topology.
	Ensemble Ensemble `json:"ensemble" toml:"ensemble"`
	Phi      int      `json:"phi" toml:"phi"` // 0: the first teacher

	// Adam, with cosine decay to 0 over Steps and fresh moments at each stage.
	LR      float64    `json:"lr" toml:"lr"`
	Betas   [2]float64 `json:"betas" toml:"betas"`
	Epsilon float64    `json:"epsilon" toml:"epsilon"`

	// The loss, Eqn 1: the sum of the terms named in Losses, by default cross-entropy + BNWeight * L_BN.
	Losses   []string `json:"losses" toml:"losses"`
	BNWeight float64  `json:"bn_weight" toml:"bn_weight"`
	FirstBN  float64  `json:"first_bn" toml:"first_bn"` // multiplies the first layer's term

	// Augmentation of every step.
	Crop       Crop    `json:"crop" toml:"crop"`
	SharedCrop bool    `json:"shared_crop" toml:"shared_crop"` // one crop and one flip for the whole batch
	Flip       float64 `json:"flip" toml:"flip"`               // probability of a horizontal flip
	Jitter     int     `json:"jitter" toml:"jitter"`           // roll by 0..Jitter pixels along each axis, both ends included
	RollBoth   bool    `json:"roll_both" toml:"roll_both"`     // roll by -Jitter..Jitter instead (SRe2L at 64 px)

	DRC DRC `json:"drc" toml:"drc"`
	PTA PTA `json:"pta" toml:"pta"`
}

// Init sets what synthetic images start as.
type Init struct {
	Start Start `json:"start" toml:"start"`

	// Starting patches. FADRM publishes images named "medium" but not what made them.
	Selector   Selector   `json:"selector" toml:"selector"`
	Difficulty Difficulty `json:"difficulty" toml:"difficulty"` // which of the ranked candidates are kept
	Images     int        `json:"images" toml:"images"`         // rded: real images tried per class, at most; RDED tries 300
	Least      int        `json:"least" toml:"least"`           // rded: and at least (chosen)
	PerImage   int        `json:"per_image" toml:"per_image"`   // rded: images tried for each one wanted, between the two (chosen)
	Crops      int        `json:"crops" toml:"crops"`           // rded: random crops tried per image
	Area       [2]float64 `json:"area" toml:"area"`             // rded: range of a crop's share of the image
}

// Start is what a synthetic image begins as.
type Start string

// The starts.
const (
	Patch Start = "patch" // a real image of its class, or a crop of one
	Noise Start = "noise" // Gaussian noise in normalised pixels
)

// Selector ranks the candidates for starting patches by how hard the teacher finds them.
type Selector string

// The selectors.
const (
	DELT Selector = "delt" // whole images, by the teacher's probability of their class (Shen et al. 2025)
	RDED Selector = "rded" // square crops, the best of several per image, by cross-entropy (Sun et al. 2024)
)

// Difficulty is the part of the ranking that starting patches are taken from.
type Difficulty string

// The difficulties.
const (
	Easy   Difficulty = "easy"
	Medium Difficulty = "medium" // around the median
	Hard   Difficulty = "hard"
)

// Pool sets the real images that retrieval and topology know of a class.
type Pool struct {
	Limit  int    `json:"limit" toml:"limit"`   // images per class, at most; 0: all. Above 64 px embedding all would cost more than the run (chosen)
	Sample Sample `json:"sample" toml:"sample"` // which, where there are more
}

// Sample says which images of a class a limited pool holds.
type Sample string

// The samples.
const (
	BySeed Sample = "seed"  // drawn by the seed
	First  Sample = "first" // the first files
)

// Ensemble says which teachers act on a step.
type Ensemble string

// The ensembles.
const (
	Rotate Ensemble = "rotate" // one teacher a step, in turn (FADRM+)
	Mean   Ensemble = "mean"   // all of them in every step, with the mean of their losses
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
	On         bool      `json:"on" toml:"on"`
	LambdaTopo float64   `json:"lambda_topo" toml:"lambda_topo"` // weight of L_topo in the loss; the paper's best is 0.5
	Weighting  Weighting `json:"weighting" toml:"weighting"`     // what LambdaTopo multiplies
	Update     Update    `json:"update" toml:"update"`           // how its gradient reaches the pixels
	Graph      Graph     `json:"graph" toml:"graph"`             // the points among which neighbours are sought
	Every      int       `json:"every" toml:"every"`             // T: steps between updates, of the paper's "every T steps" (chosen); each stage's end has one too

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

// Weighting is what LambdaTopo multiplies. With L_c the loss of class c, A the active classes, n_c its synthetic points and
// B the batch, the loss gains LambdaTopo times:
type Weighting string

// The weightings. PerImage is the default: the gradient that an image feels relative to that of cross-entropy, 1/B of a
// batch's mean, is then the same for every data set and IPC. LambdaTopo under Sum corresponds to LambdaTopo n_c/B under
// PerImage.
const (
	PerImage Weighting = "image" // sum_c n_c/B L_c
	PerBatch Weighting = "batch" // IPC/|A| sum_c L_c
	PerClass Weighting = "class" // 1/|A| sum_c L_c
	Sum      Weighting = "sum"   // sum_c L_c, Eqn 11 to the letter
)

// Update is how the gradient of L_topo reaches the pixels.
type Update string

// The updates.
const (
	Joined   Update = "joined"   // added to the gradient of the step's own losses, Eqn 11
	Separate Update = "separate" // by an Adam step of its own, after the step
)

// Graph is the set of points among which the mutual k-NN graph seeks neighbours.
type Graph string

// The graphs.
const (
	PerSet Graph = "per-set" // real and synthetic points apart
	Union  Graph = "union"   // both together; each set keeps the edges among its own points
)

// Dataset is what a recipe must know of the data.
type Dataset struct {
	Name     string
	Classes  int
	Size     int // side of an image as it enters the network, pixels
	PerClass int // training images in the smallest class; 0 when not known
}
