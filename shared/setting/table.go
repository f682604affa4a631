package setting

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// Row describes one field of a T.
type Row[T any] struct {
	Name string // the field's JSON tags, joined by dots
	Help string // a phrase

	Min, Max float64 // of a number, and of each of several
	Above    bool    // Min itself is excluded
	Rising   bool    // of two numbers: the second is no less than the first
	Choices  []string
	Optional bool // a text may be ""
}

// Table is the rows of a T, in the order in which they are shown.
type Table[T any] []Row[T]

// Unbounded is a Max that is not mentioned: "a whole number of at least 1".
const Unbounded = 1e9

func (r Row[T]) field(of *T) reflect.Value { return Field(reflect.ValueOf(of).Elem(), r.Name) }

// Get is the setting's value.
func (r Row[T]) Get(of T) any { return r.field(&of).Interface() }

// Text is the setting's value as Set takes it.
func (r Row[T]) Text(of T) string { return Text(r.field(&of)) }

// Kind is a word for what the setting takes: number, int, bool, name, numbers.
func (r Row[T]) Kind() string {
	var zero T
	switch r.field(&zero).Kind() {
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Uint64:
		return "int"
	case reflect.Float64:
		return "number"
	case reflect.String:
		return "name"
	}
	return "numbers"
}

// Want is what a value may be, in words.
func (r Row[T]) Want() string {
	switch kind := r.Kind(); {
	case kind == "bool":
		return "true or false"
	case len(r.Choices) > 1:
		last := len(r.Choices) - 1
		return strings.Join(r.Choices[:last], ", ") + " or " + r.Choices[last]
	case r.Rising:
		return fmt.Sprintf("two rising numbers from %g to %g", r.Min, r.Max)
	case kind == "numbers":
		return fmt.Sprintf("numbers between commas, each from %g to %g", r.Min, r.Max)
	case r.Above:
		return fmt.Sprintf("more than %g, at most %g", r.Min, r.Max)
	case r.Max == math.MaxInt64: // what TOML holds
		return fmt.Sprintf("a whole number from %g to %d", r.Min, math.MaxInt64)
	case r.Max >= Unbounded && kind == "int":
		return fmt.Sprintf("a whole number of at least %g", r.Min)
	case r.Max >= Unbounded:
		return fmt.Sprintf("at least %g", r.Min)
	}
	return fmt.Sprintf("%g to %g", r.Min, r.Max)
}

// Set changes the setting from text, checked.
func (r Row[T]) Set(of *T, text string) error {
	if err := Assign(r.field(of), text); err != nil {
		return fmt.Errorf("%s %q: want %s", r.Name, text, r.Want())
	}
	return r.Check(*of)
}

// Check refuses a value that cannot be.
func (r Row[T]) Check(of T) error {
	if v := r.field(&of); !r.takes(v) {
		return fmt.Errorf("%s %s: want %s", r.Name, Text(v), r.Want())
	}
	return nil
}

func (r Row[T]) takes(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return slices.Contains(r.Choices, v.String()) || r.Optional && v.String() == ""
	case reflect.Int, reflect.Float64:
		x := Number(v) // NaN is in no bounds
		return x >= r.Min && x <= r.Max && !(r.Above && x == r.Min)
	case reflect.Uint64:
		return float64(v.Uint()) <= r.Max && (v.Uint() <= math.MaxInt64 || r.Max > math.MaxInt64)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !r.takes(v.Index(i)) || r.Rising && i > 0 && Number(v.Index(i)) < Number(v.Index(i-1)) {
				return false
			}
		}
	}
	return true
}

// Lookup is the row of a name; the error lists those that may have been meant: all in the same part, or all.
func (t Table[T]) Lookup(name string) (Row[T], error) {
	if i := slices.IndexFunc(t, func(r Row[T]) bool { return r.Name == name }); i >= 0 {
		return t[i], nil
	}
	part, _, _ := strings.Cut(name, ".")
	var all, inside []string
	for _, r := range t {
		if all = append(all, r.Name); strings.HasPrefix(r.Name, part+".") {
			inside = append(inside, r.Name)
		}
	}
	if len(inside) > 0 {
		all = inside
	}
	return Row[T]{}, fmt.Errorf("%q is no setting: want one of %s", name, strings.Join(all, ", "))
}

// Set changes a setting by its name from text, checked.
func (t Table[T]) Set(of *T, name, text string) error {
	r, err := t.Lookup(name)
	if err != nil {
		return err
	}
	return r.Set(of, text)
}

// Check joins all that is wrong with the fields that have rows.
func (t Table[T]) Check(of T) error {
	var errs []error
	for _, r := range t {
		errs = append(errs, r.Check(of))
	}
	return errors.Join(errs...)
}

// Difference lists by name the settings in which two values differ: "it has lr = 0.25, asked lr = 0.1".
func (t Table[T]) Difference(has, asked T) (lines []string) {
	for _, r := range t {
		if a, b := r.Text(has), r.Text(asked); a != b {
			lines = append(lines, fmt.Sprintf("it has %s = %s, asked %s = %s", r.Name, a, r.Name, b))
		}
	}
	return lines
}
