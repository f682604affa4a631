package main

import (
	"strings"

	"github.com/spf13/pflag"

	"reta/shared/setting"
)

// rowFlag is the flag of a setting. It holds its text until there is something to change, "" where it is not given.
type rowFlag[T any] struct {
	row  setting.Row[T]
	text string
}

func (f *rowFlag[T]) String() string { return f.text }

func (f *rowFlag[T]) Set(text string) error {
	f.text = text
	return nil
}

// Type is the word for the value in the help.
func (f *rowFlag[T]) Type() string { return f.row.Kind() }

// name is the flag's: the last part of the setting's, with - for _.
func (f *rowFlag[T]) name() string {
	return strings.ReplaceAll(f.row.Name[strings.LastIndexByte(f.row.Name, '.')+1:], "_", "-")
}

// rowFlags are flags of settings, in the order of their table.
type rowFlags[T any] []*rowFlag[T]

// addRows registers a flag for each row.
func addRows[T any](fs *pflag.FlagSet, rows setting.Table[T]) (list rowFlags[T]) {
	for _, row := range rows {
		f := &rowFlag[T]{row: row}
		list = append(list, f)
		fs.Var(f, f.name(), row.Help)
		if f.Type() == "bool" {
			fs.Lookup(f.name()).NoOptDefVal = "true"
		}
	}
	return list
}

// check refuses values that cannot be, before anything is opened.
func (list rowFlags[T]) check() error {
	var any T
	for _, f := range list {
		if f.text != "" && f.row.Set(&any, f.text) != nil {
			return usage("--%s %s: want %s", f.name(), f.text, f.row.Want())
		}
	}
	return nil
}

// apply changes what was given.
func (list rowFlags[T]) apply(to *T) error {
	for _, f := range list {
		if f.text == "" {
			continue
		}
		if err := f.row.Set(to, f.text); err != nil {
			return err
		}
	}
	return nil
}

// given reports whether the flag of a setting was given.
func (list rowFlags[T]) given(setting string) bool {
	for _, f := range list {
		if f.row.Name == setting {
			return f.text != ""
		}
	}
	return false
}
