package recipe

import "slices"

// The rows of the pool.
var poolRows = []Setting{
	{Name: "pool.limit", Label: "pool limit", Unit: "images", Help: "Real images of a class that starting patches, retrieval and topology use, at most; 0: all. Above 64 px embedding all would cost more than the run.",
		Max: 10_000_000, Chosen: true, Idle: Recipe.idlePool},
	{Name: "pool.sample", Label: "pool sample", Help: "Which images of a class a limited pool holds.", Chosen: true, Idle: Recipe.idleSample},
}

func init() {
	register("pool.sample", string(BySeed), "drawn by the seed", string(First), "the first files")
}

func (r Recipe) idlePhi() string {
	if r.Connection != Retrieval && !r.PTA.On && !slices.Contains(r.Losses, BarycentreLoss) {
		return "this recipe retrieves no anchors, aligns no topology and compares no features with barycentres"
	}
	return ""
}

func (r Recipe) idlePool() string {
	if r.UsesPool() {
		return ""
	}
	return "this recipe takes no patches, retrieves no anchors, aligns no topology and compares no statistics"
}

// UsesPool reports whether the images follow from the real ones in the pool.
func (r Recipe) UsesPool() bool {
	return r.Init.Start == Patch || r.Connection == Retrieval || r.PTA.On || r.measuresReal()
}

func (r Recipe) idleSample() string {
	if why := r.idlePool(); why != "" {
		return why
	}
	if r.Pool.Limit == 0 {
		return "the pool holds all images (pool.limit 0)"
	}
	return ""
}

// Pool sets the real images that starting patches, retrieval and topology know of a class.
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
