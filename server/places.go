package main

import (
	"os"
	"path/filepath"
	"strings"
)

// places are where sets are on this machine, by name; under "" that of those without a name.
type places map[string]string

// placesOf reads PATH and NAME=PATH.
func placesOf(list []string) (places, error) {
	p := places{}
	for _, text := range list {
		name, path, named := strings.Cut(text, "=")
		if _, err := os.Stat(text); err == nil || !named || strings.ContainsAny(name, "/\\") { // a path with = in it
			name, path = "", text
		}
		if path == "" || named && name == "" && path != text {
			return nil, usage("--data %s: want PATH, or NAME=PATH such as cifar-100=cifar-100-binary.tar.gz", text)
		}
		if was, twice := p[name]; twice {
			return nil, usage("--data %s: %s is given before: want one place of a set", text, was)
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		p[name] = abs
	}
	return p, nil
}

// of is the place of the first set that has one, or of all; "" where none is given.
func (p places) of(names ...string) string {
	for _, name := range names {
		if place, given := p[name]; given {
			return place
		}
	}
	return p[""]
}
