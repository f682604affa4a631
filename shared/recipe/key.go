package recipe

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"

	"reta/shared/setting"
)

// Key is a hash of the named settings, for what is kept in a cache because it depends on nothing else: 16 hexadecimal digits.
// A name stands for all settings in it too: "pool" for "pool.limit" and "pool.sample"; no name for all settings. A new
// setting changes the key only of recipes that behave otherwise than those before it.
func (r Recipe) Key(names ...string) string {
	in := func(name string) bool {
		return len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return name == n || strings.HasPrefix(name, n+".") })
	}
	return hash(slices.DeleteFunc(fields(r, absent()), func(f string) bool {
		name, _, _ := strings.Cut(f, "=")
		return !in(name)
	}))
}

// Key is a hash of all fields of a struct with TOML tags that differ from what they are in was, a value of the same type: 16
// hexadecimal digits. Where was says for each field how things were before there was the field, a new field does not
// change the keys of older things.
func Key(v, was any) string { return hash(fields(v, was)) }

// hash is FNV-1a: a key tells cache entries apart, and keeps no secret.
func hash(fields []string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(fields, "\n")))
	return fmt.Sprintf("%016x", h.Sum64())
}

// fields lists name=value of the fields in which two structs differ, sorted. Fields without a TOML tag are left out.
func fields(v, was any) (list []string) {
	var walk func(prefix string, v, was reflect.Value)
	walk = func(prefix string, v, was reflect.Value) {
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ",")
			switch a, b := v.Field(i), was.Field(i); {
			case name == "" || name == "-":
			case a.Kind() == reflect.Struct:
				walk(prefix+name+".", a, b)
			case setting.Text(a) != setting.Text(b):
				list = append(list, fmt.Sprintf("%s=%s", prefix+name, setting.Text(a)))
			}
		}
	}
	walk("", reflect.ValueOf(v), reflect.ValueOf(was))
	slices.Sort(list)
	return list
}
