package models_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
)

// openWith opens a network's weights as a file that edit has changed.
func openWith(t *testing.T, m *models.Model, edit func([]nn.Tensor) []nn.Tensor) (*models.Model, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "edited.safetensors")
	if err := nn.WriteTensors(path, map[string]string{"arch": m.Name}, edit(weightsOf(t, m))); err != nil {
		t.Fatal(err)
	}
	back, err := models.Open(graphtest.Device(t), path, "", models.Spec{Frozen: true})
	if err == nil {
		t.Cleanup(back.Free)
	}
	return back, err
}

// Numbers that no trained network has are refused by tensor and index.
func TestImpossibleWeightsAreRefused(t *testing.T) {
	m := newModel(t, "resnet8", models.Spec{Classes: 4, Seed: 2})
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		tensor string
		edit   func(v []float32)
		words  []string
	}{
		{"conv1.weight", func(v []float32) { v[0] = nan }, []string{`"conv1.weight" has NaN at [0 0 0 0]: want finite numbers`, "take an earlier checkpoint"}},
		{"layer2.0.conv1.weight", func(v []float32) { v[(5*16+3)*9+7] = -inf }, []string{`"layer2.0.conv1.weight" has -Inf at [5 3 2 1]`}},
		{"fc.bias", func(v []float32) { v[3] = inf }, []string{`"fc.bias" has +Inf at [3]`}},
		{"bn1.running_mean", func(v []float32) { v[1] = nan }, []string{`"bn1.running_mean" has NaN at [1]`}},
		{"bn1.running_var", func(v []float32) { v[2] = -1e-3 }, []string{`"bn1.running_var" has -0.001 at [2]: want a variance, 0 or more`}},
		{"layer1.0.bn2.running_var", func(v []float32) { clear(v) }, []string{`"layer1.0.bn2.running_var" has 0 at [0]: want a variance above 0: the statistics were not saved`}},
	} {
		_, err := openWith(t, m, func(list []nn.Tensor) []nn.Tensor {
			for _, x := range list {
				if x.Name == c.tensor {
					c.edit(x.Values.([]float32))
				}
			}
			return list
		})
		for _, w := range append(c.words, "edited.safetensors") {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %q", c.tensor, err, w)
			}
		}
	}
	dead := func(mean float32) error {
		_, err := openWith(t, m, func(list []nn.Tensor) []nn.Tensor {
			for _, x := range list {
				switch x.Name {
				case "bn1.running_var":
					x.Values.([]float32)[4] = 0
				case "bn1.running_mean":
					x.Values.([]float32)[4] = mean
				}
			}
			return list
		})
		return err
	}
	if err := dead(0); err != nil {
		t.Errorf("a channel that is always 0: %v", err)
	}
	if err := dead(0.3); err == nil || !strings.Contains(err.Error(), `"bn1.running_var" has 0 at [4]`) {
		t.Errorf("a mean without a variance: %v", err)
	}
}

// A prefix that all names share is cut off and told, counters of averages are left out, and a file of several networks
// is named as such.
func TestPrefixes(t *testing.T) {
	m := newModel(t, "resnet8", models.Spec{Classes: 4, Seed: 2})
	prefixed := func(prefix string) func([]nn.Tensor) []nn.Tensor {
		return func(list []nn.Tensor) []nn.Tensor {
			for i := range list {
				list[i].Name = prefix + list[i].Name
			}
			return list
		}
	}
	counter := func(name string) nn.Tensor { return nn.Tensor{Name: name, Values: []int64{7}} }
	for _, prefix := range []string{"module.", "_orig_mod.", "model.", "backbone.", "_orig_mod.module."} {
		for what, edit := range map[string]func([]nn.Tensor) []nn.Tensor{
			"plain":            prefixed(prefix),
			"averaged weights": func(list []nn.Tensor) []nn.Tensor { return append(prefixed(prefix)(list), counter("n_averaged")) },
			"counted batches": func(list []nn.Tensor) []nn.Tensor {
				return append(prefixed(prefix)(list), counter(prefix+"bn1.num_batches_tracked"))
			},
		} {
			back, err := openWith(t, m, edit)
			if err != nil {
				t.Errorf("%s, %s: %v", prefix, what, err)
				continue
			}
			if back.Origin.Prefix != prefix || back.Spec.Classes != 4 {
				t.Errorf("%s, %s: prefix %q, %d classes", prefix, what, back.Origin.Prefix, back.Spec.Classes)
			}
			for _, v := range m.Variables() {
				if !equal(read(t, v), read(t, variable(t, back, v.Name()))) {
					t.Errorf("%s, %s: %s changed on the way", prefix, what, v.Name())
				}
			}
		}
	}
	back, err := openWith(t, m, func(list []nn.Tensor) []nn.Tensor { return append(prefixed("ema.")(weightsOf(t, m)), list...) })
	if err != nil || back.Origin.Prefix != "" || len(back.Origin.Left) != 1 || back.Origin.Left[0] != "ema." {
		t.Errorf("an average beside the network: %v, %+v", err, back)
	}
	for what, c := range map[string]struct {
		edit  func([]nn.Tensor) []nn.Tensor
		words string
	}{
		"no classifier": {func(list []nn.Tensor) []nn.Tensor {
			var rest []nn.Tensor
			for _, x := range list {
				if !strings.HasPrefix(x.Name, "fc.") {
					rest = append(rest, x)
				}
			}
			return prefixed("encoder.")(rest)
		}, `no classifier (fc.weight) among its 45 tensors, from "encoder.bn1.bias" to`},
		"counters alone": {func([]nn.Tensor) []nn.Tensor { return []nn.Tensor{counter("bn1.num_batches_tracked")} }, "the file holds no weights"},
		"one layer": {func(list []nn.Tensor) []nn.Tensor {
			return []nn.Tensor{{Name: "fc.weight", Shape: []int{4, 64}, Values: make([]float32, 256)}}
		}, `no tensor "conv1.weight" among 1`},
	} {
		if _, err := openWith(t, m, c.edit); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want %q", what, err, c.words)
		}
	}
}
