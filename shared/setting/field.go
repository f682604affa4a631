package setting

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Field is the field of a struct with the given name: JSON tags joined by dots. A name without a field is a programmer's
// mistake and panics.
func Field(v reflect.Value, name string) reflect.Value {
	for tag := range strings.SplitSeq(name, ".") {
		v = tagged(v, tag)
	}
	return v
}

func tagged(v reflect.Value, tag string) reflect.Value {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") == tag {
			return v.Field(i)
		}
	}
	panic(fmt.Sprintf("setting: no field of %v is tagged %s", v.Type(), tag))
}

// Text is a value as Assign takes it.
func Text(v reflect.Value) string {
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return fmt.Sprint(v.Interface())
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = Text(v.Index(i))
	}
	return strings.Join(parts, ",")
}

// Assign parses text into a field; its error says what was wanted. Several numbers or names stand between commas.
func Assign(v reflect.Value, text string) error {
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
	case reflect.Slice, reflect.Array:
		return assignAll(v, strings.Split(text, ","))
	default:
		panic(fmt.Sprintf("setting: fields of type %v cannot be set", v.Type()))
	}
	return nil
}

func assignAll(v reflect.Value, parts []string) error {
	to := reflect.New(v.Type()).Elem()
	switch {
	case v.Kind() == reflect.Slice && len(parts) == 1 && parts[0] == "":
		v.SetZero()
		return nil
	case v.Kind() == reflect.Slice:
		to.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
	case len(parts) != v.Len():
		return fmt.Errorf("%d numbers between commas", v.Len())
	}
	for i, part := range parts {
		if err := Assign(to.Index(i), strings.TrimSpace(part)); err != nil {
			return fmt.Errorf("numbers between commas")
		}
	}
	v.Set(to)
	return nil
}

// Number is the value of an int or float64 field.
func Number(v reflect.Value) float64 {
	if v.CanInt() {
		return float64(v.Int())
	}
	return v.Float()
}
