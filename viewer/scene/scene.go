// Package scene holds what the viewer knows of a run and the scenes that show it. It is pure Go: events in, calls on a
// ui.Canvas and a panel out.
//
//	v := scene.NewViewer()
//	v.Live.Apply(message, now)
//	v.SetView(data)         // what the page wants to see
//	v.Update(input)
//	v.Draw(canvas, now)
//	json.Marshal(v.Report())
//
// A new scene is one file: a type with the three methods of Scene, the parameters it adds to the view (param.go), and an
// init that registers it. Tabs, keys, links, help and panel follow from that; the page knows no scene by name. What a
// scene can do besides is a method more: see Tabler, Labeller, Opener and Sharer.
package scene

import (
	"cmp"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/ui"
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

// learning is the first Order of scenes that need no run.
const learning = 50

// Context is what a scene has to work with.
type Context struct {
	*State // the run as it is shown: live, or as it was at the step of the timeline
	*View
	Whole  *State // all there is of the run, whatever step is shown
	Theme  ui.Theme
	Now    float64 // seconds, of a clock that never runs backwards
	Live   bool    // the state is the newest there is
	Replay bool    // a recording, no run
	Owed   bool    // the step that was asked for is still being read; the state is of another

	History *History // of the images
	Rests   []int    // steps at which the recording, if one is open, has pictures

	say     func(text string, bad bool)
	develop func() // see Viewer.develop
}

// Say tells the user something in passing, aloud as well.
func (x *Context) Say(text string, bad bool) {
	if x.say != nil {
		x.say(text, bad)
	}
}

type entry struct {
	Info
	make func() Scene
}

var scenes = map[string]entry{}

// register adds a scene.
func register(info Info, make func() Scene) {
	if _, twice := scenes[info.Name]; twice {
		panic("scene: " + info.Name + " registered twice")
	}
	scenes[info.Name] = entry{info, make}
}

// inOrder is every scene, from the left.
func inOrder() []Info {
	var list []Info
	for _, e := range scenes {
		list = append(list, e.Info)
	}
	slices.SortFunc(list, func(a, b Info) int { return cmp.Or(a.Order-b.Order, cmp.Compare(a.Name, b.Name)) })
	return list
}

func itoa(i int) string { return strconv.Itoa(i) }
