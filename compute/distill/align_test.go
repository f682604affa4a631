package distill

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/nn"
	"reta/shared/event"
	"reta/shared/topology"
)

// pulled is a group whose images have been drawn most of the way to the first image of their class: what the paper
// calls the pull-to-anchor effect.
func pulled(t *testing.T, edit ...func(*Job)) (*group, []float32) {
	t.Helper()
	job := smallJob(t)
	job.Recipe.IPC = 10
	job.Emit = func(event.Event) {}
	for _, f := range edit {
		f(&job)
	}
	g := &group{r: &run{ctx: context.Background(), dev: graphtest.Device(t), Job: job}, count: 3}
	t.Cleanup(g.close)
	if err := firstError(g.r.openPool(), g.start(), g.aim()); err != nil {
		t.Fatal(err)
	}
	pixels, err := g.canvas.pixels.Read()
	if err != nil {
		t.Fatal(err)
	}
	each := len(pixels) / g.canvas.rows
	for i := len(pixels) - 1; i >= 0; i-- { // row r is of class r % 3: the first three rows are the anchors
		pixels[i] = 0.4*pixels[i] + 0.6*pixels[i/each%g.count*each+i%each]
	}
	if err := g.canvas.pixels.Write(pixels); err != nil {
		t.Fatal(err)
	}
	return g, pixels
}

// The pull on the pixels is the gradient of L_topo (Eqn 11), weighed, through homology and the teacher: along it, the
// loss that the host twin measures changes as its length says.
func TestPullIsTheGradientOfTheTopologyLoss(t *testing.T) {
	g, pixels := pulled(t)
	hyper := nn.Hyper{LR: 0, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1) // nothing moves; the first moment holds half the gradient
	if _, err := g.align(hyper); err != nil {
		t.Fatal(err)
	}
	gradient, err := g.canvas.m.Read()
	if err != nil {
		t.Fatal(err)
	}
	norm := 0.0
	for i := range gradient {
		gradient[i] *= 2
		norm += float64(gradient[i]) * float64(gradient[i])
	}
	norm = math.Sqrt(norm)
	if norm == 0 {
		t.Fatal("there is no pull")
	}
	loss := func(step float64) float64 {
		moved := make([]float32, len(pixels))
		for i := range moved {
			moved[i] = pixels[i] + float32(step*float64(gradient[i])/norm)
		}
		if err := g.canvas.pixels.Write(moved); err != nil {
			t.Fatal(err)
		}
		u, _, err := g.measure()
		if err != nil {
			t.Fatal(err)
		}
		return g.r.topologyWeight() * u.Total
	}
	const h = 0.02
	if slope := (loss(h) - loss(-h)) / (2 * h); !(math.Abs(slope/norm-1) < 0.02) {
		t.Errorf("along the gradient the loss changes by %g, the gradient is %g long", slope, norm)
	}
}

// Alignment undoes the pull: L_topo and kappa fall, the class's features spread.
func TestAlignmentWidensAPulledSet(t *testing.T) {
	g, _ := pulled(t)
	look := func() (loss, kappa, spread float64) {
		u, features, err := g.measure()
		if err != nil {
			t.Fatal(err)
		}
		return u.Total, u.Kappa.H0, mean(g.spreads(features))
	}
	loss0, kappa0, spread0 := look()
	for i := range 20 {
		if _, err := g.align(nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(i + 1)); err != nil {
			t.Fatal(err)
		}
	}
	loss1, kappa1, spread1 := look()
	t.Logf("L_topo %.4f to %.4f, kappa %.4f to %.4f, spread %.4f to %.4f", loss0, loss1, kappa0, kappa1, spread0, spread1)
	if !(loss1 < loss0/2) {
		t.Errorf("L_topo goes from %.4f to %.4f, want less than half", loss0, loss1)
	}
	if !(kappa1 < kappa0/2) {
		t.Errorf("kappa goes from %.4f to %.4f, want less than half", kappa0, kappa1)
	}
	if !(spread1 > spread0) {
		t.Errorf("the spread goes from %.4f to %.4f, want more", spread0, spread1)
	}
}

func mean(list []float64) (m float64) {
	for _, v := range list {
		m += v / float64(len(list))
	}
	return m
}

// Classes without a gradient stay where they are: old momentum does not move them.
func TestIdleClassesStay(t *testing.T) {
	g, before := pulled(t)
	g.aligner.Targets[1].Inactive = topology.NoLength
	momentum := make([]float32, len(before))
	for i := range momentum {
		momentum[i] = 1
	}
	if err := firstError(g.topology.Aim(g.aligner.Targets, g.aligner.Points(10), slices.Repeat([]float64{0.5}, g.count)), g.canvas.m.Write(momentum)); err != nil {
		t.Fatal(err)
	}
	u, err := g.align(nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1))
	if err != nil {
		t.Fatal(err)
	}
	if u.Active != 2 || u.Classes[1].Moves || u.Classes[1].Inactive != topology.NoLength {
		t.Errorf("%d classes are active, class 1: %+v", u.Active, u.Classes[1])
	}
	after, err := g.canvas.pixels.Read()
	if err != nil {
		t.Fatal(err)
	}
	each := len(before) / g.canvas.rows
	for row := range g.canvas.rows {
		if moved := !slices.Equal(before[row*each:(row+1)*each], after[row*each:(row+1)*each]); moved == (row%3 == 1) {
			t.Errorf("image %d of class %d moved: %v", row/3, row%3, moved)
		}
	}
}

// What the device does not take the host computes in the same update, to the same end, and the log says so once.
func TestHostTakesOver(t *testing.T) {
	var log []string
	images := map[string][]float32{}
	for name, grid := range map[string]int{"device": 64, "host": 65} {
		g, _ := pulled(t, func(j *Job) {
			j.Recipe.PTA.Grid = grid
			j.Emit = func(e event.Event) {
				if l, ok := e.(event.Log); ok && grid == 65 {
					log = append(log, l.Text)
				}
			}
		})
		for range 2 {
			u, err := g.align(nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1))
			if err != nil {
				t.Fatal(err)
			}
			if host := u.Classes[0].Host != ""; host != (grid == 65) || u.Active != 3 || u.Total <= 0 {
				t.Errorf("%s: %+v", name, u)
			}
		}
		var err error
		if images[name], err = g.canvas.pixels.Read(); err != nil {
			t.Fatal(err)
		}
	}
	worst, sum := 0.0, 0.0
	for i, v := range images["host"] {
		d := math.Abs(float64(v - images["device"][i]))
		worst, sum = max(worst, d), sum+d
	}
	if mean := sum / float64(len(images["host"])); !(mean < 2e-3) { // a pixel of images moves the loss little
		t.Errorf("images of host and device differ by %g, at most %g", mean, worst)
	}
	told := slices.DeleteFunc(log, func(l string) bool { return !strings.Contains(l, "the host computes 3 classes (0, 1, 2)") })
	if len(told) != 1 || !strings.Contains(told[0], "images of 65 pixels a side, the device takes 64") {
		t.Errorf("the log says %q", told)
	}
}
