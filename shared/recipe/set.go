package recipe

import (
	"errors"
	"strconv"

	"reta/shared/setting"
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
	if err := setting.Assign(s.field(r), text); err != nil {
		return &FieldError{name, strconv.Quote(text), err.Error(), "change " + name}
	}
	return nil
}
