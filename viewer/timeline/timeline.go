// Package timeline decides which step of a run the viewer shows, plays recordings, and reads them without blocking.
//
//	t := timeline.New(&live, &view, host)
//	t.SetSource(recording, "events.reta", "", true)
//	t.Act("play", 0)
//	moving := t.Update()
//	s, live := t.Shown()
package timeline

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"reta/shared/event"
	"reta/viewer/state"
	"reta/viewer/ui"
	"reta/viewer/view"
)

// Timeline decides which state of a run is shown: its newest, or that of an earlier step of its recording. Every scene
// shows the same step, whether the recording is a file of this computer or the log of a run that still goes on. It lives
// on one goroutine, and reads recordings on others.
type Timeline struct {
	live *state.State // the newest there is
	view *view.View
	host Host
	wake func() // asks for a frame; called from another goroutine

	source    state.Source
	name      string // of the recording
	address   string // where it can be had again, "" for a file of this computer
	file      bool   // there is no run behind it, only the recording
	keyframes []int  // steps that have pictures

	step    int          // that the past was loaded for, -1 for none
	past    *state.State // the state of that step
	final   *state.State // the end of a file, without its pictures: what is said of the whole run
	loading bool
	loaded  chan loaded
	failed  string

	playing bool
	nextAt  float64 // clock time of the next keyframe

	images     state.History // of the server's run
	fileImages state.History // of a file
	reader     pastReader
}

// Host carries out what the timeline cannot.
type Host struct {
	Now     func() float64              // seconds, of a clock that never runs backwards
	Control func(event.Op)              // asks the run for something
	Say     func(text string, bad bool) // tells the user something in passing
}

var (
	playSpeed = view.NewNumber("speed", 1, 0.5, 10)
	playLoop  = view.NewFlag("loop", false)
)

// New is the timeline of a run without a recording. It reads live and view, and sets the step of the view.
func New(live *state.State, view *view.View, host Host) *Timeline {
	return &Timeline{live: live, view: view, host: host, step: -1}
}

// SetSource gives the timeline a recording: of the run that the server shows, or, with file, one that stands for itself
// and can be had at an address ("" for nowhere). A newer one of the same run takes the place of the last.
func (t *Timeline) SetSource(s state.Source, name, address string, file bool) {
	if t.source == nil {
		t.nextAt = t.host.Now() + keyframeSeconds/playSpeed.Of(t.view) // for whoever waits for it to be played
	}
	t.source, t.name, t.address, t.failed = s, name, address, ""
	t.keyframes = s.Index().Steps()
	if file {
		t.file, t.past, t.final, t.step, t.playing, t.fileImages = true, nil, nil, -1, false, state.History{}
	}
}

// SetWake sets how to ask for a frame from another goroutine.
func (t *Timeline) SetWake(wake func()) { t.wake = wake }

// OpenFile shows a recording in place of a server's run. What is not a recording is reported to the user.
func (t *Timeline) OpenFile(name string, data []byte) {
	r, err := event.OpenRecording(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.host.Say(fmt.Sprintf("%s cannot be opened: %v", name, err), true)
		return
	}
	if r.Index().Len() == 0 {
		t.host.Say(name+" cannot be opened: it holds not one whole record", true)
		return
	}
	if n := r.Cut(); n > 0 {
		t.host.Say(fmt.Sprintf("%s ends in a torn record: its last %s are left out", name, ui.Bytes(float64(n))), true)
	}
	t.SetSource(r, name, "", true)
}

// Close goes back from a recording to the newest state of the server's run.
func (t *Timeline) Close() {
	t.reset()
	view.Step.Set(t.view, -1)
}

// reset drops the recording; what is being read of it arrives and is dropped.
func (t *Timeline) reset() {
	*t = Timeline{live: t.live, view: t.view, host: t.host, wake: t.wake, step: -1, loaded: t.loaded,
		loading: t.loading, images: t.images, reader: t.reader}
}

// Restart forgets what is known of the run's past: another run begins. A file that is open stays.
func (t *Timeline) Restart() {
	if t.live.Run != 0 && !t.file {
		t.reset()
	}
	t.images = state.History{}
	t.reader.source, t.reader.refused = nil, false
}

// AddImages remembers images that came from the server, which the newest state has already.
func (t *Timeline) AddImages(e event.Images) { t.images.AddImages(e, t.live) }

// NeedsSource reports whether the timeline wants the newest index of the server's recording: while the user looks at an
// earlier step, and once of a run that a server replays, which can be played from the first moment on, or that is over and
// whose images have a past to show.
func (t *Timeline) NeedsSource() bool {
	switch {
	case t.file:
		return false
	case t.replayed():
		return t.source == nil
	}
	return !t.following() || t.reader.wanted && t.source == nil
}

// NoSource says why an earlier step cannot be shown.
func (t *Timeline) NoSource(why string) {
	t.reader.wanted, t.reader.refused = false, true
	if !t.following() || t.replayed() || t.playing {
		t.failed = why
	}
	if t.playing && t.source == nil {
		t.playing = false
		view.Step.Set(t.view, -1)
	}
}

// Update plays, and loads what is to be shown. It reports whether it plays.
func (t *Timeline) Update() bool {
	select {
	case l := <-t.loaded:
		t.receive(l)
	default:
	}
	if t.playing {
		t.playOn()
	}
	if t.source != nil && !t.loading && (t.file || !t.following()) {
		if goal := t.target(); goal != t.step {
			t.load(goal)
		}
	}
	return t.playing
}

// receive takes in a state that was loaded. While it plays forward, a residual connection on the way is shown as it
// happens.
func (t *Timeline) receive(l loaded) {
	t.loading = false
	if l.source != t.source {
		return // of a recording that has been left
	}
	t.step = l.step
	if l.err != nil {
		t.failed, t.playing = l.err.Error(), false
		t.host.Say(l.err.Error(), true)
		return
	}
	if before := t.past; before != nil && t.playing && l.step > before.Step {
		l.state.MarkNew(before.Step, t.host.Now())
	}
	if l.final != nil {
		t.final = l.final
	}
	t.past, t.failed = l.state, ""
	if i := sort.SearchInts(t.keyframes, l.step+1); i > 0 {
		t.history().AddState(l.state, t.keyframes[i-1])
	}
	t.history().Complete(l.state)
	t.past.Extend(t.Whole()) // curves are shown whole, with a mark at the step; a run that was continued knows its newer part
}

// following reports whether the newest state is shown.
func (t *Timeline) following() bool { return view.Step.Of(t.view) < 0 }

// target is the step to show.
func (t *Timeline) target() int {
	if t.following() {
		return t.end()
	}
	return view.Step.Int(t.view)
}

// end is the newest step of the recording.
func (t *Timeline) end() int {
	if t.source == nil {
		return 0
	}
	return t.source.Index().Last()
}

// last is the newest step there is.
func (t *Timeline) last() int {
	if t.file {
		return t.end()
	}
	return max(t.live.Step, t.end())
}

// Shown is the state that scenes show; live where it is the newest of a run.
func (t *Timeline) Shown() (s *state.State, live bool) {
	if t.past != nil && (t.file || !t.following()) {
		return t.past, false
	}
	return t.Whole(), !t.Recorded()
}

// Step is the step that is shown.
func (t *Timeline) Step() int {
	s, _ := t.Shown()
	return s.Step
}

// Whole is the state of the whole run, whatever step is shown.
func (t *Timeline) Whole() *state.State {
	switch {
	case t.file && t.final != nil:
		return t.final
	case t.file:
		return &state.State{}
	}
	return t.live
}

// Pending reports whether the step that was asked for is still to be shown.
func (t *Timeline) Pending() bool {
	return !t.following() && t.failed == "" && (t.source == nil || t.step != t.target())
}

// Recorded reports whether what is shown has ended and cannot be steered: a recording, here or replayed by a server.
func (t *Timeline) Recorded() bool { return t.file || t.replayed() }

func (t *Timeline) replayed() bool {
	return slices.Contains(t.live.Hello.Capabilities, event.CapReplay)
}

// File is the recording that is shown in place of a server's run, ok false where none is.
func (t *Timeline) File() (f File, ok bool) {
	return File{Source: t.source, Name: t.name, Address: t.address, Loaded: t.past != nil, Ready: t.final != nil, Failed: t.failed}, t.file
}

// File is a recording without a run behind it.
type File struct {
	Source  state.Source
	Name    string
	Address string // where it can be had again, "" for a file of this computer
	Loaded  bool   // a state of it is shown
	Ready   bool   // Whole is its end
	Failed  string // why it cannot be shown, "" where it can
}

// history is the past of the images shown.
func (t *Timeline) history() *state.History {
	if t.file {
		return &t.fileImages
	}
	return &t.images
}
