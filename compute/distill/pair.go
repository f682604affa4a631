package distill

import (
	"math"
	"slices"
	"strings"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() { register(ensembles, recipe.Pair, newPairs) }

// pairs lets two teachers act on every step of an image, weighted by softmax(prior/5) over the two (CV-DD).
type pairs [][]Share // by the image's number

// Acting is the pair of the batch's images.
func (p pairs) Acting(_, image int) []Share { return p[image] }

// priorTemperature is CV-DD's, per cent.
const priorTemperature = 5

// newPairs gives every image number its pair: at IPC 1 the published one, or the two of the best priors; up to as many images
// as there are pairs the pairs of the teachers in order; of more images a pair drawn by the seed.
func newPairs(g *Group) (Ensemble, error) {
	ipc, priors := g.Recipe.IPC, g.priors()
	var all [][2]int
	for a := range g.Teachers {
		for b := range a {
			all = append(all, [2]int{b, a})
		}
	}
	slices.SortFunc(all, func(p, q [2]int) int { return slices.Compare(p[:], q[:]) })
	list := make(pairs, ipc)
	for image := range list {
		pair := all[image%len(all)]
		switch {
		case ipc == 1:
			pair = g.onePair(priors)
		case ipc > len(all):
			pair = all[nn.NewDraws(g.Recipe.Seed, streamPair, image).IntN(len(all))]
		}
		wa, wb := math.Exp(priors[pair[0]]/priorTemperature), math.Exp(priors[pair[1]]/priorTemperature)
		list[image] = []Share{{pair[0], wa / (wa + wb)}, {pair[1], wb / (wa + wb)}}
	}
	return list, nil
}

// onePair is the pair of an only image.
func (g *Group) onePair(priors []float64) [2]int {
	find := func(family string) int {
		return slices.IndexFunc(g.Teachers, func(t *models.Model) bool { return strings.HasPrefix(t.Name, family) })
	}
	if families, fixed := recipe.FixedPair(g.facts()); fixed {
		if a, b := find(families[0]), find(families[1]); a >= 0 && b >= 0 {
			return [2]int{min(a, b), max(a, b)}
		}
	}
	order := make([]int, len(priors))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case priors[a] > priors[b]:
			return -1
		case priors[a] < priors[b]:
			return 1
		}
		return 0
	})
	return [2]int{min(order[0], order[1]), max(order[0], order[1])}
}

// priors are the recipe's, or the published ones; where one of these is not known all teachers count the same.
func (r *run) priors() []float64 {
	if len(r.Recipe.Priors) > 0 {
		return r.Recipe.Priors
	}
	list := make([]float64, len(r.Teachers))
	for i, t := range r.Teachers {
		prior, known := recipe.Prior(r.facts(), t.Name)
		if !known {
			return make([]float64, len(r.Teachers))
		}
		list[i] = prior
	}
	return list
}

// facts are what a recipe knows of the data.
func (r *run) facts() recipe.Dataset {
	return recipe.Dataset{Name: r.Data.Name, Classes: r.Data.Classes, Size: r.Data.Size}
}
