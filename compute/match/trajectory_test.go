package match

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"reta/compute/graph"
	"reta/compute/graph/graphtest"
	"reta/compute/models/modelstest"
	"reta/compute/train"
)

// stripes is a set of three classes that a small network learns in seconds.
func stripes() train.Data {
	return train.Data{Name: "stripes", Classes: 3, Size: 8, Mean: [3]float64{0.3, 0.3, 0.3}, Std: [3]float64{0.3, 0.3, 0.3},
		Train: modelstest.Stripes(48, 8, 1), Test: modelstest.Stripes(30, 8, 2)}
}

// grey are images of one grey that are to become something, two a class.
func grey(t *testing.T, data train.Data) (Images, []uint32) {
	t.Helper()
	var i Images
	classes := []uint32{0, 1, 2, 0, 1, 2}
	for _, v := range []**graph.Variable{&i.Pixels, &i.Velocity} {
		made, err := graph.NewVariable(graphtest.Device(t), "images", graph.F32, false, len(classes), data.Size, data.Size, 3)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(made.Free)
		*v = made
	}
	values := make([]float32, i.Pixels.Shape().Size())
	for k := range values {
		values[k] = 0.1 * float32(graphtest.Normal(9, uint64(k)))
	}
	if err := i.Pixels.Write(values); err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		i.Lo, i.Hi = append(i.Lo, -data.Mean[c]/data.Std[c]), append(i.Hi, (1-data.Mean[c])/data.Std[c])
	}
	i.Momentum = 0.5
	return i, classes
}

var smallExperts = Experts{Network: "convnet2-w16", Number: 2, Epochs: 5, Batch: 20, Rate: 0.05, Seed: 3}

// Experts are trained once, differ, learn, and are trained again where their file
// is damaged, to the same bits.
func TestExperts(t *testing.T) {
	data, dir, dev := stripes(), t.TempDir(), graphtest.Device(t)
	epochs := 0
	train := func() *Trajectories {
		t.Helper()
		list, err := smallExperts.Train(context.Background(), dev, data, dir, "key", func(done, total int) {
			if epochs++; total != 10 || done < 1 || done > total {
				t.Errorf("%d of %d epochs done, want some of 10", done, total)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	e := train()
	if epochs != 10 {
		t.Errorf("%d epochs, want 10", epochs)
	}
	first, err := e.At(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range [][2]int{{1, 0}, {0, 1}, {0, 5}} {
		theta, err := e.At(other[0], other[1])
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(theta, first) {
			t.Errorf("expert %d has after epoch %d the weights that expert 0 began with", other[0], other[1])
		}
	}
	raw, err := os.ReadFile(e.files[1])
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(e.files[0]); info.Size() < smallExperts.Bytes(e.dimension)/2 {
		t.Errorf("a file has %d bytes, %d are forecast for two", info.Size(), smallExperts.Bytes(e.dimension))
	}
	if err := os.WriteFile(e.files[1], raw[:len(raw)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	epochs = 0
	train()
	if epochs != 5 {
		t.Errorf("%d epochs with one of two files damaged, want 5", epochs)
	}
	if again, err := os.ReadFile(e.files[1]); err != nil || !bytes.Equal(again, raw) {
		t.Errorf("the expert trained again has other bits (%v)", err)
	}
}

// Steps lower the distance to where the experts go, and depend on nothing but
// their number and the state.
func TestTrajectory(t *testing.T) {
	data, dev, ctx := stripes(), graphtest.Device(t), context.Background()
	experts, err := smallExperts.Train(ctx, dev, data, t.TempDir(), "key", nil)
	if err != nil {
		t.Fatal(err)
	}
	run := func(steps int) (losses []float64, pixels []float32, rate float64) {
		t.Helper()
		images, classes := grey(t, data)
		m, err := NewTrajectory(dev, data, images, classes, experts, TrajectorySettings{Steps: 6, Batch: 4, Start: 3, Ahead: 2, RateRate: 1e-3, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for step := range steps {
			loss, err := m.Step(ctx, step, 30)
			if err != nil {
				t.Fatal(err)
			}
			losses = append(losses, loss)
		}
		if pixels, err = images.Pixels.Read(); err != nil {
			t.Fatal(err)
		}
		for i, v := range pixels {
			if c := i % 3; float64(v) < images.Lo[c]-1e-6 || float64(v) > images.Hi[c]+1e-6 {
				t.Fatalf("pixel %d is %g, outside [%g, %g]", i, v, images.Lo[c], images.Hi[c])
			}
		}
		return losses, pixels, m.Rate
	}
	mean := func(v []float64) (m float64) {
		for _, x := range v {
			m += x / float64(len(v))
		}
		return m
	}
	losses, _, rate := run(60)
	before, after := mean(losses[:10]), mean(losses[50:])
	t.Logf("loss %.4f -> %.4f, rate %.4f", before, after, rate)
	if after > 0.95*before {
		t.Errorf("the loss goes from %.4f to %.4f in 60 steps, want it lower", before, after)
	}
	if rate == smallExperts.Rate {
		t.Error("the learning rate is not learned")
	}
	_, one, _ := run(2)
	_, two, _ := run(2)
	if !slices.Equal(one, two) {
		t.Error("two runs differ")
	}
	_, err = NewTrajectory(dev, data, Images{}, nil, experts, TrajectorySettings{Steps: 6, Start: 5, Ahead: 2})
	if err == nil || !strings.Contains(err.Error(), "want experts of 6 epochs, these have 5") {
		t.Errorf("experts that are too short: %v", err)
	}
}
