package pull

import (
	"math"
	"math/rand/v2"

	"reta/shared/topology"
	"reta/viewer/figure"
	"reta/viewer/ui"
)

// pullSetup is all that a model depends on.
type pullSetup struct {
	preset, anchors string
	seed            uint64
	alpha           float64
	repeats, steps  int    // connections, and gradient steps behind each
	moved           string // where the user put the synthetic points, "" for where the preset has them
}

// pullModel is the pull to the anchor in the plane: a fixed real set, and synthetic points that residual connections
// (Eqn 6, on the points themselves) draw to anchors. With steps, each connection is followed by gradient descent on the
// topology loss (Eqn 11), computed a few steps at a time by advance.
type pullModel struct {
	setup   pullSetup
	real    *figure.Shape
	start   []ui.Point
	pick    []int // real point that is the anchor of each synthetic one
	states  []pullState
	target  *topology.Target
	descent []ui.Point // points on their way down, nil while there are none
	went    int        // gradient steps behind the last connection
}

// pullState is where the synthetic points are after some connections.
type pullState struct {
	points      []ui.Point
	connections int
	aligned     bool
	foretold    float64 // the most that Eqn 8 allows for the spread, 0 where it does not speak
}

const (
	pullPoints = 24   // of either set
	pullK      = 15   // of the mutual k-NN graph, as in a run
	pullReach  = 1.6  // points stay within this distance of the origin, along each axis
	pullStride = 0.02 // the most a gradient step moves a point, at first, in units of eps_max
)

// pullPresets are the shapes of the real set.
var pullPresets = []struct {
	name, title string
	at          func(i int, rng *rand.Rand) ui.Point
}{
	{"ring", "Ring", func(i int, rng *rand.Rand) ui.Point {
		s, c := math.Sincos(2 * math.Pi * (float64(i) + 0.6*rng.Float64()) / pullPoints)
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
		s, c := math.Sincos(math.Pi * (float64(i) + 0.6*rng.Float64()) / pullPoints)
		return ui.Point{X: 1.1*c + 0.05*rng.NormFloat64(), Y: 1.1*s - 0.55 + 0.05*rng.NormFloat64()}
	}},
}

// pullDraw is a set of a preset; two numbers give two draws.
func pullDraw(preset string, seed, number uint64) []ui.Point {
	rng := rand.New(rand.NewPCG(seed, number))
	pts := make([]ui.Point, pullPoints)
	for _, p := range pullPresets {
		if p.name == preset {
			for i := range pts {
				pts[i] = pullInside(p.at(i, rng))
			}
		}
	}
	return pts
}

func pullInside(p ui.Point) ui.Point {
	return ui.Point{X: min(max(p.X, -pullReach), pullReach), Y: min(max(p.Y, -pullReach), pullReach)}
}

// set begins a model anew where its setup changed, and reports whether it did. The real set stays the same while preset
// and seed do.
func (m *pullModel) set(s pullSetup) bool {
	if m.real != nil && m.setup == s {
		return false
	}
	if m.real == nil || m.setup.preset != s.preset || m.setup.seed != s.seed {
		pts := pullDraw(s.preset, s.seed, 0)
		m.real = m.shape(pts, 0)
		m.target = nil
	}
	m.setup = s
	m.start = pullDraw(s.preset, s.seed, 1)
	if moved, ok := pullParse(s.moved); ok {
		m.start = moved
	}
	m.choose()
	m.states = append(m.states[:0:0], pullState{points: m.start})
	m.descent = nil
	for !m.done() && s.steps == 0 {
		m.advance(1)
	}
	return true
}

// shape is the filtration of points as a run makes it. The plane's points are finite and few, so there is no error.
func (m *pullModel) shape(pts []ui.Point, cutoff float32) *figure.Shape {
	s, err := figure.FromPoints(pts, figure.Build{K: pullK, Cutoff: float64(cutoff)})
	if err != nil {
		return &figure.Shape{EpsMax: 1}
	}
	return s
}

// choose gives each synthetic point its anchor among the real ones.
func (m *pullModel) choose() {
	rng := rand.New(rand.NewPCG(m.setup.seed, 2))
	order := rng.Perm(pullPoints)
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
			m.pick[i] = rng.IntN(pullPoints)
		}
	}
}

func (m *pullModel) nearest(p ui.Point, among []int) int {
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
func (m *pullModel) anchor(i int) ui.Point { return m.real.Points[m.pick[i]] }

// taken is how many real points are the anchor of one synthetic point or more.
func (m *pullModel) taken() int {
	seen := map[int]bool{}
	for _, i := range m.pick {
		seen[i] = true
	}
	return len(seen)
}

// done reports whether every connection and every gradient step is computed.
func (m *pullModel) done() bool {
	last := m.states[len(m.states)-1]
	return m.descent == nil && last.connections == m.setup.repeats && (m.setup.steps == 0 || last.aligned || last.connections == 0)
}

// advance computes the next connection, or at most so many gradient steps.
func (m *pullModel) advance(steps int) {
	last := m.states[len(m.states)-1]
	if m.done() {
		return
	}
	if m.setup.steps > 0 && last.connections > 0 && !last.aligned {
		if m.descent == nil {
			m.descent, m.went = append([]ui.Point(nil), last.points...), 0
		}
		for ; steps > 0 && m.went < m.setup.steps; steps-- {
			m.descend()
		}
		if m.went == m.setup.steps {
			m.states = append(m.states, pullState{points: m.descent, connections: last.connections, aligned: true})
			m.descent = nil
		}
		return
	}
	alpha := m.setup.alpha
	next := pullState{points: make([]ui.Point, len(last.points)), connections: last.connections + 1}
	anchors := make([]ui.Point, len(last.points))
	for i, p := range last.points {
		a := m.anchor(i)
		anchors[i] = a
		next.points[i] = ui.Point{X: alpha*p.X + (1-alpha)*a.X, Y: alpha*p.Y + (1-alpha)*a.Y}
	}
	next.foretold = alpha*pullSpread(last.points) + (1-alpha)*pullSpread(anchors)
	m.states = append(m.states, next)
}

// descend is one step of gradient descent on the topology loss. It moves the point with the largest gradient by a set
// length, which shrinks to nothing over the steps, and the others in proportion.
func (m *pullModel) descend() {
	length := pullStride * float64(m.real.EpsMax) * (1 - float64(m.went)/float64(m.setup.steps))
	m.went++
	if m.target == nil {
		o := topology.DefaultOptions()
		o.K, o.Grid = pullK, 16
		t, err := topology.NewTarget(o, pullCloud(m.real.Points))
		if err != nil {
			return
		}
		m.target = t
	}
	a, err := m.target.Align(pullCloud(m.descent))
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
		m.descent[i] = pullInside(ui.Point{X: p.X - length*a.Grad[2*i]/most, Y: p.Y - length*a.Grad[2*i+1]/most})
	}
}

// pullCloud is points as the topology knows them; those of the model are finite.
func pullCloud(pts []ui.Point) topology.Cloud {
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

// pullSpread is the mean distance of two points, which Eqn 8 bounds.
func pullSpread(pts []ui.Point) float64 {
	s, err := pullCloud(pts).Spread()
	if err != nil {
		return 0
	}
	return s
}

// pullMeasure is what the scene reads off a set.
type pullMeasure struct {
	spread, merge float64 // merge is the least eps at which two points join
	kappa         [2]float64
}

func (m *pullModel) measure(s *figure.Shape) pullMeasure {
	out := pullMeasure{spread: pullSpread(s.Points), merge: math.Inf(1)}
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

const pullDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// pullText writes points for a link: twelve bits a coordinate, four letters a point.
func pullText(pts []ui.Point) string {
	var b []byte
	for _, p := range pts {
		for _, v := range [2]float64{p.X, p.Y} {
			n := int(math.Round((min(max(v/pullReach, -1), 1) + 1) / 2 * 4095))
			b = append(b, pullDigits[n>>6], pullDigits[n&63])
		}
	}
	return string(b)
}

// pullParse reads what pullText wrote; ok is false for anything else.
func pullParse(text string) (pts []ui.Point, ok bool) {
	if len(text) != 4*pullPoints {
		return nil, false
	}
	var digit [256]int
	for i := range digit {
		digit[i] = -1
	}
	for i := range len(pullDigits) {
		digit[pullDigits[i]] = i
	}
	at := func(i int) (float64, bool) {
		hi, lo := digit[text[i]], digit[text[i+1]]
		return (float64(hi<<6|lo)/4095*2 - 1) * pullReach, hi >= 0 && lo >= 0
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
