package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"reta/shared/protocol"
	"reta/shared/recipe"
	"reta/shared/setting"
)

// protocolFlags are a preset of a protocol and flags for some of its settings.
type protocolFlags struct {
	name string
	rows rowFlags[protocol.Protocol]
}

// add registers the flags of the settings that are wanted.
func (f *protocolFlags) add(fs *pflag.FlagSet, def string, want func(name string) bool) {
	f.name = def
	fs.Var((*lowered)(&f.name), "protocol", "settings to begin with: "+strings.Join(protocol.Names(), ", "))
	rows := slices.DeleteFunc(slices.Clone(protocol.Settings), func(r setting.Row[protocol.Protocol]) bool { return !want(r.Name) })
	f.rows = addRows(fs, rows)
}

// check refuses values that cannot be, before anything is opened.
func (f *protocolFlags) check() error {
	if err := f.rows.check(); err != nil {
		return err
	}
	if _, err := protocol.New(f.name, recipe.Dataset{Name: "any", Classes: 10, Size: 32}, 10, ""); err != nil {
		return usage("--protocol: %w", err)
	}
	return nil
}

// build is the protocol for a student on so many images per class of a set, with the flags' changes.
func (f *protocolFlags) build(d recipe.Dataset, perClass int, student string) (protocol.Protocol, error) {
	p, err := protocol.New(f.name, d, perClass, student)
	if err == nil {
		err = f.rows.apply(&p)
	}
	if f.rows.given("labels.epochs") && !f.rows.given("student.epochs") {
		p.Student.Epochs = max(p.Student.Epochs, p.Labels.Epochs) // of the student that they are made for
	}
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return p, usageError{err}
	}
	return p, nil
}
