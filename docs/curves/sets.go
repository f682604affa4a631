package main

import (
	"math"
	"math/rand/v2"

	"reta/shared/topology"
)

// convention is how a feature enters the topology loss.
type convention string

const (
	raw  convention = "raw"  // phi(x) as it leaves global pooling, the paper's Z_c = phi(x)
	unit convention = "unit" // phi(x)/|phi(x)|, as retrieval has it (Eqn 4)
)

// of returns raw features by the convention.
func (v convention) of(c topology.Cloud) topology.Cloud {
	if v == raw {
		return c
	}
	return mapped(c, func(i int, row []float64) {
		square := 0.0
		for _, x := range row {
			square += x * x
		}
		for d := range row {
			row[d] /= math.Max(1e-12, math.Sqrt(square))
		}
	})
}

// pullBack takes a gradient by the convention's features to one by the raw features phi.
func (v convention) pullBack(phi, gradient topology.Cloud) topology.Cloud {
	if v == raw {
		return gradient
	}
	z := unit.of(phi)
	return mapped(gradient, func(i int, row []float64) {
		radial, square := 0.0, 0.0
		for d, g := range row {
			radial += g * z.Row(i)[d]
			square += phi.Row(i)[d] * phi.Row(i)[d]
		}
		for d := range row {
			row[d] = (row[d] - radial*z.Row(i)[d]) / math.Max(1e-12, math.Sqrt(square))
		}
	})
}

// anchorKind is what a point is pulled to.
type anchorKind string

const (
	meanAnchor    anchorKind = "class mean"
	nearestAnchor anchorKind = "nearest image" // of its class by features of length one, itself left out
	threeAnchors  anchorKind = "three images"  // the nearest of three of its class, itself left out: many share an anchor
)

var anchorKinds = []anchorKind{meanAnchor, nearestAnchor, threeAnchors}

// anchors gives each point's anchor among the points of its class; seed draws the three.
func (kind anchorKind) anchors(class topology.Cloud, seed int) []int {
	candidates := rand.New(rand.NewPCG(uint64(seed), 3)).Perm(class.N)
	if kind == threeAnchors {
		candidates = candidates[:min(3, class.N)]
	}
	z := unit.of(class)
	chosen := make([]int, class.N)
	for i := range chosen {
		least := math.Inf(1)
		for _, a := range candidates {
			if d := squared(z.Row(i), z.Row(a)); a != i && d < least {
				chosen[i], least = a, d
			}
		}
	}
	return chosen
}

// aims returns where each point is pulled to.
func (kind anchorKind) aims(class topology.Cloud, seed int) topology.Cloud {
	if kind != meanAnchor {
		return taken(class, kind.anchors(class, seed))
	}
	mean := class.Mean()
	return mapped(class, func(_ int, row []float64) { copy(row, mean) })
}

func squared(a, b []float64) float64 {
	sum := 0.0
	for d := range a {
		sum += (a[d] - b[d]) * (a[d] - b[d])
	}
	return sum
}

// mapped returns a copy of the cloud with every row changed by change.
func mapped(c topology.Cloud, change func(i int, row []float64)) topology.Cloud {
	c.X = append([]float64(nil), c.X...)
	for i := range c.N {
		change(i, c.Row(i))
	}
	return c
}

// taken returns the points of the given rows.
func taken(c topology.Cloud, rows []int) topology.Cloud {
	t := topology.Cloud{N: len(rows), Dim: c.Dim}
	for _, i := range rows {
		t.X = append(t.X, c.Row(i)...)
	}
	return t
}

// pulled moves each point by share t of the way to its aim: Eqn 7 with 1-alpha = t.
func pulled(c, aims topology.Cloud, t float64) topology.Cloud {
	return mapped(c, func(i int, row []float64) {
		for d, a := range aims.Row(i) {
			row[d] += t * (a - row[d])
		}
	})
}

// scaled stretches the points about their mean.
func scaled(c topology.Cloud, by float64) topology.Cloud {
	mean := c.Mean()
	return mapped(c, func(_ int, row []float64) {
		for d, m := range mean {
			row[d] = m + by*(row[d]-m)
		}
	})
}
