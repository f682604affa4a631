package topology_test

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

type pairMeta struct {
	K      int
	NReal  int     `json:"n_real"`
	NSyn   int     `json:"n_syn"`
	EpsMax float64 `json:"eps_max"`
	Gamma  float64
	Active bool
	Sigmas []float64
	Kappa  struct{ H0, H1, Total float64 }
	Loss   map[string]struct{ H0, H1, Total float64 }
	Bars   struct{ Real, Syn [2]int }

	Gradient map[string]struct {
		MaxAbs float64 `json:"max_abs"`
		Push   float64
	}
}

// Every pair: cut-off, kappa, loss and gradient against numpy, and the gradient against stored central differences.
func TestFixturePairs(t *testing.T) {
	for _, dir := range folders(t, testdata.Dir(t, "fixtures", "topology", "pairs")) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var meta pairMeta
			readJSON(t, filepath.Join(dir, "pair.json"), &meta)
			real, syn := readCloud(t, filepath.Join(dir, "real.npy")), readCloud(t, filepath.Join(dir, "syn.npy"))
			for s, tag := range tags {
				o := topology.Options{K: meta.K, Grid: 32, Sigma: meta.Sigmas[s], Exponent: 1, Gamma: meta.Gamma, Margin: 1}
				target, err := topology.NewTarget(o, real)
				if err != nil {
					t.Fatal(err)
				}
				a, err := target.Align(syn)
				if err != nil {
					t.Fatal(err)
				}
				checkPair(t, dir, tag, meta, target, a)
			}
		})
	}
}

func checkPair(t *testing.T, dir, tag string, meta pairMeta, target *topology.Target, a *topology.Alignment) {
	t.Helper()
	if active := a.Inactive == ""; active != meta.Active {
		t.Fatalf("active is %v (%s), want %v", active, a.Inactive, meta.Active)
	}
	if !near(target.EpsMax, meta.EpsMax, 1e-12*meta.EpsMax) {
		t.Errorf("eps_max %v, want %v", target.EpsMax, meta.EpsMax)
	}
	for q := range 2 {
		if r, s := len(target.Homology.Bars[q]), len(a.Homology.Bars[q]); r != meta.Bars.Real[q] || s != meta.Bars.Syn[q] {
			t.Errorf("H%d has %d real and %d synthetic bars, want %d and %d", q, r, s, meta.Bars.Real[q], meta.Bars.Syn[q])
		}
	}
	tol := 1e-12 * meta.EpsMax * float64(meta.NReal)
	if k := meta.Kappa; !near(a.Kappa.H0, k.H0, tol) || !near(a.Kappa.H1, k.H1, tol) || !near(a.Kappa.Total(meta.Gamma), k.Total, 2*tol) {
		t.Errorf("kappa %v, want %v", a.Kappa, k)
	}
	close := func(got, want float64) bool { return near(got, want, 1e-10*math.Abs(want)+1e-12) }
	if l := meta.Loss[tag]; !close(a.Loss[0], l.H0) || !close(a.Loss[1], l.H1) || !close(a.Total, l.Total) {
		t.Errorf("loss %s is %v, total %v, want %v", tag, a.Loss, a.Total, l)
	}
	grad := filepath.Join(dir, "grad_syn_"+tag+".npy")
	if _, err := os.Stat(grad); errors.Is(err, fs.ErrNotExist) {
		return
	}
	want, _ := npy[float64](t, grad)
	size := meta.Gradient[tag].MaxAbs
	if worst, _ := compare(a.Grad, want); worst > 1e-9*size {
		t.Errorf("gradient %s is off by %g of its largest entry", tag, worst/size)
	}
	if push := meta.Gradient[tag].Push; math.Abs(a.Push-push) > 1e-9*math.Abs(push)+1e-9*size {
		t.Errorf("push %s is %v, want %v", tag, a.Push, push)
	}
	index, _ := npy[int64](t, filepath.Join(dir, "fd_index.npy"))
	value, _ := npy[float64](t, filepath.Join(dir, "fd_value_"+tag+".npy"))
	for i, at := range index {
		if math.Abs(a.Grad[at]-value[i]) > 1e-6*size+2e-8 { // the floor is the noise of a difference where the loss is 0
			t.Errorf("gradient %s [%d] is %g, by central differences %g", tag, at, a.Grad[at], value[i])
		}
	}
}
