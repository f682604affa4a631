package distill

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train/traintest"
	"reta/shared/event"
	"reta/shared/recipe"
)

// A whole run on a small set: the cross-entropy of the distilled images under the teacher and the batch-norm loss
// fall, anchors are blended in at the end of every stage but the last, topology is aligned when it is due.
func TestRecover(t *testing.T) {
	job := smallJob(t)
	seen := watchJob(&job)
	out, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	c := job.Recipe
	t.Logf("CE %.4f to %.4f, L_BN %.3f to %.3f", seen.before.CE, seen.after.CE, seen.before.BN, seen.after.BN)
	if !(seen.after.CE <= 0.9*seen.before.CE) {
		t.Errorf("CE goes from %.4f to %.4f, want nine tenths at most", seen.before.CE, seen.after.CE)
	}
	if !(seen.after.BN <= 0.9*seen.before.BN) {
		t.Errorf("L_BN goes from %.4f to %.4f, want nine tenths at most", seen.before.BN, seen.after.BN)
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
	if len(seen.steps) != c.Steps {
		t.Fatalf("%d steps, want %d", len(seen.steps), c.Steps)
	}
	for i, s := range seen.steps {
		if s.Index != i || s.Stage != c.StageOf(i).Index || s.LR != c.LearningRate(i) {
			t.Errorf("step %d: %+v", i, s)
		}
		if due := c.AlignsAfter(i); due != s.Topology.Updated || due != (s.Topology.Loss > 0) {
			t.Errorf("step %d: topology %+v, alignment due %t", i, s.Topology, due)
		}
		if total := s.Term("ce") + c.BNWeight*s.Term("bn"); math.Abs(s.Total-total) > 1e-5*total {
			t.Errorf("step %d: the loss is %g, its terms make %g", i, s.Total, total)
		}
	}
	if len(seen.blends) != c.Stages || seen.blends[c.Stages-1] != nil {
		t.Fatalf("%d stage ends, want %d, the last without a connection", len(seen.blends), c.Stages)
	}
	for i, b := range seen.blends[:c.Stages-1] {
		if len(b.Choices) != 3 || len(b.Choices[0]) != c.IPC || len(b.Before) != len(b.After) || len(b.Anchor) != len(b.After) {
			t.Errorf("stage end %d: %d classes retrieved, %d numbers before and %d after", i, len(b.Choices), len(b.Before), len(b.After))
		}
	}
	for _, words := range []string{"recover: recipe reta", "features (phi) from resnet8", "topology alignment: lambda_topo", "topology update in step 40"} {
		if !strings.Contains(seen.log, words) {
			t.Errorf("the log does not say %q:\n%s", words, seen.log)
		}
	}
}

// A run that nobody observes makes the same images, and asks for nothing but what decides them.
func TestUnobservedRunIsTheSame(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps = 8
	watched := job
	watchJob(&watched)
	want, err := Recover(context.Background(), graphtest.Device(t), watched)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Pixels, want.Pixels) {
		t.Error("pixels differ from those of a run that is observed")
	}
}

// A group larger than a batch is optimised in blocks of classes; what topology sees is whole classes all the same.
func TestGroupsOfSeveralBatches(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Steps, job.Recipe.Batch, job.Recipe.Group = 12, 2, 3 // blocks of two classes and of one
	seen := watchJob(&job)
	out, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.steps) != 12 || len(out.Pixels) != 3*4*16*16*3 {
		t.Errorf("%d steps and %d numbers, want 12 and %d", len(seen.steps), len(out.Pixels), 3*4*16*16*3)
	}
	if !(seen.after.CE < seen.before.CE) {
		t.Errorf("CE goes from %.4f to %.4f, want less", seen.before.CE, seen.after.CE)
	}
	job.Recipe.Group = 2 // groups of two classes and of one: the same batches, without topology between them
	job.Recipe.PTA.On = false
	apart, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	job.Recipe.Group = 3
	together, err := Recover(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(apart.Pixels, together.Pixels) {
		t.Error("the same batches in another grouping give other images")
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
		{"with two teachers", func(j *Job) { j.Teachers = append(j.Teachers, traintest.Teacher(t, 2)) }},
		{"with both teachers in every step", func(j *Job) {
			j.Teachers = append(j.Teachers, traintest.Teacher(t, 2))
			j.Recipe.Ensemble = recipe.Mean
		}},
		{"with the second teacher's features", func(j *Job) {
			j.Teachers = append([]*models.Model{traintest.Teacher(t, 2)}, j.Teachers...)
			j.Recipe.Phi = 1
		}},
		{"with topology in a step of its own", func(j *Job) { j.Recipe.PTA.Update = recipe.Separate }},
		{"with the mean over classes", func(j *Job) { j.Recipe.PTA.Weighting = recipe.PerClass }},
		{"with cross-entropy alone", func(j *Job) { j.Recipe.Losses = []string{"ce"} }},
		{"with whole images for patches", func(j *Job) { j.Recipe.Init.Selector = recipe.DELT }},
		{"with hard patches", func(j *Job) { j.Recipe.Init.Difficulty = recipe.Hard }},
		{"with a pool of six", func(j *Job) { j.Recipe.Pool.Limit = 6 }},
		{"with rolls to both sides", func(j *Job) { j.Recipe.RollBoth = true }},
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
			c.IPC, c.Steps, c.Jitter = 2, min(c.Steps, 12), 2
			for i := range c.Resolutions {
				if c.Steps > 0 && c.Match.By == recipe.ByTeachers {
					c.Resolutions[i] = []int{12, 16}[i%2]
				}
			}
			job.Recipe, job.Cache = smallMatch(c), t.TempDir()
			for len(job.Teachers) < c.Teachers() {
				job.Teachers = append(job.Teachers, traintest.Teacher(t, 2))
			}
			seen := watchJob(&job)
			out, err := Recover(context.Background(), graphtest.Device(t), job)
			if err != nil {
				t.Fatal(err)
			}
			if want := 3 * 2 * 16 * 16 * 3; len(out.Pixels) != want || out.Size != 16 {
				t.Errorf("%d pixels at size %d, want %d at 16", len(out.Pixels), out.Size, want)
			}
			if len(seen.steps) != c.Steps || len(seen.blends) != c.Stages {
				t.Errorf("%d steps and %d stages, want %d and %d", len(seen.steps), len(seen.blends), c.Steps, c.Stages)
			}
			if c.Steps == 0 && !slices.Equal(out.Pixels, started(t, job)) {
				t.Error("without a step the images are not those that it starts from")
			}
		})
	}
}

// started are the images that a job starts from.
func started(t *testing.T, job Job) []float32 {
	t.Helper()
	out, err := Starting(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	return out.Pixels
}

// A teacher without batch norm gives cross-entropy and topology; L_BN is zero.
func TestRecoverWithoutBatchNorm(t *testing.T) {
	dev := graphtest.Device(t)
	teacher, err := models.New(dev, "convnet3", models.Spec{Classes: 3, Size: 16, Frozen: true, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(teacher.Free)
	job := smallJob(t)
	job.Teachers, job.Recipe.Steps = []*models.Model{teacher}, 8
	seen := watchJob(&job)
	var warnings []string
	emit := job.Emit
	job.Emit = func(e event.Event) {
		if l, ok := e.(event.Log); ok && l.Level == event.Warning {
			warnings = append(warnings, l.Text)
		}
		emit(e)
	}
	if _, err := Recover(context.Background(), dev, job); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(warnings, "teacher convnet3 has no batch norm: its L_BN is 0, and its steps follow the other losses alone") {
		t.Errorf("warnings are %q, want that there is no batch norm", warnings)
	}
	updates := 0
	for _, s := range seen.steps {
		if s.Topology.Updated {
			updates++
		}
		if s.Term("bn") != 0 || !(s.Term("ce") > 0) || s.Topology.Updated && !(s.Topology.Loss > 0) {
			t.Errorf("step %d: %+v, want cross-entropy and topology without L_BN", s.Index, s)
		}
	}
	if !(seen.after.CE < seen.before.CE) || seen.after.BN != 0 || updates == 0 {
		t.Errorf("CE goes from %.4f to %.4f, L_BN is %g at the end, %d topology updates: want less, none and some",
			seen.before.CE, seen.after.CE, seen.after.BN, updates)
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
		}, "stage 1/4, step 2: the loss is NaN"},
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
	c.Init.Selector = recipe.RDED                                         // crops leave more to learn than whole images
	c.Crop = recipe.Crop{Area: [2]float64{1, 1}, Ratio: [2]float64{1, 1}} // so that the loss is that of the assessment
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return Job{Recipe: c, Teachers: []*models.Model{traintest.Teacher(t, 1)}, Data: traintest.Stripes}
}

// openGroup is the group of count classes from first on of a run of the job, with nothing in it yet.
func openGroup(t testing.TB, job Job, first, count int) *Group {
	t.Helper()
	r, err := newRun(context.Background(), graphtest.Device(t), job)
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.newGroup(first)
	if err != nil {
		t.Fatal(err)
	}
	g.count = count
	t.Cleanup(g.close)
	return g
}

// recorder is told what a run does.
type recorder struct {
	unobserved
	steps         []Step
	blends        []*Blend
	before, after Features
	log           string
}

func (r *recorder) Begin(g *Group) (err error) {
	if g.Step() == 0 {
		r.before, err = g.AllFeatures()
	}
	return err
}

func (r *recorder) Step(_ *Group, s Step) error {
	r.steps = append(r.steps, s)
	return nil
}

func (r *recorder) StageEnds(g *Group) (err error) {
	r.after, err = g.AllFeatures()
	return err
}

func (r *recorder) StageEnded(_ *Group, b *Blend) error {
	r.blends = append(r.blends, b)
	return nil
}

func watchJob(j *Job) *recorder {
	r := &recorder{}
	j.Observer = r
	j.Emit = func(e event.Event) {
		if l, ok := e.(event.Log); ok {
			r.log += l.Text + "\n"
		}
	}
	return r
}

// Groups that are recovered by jobs of their own, in any order, are the same bits as in a whole run.
func TestGroupsOfAJob(t *testing.T) {
	dev, job := graphtest.Device(t), smallJob(t)
	job.Recipe.Batch, job.Recipe.Group = 2, 2 // groups of two classes and of one
	whole, err := Recover(context.Background(), dev, job)
	if err != nil {
		t.Fatal(err)
	}
	each := len(whole.Pixels) / whole.Classes
	for _, c := range []struct{ groups, classes [2]int }{{[2]int{1, 2}, [2]int{2, 3}}, {[2]int{0, 1}, [2]int{0, 2}}, {[2]int{0, 2}, [2]int{0, 3}}} {
		job.Groups, job.Steering = c.groups, new(Steering)
		part, err := Recover(context.Background(), dev, job)
		if err != nil {
			t.Fatal(err)
		}
		if part.First != c.classes[0] || part.Classes != c.classes[1]-c.classes[0] || !slices.Equal(part.Pixels, whole.Pixels[c.classes[0]*each:c.classes[1]*each]) {
			t.Errorf("groups %v are classes %d to %d, or other images than in the whole run", c.groups, part.First, part.First+part.Classes-1)
		}
		if err := job.Steering.Set("alpha", 0.3, "test"); c.groups != [2]int{0, 2} && (err == nil || !strings.Contains(err.Error(), "the run is a shard")) {
			t.Errorf("a setting changes in a part of a run: %v", err)
		}
	}
	for _, groups := range [][2]int{{1, 1}, {-1, 1}, {1, 3}} {
		job.Groups = groups
		if _, err := Recover(context.Background(), dev, job); err == nil || !strings.Contains(err.Error(), "want some of the 2 groups") {
			t.Errorf("groups %v: %v", groups, err)
		}
	}
}
