package distill

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/nn"
	"reta/compute/topo"
	"reta/shared/event"
	"reta/shared/recipe"
	"reta/shared/topology"
)

// topologyOf is the group's alignment.
func topologyOf(g *Group) *pta { return g.parts.align.(*pta) }

// measure compares whole classes with their targets on the host. It returns the points too.
func measure(t *testing.T, g *Group) (*topo.Update, []float32) {
	t.Helper()
	f, err := g.Features(g.TopologyRows())
	if err != nil {
		t.Fatal(err)
	}
	u, err := g.target.Align(f.Points, g.TopologyPoints(), g.pool.Width)
	if err != nil {
		t.Fatal(err)
	}
	return u, f.Points
}

// pulled is a group whose images have been drawn most of the way to the first image of their class: what the paper
// calls the pull-to-anchor effect.
func pulled(t *testing.T, edit ...func(*Job)) (*Group, []float32) {
	t.Helper()
	job := smallJob(t)
	job.Recipe.IPC = 10
	job.Emit = func(event.Event) {}
	job.Recipe.PTA.Update = recipe.Separate
	for _, f := range edit {
		f(&job)
	}
	g := openGroup(t, job, 0, 3)
	if err := firstError(g.start(), g.parts.align.Begin(g)); err != nil {
		t.Fatal(err)
	}
	pixels, err := g.images.pixels.Read()
	if err != nil {
		t.Fatal(err)
	}
	each := len(pixels) / g.images.rows
	for i := len(pixels) - 1; i >= 0; i-- { // row r is of class r % 3: the first three rows are the anchors
		pixels[i] = 0.4*pixels[i] + 0.6*pixels[i/each%g.count*each+i%each]
	}
	if err := g.images.pixels.Write(pixels); err != nil {
		t.Fatal(err)
	}
	return g, pixels
}

// Joined, what is added to the step's gradient is the gradient that a step of its own follows; a step in which no update is
// due adds nothing.
func TestJoinedGradientIsTheSeparateOne(t *testing.T) {
	separate, _ := pulled(t)
	hyper := nn.Hyper{LR: 0, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1) // nothing moves; the first moment holds half the gradient
	if err := topologyOf(separate).update(separate, hyper); err != nil {
		t.Fatal(err)
	}
	half, err := separate.images.m.Read()
	if err != nil {
		t.Fatal(err)
	}
	joined, _ := pulled(t, func(j *Job) { j.Recipe.PTA.Update, j.Recipe.PTA.Every = recipe.Joined, 5 })
	for step, due := range map[int]bool{3: false, 4: true, 5: false} {
		joined.step = step
		if err := topologyOf(joined).Before(joined); err != nil {
			t.Fatal(err)
		}
		got, err := joined.parts.align.Gradient().Read()
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range half {
			want := 0.0
			if due {
				want = 2 * float64(h)
			}
			if math.Abs(float64(got[i])-want) > 1e-6+1e-5*math.Abs(want) {
				t.Fatalf("step %d: element %d of the gradient is %g, want %g", step, i, got[i], want)
			}
		}
	}
}

// The pull on the pixels is the gradient of L_topo (Eqn 11), weighed, through homology and the teacher: along it, the
// loss that the host twin measures changes as its length says.
func TestPullIsTheGradientOfTheTopologyLoss(t *testing.T) {
	g, pixels := pulled(t)
	hyper := nn.Hyper{LR: 0, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1) // nothing moves; the first moment holds half the gradient
	if err := topologyOf(g).update(g, hyper); err != nil {
		t.Fatal(err)
	}
	gradient, err := g.images.m.Read()
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
		if err := g.images.pixels.Write(moved); err != nil {
			t.Fatal(err)
		}
		u, _ := measure(t, g)
		return u.Weighted(g.TopologyWeights(g.target))
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
		u, features := measure(t, g)
		return u.Total, u.Kappa.H0, spreadOf(t, features, 10, g.pool.Width)
	}
	loss0, kappa0, spread0 := look()
	for i := range 20 {
		if err := topologyOf(g).update(g, nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(i+1)); err != nil {
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

// spreadOf is the mean pairwise distance of the points of a class, n each, over all classes.
func spreadOf(t *testing.T, points []float32, n, width int) (mean float64) {
	t.Helper()
	classes := len(points) / n / width
	for c := range classes {
		cloud, err := topology.NewCloud(points[c*n*width:(c+1)*n*width], n, width)
		if err != nil {
			t.Fatal(err)
		}
		s, err := cloud.Spread()
		if err != nil {
			t.Fatal(err)
		}
		mean += s / float64(classes)
	}
	return mean
}

// Classes without a gradient stay where they are: old momentum does not move them.
func TestIdleClassesStay(t *testing.T) {
	g, before := pulled(t)
	g.target.Targets[1].Inactive = topology.NoLength
	momentum := make([]float32, len(before))
	for i := range momentum {
		momentum[i] = 1
	}
	if err := firstError(topologyOf(g).program.SetTargets(g.target.Targets, g.target.Points(10), slices.Repeat([]float64{0.5}, g.count)), g.images.m.Write(momentum)); err != nil {
		t.Fatal(err)
	}
	if err := topologyOf(g).update(g, nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1)); err != nil {
		t.Fatal(err)
	}
	if !topologyOf(g).found.Updated {
		t.Error("the update is not told")
	}
	after, err := g.images.pixels.Read()
	if err != nil {
		t.Fatal(err)
	}
	each := len(before) / g.images.rows
	for row := range g.images.rows {
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
			if err := topologyOf(g).update(g, nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1)); err != nil {
				t.Fatal(err)
			}
			if found := topologyOf(g).found; !(found.Loss > 0) {
				t.Errorf("%s: %+v", name, found)
			}
		}
		var err error
		if images[name], err = g.images.pixels.Read(); err != nil {
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
	warned := slices.DeleteFunc(log, func(l string) bool { return !strings.Contains(l, "the host computes 3 classes (0, 1, 2)") })
	if len(warned) != 1 || !strings.Contains(warned[0], "images of 65 pixels a side, the device takes 64") {
		t.Errorf("the log says %q", warned)
	}
}

// pta.graph union seeks neighbours among both sets: another loss than per set, computed on the host, and the log says why.
func TestUnionGraphReachesTheUpdate(t *testing.T) {
	var log []string
	loss := map[recipe.Graph]float64{}
	for _, graph := range []recipe.Graph{recipe.PerSet, recipe.Union} {
		g, before := pulled(t, func(j *Job) {
			j.Recipe.PTA.Graph, j.Recipe.PTA.K = graph, 6
			j.Emit = func(e event.Event) {
				if l, ok := e.(event.Log); ok && graph == recipe.Union {
					log = append(log, l.Text)
				}
			}
		})
		if err := topologyOf(g).update(g, nn.Hyper{LR: 0.02, Beta1: 0.5, Beta2: 0.9, Eps: 1e-8}.At(1)); err != nil {
			t.Fatal(err)
		}
		after, err := g.images.pixels.Read()
		if loss[graph] = topologyOf(g).found.Loss; err != nil || !(loss[graph] > 0) || slices.Equal(after, before) {
			t.Errorf("%s: loss %v, %v; images moved: %v", graph, loss[graph], err, !slices.Equal(after, before))
		}
	}
	if loss[recipe.PerSet] == loss[recipe.Union] {
		t.Errorf("both graphs have the loss %v", loss[recipe.Union])
	}
	if !slices.ContainsFunc(log, func(l string) bool {
		return strings.Contains(l, "the host computes 3 classes (0, 1, 2): nearest neighbours among real and synthetic points together")
	}) {
		t.Errorf("the log says %q", log)
	}
}
