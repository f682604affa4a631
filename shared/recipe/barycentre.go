package recipe

import "slices"

// The rows of the barycentre loss.
var barycentreRows = []Setting{
	{Name: "barycentre.weight", Label: "weight", Help: "Weight of the loss barycentre against cross-entropy.", Max: 1e4, Absent: "1", Idle: Recipe.idleBarycentre},
	{Name: "barycentre.iterations", Label: "iterations", Help: "Moves of the points of a class's barycentre, at most.", Min: 1, Max: 10_000, Absent: "100", Idle: Recipe.idleBarycentre},
}

// BarycentreLoss and ClassBNLoss are the names of WMDD's losses.
const (
	BarycentreLoss = "barycentre"
	ClassBNLoss    = "class-bn"
)

func (r Recipe) idleBarycentre() string {
	if !slices.Contains(r.Losses, BarycentreLoss) {
		return "losses has no " + BarycentreLoss
	}
	return ""
}

// Barycentre sets WMDD's loss of features: the distance of a batch's features from the points of the Wasserstein barycentre of
// the real features of each image's class.
type Barycentre struct {
	Weight     float64 `json:"weight" toml:"weight"`
	Iterations int     `json:"iterations" toml:"iterations"` // of the free support, at most
}
