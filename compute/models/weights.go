package models

import (
	"fmt"
	"strconv"
	"strings"

	"reta/compute/nn"
	"reta/compute/vk"
)

// Load reads the model's tensors from a safetensors file with torchvision's
// names. Every tensor must be there in the model's shape; counters of batches
// are ignored, anything else the file holds is an error.
func (m *Model) Load(path string) error {
	f, err := nn.OpenTensors(path)
	if err != nil {
		return fmt.Errorf("teacher: %w", err)
	}
	defer f.Close()
	return m.load(path, f)
}

func (m *Model) load(path string, f *nn.TensorFile) error {
	for _, name := range f.Names() {
		if m.byName[name] == nil && !strings.HasSuffix(name, "num_batches_tracked") {
			return fmt.Errorf("teacher %s: tensor %q does not belong to %s with a %s stem: want torchvision's names (another --network or stem?)",
				path, name, m.Name, m.Spec.Stem)
		}
	}
	for _, v := range m.params {
		data, err := f.Float32(v.Name(), v.Shape()...)
		if err != nil {
			return fmt.Errorf("teacher %s: %s with a %s stem and %d classes: %w: other weights, or another --network?", path, m.Name, m.Spec.Stem, m.Spec.Classes, err)
		}
		if err := v.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// Save writes the model's tensors and what is needed to load them again. Extra
// metadata (dataset, normalisation, accuracy) is stored beside.
func (m *Model) Save(path string, metadata map[string]string) error {
	all := map[string]string{
		"arch": m.Name, "stem": string(m.Spec.Stem), "classes": strconv.Itoa(m.Spec.Classes),
	}
	for k, v := range metadata {
		all[k] = v
	}
	tensors := make([]nn.Tensor, len(m.params))
	for i, v := range m.params {
		data, err := v.Read()
		if err != nil {
			return err
		}
		tensors[i] = nn.Tensor{Name: v.Name(), Shape: v.Shape(), Values: data}
	}
	return nn.WriteTensors(path, all, tensors)
}

// Open makes a network from a safetensors file: arch, stem and classes come
// from the file's metadata, or, where it has none, from the given name and
// spec, the number of classes from the classifier's shape.
func Open(dev *vk.Device, path, name string, spec Spec) (*Model, error) {
	f, err := nn.OpenTensors(path)
	if err != nil {
		return nil, fmt.Errorf("teacher: %w", err)
	}
	defer f.Close()
	if arch := f.Metadata("arch"); name == "" {
		name = arch
	}
	if name == "" {
		return nil, fmt.Errorf("teacher %s: the file does not say which network it is: name it with --network (%s)",
			path, strings.Join(Names(), ", "))
	}
	if spec.Stem == "" {
		spec.Stem = stemOf(f)
	}
	if spec.Classes == 0 {
		spec.Classes = classesOf(f)
	}
	m, err := build(dev, name, spec)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", path, err)
	}
	if err := m.load(path, f); err != nil {
		m.Free()
		return nil, err
	}
	return m, nil
}

// stemOf reads the stem from the metadata or the first convolution's size.
func stemOf(f *nn.TensorFile) Stem {
	if s := Stem(f.Metadata("stem")); s != "" {
		return s
	}
	if info, ok := f.Info("conv1.weight"); ok && len(info.Shape) == 4 && info.Shape[2] == 7 {
		return ImageNet
	}
	return CIFAR
}

// classesOf is the number of rows of the classifier.
func classesOf(f *nn.TensorFile) int {
	for _, name := range []string{"fc.weight", "classifier.weight", "classifier.1.weight"} {
		if info, ok := f.Info(name); ok && len(info.Shape) == 2 {
			return info.Shape[0]
		}
	}
	return 0
}
