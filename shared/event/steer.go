package event

import (
	"fmt"
	"math"
)

// Bounds of steering.
const (
	MaxChanges  = 1024 // of one run, those taken back included
	MaxSettings = 64
	maxName     = 64 // bytes of a setting's name
)

// Setting is one number that a viewer may change while the run goes on.
type Setting struct {
	Name    string  `cbor:"1,keyasint"` // the recipe's name, as "drc.lambda"
	Label   string  `cbor:"2,keyasint,omitempty"`
	Symbol  string  `cbor:"3,keyasint,omitempty"` // as in the paper
	Group   string  `cbor:"4,keyasint,omitempty"` // settings of one group stand together
	Help    string  `cbor:"5,keyasint,omitempty"` // one sentence
	Value   float64 `cbor:"6,keyasint"`           // for the next step
	Default float64 `cbor:"7,keyasint"`           // what the run began with
	Min     float64 `cbor:"8,keyasint"`
	Max     float64 `cbor:"9,keyasint"`
	Log     bool    `cbor:"10,keyasint,omitempty"` // a slider goes by ratios; where Min is 0, from Max/10000 on and 0 at its left end
	Whole   bool    `cbor:"11,keyasint,omitempty"` // whole numbers only
	Active  bool    `cbor:"12,keyasint,omitempty"` // a change has an effect; otherwise it is refused
	Reason  string  `cbor:"13,keyasint,omitempty"` // why not
}

// Settings are all numbers that can be changed, as they hold for the next step. Newest wins. They come when a stage
// begins and after every change.
type Settings struct {
	List    []Setting `cbor:"1,keyasint,omitempty"`
	Changes int       `cbor:"2,keyasint,omitempty"` // changes in force; a Change of a higher ID was given up and is void
	Step    int       `cbor:"3,keyasint,omitempty"` // the step after which they hold, 0 before the first
	First   int       `cbor:"4,keyasint,omitempty"` // first class of the group that made it
	// Groups are made at the same time: a change holds from the group on that begins with First.
	Groups bool `cbor:"5,keyasint,omitempty"`
}

// Change is one setting changed while the run went on. It holds for all that comes after step Step of the group of
// classes that begins with First, later groups included; 0 is before the first step. A run that is continued emits its
// changes again under the same IDs: of one ID the newest holds.
type Change struct {
	ID   int     `cbor:"1,keyasint"` // 1, 2, ... in the order of their effect
	Step int     `cbor:"2,keyasint"`
	Name string  `cbor:"3,keyasint"`
	From float64 `cbor:"4,keyasint"`
	To   float64 `cbor:"5,keyasint"`
	Unix int64   `cbor:"6,keyasint,omitempty"` // milliseconds since 1970
	By   string  `cbor:"7,keyasint,omitempty"` // who asked
	Undo bool    `cbor:"8,keyasint,omitempty"` // it takes change Of back
	Of   int     `cbor:"9,keyasint,omitempty"`
	// First is the first class of the group of classes whose step it is.
	First int `cbor:"10,keyasint,omitempty"`
}

// Kind numbers.
func (Settings) Kind() Kind { return KindSettings }
func (Change) Kind() Kind   { return KindChange }

func (s Settings) at() int { return s.Step }
func (c Change) at() int   { return c.Step }

func (c Change) item() (class, part int) { return AllClasses, c.ID }

func (s Settings) check() error {
	if len(s.List) > MaxSettings || s.Changes < 0 || s.Changes > MaxChanges || s.Step < 0 || s.First < 0 {
		return fmt.Errorf("%d settings, %d changes, step %d, first class %d: want at most %d and %d, none below 0",
			len(s.List), s.Changes, s.Step, s.First, MaxSettings, MaxChanges)
	}
	for _, v := range s.List {
		if v.Name == "" || len(v.Name) > maxName || !finite(v.Value, v.Default, v.Min, v.Max) || v.Min > v.Max {
			return fmt.Errorf("setting %.64q: value %v, at first %v, bounds %v to %v: want a name of at most %d bytes, finite numbers, bounds that rise",
				v.Name, v.Value, v.Default, v.Min, v.Max, maxName)
		}
	}
	return nil
}

func (c Change) check() error {
	switch {
	case c.ID < 1 || c.ID > MaxChanges || c.Step < 0 || c.First < 0:
		return fmt.Errorf("change %d at step %d of the classes from %d on: want change 1 to %d, the others not below 0", c.ID, c.Step, c.First, MaxChanges)
	case c.Name == "" || len(c.Name) > maxName || !finite(c.From, c.To):
		return fmt.Errorf("change %d of %.64q from %v to %v: want a name of at most %d bytes and finite numbers", c.ID, c.Name, c.From, c.To, maxName)
	case c.Undo != (c.Of != 0) || c.Of < 0 || c.Of >= c.ID:
		return fmt.Errorf("change %d takes change %d back (%v): want an earlier one of an undo, 0 of others", c.ID, c.Of, c.Undo)
	}
	return nil
}

func finite(list ...float64) bool {
	for _, v := range list {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

func init() {
	register[Settings]("settings", TopicEvents)
	register[Change]("change", TopicEvents)
}
