package view

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// A parameter is one named choice of the user: part of the view, kept by the page, carried by links. Whoever declares it
// is its owner; others read it through the same variable. The value of a parameter that is not set, or set to what it
// cannot be (a link can say anything), is its default.

// Number is a parameter between two ends.
type Number struct {
	name          string
	plain         float64
	low, high     float64
	link, integer bool
}

// Text is a parameter of at most 200 bytes; with options, one of them.
type Text struct {
	name    string
	plain   string
	options []string
	link    bool
}

// Flag is a parameter that is on or off.
type Flag struct {
	name  string
	plain bool
	link  bool
}

// TextMax bounds a text, bytes.
const TextMax = 200

// param is a declared parameter.
type param interface {
	spec() Spec
	accept(raw json.RawMessage) (value any, ok bool)
}

var params = map[string]param{}

func declare[P param](name string, p P) P {
	if _, twice := params[name]; twice {
		panic("scene: parameter " + name + " declared twice")
	}
	params[name] = p
	return p
}

// NewNumber declares a number that links carry.
func NewNumber(name string, plain, low, high float64) *Number {
	return declare(name, &Number{name: name, plain: plain, low: low, high: high, link: true})
}

// NewCount declares a whole number that links carry.
func NewCount(name string, plain, low, high float64) *Number {
	return declare(name, &Number{name: name, plain: plain, low: low, high: high, link: true, integer: true})
}

// NewText declares a text that links carry; with options it is one of them, the first by default.
func NewText(name string, options ...string) *Text {
	t := &Text{name: name, options: options, link: true}
	if len(options) > 0 {
		t.plain = options[0]
	}
	return declare(name, t)
}

// NewUnlinkedText declares a text that links leave out.
func NewUnlinkedText(name string, options ...string) *Text {
	t := NewText(name, options...)
	t.link = false
	return t
}

// NewFlag declares a choice of on or off that links carry.
func NewFlag(name string, plain bool) *Flag {
	return declare(name, &Flag{name: name, plain: plain, link: true})
}

// Spec describes a parameter to the page.
type Spec struct {
	Kind    string   `json:"kind"` // number, text, flag
	Default any      `json:"default"`
	Min     float64  `json:"min,omitempty"`
	Max     float64  `json:"max,omitempty"`
	Options []string `json:"options,omitempty"`
	Link    bool     `json:"link"`
}

func (p *Number) spec() Spec { return Spec{"number", p.plain, p.low, p.high, nil, p.link} }
func (p *Text) spec() Spec   { return Spec{"text", p.plain, 0, 0, p.options, p.link} }
func (p *Flag) spec() Spec   { return Spec{"flag", p.plain, 0, 0, nil, p.link} }

func (p *Number) accept(raw json.RawMessage) (any, bool) {
	var x float64
	err := json.Unmarshal(raw, &x)
	return x, err == nil && p.Takes(x)
}

// Takes reports whether x can be the value.
func (p *Number) Takes(x float64) bool {
	return x >= p.low && x <= p.high && (!p.integer || x == math.Trunc(x))
}

func (p *Text) accept(raw json.RawMessage) (any, bool) {
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil && p.Takes(s)
}

// Takes reports whether s can be the value.
func (p *Text) Takes(s string) bool {
	return len(s) <= TextMax && utf8.ValidString(s) && (p.options == nil || slices.Contains(p.options, s))
}

func (p *Flag) accept(raw json.RawMessage) (any, bool) {
	var on bool
	err := json.Unmarshal(raw, &on)
	return on, err == nil
}

// Of is the value in a view.
func (p *Number) Of(v *View) float64 {
	if x, ok := v.values[p.name].(float64); ok {
		return x
	}
	return p.plain
}

// Int is the value of a whole number.
func (p *Number) Int(v *View) int { return int(p.Of(v)) }

// Set changes the value, moved into its range.
func (p *Number) Set(v *View, x float64) {
	if p.integer {
		x = math.Round(x)
	}
	if x != x {
		x = p.plain
	}
	v.set(p.name, min(max(x, p.low), p.high))
}

// Of is the value in a view.
func (p *Text) Of(v *View) string {
	if s, ok := v.values[p.name].(string); ok {
		return s
	}
	return p.plain
}

// Set changes the value; one it cannot have changes nothing.
func (p *Text) Set(v *View, s string) {
	if p.Takes(s) {
		v.set(p.name, s)
	}
}

// Of is the value in a view.
func (p *Flag) Of(v *View) bool {
	if on, ok := v.values[p.name].(bool); ok {
		return on
	}
	return p.plain
}

// Set changes the value.
func (p *Flag) Set(v *View, on bool) { v.set(p.name, on) }

// Default is the value of a number that is not set.
func (p *Number) Default() float64 { return p.plain }

// Max is the largest a number can be.
func (p *Number) Max() float64 { return p.high }

// Options are what a text can be, the default first; nil for any text.
func (p *Text) Options() []string { return p.options }

// Name is the parameter's name, for the panel's controls.
func (p *Number) Name() string { return p.name }

// Name is the parameter's name, for the panel's controls.
func (p *Text) Name() string { return p.name }

// Name is the parameter's name, for the panel's controls.
func (p *Flag) Name() string { return p.name }

// Specs describe all parameters, by name.
func Specs() map[string]Spec {
	out := map[string]Spec{}
	for name, p := range params {
		out[name] = p.spec()
	}
	return out
}

// Names is the names of all parameters, in order.
func Names() []string { return slices.Sorted(maps.Keys(params)) }
