package retrieval

import (
	"fmt"
	"math"
)

// Assign gives each of m images a patch of its own out of n, at the least sum of scores. Image i does not get patch
// self[i]; self is nil where every patch is allowed.
func Assign(m, n int, self []int, score func(image, patch int) float64) ([]int, error) {
	if m > n {
		return nil, fmt.Errorf("retrieval: %d images but %d patches: want a patch each, or repeats allowed", m, n)
	}
	anchors := assign(m, n, func(i, patch int) float64 {
		if self != nil && self[i] == patch {
			return forbidden
		}
		return score(i, patch)
	})
	for i, patch := range anchors {
		if self != nil && self[i] == patch {
			return nil, fmt.Errorf("retrieval: image %d can have no patch but its own: allow it, or repeats", i)
		}
	}
	return anchors, nil
}

// forbidden is a cost above any sum of scores.
const forbidden = 1e9

// assign gives each of m rows a column of its own out of n >= m, at the least total cost: the Hungarian method with
// potentials and shortest augmenting paths, O(m^2 n) (Jonker and Volgenant 1987). Costs may be negative.
func assign(m, n int, cost func(row, column int) float64) []int {
	const free = -1
	rowOf := make([]int, n) // row that holds each column
	for j := range rowOf {
		rowOf[j] = free
	}
	u, v := make([]float64, m), make([]float64, n) // potentials: cost - u - v >= 0, and 0 on held columns
	for row := range m {
		slack, from, done := make([]float64, n), make([]int, n), make([]bool, n)
		for j := range slack {
			slack[j], from[j] = math.Inf(1), free
		}
		at, column := row, free // grow the tree of tight edges from row until it meets a free column
		for {
			next := free
			for j := range n {
				if done[j] {
					continue
				}
				if s := cost(at, j) - u[at] - v[j]; s < slack[j] {
					slack[j], from[j] = s, column
				}
				if next == free || slack[j] < slack[next] {
					next = j
				}
			}
			delta := slack[next]
			u[row] += delta
			for j := range n {
				if done[j] {
					u[rowOf[j]] += delta
					v[j] -= delta
				} else {
					slack[j] -= delta
				}
			}
			column, done[next] = next, true
			if rowOf[column] == free {
				break
			}
			at = rowOf[column]
		}
		for column != free { // shift the path by one
			before := from[column]
			if before == free {
				rowOf[column] = row
			} else {
				rowOf[column] = rowOf[before]
			}
			column = before
		}
	}
	columns := make([]int, m)
	for j, row := range rowOf {
		if row != free {
			columns[row] = j
		}
	}
	return columns
}
