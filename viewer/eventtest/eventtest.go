// Package eventtest makes events and recordings for tests.
//
//	log := eventtest.Recording(t)   // a run of 20 steps, with pictures every 5
package eventtest

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/shared/event"
	"reta/shared/topology"
	"reta/viewer/ui"
)

// Image is images of 2 x 2 pixels of one value, which is their step as well.
func Image(class, first, count int, value byte) event.Images {
	pixels := make([]byte, count*2*2*3)
	for i := range pixels {
		pixels[i] = value
	}
	return event.Images{Step: int(value), Class: class, First: first, Count: count, Width: 2, Height: 2, Pixels: pixels}
}

// Residual is the residual connection that ends a stage, of images of a class; stages have 10 steps.
func Residual(class, stage int, index ...int) event.Residual {
	n := len(index) * 2 * 2 * 3
	return event.Residual{Step: 10 * (stage + 1), Stage: stage, Class: class, Width: 2, Height: 2, Index: index,
		Before: make([]byte, n), Anchor: make([]byte, n), After: make([]byte, n), Alpha: 0.5,
		AnchorID: make([]string, len(index)), Fit: make([]float32, len(index))}
}

// Square is a square of side 1 with one diagonal of 1.4 and a far point: worked by hand.
func Square() event.Set {
	return event.Set{
		Points: []float32{0, 0, 1, 0, 1, 1, 0, 1, 5, 5},
		Edges: []event.Edge{{I: 0, J: 1, Length: 1}, {I: 1, J: 2, Length: 1}, {I: 2, J: 3, Length: 1}, {I: 0, J: 3, Length: 1},
			{I: 0, J: 2, Length: 1.4}},
		Triangles: []event.Triangle{{I: 0, J: 1, K: 2, Length: 1.4}, {I: 0, J: 2, K: 3, Length: 1.4}},
		Bars: []event.Bar{{Death: 1, DeathEdge: [2]int{0, 1}}, {Death: 1, DeathEdge: [2]int{1, 2}}, {Death: 1, DeathEdge: [2]int{2, 3}},
			{Death: 2, Essential: true}, {Death: 2, Essential: true},
			{Degree: 1, Birth: 1, Death: 1.4, BirthEdge: [2]int{0, 3}, DeathEdge: [2]int{0, 2}}},
	}
}

// RingCloud is the cloud of a class: real points on a noisy ring with some inside it, in eight dimensions, and synthetic
// ones on a smaller ring. All of it is computed as a run computes it.
func RingCloud(t testing.TB, class, step, points int, spread float64) event.Cloud {
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

// Recording is a recording of a run of 20 steps with pictures at 0, 5, 10, 15 and 20, as bytes.
func Recording(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.reta")
	log, err := event.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	add := func(events ...event.Event) {
		for _, e := range events {
			if err := log.Append(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(event.Hello{Run: "r", Classes: []string{"cat", "dog"}, IPC: 2, Width: 2, Height: 2, Steps: 20, Stages: 2}, event.Log{Text: "begun"})
	for step := 0; step <= 20; step += 5 {
		a, b := Image(0, 0, 2, byte(step)), Image(1, 0, 2, byte(step+100))
		b.Step = step
		add(a, b, event.Metrics{Points: []event.Point{{Step: step, Stage: step / 11, CE: 1}}})
		if step == 10 {
			add(Residual(0, 0, 0, 1), event.StageEnd{Stage: 0, Step: 10, Anchors: 4})
		}
	}
	add(event.Log{Text: "ended"})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// OpenRecording opens what Recording gives.
func OpenRecording(t *testing.T, data []byte) *event.Recording {
	t.Helper()
	r, err := event.OpenRecording(strings.NewReader(string(data)), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Grey is a picture of one value.
func Grey(w, h int, value byte) *ui.Picture {
	p, rgb := &ui.Picture{}, make([]byte, w*h*3)
	for i := range rgb {
		rgb[i] = value
	}
	p.SetRGB(w, h, rgb)
	return p
}
