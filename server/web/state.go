package web

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"reta/shared/event"
)

// Summary is the present state of a run for scripts. /state gives it in JSON: names in snake case, numbers that are
// not finite as null.
type Summary struct {
	Hello   event.Hello
	Status  *event.Status
	Metrics *event.Point      // newest
	Squeeze *event.TrainPoint // newest
	Starts  []event.Start     // by group of classes
	Stages  []event.StageEnd  // ended so far
	Shapes  []event.Diagnosis // of the stages ended, by stage and group of classes
	Result  *event.Result
	Trials  *event.Trials // of the evaluation
	// Settings that can be changed, and the changes in force, in order.
	Settings *event.Settings
	Changes  []event.Change
	Log      []string       // newest lines, oldest first
	Viewers  int            // connected
	Items    map[string]int // pictures and retrievals held for viewers, by kind
	Bytes    int64          // memory they take
	Points   uint64         // metric points so far
}

// epoch is the random number of the present run.
func (h *Hub) epoch() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.run
}

// Summary returns the present state.
func (h *Hub) Summary() Summary {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Summary{Hello: h.hello, Viewers: len(h.clients), Items: map[string]int{}, Bytes: h.bytes, Points: h.metrics.end}
	for _, f := range h.state {
		switch e := f.event.(type) {
		case event.Status:
			s.Status = &e
		case event.Result:
			s.Result = &e
		case event.Trials:
			s.Trials = &e
		case event.Start:
			s.Starts = append(s.Starts, e)
		case event.StageEnd:
			s.Stages = append(s.Stages, e)
		case event.Diagnosis:
			s.Shapes = append(s.Shapes, e)
		case event.Settings:
			s.Settings = &e
		case event.Change:
			s.Changes = append(s.Changes, e)
		default:
			s.Items[e.Kind().String()]++
		}
	}
	slices.SortFunc(s.Starts, func(a, b event.Start) int { return a.Shape.First - b.Shape.First })
	slices.SortFunc(s.Stages, func(a, b event.StageEnd) int { return a.Stage - b.Stage })
	if s.Settings != nil { // a recording also holds changes that were given up after a crash
		s.Changes = slices.DeleteFunc(s.Changes, func(c event.Change) bool { return c.ID > s.Settings.Changes })
	}
	slices.SortFunc(s.Changes, func(a, b event.Change) int { return a.ID - b.ID })
	slices.SortFunc(s.Shapes, func(a, b event.Diagnosis) int { return cmp.Or(a.Stage-b.Stage, a.First-b.First) })
	s.Metrics, s.Squeeze = h.metrics.newest(), h.squeeze.newest()
	for _, f := range h.lines[max(0, len(h.lines)-20):] {
		s.Log = append(s.Log, f.event.(event.Log).Text)
	}
	return s
}

// MarshalJSON writes the summary for scripts.
func (s Summary) MarshalJSON() ([]byte, error) { return json.Marshal(jsonValue(reflect.ValueOf(s))) }

// jsonValue turns structs into maps with names in snake case, and drops what JSON cannot say.
func jsonValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return jsonValue(v.Elem())
	case reflect.Struct:
		m := map[string]any{}
		for i := range v.NumField() {
			m[snake(v.Type().Field(i).Name)] = jsonValue(v.Field(i))
		}
		return m
	case reflect.Slice, reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = jsonValue(v.Index(i))
		}
		return list
	case reflect.Float32, reflect.Float64:
		if x := v.Float(); x-x != 0 {
			return nil
		}
	}
	return v.Interface()
}

// snake gives "eta_seconds" for "ETASeconds".
func snake(name string) string {
	r := []rune(name)
	var b strings.Builder
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && (unicode.IsLower(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
