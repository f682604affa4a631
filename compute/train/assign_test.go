package train

import (
	"math/rand/v2"
	"testing"
)

// The best assignment of small tables is that of trying all.
func TestAssign(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		rows := 1 + rng.IntN(5)
		columns := rows + rng.IntN(3)
		table := make([][]float64, rows)
		for i := range table {
			for range columns {
				table[i] = append(table[i], float64(rng.IntN(7)))
			}
		}
		got, seen := 0.0, map[int]bool{}
		for i, j := range Assign(table) {
			if seen[j] {
				t.Fatalf("%v: column %d is given twice", table, j)
			}
			seen[j] = true
			got += table[i][j]
		}
		if want := tryAll(table, 0, map[int]bool{}); got != want {
			t.Fatalf("%v: sum %v, want %v", table, got, want)
		}
	}
	if Assign(nil) != nil {
		t.Error("nothing is assigned something")
	}
}

func tryAll(table [][]float64, row int, used map[int]bool) float64 {
	if row == len(table) {
		return 0
	}
	best := -1.0
	for j := range table[row] {
		if !used[j] {
			used[j] = true
			best = max(best, table[row][j]+tryAll(table, row+1, used))
			delete(used, j)
		}
	}
	return best
}
