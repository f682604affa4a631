package recipe

// The rows of what images start as.
var initRows = []Setting{
	{Name: "init.start", Label: "start", Help: "What synthetic images start as."},
	{Name: "init.selector", Label: "patch selector", Help: "How candidates for starting patches are ranked by their difficulty for the first teacher. FADRM publishes its patches, not how they were chosen.",
		Chosen: true, Absent: "rded", Idle: Recipe.idlePatch},
	{Name: "init.difficulty", Label: "patch difficulty", Help: "Part of the ranking that starting patches are taken from.", Absent: "medium", Idle: Recipe.idleRanked},
	{Name: "init.images", Label: "candidates, at most", Help: "Real images of a class tried for its patches, at most; RDED tries 300.", Min: 1, Max: 1_000_000, Absent: "300", Idle: Recipe.idleCrops},
	{Name: "init.least", Label: "candidates, at least", Help: "Real images of a class tried for its patches, at least.", Min: 1, Max: 1_000_000, Chosen: true, Absent: "30", Idle: Recipe.idleCrops},
	{Name: "init.per_image", Label: "candidates per patch", Help: "Real images tried for each patch wanted, between the two bounds.", Min: 1, Max: 1000, Chosen: true, Absent: "5", Idle: Recipe.idleCrops},
	{Name: "init.crops", Label: "crops per candidate", Help: "Random crops tried of each candidate.", Min: 1, Max: 1000, Absent: "5", Idle: Recipe.idleCrops},
	{Name: "init.factor", Label: "patches an axis", Help: "An image is made of so many patches along each axis, side by side; 1: of one. With match.by = gradient students see the parts enlarged (multi-formation).", Min: 1, Max: 16, Absent: "1", Idle: Recipe.idlePatch},
	{Name: "init.area", Label: "crop area", Help: "Range of a candidate crop's share of the image.", Min: 0.001, Max: 1, Range: true, Absent: "0.08,1", Idle: Recipe.idleCrops},
}

func init() {
	register("init.start", string(Patch), "a real image of its class, or a crop of one", string(Noise), "Gaussian noise in normalised pixels")
	register("init.selector",
		string(DELT), "whole images, ranked by the teacher's probability of their class (Shen et al. 2025)",
		string(CAM), "square crops, the one of several per image with the most class activation, ranked by cross-entropy (NRR-DD)",
		string(RDED), "square crops, the best of several per image, ranked by cross-entropy (Sun et al. 2024)",
		string(Random), "whole images, drawn at random")
	register("init.difficulty", string(Easy), "the easiest for the teacher", string(Medium), "around the median", string(Hard), "the hardest")
}

func (r Recipe) idlePatch() string {
	if r.Init.Start == Noise {
		return "images start as noise, without patches"
	}
	return ""
}

func (r Recipe) idleRanked() string {
	if r.Init.Selector == Random {
		return "the selector random ranks nothing"
	}
	return r.idlePatch()
}

func (r Recipe) idleCrops() string {
	if why := r.idlePatch(); why != "" {
		return why
	}
	if !r.Init.Selector.Crops() {
		return "the selector " + string(r.Init.Selector) + " takes whole images"
	}
	return ""
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
	Factor     int        `json:"factor" toml:"factor"`         // patches along each axis of an image
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
	// Random takes whole images at random.
	Random Selector = "random"
	// CAM takes square crops, of each image that with the most class activation, by cross-entropy (NRR-DD).
	CAM Selector = "cam"
)

// Crops reports whether the selector takes crops, not whole images.
func (s Selector) Crops() bool { return s == RDED || s == CAM }

// Difficulty is the part of the ranking that starting patches are taken from.
type Difficulty string

// The difficulties.
const (
	Easy   Difficulty = "easy"
	Medium Difficulty = "medium" // around the median
	Hard   Difficulty = "hard"
)
