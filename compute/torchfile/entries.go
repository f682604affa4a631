package torchfile

import (
	"fmt"
	"slices"
	"strings"
)

// Entry is a dict of tensors in a file: the whole file, or an entry of a checkpoint.
type Entry struct {
	Path    string // "state_dict", or "ema.module" of nested dicts; "" for the whole file
	tensors map[string]*tensor
}

func (e Entry) isRoot() bool { return e.Path == "" }

// Tensors is the number of tensors.
func (e Entry) Tensors() int { return len(e.tensors) }

// weightsFirst are the names under which training programs keep a network's weights, those taken first at the beginning; "" is the
// whole file. An average of weights (EMA) is taken where there is nothing else.
var weightsFirst = []string{"state_dict", "model_state_dict", "model_state", "model", "net", "network", "net_state_dict", "weights", "params", "module", "",
	"model_ema", "state_dict_ema", "model_ema_state_dict", "ema_state_dict", "ema", "ema_model"}

// neverWeights are the names of what else has tensors.
var neverWeights = []string{"optimizer", "optimizers", "optimizer_states", "optimizer_state_dict", "optim", "scheduler", "lr_scheduler", "lr_schedulers", "scaler", "amp",
	"callbacks", "loops", "criterion", "rng_state", "cuda_rng_state"}

// look finds the dicts of tensors, in the order in which they are taken for the network's.
func (f *File) look() {
	rank := func(e Entry) int {
		name, _, _ := strings.Cut(e.Path, ".")
		if i := slices.Index(weightsFirst, name); i >= 0 {
			return i
		}
		return len(weightsFirst)
	}
	f.search(f.root, "", 0)
	slices.SortStableFunc(f.entries, func(a, b Entry) int { return rank(a) - rank(b) })
}

// search adds the dicts of tensors in v; deeper dicts than a checkpoint's are not looked at.
func (f *File) search(v any, path string, depth int) {
	const deepest, most = 3, 64
	d, ok := v.(*dict)
	if !ok || depth > deepest || len(f.entries) >= most {
		return
	}
	e := Entry{Path: path, tensors: map[string]*tensor{}}
	for i, key := range d.keys {
		if name, ok := key.(string); ok {
			if t, ok := d.values[i].(*tensor); ok {
				e.tensors[name] = t
			} else {
				delete(e.tensors, name)
			}
		}
	}
	if len(e.tensors) > 1 { // a single one is a counter or a score
		f.entries = append(f.entries, e)
	}
	for i, key := range d.keys {
		name, ok := key.(string)
		if !ok || depth == 0 && slices.Contains(neverWeights, name) {
			continue
		}
		if path != "" {
			name = path + "." + name
		}
		f.search(d.values[i], name, depth+1)
	}
}

// Entries lists the dicts of tensors; the first is taken unless Choose takes another.
func (f *File) Entries() []Entry { return slices.Clone(f.entries) }

// Entry is the path of the one that is taken.
func (f *File) Entry() string { return f.entries[f.entry].Path }

// Choose takes the tensors of another entry.
func (f *File) Choose(path string) error {
	var has []string
	for i, e := range f.entries {
		if e.Path == path {
			f.entry, f.tensors = i, e.tensors
			return nil
		}
		has = append(has, fmt.Sprintf("%q (%d tensors)", e.Path, e.Tensors()))
	}
	return fmt.Errorf("%s: no entry %q: want one of %s", f.what, path, strings.Join(has, ", "))
}
