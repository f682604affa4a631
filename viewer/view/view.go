// Package view is what the user chose to see, as named parameters. The page owns their values, links carry them, and
// scenes declare, read and set them.
//
//	var zoom = view.NewNumber("zoom", 1, 0.5, 8)   // declared once, by its owner
//	v, err := view.Parse(message)                  // what the page sent
//	zoom.Set(&v, 2*zoom.Of(&v))
package view

import (
	"encoding/json"
	"fmt"
	"slices"

	"reta/viewer/ui"
)

// View is what the user chose to see: the values of all parameters. The page owns it (it is what a link carries) and
// sends it whole; a scene changes it when the user points at something, and the change goes back with the next report.
type View struct {
	Rev    int  // the page counts its changes, to know an echo from news
	Still  bool // reduced motion
	Hidden bool // nobody looks: ask the server for nothing

	values map[string]any
	open   []string // Details of the panel that are open
	Theme  ui.Theme
}

// The parameters that belong to no scene.
var (
	Scene   = NewText("scene")
	class   = NewCount("class", 0, 0, 1e6)  // of the chosen image and of the feature space
	imageNo = NewCount("image", 0, 0, 1e6)  // chosen image of the class
	Step    = NewCount("step", -1, -1, 1e9) // where in the run the viewer looks; -1: its newest state
)

// Class is the chosen class, Image the chosen image of it.
func (v *View) Class() int { return class.Int(v) }

// Image is the chosen image of the chosen class.
func (v *View) Image() int { return imageNo.Int(v) }

// Choose sets class and image.
func (v *View) Choose(c, image int) {
	class.Set(v, float64(c))
	imageNo.Set(v, float64(image))
}

// Open reports whether the Details of an ID are open in the page: a long table need not be made for nobody.
func (v *View) Open(id string) bool { return slices.Contains(v.open, id) }

func (v *View) set(name string, value any) {
	if v.values == nil {
		v.values = map[string]any{}
	}
	v.values[name] = value
}

// Parse reads what the page sent.
func Parse(data []byte) (View, error) {
	var in struct {
		Rev    int                        `json:"rev"`
		Values map[string]json.RawMessage `json:"values"`
		Env    struct {
			Still   bool              `json:"still"`
			Hidden  bool              `json:"hidden"`
			Palette map[string]string `json:"palette"`
			Open    []string          `json:"open"`
		} `json:"env"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return View{}, fmt.Errorf("view: %w", err)
	}
	v := View{Rev: in.Rev, Still: in.Env.Still, Hidden: in.Env.Hidden, open: in.Env.Open, values: map[string]any{}}
	for name, raw := range in.Values {
		if p := params[name]; p != nil {
			if value, ok := p.accept(raw); ok {
				v.values[name] = value
			}
		}
	}
	theme, err := ui.ParseTheme(in.Env.Palette)
	if err != nil {
		return View{}, fmt.Errorf("view: %w", err)
	}
	v.Theme = theme
	return v, nil
}

// Values is the value of every parameter.
func (v *View) Values() map[string]any {
	out := map[string]any{}
	for name, p := range params {
		out[name] = p.spec().Default
		if value, ok := v.values[name]; ok {
			out[name] = value
		}
	}
	return out
}
