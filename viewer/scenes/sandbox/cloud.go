package sandbox

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"reta/shared/pointfile"
	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// cloud is what the sandbox holds: points, and the lengths between them.
type cloud struct {
	points  []ui.Point // where they are drawn
	unit    bool       // in the unit square, on the grid that links carry
	lengths topology.Distances
	graph   *topology.Graph // edges of a file, instead of all distances
	fit     ui.Rect         // part of the plane to show
	name    string          // of the file, or what else it is
	note    string          // what to know of it
}

// cloudMost bounds the points of the sandbox: more cannot be distinguished, and the page
// would no longer follow the pointer.
const cloudMost = 400

// flat reports whether lengths are distances between places, so that points can be moved.
func (c *cloud) flat() bool { return c.lengths.N == 0 && c.graph == nil }

func newUnit(pts []ui.Point, name string) *cloud { return &cloud{points: pts, unit: true, name: name} }

// shape computes the complex of all pairs, or with k > 0 of mutual neighbours, up to
// cutoff (0: its own end).
func (c *cloud) shape(k int, cutoff float64) (*figure.Shape, error) {
	switch {
	case c.graph != nil:
		return figure.FromGraph(c.graph, c.points, cutoff)
	case c.lengths.N > 0:
		return figure.FromDistances(c.lengths, c.points, figure.Build{K: k, Cutoff: cutoff})
	}
	return figure.FromPoints(c.points, figure.Build{K: k, Cutoff: cutoff})
}

// with returns a copy that has other points.
func (c *cloud) with(pts []ui.Point) *cloud {
	d := *c
	d.points = pts
	if d.unit {
		d.name = "" // a preset no more
		for i, p := range pts {
			pts[i] = onGrid(p)
		}
	}
	return &d
}

// Links carry a coordinate of the unit square in ten bits: sixty points in 200 letters.
const (
	gridSteps = 1<<10 - 1
	linkMost  = view.TextMax * 6 / 20
)

// onGrid moves a point to where a link can put it.
func onGrid(p ui.Point) ui.Point {
	f := func(x float64) float64 { return math.Round(inUnit(x)*gridSteps) / gridSteps }
	return ui.Point{X: f(p.X), Y: f(p.Y)}
}

// text is the points as a link carries them, or a mark that only this page knows when
// they are too many or do not lie in the unit square.
func (c *cloud) text() string {
	if len(c.points) > linkMost || !c.unit {
		h := fnv.New64a()
		for _, p := range c.points {
			fmt.Fprintln(h, p.X, p.Y)
		}
		fmt.Fprintln(h, c.name, c.unit)
		return fmt.Sprintf("~%016x", h.Sum64())
	}
	out := make([]byte, 0, view.TextMax)
	bits, held := uint(0), 0
	put := func(v uint) {
		bits, held = bits<<10|v, held+10
		for ; held >= 6; held -= 6 {
			out = append(out, letters[bits>>(held-6)&63])
		}
	}
	for _, p := range c.points {
		put(uint(math.Round(inUnit(p.X) * gridSteps)))
		put(uint(math.Round(inUnit(p.Y) * gridSteps)))
	}
	if held > 0 {
		out = append(out, letters[bits<<(6-held)&63])
	}
	return string(out)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// pointsOf reads what text wrote. It is false for anything else.
func pointsOf(text string) (pts []ui.Point, ok bool) {
	if len(text) > view.TextMax {
		return nil, false
	}
	n := len(text) * 6 / 20
	bits, held := uint(0), 0
	var all []float64
	for i := range len(text) {
		v := letterValue[text[i]]
		if v < 0 {
			return nil, false
		}
		bits, held = bits<<6|uint(v), held+6
		if held >= 10 {
			all = append(all, float64(bits>>(held-10)&gridSteps)/gridSteps)
			held -= 10
		}
	}
	if len(text) != (n*20+5)/6 {
		return nil, false
	}
	for i := range n {
		pts = append(pts, ui.Point{X: all[2*i], Y: all[2*i+1]})
	}
	return pts, true
}

var letterValue = func() (out [256]int) {
	for i := range out {
		out[i] = -1
	}
	for i := range len(letters) {
		out[letters[i]] = i
	}
	return out
}()

// readCloud takes points, their distances or a graph out of a file.
func readCloud(name string, data []byte) (*cloud, error) {
	held, err := pointfile.Read(name, data, "")
	if err != nil {
		return nil, fmt.Errorf("%s, %w", name, err)
	}
	c := &cloud{name: name}
	for _, note := range held.Notes {
		c.note += " Note: " + note + "."
	}
	switch {
	case held.Graph != nil:
		return c.takeGraph(held.Graph)
	case held.Distances != nil:
		return c.takeDistances(held.Distances)
	}
	p := *held.Points
	if p.N == 0 {
		return nil, fmt.Errorf("%s holds no point", name)
	}
	if p.N > cloudMost {
		c.note += fmt.Sprintf(" A sample of %d of its %d points, drawn at random: the sandbox takes no more.", cloudMost, p.N)
		p = sample(p)
	}
	// A browser takes several times what the model says of one core.
	const patience, slower = 1.5, 4.0
	if cost := topology.CostRips(p.N, p.Dim); cost.Seconds*slower > patience {
		return nil, fmt.Errorf("%s has %d points of %d coordinates, which would take the page about %.0f s: take fewer points, or project them first",
			name, p.N, p.Dim, cost.Seconds*slower)
	}
	if p.Dim <= 2 {
		for i := range p.N {
			at := ui.Point{X: p.Row(i)[0]}
			if p.Dim == 2 {
				at.Y = p.Row(i)[1]
			}
			c.points = append(c.points, at)
		}
		c.fit = around(c.points)
		return c, nil
	}
	space, err := topology.NewCloud(p.X, p.N, p.Dim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if c.lengths, err = space.Distances(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var explained float64
	c.points, explained = principal(p.N, c.lengths.At)
	c.fit = around(c.points)
	c.note += fmt.Sprintf(" Distances are the true ones in %d dimensions. The picture is a shadow on the two leading principal axes, which hold %.0f %% of the variance.",
		p.Dim, 100*explained)
	return c, nil
}

// sample draws cloudMost of the points without repeats, in their order.
func sample(p pointfile.Cloud) pointfile.Cloud {
	rng := rand.New(rand.NewPCG(1, 1))
	out := pointfile.Cloud{Dim: p.Dim}
	for i := range p.N {
		if left := cloudMost - out.N; rng.IntN(p.N-i) < left {
			out.X = append(out.X, p.Row(i)...)
			out.N++
		}
	}
	return out
}

// takeDistances takes a distance matrix.
func (c *cloud) takeDistances(m *pointfile.Matrix) (*cloud, error) {
	if m.N > cloudMost {
		return nil, fmt.Errorf("%s holds the distances of %d points: the sandbox takes at most %d", c.name, m.N, cloudMost)
	}
	var err error
	if c.lengths, err = topology.NewDistances(m.N, m.V); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	var explained float64
	c.points, explained = principal(m.N, c.lengths.At)
	c.fit = around(c.points)
	c.note += fmt.Sprintf(" Distances are those of the file. The picture shows the two leading principal axes of classical scaling, which hold %.0f %% of the variance.",
		100*explained)
	return c, nil
}

func (c *cloud) takeGraph(g *pointfile.Graph) (*cloud, error) {
	if g.N > cloudMost {
		return nil, fmt.Errorf("%s is a graph on %d points: the sandbox takes at most %d", c.name, g.N, cloudMost)
	}
	edges := make([]topology.Edge, len(g.Edges))
	for i, e := range g.Edges {
		edges[i] = topology.Edge{I: e.I, J: e.J, Weight: e.Weight}
	}
	c.note += " A graph: its weights are the lengths. It has no places; the picture lays it out by its shortest paths."
	var err error
	if c.graph, err = topology.NewGraph(g.N, edges); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	paths := shortest(c.graph)
	c.points, _ = principal(g.N, func(i, j int) float64 { return paths[i*g.N+j] })
	c.fit = around(c.points)
	return c, nil
}

// shortest is the length of the shortest path between every two points of a graph
// (Floyd and Warshall); between parts that no path joins, half more than the longest.
func shortest(g *topology.Graph) []float64 {
	n := g.N
	d := make([]float64, n*n)
	for i := range d {
		d[i] = math.Inf(1)
	}
	for i := range n {
		d[i*n+i] = 0
	}
	for _, e := range g.Edges {
		i, j := int(e.I), int(e.J)
		d[i*n+j], d[j*n+i] = e.Weight, e.Weight
	}
	for k := range n {
		for i := range n {
			for j, via := 0, d[i*n+k]; j < n; j++ {
				d[i*n+j] = min(d[i*n+j], via+d[k*n+j])
			}
		}
	}
	longest := 0.0
	for _, v := range d {
		if !math.IsInf(v, 1) {
			longest = max(longest, v)
		}
	}
	for i, v := range d {
		if math.IsInf(v, 1) {
			d[i] = 1.5*longest + 1e-9
		}
	}
	return d
}

// around is the part of the plane that holds all points.
func around(pts []ui.Point) ui.Rect {
	r := figure.FitPoints(pts)
	if r.W <= 0 && r.H <= 0 {
		r.X, r.Y, r.W, r.H = r.X-0.5, r.Y-0.5, 1, 1
	}
	return r
}
