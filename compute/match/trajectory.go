package match

import (
	"context"
	"fmt"
	"math"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/compute/train"
	"reta/compute/vk"
)

// Trajectory moves images so that few steps of training on them end where an
// expert, trained on all real images, is some epochs later (MTT, Cazenavette et
// al. 2022): the loss of a step is |theta_N - theta*|^2 / |theta_0 - theta*|^2.
type Trajectory struct {
	TrajectorySettings
	// Rate is the students' learning rate, which is learned too; Velocity its momentum.
	Rate, Velocity float64

	model   *models.Model
	experts *Trajectories
	unroll  *Unrolled
	pixels  *descent
	classes []uint32 // of each row
}

// TrajectorySettings are the numbers of the method.
type TrajectorySettings struct {
	Steps    int     // N: steps on synthetic images
	Batch    int     // images of each, all where there are no more
	Start    int     // epochs of an expert after which students may begin: fewer than this
	Ahead    int     // M: epochs that the expert is ahead
	RateRate float64 // learning rate of the learning rate
	Seed     uint64
}

// NewTrajectory prepares the steps of images, whose classes are given row by row.
func NewTrajectory(dev *vk.Device, data train.Data, images Images, classes []uint32, experts *Trajectories, s TrajectorySettings) (t *Trajectory, err error) {
	t = &Trajectory{TrajectorySettings: s, Rate: experts.Rate, experts: experts, classes: classes}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	if s.Start-1+s.Ahead > experts.Epochs {
		return t, fmt.Errorf("match: students begin before epoch %d and their experts are %d epochs ahead: want experts of %d epochs, these have %d",
			s.Start, s.Ahead, s.Start-1+s.Ahead, experts.Epochs)
	}
	t.Batch = min(s.Batch, len(classes))
	if s.Batch == 0 {
		t.Batch = len(classes)
	}
	spec := models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Size: data.Size}
	if t.model, err = models.New(dev, experts.Network, spec); err != nil {
		return t, err
	}
	if t.unroll, err = New(dev, t.model, images.Pixels, s.Steps, t.Batch, true); err != nil {
		return t, err
	}
	t.pixels, err = newDescent(dev, images, t.unroll.Gradient())
	return t, err
}

// Step moves the images once, at the given rate, and returns the loss before.
func (t *Trajectory) Step(ctx context.Context, step int, rate float64) (loss float64, err error) {
	d := nn.NewDraws(t.Seed, streamExpert, step)
	expert, start := d.IntN(t.experts.Number), d.IntN(t.Start)
	theta, err := t.experts.At(expert, start)
	if err != nil {
		return 0, err
	}
	star, err := t.experts.At(expert, start+t.Ahead)
	if err != nil {
		return 0, err
	}
	batches := t.batches(step)
	end, _, err := t.unroll.Walk(ctx, theta, batches, t.Rate)
	if err != nil {
		return 0, err
	}
	loss, a := distance(theta, end, star)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, nil // the caller says so; the images stay as they are
	}
	drate, err := t.unroll.Back(ctx, a, batches, t.Rate)
	if err != nil {
		return 0, err
	}
	t.Velocity = t.pixels.of.Momentum*t.Velocity + drate
	t.Rate = max(t.Rate-t.RateRate*t.Velocity, leastRate) // the published code lets it fall below zero, where training climbs
	return loss, t.pixels.step(ctx, rate)
}

// leastRate is what the students' learning rate stays above.
const leastRate = 1e-6

// distance is |end - star|^2 / |start - star|^2 and its gradient with respect to end.
func distance(start, end, star []float32) (loss float64, a []float32) {
	var far, near float64
	for i, s := range star {
		far += square(float64(start[i]) - float64(s))
		near += square(float64(end[i]) - float64(s))
	}
	a = make([]float32, len(end))
	for i, s := range star {
		a[i] = float32(2 * (float64(end[i]) - float64(s)) / far)
	}
	return near / far, a
}

func square(x float64) float64 { return x * x }

// batches are those of the students' steps: all images in an order drawn anew
// whenever they are through, cut into batches of which a last one that is short
// is left out, each under one DSA.
func (t *Trajectory) batches(step int) (list []Batch) {
	d := nn.NewDraws(t.Seed, streamRows, step)
	size := t.pixels.of.Pixels.Shape()[1]
	var order []int
	for range t.Steps {
		if len(order) < t.Batch {
			order = d.Perm(len(t.classes))
		}
		var b Batch
		for _, row := range order[:t.Batch] {
			b.Rows, b.Classes = append(b.Rows, uint32(row)), append(b.Classes, t.classes[row])
		}
		order = order[t.Batch:]
		b.Views = nn.DrawDSA(d, t.Batch, size, size)
		list = append(list, b)
	}
	return list
}

// State is what a checkpoint keeps for Restore beside the images and their velocity.
func (t *Trajectory) State() ([]nn.Tensor, error) {
	return []nn.Tensor{{Name: "match.rate", Shape: []int{2}, Values: []float64{t.Rate, t.Velocity}}}, nil
}

// Restore takes the state from a checkpoint.
func (t *Trajectory) Restore(f *nn.TensorFile) error {
	v, err := f.Float64("match.rate", 2)
	if err != nil {
		return err
	}
	if !(v[0] > 0 && v[0] < math.MaxFloat32) || math.IsNaN(v[1]) {
		return fmt.Errorf("match.rate is %v: want a positive learning rate and its velocity", v)
	}
	t.Rate, t.Velocity = v[0], v[1]
	return nil
}

// Close frees all but the images.
func (t *Trajectory) Close() {
	t.pixels.close()
	if t.unroll != nil {
		t.unroll.Close()
	}
	if t.model != nil {
		t.model.Free()
	}
}
