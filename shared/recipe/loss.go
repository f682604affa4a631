package recipe

import "slices"

// The rows of the loss, Eqn 1.
var lossRows = []Setting{
	{Name: "losses", Label: "losses", Help: "Terms whose sum is the loss of a step (Eqn 1).", Absent: "ce,bn"},
	{Name: "bn_weight", Flag: "bn-weight", Label: "L_BN weight", Symbol: "λ_BN", Help: "Weight of the batch-norm loss against cross-entropy (Eqn 1).",
		Max: 1e4, Live: &Slider{Max: 10, Log: true}, Idle: Recipe.idleBN},
	{Name: "first_bn", Label: "first layer", Help: "Factor of the first layer's term of the batch-norm loss.", Max: 1e4, Idle: Recipe.idleBN},
}

func init() {
	register("losses", "ce", "cross-entropy", "bn", "distance of the batch's statistics from the batch norms' running ones, times bn_weight")
}

func (r Recipe) idleBN() string {
	if !slices.Contains(r.Losses, "bn") {
		return "losses has no bn"
	}
	return ""
}
