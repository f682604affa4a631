package experiment

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// fields reads the keys of a table of TOML, each once, and notes what is wrong with them: the key, its value, what was expected.
type fields struct {
	where  string // in errors: "[[grid]] 2"
	values map[string]any
	known  []string
	errs   *[]error
}

// refuse notes that the value of a key is not what was expected.
func (f *fields) refuse(key string, value any, want string) {
	f.err("%s = %s: want %s", key, literal(value), want)
}

// missing notes that a key is not there, or not as it should be.
func (f *fields) missing(key, want string) { f.err("%s is missing: want %s", key, want) }

func (f *fields) err(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if f.where != "" {
		err = fmt.Errorf("%s: %w", f.where, err)
	}
	*f.errs = append(*f.errs, err)
}

// take gives a key's value, and notes that it is one of those there are.
func (f *fields) take(key string) (any, bool) {
	f.known = append(f.known, key)
	v, there := f.values[key]
	return v, there
}

// rest notes keys that were not taken.
func (f *fields) rest() {
	for _, key := range slices.Sorted(maps.Keys(f.values)) {
		if !slices.Contains(f.known, key) {
			f.refuse(key, f.values[key], "one of the keys "+strings.Join(f.known, ", "))
		}
	}
}

// text is a string, "" where the key is not there.
func (f *fields) text(key, want string) string {
	v, there := f.take(key)
	s, ok := v.(string)
	if there && !ok {
		f.refuse(key, v, want)
	}
	return s
}

// texts are one string or several.
func (f *fields) texts(key, want string) []string {
	v, there := f.take(key)
	if !there {
		return nil
	}
	list := []string{}
	for _, item := range several(v) {
		s, ok := item.(string)
		if !ok || strings.TrimSpace(s) == "" {
			f.refuse(key, v, want)
			return nil
		}
		list = append(list, s)
	}
	return list
}

// whole is a number of least or more, 0 where the key is not there.
func (f *fields) whole(key string, least int, want string) int {
	list := f.wholes(key, least, want)
	if len(list) > 1 {
		f.refuse(key, f.values[key], want)
	}
	if len(list) == 0 {
		return 0
	}
	return list[0]
}

// wholes are one whole number or several, each of least or more.
func (f *fields) wholes(key string, least int, want string) (list []int) {
	v, there := f.take(key)
	if !there {
		return nil
	}
	items := several(v)
	for _, item := range items {
		n, ok := item.(int64)
		if !ok || n < int64(least) || n > math.MaxInt32 {
			f.refuse(key, v, want)
			return nil
		}
		list = append(list, int(n))
	}
	if len(items) == 0 {
		f.refuse(key, v, want)
	}
	return list
}

// table is a table below a key, without values where it is not there.
func (f *fields) table(key string) *fields {
	v, there := f.take(key)
	values, ok := v.(map[string]any)
	if there && !ok {
		f.refuse(key, v, "a table, as ["+key+"]")
	}
	return &fields{where: f.below(key), values: values, errs: f.errs}
}

// tables are those of an array, as [[grid]].
func (f *fields) tables(key string) (list []*fields) {
	v, there := f.take(key)
	maps, ok := v.([]map[string]any)
	if there && !ok {
		f.refuse(key, v, "one or more tables, as [["+key+"]]")
	}
	for i, values := range maps {
		list = append(list, &fields{where: fmt.Sprintf("[[%s]] %d", key, i+1), values: values, errs: f.errs})
	}
	return list
}

// named are tables by names, as [data.NAME], in the order of the names.
func (f *fields) named(key string, each func(name string, f *fields)) {
	t := f.table(key)
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		values, ok := t.values[name].(map[string]any)
		if !ok {
			t.refuse(name, t.values[name], "a table, as ["+key+"."+name+"]")
			continue
		}
		each(name, &fields{where: "[" + key + "." + name + "]", values: values, errs: f.errs})
	}
}

func (f *fields) below(key string) string {
	if f.where == "" {
		return "[" + key + "]"
	}
	return f.where + ": " + key
}

// several is a list of values, or the one that stands alone.
func several(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// settingText is a value of a setting as --set takes it.
func settingText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int64:
		return fmt.Sprint(v), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	}
	return "", errors.New("a number, a text, true or false")
}

// literal is a value as a file has it, cut where it is long.
func literal(v any) string {
	text := fmt.Sprint(v)
	switch v := v.(type) {
	case string:
		text = strconv.Quote(v)
	case []any:
		var words []string
		for _, item := range v {
			words = append(words, literal(item))
		}
		text = "[" + strings.Join(words, ", ") + "]"
	case map[string]any, []map[string]any:
		text = "{...}"
	}
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "..."
	}
	return text
}
