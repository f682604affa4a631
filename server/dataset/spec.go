package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// ErrUnknown marks the error for a dataset or class name that does not exist:
// a slip in the command, not a fault of the data.
var ErrUnknown = errors.New("unknown name")

// Spec declares a dataset.
type Spec struct {
	Name    string   // as in --dataset, e.g. "cifar-100"
	Aliases []string // other names; case, '-' and '_' never matter
	Title   string   // one line for lists
	Classes int      // classes of the full set; 0: as many as are found
	Size    int      // default image side in pixels; 0: chosen by looking at the images
	Resize  int      // test transform: shorter side to Resize, then centre crop of Size; 0: none

	Mean, Std [3]float32 // per channel, on values in [0,1]

	Terms string // of the images' use, in a sentence or two; "": not known

	ids []string // class ids in the order of their labels, where the set fixes them

	Sources []Source // where to download it from, tried in order; none: only by --data

	// layout finds classes and images under fsys, which holds the user's
	// folder or archive and is nil for a set made by code.
	layout     func(ctx context.Context, fsys fs.FS) (*found, error)
	layoutText string // the layout in words, for the error when it is not met
	hint       string // how to get the data when it cannot be downloaded
}

// Source is a downloadable archive.
type Source struct {
	URL    string
	Bytes  int64  // exact size; 0: not known
	SHA256 string // hexadecimal; "": not known, then the first download records it beside the file and every later use checks it
	other  string // how else the file is given; "": --data PATH
}

func (s Source) given() string { return cmp.Or(s.other, "--data PATH") }

// found is what a layout found.
type found struct {
	root    fs.FS // items' paths are below this
	classes []Class
	// items lists the images of the kept classes; an item's label is the
	// position of its class in keep.
	items func(keep []Class) (train, test []item, err error)
	notes []Note // items may add some
}

// Note is a line to be shown: how the data was understood, or a warning.
type Note struct {
	Warning bool
	Text    string
}

// item is one image: a file to decode, or pixels already at hand.
type item struct {
	label int
	id    string // stable name, e.g. "train/n01443537/n01443537_111.JPEG"
	path  string // below found.root
	raw   *Image // instead of path
}

// imageNetTerms are those of sets cut from ImageNet.
const imageNetTerms = "Images of ImageNet may be used for non-commercial research and education only (image-net.org, terms of access); their copyright stays with their owners."

// imageNet is the usual normalisation of photographs (means and deviations
// of ImageNet-1K), which the reference protocol uses for every set but CIFAR.
var imageNetMean, imageNetStd = [3]float32{.485, .456, .406}, [3]float32{.229, .224, .225}

var registry []*Spec

// register adds a set; two sets of one name are a programmer's mistake.
func register(s Spec) {
	for _, name := range append([]string{s.Name}, s.Aliases...) {
		if lookup(name) != nil {
			panic("dataset: " + name + " registered twice")
		}
	}
	registry = append(registry, &s)
	slices.SortFunc(registry, func(a, b *Spec) int { return strings.Compare(a.Name, b.Name) })
}

// Specs returns all declared sets by name.
func Specs() []*Spec { return slices.Clone(registry) }

// Lookup finds a declared set by name or alias. Its error lists all names and
// wraps ErrUnknown.
func Lookup(name string) (*Spec, error) {
	if s := lookup(name); s != nil {
		return s, nil
	}
	var names []string
	for _, s := range registry {
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("dataset %q: %w%s; known are %s, and path:DIR for any folder of class folders",
		name, ErrUnknown, suggest(name, names), strings.Join(names, ", "))
}

// ClassIDs are the ids of a set's classes in the order of their labels, where the set fixes them; nil where it does not.
func ClassIDs(name string) []string {
	if s := lookup(name); s != nil {
		return slices.Clone(s.ids)
	}
	return nil
}

func lookup(name string) *Spec {
	want := plain(name)
	for _, s := range registry {
		if plain(s.Name) == want || slices.ContainsFunc(s.Aliases, func(a string) bool { return plain(a) == want }) {
			return s
		}
	}
	return nil
}

// plain is a name without case and separators: "Tiny_ImageNet" = "tiny-imagenet".
func plain(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}
