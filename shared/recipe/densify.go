package recipe

import "slices"

// The rows of data densification.
var densifyRows = []Setting{
	{Name: "densify.weight", Label: "weight", Help: "Weight of the loss densify against cross-entropy.", Max: 1e4, Absent: "1", Idle: Recipe.idleDensify},
	{Name: "densify.tau", Label: "temperature", Symbol: "τ", Help: "Temperature of the spectrum that the loss densify draws near to.", Min: 0.01, Max: 1000, Absent: "4", Idle: Recipe.idleDensify},
}

// DensifyLoss is the name of the loss that Densify sets.
const DensifyLoss = "densify"

// mostSpectrum is the most images of a batch whose spectrum is computed.
const mostSpectrum = 50

func (r Recipe) idleDensify() string {
	if !slices.Contains(r.Losses, DensifyLoss) {
		return "losses has no " + DensifyLoss
	}
	return ""
}

// Densify sets G-VBSM's data densification: the images of a class in a batch are to differ from each other.
type Densify struct {
	Weight float64 `json:"weight" toml:"weight"`
	Tau    float64 `json:"tau" toml:"tau"`
}
