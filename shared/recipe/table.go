package recipe

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"reta/shared/setting"
)

// Setting is one row of the table of settings: all that flags, --set, config.toml, Validate, sliders and docs say of it.
// Its type is that of the field of Recipe with its name, its default that of New, its names, if it takes names, its Options.
type Setting struct {
	Name     string  // in JSON, TOML and --set: "pta.sigma"
	Part     string  // the part it belongs to
	Flag     string  // the flag that sets it, "" where only --set does
	Label    string  // a few words
	Symbol   string  // in the paper, "" where it has none
	Unit     string  // "" where it has none
	Help     string  // one sentence or two
	Min, Max float64 // of numbers, and of each of several; 0, 0 for all else
	Range    bool    // of two numbers: a range, the second no less than the first
	Chosen   bool    // the default is ours where the paper is silent
	Live     *Slider // how it changes during a run, nil where it cannot

	// Idle says of a recipe why the setting has no effect in it, "" where it has one; nil: it always has.
	Idle func(Recipe) string
	// Absent is what files without the setting mean, as text: how their run behaved before there was the setting. Settings
	// of schema 1 have none.
	Absent string
}

// Slider bounds a setting that may change during a run. A Max of 0 is the steps of the run.
type Slider struct {
	Min, Max float64
	Log      bool // ratios count, not differences
}

// Table lists every setting, part by part. A new setting is a field of Recipe or of a part's struct and a row beside it.
func Table() []Setting { return slices.Clone(table) }

var table = slices.Concat(
	part("method", methodRows), part("schedule", scheduleRows), part("start", initRows),
	part("residual connection", inSteps(connectionRows)), part("retrieval (DRC)", inSteps(drcRows)), part("topology alignment (PTA)", inSteps(ptaRows)),
	part("pool", poolRows), part("teachers", teacherRows), part("optimisation", taught(inSteps(optimiserRows))), part("loss", taught(inSteps(slices.Concat(lossRows, statsRows, densifyRows, barycentreRows)))), part("augmentation", taught(inSteps(augmentRows))),
	part("matching", matchRows),
)

func part(name string, rows []Setting) []Setting {
	for i := range rows {
		rows[i].Part = name
	}
	return rows
}

// Lookup is the row of a name; the error lists near ones, or those of the part.
func Lookup(name string) (Setting, error) {
	if i := slices.IndexFunc(table, func(s Setting) bool { return s.Name == name }); i >= 0 {
		return table[i], nil
	}
	list := Settings()
	want := "the name of a setting"
	if inside := slices.DeleteFunc(slices.Clone(list), func(n string) bool { return !strings.HasPrefix(n, name+".") }); len(inside) > 0 {
		list, want = inside, "the name of a setting in "+name
	}
	return Setting{}, &FieldError{Field: name, Value: "", Want: want, Remedy: "one of " + strings.Join(list, ", ")}
}

// Settings lists the names of all settings.
func Settings() []string {
	names := make([]string, len(table))
	for i, s := range table {
		names[i] = s.Name
	}
	return names
}

// Type says in words what a setting takes: "a number", "a whole number", "true or false", the names of its options.
func (s Setting) Type() string {
	list := optionNames(s.Name)
	switch v := s.field(new(Recipe)); v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return list
	case reflect.Array:
		return fmt.Sprintf("%d numbers between commas", v.Len())
	default:
		if list != "" {
			return "names between commas: " + list
		}
		return "whole numbers between commas"
	}
}

// Bounds says within what a number has to lie, "" for a setting that takes none.
func (s Setting) Bounds() string {
	if s.Max == 0 {
		return ""
	}
	return s.number(s.Min) + " to " + s.number(s.Max)
}

// number is a bound in the setting's own type.
func (s Setting) number(v float64) string {
	switch k := s.field(new(Recipe)).Kind(); {
	case k == reflect.Float64, k == reflect.Array:
		return fmt.Sprint(v)
	case v >= math.MaxInt64: // of the seed
		return fmt.Sprint(math.MaxInt64)
	}
	return fmt.Sprint(int64(v))
}

// Text is the setting's value in a recipe, as Set takes it.
func (s Setting) Text(r Recipe) string { return setting.Text(s.field(&r)) }

// Why says why the setting has no effect in a recipe, "" where it has one.
func (s Setting) Why(r Recipe) string {
	if s.Idle == nil {
		return ""
	}
	return s.Idle(r)
}

// field is the setting's field of a recipe.
func (s Setting) field(r *Recipe) reflect.Value {
	return setting.Field(reflect.ValueOf(r).Elem(), s.Name)
}
