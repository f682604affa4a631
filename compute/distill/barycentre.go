package distill

import (
	"context"
	"fmt"

	"reta/compute/graph"
	"reta/compute/nn"
	"reta/shared/recipe"
)

func init() {
	RegisterKeptLoss(recipe.BarycentreLoss, func(g *Group) Loss { return &barycentre{g: g} })
}

// barycentre is WMDD's loss: the features of a class's images are to be the points of the free-support Wasserstein barycentre
// of the class's real features, under the teacher that gives phi.
type barycentre struct {
	g      *Group
	points [][]float32 // of each of the group's classes, [IPC,F]
}

// Weight is that of the distance against cross-entropy.
func (b *barycentre) Weight(r recipe.Recipe) float64 { return r.Barycentre.Weight }

// Begin computes the points once, or takes them from the cache.
func (b *barycentre) Begin(ctx context.Context, g *Group, _ int) error {
	if b.points != nil {
		return nil
	}
	if err := g.embed(); err != nil {
		return err
	}
	rec, width := g.Recipe, g.pool.Width
	points := make([][]float32, g.count)
	for c := range points {
		class := g.first + c
		file := g.cacheFile("barycentre", append([]any{g.phi().Name, class, rec.IPC, rec.Seed, rec.Barycentre.Iterations, len(g.pool.Class[class])}, g.pool.key...)...)
		var err error
		points[c], err = cached(g.warn, file, []int{rec.IPC * width}, finiteAll, func() ([]float32, error) {
			g.progress("barycentre", "Wasserstein barycentres of the real features", c, g.count)
			start := make([]float64, rec.IPC*width)
			rng := nn.RNG{Seed: rec.Seed}
			for i := range start {
				start[i] = rng.Normal(streamBarycentre, uint64(class*len(start)+i))
			}
			return freeSupport(ctx, g.rawFeatures(class), width, start, rec.Barycentre.Iterations)
		})
		if err != nil {
			return fmt.Errorf("barycentre of class %d: %w", class, err)
		}
	}
	b.points = points
	return nil
}

// rawFeatures are phi of a class's pool, not of length 1, [M,F].
func (g *Group) rawFeatures(class int) []float64 {
	unit, lengths, width := g.pool.Features(class), g.pool.Lengths(class), g.pool.Width
	out := make([]float64, len(unit))
	for i, v := range unit {
		out[i] = float64(v) * float64(lengths[i/width])
	}
	return out
}

// Term is ||F - B||_2 over the batch.
func (b *barycentre) Term(v View) *graph.Node {
	gr := v.Graph
	if v.Teacher != v.Recipe.Phi {
		return gr.Const("no barycentre", []float32{0}, 1)
	}
	width := v.Output.Features.Size()
	points := gr.Input("barycentre", graph.F32, width)
	v.Prepare(func(e *graph.Exec, r recipe.Recipe, _ int, batch Batch) error {
		var of []float32
		f := len(b.points[0]) / r.IPC
		for i, row := range batch.Rows {
			image := int(row) / b.g.count
			of = append(of, b.points[batch.Classes[i]-b.g.first][image*f:(image+1)*f]...)
		}
		return e.Set(points, of)
	})
	return euclidean(graph.Reshape(v.Output.Features, width), points)
}

// euclidean is ||x - y||_2 of two vectors, [1]; where it is 0 it has no gradient.
func euclidean(x, y *graph.Node) *graph.Node {
	g, n := x.Graph(), x.Size()
	none := g.Const("no variance", make([]float32, n), n)
	return nn.BNLoss(nn.Stack(x, none), nn.Stack(y, none))
}

// State keeps nothing: the points are computed again, or in the cache.
func (b *barycentre) State(*Group) ([]nn.Tensor, error) { return nil, nil }

// Restore needs nothing.
func (b *barycentre) Restore(*Group, *nn.TensorFile) error { return nil }

// Close frees nothing.
func (b *barycentre) Close() {}

// freeSupport is the Wasserstein-2 barycentre of points [M,width] with as many points of equal weight as start has, [K,width]
// (Cuturi and Doucet 2014): each goes to the mean of what the optimal plan sends it, until they move by less than 1e-7 in all, squared, or so many times.
func freeSupport(ctx context.Context, points []float64, width int, start []float64, iterations int) ([]float32, error) {
	const stop = 1e-7
	m, k := len(points)/width, len(start)/width
	at := append([]float64(nil), start...)
	cost := make([][]float64, m)
	for i := range cost {
		cost[i] = make([]float64, k)
	}
	for range iterations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range cost {
			for j := range k {
				d := 0.0
				for f := range width {
					v := points[i*width+f] - at[j*width+f]
					d += v * v
				}
				cost[i][j] = d
			}
		}
		plan := transport(cost)
		next, moved := make([]float64, len(at)), 0.0
		for i, row := range plan {
			for j, share := range row {
				if share == 0 {
					continue
				}
				for f := range width {
					next[j*width+f] += share * float64(k) * points[i*width+f]
				}
			}
		}
		for i, v := range next {
			moved += (v - at[i]) * (v - at[i])
		}
		if at = next; moved < stop {
			break
		}
	}
	out := make([]float32, len(at))
	for i, v := range at {
		out[i] = float32(v)
	}
	return out, nil
}
