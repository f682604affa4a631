package distill

import (
	"fmt"

	"reta/shared/recipe"
)

// identityV1 is what a checkpoint of the first version says of its run: the recipe of that time, printed. It is "" where the
// recipe does what that version could not.
func (r *run) identityV1() string {
	c := r.asked
	like := c
	like.Group, like.SoftBudget, like.Ensemble, like.Phi, like.RollBoth = c.Batch, false, recipe.Rotate, 0, false
	like.Init = recipe.Init{
		Start: c.Init.Start, Selector: recipe.RDED, Difficulty: recipe.Medium,
		Images: 300, Least: 30, PerImage: 5, Crops: 5, Factor: 1, Area: [2]float64{0.08, 1},
	}
	like.Pool = recipe.Pool{Sample: recipe.First}
	if r.Data.Size > 64 {
		like.Pool.Limit = 300
	}
	like.Losses = []string{"ce", "bn"}
	like.PTA.Update, like.PTA.Graph = recipe.Separate, recipe.PerSet
	if c.PTA.Weighting != recipe.PerClass {
		like.PTA.Weighting = recipe.PerBatch
	}
	if len(recipe.Difference(like, c)) > 0 {
		return ""
	}
	type crop struct{ Area, Ratio [2]float64 }
	type drc struct {
		Lambda                float64
		Scale                 recipe.Scale
		TopM                  int
		NoRepeat, ExcludeSelf bool
		BlurSigma             float64
	}
	type pta struct {
		On                     bool
		LambdaTopo             float64
		PerBatch               bool
		Every, MaxPoints       int
		Normalize, WithAnchors bool
		RealDraws, K           int
		EpsMargin              float64
		Grid                   int
		Sigma, Exponent        float64
		Drop                   bool
		Gamma                  float64
		AutoGamma, Relative    bool
	}
	p := c.PTA
	return fmt.Sprintf("%+v data %s teachers %s", struct {
		Name                 string
		IPC                  int
		Seed                 uint64
		Batch, Steps, Stages int
		Resolutions          []int
		Init                 recipe.Start
		Connection           recipe.Anchor
		Alpha, LR            float64
		Betas                [2]float64
		Epsilon              float64
		BNWeight, FirstBN    float64
		Crop                 crop
		SharedCrop           bool
		Flip                 float64
		Jitter               int
		DRC                  drc
		PTA                  pta
	}{
		c.Name, c.IPC, c.Seed, c.Batch, c.Steps, c.Stages, c.Resolutions, c.Init.Start, c.Connection, c.Alpha, c.LR, c.Betas, c.Epsilon,
		c.BNWeight, c.FirstBN, crop(c.Crop), c.SharedCrop, c.Flip, c.Jitter,
		drc(c.DRC),
		pta{
			p.On, p.LambdaTopo, p.Weighting == recipe.PerBatch, p.Every, p.MaxPoints, p.Normalize, p.WithAnchors, p.RealDraws, p.K,
			p.EpsMargin, p.Grid, p.Sigma, p.Exponent, p.Drop, p.Gamma, p.AutoGamma, p.Relative,
		},
	}, r.dataIdentity(), r.teacherNames())
}
