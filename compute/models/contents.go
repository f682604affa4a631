package models

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"reta/compute/nn"
)

// Contents is what a file of weights holds.
type Contents struct {
	File    string
	Form    string // safetensors, or a form of PyTorch's files
	Bytes   int64
	Network string // "" where none is known to have its tensors
	Spec    Spec
	Origin  Origin

	Tensors int
	Numbers int64    // of all tensors
	Types   []string // of elements: F32
	Entries []string // of a checkpoint, that hold tensors
	Said    []Entry  // what else the file says of itself: recipe, epochs
	Odd     []string // what a reader should know
	Problem error    // why the network cannot be used, nil where it can
}

// Entry is an entry of a file's metadata.
type Entry struct{ Key, Value string }

// said are the entries beside Origin's that are shown and kept: those of our squeeze, and what training programs write.
var said = []string{"top5", "recipe", "seed", "epochs", "epoch", "best_acc", "best_acc1", "acc", "acc1", "best_prec1"}

// Inspection says how a file is to be looked at.
type Inspection struct {
	File, Network string // Network "": what the file says or its tensors show
	Entry         string // of a checkpoint, and of its tensors' names: "model_ema", "net."; "": the network's usual one
	Size          int    // side of the images that it was trained on, where the file does not say; 0: not known
}

// open opens the file and finds the network in it. Where there is none, f is there all the same, with the reason.
func (i Inspection) open() (f *weights, name string, spec Spec, problem, err error) {
	if f, err = openWeights(i.File); err != nil {
		return nil, "", spec, nil, err
	}
	if err = i.choose(f); err != nil {
		f.Close()
		return nil, "", spec, nil, fmt.Errorf("teacher %s: %w", i.File, err)
	}
	if f.origin.Size == 0 {
		f.origin.Size = i.Size
	}
	if name, spec, problem = f.identify(i.Network, spec); problem != nil {
		problem = fmt.Errorf("teacher %s: %w", i.File, problem)
	}
	return f, name, spec, problem, nil
}

// choose cuts the file to the entry: one of a checkpoint's, a prefix of the tensors' names, or one followed by the other.
func (i Inspection) choose(f *weights) error {
	if i.Entry == "" {
		return nil
	}
	prefix := i.Entry
	if f.torch != nil {
		for _, e := range f.torch.Entries() {
			if rest, ok := strings.CutPrefix(i.Entry+".", e.Path+"."); ok && e.Path != "" {
				if err := f.torch.Choose(e.Path); err != nil {
					return err
				}
				prefix = strings.TrimSuffix(rest, ".")
				break
			}
		}
	}
	if prefix == "" {
		return nil
	}
	f.only = strings.TrimSuffix(prefix, ".") + "."
	if len(f.trainable()) > 0 {
		return nil
	}
	f.only = ""
	var has []string
	if f.torch != nil {
		for _, e := range f.torch.Entries() {
			if e.Path != "" {
				has = append(has, e.Path)
			}
		}
	}
	for _, name := range f.trainable() {
		if p := strings.TrimSuffix(part(name), "."); p != "" && !slices.Contains(has, p) && len(has) < 20 {
			has = append(has, p)
		}
	}
	return fmt.Errorf("no entry %q: want one of %s", i.Entry, strings.Join(has, ", "))
}

// Inspect reads what a file of weights holds and checks every number of it. It needs no device. An error is a file that
// cannot be read at all.
func Inspect(i Inspection) (*Contents, error) {
	f, name, spec, problem, err := i.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &Contents{File: i.File, Form: "safetensors", Network: name, Spec: spec, Origin: f.origin, Problem: problem}
	if info, err := os.Stat(i.File); err == nil {
		c.Bytes = info.Size()
	}
	if f.torch != nil {
		c.Form = f.torch.Form()
		if c.Network == "" {
			c.Origin.Entry = f.torch.Entry()
		}
		for _, e := range f.torch.Entries() {
			if e.Path != "" {
				c.Entries = append(c.Entries, fmt.Sprintf("%s (%s)", e.Path, counted(e.Tensors(), "tensor")))
			}
		}
	}
	for _, key := range said {
		if v := f.Metadata(key); v != "" {
			c.Said = append(c.Said, Entry{key, v})
		}
	}
	for _, name := range f.trainable() {
		info, _ := f.Info(name)
		c.Tensors++
		c.Numbers += int64(info.Len())
		if !slices.Contains(c.Types, info.DType) {
			c.Types = append(c.Types, info.DType)
		}
	}
	slices.Sort(c.Types)
	if c.Problem == nil {
		c.Problem = f.of(name, spec, func(Param, []float32) error { return nil })
	}
	c.Odd = f.odd(name, spec)
	return c, nil
}

// odd lists what a reader of the file should know.
func (f *weights) odd(name string, spec Spec) (odd []string) {
	say := func(format string, args ...any) { odd = append(odd, fmt.Sprintf(format, args...)) }
	if f.torch != nil {
		if unread := f.torch.Unread(); len(unread) > 0 {
			say("values of these Python types are not read: %s", strings.Join(unread, ", "))
		}
		if n := len(f.torch.Entries()); n > 1 {
			say("%d entries hold tensors, %q is read: --entry takes another", n, f.torch.Entry())
		}
	}
	if len(f.left) > 0 {
		say("these parts are not read: %s", strings.Join(f.left[:min(len(f.left), 10)], ", "))
	}
	if name == "" {
		return odd
	}
	o := f.origin
	if f.anyStem {
		say("its tensors are the same with a stem for small images and for 224 px: %s is taken: --size says which", spec.Stem)
	}
	if !o.Normalised() {
		say("it does not say how images are normalised: those of the data set are used")
	}
	if len(o.Classes) == 0 {
		say("it names no classes: their order is taken to be that of the data set")
	}
	if o.Top1 == 0 {
		say("it does not say how accurate it is")
	}
	if o.Size > 0 && StemFor(o.Size) != spec.Stem {
		say("a %s stem for images of %d px is unusual", spec.Stem, o.Size)
	}
	has := func(end string) bool {
		return slices.ContainsFunc(f.Names(), func(n string) bool { return strings.HasSuffix(n, end) })
	}
	if f.torch != nil && has("running_var") && !has("num_batches_tracked") {
		say("it has no num_batches_tracked, as PyTorch before 0.4.1 wrote: nothing is missing")
	}
	return odd
}

// of reads the tensors of a network, named as here, and checks their numbers.
func (f *weights) of(name string, spec Spec, take func(p Param, data []float32) error) error {
	m, err := build(nil, name, spec) // of names and shapes alone
	if err != nil {
		return err
	}
	return f.each(m, take)
}

// Convert writes a file of weights as safetensors under the names used here, in float32, with what the file says of itself and,
// where they are given, other metadata.
func Convert(i Inspection, out string, metadata map[string]string) error {
	f, name, spec, problem, err := i.open()
	if err != nil {
		return err
	}
	defer f.Close()
	if problem != nil {
		return problem
	}
	var list []nn.Tensor
	err = f.of(name, spec, func(p Param, data []float32) error {
		list = append(list, nn.Tensor{Name: p.Name, Shape: p.Shape, Values: data})
		return nil
	})
	if err != nil {
		return err
	}
	all := entries(f.origin.Metadata())
	for _, key := range said {
		if v := f.Metadata(key); v != "" {
			all[key] = v
		}
	}
	all["arch"], all["stem"], all["classes"] = name, string(spec.Stem), strconv.Itoa(spec.Classes)
	if size := cmp.Or(f.origin.Size, spec.Size); size > 0 {
		all["size"] = strconv.Itoa(size)
	}
	for key, value := range metadata {
		all[key] = value
	}
	for key, value := range all {
		if value == "" {
			delete(all, key)
		}
	}
	o, err := originOf(all)
	if err == nil && len(o.Classes) > 0 && len(o.Classes) != spec.Classes {
		err = fmt.Errorf("%d classes are named, its classifier has %d", len(o.Classes), spec.Classes)
	}
	if err != nil {
		return fmt.Errorf("teacher %s: %w", i.File, err)
	}
	return nn.WriteTensors(out, all, list)
}

// entries are metadata in memory.
type entries map[string]string

func (e entries) Metadata(key string) string { return e[key] }
