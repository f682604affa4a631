package distill

import (
	"math"
	"testing"
)

// Eqn 6: alpha of the image and the rest of the anchor, both at the next stage's size, where the image and the anchor
// have sizes of their own.
func TestConnect(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Alpha, job.Recipe.PTA.On = 0.3, false
	watchJob(&job)
	g := openGroup(t, job, 0, 3)
	const from, full, next = 12, 16, 20
	images := normals(5, 3*job.Recipe.IPC*from*from*3)
	anchors := normals(6, 3*job.Recipe.IPC*full*full*3)
	if err := g.replace(from, images); err != nil {
		t.Fatal(err)
	}
	m, err := g.Connect(anchors, next)
	if err != nil {
		t.Fatal(err)
	}
	if m.Size != next || len(m.After) != 3*job.Recipe.IPC*next*next*3 {
		t.Fatalf("%d numbers at size %d", len(m.After), m.Size)
	}
	before, anchor := resizeAll(images, from, next), resizeAll(anchors, full, next)
	for i := range m.After {
		want := 0.3*before[i] + 0.7*anchor[i]
		if !(math.Abs(float64(m.After[i])-want) <= 1e-5) || !(math.Abs(float64(m.Before[i])-before[i]) <= 1e-5) ||
			!(math.Abs(float64(m.Anchor[i])-anchor[i]) <= 1e-5) {
			t.Fatalf("element %d: %g of %g and %g, want %g of %g and %g", i, m.After[i], m.Before[i], m.Anchor[i], want, before[i], anchor[i])
		}
	}
}

// resizeAll resamples images [n,from,from,3] channel by channel on the host.
func resizeAll(images []float32, from, to int) []float64 {
	n := len(images) / (from * from * 3)
	out := make([]float64, n*to*to*3)
	for i := range n {
		for c := range 3 {
			plane := make([]float64, from*from)
			for p := range plane {
				plane[p] = float64(images[(i*from*from+p)*3+c])
			}
			for p, v := range shrink(plane, from, to) {
				out[(i*to*to+p)*3+c] = v
			}
		}
	}
	return out
}
