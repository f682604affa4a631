package models_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/nn"
)

// What Save writes, Open reads back: the same network with the same numbers.
func TestSaveAndOpen(t *testing.T) {
	m := newModel(t, "resnet8", models.Spec{Classes: 7, Seed: 3})
	path := filepath.Join(t.TempDir(), "small.safetensors")
	if err := m.Save(path, map[string]string{"dataset": "demo"}); err != nil {
		t.Fatal(err)
	}
	back, err := models.Open(graphtest.Device(t), path, "", models.Spec{Frozen: true})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Free()
	if back.Name != "resnet8" || back.Spec.Classes != 7 || back.Spec.Stem != models.CIFAR {
		t.Errorf("got %s %+v, want resnet8 with 7 classes and a cifar stem", back.Name, back.Spec)
	}
	for _, v := range m.Variables() {
		if !equal(read(t, v), read(t, variable(t, back, v.Name()))) {
			t.Errorf("%s changed on the way", v.Name())
		}
	}
}

// A file of another network is refused with the tensor, what it has and what the network wants.
func TestOpenRefusesOtherNetworks(t *testing.T) {
	good := newModel(t, "resnet8", models.Spec{Classes: 4})
	var list []nn.Tensor
	for _, v := range good.Variables() {
		list = append(list, nn.Tensor{Name: v.Name(), Shape: v.Shape(), Values: read(t, v)})
	}
	change := func(edit func([]nn.Tensor) []nn.Tensor) []nn.Tensor { return edit(append([]nn.Tensor(nil), list...)) }
	at := func(name string) int {
		for i, x := range list {
			if x.Name == name {
				return i
			}
		}
		t.Fatalf("no tensor %s", name)
		return 0
	}
	for _, c := range []struct {
		what    string
		tensors []nn.Tensor
		network string
		spec    models.Spec
		words   []string
	}{
		{"no name", change(func(l []nn.Tensor) []nn.Tensor { return l[1:] }), "", models.Spec{}, []string{"does not say which network", "nearest is resnet8: 46 of its 47 names are there, and 0 others", "--network", "resnet18"}},
		{"unknown name", list, "resnet9", models.Spec{}, []string{`unknown network "resnet9"`, "resnet18"}},
		{"deeper network", list, "resnet18", models.Spec{}, []string{"resnet18", "weight"}},
		{"other stem", list, "resnet8", models.Spec{Stem: models.ImageNet}, []string{"conv1.weight", "[16 3 3 3]", "[16 3 7 7]", "imagenet stem"}},
		{"other classes", list, "resnet8", models.Spec{Classes: 5}, []string{"fc.", "[4", "[5", "5 classes"}},
		{"missing tensor", change(func(l []nn.Tensor) []nn.Tensor { return append(l[:at("bn1.bias")], l[at("bn1.bias")+1:]...) }), "resnet8", models.Spec{}, []string{"bn1.bias"}},
		{"extra tensor", change(func(l []nn.Tensor) []nn.Tensor {
			return append(l, nn.Tensor{Name: "layer9.weight", Shape: []int{1}, Values: []float32{0}})
		}), "resnet8", models.Spec{}, []string{`"layer9.weight" does not belong to resnet8`}},
		{"other type", change(func(l []nn.Tensor) []nn.Tensor {
			l[at("bn1.bias")].Values = make([]int64, 16)
			return l
		}), "resnet8", models.Spec{}, []string{"bn1.bias", "I64", "F32"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "weights.safetensors")
			if err := nn.WriteTensors(path, nil, c.tensors); err != nil {
				t.Fatal(err)
			}
			refused(t, path, c.network, c.spec, append(c.words, "weights.safetensors")...)
		})
	}
	counted := change(func(l []nn.Tensor) []nn.Tensor {
		return append(l, nn.Tensor{Name: "bn1.num_batches_tracked", Values: []int64{7}})
	})
	path := filepath.Join(t.TempDir(), "counted.safetensors")
	if err := nn.WriteTensors(path, nil, counted); err != nil {
		t.Fatal(err)
	}
	if err := good.Load(path); err != nil {
		t.Errorf("torch's counter of batches is not to be refused: %v", err)
	}
}

// Nothing a file claims about its size is believed.
func TestOpenRefusesHostileFiles(t *testing.T) {
	length := func(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }
	header := func(text string) []byte { return append(length(uint64(len(text))), text...) }
	for _, c := range []struct {
		what string
		data []byte
	}{
		{"empty", nil},
		{"header longer than any memory", append(length(1<<62), '{')},
		{"header longer than the file", append(length(1000), "{}"...)},
		{"no JSON", header("weights")},
		{"shape past 2^64", header(`{"fc.weight":{"dtype":"F32","shape":[4294967296,4294967296,16],"data_offsets":[0,4]}}`)},
		{"data beyond the end", header(`{"fc.weight":{"dtype":"F32","shape":[1048576,262144],"data_offsets":[0,1099511627776]}}`)},
		{"negative shape", header(`{"fc.weight":{"dtype":"F32","shape":[-1,64],"data_offsets":[0,4]}}`)},
		{"offsets backwards", append(header(`{"fc.weight":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`), 0, 0, 0, 0)},
	} {
		t.Run(c.what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hostile.safetensors")
			if err := os.WriteFile(path, c.data, 0o644); err != nil {
				t.Fatal(err)
			}
			refused(t, path, "resnet8", models.Spec{}, "hostile.safetensors")
		})
	}
	// A classifier of 2^20 classes that the file does hold no data for must not be allocated either.
	_, err := models.Open(graphtest.Device(t), filepath.Join(t.TempDir(), "none"), "resnet8", models.Spec{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func refused(t *testing.T, path, network string, spec models.Spec, words ...string) {
	t.Helper()
	before, _ := graphtest.Device(t).MemoryUsed()
	m, err := models.Open(graphtest.Device(t), path, network, spec)
	if err == nil {
		m.Free()
		t.Fatalf("was opened, want an error with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if after, _ := graphtest.Device(t).MemoryUsed(); after != before {
		t.Errorf("%d bytes of device memory are left behind", after-before)
	}
}
