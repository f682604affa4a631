package scene

import (
	"math"
	"math/rand/v2"
	"testing"

	"reta/shared/event"
	"reta/shared/topology"
)

// ringCloud is the cloud of a class: real points on a noisy ring with some inside it, in eight dimensions, and synthetic
// ones on a smaller ring. All of it is computed as a run computes it.
func ringCloud(t testing.TB, class, step, points int, spread float64) event.Cloud {
	t.Helper()
	const k = 6
	ring := func(seed uint64, spread float64) []float64 {
		rng := rand.New(rand.NewPCG(seed, uint64(class)))
		var x []float64
		for i := range points {
			a, r := 2*math.Pi*float64(i)/(0.7*float64(points))+0.2*rng.NormFloat64(), 3+0.25*rng.NormFloat64()
			if 10*i >= 7*points {
				r = 0.6 * math.Abs(rng.NormFloat64())
			}
			x = append(x, spread*r*math.Cos(a), spread*r*math.Sin(a))
			for range 6 {
				x = append(x, spread*0.2*rng.NormFloat64())
			}
		}
		return x
	}
	set := func(x []float64, epsMax float64) (event.Set, float64, *topology.Homology) {
		c, err := topology.NewCloud(x, points, 8)
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.Distances()
		if err != nil {
			t.Fatal(err)
		}
		g := topology.MutualKNN(d, k)
		if epsMax == 0 {
			epsMax = g.EpsMax()
		}
		g = g.UpTo(epsMax)
		h := topology.Persistence(g)
		var s event.Set
		for i := range points {
			s.Points = append(s.Points, float32(x[8*i]), float32(x[8*i+1]))
		}
		for _, e := range g.Edges {
			s.Edges = append(s.Edges, event.Edge{I: int(e.I), J: int(e.J), Length: float32(e.Weight)})
		}
		triangles, _ := g.Triangles(epsMax, 1<<14)
		for _, q := range triangles {
			s.Triangles = append(s.Triangles, event.Triangle{I: int(q.I), J: int(q.J), K: int(q.K), Length: float32(g.Edges[q.Edge].Weight)})
		}
		ends := func(e int) [2]int {
			if e < 0 {
				return [2]int{}
			}
			return [2]int{int(g.Edges[e].I), int(g.Edges[e].J)}
		}
		for degree := range 2 {
			for _, b := range h.Bars[degree] {
				out := event.Bar{Degree: degree, Birth: float32(b.Birth), Death: float32(b.Death), BirthEdge: ends(b.BirthEdge), DeathEdge: ends(b.DeathEdge)}
				if math.IsInf(b.Death, 1) {
					out.Death, out.Essential = float32(epsMax), true
				}
				s.Bars = append(s.Bars, out)
			}
		}
		return s, epsMax, h
	}
	real, epsMax, a := set(ring(1, 1), 0)
	syn, _, b := set(ring(uint64(2+step), spread), epsMax)
	kappa := topology.MeasureKappa(a, b, epsMax)
	return event.Cloud{Step: step, Class: class, K: k, EpsMax: float32(epsMax), Explained: [2]float32{0.47, 0.39}, Real: real, Syn: syn,
		Kappa: [2]float32{float32(kappa.H0), float32(kappa.H1)}, Active: true}
}
