package models

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"reta/compute/graph"
	"reta/compute/nn"
)

// Origin is what a file of weights says of the data its network was trained on; an entry that it lacks is zero.
type Origin struct {
	File   string
	Prefix string   // of its tensors' names, cut off: "module." of torch's DataParallel, for one
	Naming string   // of its tensors, by namings.txt; "": torchvision's
	Entry  string   // of a checkpoint, that the weights were taken from: "state_dict"
	Left   []string // parts of the file that were not read
	// Recognised is whether the network was found by its tensors: neither the caller nor the file named it.
	Recognised bool

	Dataset string  // by the name it has here, such as cifar-100
	Classes []Class // by output
	Mean    [3]float64
	Std     [3]float64 // of the inputs, (pixel - Mean) / Std for pixels in [0,1]; all zero: not said
	Size    int        // side of the images, pixels
	Top1    float64    // on the data's test images, as a fraction
}

// Class is one class by its name in the data (a folder, a WordNet id) and by its name for people.
type Class struct{ ID, Name string }

// Normalised reports whether the file says how its inputs are normalised.
func (o Origin) Normalised() bool { return o.Std != [3]float64{} }

// SameNormalisation reports whether two normalisations agree within float32's rounding.
func SameNormalisation(mean, std, mean2, std2 [3]float64) bool {
	for c := range 3 {
		if math.Abs(mean[c]-mean2[c]) > 1e-6 || math.Abs(std[c]-std2[c]) > 1e-6 {
			return false
		}
	}
	return true
}

// Metadata is the origin as entries of a safetensors file: dataset, mean, std, size, class_ids, class_names, top1.
func (o Origin) Metadata() map[string]string {
	entries := map[string]string{"dataset": o.Dataset}
	if o.Normalised() {
		entries["mean"] = fmt.Sprintf("%g,%g,%g", o.Mean[0], o.Mean[1], o.Mean[2])
		entries["std"] = fmt.Sprintf("%g,%g,%g", o.Std[0], o.Std[1], o.Std[2])
	}
	if o.Size > 0 {
		entries["size"] = strconv.Itoa(o.Size)
	}
	if o.Top1 > 0 {
		entries["top1"] = fmt.Sprintf("%.4f", o.Top1)
	}
	if len(o.Classes) > 0 {
		var ids, names []string
		for _, c := range o.Classes {
			ids, names = append(ids, c.ID), append(names, c.Name)
		}
		entries["class_ids"], entries["class_names"] = list(ids), list(names)
	}
	return entries
}

// list is a JSON array; strings always encode.
func list(words []string) string {
	text, _ := json.Marshal(words)
	return string(text)
}

// originOf reads what Metadata writes, and mean, std and size as people write them.
func originOf(f interface{ Metadata(string) string }) (o Origin, err error) {
	o.Dataset = f.Metadata("dataset")
	if o.Mean, o.Std, err = normalisationOf(f); err != nil {
		return o, err
	}
	if text := f.Metadata("size"); text != "" {
		if o.Size, err = strconv.Atoi(text); err != nil || o.Size < 1 {
			return o, fmt.Errorf("its metadata has size %q: want the side of the images in pixels", text)
		}
	}
	o.Top1, err = strconv.ParseFloat(f.Metadata("top1"), 64)
	if err != nil || !(o.Top1 >= 0 && o.Top1 <= 1) {
		o.Top1 = 0 // of another program's making; it decides nothing
	}
	var ids, names []string
	for key, to := range map[string]*[]string{"class_ids": &ids, "class_names": &names} {
		if text := f.Metadata(key); text != "" {
			if err := json.Unmarshal([]byte(text), to); err != nil {
				return o, fmt.Errorf("its metadata has %s %.40q: want a JSON list of strings, one for each output", key, text)
			}
		}
	}
	switch {
	case len(ids) == 0:
		ids = names
	case len(names) == 0:
		names = ids
	case len(ids) != len(names):
		return o, fmt.Errorf("its metadata has %d class_ids and %d class_names: want one of each for each output", len(ids), len(names))
	}
	for i, id := range ids {
		o.Classes = append(o.Classes, Class{id, names[i]})
	}
	return o, nil
}

// normalisationOf reads mean and std, zero where the file has neither.
func normalisationOf(f interface{ Metadata(string) string }) (mean, std [3]float64, err error) {
	texts := [2]string{f.Metadata("mean"), f.Metadata("std")}
	if texts == [2]string{} {
		return mean, std, nil
	}
	for i, to := range []*[3]float64{&mean, &std} {
		parts := strings.Split(strings.Trim(texts[i], "[]() "), ",")
		good := len(parts) == 3
		for c := 0; good && c < 3; c++ {
			to[c], err = strconv.ParseFloat(strings.TrimSpace(parts[c]), 64)
			good = err == nil && to[c] >= 0 && to[c] <= 1 && (i == 0 || to[c] > 0)
		}
		if !good {
			return mean, std, fmt.Errorf("its metadata has mean %q and std %q: want three numbers each, of pixels from 0 to 1, such as 0.485,0.456,0.406 and 0.229,0.224,0.225",
				texts[0], texts[1])
		}
	}
	return mean, std, nil
}

// Adapt has Forward take pixels of the given normalisation and turn them into the network's own, where its file says
// another; it reports whether that is so.
func (m *Model) Adapt(mean, std [3]float64) bool {
	m.from = nil
	if o := m.Origin; o.Normalised() && !SameNormalisation(mean, std, o.Mean, o.Std) {
		m.from = &normalisation{mean, std}
	}
	return m.from != nil
}

type normalisation struct{ mean, std [3]float64 }

// renormalised is x in the network's own normalisation: (x std + mean - Mean) / Std, as a batch normalisation by constants.
func (m *Model) renormalised(x *graph.Node) *graph.Node {
	if m.from == nil {
		return x
	}
	const eps = 1e-5
	var gain, mean, variance, zero []float32
	for c := range 3 {
		gain = append(gain, float32(m.from.std[c]/m.Origin.Std[c]))
		mean = append(mean, float32((m.Origin.Mean[c]-m.from.mean[c])/m.from.std[c]))
		variance = append(variance, 1-eps)
		zero = append(zero, 0)
	}
	g := x.Graph()
	return nn.BatchNorm(x, g.Const("gain", gain, 3), g.Const("shift", zero, 3),
		g.Const("stats", append(mean, variance...), 2, 3), nn.NormAttr{Eps: eps}, nil)
}
