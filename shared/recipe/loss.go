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
	register("losses", "ce", "cross-entropy", "bn", "distance of the batch's statistics from the batch norms' running ones, times bn_weight",
		StatsLoss, "distance of the batch's statistics at the inputs of batch norms and convolutions, of channels and of patches of 4 x 4 pixels, from real ones, times stats.weight (EDC, G-VBSM)",
		DensifyLoss, "divergence of the softmax of the eigenvalues of each class's Gram matrix of pooled pixels from the same at temperature densify.tau, times densify.weight (G-VBSM)",
		BarycentreLoss, "distance of the batch's features from the points of the Wasserstein barycentre of the class's real features, times barycentre.weight (WMDD)",
		ClassBNLoss, "distance of each class's statistics at batch norms from those of its real images, mean over the classes, times bn_weight (WMDD)",
		MosaicLoss, "mean absolute difference of the features of each cell of an image, enlarged, and of the real image that it was made of, both under one draw of DSA (CIM)")
}

func (r Recipe) idleBN() string {
	if !slices.Contains(r.Losses, "bn") && !slices.Contains(r.Losses, ClassBNLoss) {
		return "losses has neither bn nor " + ClassBNLoss
	}
	return ""
}
