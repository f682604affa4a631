package pull

import (
	"math"
	"math/rand/v2"

	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/ui"
)

// modelSetup is all that a model depends on.
type modelSetup struct {
	preset, anchors string
	seed            uint64
	alpha           float64
	repeats, steps  int    // connections, and gradient steps behind each
	moved           string // where the user put the synthetic points, "" for where the preset has them
}

// planeModel is the pull to the anchor in the plane: a fixed real set, and synthetic points that residual connections
// (Eqn 6, on the points themselves) draw to anchors. With steps, each connection is followed by gradient descent on the
// topology loss (Eqn 11), computed a few steps at a time by advance.
type planeModel struct {
	setup     modelSetup
	real      *figure.Shape
	start     []ui.Point
	pick      []int // real point that is the anchor of each synthetic one
	states    []modelState
	target    *topology.Target
	descent   []ui.Point // points on their way down, nil while there are none
	stepsDone int        // gradient steps behind the last connection
}

// modelState is where the synthetic points are after some connections.
type modelState struct {
	points      []ui.Point
	connections int
	aligned     bool
	bound       float64 // the most that Eqn 8 allows for the spread, 0 where it does not speak
}

const (
	pointCount = 24   // of either set
	neighbours = 15   // of the mutual k-NN graph, as in a run
	planeLimit = 1.6  // points stay within this distance of the origin, along each axis
	maxStride  = 0.02 // the most a gradient step moves a point, at first, in units of eps_max
)

// presets are the shapes of the real set.
var presets = []struct {
	name, title string
	at          func(i int, rng *rand.Rand) ui.Point
}{
	{"ring", "Ring", func(i int, rng *rand.Rand) ui.Point {
		s, c := math.Sincos(2 * math.Pi * (float64(i) + 0.6*rng.Float64()) / pointCount)
		r := 1 + 0.08*rng.NormFloat64()
		return ui.Point{X: r * c, Y: r * s}
	}},
	{"clusters", "Three groups", func(i int, rng *rand.Rand) ui.Point {
		s, c := math.Sincos(2*math.Pi*float64(i%3)/3 + 0.4)
		return ui.Point{X: 0.85*c + 0.2*rng.NormFloat64(), Y: 0.85*s + 0.2*rng.NormFloat64()}
	}},
	{"blob", "One group", func(i int, rng *rand.Rand) ui.Point {
		return ui.Point{X: 0.5 * rng.NormFloat64(), Y: 0.5 * rng.NormFloat64()}
	}},
	{"line", "Arc", func(i int, rng *rand.Rand) ui.Point {
		s, c := math.Sincos(math.Pi * (float64(i) + 0.6*rng.Float64()) / pointCount)
		return ui.Point{X: 1.1*c + 0.05*rng.NormFloat64(), Y: 1.1*s - 0.55 + 0.05*rng.NormFloat64()}
	}},
}

// drawSet is a set of a preset; two numbers give two draws.
func drawSet(preset string, seed, number uint64) []ui.Point {
	rng := rand.New(rand.NewPCG(seed, number))
	pts := make([]ui.Point, pointCount)
	for _, p := range presets {
		if p.name == preset {
			for i := range pts {
				pts[i] = clampPoint(p.at(i, rng))
			}
		}
	}
	return pts
}

func clampPoint(p ui.Point) ui.Point {
	return ui.Point{X: min(max(p.X, -planeLimit), planeLimit), Y: min(max(p.Y, -planeLimit), planeLimit)}
}

// set begins a model anew where its setup changed, and reports whether it did. The real set stays the same while preset
// and seed do.
func (m *planeModel) set(s modelSetup) bool {
	if m.real != nil && m.setup == s {
		return false
	}
	if m.real == nil || m.setup.preset != s.preset || m.setup.seed != s.seed {
		pts := drawSet(s.preset, s.seed, 0)
		m.real = m.shape(pts, 0)
		m.target = nil
	}
	m.setup = s
	m.start = drawSet(s.preset, s.seed, 1)
	if moved, ok := decodePoints(s.moved); ok {
		m.start = moved
	}
	m.choose()
	m.states = append(m.states[:0:0], modelState{points: m.start})
	m.descent = nil
	for !m.done() && s.steps == 0 {
		m.advance(1)
	}
	return true
}

// shape is the filtration of points as a run makes it. The plane's points are finite and few, so there is no error.
func (m *planeModel) shape(pts []ui.Point, cutoff float32) *figure.Shape {
	s, err := figure.FromPoints(pts, figure.Build{K: neighbours, Cutoff: float64(cutoff)})
	if err != nil {
		return &figure.Shape{EpsMax: 1}
	}
	return s
}

// choose gives each synthetic point its anchor among the real ones.
func (m *planeModel) choose() {
	rng := rand.New(rand.NewPCG(m.setup.seed, 2))
	order := rng.Perm(pointCount)
	m.pick = make([]int, len(m.start))
	for i, p := range m.start {
		switch m.setup.anchors {
		case "nearest":
			m.pick[i] = m.nearest(p, order)
		case "few":
			m.pick[i] = m.nearest(p, order[:4])
		case "one":
			m.pick[i] = order[0]
		default:
			m.pick[i] = rng.IntN(pointCount)
		}
	}
}

func (m *planeModel) nearest(p ui.Point, among []int) int {
	best, far := among[0], math.Inf(1)
	for _, i := range among {
		q := m.real.Points[i]
		if d := math.Hypot(p.X-q.X, p.Y-q.Y); d < far {
			best, far = i, d
		}
	}
	return best
}

// anchor is the anchor of synthetic point i.
func (m *planeModel) anchor(i int) ui.Point { return m.real.Points[m.pick[i]] }

// anchorCount is how many real points are the anchor of one synthetic point or more.
func (m *planeModel) anchorCount() int {
	seen := map[int]bool{}
	for _, i := range m.pick {
		seen[i] = true
	}
	return len(seen)
}

// done reports whether every connection and every gradient step is computed.
func (m *planeModel) done() bool {
	last := m.states[len(m.states)-1]
	return m.descent == nil && last.connections == m.setup.repeats && (m.setup.steps == 0 || last.aligned || last.connections == 0)
}

// advance computes the next connection, or at most so many gradient steps.
func (m *planeModel) advance(steps int) {
	last := m.states[len(m.states)-1]
	if m.done() {
		return
	}
	if m.setup.steps > 0 && last.connections > 0 && !last.aligned {
		if m.descent == nil {
			m.descent, m.stepsDone = append([]ui.Point(nil), last.points...), 0
		}
		for ; steps > 0 && m.stepsDone < m.setup.steps; steps-- {
			m.descend()
		}
		if m.stepsDone == m.setup.steps {
			m.states = append(m.states, modelState{points: m.descent, connections: last.connections, aligned: true})
			m.descent = nil
		}
		return
	}
	alpha := m.setup.alpha
	next := modelState{points: make([]ui.Point, len(last.points)), connections: last.connections + 1}
	anchors := make([]ui.Point, len(last.points))
	for i, p := range last.points {
		a := m.anchor(i)
		anchors[i] = a
		next.points[i] = ui.Point{X: alpha*p.X + (1-alpha)*a.X, Y: alpha*p.Y + (1-alpha)*a.Y}
	}
	next.bound = alpha*spread(last.points) + (1-alpha)*spread(anchors)
	m.states = append(m.states, next)
}

// descend is one step of gradient descent on the topology loss. It moves the point with the largest gradient by a set
// length, which shrinks to nothing over the steps, and the others in proportion.
func (m *planeModel) descend() {
	length := maxStride * float64(m.real.EpsMax) * (1 - float64(m.stepsDone)/float64(m.setup.steps))
	m.stepsDone++
	if m.target == nil {
		o := topology.DefaultOptions()
		o.K, o.Grid = neighbours, 16
		t, err := topology.NewTarget(o, topologyCloud(m.real.Points))
		if err != nil {
			return
		}
		m.target = t
	}
	a, err := m.target.Align(topologyCloud(m.descent))
	if err != nil {
		return
	}
	most := 0.0
	for i := range m.descent {
		most = max(most, math.Hypot(a.Grad[2*i], a.Grad[2*i+1]))
	}
	if !(most > 0) {
		return
	}
	for i, p := range m.descent {
		m.descent[i] = clampPoint(ui.Point{X: p.X - length*a.Grad[2*i]/most, Y: p.Y - length*a.Grad[2*i+1]/most})
	}
}

// topologyCloud is points as the topology knows them; those of the model are finite.
func topologyCloud(pts []ui.Point) topology.Cloud {
	xy := make([]float64, 0, 2*len(pts))
	for _, p := range pts {
		xy = append(xy, p.X, p.Y)
	}
	c, err := topology.NewCloud(xy, len(pts), 2)
	if err != nil {
		return topology.Cloud{Dim: 2}
	}
	return c
}

// spread is the mean distance of two points, which Eqn 8 bounds.
func spread(pts []ui.Point) float64 {
	s, err := topologyCloud(pts).Spread()
	if err != nil {
		return 0
	}
	return s
}

// measurement is what the scene reads off a set.
type measurement struct {
	spread, merge float64 // merge is the least eps at which two points join
	kappa         [2]float64
}

func (m *planeModel) measure(s *figure.Shape) measurement {
	out := measurement{spread: spread(s.Points), merge: math.Inf(1)}
	ends := 0
	for _, b := range s.Bars {
		if b.Degree == 0 {
			ends++
			out.merge = min(out.merge, float64(b.Death))
		}
	}
	if ends < len(s.Points) { // bars of no length are none: points that coincide
		out.merge = 0
	}
	for q := range out.kappa {
		out.kappa[q] = figure.Shortfall(m.real, s, q, m.real.EpsMax)
	}
	return out
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// encodePoints writes points for a link: twelve bits a coordinate, four letters a point.
func encodePoints(pts []ui.Point) string {
	var b []byte
	for _, p := range pts {
		for _, v := range [2]float64{p.X, p.Y} {
			n := int(math.Round((min(max(v/planeLimit, -1), 1) + 1) / 2 * 4095))
			b = append(b, base64Digits[n>>6], base64Digits[n&63])
		}
	}
	return string(b)
}

// decodePoints reads what encodePoints wrote; ok is false for anything else.
func decodePoints(text string) (pts []ui.Point, ok bool) {
	if len(text) != 4*pointCount {
		return nil, false
	}
	var digit [256]int
	for i := range digit {
		digit[i] = -1
	}
	for i := range len(base64Digits) {
		digit[base64Digits[i]] = i
	}
	at := func(i int) (float64, bool) {
		hi, lo := digit[text[i]], digit[text[i+1]]
		return (float64(hi<<6|lo)/4095*2 - 1) * planeLimit, hi >= 0 && lo >= 0
	}
	for i := 0; i < len(text); i += 4 {
		x, good := at(i)
		y, fine := at(i + 2)
		if !good || !fine {
			return nil, false
		}
		pts = append(pts, ui.Point{X: x, Y: y})
	}
	return pts, true
}
