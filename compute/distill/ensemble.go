package distill

import "reta/shared/recipe"

func init() {
	register(ensembles, recipe.Rotate, func(g *Group) (Ensemble, error) { return rotation(len(g.Teachers)), nil })
	register(ensembles, recipe.Mean, func(g *Group) (Ensemble, error) { return mean(len(g.Teachers)), nil })
}

// rotation lets one of so many teachers act on a step, in turn (FADRM+).
type rotation int

// Acting is the step's teacher.
func (n rotation) Acting(step, _ int) []Share { return []Share{{step % int(n), 1}} }

// mean lets all of so many teachers act on every step.
type mean int

// Acting is all of them.
func (n mean) Acting(int, int) []Share {
	list := make([]Share, n)
	for i := range list {
		list[i] = Share{i, 1 / float64(n)}
	}
	return list
}
