package train

import "math"

// Assign gives each row of a table a column of its own so that the sum of the chosen entries is largest (Kuhn 1955, in the form
// of shortest augmenting paths, Jonker and Volgenant 1987). There must be as many columns as rows or more.
func Assign(table [][]float64) []int {
	rows := len(table)
	if rows == 0 {
		return nil
	}
	columns := len(table[0])
	// Dual prices of rows and columns; row[j] is the row that has column j, 0 for none: both count from 1.
	u, v := make([]float64, rows+1), make([]float64, columns+1)
	row := make([]int, columns+1)
	for i := 1; i <= rows; i++ {
		least, from := make([]float64, columns+1), make([]int, columns+1)
		done := make([]bool, columns+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		row[0] = i
		at := 0
		for row[at] != 0 {
			done[at] = true
			next, step := 0, math.Inf(1)
			for j := 1; j <= columns; j++ {
				if done[j] {
					continue
				}
				if cost := -table[row[at]-1][j-1] - u[row[at]] - v[j]; cost < least[j] {
					least[j], from[j] = cost, at
				}
				if least[j] < step {
					next, step = j, least[j]
				}
			}
			for j := range done {
				if done[j] {
					u[row[j]] += step
					v[j] -= step
				} else {
					least[j] -= step
				}
			}
			at = next
		}
		for at != 0 {
			row[at], at = row[from[at]], from[at]
		}
	}
	column := make([]int, rows)
	for j := 1; j <= columns; j++ {
		if row[j] > 0 {
			column[row[j]-1] = j - 1
		}
	}
	return column
}
