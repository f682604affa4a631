package models

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"reta/compute/nn"
	"reta/compute/torchfile"
)

// tensors is an open file of tensors, in whatever form.
type tensors interface {
	Names() []string
	Info(name string) (nn.TensorInfo, bool)
	Metadata(key string) string
	Float32(name string, shape ...int) ([]float32, error)
	Close() error
}

// weights is a file of weights and the network that it is found to hold.
type weights struct {
	tensors
	path    string
	torch   *torchfile.File   // nil for safetensors
	names   []string          // without the prefix and without counters, as the network here calls them
	stored  map[string]string // by those names: the file's own
	prefix  string
	naming  naming
	left    []string // parts of the file that are not read
	anyStem bool     // its tensors do not tell the network's stem
	only    string   // what names must begin with to be looked at
	origin  Origin
}

// openWeights opens a file of weights: safetensors, or what torch.save writes.
func openWeights(path string) (*weights, error) {
	f := &weights{path: path}
	torch, err := isTorch(path)
	if err == nil && torch {
		f.torch, err = torchfile.Open(path)
		f.tensors = f.torch
	} else if err == nil {
		f.tensors, err = nn.OpenTensors(path)
	}
	if err != nil {
		return nil, fmt.Errorf("teacher: %w", err)
	}
	if f.origin, err = originOf(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("teacher %s: %w", path, err)
	}
	return f, nil
}

// isTorch reports by its first bytes whether a file is one of torch.save.
func isTorch(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if stat, err := file.Stat(); err == nil && !stat.Mode().IsRegular() {
		return false, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	var start [512]byte
	n, _ := file.ReadAt(start[:], 0) // a short file ends early
	header := n > 9 && bytes.HasPrefix(start[8:], []byte("{")) && torchfile.IsTorch(start[:2])
	return torchfile.IsTorch(start[:n]) && !header, nil // a header of safetensors behind its length may begin like a pickle
}

// trainable are the names of the file's tensors but for counters.
func (f *weights) trainable() (names []string) {
	for _, name := range f.Names() {
		if !isCounter(name) && strings.HasPrefix(name, f.only) {
			names = append(names, name)
		}
	}
	return names
}

// isCounter reports whether a tensor is a counter of batches or of averaged models (torch's BatchNorm, AveragedModel, timm's averages),
// or the index of relative positions, which follows from the network.
func isCounter(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == "num_batches_tracked" || last == "n_averaged" || last == "num_updates" || last == "relative_position_index"
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

// take has f's names be those of one part of the file in one naming.
func (f *weights) take(names []string, prefix string, n naming) bool {
	cut := make([]string, len(names))
	for i, name := range names {
		cut[i] = strings.TrimPrefix(name, prefix)
	}
	here, ok := n.rename(cut)
	if !ok {
		return false
	}
	f.prefix, f.naming, f.names, f.stored = prefix, n, here, map[string]string{}
	for i, name := range here {
		f.stored[name] = names[i]
	}
	return true
}

// nameOf is what the file calls a tensor.
func (f *weights) nameOf(name string) string {
	if stored, ok := f.stored[name]; ok {
		return stored
	}
	return f.prefix + name
}

// shapes are the file's tensors by their names here.
func (f *weights) shapes() map[string][]int {
	all := map[string][]int{}
	for name, stored := range f.stored {
		info, _ := f.Info(stored)
		all[name] = info.Shape
	}
	return all
}

// Bounds of what is looked through for a network: ResNet-101 has 522 tensors in 7 parts.
const maxTensors, maxParts = 1 << 13, 64

// recognise finds the network, of those given or, with none, of all, that the file holds: all its tensors below a prefix that they share; or else all
// but an average of them that lies beside; or else one part (Lightning keeps the network beside its loss). It leaves f with that
// network's names; the list has several networks where the names do not tell.
func (f *weights) recognise(networks []string) []Fit {
	all, known := f.trainable(), layouts{}
	if len(all) > maxTensors {
		return nil
	}
	if fits, found := f.fits(known, networks, all); len(fits) > 0 {
		*f = found
		return fits
	}
	parts := map[string][]string{}
	for _, name := range all {
		parts[part(name)] = append(parts[part(name)], name)
	}
	delete(parts, "")
	if len(parts) > maxParts {
		return nil
	}
	var fits []Fit
	var found weights
	for _, p := range slices.Sorted(maps.Keys(parts)) {
		alone, inPart := f.fits(known, networks, parts[p])
		if len(alone) == 0 {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return part(name) == p })
		if main, inRest := f.fits(known, networks, rest); len(main) > 0 && inRest.prefix == "" {
			fits, found = main, inRest
			break
		}
		fits, found = append(fits, alone...), inPart
	}
	if len(fits) > 0 {
		*f = found
		f.left = f.unread(all)
	}
	return fits
}

// fits lists the networks that have the tensors of these names, and is f with the last one's names.
func (f *weights) fits(known layouts, networks, names []string) (fits []Fit, found weights) {
	for _, n := range namings {
		w := *f
		if !w.take(names, sharedPrefix(names), n) {
			continue
		}
		for _, fit := range known.fits(w.shapes(), networks) {
			if n.stem == "" || fit.Spec.Stem == n.stem {
				fit.Naming, fit.Prefix = n.name, w.prefix
				fits, found = append(fits, fit), w
			}
		}
	}
	return fits, found
}

// unread lists the parts of the file that the network found has nothing of.
func (f *weights) unread(all []string) (left []string) {
	read := map[string]bool{}
	for _, stored := range f.stored {
		read[stored] = true
	}
	for _, name := range all {
		if p := cmp.Or(part(name), name); !read[name] && !slices.Contains(left, p) {
			left = append(left, p)
		}
	}
	return left
}

// settle picks, of the networks that fit, the one with the stem that the file states, or else that its images' size has; it lists the
// different networks that are left.
func settle(fits []Fit, stem Stem) (one Fit, several []string) {
	for i, fit := range fits {
		if i == 0 || fit.Network == one.Network && fit.Prefix == one.Prefix && fit.Spec.Stem == stem {
			one = fit
		}
		what := fit.Network
		if fit.Prefix != fits[0].Prefix {
			what = "one in " + fit.Prefix
		}
		if !slices.Contains(several, what) {
			several = append(several, what)
		}
	}
	return one, several
}

// stemHint is the stem that the file states or that images of the size it states have, "" where it says neither.
func (f *weights) stemHint() Stem {
	if s := Stem(f.Metadata("stem")); s == CIFAR || s == ImageNet {
		return s
	}
	if f.origin.Size > 0 {
		return StemFor(f.origin.Size)
	}
	return ""
}
