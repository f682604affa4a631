package distill

// rotation lets one of so many teachers act on a step, in turn (FADRM+).
type rotation int

func (n rotation) Acting(step, _ int) []Share { return []Share{{step % int(n), 1}} }

// mean lets all of so many teachers act on every step.
type mean int

func (n mean) Acting(int, int) []Share {
	list := make([]Share, n)
	for i := range list {
		list[i] = Share{i, 1 / float64(n)}
	}
	return list
}
