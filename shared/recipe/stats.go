package recipe

import "slices"

// The rows of the statistics loss.
var statsRows = []Setting{
	{Name: "stats.weight", Label: "weight", Help: "Weight of the loss stats against cross-entropy.", Max: 1e4, Absent: "0.01", Idle: Recipe.idleStats},
	{Name: "stats.class_share", Label: "share of classes", Help: "Share of the batch's classes in the loss stats; the rest is that of the whole set's statistics.", Max: 1, Idle: Recipe.idleStats},
	{Name: "stats.ema", Label: "smoothing", Help: "A step takes its batch's statistics with this share of what the batch had before; their gradient is the present ones'.", Max: 0.9999, Absent: "0.8", Idle: Recipe.idleStats},
	{Name: "stats.drop", Label: "drop rate", Help: "Probability that a convolution's terms are left out of a step.", Max: 0.99, Idle: Recipe.idleStats},
	{Name: "stats.first", Label: "first layer", Help: "Factor of the first convolution's terms.", Max: 1e4, Absent: "10", Idle: Recipe.idleStats},
}

// StatsLoss is the name of the loss that Stats sets.
const StatsLoss = "stats"

func (r Recipe) idleStats() string {
	if !r.matchesStats() {
		return "losses has no " + StatsLoss
	}
	return ""
}

func (r Recipe) matchesStats() bool { return slices.Contains(r.Losses, StatsLoss) }

// measuresReal reports whether a loss compares with what is measured of the real images.
func (r Recipe) measuresReal() bool {
	return r.matchesStats() || slices.Contains(r.Losses, ClassBNLoss) || slices.Contains(r.Losses, BarycentreLoss)
}

// Stats sets the loss of G-VBSM and EDC. Of each batch norm's input it takes the mean and variance of every channel; of each
// convolution's input these too, and those of every patch of 4 x 4 pixels over channels and images. A term is the sum of the
// distances of means and of variances from the real ones.
type Stats struct {
	Weight     float64 `json:"weight" toml:"weight"`           // r
	ClassShare float64 `json:"class_share" toml:"class_share"` // of the classes in the batch; 0: the whole set's statistics alone
	EMA        float64 `json:"ema" toml:"ema"`                 // decay of a batch's statistics, from 0 on
	Drop       float64 `json:"drop" toml:"drop"`               // probability that a convolution's terms are left out of a step
	First      float64 `json:"first" toml:"first"`             // multiplies the first convolution's terms
}
