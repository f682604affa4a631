package topology

// partition is the disjoint-set forest of n points, with path halving and union by size.
type partition struct {
	up    []int32 // parent, or minus the size at a root
	count int     // of parts
}

func newPartition(up []int32) partition {
	for i := range up {
		up[i] = -1
	}
	return partition{up, len(up)}
}

func (p *partition) find(i int32) int32 {
	for p.up[i] >= 0 {
		if up := p.up[p.up[i]]; up >= 0 {
			p.up[i] = up
		}
		i = p.up[i]
	}
	return i
}

// union joins the parts of i and j and reports whether they were two.
func (p *partition) union(i, j int32) bool {
	i, j = p.find(i), p.find(j)
	if i == j {
		return false
	}
	if p.up[i] > p.up[j] {
		i, j = j, i
	}
	p.up[i] += p.up[j]
	p.up[j] = i
	p.count--
	return true
}
