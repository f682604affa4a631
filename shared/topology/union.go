package topology

import "fmt"

// Union is the mutual k-NN graph on Z = Z_real u Z_syn with a quota per block (section 4.2): a point has k neighbours
// in its own set and k in the other, mutual inside each block. Its restriction to one set is that set's own graph, so
// the diagrams of Eqn 11 come from Real and Syn, and real ones stand still while synthetic points move. Cross serves
// drawing and diagnostics only: its edges join real point I to synthetic point J, and I < J does not hold.
type Union struct {
	Real, Syn *Graph
	Cross     []Edge
}

// MutualKNNUnion builds the union graph of two clouds of one dimension.
func MutualKNNUnion(real, syn Cloud, k int) (*Union, error) {
	if real.Dim != syn.Dim {
		return nil, fmt.Errorf("union: real points have %d coordinates, synthetic ones %d: want the same", real.Dim, syn.Dim)
	}
	all := Cloud{N: real.N + syn.N, Dim: real.Dim, X: append(append([]float64(nil), real.X...), syn.X...)}
	d, err := all.Distances()
	if err != nil {
		return nil, fmt.Errorf("union: %w", err)
	}
	return &Union{
		Real:  MutualKNN(d.block(0, real.N), k),
		Syn:   MutualKNN(d.block(real.N, all.N), k),
		Cross: crossKNN(d, real.N, k),
	}, nil
}

func (d Distances) block(from, to int) Distances {
	b := Distances{N: to - from, v: make([]float64, 0, (to-from)*(to-from))}
	for i := from; i < to; i++ {
		b.v = append(b.v, d.Row(i)[from:to]...)
	}
	return b
}

// crossKNN joins points of [0,m) with points of [m,n), mutual among the k nearest of the other side.
func crossKNN(d Distances, m, k int) []Edge {
	reach := make([]float64, d.N)
	for i := range d.N {
		other := d.Row(i)[m:]
		if i >= m {
			other = d.Row(i)[:m]
		}
		if k < 1 || len(other) == 0 {
			return nil
		}
		reach[i] = smallest(min(k, len(other)), nil, other)
	}
	var edges []Edge
	for i := range m {
		for j := m; j < d.N; j++ {
			if w := d.At(i, j); w <= reach[i] && w <= reach[j] {
				edges = append(edges, Edge{int32(i), int32(j - m), w})
			}
		}
	}
	return order(edges)
}
