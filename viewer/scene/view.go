package scene

import (
	"encoding/json"
	"fmt"

	"reta/shared/event"
	"reta/viewer/ui"
)

// View is what the user chose to see. The page owns it (it is what a link carries) and
// sends it whole; a scene may change it when the user points at something, and the
// change goes back with the next Report.
type View struct {
	Rev     int               `json:"rev"`     // the page counts its changes, to know an echo from news
	Scene   string            `json:"scene"`   // images, training, features
	Class   int               `json:"class"`   // of the chosen image and of the feature space
	Image   int               `json:"image"`   // chosen image of the class
	Filter  string            `json:"filter"`  // show classes whose name contains it
	Wipe    float64           `json:"wipe"`    // 0: before the residual connection, 1: after
	Smooth  float64           `json:"smooth"`  // weight of the past in the loss curves, [0,1)
	Log     bool              `json:"log"`     // logarithmic loss axis
	Chart   string            `json:"chart"`   // recover or squeeze
	Eps     float64           `json:"eps"`     // feature-space distance; below 0: not chosen yet
	Sets    string            `json:"sets"`    // both, real, syn
	Still   bool              `json:"still"`   // reduced motion
	Hidden  bool              `json:"hidden"`  // nobody looks: ask the server for nothing
	Table   bool              `json:"table"`   // the page shows the data table
	Palette map[string]string `json:"palette"` // colours by role, see ui.Theme

	theme ui.Theme
}

// DefaultView is what a page without a link shows.
func DefaultView() View {
	return View{Scene: "images", Wipe: 1, Smooth: 0.6, Chart: "recover", Eps: -1, Sets: "both"}
}

// ParseView reads what the page sent. A value outside its range is an error: the page
// has its own checks, so this is a mistake in the page.
func ParseView(data []byte) (View, error) {
	v := DefaultView()
	if err := json.Unmarshal(data, &v); err != nil {
		return View{}, fmt.Errorf("view: %w", err)
	}
	if scenes[v.Scene] == nil {
		return View{}, fmt.Errorf("view: scene %q: want one of images, training, features", v.Scene)
	}
	if v.Class < 0 || v.Image < 0 || v.Wipe < 0 || v.Wipe > 1 || v.Smooth < 0 || v.Smooth >= 1 {
		return View{}, fmt.Errorf("view: class %d, image %d, wipe %g, smooth %g: out of range",
			v.Class, v.Image, v.Wipe, v.Smooth)
	}
	theme, err := ui.ParseTheme(v.Palette)
	if err != nil {
		return View{}, fmt.Errorf("view: %w", err)
	}
	v.theme = theme
	return v, nil
}

// epsIn is the chosen eps inside a cloud's filtration. Before the user chose one it is
// where there is most to see: half way through the longest loop of the real set, or
// at 0.6 of the filtration.
func (v *View) epsIn(c *event.Cloud) float32 {
	if v.Eps >= 0 {
		return min(float32(v.Eps), c.EpsMax)
	}
	eps, longest := 0.6*c.EpsMax, 0.05*c.EpsMax
	for _, b := range c.Real.Bars {
		if length := min(b.Death, c.EpsMax) - b.Birth; b.Degree == 1 && length > longest {
			eps, longest = b.Birth+length/2, length
		}
	}
	return eps
}
