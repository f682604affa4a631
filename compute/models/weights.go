package models

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"reta/compute/nn"
	"reta/compute/vk"
)

// Load reads the model's tensors from a file of weights: safetensors, or what
// torch.save writes, with torchvision's names or those of namings.txt. Every
// tensor must be there in the model's shape, with numbers that a network can
// have; counters are ignored, anything else the file holds is an error.
func (m *Model) Load(path string) error {
	f, err := openWeights(path)
	if err != nil {
		return err
	}
	defer f.Close()
	f.find(m.Name, m.Spec)
	return m.load(f)
}

func (m *Model) load(f *weights) error {
	return f.each(m, func(p Param, data []float32) error { return m.byName[p.Name].Write(data) })
}

// each reads every tensor of the model, checks its numbers and hands it to take.
func (f *weights) each(m *Model, take func(p Param, data []float32) error) error {
	for _, name := range f.names {
		if m.byName[name] == nil {
			return fmt.Errorf("teacher %s: %w", f.path, f.stray(m, name))
		}
	}
	check := valueCheck{means: map[string][]float32{}}
	for _, v := range m.params {
		data, err := f.Float32(f.nameOf(v.Name()), v.Shape()...)
		if err != nil {
			return fmt.Errorf("teacher %s: %s with a %s stem and %d classes: %w: other weights, or another --network?", f.path, m.Name, m.Spec.Stem, m.Spec.Classes, err)
		}
		if err := check.check(v.Name(), v.Shape(), data); err != nil {
			return fmt.Errorf("teacher %s: %w", f.path, err)
		}
		if err := take(Param{v.Name(), v.Shape()}, data); err != nil {
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
	var tensors []nn.Tensor
	for _, v := range m.params {
		data, err := v.Read()
		if err != nil {
			return err
		}
		tensors = append(tensors, nn.Tensor{Name: v.Name(), Shape: v.Shape(), Values: data})
		if before, ok := strings.CutSuffix(v.Name(), "relative_position_bias_table"); ok {
			index := relativePositions(v.Shape()[0])
			tensors = append(tensors, nn.Tensor{Name: before + "relative_position_index", Shape: []int{len(index)}, Values: index})
		}
	}
	return nn.WriteTensors(path, all, tensors)
}

// Open makes a network from a file of weights. Which network it is, its stem
// and its classes come from the given name and spec, or else from the file's
// metadata, or else from the names and shapes of its tensors, where exactly one
// network has them.
func Open(dev *vk.Device, path, name string, spec Spec) (*Model, error) {
	f, err := openWeights(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.open(dev, name, spec)
}

func (f *weights) open(dev *vk.Device, name string, spec Spec) (*Model, error) {
	name, spec, err := f.identify(name, spec)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", f.path, err)
	}
	m, err := build(dev, name, spec)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", f.path, err)
	}
	m.Origin = f.origin
	if m.arch.size != nil {
		m.Origin.Size = m.Spec.Size
	}
	if err := m.load(f); err != nil {
		m.Free()
		return nil, err
	}
	return m, nil
}

// identify completes a network's name and spec by the file.
func (f *weights) identify(name string, spec Spec) (string, Spec, error) {
	defer func() { // of what was found
		f.origin.File, f.origin.Prefix, f.origin.Naming, f.origin.Left = f.path, f.prefix, f.naming.name, f.left
		if f.torch != nil {
			f.origin.Entry = f.torch.Entry()
		}
	}()
	given := name
	if name == "" {
		name = f.Metadata("arch")
		if f.torch != nil && Known(name) != nil { // any program's word, and not ours
			name = ""
		}
	}
	if name != "" {
		if err := Known(name); err != nil {
			return "", spec, err
		}
	}
	fit, err := f.find(name, spec)
	if err != nil && given == "" && f.torch != nil && name != "" { // a checkpoint's word is another program's
		name = ""
		fit, err = f.find(name, spec)
	}
	if err != nil && name == "" {
		return "", spec, err
	}
	if err == nil {
		f.origin.Recognised = name == ""
		name = fit.Network
	}
	if spec.Stem == "" {
		if spec.Stem = fit.Spec.Stem; spec.Stem == "" {
			spec.Stem = f.stem()
		}
	}
	arch := lookup(name)(spec)
	if spec.Classes == 0 {
		if spec.Classes = fit.Spec.Classes; spec.Classes == 0 {
			if spec.Classes, err = f.classes(arch); err != nil {
				return "", spec, err
			}
		}
	}
	if spec.Size == 0 {
		if spec.Size = fit.Spec.Size; spec.Size == 0 {
			spec.Size = f.side(arch)
		}
	}
	if n := len(f.origin.Classes); n > 0 && n != spec.Classes {
		return "", spec, fmt.Errorf("its metadata names %d classes, its classifier has %d: correct class_ids, or take the entry out", n, spec.Classes)
	}
	return name, spec, nil
}

const imageNetClasses = 1000

// find recognises the network, that of the name where it is given. Where none fits, f's names are those below the prefix that all
// share, in the naming that renames most of them.
func (f *weights) find(name string, spec Spec) (Fit, error) {
	var networks []string // all
	if name != "" {
		networks = []string{name}
	}
	fits := f.recognise(networks)
	stem := spec.Stem
	if stem == "" {
		stem = f.stemHint()
	}
	if stem == "" && len(fits) > 0 && fits[0].Spec.Classes == imageNetClasses {
		stem = ImageNet
	}
	if len(fits) == 2 && stem == "" && fits[0].Network == fits[1].Network { // the same network with both stems
		arch := lookup(fits[0].Network)(fits[0].Spec)
		f.anyStem = arch.size == nil && arch.least == 0
	}
	fit, several := settle(fits, stem)
	switch {
	case len(several) == 1:
		return fit, nil
	case len(several) > 1:
		return fit, fmt.Errorf("its tensors are those of %s: name the network with --network, or take the part you mean into a file of its own: server teacher FILE --entry NAME --convert OUT.safetensors",
			strings.Join(several, " and of "))
	}
	all, known, best := f.trainable(), layouts{}, -1
	var closest weights
	for _, n := range namings {
		w := *f
		if !w.take(all, sharedPrefix(all), n) {
			continue
		}
		if _, shared, _ := known.nearest(w.shapes(), networks); shared > best {
			closest, best = w, shared
		}
	}
	*f = closest
	return fit, f.unknown(networks)
}

// unknown says why no network fits.
func (f *weights) unknown(networks []string) error {
	if len(f.names) == 0 {
		return errors.New("the file holds no weights: want those of a whole network")
	}
	near, shared, of := layouts{}.nearest(f.shapes(), networks)
	if n := len(f.names); 2*shared < n || 2*shared < of {
		return fmt.Errorf("the file does not say which network it is, and its %s, such as %q, are those of none: want one of %s, with torchvision's names",
			counted(n, "tensor"), f.nameOf(f.names[n-1]), strings.Join(Names(), ", "))
	}
	return fmt.Errorf("the file does not say which network it is, and its %s are those of none exactly: nearest is %s: %d of its %d names are there, and %d others; name it with --network (%s) to read what differs",
		counted(len(f.names), "tensor"), near, shared, of, len(f.names)-shared, strings.Join(Names(), ", "))
}

// counted is "1 tensor" or "2 tensors".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// stray says why the file holds a tensor that is none of the model's.
func (f *weights) stray(m *Model, name string) error {
	for _, v := range m.params {
		if before, ok := strings.CutSuffix(name, "."+v.Name()); ok {
			return fmt.Errorf("tensor %q is %s of a part called %s, and other tensors are not: want the weights of one network alone: keep the part you mean (docs/teachers.md)",
				f.nameOf(name), v.Name(), before)
		}
	}
	return fmt.Errorf("tensor %q does not belong to %s with a %s stem: want torchvision's names (another --network or stem?)", f.nameOf(name), m.Name, m.Spec.Stem)
}

// stem reads the stem from the metadata or the first convolution's size.
func (f *weights) stem() Stem {
	if s := Stem(f.Metadata("stem")); s != "" {
		return s
	}
	if info, ok := f.Info(f.nameOf("conv1.weight")); ok && len(info.Shape) == 4 && info.Shape[2] == 7 {
		return ImageNet
	}
	return CIFAR
}

// classifier is the shape of the last layer's weights, [classes, features], zero if there is none.
func (f *weights) classifier(a architecture) (shape [2]int) {
	if info, ok := f.Info(f.nameOf(a.classifier + ".weight")); ok && len(info.Shape) == 2 && info.Shape[0] > 0 {
		return [2]int(info.Shape)
	}
	return shape
}

// side is the side of the images that the classifier is made for, 0 for a network that takes any.
func (f *weights) side(a architecture) int {
	if a.size == nil {
		return 0
	}
	return a.size(f.classifier(a)[1])
}

// classes is the number of rows of the classifier.
func (f *weights) classes(a architecture) (int, error) {
	if n := f.classifier(a)[0]; n > 0 {
		return n, nil
	}
	if len(f.names) == 0 {
		return 0, fmt.Errorf("the file holds no weights: want those of a whole network")
	}
	return 0, fmt.Errorf("no classifier (%s.weight) among its %d tensors, from %q to %q: want a whole network with torchvision's names",
		a.classifier, len(f.names), f.nameOf(f.names[0]), f.nameOf(f.names[len(f.names)-1]))
}
