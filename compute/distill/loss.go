package distill

import (
	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	RegisterLoss("ce", crossEntropy{})
	RegisterLoss("bn", batchNorm{})
}

// crossEntropy is the first term of Eqn 1.
type crossEntropy struct{}

func (crossEntropy) Term(v View) *graph.Node {
	return nn.SoftmaxCrossEntropy(v.Output.Logits, v.Labels, 0)
}

func (crossEntropy) Weight(recipe.Recipe) float64 { return 1 }

// batchNorm is L_BN of Eqn 1.
type batchNorm struct{}

func (batchNorm) Term(v View) *graph.Node { return bnLoss(v.Graph, v.Output.BN, v.Recipe.FirstBN) }

func (batchNorm) Weight(r recipe.Recipe) float64 { return r.BNWeight }

// bnLoss is, over all batch-norm layers, the distance of the batch's statistics from the running ones, the first layer
// times first. A network without batch norm has none.
func bnLoss(g *graph.Graph, layers []models.BNLayer, first float64) *graph.Node {
	if len(layers) == 0 {
		return g.Const("no batch norm", []float32{0}, 1)
	}
	terms := make([]*graph.Node, len(layers))
	weights := make([]float64, len(layers))
	for i, l := range layers {
		terms[i], weights[i] = nn.BNLoss(l.Stats, l.Running), 1
	}
	weights[0] = first
	return nn.WeightedSum(weights, terms...)
}
