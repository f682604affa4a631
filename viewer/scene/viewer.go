package scene

import (
	"reta/shared/event"
	"reta/viewer/ui"
)

// Viewer joins a state, a view and the scenes. It lives on one goroutine.
type Viewer struct {
	State State
	View  View
	Link  Link
	Ack   Ack

	scenes map[string]Scene
	ready  bool // the page has sent a view
	frames int
	Busy   float64 // seconds spent on frames, as the program around it measures
}

// Link is how the connection to the server does.
type Link struct {
	State string  `json:"state"`           // connecting, open, lost, refused
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

// NewViewer returns a viewer that knows nothing yet.
func NewViewer() *Viewer {
	v := &Viewer{View: DefaultView(), Link: Link{State: "connecting"}, scenes: map[string]Scene{}}
	for name, make := range scenes {
		v.scenes[name] = make()
	}
	return v
}

// SetView takes what the page wants to see.
func (v *Viewer) SetView(data []byte) error {
	view, err := ParseView(data)
	if err != nil {
		return err
	}
	v.View, v.ready = view, true
	return nil
}

// Update lets the present scene act. It reports whether another frame is due at once.
func (v *Viewer) Update(in ui.Input) bool {
	return v.ready && v.scenes[v.View.Scene].Update(in, &v.State, &v.View)
}

// Draw paints the present scene.
func (v *Viewer) Draw(c ui.Canvas, now float64) {
	v.frames++
	if v.ready {
		v.scenes[v.View.Scene].Draw(c, &v.State, &v.View, now)
	}
}

// pixelBudget bounds the pixels a page asks for: with more, images come halved.
const pixelBudget = 12 << 20

// Subscription is what the page wants to hear.
func (v *Viewer) Subscription() event.Subscribe {
	if v.View.Hidden {
		return event.Subscribe{}
	}
	h := &v.State.Hello
	size := 0
	if n := len(h.Classes) * h.IPC; n > 0 {
		for side := max(h.Width, h.Height); side > 8 && n*side*side > pixelBudget; side /= 2 {
			size = side / 2
		}
	}
	return event.Subscribe{Topics: []event.Subscription{
		{Topic: event.TopicStatus, Class: event.AllClasses, Rate: 5},
		{Topic: event.TopicMetrics, Class: event.AllClasses, Rate: 5},
		{Topic: event.TopicImages, Class: event.AllClasses, Size: size, Rate: 8},
		{Topic: event.TopicCloud, Class: v.View.Class, Rate: 4},
		{Topic: event.TopicResidual, Class: event.AllClasses, Size: size},
		{Topic: event.TopicRetrieval, Class: v.View.Class},
		{Topic: event.TopicEvents, Class: event.AllClasses},
	}}
}
