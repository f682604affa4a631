package distill

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/recipe"
)

// A whole run on a small set: the cross-entropy of the distilled images under the teacher halves, the batch-norm loss
// falls, anchors are injected at the end of every stage but the last, topology is aligned when it is due, and the log
// says so.
func TestRecover(t *testing.T) {
	job := smallJob(t)
	seen := watchJob(&job)
	out, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	c := job.Recipe
	t.Logf("CE %.4f to %.4f, L_BN %.3f to %.3f", out.Before.CE, out.After.CE, out.Before.BN, out.After.BN)
	if !(out.After.CE <= out.Before.CE/2) {
		t.Errorf("CE goes from %.4f to %.4f, want half", out.Before.CE, out.After.CE)
	}
	if !(out.After.BN < out.Before.BN) {
		t.Errorf("L_BN goes from %.4f to %.4f, want less", out.Before.BN, out.After.BN)
	}
	if want := 3 * c.IPC * 16 * 16 * 3; len(out.Pixels) != want || out.IPC != c.IPC || out.Classes != 3 || out.Size != 16 {
		t.Errorf("%d pixels of %d x %d images of %d px, want %d", len(out.Pixels), out.Classes, out.IPC, out.Size, want)
	}
	for i, v := range out.Pixels {
		x := float64(v)*job.Data.Std[i%3] + job.Data.Mean[i%3]
		if !(x >= -1e-6 && x <= 1+1e-6) {
			t.Fatalf("pixel %d is %g, want it in [0,1]", i, x)
		}
	}

	if len(seen.points) != c.Steps {
		t.Fatalf("%d points, want %d", len(seen.points), c.Steps)
	}
	for i, p := range seen.points {
		if p.Step != i || p.Stage != c.StageOf(i).Index || math.Abs(float64(p.LR)-c.LearningRate(i)) > 1e-7 {
			t.Errorf("point %d: %+v", i, p)
		}
		if due := c.AlignsAfter(i); due == math.IsNaN(float64(p.Topo)) {
			t.Errorf("step %d: L_topo %g, alignment due %t", i, p.Topo, due)
		}
	}
	if len(seen.stages) != c.Stages {
		t.Fatalf("%d stage ends, want %d", len(seen.stages), c.Stages)
	}
	for i, e := range seen.stages {
		want := 3 * c.IPC
		if i == c.Stages-1 {
			want = 0
		}
		if e.Stage != i || e.Anchors != want || e.Step != c.Stage(i).End {
			t.Errorf("stage end %d: %+v, want %d anchors after step %d", i, e, want, c.Stage(i).End)
		}
	}
	if want := 3 * (c.Stages - 1); len(seen.residuals) != want { // one event a class
		t.Errorf("%d residual events, want %d", len(seen.residuals), want)
	}
	for _, e := range seen.residuals {
		for _, id := range e.AnchorID {
			var image int
			if !strings.HasPrefix(id, "image-") {
				t.Errorf("anchor %q is no image of the set", id)
			} else if image = atoi(t, id[6:]); image%3 != e.Class {
				t.Errorf("class %d got an anchor of class %d", e.Class, image%3)
			}
		}
	}
	for _, words := range []string{"recover: recipe reta", "before step 0 CE", "injected 12 anchors (retrieval", "topology alignment: lambda_topo", "stage 4/4 done"} {
		if !strings.Contains(seen.log, words) {
			t.Errorf("the log does not say %q:\n%s", words, seen.log)
		}
	}
}

// Topology alignment and the anchors change the images; the seed decides them.
func TestRecipesDiffer(t *testing.T) {
	dev := graphtest.Device(t)
	base := smallJob(t)
	base.Recipe = base.Recipe.WithStages(2, recipe.Dataset{Size: 16})
	base.Recipe.Steps, base.Recipe.IPC = 10, 3
	run := func(edit func(*Job)) []float32 {
		job := base
		edit(&job)
		out, err := Recover(context.Background(), dev, job)
		if err != nil {
			t.Fatal(err)
		}
		return out.Pixels
	}
	reta := run(func(*Job) {})
	if !slices.Equal(reta, run(func(*Job) {})) {
		t.Error("the same job gives other pixels the second time")
	}
	for _, c := range []struct {
		what string
		edit func(*Job)
	}{
		{"without PTA", func(j *Job) { j.Recipe.PTA.On = false }},
		{"with fixed anchors", func(j *Job) { j.Recipe.Connection = recipe.Fixed }},
		{"with lambda 1", func(j *Job) { j.Recipe.DRC.Lambda = 1 }},
		{"with another seed", func(j *Job) { j.Recipe.Seed++ }},
		{"with two teachers", func(j *Job) { j.Teachers = append(j.Teachers, smallTeacher(t, 2)) }},
		{"with rolls of each image's own", func(j *Job) { j.Recipe.SharedCrop = false }},
	} {
		if slices.Equal(reta, run(c.edit)) {
			t.Errorf("%s the pixels are the same", c.what)
		}
	}
}

// Every recipe runs, at changing resolutions too, and ends at the data's size.
func TestRecipesRun(t *testing.T) {
	for _, name := range recipe.Names() {
		t.Run(name, func(t *testing.T) {
			job := smallJob(t)
			c, err := recipe.New(name, recipe.Dataset{Name: "stripes", Classes: 3, Size: 16})
			if err != nil {
				t.Fatal(err)
			}
			c.IPC, c.Steps, c.Jitter = 2, 12, 2
			for i := range c.Resolutions {
				c.Resolutions[i] = []int{12, 16}[i%2]
			}
			job.Recipe = c
			seen := watchJob(&job)
			out, err := Recover(context.Background(), graphtest.Device(t), job)
			if err != nil {
				t.Fatal(err)
			}
			if want := 3 * 2 * 16 * 16 * 3; len(out.Pixels) != want || out.Size != 16 {
				t.Errorf("%d pixels at size %d, want %d at 16", len(out.Pixels), out.Size, want)
			}
			if len(seen.points) != 12 || len(seen.stages) != c.Stages {
				t.Errorf("%d points and %d stages, want 12 and %d", len(seen.points), len(seen.stages), c.Stages)
			}
		})
	}
}

// A run that is stopped in the middle of a stage, at a stage's end and in its second group, and that loses steps to a
// crash, ends at the same bits as one that was never stopped.
func TestRecoverResumesToTheSameBits(t *testing.T) {
	dev, crash := graphtest.Device(t), errors.New("crash")
	job := smallJob(t)
	job.Recipe.Batch = 2 // groups of two classes and of one
	want, err := Recover(context.Background(), dev, job)
	if err != nil {
		t.Fatal(err)
	}
	job.Dir = filepath.Join(t.TempDir(), "checkpoints")
	cancelled, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, c := range []struct {
		after int // steps of this part
		with  error
	}{{13, ErrStop}, {7, ErrStop}, {5, crash}, {9, ErrStop}, {16, ErrStop}, {3, context.Canceled}} {
		ctx, steps := context.Background(), 0
		if c.with == context.Canceled {
			ctx = cancelled
		}
		job.Gate = func(ctx context.Context, _ func() error) error {
			if steps++; steps <= c.after {
				return nil
			}
			if c.with == context.Canceled {
				cancel()
				return ctx.Err()
			}
			return c.with
		}
		if _, err := Recover(ctx, dev, job); !errors.Is(err, c.with) {
			t.Fatalf("a part that was to end with %v after %d steps ends with %v", c.with, c.after, err)
		}
	}
	steps := 0
	job.Gate = func(context.Context, func() error) error { steps++; return nil }
	for _, left := range []int{80 - 13 - 7 - 9 - 16 - 3, 0} { // then once more, all done
		steps = 0
		got, err := Recover(context.Background(), dev, job)
		if err != nil {
			t.Fatal(err)
		}
		if steps != left {
			t.Errorf("%d steps were left, want %d", steps, left)
		}
		if !slices.Equal(got.Pixels, want.Pixels) {
			t.Error("pixels differ from those of a run that was never stopped")
		}
		if got.Before != want.Before || got.After != want.After {
			t.Errorf("assessed %+v and %+v, never stopped %+v and %+v", got.Before, got.After, want.Before, want.After)
		}
	}
	job.Recipe.LR /= 2
	if _, err := Recover(context.Background(), dev, job); err == nil || !strings.Contains(err.Error(), "belongs to another run") {
		t.Errorf("another recipe in the same folder: %v", err)
	}
}

// A checkpoint whose position cannot be is refused: its stage, step and size must belong together.
func TestRestoreRefuses(t *testing.T) {
	job := smallJob(t)
	job.Dir, job.Emit = t.TempDir(), func(event.Event) {}
	open := func() *group {
		g := &group{r: &run{ctx: context.Background(), dev: graphtest.Device(t), Job: job}, count: 3}
		t.Cleanup(g.close)
		return g
	}
	g := open()
	if err := firstError(g.r.openPool(), g.start()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		stage, step int
		words       string
	}{
		{1, 10, ""}, {1, 20, ""}, {4, 40, ""},
		{1, 9, "stage 1, step 9, size 16: want stage 0 to 4, its steps 10 to 20 and size 16; remove the file"},
		{0, 11, "want stage 0 to 4, its steps 0 to 10"}, {5, 40, "stage 5"}, {-1, 0, "stage -1"}, {4, 29, "its steps 30 to 40"},
	} {
		g.stage, g.step = c.stage, c.step
		if err := g.save(false); err != nil {
			t.Fatal(err)
		}
		if _, err := open().restore(); (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("stage %d, step %d: %v, want %q", c.stage, c.step, err, c.words)
		}
	}
}

func TestRecoverRefuses(t *testing.T) {
	dev := graphtest.Device(t)
	for _, c := range []struct {
		edit  func(*Job)
		words string
	}{
		{func(j *Job) { j.Teachers = nil }, "recover: no teacher: give one with --teacher"},
		{func(j *Job) { j.Recipe.Steps = 3 }, "steps = 3"},
		{func(j *Job) {
			m, err := models.New(dev, "resnet8", models.Spec{Classes: 5, Frozen: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Free)
			j.Teachers = []*models.Model{m}
		}, "recover: teacher resnet8: the network has 5 classes, stripes has 3"},
		{func(j *Job) {
			m, err := models.New(dev, "resnet8", models.Spec{Classes: 3})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Free)
			j.Teachers = []*models.Model{m}
		}, "recover: teacher resnet8 is not frozen"},
		{func(j *Job) { j.Data.Train = &modelstest.Images{} }, "class 0 has no training image"},
		{func(j *Job) {
			m, err := models.New(dev, "resnet8", models.Spec{Classes: 3, Frozen: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Free)
			for _, v := range m.Variables() {
				if v.Name() == "fc.bias" {
					v.Write([]float32{float32(math.NaN()), 0, 0})
				}
			}
			j.Teachers, j.Recipe.PTA.On = append(j.Teachers, m), false // used from the second step on
		}, "stage 1/4, step 1: the loss is NaN"},
	} {
		job := smallJob(t)
		c.edit(&job)
		if _, err := Recover(context.Background(), dev, job); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("error %v, want %q", err, c.words)
		}
	}
}

// smallJob distils four images of each class of stripes in forty steps.
func smallJob(t *testing.T) Job {
	t.Helper()
	facts := recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}
	c, err := recipe.New("reta", facts)
	if err != nil {
		t.Fatal(err)
	}
	c.IPC, c.Steps, c.PTA.Every, c.PTA.K, c.Jitter = 4, 40, 5, 3, 2
	c.Crop = recipe.Crop{Area: [2]float64{1, 1}, Ratio: [2]float64{1, 1}} // so that the loss is that of the assessment
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return Job{Recipe: c, Teachers: []*models.Model{smallTeacher(t, 1)}, Data: stripes}
}

var stripes = train.Data{
	Name: "stripes", Train: modelstest.Stripes(54, 16, 1), Test: modelstest.Stripes(21, 16, 2), Classes: 3, Size: 16,
	Mean: [3]float64{0.4, 0.4, 0.4}, Std: [3]float64{0.2, 0.2, 0.2},
}

var teachers struct {
	sync.Mutex
	bySeed map[uint64]*models.Model
}

// smallTeacher is a network trained on stripes, once for all tests.
func smallTeacher(t *testing.T, seed uint64) *models.Model {
	t.Helper()
	teachers.Lock()
	defer teachers.Unlock()
	if m := teachers.bySeed[seed]; m != nil {
		return m
	}
	dev := graphtest.Device(t)
	m, err := models.New(dev, "resnet8", models.Spec{Classes: 3, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	_, err = train.Squeeze{Data: stripes, Recipe: train.Recipe{
		Optimizer: "sgd", LR: 0.05, Momentum: 0.9, WeightDecay: 5e-4, Epochs: 2, Warmup: 2, Batch: 9, Augment: train.PadCrop, Seed: seed,
	}}.Run(context.Background(), dev, m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "teacher.safetensors")
	if err := m.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	frozen, err := models.Open(dev, path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	if teachers.bySeed == nil {
		teachers.bySeed = map[uint64]*models.Model{}
	}
	teachers.bySeed[seed] = frozen
	return frozen
}

// seen is what a run has told.
type seen struct {
	points    []event.Point
	stages    []event.StageEnd
	residuals []event.Residual
	log       string
}

func watchJob(j *Job) *seen {
	s := &seen{}
	j.Emit = func(e event.Event) {
		switch e := e.(type) {
		case event.Metrics:
			s.points = append(s.points, e.Points...)
		case event.StageEnd:
			s.stages = append(s.stages, e)
		case event.Residual:
			s.residuals = append(s.residuals, e)
		case event.Log:
			s.log += e.Text + "\n"
		}
	}
	return s
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	for _, d := range s {
		if d < '0' || d > '9' {
			t.Fatalf("%q is no number", s)
		}
		n = 10*n + int(d-'0')
	}
	return n
}
