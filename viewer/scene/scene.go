// Package scene holds what the viewer knows of a run and the scenes that show it.
// It is pure Go: events in, calls on a ui.Canvas out.
//
//	v := scene.NewViewer()
//	v.State.Apply(message, now)
//	v.Update(input)
//	v.Draw(canvas)
//	json.Marshal(v.Report())
//
// A new scene is one file that implements Scene and registers itself, and a panel of
// the same name in the page.
package scene

import (
	"strconv"

	"reta/viewer/ui"
)

// Scene is one way to look at a State.
type Scene interface {
	// Update lets the pointer act on the view. It reports whether something moves,
	// so that another frame is due without any news.
	Update(in ui.Input, s *State, v *View) (moving bool)
	// Draw paints the whole canvas as it is at clock time now, seconds.
	Draw(c ui.Canvas, s *State, v *View, now float64)
}

var scenes = map[string]func() Scene{}

// register adds a scene under the name it has in View.Scene and in the page.
func register(name string, make func() Scene) {
	if _, twice := scenes[name]; twice {
		panic("scene: " + name + " registered twice")
	}
	scenes[name] = make
}

func itoa(i int) string { return strconv.Itoa(i) }
