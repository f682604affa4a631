package scene

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"reta/shared/event"
)

// Timeline is where in a run the viewer looks: at its newest state, or at an earlier step of its recording. Every scene
// shows the same step, whether the recording is a file of this computer or the log of a run that still goes on.
type Timeline struct {
	source  Source
	name    string // of the recording
	address string // where it can be had again, "" for a file of this computer
	file    bool   // there is no run behind it, only the recording
	rests   []int  // steps that have pictures
	step    int    // that the past was loaded for, -1 for none
	past    *State
	seen    History // of the images of a file
	final   *State  // the end of a file, without its pictures: what is said of the whole run
	loading bool
	loaded  chan loaded
	wake    func() // asks for a frame; called from another goroutine
	failed  string
	playing bool
	due     float64 // clock time of the next rest
}

// Source is a recording; see event.Recording. Reading may wait for a network.
type Source interface {
	Index() event.Index
	Read(event.Entry) (event.Message, error)
}

type loaded struct {
	source Source
	step   int
	state  *State
	final  *State // once for each file
	err    error
}

var (
	stepNo = newCount("step", -1, -1, 1e9) // where the viewer looks; -1: the newest
	speed  = newNumber("speed", 1, 0.5, 10)
	loop   = newFlag("loop", false)
)

// pace is how long a resting place is shown at speed 1, seconds.
const pace = 0.25

// TimelineReport is the transport of the page.
type TimelineReport struct {
	Shown     bool    `json:"shown"`
	Live      bool    `json:"live"` // there is a run to follow
	Following bool    `json:"following"`
	Playing   bool    `json:"playing"`
	Step      int     `json:"step"`
	First     int     `json:"first"`
	Last      int     `json:"last"`
	Rests     []int   `json:"rests"`
	Bands     []Band  `json:"bands"`
	Marks     []Mark  `json:"marks"`
	Speed     float64 `json:"speed"`
	Loop      bool    `json:"loop"`
	Busy      bool    `json:"busy"`
	Note      string  `json:"note"`
}

// Band is a stage, Mark something that happened.
type (
	Band struct {
		From  int    `json:"from"`
		To    int    `json:"to"`
		Label string `json:"label"`
	}
	Mark struct {
		At   int    `json:"at"`
		Kind string `json:"kind"`
		Text string `json:"text"`
	}
)

// following reports whether the newest state is shown.
func (t *Timeline) following(v *View) bool { return stepNo.Of(v) < 0 }

// SetSource gives the timeline a recording: of the run that the server shows, or, with file, one that stands for itself.
// A newer one of the same run takes the place of the last.
func (v *Viewer) SetSource(s Source, name string, file bool) {
	t := &v.time
	if t.source == nil {
		t.due = v.now + pace/speed.Of(&v.View) // for whoever waits for it to be played
	}
	t.source, t.name, t.address, t.failed = s, name, "", ""
	t.rests = s.Index().Steps()
	if file {
		t.file, t.past, t.final, t.step, t.playing, t.seen = true, nil, nil, -1, false, History{}
	}
}

// SetWake tells how to ask for a frame from another goroutine.
func (v *Viewer) SetWake(wake func()) { v.time.wake = wake }

// NeedsSource reports whether the timeline wants the newest index of the server's recording: while the user looks at an
// earlier step, and once of a run that a server replays, which can be played from the first moment on, or that is over and
// whose images have a past to show.
func (v *Viewer) NeedsSource() bool {
	t := &v.time
	switch {
	case t.file:
		return false
	case v.replayed():
		return t.source == nil
	}
	return !t.following(&v.View) || v.film.wanted && t.source == nil
}

// NoSource says why an earlier step cannot be shown.
func (v *Viewer) NoSource(why string) {
	t := &v.time
	v.film.wanted, v.film.refused = false, true
	if !t.following(&v.View) || v.replayed() || t.playing {
		t.failed = why
	}
	if t.playing && t.source == nil {
		t.playing = false
		stepNo.Set(&v.View, -1)
	}
}

// goal is the step to show.
func (t *Timeline) goal(v *View) int {
	if t.following(v) {
		return t.last()
	}
	return stepNo.Int(v)
}

// last is the newest step of the recording.
func (t *Timeline) last() int {
	if t.source == nil {
		return 0
	}
	return t.source.Index().Last()
}

// update plays, and loads what is to be shown. It reports whether it plays.
func (v *Viewer) updateTime() bool {
	t := &v.time
	select {
	case l := <-t.loaded:
		v.recall(l)
	default:
	}
	if t.playing {
		v.playOn()
	}
	if t.source != nil && !t.loading && (t.file || !t.following(&v.View)) {
		if goal := t.goal(&v.View); goal != t.step {
			t.load(goal)
		}
	}
	return t.playing
}

// load reads the state of a step, on a goroutine of its own.
func (t *Timeline) load(step int) {
	if t.loaded == nil {
		t.loaded = make(chan loaded, 1)
	}
	t.loading = true
	source, out, wake, first := t.source, t.loaded, t.wake, t.file && t.final == nil
	go func() {
		l := loaded{source: source, step: step}
		l.state, l.err = stateAt(source, step, func(event.Kind) bool { return true })
		if first && l.err == nil {
			l.final, l.err = stateAt(source, source.Index().Last(), worded)
		}
		out <- l
		if wake != nil {
			wake()
		}
	}()
}

// worded reports whether events of a kind are words and numbers, not pictures.
func worded(k event.Kind) bool {
	t := k.Topic()
	return t != event.TopicImages && t != event.TopicCloud && t != event.TopicResidual
}

// stateAt is the state of a recording at a step, of some kinds of events.
func stateAt(source Source, step int, of func(event.Kind) bool) (*State, error) {
	s := &State{greeted: math.Inf(-1)}
	for _, e := range source.Index().At(step) {
		if !of(e.Kind) {
			continue
		}
		m, err := source.Read(e)
		if errors.Is(err, event.ErrUnknownKind) { // of a newer build
			s.Unknown++
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", step, err)
		}
		m.Run = 1
		s.Apply(m, math.Inf(-1))
	}
	s.Step = step
	return s, nil
}

// recall takes in a state that was loaded. While it plays forward, a residual connection on the way is shown as it
// happens.
func (v *Viewer) recall(l loaded) {
	t := &v.time
	t.loading = false
	if l.source != t.source {
		return // of a recording that has been left
	}
	t.step = l.step
	if l.err != nil {
		t.failed, t.playing = l.err.Error(), false
		v.Say(l.err.Error(), true)
		return
	}
	if before := t.past; before != nil && t.playing && l.step > before.Step {
		for _, class := range l.state.Tiles {
			for _, tile := range class {
				if tile != nil && tile.Last() != nil && tile.Last().Step > before.Step {
					tile.Last().Came = v.now
				}
			}
		}
	}
	if l.final != nil {
		t.final = l.final
	}
	t.past, t.failed = l.state, ""
	if i := sort.SearchInts(t.rests, l.step+1); i > 0 {
		v.history().see(l.state, t.rests[i-1])
	}
	v.history().complete(l.state)
	whole := v.whole() // curves are shown whole, with a mark at the step; a run that was continued knows its newer part
	t.past.Points = appendSteps(t.past.Points, whole.Points, func(p event.Point) int { return p.Step })
	t.past.Squeeze = appendSteps(t.past.Squeeze, whole.Squeeze, func(p event.TrainPoint) int { return p.Step })
}

// playOn moves to the next resting place when it is time.
func (v *Viewer) playOn() {
	t := &v.time
	if v.now < t.due || t.loading || t.source == nil {
		return
	}
	i := sort.SearchInts(t.rests, t.goal(&v.View)+1)
	switch {
	case i < len(t.rests):
		stepNo.Set(&v.View, float64(t.rests[i]))
	case loop.Of(&v.View) && len(t.rests) > 1:
		stepNo.Set(&v.View, float64(t.rests[0]))
	default:
		t.playing = false
		stepNo.Set(&v.View, -1)
	}
	t.due = v.now + pace/speed.Of(&v.View)
}

// timeAct does what the transport asks.
func (v *Viewer) timeAct(name string, arg float64) {
	t, view := &v.time, &v.View
	edge := t.following(view)
	running := !v.recorded() && v.Live.Hello.Control && edge && v.Live.goesOn()
	v.alone.fresh = false
	switch name {
	case "play":
		switch {
		case running && v.Live.Status.State == event.Paused:
			v.Control(event.Control{Op: event.Resume})
		case running:
			v.Control(event.Control{Op: event.Pause})
		case t.playing:
			t.playing = false
		case len(t.rests) > 0:
			t.playing, t.due = true, v.now+pace/speed.Of(view)
			if t.goal(view) >= t.rests[len(t.rests)-1] {
				stepNo.Set(view, float64(t.rests[0]))
			}
		case t.source == nil: // it is asked for, since the step is not the newest, and played when it is there
			t.playing = true
			stepNo.Set(view, 0)
		}
	case "back":
		t.playing = false
		rests := t.rests
		if len(rests) == 0 {
			stepNo.Set(view, math.Max(0, float64(v.shownStep()-1)))
		} else if i := sort.SearchInts(rests, v.shownStep()); i > 0 {
			stepNo.Set(view, float64(rests[i-1]))
		}
	case "forward":
		t.playing = false
		if running {
			v.Control(event.Control{Op: event.StepOnce})
		} else if i := sort.SearchInts(t.rests, t.goal(view)+1); !edge && i < len(t.rests) {
			stepNo.Set(view, float64(t.rests[i]))
		} else {
			stepNo.Set(view, -1)
		}
	case "live":
		t.playing = false
		stepNo.Set(view, -1)
	case "seek":
		t.playing = false
		if arg >= float64(v.lastStep()) && v.recorded() {
			arg = -1
		}
		stepNo.Set(view, arg)
	case "speed":
		speed.Set(view, arg)
	case "loop":
		loop.Set(view, !loop.Of(view))
	}
}

// shown is the state that scenes see.
func (v *Viewer) shown() (s *State, live bool) {
	t := &v.time
	if t.past != nil && (t.file || !t.following(&v.View)) {
		return t.past, false
	}
	return v.whole(), !v.recorded()
}

// goesOn reports whether there is more to come.
func (s *State) goesOn() bool { return s.Status.State != event.Done && s.Status.State != event.Failed }

// whole is the state of the whole run, whatever step is shown.
func (v *Viewer) whole() *State {
	switch t := &v.time; {
	case t.file && t.final != nil:
		return t.final
	case t.file:
		return &State{}
	}
	return &v.Live
}

func (v *Viewer) shownStep() int {
	s, _ := v.shown()
	return s.Step
}

// history is the past of the images shown.
func (v *Viewer) history() *History {
	if v.time.file {
		return &v.time.seen
	}
	return &v.past
}

// lastStep is the newest step there is.
func (v *Viewer) lastStep() int {
	if v.time.file {
		return v.time.last()
	}
	return max(v.Live.Step, v.time.last())
}

// leave goes back from a recording to the server's run, or to the recording beside the page.
func (v *Viewer) leave() {
	v.time = Timeline{wake: v.time.wake, step: -1, loaded: v.time.loaded, loading: v.time.loading}
	stepNo.Set(&v.View, -1)
	if v.alone.source != nil {
		v.showBeside()
	}
}

// owed reports whether the step that was asked for is still to be shown.
func (v *Viewer) owed() bool {
	t := &v.time
	return !t.following(&v.View) && t.failed == "" && (t.source == nil || t.step != t.goal(&v.View))
}

// timeline reports the transport.
func (v *Viewer) timeline() TimelineReport {
	t, view := &v.time, &v.View
	r := TimelineReport{Live: !v.recorded() && v.Live.goesOn(), Following: t.following(view), Playing: t.playing, Step: v.shownStep(), Last: v.lastStep(),
		Rests: t.rests, Bands: []Band{}, Marks: []Mark{}, Speed: speed.Of(view), Loop: loop.Of(view), Busy: t.loading || v.owed(), Note: t.failed}
	if r.Rests == nil {
		r.Rests = []int{}
	}
	if !r.Following {
		r.Step = stepNo.Int(view)
	}
	r.Shown = r.Last > 0 && v.inRun()
	whole := v.whole()
	stages, ends := whole.Stages()
	from := 0
	for i := range stages {
		to, known := ends[i]
		if !known {
			to = r.Last
		}
		if to > from || i == 0 {
			r.Bands = append(r.Bands, Band{from, to, fmt.Sprintf("stage %d", i+1)})
		}
		if !known {
			break
		}
		from = to
	}
	for _, e := range whole.Ends {
		if e.Anchors > 0 {
			r.Marks = append(r.Marks, Mark{e.Step, "residual", fmt.Sprintf("residual connection: %d anchors blended in", e.Anchors)})
		}
	}
	r.Marks = append(r.Marks, whole.changeMarks()...)
	slices.SortStableFunc(r.Marks, func(a, b Mark) int { return a.At - b.At })
	return r
}

// OpenRecording shows a recording instead of a server's run.
func (v *Viewer) OpenRecording(name string, data []byte) {
	r, err := event.OpenRecording(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		v.Say(fmt.Sprintf("%s cannot be opened: %v", name, err), true)
		return
	}
	if r.Index().Len() == 0 {
		v.Say(name+" cannot be opened: it holds not one whole record", true)
		return
	}
	if n := r.Cut(); n > 0 {
		v.Say(fmt.Sprintf("%s ends in a torn record: its last %s are left out", name, size(float64(n))), true)
	}
	v.SetSource(r, name, true)
}
