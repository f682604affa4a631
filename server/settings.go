package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"reta/server/dataset"
	"reta/shared/recipe"
)

// recipeFlags change a recipe: a flag for each setting whose row of the table has one, and --set for all. What is not given
// leaves the recipe's own value.
type recipeFlags struct {
	name         string
	preset       string // of topology alignment
	noDRC, noPTA bool
	flags        []change // by flags of their own, in the order given
	sets         []string
}

// change is one setting as it was asked for.
type change struct{ by, setting, text string } // by "--lr 0.1"

func (f *recipeFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.name, "recipe", "reta", "method: "+strings.Join(recipe.Names(), ", "))
	for _, s := range recipe.Table() {
		if s.Flag == "" {
			continue
		}
		v := &settingFlag{setting: s, flags: f}
		flag := fs.VarPF(v, s.Flag, "", flagHelp(s))
		if v.Type() == "bool" {
			flag.NoOptDefVal = "true"
		}
	}
	fs.StringVar(&f.preset, "pta", "", "preset of the pta settings: letter (Eqn 11 exactly as in the paper) or default")
	fs.BoolVar(&f.noDRC, "no-drc", false, "no retrieval: the fixed starting patch is the anchor")
	fs.BoolVar(&f.noPTA, "no-pta", false, "no topology alignment")
	fs.StringArrayVar(&f.sets, "set", nil, "any setting of the recipe by its name in config.toml, as pta.sigma=0.1; repeatable (see server recipes NAME)")
}

// flagHelp is a setting in one line of --help.
func flagHelp(s recipe.Setting) string {
	text := strings.TrimSuffix(s.Help, ".")
	text = strings.ToLower(text[:1]) + text[1:]
	if s.Symbol != "" {
		text = s.Symbol + ": " + text
	}
	switch d := commonDefault(s, "reta"); {
	case d == "false":
	case strings.HasPrefix(d, "false; "):
		text += " (default: on for " + strings.TrimSuffix(strings.TrimPrefix(d, "false; "), " true") + ")"
	default:
		text += " (default " + d + ")"
	}
	return text
}

// commonDefault is a setting's default in a recipe: the most data sets' first, then the others': "2000; demo 200".
func commonDefault(s recipe.Setting, name string) string {
	sets := map[string][]string{} // by value
	var values []string
	for _, d := range dataset.Specs() {
		r, err := recipe.New(name, factsOf(d))
		if err != nil { // a set of any size or number of classes
			continue
		}
		v := s.Text(r)
		if sets[v] == nil {
			values = append(values, v)
		}
		sets[v] = append(sets[v], d.Name)
	}
	slices.SortStableFunc(values, func(a, b string) int { return len(sets[b]) - len(sets[a]) })
	for i, v := range values {
		if i > 0 {
			values[i] = strings.Join(sets[v], ", ") + " " + v
		}
	}
	return strings.Join(values, "; ")
}

// factsOf are what a recipe must know of a set before it is opened.
func factsOf(s *dataset.Spec) recipe.Dataset {
	return recipe.Dataset{Name: s.Name, Classes: s.Classes, Size: s.Size}
}

// settingFlag is the flag of a setting; it keeps what was given for build.
type settingFlag struct {
	setting recipe.Setting
	flags   *recipeFlags
	text    string
}

func (v *settingFlag) String() string { return v.text }

// Type is the word for a value in --help.
func (v *settingFlag) Type() string {
	switch v.setting.Type() {
	case "true or false":
		return "bool"
	case "a whole number":
		return "int"
	}
	return "float"
}

// Set refuses what is of another type; bounds are checked when the recipe is whole.
func (v *settingFlag) Set(text string) error {
	if err := new(recipe.Recipe).Set(v.setting.Name, text); err != nil {
		return err
	}
	by := "--" + v.setting.Flag
	if v.Type() != "bool" {
		by += " " + text
	} else if text != "true" {
		by += "=" + text
	}
	v.text = text
	given := slices.DeleteFunc(v.flags.flags, func(c change) bool { return c.setting == v.setting.Name }) // the last of one flag counts
	v.flags.flags = append(given, change{by, v.setting.Name, text})
	return nil
}

// changes lists all that was asked for, presets first. What is asked for twice with different values is an error that names both.
func (f *recipeFlags) changes(r recipe.Recipe) ([]change, error) {
	var list []change
	if f.preset != "" {
		list = append(list, change{"--pta " + f.preset, recipe.Preset, f.preset})
	}
	list = append(list, f.flags...)
	for _, s := range f.sets {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usage("--set %s: want NAME=VALUE, such as pta.sigma=0.1", s)
		}
		list = append(list, change{"--set " + s, name, value})
	}
	if f.noDRC && r.Connection == recipe.Retrieval {
		list = append(list, change{"--no-drc", "connection", string(recipe.Fixed)})
	}
	if f.noPTA {
		list = append(list, change{"--no-pta", "pta.on", "false"})
	}
	first := map[string]change{}
	for _, c := range list {
		var field *recipe.FieldError
		if err := new(recipe.Recipe).Set(c.setting, c.text); errors.As(err, &field) {
			return nil, usage("%s: want %s: %s", c.by, field.Want, field.Remedy)
		}
		was, given := first[c.setting]
		if given && was.value() != c.value() {
			return nil, usage("%s and %s contradict each other: both are %s: want one of them", was.by, c.by, c.setting)
		}
		if !given {
			first[c.setting] = c
		}
	}
	slices.SortStableFunc(list, func(a, b change) int { return b.first() - a.first() })
	return list, nil
}

// first puts presets before what changes single settings of theirs.
func (c change) first() int {
	if c.setting == recipe.Preset {
		return 1
	}
	return 0
}

// value is what was asked for, however it was written: 0.10 is 0.1.
func (c change) value() string {
	var r recipe.Recipe
	s, err := recipe.Lookup(c.setting)
	if err != nil || r.Set(c.setting, c.text) != nil {
		return c.text
	}
	return s.Text(r)
}

// build is the recipe for a set of the given facts with the flags' changes.
func (f *recipeFlags) build(facts recipe.Dataset) (recipe.Recipe, error) {
	if facts.Size > 0 && facts.Size < 8 {
		return recipe.Recipe{}, dataError{fmt.Errorf("dataset %s: images of %d px: want 8 px at least: enlarge them with --size, such as --size 32", facts.Name, facts.Size)}
	}
	r, err := recipe.New(f.name, facts)
	if err != nil {
		return r, err
	}
	list, err := f.changes(r)
	if err != nil {
		return r, err
	}
	given := map[string]bool{}
	for _, c := range list {
		given[c.setting] = true
		if c.setting == "ipc" { // defaults may depend on it
			var asked recipe.Recipe
			if err := asked.Set(c.setting, c.text); err != nil {
				return r, err
			}
			facts.IPC = asked.IPC
		}
	}
	if r, err = recipe.New(f.name, facts); err != nil {
		return r, err
	}
	for _, c := range list {
		if err := r.Set(c.setting, c.text); err != nil {
			return r, err
		}
		if c.setting == "stages" && !given["resolutions"] && r.Stages >= 1 {
			r = r.WithStages(r.Stages, facts)
		}
	}
	if !given["group"] {
		r.Group = max(r.Group, r.Batch)
	}
	if err := byFlag(r.Validate()); err != nil {
		return r, err
	}
	for _, c := range f.flags {
		s, err := recipe.Lookup(c.setting)
		noticed := s.Part == "schedule" || slices.Contains(r.Notices(), s.Why(r)) // it depends on numbers, not on what the recipe is made of
		if why := s.Why(r); err == nil && why != "" && !noticed && c.text != "false" {
			return r, usage("%s has no effect: %s: drop it, or take a recipe that has it, such as reta", c.by, why)
		}
	}
	return r, nil
}

// byFlag says what is wrong with a recipe in terms of the flags.
func byFlag(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var list []error
	for _, e := range joined.Unwrap() {
		var field *recipe.FieldError
		if errors.As(e, &field) {
			if s, err := recipe.Lookup(field.Field); err == nil && s.Flag != "" {
				e = usage("--%s %v: want %s", s.Flag, field.Value, field.Want)
				if !strings.HasPrefix(field.Remedy, "change ") {
					e = usage("%w: %s", e, field.Remedy)
				}
			}
		}
		list = append(list, e)
	}
	return errors.Join(list...)
}
