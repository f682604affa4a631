package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// Option is one of the names that a setting takes.
type Option struct{ Name, Help string }

var options = map[string][]Option{}

// RegisterOption makes a name known as a value of a setting that takes names, such as "losses", "connection", "init.start" or
// "ensemble": Validate accepts it and its errors list it. Help is a phrase. Call it from an init function; a name taken twice
// panics. What the name means is up to who runs the recipe.
func RegisterOption(setting, name, help string) {
	if slices.ContainsFunc(options[setting], func(o Option) bool { return o.Name == name }) {
		panic(fmt.Sprintf("recipe: the option %s of %s is registered twice", name, setting))
	}
	options[setting] = append(options[setting], Option{name, help})
}

// Options lists the names that a setting takes in the order of their registration, none for a setting that takes numbers.
func Options(setting string) []Option { return slices.Clone(options[setting]) }

// register makes the options of a setting known that come as pairs of name and help.
func register(setting string, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		RegisterOption(setting, pairs[i], pairs[i+1])
	}
}

// known reports whether a setting takes a name.
func known(setting, name string) bool {
	return slices.ContainsFunc(options[setting], func(o Option) bool { return o.Name == name })
}

// optionNames lists the names that a setting takes, for errors: "a, b or c".
func optionNames(setting string) string {
	var names []string
	for _, o := range options[setting] {
		names = append(names, o.Name)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
	return strings.Join(names, "")
}
