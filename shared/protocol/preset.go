package protocol

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"reta/shared/recipe"
)

// Preset is a named protocol.
type Preset struct {
	Name, Help string
	build      func(s Setup) Protocol
}

// Setup is what a preset's values depend on.
type Setup struct {
	Dataset recipe.Dataset
	IPC     int    // images per class
	Student string // network
	Recipe  string // that the images were recovered by; "" where it is not known
}

var presets []Preset

func register(name, help string, build func(Setup) Protocol) {
	presets = append(presets, Preset{name, help, build})
}

// Presets lists the presets by name.
func Presets() []Preset {
	return slices.SortedFunc(slices.Values(presets), func(a, b Preset) int { return strings.Compare(a.Name, b.Name) })
}

// Names lists the names of the presets.
func Names() (names []string) {
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	return names
}

// ErrUnknown is wrapped by New's error for a name that is no preset's.
var ErrUnknown = errors.New("unknown protocol")

// New is a preset's protocol for a student on so many images per class of a set, valid as it is. Sets, IPCs and networks
// that the published code does not know get the values of the nearest that it knows: a set by its side and classes, an IPC
// by its ratio, any network those of ResNet-18.
func New(preset string, d recipe.Dataset, ipc int, student string) (Protocol, error) {
	return Setup{Dataset: d, IPC: ipc, Student: student}.New(preset)
}

// New is a preset's protocol as the function New has it, of images whose recipe may be known.
func (s Setup) New(preset string) (Protocol, error) {
	i := slices.IndexFunc(presets, func(p Preset) bool { return p.Name == preset })
	if i < 0 {
		return Protocol{}, fmt.Errorf("%w %q: want one of %s", ErrUnknown, preset, strings.Join(Names(), ", "))
	}
	if d := s.Dataset; d.Classes < 1 || d.Size < 8 || s.IPC < 1 {
		return Protocol{}, fmt.Errorf("protocol %s: %d classes of %d images of %d px: want 1 class, 1 image and 8 px at least", preset, d.Classes, s.IPC, d.Size)
	}
	s.Student = strings.ToLower(s.Student)
	p := presets[i].build(s)
	p.Name = preset
	p.Labels.Batch = min(p.Labels.Batch, s.images())
	p.Student.Accumulation = min(p.Student.Accumulation, p.Labels.Batch)
	return p, nil
}

func (s Setup) images() int { return s.Dataset.Classes * s.IPC }

// The sets that published protocols tell apart.
const (
	cifar10  = recipe.CIFAR10
	cifar100 = recipe.CIFAR100
	tiny     = recipe.TinyImageNet
	nette    = recipe.ImageNette
	woof     = recipe.ImageWoof
	full     = recipe.ImageNet1K
)

// set is the published set that is nearest to the data.
func (s Setup) set() string { return s.Dataset.Published() }

// small reports whether the images are those of CIFAR or Tiny-ImageNet in size.
func (s Setup) small() bool { return s.Dataset.Size <= 64 }

// column is the place of the nearest of the IPCs 1, 10 and 50.
func (s Setup) column() int {
	best, at := math.Inf(1), 0
	for i, ipc := range []float64{1, 10, 50} {
		if d := math.Abs(math.Log(float64(s.IPC) / ipc)); d < best {
			best, at = d, i
		}
	}
	return at
}

// network is the row of published tables for the student.
func (s Setup) network() string {
	if s.Student == "resnet50" || s.Student == "resnet101" {
		return s.Student
	}
	return "resnet18"
}

// rate is a learning rate and eta.
type rate struct{ lr, eta float64 }

// rates are those at IPC 1, 10 and 50 by set and network.
type rates map[string]map[string][3]rate

func (r rates) of(s Setup) rate {
	set := r[s.set()]
	if set == nil && s.set() == cifar10 {
		set = r[cifar100]
	}
	if set == nil {
		set = r[nette]
	}
	return set[s.network()][s.column()]
}
