package web

import (
	"cmp"
	"slices"
)

// fifo is a queue of keys that holds each key once: a state that changes again keeps its place, so that no item
// starves another.
type fifo struct {
	keys []key
	in   map[key]bool
}

// push appends k, and reports false when it was waiting already.
func (q *fifo) push(k key) bool {
	if q.in[k] {
		return false
	}
	if q.in == nil {
		q.in = map[key]bool{}
	}
	q.in[k] = true
	q.keys = append(q.keys, k)
	return true
}

func (q *fifo) remove(i int) {
	delete(q.in, q.keys[i])
	q.keys = slices.Delete(q.keys, i, i+1)
}

// sort puts the keys in the order their states were published.
func (q *fifo) sort(state map[key]*frame) {
	slices.SortFunc(q.keys, func(a, b key) int { return cmp.Compare(state[a].seq, state[b].seq) })
}
