package scene

import (
	"encoding/json"
	"fmt"
	"slices"

	"reta/shared/event"
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
	theme  ui.Theme
}

// The parameters that belong to no scene.
var (
	sceneName = newText("scene")
	class     = newCount("class", 0, 0, 1e6) // of the chosen image and of the feature space
	imageNo   = newCount("image", 0, 0, 1e6) // chosen image of the class
)

// Scene is the name of the scene to show.
func (v *View) Scene() string {
	if name := sceneName.Of(v); scenes[name].make != nil {
		return name
	}
	return inOrder()[0].Name
}

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

// parseView reads what the page sent.
func parseView(data []byte) (View, error) {
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
	v.theme = theme
	return v, nil
}

// all is the value of every parameter.
func (v *View) all() map[string]any {
	out := map[string]any{}
	for name, p := range params {
		out[name] = p.spec().Default
		if value, ok := v.values[name]; ok {
			out[name] = value
		}
	}
	out["scene"] = v.Scene()
	return out
}

// The filtration's cut, which several scenes share.
var (
	epsValue = newNumber("eps", -1, -1, 1e9)          // feature-space distance; below 0: not chosen yet
	sets     = newText("sets", "both", "real", "syn") // which complex is shown
	bar      = newCount("bar", -1, -1, 1e6)           // selected bar of the persistence diagram, -1 for none
	barOf    = newText("of", "real", "syn")           // the set the selected bar belongs to
)

// epsIn is the chosen eps inside a cloud's filtration. Before the user chose one it is where there is most to see: half
// way through the longest loop of the real set, or at 0.6 of the filtration.
func (v *View) epsIn(c *event.Cloud) float32 {
	if eps := epsValue.Of(v); eps >= 0 {
		return min(float32(eps), c.EpsMax)
	}
	eps, longest := 0.6*c.EpsMax, 0.05*c.EpsMax
	for _, b := range c.Real.Bars {
		if length := min(b.Death, c.EpsMax) - b.Birth; b.Degree == 1 && length > longest {
			eps, longest = b.Birth+length/2, length
		}
	}
	return eps
}
