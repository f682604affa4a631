package label

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/models/modelstest"
	"reta/compute/train"
	"reta/shared/event"
	"reta/shared/protocol"
)

// stripes are n images of 16 px of three classes.
func stripes(n int) train.Data {
	return train.Data{
		Name: "stripes", Train: modelstest.Stripes(n, 16, 1), Classes: 3, Size: 16, Mean: [3]float64{0.4, 0.4, 0.4}, Std: [3]float64{0.2, 0.2, 0.2},
	}
}

// small is a ResNet-8 with random weights.
func small(t *testing.T, classes int, seed uint64) *models.Model {
	t.Helper()
	m, err := models.New(graphtest.Device(t), "resnet8", models.Spec{Classes: classes, Seed: seed, Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

// smallJob has two teachers label three epochs of 10 images in batches of 4.
func smallJob(t *testing.T, change func(*Job)) Job {
	j := Job{Labels: published(), Images: stripes(10), Teachers: []*models.Model{small(t, 3, 1), small(t, 3, 2)}}
	j.Labels.Epochs, j.Labels.Batch = 3, 4
	if change != nil {
		change(&j)
	}
	return j
}

// labels are the logits of all batches of an epoch, by image.
func labels(t *testing.T, s Source, p Plan, epoch int) map[int][]float32 {
	t.Helper()
	rows := map[int][]float32{}
	for _, v := range p.Epoch(epoch) {
		logits, err := s.Logits(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range v.Index {
			rows[i] = logits[k*s.Classes() : (k+1)*s.Classes()]
		}
	}
	return rows
}

func newTeachers(t *testing.T, j Job) *Teachers {
	t.Helper()
	teachers, err := NewTeachers(graphtest.Device(t), j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(teachers.Close)
	return teachers
}

// A store has what the teachers say of each view, in half precision.
func TestRelabel(t *testing.T) {
	j := smallJob(t, nil)
	var logged []string
	last := event.Status{}
	emit := func(e event.Event) {
		switch e := e.(type) {
		case event.Log:
			logged = append(logged, e.Text)
		case event.Status:
			last = e
		}
	}
	s, err := Relabel(context.Background(), graphtest.Device(t), j, filepath.Join(t.TempDir(), "labels"), "test", emit)
	if err != nil {
		t.Fatal(err)
	}
	teachers := newTeachers(t, j)
	for epoch := range 3 {
		got := labels(t, s, teachers.Plan(), epoch)
		for i, want := range labels(t, teachers, teachers.Plan(), epoch) {
			for c := range want {
				if off := math.Abs(float64(got[i][c] - want[c])); !(off <= math.Abs(float64(want[c]))*0x1p-11+0x1p-25) {
					t.Errorf("epoch %d, image %d: stored %v, the teachers say %v", epoch, i, got[i], want)
				}
			}
		}
	}
	if len(logged) != 1 || !strings.HasPrefix(logged[0], "labels: 3 epochs x 10 images x 3 classes x 2 bytes = 0.00018 MB; about ") {
		t.Errorf("logged %q", logged)
	}
	if last.State != event.Relabelling || last.Phase != "relabel" || last.Done != 9 || last.Total != 9 {
		t.Errorf("last status %+v, want 9 of 9 batches", last)
	}
	m := s.Manifest
	if len(m.Teachers) != 2 || m.Teachers[0].Weight != 0.5 || m.Teachers[0].Network != "resnet8" || m.Teachers[0].SHA256 == m.Teachers[1].SHA256 {
		t.Errorf("teachers %+v", m.Teachers)
	}
	if m.Images[9] != "image-9" || len(m.Classes) != 3 || m.Program != "test" || m.Mean[0] != 0.4 {
		t.Errorf("manifest %+v", m)
	}
}

// dropping is a network with dropout, as torchvision has it, and random weights.
func dropping(t *testing.T, network string) *models.Model {
	t.Helper()
	m, err := models.New(graphtest.Device(t), network, models.Spec{Classes: 3, Stem: models.ImageNet, Seed: 3, Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Free)
	return m
}

// The labels of a teacher with dropout depend on neither the teachers beside it nor their order; labels.dropout leaves it out.
func TestDropoutOfTeachers(t *testing.T) {
	with := func(dropout bool, list ...*models.Model) map[int][]float32 {
		j := smallJob(t, func(j *Job) { j.Labels.Dropout, j.Labels.Mix, j.Teachers = dropout, protocol.NoMix, list })
		teachers := newTeachers(t, j)
		return labels(t, teachers, teachers.Plan(), 1)
	}
	a, b := small(t, 3, 1), dropping(t, "mobilenetv2-mini")
	plain, own, ab, ba := with(true, a), with(true, b), with(true, a, b), with(true, b, a)
	for i := range own {
		for c := range own[i] {
			if want := float32(0.5*float64(plain[i][c]) + 0.5*float64(own[i][c])); ab[i][c] != want || ba[i][c] != want {
				t.Errorf("image %d: labels %v and, in another order, %v: want the mean of %v and %v", i, ab[i], ba[i], plain[i], own[i])
			}
		}
	}
	if off := with(false, b); maps.EqualFunc(off, own, slices.Equal[[]float32]) {
		t.Error("labels.dropout = false changes nothing")
	}
	if off := with(false, a); !maps.EqualFunc(off, plain, slices.Equal[[]float32]) {
		t.Error("labels.dropout = false changes the labels of a network that has none")
	}
}

// Stopped between any two batches, again and again, the same call ends with the same files, dropout's masks in them.
func TestStoppedRelabelGivesTheSameBytes(t *testing.T) {
	t.Run("mobilenetv2-mini", func(t *testing.T) {
		stopAgainAndAgain(t, smallJob(t, func(j *Job) { j.Teachers = []*models.Model{dropping(t, "mobilenetv2-mini"), small(t, 3, 1)} }))
	})
	t.Run("alexnet", func(t *testing.T) {
		if os.Getenv("RETA_LONG") == "" {
			t.Skip("RETA_LONG=1 runs it")
		}
		stopAgainAndAgain(t, smallJob(t, func(j *Job) {
			j.Teachers, j.Images.Train, j.Images.Size = []*models.Model{dropping(t, "alexnet")}, modelstest.Stripes(10, 64, 1), 64
		}))
	})
}

func stopAgainAndAgain(t *testing.T, j Job) {
	dev := graphtest.Device(t)
	whole := filepath.Join(t.TempDir(), "labels")
	if _, err := Relabel(context.Background(), dev, j, whole, "test", func(event.Event) {}); err != nil {
		t.Fatal(err)
	}
	dir, stops := filepath.Join(t.TempDir(), "labels"), 0
	for {
		ctx, cancel := context.WithCancel(context.Background())
		j := j
		j.Images.Train = &stopping{Source: j.Images.Train, after: 5, stop: cancel} // the images' hash, an epoch of three batches, and one of the next
		_, err := Relabel(ctx, dev, j, dir, "test", func(event.Event) {})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if stops++; stops > 20 {
			t.Fatal("it never comes to an end")
		}
	}
	if stops != 2 {
		t.Errorf("stopped %d times, want 2", stops)
	}
	if got, want := folder(t, dir), folder(t, whole); !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("files %v differ from those made at once", slices.Sorted(maps.Keys(got)))
	}
}

// stopping ends a context after so many reads.
type stopping struct {
	train.Source
	after int
	stop  func()
}

func (s *stopping) Batch(idx []int, dst []byte) error {
	if s.after--; s.after == 0 {
		s.stop()
	}
	return s.Source.Batch(idx, dst)
}

// In eval mode a label depends on its own view alone; in train mode on those of its half, in whole batches on all.
func TestWhatALabelDependsOn(t *testing.T) {
	alone := func(change func(*Job)) (own, half, other bool) {
		j := smallJob(t, func(j *Job) {
			j.Teachers = j.Teachers[:1]
			j.Labels.Mix = protocol.NoMix
			change(j)
		})
		a := newTeachers(t, j)
		v := a.Plan().Batch(0, 0)
		was, err := a.Logits(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		changed := func(at int) []float32 {
			w := v
			w.Index = slices.Clone(v.Index)
			for i := range 10 {
				if !slices.Contains(v.Index, i) {
					w.Index[at] = i
				}
			}
			logits, err := a.Logits(context.Background(), w)
			if err != nil {
				t.Fatal(err)
			}
			return logits
		}
		differs := func(at int) bool { return !slices.Equal(changed(at)[:3], was[:3]) }
		return differs(0), differs(1), differs(3)
	}
	for name, c := range map[string]struct {
		change           func(*Job)
		own, half, other bool
	}{
		"eval":           {func(j *Job) { j.Labels.Mode = protocol.EvalMode }, true, false, false},
		"train, halves":  {func(j *Job) {}, true, true, false},
		"train, batches": {func(j *Job) { j.Labels.Halves = false }, true, true, true},
	} {
		if own, half, other := alone(c.change); own != c.own || half != c.half || other != c.other {
			t.Errorf("%s: the first label changes with its own image %v, with one of its half %v, with one of the other half %v; want %v %v %v",
				name, own, half, other, c.own, c.half, c.other)
		}
	}
}

// The mean of several teachers, by weights, and of the outputs that stand for the set's classes.
func TestLogitsAreWeighted(t *testing.T) {
	one, two := small(t, 3, 1), small(t, 7, 2)
	job := func(weights []float64, list ...*models.Model) Job {
		return smallJob(t, func(j *Job) {
			j.Teachers, j.Weights = list, weights
			j.Images.Index, j.Images.Full = []int{5, 0, 3}, 7
		})
	}
	a, b := newTeachers(t, job(nil, one)), newTeachers(t, job(nil, two))
	both := newTeachers(t, job([]float64{1, 3}, one, two))
	p := both.Plan()
	x, y := labels(t, a, p, 0), labels(t, b, p, 0)
	for i, got := range labels(t, both, p, 0) {
		for c := range got {
			if want := 0.25*x[i][c] + 0.75*y[i][c]; math.Abs(float64(got[c]-want)) > 1e-6 {
				t.Errorf("image %d, class %d: %g, want %g of %g and %g", i, c, got[c], want, x[i][c], y[i][c])
			}
		}
	}
}

func TestJobsThatAreRefused(t *testing.T) {
	dev := graphtest.Device(t)
	for want, change := range map[string]func(*Job){
		"no teacher":                             func(j *Job) { j.Teachers = nil },
		"weights [1]: want one for each of 2":    func(j *Job) { j.Weights = []float64{1} },
		"weights [-1 1]: want 0 or more":         func(j *Job) { j.Weights = []float64{-1, 1} },
		"and not all 0":                          func(j *Job) { j.Weights = []float64{0, 0} },
		"the network has 4 classes":              func(j *Job) { j.Teachers[1] = small(t, 4, 1) },
		"batch of one image":                     func(j *Job) { j.Labels.Batch = 9 },
		"MB free":                                func(j *Job) { j.Labels.Epochs = math.MaxInt32; j.Images = hugeSet{}.data() },
		"rand_augment 31: want a magnitude":      func(j *Job) { j.Labels.RandAugment = 31 },
		"the 2 largest logits in 8 bits":         func(j *Job) { j.Labels.TopK, j.Labels.Bits = 2, 8 },
		"image 0: logit 0 is NaN: want a number": func(j *Job) { spoil(t, j.Teachers[0]) },
	} {
		_, err := Relabel(context.Background(), dev, smallJob(t, change), filepath.Join(t.TempDir(), "labels"), "test", func(event.Event) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// hugeSet has a million images that nobody has to read.
type hugeSet struct{}

func (hugeSet) Len() int                  { return 1_000_000 }
func (hugeSet) Label(int) uint32          { return 0 }
func (hugeSet) ID(int) string             { return "" }
func (hugeSet) Batch([]int, []byte) error { return nil }
func (s hugeSet) data() train.Data {
	return train.Data{Train: s, Classes: 3, Size: 1, Std: [3]float64{1, 1, 1}}
}

// spoil makes a network's answers NaN.
func spoil(t *testing.T, m *models.Model) {
	t.Helper()
	for _, v := range m.Trainable() {
		if v.Name() == "fc.bias" {
			if err := v.Write([]float32{float32(math.NaN()), 0, 0}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What is shown of an image are the pixels of its view, without the normalisation, and its labels, while the labels are made.
func TestWhatIsShown(t *testing.T) {
	j := smallJob(t, nil)
	j.Labels.Epochs, j.Shown, j.Temperature = mostViews+2, true, 20
	teachers := newTeachers(t, j)
	p := teachers.Plan()
	shown, order := map[[2]int]event.Views{}, []string{}
	emit := func(e event.Event) {
		if err := event.Check(e); err != nil {
			t.Error(err)
		}
		switch e := e.(type) {
		case event.Views:
			shown[[2]int{e.Class, e.Index}] = e
			order = append(order, fmt.Sprintf("%d views", e.Len()))
		case event.Status:
			order = append(order, fmt.Sprintf("batch %d", e.Done))
		}
	}
	dir := filepath.Join(t.TempDir(), "labels")
	store, err := Relabel(context.Background(), graphtest.Device(t), j, dir, "test", emit)
	if err != nil {
		t.Fatal(err)
	}
	if first, last := slices.Index(order, "1 views"), slices.Index(order, fmt.Sprintf("%d views", mostViews)); first < 0 || last < first || last > slices.Index(order, fmt.Sprintf("batch %d", 3*(mostViews+2))) {
		t.Errorf("emitted in the order %v: want a view of each image after the first epoch, all of them before the labels are done", order)
	}
	if len(shown) != 10 {
		t.Fatalf("%d images are shown, want all 10", len(shown))
	}
	check := func(key [2]int, e event.Views) {
		image := 3*key[1] + key[0] // of stripes, whose classes take turns
		if e.Len() != mostViews || e.Epochs[0] != 0 || e.Epochs[mostViews-1] != mostViews-1 || e.Temperature != 20 || e.Width != 16 {
			t.Fatalf("image %v: %d views in epochs %v at T %g", key, e.Len(), e.Epochs, e.Temperature)
		}
		for k, epoch := range e.Epochs {
			rows := labels(t, teachers, p, epoch)[image]
			top := e.Top[k][0]
			if rows[top] != slices.Max(rows) || e.Prob[k][0] < e.Prob[k][1] || math.Abs(float64(e.Prob[k][0]+e.Prob[k][1]+e.Prob[k][2])-1) > 1e-6 {
				t.Errorf("image %v, epoch %d: classes %v of %v with %v", key, epoch, e.Top[k], rows, e.Prob[k])
			}
			for _, v := range p.Epoch(epoch) {
				if at := slices.Index(v.Index, image); at >= 0 {
					for i, want := range show(t, p, j.Images, v)[at*768 : (at+1)*768] {
						if off := math.Abs(float64(e.Image(k)[i]) - want); off > 0.5001 {
							t.Fatalf("image %v, epoch %d: byte %d is %d, want %g", key, epoch, i, e.Image(k)[i], want)
						}
					}
				}
			}
		}
	}
	for _, key := range [][2]int{{0, 0}, {2, 1}} {
		check(key, shown[key])
	}

	// Labels that are there are shown again.
	was := shown[[2]int{2, 1}]
	shown = map[[2]int]event.Views{}
	if store, err = Relabel(context.Background(), graphtest.Device(t), j, dir, "test", emit); err != nil {
		t.Fatal(err)
	}
	if again := shown[[2]int{2, 1}]; store.Manifest.Labels.Epochs != mostViews+2 || !bytes.Equal(again.Pixels, was.Pixels) || !slices.Equal(again.Top[3], was.Top[3]) {
		t.Errorf("shown again as %v, was %v", again, was)
	}
}

// Of too many images as many of each class are shown.
func TestSomeImagesAreShown(t *testing.T) {
	if list := firstImages(stripes(10), 7); !slices.Equal(list, []int{0, 1, 2, 3, 4, 5}) {
		t.Errorf("of ten images of three classes in turn %v are shown, want the first two of each class", list)
	}
	if list := firstImages(stripes(10), 2); !slices.Equal(list, []int{0, 1}) {
		t.Errorf("%v are shown, want two", list)
	}
}
