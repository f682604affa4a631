package recipe

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Set changes one setting by its name in JSON and TOML, such as "pta.sigma", from text, or all that a preset names, such as
// "pta.preset" to "letter". It does not judge the value: Validate does. Names and types that do not fit are a FieldError.
// Settings of several numbers or names take them between commas.
func (r *Recipe) Set(name, text string) error {
	if name == Preset {
		return r.preset(text)
	}
	s, err := Lookup(name)
	if err != nil {
		var field *FieldError
		if errors.As(err, &field) {
			field.Value = text
		}
		return err
	}
	if err := assign(s.field(r), text); err != nil {
		return &FieldError{name, strconv.Quote(text), err.Error(), "change " + name}
	}
	return nil
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
			return fmt.Errorf("a whole number from 0 to %d", math.MaxInt64)
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
	default: // several of them: [2]float64, []int, []string
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
