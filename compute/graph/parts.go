package graph

import "iter"

// Whole marks a tensor that every part of a batch reads or writes as a whole:
// Parts does not divide it.
func (t Tensor) Whole() Tensor {
	t.whole = true
	return t
}

// Parts divides n items, the leading dimension of every tensor that is not
// marked Whole, into ranges of which the device binds every tensor at once. It
// yields each range's number of items and tensors: everything at once where
// that fits, as it nearly always does. All ranges but the last are multiples of
// step items.
//
// Where even step items do not fit it yields everything, and Dispatch names the
// tensor that is too large.
func (l *Lowering) Parts(n, step int, ts []Tensor) iter.Seq2[int, []Tensor] {
	size := l.partSize(n, step, ts)
	return func(yield func(int, []Tensor) bool) {
		for first := 0; first < n; first += size {
			items := min(size, n-first)
			part := make([]Tensor, len(ts))
			for i, t := range ts {
				if part[i] = t; !t.whole {
					each := t.n / n
					part[i] = t.Slice(first*each, t.n-first*each)
					if first+items < n {
						part[i].n = items * each
					}
				}
			}
			if !yield(items, part) {
				return
			}
		}
	}
}

// partSize is the number of items of every range of Parts but the last.
func (l *Lowering) partSize(n, step int, ts []Tensor) int {
	limits := l.Info().Limits
	unit, most := step, n
	for _, t := range ts {
		if t.whole {
			continue
		}
		each := t.n / n
		if each*n != t.n {
			return n
		}
		unit = lcm(unit, lcm(each, l.AlignOf(t))/each)
		if t.bytes() > limits.StorageRange {
			most = min(most, int(limits.StorageRange/t.element())/each)
		}
	}
	if most == n || most < unit {
		return n
	}
	most = most / unit * unit
	parts := (n + most - 1) / most
	return (n + parts*unit - 1) / (parts * unit) * unit // as even as can be
}

// Align is what the start of a Slice of a float32 tensor is a multiple of, in
// elements, so that the device can bind it and no 16 bytes are shared with what
// lies before.
func (l *Lowering) Align() int { return l.AlignOf(Tensor{}) }

// AlignOf is Align of t.
func (l *Lowering) AlignOf(t Tensor) int {
	return int(max(16, l.Info().Limits.OffsetAlign) / t.element())
}

// lcm is the least common multiple of two positive numbers.
func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
