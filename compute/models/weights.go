package models

import (
	"fmt"
	"strconv"
	"strings"

	"reta/compute/nn"
	"reta/compute/vk"
)

// Load reads the model's tensors from a safetensors file with torchvision's
// names. Every tensor must be there in the model's shape, with numbers that a
// network can have; counters are ignored, anything else the file holds is an
// error.
func (m *Model) Load(path string) error {
	f, err := openWeights(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return m.load(f)
}

func (m *Model) load(f *weights) error {
	for _, name := range f.names {
		if m.byName[name] == nil {
			return fmt.Errorf("teacher %s: %w", f.path, f.stray(m, name))
		}
	}
	check := valueCheck{means: map[string][]float32{}}
	for _, v := range m.params {
		data, err := f.Float32(f.prefix+v.Name(), v.Shape()...)
		if err != nil {
			return fmt.Errorf("teacher %s: %s with a %s stem and %d classes: %w: other weights, or another --network?", f.path, m.Name, m.Spec.Stem, m.Spec.Classes, err)
		}
		if err := check.check(v, data); err != nil {
			return fmt.Errorf("teacher %s: %w", f.path, err)
		}
		if err := v.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// Save writes the model's tensors and what is needed to load them again. Extra
// metadata (see Origin) is stored beside.
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
	f, err := openWeights(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	origin, err := originOf(f.TensorFile)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", path, err)
	}
	if arch := f.Metadata("arch"); name == "" {
		name = arch
	}
	if name == "" {
		return nil, fmt.Errorf("teacher %s: the file does not say which network it is: name it with --network (%s)",
			path, strings.Join(Names(), ", "))
	}
	if err := Known(name); err != nil {
		return nil, fmt.Errorf("teacher %s: %w", path, err)
	}
	if spec.Stem == "" {
		spec.Stem = f.stem()
	}
	if spec.Classes == 0 {
		if spec.Classes, err = f.classes(); err != nil {
			return nil, fmt.Errorf("teacher %s: %w", path, err)
		}
	}
	if spec.Size == 0 {
		spec.Size = f.side(registry[name](spec))
	}
	if n := len(origin.Classes); n > 0 && n != spec.Classes {
		return nil, fmt.Errorf("teacher %s: its metadata names %d classes, its classifier has %d: correct class_ids, or take the entry out", path, n, spec.Classes)
	}
	m, err := build(dev, name, spec)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", path, err)
	}
	m.Origin = origin
	m.Origin.File, m.Origin.Prefix = path, f.prefix
	if m.arch.size != nil {
		m.Origin.Size = m.Spec.Size
	}
	if err := m.load(f); err != nil {
		m.Free()
		return nil, err
	}
	return m, nil
}

// weights is a file of weights whose tensors go by torchvision's names: a prefix that all of them share is cut off.
type weights struct {
	*nn.TensorFile
	path   string
	prefix string
	names  []string // without the prefix and without counters
}

func openWeights(path string) (*weights, error) {
	file, err := nn.OpenTensors(path)
	if err != nil {
		return nil, fmt.Errorf("teacher: %w", err)
	}
	f := &weights{TensorFile: file, path: path}
	for _, name := range file.Names() {
		if !isCounter(name) {
			f.names = append(f.names, name)
		}
	}
	f.prefix = sharedPrefix(f.names)
	for i, name := range f.names {
		f.names[i] = strings.TrimPrefix(name, f.prefix)
	}
	return f, nil
}

// isCounter reports whether a tensor is a counter of batches or of averaged models (torch's BatchNorm, AveragedModel, timm's averages).
func isCounter(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == "num_batches_tracked" || last == "n_averaged" || last == "num_updates"
}

// sharedPrefix is the longest run of parts, such as "module." or "_orig_mod.module.", that all names begin with. A file
// of one layer has no prefix: its parts are the layer's own.
func sharedPrefix(names []string) string {
	if len(names) == 0 {
		return ""
	}
	prefix := names[0]
	for _, name := range names {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	prefix = prefix[:strings.LastIndexByte(prefix, '.')+1]
	for _, name := range names {
		if strings.Contains(name[len(prefix):], ".") {
			return prefix
		}
	}
	return ""
}

// stray says why the file holds a tensor that is none of the model's.
func (f *weights) stray(m *Model, name string) error {
	for _, v := range m.params {
		if before, ok := strings.CutSuffix(name, "."+v.Name()); ok {
			return fmt.Errorf("tensor %q is %s of a part called %s, and other tensors are not: want the weights of one network alone: keep the part you mean (docs/teachers.md)",
				f.prefix+name, v.Name(), before)
		}
	}
	return fmt.Errorf("tensor %q does not belong to %s with a %s stem: want torchvision's names (another --network or stem?)", f.prefix+name, m.Name, m.Spec.Stem)
}

// stem reads the stem from the metadata or the first convolution's size.
func (f *weights) stem() Stem {
	if s := Stem(f.Metadata("stem")); s != "" {
		return s
	}
	if info, ok := f.Info(f.prefix + "conv1.weight"); ok && len(info.Shape) == 4 && info.Shape[2] == 7 {
		return ImageNet
	}
	return CIFAR
}

// classifiers are the names of the last layer's weights.
var classifiers = []string{"fc.weight", "classifier.weight", "classifier.1.weight"}

// classifier is the shape of the last layer's weights, [classes, features], zero if there is none.
func (f *weights) classifier() (shape [2]int) {
	for _, name := range classifiers {
		if info, ok := f.Info(f.prefix + name); ok && len(info.Shape) == 2 && info.Shape[0] > 0 {
			return [2]int(info.Shape)
		}
	}
	return shape
}

// side is the side of the images that the classifier is made for, 0 for a network that takes any.
func (f *weights) side(a architecture) int {
	if a.size == nil {
		return 0
	}
	return a.size(f.classifier()[1])
}

// classes is the number of rows of the classifier.
func (f *weights) classes() (int, error) {
	if n := f.classifier()[0]; n > 0 {
		return n, nil
	}
	if len(f.names) == 0 {
		return 0, fmt.Errorf("the file holds no weights: want those of a whole network")
	}
	return 0, fmt.Errorf("no classifier (%s) among its %d tensors, from %q to %q: want a whole network with torchvision's names",
		strings.Join(classifiers, ", "), len(f.names), f.prefix+f.names[0], f.prefix+f.names[len(f.names)-1])
}
