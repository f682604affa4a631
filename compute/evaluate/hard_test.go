package evaluate

import (
	"context"
	"errors"
	"math"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/label"
	"reta/compute/nn"
	"reta/compute/train/traintest"
	"reta/shared/event"
	"reta/shared/protocol"
)

// The epochs in the middle have the classes as labels, on views of their own; the others are what they are without them. A
// student that does not move shows it: its loss follows from the views alone.
func TestHardEpochs(t *testing.T) {
	soft := short(t, "hald", 5)
	soft.Labels.Epochs, soft.Labels.Mix, soft.Student.LR = 1, protocol.NoMix, 1e-12
	soft.Student.HardEpochs, soft.Student.Smoothing = 2, 0
	never, hard := soft, soft.Hardened()
	never.Student.HardEpochs, hard.Labels.Epochs = 0, 0
	set := stripes(t, traintest.Stripes)
	losses := func(p protocol.Protocol, labels string) (list []float64) {
		for _, point := range made(t, Job{Data: traintest.Stripes, Trials: []Trial{{Set: set, Labels: labels, Student: "resnet8", Seed: 1, Protocol: p}}})[0].Curve {
			list = append(list, point.Loss)
		}
		return list
	}
	got, kl, ce := losses(soft, event.SoftLabels), losses(never, event.SoftLabels), losses(hard, event.HardLabels)
	// Epochs 0, 3 and 4 show the labelled views; 1 and 2 the first that are not labelled, which are the second and third of all.
	for e, want := range []float64{kl[0], ce[1], ce[2], kl[0], kl[0]} {
		if !(math.Abs(got[e]-want) < 1e-5*want) {
			t.Errorf("epoch %d: loss %.7g, want %.7g", e, got[e], want)
		}
	}
}

// A label that is mixed as the images are is smoothed, and has the weight of what each image shows.
func TestMixedClasses(t *testing.T) {
	p := short(t, "hald", 4)
	plan, err := label.NewPlan(p.Labelled(), 54, 16)
	if err != nil {
		t.Fatal(err)
	}
	v := plan.Batch(plan.Unlabelled(0), 0)
	v.Cut = nn.Cut{Top: 3, Left: 2, Height: 8, Width: 4} // an eighth of 256 pixels
	if share := plan.Share(v); share != 0.875 {
		t.Errorf("the image keeps %g of itself, want 7/8", share)
	}
	if l := p.Labels; l.Mix != protocol.CutMix || p.Student.Smoothing != 0.8 {
		t.Fatalf("mix %s, smoothing %g: want HALD's", l.Mix, p.Student.Smoothing)
	}
	mixup := plan
	mixup.Labels.Mix = protocol.Mixup
	if share := mixup.Share(v); share != v.Lambda {
		t.Errorf("mixed up, the image keeps %g of itself, want lambda, %g", share, v.Lambda)
	}
	var probs []float32
	s := newSteps(t, p, plan, func(p *program, b *block) {
		probs = b.f32[b.of[p.micro[0].probs]][:16*3]
	}, v)
	for i, image := range v.Index {
		own, other := s.Set.Images.Label(image), s.Set.Images.Label(v.Index[v.Partner[i]])
		sum := 0.0
		for c := range uint32(3) {
			want := 0.8 / 3
			if c == own {
				want += 0.2 * 0.875
			}
			if c == other {
				want += 0.2 * 0.125
			}
			got := float64(probs[i*3+int(c)])
			if sum += got; math.Abs(got-want) > 1e-6 {
				t.Errorf("image %d of class %d with one of class %d: class %d has %g, want %g", i, own, other, c, got, want)
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("image %d: the label's sum is %g", i, sum)
		}
	}
}

// newSteps writes the mixed classes of a batch and has read look at them.
func newSteps(t *testing.T, p protocol.Protocol, plan label.Plan, read func(*program, *block), v label.View) Trial {
	t.Helper()
	trial := Trial{Set: stripes(t, traintest.Stripes), Labels: event.SoftLabels, Student: "resnet8", Protocol: p}
	s, err := newStudent(graphtest.Device(t), traintest.Stripes, "resnet8", p, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	run := &training{student: s, trial: trial}
	program := s.programs[len(v.Index)]
	steps := &steps{block: program.tables.block(), program: program}
	if err := run.mixed(steps, v); err != nil {
		t.Fatal(err)
	}
	read(program, steps.block)
	return trial
}

// A training that is stopped in its hard epochs ends as one that is not.
func TestHardEpochsResume(t *testing.T) {
	p := short(t, "hald", 6)
	p.Student.HardEpochs, p.Labels.Epochs = 3, 2
	job := Job{Data: traintest.Stripes, Trials: []Trial{{Set: stripes(t, traintest.Stripes), Labels: event.SoftLabels, Student: "resnet8", Seed: 1, Protocol: p}}}
	want := made(t, job)[0]
	job.Dir = t.TempDir()
	stop := errors.New("stop")
	calls := 0
	job.Gate = func(context.Context) error {
		if calls++; calls == 9 { // in the third epoch of four batches
			return stop
		}
		return nil
	}
	if _, err := job.Run(context.Background(), graphtest.Device(t)); !errors.Is(err, stop) {
		t.Fatalf("it ends with %v", err)
	}
	job.Gate = nil
	got := made(t, job)[0]
	for i, point := range got.Curve {
		if point.Loss != want.Curve[i].Loss || point.Top1 != want.Curve[i].Top1 {
			t.Errorf("epoch %d: loss %v, top-1 %v, without a stop %v and %v", i, point.Loss, point.Top1, want.Curve[i].Loss, want.Curve[i].Top1)
		}
	}
}
