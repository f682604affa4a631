package topology

// links is a graph that grows edge by edge. The link of an edge {u,v} is made of the common neighbours w of u and v,
// each the third corner of a triangle {u,w,v}, and of the edges among them, all as far as they entered before.
type links interface {
	// enter adds edge e = {u,v}, u < v, and returns the edges {u,w} and {w,v} to the lowest corner w in its link, or
	// -1, -1 when there is none.
	enter(u, v, e int32) (uw, wv int32)
	// further returns the same for the lowest corner in each further component of the link of the edge that entered
	// last, one a call.
	further() (uw, wv int32)
}

// newLinks chooses between two forms of a graph: with rows of bits a step to all neighbours of a point takes n/64 words
// however few they are, and the whole takes 2n^2 bytes; with lists it takes a word for each of them.
func newLinks(g *Graph) links {
	if g.N <= MaxMatrix && g.N*g.N <= 128*len(g.Edges) {
		return newBitRows(g.N)
	}
	return newLists(g)
}
