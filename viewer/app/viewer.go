// Package app is the viewer without a browser: it joins a run's state, its timeline, a view and the registered scenes.
// Events and acts in, calls on a ui.Canvas and a report out.
//
//	v := app.New()
//	v.Receive(message, now)
//	v.SetView(data)         // what the page wants to see
//	v.Update(input)
//	v.Draw(canvas, now)
//	json.Marshal(v.Report())
package app

import (
	"path"
	"strings"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/steering"
	"reta/viewer/timeline"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Viewer joins a run's state, a view and the scenes. It lives on one goroutine.
type Viewer struct {
	Live state.State // the newest there is
	View view.View
	Link Link
	Ack  Ack // of the newest control that was answered

	Time *timeline.Timeline // which state is shown

	standalone    standalone
	scenes        map[string]scene.Scene
	ready         bool // the page has sent a view
	sent          map[uint64]event.Op
	button        Ack    // of the newest control by one of the run's buttons
	id            uint64 // of the last control
	out           []event.Event
	announcements []Announcement
	exports       []string // exports asked for
	now           float64
	frames        int
	Busy          float64 // seconds spent on frames, as the program around it measures

	steering *steering.Steering
}

// Link is how the connection to the server does.
type Link struct {
	State string  `json:"state"`           // connecting, open, lost, refused, none (no server)
	Retry float64 `json:"retry,omitempty"` // seconds until the next attempt
	Error string  `json:"error,omitempty"`
}

// Ack is the answer to the page's last control.
type Ack struct {
	ID    uint64 `json:"id"`
	Op    string `json:"op,omitempty"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// Announcement is something the page tells the user in passing.
type Announcement struct {
	Text string
	Bad  bool
}

// New returns a viewer that knows nothing yet.
func New() *Viewer {
	v := &Viewer{Link: Link{State: "connecting"}, scenes: scene.Make(), sent: map[uint64]event.Op{}}
	v.Time = timeline.New(&v.Live, &v.View, timeline.Host{Now: func() float64 { return v.now }, Say: v.Say,
		Control: func(op event.Op) { v.Control(event.Control{Op: op}) }})
	v.steering = steering.New(&v.Live, steering.Host{Control: v.Control, Say: v.Say, Reach: func() (recording, connected bool) {
		_, recording = v.Time.File()
		return recording, v.Link.State == "open"
	}})
	return v
}

// SetView takes what the page wants to see.
func (v *Viewer) SetView(data []byte) error {
	view, err := view.Parse(data)
	if err != nil {
		return err
	}
	v.View, v.ready = view, true
	return nil
}

// Scene is the scene of a name, nil for none.
func (v *Viewer) Scene(name string) scene.Scene { return v.scenes[name] }

// SceneName is the name of the scene that is open.
func (v *Viewer) SceneName() string { return scene.Shown(&v.View).Name }

// scene is the one that is open.
func (v *Viewer) scene() scene.Scene { return v.scenes[v.SceneName()] }

// Context is what the open scene works with.
func (v *Viewer) Context() *scene.Context {
	s, live := v.Time.Shown()
	return &scene.Context{State: s, Whole: v.Time.Whole(), View: &v.View, Past: v.Time,
		Now: v.now, Live: live, Replay: v.Time.Recorded(), Pending: v.Time.Pending(), Say: v.Say}
}

// Say tells the user something in passing.
func (v *Viewer) Say(text string, bad bool) {
	v.announcements = append(v.announcements, Announcement{text, bad})
}

// Receive takes in a message from the server.
func (v *Viewer) Receive(m event.Message, now float64) {
	if ack, ok := m.Event.(event.Ack); ok {
		v.Ack = Ack{ID: ack.ID, Op: string(v.sent[ack.ID]), OK: ack.OK, Error: ack.Error}
		delete(v.sent, ack.ID)
		if !v.steering.Answer(ack, now) {
			v.button = v.Ack
		}
		return
	}
	if _, ok := m.Event.(event.Hello); ok {
		clear(v.sent) // answers to what the last connection asked will not come
		v.steering.Reset()
	}
	if m.Run != v.Live.Run { // another run, or the server began anew
		v.Time.Restart()
	}
	v.Live.Apply(m, now)
	if e, ok := m.Event.(event.Images); ok {
		v.Time.AddImages(e)
	}
}

// Update does what was asked since the last frame and lets the open scene act. It reports whether another frame is due
// at once.
func (v *Viewer) Update(in ui.Input) bool {
	v.now = in.Now
	if !v.ready {
		return false
	}
	acts := in.Acts
	in.Acts = nil
	for _, a := range acts {
		if !v.handle(a) {
			in.Acts = append(in.Acts, a)
		}
	}
	playing := v.Time.Update()
	return v.scene().Update(in, v.Context()) || playing
}

// handle carries out what belongs to no scene.
func (v *Viewer) handle(a ui.Act) bool {
	group, name, _ := strings.Cut(a.Name, ":")
	switch group {
	case "scene":
		view.Scene.Set(&v.View, a.Arg)
	case "class":
		v.View.Choose(int(a.Num()), 0)
	case "run":
		v.Control(event.Control{Op: event.Op(name)})
	case "set", "slide", "steer":
		v.steering.Act(group, name, a.Arg)
	case "return":
		v.leave()
	case "time":
		v.standalone.untouched = false
		v.Time.Act(name, a.Num())
	case "save":
		v.exports = append(v.exports, name)
	case "file":
		v.open(a.Arg, a.Data)
	default:
		return false
	}
	return true
}

// Control asks the run for something; the answer comes back as an Ack of that id.
func (v *Viewer) Control(c event.Control) (id uint64) {
	v.id++
	c.ID = v.id
	v.sent[c.ID] = c.Op
	v.out = append(v.out, c)
	return v.id
}

// open takes a file that the user dropped: a recording is shown, or added where the open scene takes several, another goes
// to the first scene that reads files.
func (v *Viewer) open(name string, data []byte) {
	if event.IsRecording(data) || strings.EqualFold(path.Ext(name), ".reta") {
		if a, ok := v.scene().(scene.Adder); ok {
			if err := a.Add(name, data, v.Context()); err != nil {
				v.Say(err.Error(), true)
			}
			return
		}
		v.Time.OpenFile(name, data)
		return
	}
	for _, info := range scene.All() {
		o, ok := v.scenes[info.Name].(scene.Opener)
		if !ok {
			continue
		}
		if err := o.Open(name, data, v.Context()); err != nil {
			v.Say(err.Error(), true)
			return
		}
		view.Scene.Set(&v.View, info.Name)
		return
	}
	v.Say("no scene reads "+name, true)
}

// TakeEvents returns what is to be sent to the server, and forgets it.
func (v *Viewer) TakeEvents() []event.Event {
	out := v.out
	v.out = nil
	return out
}

// TakeAnnouncements returns what is to be shown to the user, and forgets it.
func (v *Viewer) TakeAnnouncements() []Announcement {
	said := v.announcements
	v.announcements = nil
	return said
}

// TakeExports returns the exports that were asked for (png, csv), and forgets them.
func (v *Viewer) TakeExports() []string {
	saves := v.exports
	v.exports = nil
	return saves
}

// Draw paints the open scene.
func (v *Viewer) Draw(c ui.Canvas, now float64) {
	v.frames++
	v.now = now
	if v.ready {
		v.scene().Draw(c, v.Context())
	}
}

// Scrolls reports whether the open scene scrolls by itself.
func (v *Viewer) Scrolls() bool { return scene.Shown(&v.View).Scroll }

// pixelBudget bounds the pixels a page asks for: with more, images come halved.
const pixelBudget = 12 << 20

// Subscription is the topics that the page wants.
func (v *Viewer) Subscription() event.Subscribe {
	if v.View.Hidden {
		return event.Subscribe{}
	}
	h := &v.Live.Hello
	size := 0
	if n := len(h.Classes) * h.IPC; n > 0 {
		for side := max(h.Width, h.Height); side > 8 && n*side*side > pixelBudget; side /= 2 {
			size = side / 2
		}
	}
	s := event.Subscribe{Topics: []event.Subscription{
		{Topic: event.TopicStatus, Class: event.AllClasses, Rate: 5},
		{Topic: event.TopicMetrics, Class: event.AllClasses, Rate: 5},
		{Topic: event.TopicResidual, Class: event.AllClasses, Size: size},
		{Topic: event.TopicEvents, Class: event.AllClasses},
	}}
	for _, t := range scene.Shown(&v.View).Topics {
		switch t {
		case event.TopicImages:
			s.Topics = append(s.Topics, event.Subscription{Topic: t, Class: event.AllClasses, Size: size, Rate: 8})
		default:
			s.Topics = append(s.Topics, event.Subscription{Topic: t, Class: v.View.Class(), Rate: 4})
		}
	}
	return s
}

// Panel is what the page shows beside the drawing.
func (v *Viewer) Panel() panel.Panel { return v.scene().Panel(v.Context()) }
