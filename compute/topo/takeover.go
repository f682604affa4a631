package topo

import (
	"fmt"

	"reta/shared/topology"
)

// refuses says why a set of n points under options o is not for the device, "" when it is. Without ties among distances a
// mutual k-NN graph has at most nk/2 edges.
func (p *Program) refuses(n int, o topology.Options) string {
	switch edges := n * min(o.K, n-1) / 2; {
	case o.Graph != topology.PerSet:
		return "nearest neighbours among real and synthetic points together, the device takes them per set"
	case p.size.Grid > MaxGrid:
		return fmt.Sprintf("images of %d pixels a side, the device takes %d", p.size.Grid, MaxGrid)
	case n > MaxPoints:
		return fmt.Sprintf("%d points, the device takes %d", n, MaxPoints)
	case edges > p.extent.slots:
		return fmt.Sprintf("up to %d edges, the device takes %d", edges, p.extent.slots)
	}
	return ""
}

// takeOver computes classes on the host, in parallel, and completes the gradient.
func (p *Program) takeOver(classes []int, to []Outcome) error {
	n, width := p.size.Points, p.size.Width
	features := make([][]float32, len(classes))
	for i, c := range classes {
		var err error
		if features[i], err = p.Features.ReadAt(c*n*width, p.points[c]*width); err != nil {
			return err
		}
	}
	gradient := make([][]float32, len(classes))
	err := parallel(classes, func(i, c int) error {
		syn, err := topology.NewCloud(features[i], p.points[c], width)
		if err != nil {
			return err
		}
		a, err := p.targets[c].Align(syn)
		if err != nil {
			return err
		}
		to[c] = outcomeOf(a, to[c].Host)
		for _, v := range a.Grad {
			g := float32(p.weights[c] * v)
			gradient[i] = append(gradient[i], g)
			to[c].Moves = to[c].Moves || g != 0
		}
		return nil
	})
	for i, c := range classes {
		if err == nil {
			err = p.Gradient.WriteAt(c*n*width, gradient[i])
		}
	}
	return err
}

func outcomeOf(a *topology.Alignment, host string) Outcome {
	o := Outcome{
		Loss: a.Loss, Total: a.Total, Push: a.Push, Edges: len(a.Homology.Graph.Edges), Clipped: a.Clipped,
		BeyondEpsMax: a.BeyondEpsMax, Inactive: a.Inactive, Host: host,
	}
	for q, bars := range a.Homology.Bars {
		for _, b := range bars {
			if b.Essential() {
				o.Bars[q].Essential++
			} else {
				o.Bars[q].Finite++
			}
		}
	}
	return o
}
