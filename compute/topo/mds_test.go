package topo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"reta/shared/topology"
)

// ball draws points around the origin that vary alike in all dim coordinates.
func ball(n, dim int, seed uint64) topology.Cloud {
	rng := rand.New(rand.NewPCG(seed, 17))
	c := topology.Cloud{N: n, Dim: dim, X: make([]float64, n*dim)}
	for i := range c.X {
		c.X[i] = rng.NormFloat64()
	}
	return c
}

func distancesOf(t testing.TB, c topology.Cloud) topology.Distances {
	t.Helper()
	d, err := c.Distances()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// scaled maps points of which the first real are real ones, from their projection on.
func scaled(t testing.TB, c topology.Cloud, real int, before *Map) (*Map, []float32) {
	t.Helper()
	first := topology.Cloud{N: real, Dim: c.Dim, X: c.X[:real*c.Dim]}
	rest := topology.Cloud{N: c.N - real, Dim: c.Dim, X: c.X[real*c.Dim:]}
	p, err := Project(first, rest, nil)
	if err != nil {
		t.Fatal(err)
	}
	start := slices.Concat(p.Apply(first), p.Apply(rest))
	m, err := Scale(distancesOf(t, c), first, start, before, 5)
	if err != nil {
		t.Fatal(err)
	}
	return m, start
}

func float64s(v []float32) []float64 {
	to := make([]float64, len(v))
	for i, x := range v {
		to[i] = float64(x)
	}
	return to
}

// What lies in a plane is recovered, up to a rigid motion, from places that are wrong: every distance is right again.
func TestMajorisationRecoversAPlane(t *testing.T) {
	c := plane(t, 30, 12, [2]float64{2, 1.5}, 5)
	dist := distancesOf(t, c)
	rng := rand.New(rand.NewPCG(1, 2))
	p, err := Project(c, topology.Cloud{Dim: 12}, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := float64s(p.Apply(c))
	for i := range x {
		x[i] += 0.2 * rng.NormFloat64()
	}
	begun := rawStress(dist, x)
	for range 20 { // more than one picture takes: to the end
		x = majorise(dist, x)
	}
	if s := rawStress(dist, x); s > 1e-3*begun {
		t.Errorf("raw stress %g of the %g it began with", s, begun)
	}
	if f := Judge(dist, x, 5); f.Stress > 5e-3 || f.Kept < 0.98 {
		t.Errorf("fidelity %+v of a plane, want stress 0 and all neighbours", f)
	}
}

// No turn raises the stress.
func TestMajorisationDescends(t *testing.T) {
	c := ball(40, 20, 3)
	dist := distancesOf(t, c)
	x := ball(40, 2, 4).X
	last := rawStress(dist, x)
	for range 10 {
		x = majorise(dist, slices.Clone(x))
		now := rawStress(dist, x)
		if now > last*(1+1e-12) {
			t.Fatalf("stress rises from %g to %g", last, now)
		}
		last = now
	}
	// one turn by hand: two points 1 apart that should be 3 apart end 3 apart about 0
	two := topology.Cloud{N: 2, Dim: 1, X: []float64{0, 3}}
	x = majorise(distancesOf(t, two), []float64{0, 0, 1, 0})
	if want := []float64{-1.5, 0, 1.5, 0}; math.Abs(x[0]-want[0])+math.Abs(x[2]-want[2]) > 1e-12 || x[1] != 0 || x[3] != 0 {
		t.Errorf("two points end at %v, want %v", x, want)
	}
}

// Where features do not lie in a plane the map keeps distances better than the projection it began with.
func TestScalingBeatsTheProjection(t *testing.T) {
	c := ball(100, 512, 6)
	m, start := scaled(t, c, 50, nil)
	was := Judge(distancesOf(t, c), float64s(start), 5)
	if m.Fidelity.Stress >= was.Stress {
		t.Errorf("stress %g, the projection's %g", m.Fidelity.Stress, was.Stress)
	}
	t.Logf("projection %+v, map %+v", was, m.Fidelity)
}

// A small motion of the features is a small motion of the map, though its start is mirrored or its axes cross.
func TestMapMovesWithItsPoints(t *testing.T) {
	c := ball(60, 16, 7)
	first, _ := scaled(t, c, 30, nil)
	moved := topology.Cloud{N: c.N, Dim: c.Dim, X: slices.Clone(c.X)}
	rng := rand.New(rand.NewPCG(8, 8))
	for i := 30 * c.Dim; i < len(moved.X); i++ { // the synthetic points
		moved.X[i] += 1e-3 * rng.NormFloat64()
	}
	span := math.Sqrt(squares(first.Places) / float64(c.N))
	after, _ := scaled(t, moved, 30, first)
	if far := furthest(first.Places, after.Places); far > 0.1*span {
		t.Errorf("a point moves %g of a spread of %g", far, span)
	}
	// other real points: the map is new, and turned towards the synthetic ones it has in common with the old
	other := topology.Cloud{N: c.N, Dim: c.Dim, X: slices.Concat(ball(30, 16, 9).X, c.X[30*c.Dim:])}
	fresh, _ := scaled(t, other, 30, first)
	for _, r := range [][2][2]float64{{{1, 0}, {0, -1}}, {{0, -1}, {1, 0}}, {{-1, 0}, {0, -1}}} {
		worse := slices.Clone(fresh.Places)
		for i := 0; i < len(worse); i += 2 {
			a, b := worse[i], worse[i+1]
			worse[i], worse[i+1] = r[0][0]*a+r[0][1]*b, r[1][0]*a+r[1][1]*b
		}
		if apart(first.Places[60:], worse[60:]) < apart(first.Places[60:], fresh.Places[60:]) {
			t.Errorf("turned by %v the synthetic points lie nearer to where they were", r)
		}
	}
}

func squares(v []float64) (s float64) {
	for _, x := range v {
		s += x * x
	}
	return s
}

func apart(a, b []float64) (s float64) {
	for i := range a {
		s += (a[i] - b[i]) * (a[i] - b[i])
	}
	return s
}

func furthest(a, b []float64) (far float64) {
	for i := 0; i < len(a); i += 2 {
		far = max(far, math.Hypot(a[i]-b[i], a[i+1]-b[i+1]))
	}
	return far
}

// Any turn, mirror and shift is undone.
func TestLayOverUndoesRigidMotion(t *testing.T) {
	target := ball(9, 2, 11).X
	for _, mirror := range []float64{1, -1} {
		x := slices.Clone(target)
		for i := 0; i < len(x); i += 2 {
			a, b := target[i], mirror*target[i+1]
			x[i], x[i+1] = 0.6*a-0.8*b+3, 0.8*a+0.6*b-7
		}
		layOver(x, target, 2) // what it learns from some points holds for all
		if far := furthest(x, target); far > 1e-12 {
			t.Errorf("mirror %v: a point stays %g away", mirror, far)
		}
	}
}

// Fidelity by hand: three points at 0, 1, 3 of a line, drawn at 0, 2, 6 (true but for scale) and at 0, 3, 1.
func TestFidelityByHand(t *testing.T) {
	dist := distancesOf(t, topology.Cloud{N: 3, Dim: 1, X: []float64{0, 1, 3}})
	if f := Judge(dist, []float64{0, 0, 2, 0, 6, 0}, 1); f.Stress > 1e-7 || f.Kept != 1 {
		t.Errorf("a true picture has %+v", f)
	}
	// distances 1, 3, 2 become 3, 1, 2: product sum 10, squares 14: stress sqrt(1 - 100/196). Nearest of 0: 1, drawn 2;
	// of 1: 0, drawn 2; of 3: 1, drawn 0
	if f := Judge(dist, []float64{0, 0, 3, 0, 1, 0}, 1); math.Abs(f.Stress-math.Sqrt(96./196)) > 1e-12 || f.Kept != 0 {
		t.Errorf("a wrong picture has %+v", f)
	}
	if f := Judge(dist, make([]float64, 6), 1); f.Stress != 1 {
		t.Errorf("all in one place: %+v", f)
	}
}

// A point of the map that the map is asked to place comes to lie where it is; in a plane, a new one where it belongs.
func TestPlaceFindsAPoint(t *testing.T) {
	c := plane(t, 31, 8, [2]float64{2, 1}, 12)
	rest := topology.Cloud{N: 30, Dim: 8, X: c.X[:30*8]}
	m, start := scaled(t, rest, 30, nil)
	delta := make([]float64, 30)
	for j := range delta {
		delta[j] = distance(c.Row(30), rest.Row(j))
	}
	at := m.Place(delta)
	for j, want := range delta {
		if got := math.Hypot(at[0]-m.Places[2*j], at[1]-m.Places[2*j+1]); math.Abs(got-want) > 0.02 {
			t.Errorf("%g from point %d, want %g", got, j, want)
		}
	}
	if len(start) != 60 || (&Map{}).Place(nil) != [2]float64{} {
		t.Error("a map of nothing places a point")
	}
}

func TestNearestByHand(t *testing.T) {
	d := []float64{3, 1, 0, 2, 1, 5}
	for k, want := range [][]int{{1}, {1, 4}, {1, 4, 3}, {1, 4, 3, 0}, {1, 4, 3, 0, 5}, {1, 4, 3, 0, 5}} {
		if got := nearest(d, 2, k+1); !slices.Equal(got, want) {
			t.Errorf("the %d nearest are %v, want %v", k+1, got, want)
		}
	}
}

func TestScalingOfAlmostNothing(t *testing.T) {
	for n := range 4 {
		m, _ := scaled(t, ball(n, 5, 13), n/2, nil)
		for _, v := range append(m.Places, m.Fidelity.Stress, m.Fidelity.Kept) {
			if v-v != 0 {
				t.Errorf("%d points: %v", n, m)
			}
		}
	}
	same := topology.Cloud{N: 4, Dim: 2, X: make([]float64, 8)}
	if m, _ := scaled(t, same, 2, nil); squares(m.Places) != 0 || m.Fidelity.Stress != 0 {
		t.Errorf("four points in one place: %+v", m)
	}
	if _, err := Scale(distancesOf(t, same), same, make([]float32, 7), nil, 1); err == nil {
		t.Error("seven coordinates for four points")
	}
}

// The second map of 50 real and 50 synthetic points, the first time and from the last map on, and beside it the projection.
func BenchmarkMaps(b *testing.B) {
	c := ball(100, 512, 6)
	real := topology.Cloud{N: 50, Dim: 512, X: c.X[:50*512]}
	syn := topology.Cloud{N: 50, Dim: 512, X: c.X[50*512:]}
	m, start := scaled(b, c, 50, nil)
	for name, run := range map[string]func(){
		"project":   func() { Project(real, syn, nil) },
		"distances": func() { c.Distances() },
		"first":     func() { Scale(distancesOf(b, c), real, start, nil, 5) },
		"next":      func() { Scale(distancesOf(b, c), real, start, m, 5) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				run()
			}
		})
	}
}
