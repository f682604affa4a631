package recipe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnknown is wrapped by New's error for a name that is not registered.
var ErrUnknown = errors.New("unknown recipe")

var registry = map[string]func(Dataset) Recipe{}

// Register makes a method known by name. Call it from an init function; a name taken twice panics.
func Register(name string, defaults func(Dataset) Recipe) {
	if _, taken := registry[name]; taken {
		panic("recipe: " + name + " is registered twice")
	}
	registry[name] = defaults
}

// Names lists the registered recipes in alphabetical order.
func Names() []string {
	var names []string
	for name := range registry {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New returns a method's defaults for a dataset, valid as they are. Upper and lower case of the name are the same.
func New(name string, d Dataset) (Recipe, error) {
	name = strings.ToLower(name)
	defaults, ok := registry[name]
	if !ok {
		return Recipe{}, fmt.Errorf("%w %q: want one of %s", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	if d.Classes < 1 || d.Size < 8 {
		return Recipe{}, fmt.Errorf("recipe %s: dataset %q has %d classes of %d px: want at least 1 class and 8 px",
			name, d.Name, d.Classes, d.Size)
	}
	r := defaults(d)
	r.Name = name
	if d.Name == "demo" {
		r = demo(r)
	}
	return r, nil
}

// demo fits a method to the built-in demo set, to be seen within minutes on a CPU.
func demo(r Recipe) Recipe {
	r.PTA.Every = 25
	if r.Steps > 0 {
		r.Steps, r.SoftBudget = 200, r.Match.By == ByTeachers
	}
	return r
}
