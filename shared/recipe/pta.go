package recipe

// The rows of persistent topology alignment.
var ptaRows = []Setting{
	{Name: "pta.on", Label: "alignment", Help: "Align the topology of each class's features with that of real ones."},
	{Name: "pta.lambda_topo", Flag: "lambda-topo", Label: "topology weight", Symbol: "λ_topo", Help: "Weight of the topology loss (Eqn 11), from the next update on; pta.weighting says which sum it multiplies. The paper's best is 0.5.",
		Max: 1e4, Live: &Slider{Max: 10, Log: true}, Idle: Recipe.idleTopology},
	{Name: "pta.weighting", Label: "weighting", Help: "Sum of class losses that lambda_topo multiplies: L_c is the loss of class c, A the active classes, n_c the class's points, B the batch.", Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.update", Label: "update", Help: "How the gradient of the topology loss reaches the pixels.", Absent: "separate", Idle: Recipe.idleTopology},
	{Name: "pta.graph", Label: "graph", Help: "The points among which the mutual k-NN graph seeks neighbours.", Chosen: true, Absent: "per-set", Idle: Recipe.idleTopology},
	{Name: "pta.every", Flag: "topo-every", Label: "topology interval", Symbol: "T", Unit: "steps", Help: "A topology update in every T-th step of the run, and in each stage's last.",
		Min: 1, Max: 10_000_000, Live: &Slider{Min: 1, Log: true}, Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.max_points", Label: "points", Symbol: "n_c", Help: "Points of a class in each set, at most: n_c = min(ipc, max_points, the class's real images).", Min: 2, Max: 256, Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.normalize", Label: "unit features", Help: "Use features of length 1, as retrieval does, instead of phi(x) itself.", Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.with_anchors", Label: "anchors in the draw", Help: "Begin each random subset of real images with the anchors that the synthetic images have now.", Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.real_draws", Label: "real draws", Help: "Random subsets of the real images whose persistence images are averaged.", Min: 1, Max: 64, Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.k", Label: "neighbours", Symbol: "k", Help: "Neighbours of the mutual k-NN graph; the paper: 10 to 20.", Min: 1, Max: 256, Idle: Recipe.idleTopology},
	{Name: "pta.eps_margin", Label: "eps_max margin", Help: "eps_max divided by the longest edge of the real graph: 1 is the least that keeps all its edges.", Min: 0.01, Max: 100, Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.grid", Label: "image grid", Unit: "pixels", Help: "Pixels along a side of a persistence image (Eqn 10).", Min: 2, Max: 256, Idle: Recipe.idleTopology},
	{Name: "pta.sigma", Label: "bandwidth", Symbol: "σ", Unit: "eps_max", Help: "Bandwidth of the persistence image in units of eps_max (Eqn 10); below 0.2 a contracted set is contracted further.",
		Min: 0.001, Max: 10, Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.exponent", Label: "weight exponent", Help: "Exponent of the weight w(p) = (p/eps_max)^exponent (Eqn 10).", Min: 1, Max: 16, Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.drop_essential", Label: "drop essential bars", Help: "Leave out bars that never die; otherwise they die at eps_max, as Eqn 9 counts them.", Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.gamma", Label: "loop weight", Symbol: "γ", Help: "Weight of loops (H1) in the topology loss and in kappa; 0 leaves them out (Eqn 11).", Max: 1e6, Chosen: true, Idle: Recipe.idleGamma},
	{Name: "pta.auto_gamma", Label: "measured loop weight", Help: "Measure gamma at each stage's start from two random subsets of real images, within 1 to 1000.", Chosen: true, Idle: Recipe.idleTopology},
	{Name: "pta.relative", Label: "relative loss", Help: "Divide the loss by the size of the real persistence images, so that one lambda_topo fits every n_c and sigma.", Chosen: true, Idle: Recipe.idleTopology},
}

func init() {
	register("pta.weighting",
		string(PerImage), "sum_c n_c/B L_c: the same for every data set and IPC",
		string(PerBatch), "IPC/|A| sum_c L_c",
		string(PerClass), "1/|A| sum_c L_c",
		string(Sum), "sum_c L_c, Eqn 11 as printed; B/n_c times the weight of image")
	register("pta.update", string(Joined), "added to the gradient of the step's own losses, Eqn 11", string(Separate), "by an Adam step of its own, after the step")
	register("pta.graph", string(PerSet), "real and synthetic points apart", string(Union), "both together; each set keeps the edges among its own points")
}

func (r Recipe) idleTopology() string {
	switch {
	case !r.PTA.On:
		return "this recipe aligns no topology"
	case r.IPC < 2:
		return "PTA is inactive at IPC 1: one synthetic point per class has no shape to compare"
	}
	return ""
}

func (r Recipe) idleGamma() string {
	if why := r.idleTopology(); why != "" {
		return why
	}
	if r.PTA.AutoGamma {
		return "gamma is measured (pta.auto_gamma)"
	}
	return ""
}

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
// batch's mean, is then the same for every data set and IPC. LambdaTopo under Sum is LambdaTopo B/n_c under PerImage.
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
