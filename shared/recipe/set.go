package recipe

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Set changes one setting by its name in JSON and TOML, such as "pta.sigma", from text. It does not judge the value:
// Validate does. Names and types that do not fit are a FieldError. Settings of several numbers take them between commas.
func (r *Recipe) Set(name, text string) error {
	field := reflect.ValueOf(r).Elem()
	for part := range strings.SplitSeq(name, ".") {
		if field = named(field, part); !field.IsValid() {
			return &FieldError{name, text, "the name of a setting", "one of " + strings.Join(Settings(), ", ")}
		}
	}
	if field.Kind() == reflect.Struct {
		return &FieldError{name, text, "the name of a setting in " + name, "one of " + strings.Join(within(name), ", ")}
	}
	if err := assign(field, text); err != nil {
		return &FieldError{name, strconv.Quote(text), err.Error(), "change " + name}
	}
	return nil
}

// Settings lists the names that Set takes, in the order of Recipe.
func Settings() []string {
	var list []string
	var walk func(t reflect.Type, prefix string)
	walk = func(t reflect.Type, prefix string) {
		for i := range t.NumField() {
			name := prefix + t.Field(i).Tag.Get("json")
			if t.Field(i).Type.Kind() == reflect.Struct {
				walk(t.Field(i).Type, name+".")
			} else if name != nameTag {
				list = append(list, name)
			}
		}
	}
	walk(reflect.TypeFor[Recipe](), "")
	return list
}

// nameTag is the one field that is not a setting: what the recipe started from.
const nameTag = "recipe"

func within(group string) []string {
	return slices.DeleteFunc(Settings(), func(name string) bool { return !strings.HasPrefix(name, group+".") })
}

// named is the field of a struct with the given tag, the zero Value when there is none.
func named(v reflect.Value, tag string) reflect.Value {
	if v.Kind() == reflect.Struct && tag != nameTag {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") == tag {
				return v.Field(i)
			}
		}
	}
	return reflect.Value{}
}

// assign parses text into a field; its error says what was wanted.
func assign(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("true or false")
		}
		v.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("a whole number")
		}
		v.SetInt(int64(n))
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("a whole number from 0 on")
		}
		v.SetUint(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("a number")
		}
		v.SetFloat(x)
	case reflect.String:
		v.SetString(text)
	default: // numbers in a row: [2]float64, []int
		parts := strings.Split(text, ",")
		to := reflect.New(v.Type()).Elem()
		if v.Kind() == reflect.Slice {
			to.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
		} else if len(parts) != v.Len() {
			return fmt.Errorf("%d numbers between commas", v.Len())
		}
		for i, part := range parts {
			if err := assign(to.Index(i), strings.TrimSpace(part)); err != nil {
				return fmt.Errorf("numbers between commas")
			}
		}
		v.Set(to)
	}
	return nil
}
