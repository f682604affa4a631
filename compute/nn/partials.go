package nn

import "reta/compute/graph"

// partials computes what is summed over a batch of n items in the parts that
// the device binds (see Lowering.Parts): f leaves the partial results of a part
// in out, slots of so many words, of which there are slots(n) and, for the
// alignment of the next part, perhaps some more: sums of nothing. partials
// returns all slots, one after the other, and their number.
func partials(l *graph.Lowering, n, step int, in []graph.Tensor, words int, slots func(n int) int,
	f func(n int, in []graph.Tensor, out graph.Tensor, slots int)) (graph.Tensor, int) {
	var counts []int
	total, done := 0, 0
	for items := range l.Parts(n, step, in) {
		k := slots(items)
		if done += items; done < n {
			k = roundUp(k, lcm(words, l.Align())/words)
		}
		counts, total = append(counts, k), total+k
	}
	all, at := l.Scratch(total*words), 0
	for items, in := range l.Parts(n, step, in) {
		k := counts[0]
		counts = counts[1:]
		f(items, in, all.Slice(at*words, k*words), k)
		at += k
	}
	return all, total
}

// lcm is the least common multiple of two positive numbers.
func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
