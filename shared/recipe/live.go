package recipe

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"reta/shared/setting"
)

// Parameter is a setting that may change during a run, because a step reads it and keeps nothing of it.
type Parameter struct {
	Name     string // as Set takes it
	Label    string // in words
	Symbol   string // in the paper
	Group    string // the part it belongs to
	Help     string // one sentence
	Value    float64
	Min, Max float64
	Log      bool   // ratios count, not differences
	Whole    bool   // whole numbers only
	Idle     string // why a change has no effect in this recipe, "" where it has one
	setting  Setting
}

// Live lists the parameters of a valid recipe. A bound gives way to a value that the recipe begins with.
func (r Recipe) Live() (list []Parameter) {
	for _, s := range table {
		if s.Live == nil {
			continue
		}
		p := Parameter{Name: s.Name, Label: s.Label, Symbol: s.Symbol, Group: s.Part, Help: s.Help, Log: s.Live.Log, Idle: s.Why(r), setting: s}
		field := s.field(&r)
		p.Whole, p.Value = field.CanInt(), setting.Number(field)
		most := s.Live.Max
		if most == 0 {
			most = float64(r.Steps)
		}
		p.Min, p.Max = min(s.Live.Min, p.Value), max(most, p.Value)
		list = append(list, p)
	}
	return list
}

// With is the recipe with the parameter at a value that Check allows.
func (p Parameter) With(r Recipe, v float64) Recipe {
	if field := p.setting.field(&r); field.Kind() == reflect.Int {
		field.SetInt(int64(v))
	} else {
		field.SetFloat(v)
	}
	return r
}

// Find is the parameter of a name.
func Find(list []Parameter, name string) (Parameter, error) {
	var names []string
	for _, p := range list {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Parameter{}, fmt.Errorf("setting %.64q cannot change during a run: want one of %s", name, strings.Join(names, ", "))
}

// Check refuses a value outside the parameter's bounds.
func (p Parameter) Check(v float64) error {
	want := fmt.Sprintf("%v to %v", p.Min, p.Max)
	if p.Whole {
		want = "a whole number, " + want
	}
	if !(v >= p.Min && v <= p.Max) || p.Whole && v != math.Trunc(v) { // a NaN is in no bounds
		return &FieldError{p.Name, v, want, "give a value within these bounds"}
	}
	return nil
}
