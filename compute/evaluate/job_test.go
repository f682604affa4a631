package evaluate

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reta/compute/graph/graphtest"
	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/compute/train/traintest"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// stripes is the images of traintest's set, or of one like it, with soft labels of its teacher.
func stripes(t *testing.T, data train.Data) *Set {
	teacher := traintest.Teacher(t, 1)
	return &Set{
		Kind: event.Distilled, Images: data.Train, Hash: "stripes",
		Soft: func(_ context.Context, plan label.Plan) (label.Source, error) {
			return label.NewTeachers(graphtest.Device(t), label.Job{Labels: plan.Labels, Images: data, Teachers: []*models.Model{teacher}})
		},
	}
}

// short is a preset's protocol for few epochs on the stripes.
func short(t *testing.T, preset string, epochs int) protocol.Protocol {
	t.Helper()
	p, err := protocol.New(preset, recipe.Dataset{Name: "stripes", Classes: 3, Size: 16}, 18, "resnet8")
	if err != nil {
		t.Fatal(err)
	}
	p.Labels.Batch, p.Labels.Source = 16, protocol.Online
	p.Student.Epochs, p.Test = epochs, protocol.Test{Every: 2, Crop: 1}
	return p
}

// made runs a job or fails.
func made(t *testing.T, j Job) []Outcome {
	t.Helper()
	out, err := j.Run(context.Background(), graphtest.Device(t))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// slow labels nothing, in 50 ms a batch.
type slow struct{ opened *int }

func (s slow) Classes() int { return 3 }
func (s slow) Close()       { *s.opened-- }
func (s slow) Logits(_ context.Context, v label.View) ([]float32, error) {
	time.Sleep(50 * time.Millisecond)
	return make([]float32, 3*len(v.Index)), nil
}

// The forecast has the time of labels that are made before the students, once for all seeds, and of those made in every step.
func TestForecastHasTheTimeOfLabels(t *testing.T) {
	opened, times := 0, 0
	set := stripes(t, traintest.Stripes)
	set.Labeller = func(label.Plan) (label.Source, error) {
		opened, times = opened+1, times+1
		return slow{&opened}, nil
	}
	set.Lacks = func(label.Plan) (int, error) { return 30, nil }
	stored, everyStep := short(t, "fadrm", 40), short(t, "fadrm", 40)
	stored.Labels.Source = protocol.Stored
	var said string
	j := Job{Data: traintest.Stripes, Emit: func(e event.Event) {
		if l, ok := e.(event.Log); ok {
			said += l.Text
		}
	}}
	for seed := range 2 {
		j.Trials = append(j.Trials, Trial{Set: set, Labels: event.SoftLabels, Student: "resnet8", Seed: seed, Protocol: stored},
			Trial{Set: set, Labels: event.SoftLabels, Student: "resnet8", Seed: seed, Protocol: everyStep})
	}
	if err := j.prepare(); err != nil {
		t.Fatal(err)
	}
	defer j.close()
	if err := errors.Join(j.open(graphtest.Device(t)), j.forecast(context.Background())); err != nil {
		t.Fatal(err)
	}
	if opened != 0 || times != 1 {
		t.Errorf("who labels was opened %d times, and is open %d times: want once, and closed", times, opened)
	}
	plan, err := j.Trials[1].plan(16)
	if err != nil {
		t.Fatal(err)
	}
	batches := 4.0
	online, err := j.labelTime(context.Background(), j.Trials[1], plan, labelTimes{})
	if want := 40 * batches * 0.05; err != nil || online < want || online > 2*want || j.seconds[1] < want {
		t.Errorf("labels in every step take %.1f s of the %.1f s of 40 epochs, %v: want %.1f", online, j.seconds[1], err, want)
	}
	making := 0.0
	for _, s := range j.toMake {
		making += s
	}
	if want := 30 * batches * 0.05; making < want || making > 2*want || !strings.Contains(said, event.Duration(making)+" of it for making labels") {
		t.Errorf("making labels takes %.1f s, said as %q: want %.1f", making, said, want)
	}
}

// Students learn by every loss, optimiser and kind of label, and everything of it is emitted.
func TestStudentsLearn(t *testing.T) {
	set := stripes(t, traintest.Stripes)
	soft := short(t, "fadrm", 8)
	soft.Student.LR = 5e-3
	squared := short(t, "g-vbsm", 8)
	squared.Student.LR, squared.Student.EMA, squared.Student.SecondPass = 0.02, 0.5, true
	augmented := soft.Hardened()
	augmented.Student.DSA = true
	var lists []event.Trials
	var curves []event.Curve
	var confusions []event.Confusion
	var mistakes []event.Mistakes
	status := map[string]int{}
	j := Job{
		Data: traintest.Stripes, Hash: "test", Teachers: "teacher", Protocol: "short",
		Trials: []Trial{
			{Set: set, Labels: event.SoftLabels, Student: "resnet8", Seed: 1, Protocol: soft},
			{Set: set, Labels: event.HardLabels, Student: "resnet8", Seed: 1, Protocol: augmented},
			{Set: set, Labels: event.SoftLabels, Student: "resnet8", Variant: " (mse)", Seed: 1, Protocol: squared},
			{Set: set, Labels: event.SoftLabels, Student: "resnet8", Seed: 2, Protocol: soft},
		},
		Emit: func(e event.Event) {
			if err := event.Check(e); err != nil {
				t.Error(err)
			}
			switch e := e.(type) {
			case event.Trials:
				lists = append(lists, e)
			case event.Curve:
				curves = append(curves, e)
			case event.Confusion:
				confusions = append(confusions, e)
			case event.Mistakes:
				mistakes = append(mistakes, e)
			case event.Status:
				status[e.Phase]++
				if e.Done > e.Total || e.Total != 4*8*4 {
					t.Errorf("status %+v: want %d steps in all", e, 4*8*4)
				}
			}
		},
	}
	out := made(t, j)
	for i, o := range out {
		if last := o.Last(); !last.Tested || last.Top1 < 0.75 || last.Top5 != 1 || len(o.Answers) != 21 || o.Count != 54 {
			t.Errorf("trial %d, %s: top-1 %.2f, top-5 %.2f, %d answers: want .75, 1 and 21", i, j.Trials[i], last.Top1, last.Top5, len(o.Answers))
		}
		if first, last := o.Curve[0], o.Last(); !(last.Loss < first.Loss) || !first.Tested || o.Curve[1].Tested || o.Best().Top1 < last.Top1 {
			t.Errorf("trial %d: curve from %+v to %+v", i, first, last)
		}
		right := 0
		for k, a := range o.Answers {
			if uint32(a) == traintest.Stripes.Test.Label(k) {
				right++
			}
		}
		if float64(right) != math.Round(21*o.Last().Top1) {
			t.Errorf("trial %d: %d right answers, the last test says %g of 21", i, right, o.Last().Top1)
		}
	}
	if reflect.DeepEqual(out[0].Curve, out[3].Curve) {
		t.Error("seeds 1 and 2 train alike")
	}
	end := lists[len(lists)-1]
	for i, e := range end.List {
		if e.State != event.Trained || e.Epoch != 8 || float64(e.Last) != float64(float32(out[i].Last().Top1)) || e.Seconds <= 0 {
			t.Errorf("row %d ends as %+v", i, e)
		}
	}
	if end.TestImages != 21 || lists[0].List[2].State != event.Planned || lists[0].List[2].Student != "resnet8 (mse)" {
		t.Errorf("trials begin as %+v", lists[0])
	}
	if c := curves[len(curves)-1]; c.Trial != 3 || len(c.Points) != 8 || !math.IsNaN(float64(c.Points[1].Top1)) {
		t.Errorf("the last curve is %+v", c)
	}
	if c := confusions[len(confusions)-1]; c.Trial != 0 || c.Trials != 2 || len(c.Counts) != 9 || c.Total[0] != 14 {
		t.Errorf("the last confusion is %+v: want two trials of 7 images of each class", c)
	}
	if m := mistakes[len(mistakes)-1]; m.Width != 16 || m.Len() > 0 && m.Label[0] == m.Predicted[0] {
		t.Errorf("the last mistakes are %+v", m)
	}
	if status["evaluate"] < 8 {
		t.Errorf("%d reports", status["evaluate"])
	}
}

// Trials that are made side by side come to the bits that they come to one after the other, stopped in the middle too; where one fails
// the others stop, and what it failed with is the error.
func TestTrialsSideBySide(t *testing.T) {
	p, set := short(t, "fadrm", 3), stripes(t, traintest.Stripes)
	job := func(trainers int, dir string) Job {
		j := Job{Data: traintest.Stripes, Hash: "test", Dir: dir, Trainers: trainers}
		for seed := range 3 {
			j.Trials = append(j.Trials, Trial{Set: set, Labels: event.SoftLabels, Student: "resnet8", Seed: seed, Protocol: p})
		}
		return j
	}
	same := func(got, want []Outcome) bool {
		for i := range got {
			got[i].Seconds, want[i].Seconds = 0, 0
		}
		return reflect.DeepEqual(got, want)
	}
	want := made(t, job(1, t.TempDir()))
	var done []int
	j := job(2, t.TempDir())
	j.Emit = func(e event.Event) {
		if s, ok := e.(event.Status); ok && s.Phase == "evaluate" {
			done = append(done, s.Done)
		}
	}
	if got := made(t, j); !same(got, want) {
		t.Errorf("side by side %+v, one after the other %+v", got, want)
	}
	if !slices.IsSorted(done) || len(done) == 0 {
		t.Errorf("steps done, as they were told: %v", done)
	}
	dir, stop, left := t.TempDir(), errors.New("stop"), 3
	j = job(3, dir)
	j.Gate = func(context.Context) error {
		if left--; left < 0 {
			return stop
		}
		return nil
	}
	if _, err := j.Run(t.Context(), graphtest.Device(t)); !errors.Is(err, stop) || errors.Is(err, errHalted) {
		t.Errorf("stopped: %v", err)
	}
	if saved, _ := filepath.Glob(filepath.Join(dir, "*"+checkpointFile)); len(saved) < 2 {
		t.Errorf("saved: %q, want each training that was stopped", saved)
	}
	if got := made(t, job(2, dir)); !same(got, want) {
		t.Errorf("stopped and continued %+v, one after the other %+v", got, want)
	}
	j = job(2, "")
	bad := *j.Trials[1].Set
	bad.Soft = func(context.Context, label.Plan) (label.Source, error) { return nil, stop }
	j.Trials[1].Set, bad.Hash = &bad, "bad"
	if _, err := j.Run(t.Context(), graphtest.Device(t)); !errors.Is(err, stop) || !strings.Contains(err.Error(), "seed 1") {
		t.Errorf("labels that cannot be made: %v", err)
	}
}

// A job that is stopped at any step, its process gone, ends at the same bits as one that never was: outcomes and
// the last checkpoint's tensors.
func TestJobResumesToTheSameBits(t *testing.T) {
	large := traintest.Stripes // for which networks are torchvision's, with dropout
	large.Train, large.Test, large.Size = modelstest.Stripes(54, 66, 1), modelstest.Stripes(21, 66, 2), 66
	for _, c := range []struct {
		data    train.Data
		network string
		reports int // until it is stopped, each time
		change  func(*protocol.Protocol)
	}{
		{traintest.Stripes, "resnet8", 2, func(p *protocol.Protocol) {}},
		{traintest.Stripes, "resnet8", 2, func(p *protocol.Protocol) { // SGD with new momentum half-way, averaged weights
			p.Student.Optimiser, p.Student.Momentum, p.Student.LR, p.Student.Schedule, p.Student.EMA = protocol.SGD, 0.9, 0.02, protocol.HalfStep, 0.9
		}},
		{large, "mobilenetv2-mini", 5, func(p *protocol.Protocol) {}}, // which takes longer to begin
	} {
		p, set := short(t, "fadrm", 5), stripes(t, c.data)
		c.change(&p)
		job := func(dir string) Job {
			return Job{Data: c.data, Dir: dir, Hash: "test", Trials: []Trial{
				{Set: set, Labels: event.SoftLabels, Student: c.network, Seed: 1, Protocol: p},
				{Set: set, Labels: event.HardLabels, Student: c.network, Seed: 1, Protocol: p.Hardened()},
			}}
		}
		want := made(t, job(t.TempDir()))
		dir := t.TempDir()
		stop := errors.New("stop")
		var got []Outcome
		var older string // checkpoint, which a process that is killed leaves
		stops := 0
		for err := stop; errors.Is(err, stop); stops++ {
			files, _ := filepath.Glob(filepath.Join(dir, "*"+checkpointFile))
			if stops == 2 && len(files) == 1 && c.reports == 2 {
				older = filepath.Join(t.TempDir(), filepath.Base(files[0]))
				copyFile(t, files[0], older)
			}
			if stops == 4 && older != "" && len(files) == 1 {
				copyFile(t, older, filepath.Join(dir, filepath.Base(older)))
				older = ""
			}
			j := job(dir)
			left := c.reports
			j.Gate = func(context.Context) error {
				if left--; left < 0 {
					return stop
				}
				return nil
			}
			if got, err = j.Run(context.Background(), graphtest.Device(t)); err != nil && !errors.Is(err, stop) {
				t.Fatal(err)
			}
		}
		if stops < 12/c.reports || older != "" {
			t.Errorf("%s is stopped %d times, want some in the middle of an epoch, and one that falls back to an older checkpoint", c.network, stops-1)
		}
		for i := range want {
			want[i].Seconds, got[i].Seconds = 0, 0
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("trial %d, stopped %d times:\n%+v, never stopped:\n%+v", i, stops-1, got[i], want[i])
			}
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*"+checkpointFile)); len(left) > 0 {
			t.Errorf("checkpoints are left: %v", left)
		}
		began := 0
		j := job(dir)
		j.Gate = func(context.Context) error { began++; return nil }
		again := made(t, j)
		if began > 0 || !reflect.DeepEqual(again[0].Curve, want[0].Curve) {
			t.Error("finished trials are made again")
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A context that ends in the middle of a block of steps costs none of those that were made.
func TestInterruptKeepsWhatWasDone(t *testing.T) {
	p := short(t, "fadrm", 40)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir := t.TempDir()
	reports := 0
	j := Job{Data: traintest.Stripes, Dir: dir, Hash: "test", Trials: []Trial{{Set: stripes(t, traintest.Stripes), Labels: event.HardLabels, Student: "resnet8", Seed: 1, Protocol: p.Hardened()}},
		Gate: func(ctx context.Context) error {
			if reports++; reports == 3 {
				cancel()
			}
			return ctx.Err()
		}}
	if _, err := j.Run(ctx, graphtest.Device(t)); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want canceled", err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"+checkpointFile))
	if len(files) != 1 {
		t.Fatalf("checkpoints %v, want one", files)
	}
	if err := os.Truncate(files[0], 100); err != nil {
		t.Fatal(err)
	}
	j.Gate = nil
	if _, err := j.Run(context.Background(), graphtest.Device(t)); err == nil || !strings.Contains(err.Error(), files[0]) || !strings.Contains(err.Error(), "remove it to train that student anew") {
		t.Errorf("a damaged checkpoint: %v", err)
	}
}

func TestJobRefusals(t *testing.T) {
	set := stripes(t, traintest.Stripes)
	good := short(t, "fadrm", 2)
	bad := good
	bad.Student.LR = -1
	wide := func(context.Context, label.Plan) (label.Source, error) { return classes(5), nil }
	for _, c := range []struct {
		trial Trial
		data  train.Data
		want  string
	}{
		{Trial{Set: set, Labels: event.SoftLabels, Student: "resnet8", Protocol: bad}, traintest.Stripes, "student.lr -1: want more than 0"},
		{Trial{Set: &Set{Kind: event.Random, Images: set.Images}, Labels: event.SoftLabels, Student: "resnet8", Protocol: good}, traintest.Stripes, "want images, and a source of soft labels"},
		{Trial{Set: &Set{Kind: event.Random, Images: set.Images, Soft: wide}, Labels: event.SoftLabels, Student: "resnet8", Protocol: good}, traintest.Stripes, "labels of 5 classes: want one for each of the 3 classes"},
		{Trial{Set: set, Labels: event.HardLabels, Student: "resnet9", Protocol: good.Hardened()}, traintest.Stripes, `unknown network "resnet9"`},
		{Trial{Set: set, Labels: event.HardLabels, Student: "resnet8", Protocol: good.Hardened()}, train.Data{Name: "empty", Test: first{set.Images, 0}}, "empty has no test images"},
	} {
		j := Job{Data: c.data, Trials: []Trial{c.trial}}
		if _, err := j.Run(context.Background(), graphtest.Device(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// classes is a source of so many classes.
type classes int

func (c classes) Classes() int { return int(c) }

func (c classes) Logits(context.Context, label.View) ([]float32, error) { return nil, nil }

// By hand: of two trials, image 0 is wrong in both by different answers, image 1 in one, image 2 in none.
func TestConfusionAndMistakes(t *testing.T) {
	labels := []int{0, 1, 2}
	answers := [][]int{{1, 1, 2}, {2, 0, 2}}
	c := confusion(4, labels, answers, 3)
	if c.Trial != 4 || c.Trials != 2 || !reflect.DeepEqual(c.Counts, []uint32{0, 1, 1, 1, 1, 0, 0, 0, 2}) || !reflect.DeepEqual(c.Correct, []uint32{0, 1, 2}) || !reflect.DeepEqual(c.Total, []uint32{2, 2, 2}) {
		t.Errorf("confusion %+v", c)
	}
	if got, want := mistakes(labels, answers), []mistake{{0, 2, 1}, {1, 1, 0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("mistakes %+v, want %+v", got, want)
	}
	many := make([]int, 960) // all wrong once: every twentieth is shown
	var wrong []int
	for range many {
		wrong = append(wrong, 1)
	}
	list := mistakes(many, [][]int{wrong})
	if len(list) != mostMistakes || list[1].image != 20 || list[47].image != 940 {
		t.Errorf("%d of 960 mistakes: %+v", len(list), list)
	}
}
