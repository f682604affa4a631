package topo

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"reta/shared/testdata"
	"reta/shared/topology"
)

// The tolerances of float32 are those stated with the fixtures.
var fixtures = []struct {
	tag        string
	sigma      float64
	loss, grad float64
}{{"s05", 0.05, 1e-3, 2e-3}, {"s20", 0.2, 1e-4, 5e-4}}

func fixtureCloud(t testing.TB, path string) topology.Cloud {
	t.Helper()
	x, shape := testdata.NPY[float32](t, path)
	return cloud(t, x, shape[0], shape[1])
}

type pairMeta struct {
	K      int
	EpsMax float64 `json:"eps_max"`
	Gamma  float64
	Active bool
	Loss   map[string]struct{ H0, H1, Total float64 }
	Bars   struct{ Syn [2]int }

	Gradient map[string]struct {
		MaxAbs float64 `json:"max_abs"`
		Push   float64
	}
}

// Every pair, all in one submit, at both bandwidths: bars, loss, push and gradient against numpy, and the gradient
// against the stored central differences.
func TestFixturePairsOnTheDevice(t *testing.T) {
	dirs := testdata.Folders(t, testdata.Dir(t, "fixtures", "topology", "pairs"))
	for _, f := range fixtures {
		t.Run(f.tag, func(t *testing.T) {
			pairs, metas := make([]pair, len(dirs)), make([]pairMeta, len(dirs))
			for c, dir := range dirs {
				testdata.JSON(t, filepath.Join(dir, "pair.json"), &metas[c])
				o := topology.Options{K: metas[c].K, Grid: 32, Sigma: f.sigma, Exponent: 1, Gamma: metas[c].Gamma, Margin: 1}
				pairs[c] = pair{fixtureCloud(t, filepath.Join(dir, "real.npy")), fixtureCloud(t, filepath.Join(dir, "syn.npy")), o}
			}
			p := batch(t, 1, pairs...)
			r := align(t, p)
			for c, dir := range dirs {
				t.Run(filepath.Base(dir), func(t *testing.T) {
					o, meta, want := r.Classes[c], metas[c], metas[c].Loss[f.tag]
					if o.Host != "" || (o.Inactive == "") != meta.Active {
						t.Fatalf("computed by the host: %q; inactive: %q, want active %v", o.Host, o.Inactive, meta.Active)
					}
					for q, b := range o.Bars {
						if b.Finite+b.Essential != meta.Bars.Syn[q] {
							t.Errorf("H%d has bars %+v, want %d", q, b, meta.Bars.Syn[q])
						}
					}
					for _, l := range [][2]float64{{o.Loss[0], want.H0}, {o.Loss[1], want.H1}, {o.Total, want.Total}} {
						if !(math.Abs(l[0]-l[1]) <= f.loss*l[1]+1e-6) {
							t.Errorf("loss %v, total %v, want %v", o.Loss, o.Total, want)
						}
					}
					checkGradient(t, dir, f.tag, f.grad, meta, o, coordinates(p.gradient(t, c), p.size, pairs[c].syn))
				})
			}
		})
	}
}

// coordinates leaves out what batch added to a class's rows.
func coordinates(rows []float32, s Size, c topology.Cloud) []float32 {
	var list []float32
	for i := range c.N {
		list = append(list, rows[i*s.Width:][:c.Dim]...)
	}
	return list
}

func checkGradient(t *testing.T, dir, tag string, tol float64, meta pairMeta, o Outcome, got []float32) {
	t.Helper()
	path := filepath.Join(dir, "grad_syn_"+tag+".npy")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return
	}
	want, _ := testdata.NPY[float64](t, path)
	size := meta.Gradient[tag].MaxAbs
	if tol *= size; size == 0 {
		tol = 1e-2 / meta.EpsMax
	}
	worst := 0.0
	for i, w := range want {
		worst = max(worst, math.Abs(float64(got[i])-w))
	}
	if !(worst <= tol) {
		t.Errorf("the gradient is off by %g, its largest entry is %g", worst, size)
	}
	if push := meta.Gradient[tag].Push; !(math.Abs(o.Push-push) <= 2e-3*math.Abs(push)+tol*meta.EpsMax) {
		t.Errorf("push %v, want %v", o.Push, push)
	}
	index, _ := testdata.NPY[int64](t, filepath.Join(dir, "fd_index.npy"))
	value, _ := testdata.NPY[float64](t, filepath.Join(dir, "fd_value_"+tag+".npy"))
	for i, at := range index {
		if !(math.Abs(float64(got[at])-value[i]) <= tol+2e-8) {
			t.Errorf("gradient [%d] is %g, by central differences %g", at, got[at], value[i])
		}
	}
}

type cloudMeta struct {
	K          int
	EpsMax     float64  `json:"eps_max"`
	KnnMargin  *float64 `json:"knn_margin"`
	MinEdgeGap float64  `json:"min_edge_gap_rel"`
}

// Every cloud against itself, all in one submit: graph, diagram and images. The one of 400 points is the host's.
func TestFixtureCloudsOnTheDevice(t *testing.T) {
	dirs := testdata.Folders(t, testdata.Dir(t, "fixtures", "topology", "clouds"))
	for _, f := range fixtures {
		t.Run(f.tag, func(t *testing.T) {
			pairs, metas := make([]pair, len(dirs)), make([]cloudMeta, len(dirs))
			for c, dir := range dirs {
				testdata.JSON(t, filepath.Join(dir, "meta.json"), &metas[c])
				points := fixtureCloud(t, filepath.Join(dir, "points.npy"))
				// a margin for the rounding of the longest edge itself
				pairs[c] = pair{points, points, topology.Options{K: metas[c].K, Grid: 32, Sigma: f.sigma, Exponent: 1, Gamma: 1, Margin: 1 + 1e-6}}
			}
			p := batch(t, 1, pairs...)
			r := align(t, p)
			for c, dir := range dirs {
				t.Run(filepath.Base(dir), func(t *testing.T) {
					o := r.Classes[c]
					if large := pairs[c].syn.N > MaxPoints; (o.Host != "") != large {
						t.Fatalf("%d points, computed by the host: %q", pairs[c].syn.N, o.Host)
					} else if large {
						if o.Total > 1e-20 {
							t.Errorf("the loss of equal sets is %g", o.Total)
						}
						return
					}
					got, want := p.homology(t, c, o), p.targets[c].Homology
					if m := metas[c].KnnMargin; (m == nil || *m > 1e-5) && metas[c].MinEdgeGap > 0 {
						checkGraph(t, got.Graph, want.Graph)
					}
					for q := range got.Bars {
						if d := topology.Bottleneck(got.Bars[q], want.Bars[q]); !(d <= 5e-6*metas[c].EpsMax) {
							t.Errorf("H%d is %g away in bottleneck distance", q, d)
						}
					}
					checkImages(t, p, c, filepath.Join(dir, "pi_"+f.tag+".npy"))
				})
			}
		})
	}
}

// checkGraph compares graphs as sets of edges.
func checkGraph(t *testing.T, got, want *topology.Graph) {
	t.Helper()
	weights := map[[2]int32]float64{}
	for _, e := range want.Edges {
		weights[[2]int32{e.I, e.J}] = e.Weight
	}
	for _, e := range got.Edges {
		if w, ok := weights[[2]int32{e.I, e.J}]; !ok || math.Abs(e.Weight-w) > 3e-6*w {
			t.Errorf("edge %+v, want the weight %v (%v)", e, w, ok)
		}
	}
	if len(got.Edges) != len(want.Edges) {
		t.Errorf("%d edges, want %d", len(got.Edges), len(want.Edges))
	}
}

// checkImages compares the images of a class: what the device left is their difference from the target's.
func checkImages(t *testing.T, p *Program, c int, path string) {
	t.Helper()
	want, _ := testdata.NPY[float64](t, path)
	difference, err := p.exec.Get(p.stages.images)
	if err != nil {
		t.Fatal(err)
	}
	largest := 1.0
	for _, w := range want {
		largest = max(largest, w)
	}
	for i, w := range want {
		got := float64(difference[2*c*p.extent.pixels()+i]) + p.targets[c].Images[i/1024][i%1024]
		if !(math.Abs(got-w) <= 1e-4*largest) {
			t.Fatalf("pixel %d is %g, want %g (largest %g)", i, got, w, largest)
		}
	}
}
