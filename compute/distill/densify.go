package distill

import (
	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() { RegisterLoss(recipe.DensifyLoss, densify{}) }

// densify is G-VBSM's data densification: for each class in the batch the spectrum of the Gram matrix of its images' pooled
// pixels is to be as flat as the same at a temperature.
type densify struct{}

// densifySide is that of pooled images, in pixels.
const densifySide = 32

func (densify) Term(v View) *graph.Node {
	n := v.Images.Dim(0)
	pooled := graph.Reshape(nn.AdaptiveAvgPool(v.Images, densifySide, densifySide), n, densifySide*densifySide*3)
	terms := nn.SpectrumDivergence(nn.Linear(pooled, pooled, nil, nn.None), v.Labels, v.Recipe.Densify.Tau)
	return nn.Scale(nn.Mean(terms), float64(n))
}

func (densify) Weight(r recipe.Recipe) float64 { return r.Densify.Weight }
