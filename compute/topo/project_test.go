package topo

import (
	"math"
	"math/rand/v2"
	"testing"

	"reta/shared/topology"
)

// plane draws points in dim coordinates that vary by the given deviations along two fixed orthogonal directions only.
func plane(t testing.TB, n, dim int, deviation [2]float64, seed uint64) topology.Cloud {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 6))
	x := make([]float64, n*dim)
	for i := range n {
		a, b := deviation[0]*rng.NormFloat64(), deviation[1]*rng.NormFloat64()
		for d := range dim { // directions: constant, and alternating in sign
			x[i*dim+d] = 5 + (a+b*float64(1-2*(d%2)))/math.Sqrt(float64(dim))
		}
	}
	c, err := topology.NewCloud(x, n, dim)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// In a plane the projection is an isometry: all pairwise distances survive, whether there are more points than
// coordinates or fewer.
func TestProjectionOfAPlaneKeepsDistances(t *testing.T) {
	for _, dim := range []int{4, 200} {
		real, syn := plane(t, 20, dim, [2]float64{3, 1}, 1), plane(t, 15, dim, [2]float64{3, 1}, 2)
		p, err := Project(real, syn, nil)
		if err != nil {
			t.Fatal(err)
		}
		if sum := p.Explained[0] + p.Explained[1]; math.Abs(sum-1) > 1e-9 || p.Explained[0] < p.Explained[1] {
			t.Errorf("explained %v, want falling with sum 1", p.Explained)
		}
		want, err := real.Distances()
		if err != nil {
			t.Fatal(err)
		}
		at := p.Apply(real)
		for i := range 20 {
			for j := range 20 {
				got := math.Hypot(float64(at[2*i]-at[2*j]), float64(at[2*i+1]-at[2*j+1]))
				if math.Abs(got-want.At(i, j)) > 1e-5 {
					t.Fatalf("dim %d: points %d, %d are %v apart in the picture, %v in space", dim, i, j, got, want.At(i, j))
				}
			}
		}
	}
}

// When the larger variance changes its direction, the picture keeps its axes: no point jumps.
func TestAxesStayWhenVariancesCross(t *testing.T) {
	empty := topology.Cloud{Dim: 10}
	before, err := Project(plane(t, 60, 10, [2]float64{2, 1}, 3), empty, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := plane(t, 60, 10, [2]float64{1, 2}, 3)
	after, err := Project(now, empty, before)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		cos := 0.0
		for d, v := range after.Axes[i] {
			cos += v * before.Axes[i][d]
		}
		if cos < 0.9999 {
			t.Errorf("axis %d turned to cosine %v", i, cos)
		}
	}
	if after.Explained[0] > after.Explained[1] {
		t.Errorf("explained %v: the second axis carries more now", after.Explained)
	}
	free, err := Project(now, empty, nil)
	if err != nil || free.Explained[0] < free.Explained[1] {
		t.Errorf("without the old plane the first axis explains most: %v (%v)", free.Explained, err)
	}
}

// A mirrored plane is mirrored back.
func TestProcrustesUndoesAnyTurn(t *testing.T) {
	target := [2][]float64{{1, 0, 0}, {0, 1, 0}}
	for _, axes := range [][2][]float64{
		{{0, 1, 0}, {1, 0, 0}}, {{-1, 0, 0}, {0, 1, 0}}, {{0.6, 0.8, 0}, {-0.8, 0.6, 0}}, {{0.6, 0.8, 0}, {0.8, -0.6, 0}},
	} {
		r := procrustes(axes, target)
		for i := range 2 {
			for d := range 3 {
				if got := r[i][0]*axes[0][d] + r[i][1]*axes[1][d]; math.Abs(got-target[i][d]) > 1e-15 {
					t.Errorf("axes %v become %v at axis %d, want %v", axes, got, i, target[i][d])
				}
			}
		}
	}
}

func TestProjectionOfAlmostNothing(t *testing.T) {
	for name, n := range map[string]int{"none": 0, "one": 1, "two": 2} {
		p, err := Project(plane(t, n, 6, [2]float64{1, 1}, 9), topology.Cloud{Dim: 6}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range append(p.Apply(plane(t, 3, 6, [2]float64{1, 1}, 8)), float32(p.Explained[0]), float32(p.Explained[1])) {
			if v != v {
				t.Errorf("%s: not a number", name)
			}
		}
	}
	if _, err := Project(topology.Cloud{Dim: 3}, topology.Cloud{Dim: 2}, nil); err == nil {
		t.Error("sets of different dimension are projected together")
	}
}

// A picture holds what its parts say, and a limit on triangles is obeyed and owned up to.
func TestLook(t *testing.T) {
	a := aligner(t, Draws{Cloud: real})
	x := synthetic()
	first, err := a.Look(1, x[points*dim:2*points*dim], points, dim, topology.Cloud{}, nil, -1)
	if err != nil {
		t.Fatal(err)
	}
	u, err := a.Align(x, points, dim)
	if err != nil {
		t.Fatal(err)
	}
	if first.Alignment.Total != u.Classes[1].Total || len(first.Real.Places) != 2*points || len(first.Syn.Places) != 2*points {
		t.Errorf("picture of class 1: loss %v, %d and %d places", first.Alignment.Total, len(first.Real.Places), len(first.Syn.Places))
	}
	if !first.Real.Complete || len(first.Real.Triangles) < 10 {
		t.Fatalf("%d triangles, complete %v", len(first.Real.Triangles), first.Real.Complete)
	}
	second, err := a.Look(1, x[points*dim:2*points*dim], points, dim, topology.Cloud{}, first, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(second.Real.Triangles) != 5 || second.Real.Complete {
		t.Errorf("%d triangles under a limit of 5, complete %v", len(second.Real.Triangles), second.Real.Complete)
	}
	for i, v := range second.Syn.Places {
		if math.Abs(float64(v-first.Syn.Places[i])) > 1e-6 {
			t.Fatalf("the same points move in the picture")
		}
	}
}
