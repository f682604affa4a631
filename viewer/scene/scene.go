// Package scene is the interface between the viewer and its scenes, and the registry of them.
//
//	func init() {
//		scene.Register(scene.Info{Name: "spiral", Title: "Spiral", Order: 7}, func() scene.Scene { return &spiral{} })
//	}
//
// A scene is one package under viewer/scenes and one line there: a type with the three methods of Scene, the parameters
// it adds to the view, and an init that registers it. Tabs, keys, links, help and panel follow from that; the page knows no
// scene by name. What a scene can do besides is a method more: see Labeller, Idler, Tabler, Opener and Prober.
package scene

import (
	"cmp"
	"slices"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Scene is one way to look at a run, or to learn.
type Scene interface {
	// Update lets pointer and acts change the view. It reports whether something moves, so that another frame is due
	// without any news.
	Update(in ui.Input, x *Context) (moving bool)
	// Draw paints the whole canvas.
	Draw(c ui.Canvas, x *Context)
	// Panel says what the page shows beside the drawing.
	Panel(x *Context) panel.Panel
}

// What a scene can do besides.
type (
	// Labeller describes the drawing in a sentence, for those who cannot see it.
	Labeller interface{ Label(x *Context) string }
	// Idler says why there is nothing to see yet, and what to expect; nil when there is something.
	Idler interface{ Empty(x *Context) *Empty }
	// Tabler gives the scene's data for export, head first.
	Tabler interface{ Table(x *Context) [][]string }
	// Prober shows tests what a scene that computes a filtration of its own has computed.
	Prober interface{ Probe(x *Context) *Filtration }
	// Adder takes a recording that the user dropped on the page while the scene is open: another beside the page's own.
	Adder interface {
		Add(name string, data []byte, x *Context) error
	}
	// Opener takes a file that the user dropped on the page.
	Opener interface {
		Open(name string, data []byte, x *Context) error
	}
)

// Info is what the page must know of a scene before it opens.
type Info struct {
	Name   string // in links
	Title  string // on its tab
	Order  int    // of the tab, from the left; from 50 on: for learning, shown without a run
	Keys   []Key
	Topics []event.Topic // what the server shall send while the scene is open, besides what every scene needs
	Scroll bool          // the drawing scrolls by itself, so a wheel or a swipe does not move the page
}

// Learning is the first Order of scenes that need no run.
const Learning = 50

// Learning reports whether the scene needs no run.
func (i Info) Learning() bool { return i.Order >= Learning }

// Context is what a scene has to work with.
type Context struct {
	*state.State // the run as it is shown: live, or as it was at the step of the timeline
	*view.View
	Whole   *state.State // all there is of the run, whatever step is shown
	Now     float64      // seconds, of a clock that never runs backwards
	Live    bool         // the state is the newest there is
	Replay  bool         // a recording, no run
	Pending bool         // the step that was asked for is still being read; the state is of another

	Past Past // of the images

	Say func(text string, bad bool) // tells the user something in passing, aloud as well
}

// Past is the earlier pictures of a run's images; see timeline.Timeline.
type Past interface {
	LoadPast()                                // reads those of the chosen class, where there is a recording of them
	Places(class, image, n int) []state.Place // at most n of an image, oldest first
	Recording() bool                          // a recording is open
}

type entry struct {
	Info
	make func() Scene
}

var scenes = map[string]entry{}

// Register adds a scene. Call it from init.
func Register(info Info, make func() Scene) {
	if _, twice := scenes[info.Name]; twice {
		panic("scene: " + info.Name + " registered twice")
	}
	scenes[info.Name] = entry{info, make}
}

// Lookup finds a scene by name.
func Lookup(name string) (Info, bool) {
	e, ok := scenes[name]
	return e.Info, ok
}

// Make makes one of every scene, by name.
func Make() map[string]Scene {
	out := map[string]Scene{}
	for name, e := range scenes {
		out[name] = e.make()
	}
	return out
}

// Shown is the scene that a view shows: the chosen one, or the first. There must be one.
func Shown(v *view.View) Info {
	if info, ok := Lookup(view.Scene.Of(v)); ok {
		return info
	}
	return All()[0]
}

// All is every scene, from the left.
func All() []Info {
	var list []Info
	for _, e := range scenes {
		list = append(list, e.Info)
	}
	slices.SortFunc(list, func(a, b Info) int { return cmp.Or(a.Order-b.Order, cmp.Compare(a.Name, b.Name)) })
	return list
}

// Empty says why there is nothing to see, and what to expect.
type Empty struct {
	Head  string `json:"head"`
	Body  string `json:"body"`
	Act   string `json:"act,omitempty"` // of a button
	Label string `json:"label,omitempty"`
}

// Waiting is what a scene without data says: what the run does.
func (x *Context) Waiting() string {
	switch {
	case x.Status.Text != "":
		return x.Status.Text
	case x.Replay:
		return "The recording holds none up to this step."
	}
	return "The run is getting ready; this fills as soon as there is something to see."
}

// Filtration is what a Prober has computed, for tests.
type Filtration struct {
	Points       int        `json:"points"`
	Eps          float64    `json:"eps"`
	EpsMax       float64    `json:"epsMax"`
	Betti        [2]int     `json:"betti"`        // at eps
	Bars         [2]int     `json:"bars"`         // by degree
	Kept         int        `json:"kept"`         // points of the kept cloud
	Milliseconds float64    `json:"milliseconds"` // that the last computation took
	Map          [4]float64 `json:"map"`          // x, y, width and height of the map on the canvas
}

// Key is one row of the keyboard map.
type Key struct {
	Keys  []string `json:"keys"`           // as the browser names them, lower case
	Show  string   `json:"show,omitempty"` // in the help, several with spaces between; "" keeps the row out of it
	Say   string   `json:"say,omitempty"`
	Act   string   `json:"act"`
	Arg   string   `json:"arg,omitempty"`
	Scene string   `json:"scene,omitempty"` // only there
}
