package timeline

import (
	"reta/shared/event"
	"reta/viewer/state"
)

// loaded is the state of a step, as it was read.
type loaded struct {
	source state.Source
	step   int
	state  *state.State
	final  *state.State // once for each file
	err    error
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
		l.state, l.err = state.ReadState(source, step, func(event.Kind) bool { return true })
		if first && l.err == nil {
			l.final, l.err = state.ReadState(source, source.Index().Last(), isText)
		}
		out <- l
		if wake != nil {
			wake()
		}
	}()
}

// Reading reports whether the state of a step is being read, and whether earlier images are.
func (t *Timeline) Reading() (state, past bool) { return t.loading, t.reader.busy }

// isText reports whether events of a kind are words and numbers, not pictures.
func isText(k event.Kind) bool {
	t := k.Topic()
	return t != event.TopicImages && t != event.TopicCloud && t != event.TopicResidual
}

// pastReader reads earlier images out of the recording that is open, for the history of images, on a goroutine of its own:
// of one class after another those of the keyframes that a film strip can show and that the page has not seen, and the residual
// connections of all classes, of which the state at a step holds the newest only.
type pastReader struct {
	source state.Source // what was read last, and of which class
	class  int
	busy   bool
	out    chan pastRead

	wanted, refused bool // the recording of a run that is over
}

type pastRead struct {
	source state.Source
	past   state.Past
}

// LoadPast sees to it that the past of the chosen class is there to be shown, as far as there is a recording of it.
func (t *Timeline) LoadPast() {
	r := &t.reader
	select {
	case read := <-r.out:
		r.busy = false
		if read.source == t.source {
			s, _ := t.Shown()
			h := t.history()
			h.Add(read.past, s)
			h.Complete(t.past)
			if t.live.Over() && !t.file {
				h.Complete(t.live)
			}
		}
	default:
	}
	s, live := t.Shown()
	class := t.view.Class()
	r.wanted = t.source == nil && live && s.Over() && s.Pictures > 0 && s.KeepsPast() && !r.refused
	if t.source == nil || r.busy || live && !s.Over() || s.ImageCount() == 0 || r.source == t.source && r.class == class {
		return
	}
	r.source, r.class, r.busy = t.source, class, true
	want := state.PastRequest{Class: class, Residuals: s.KeepsPast(), Known: t.history().Known()}
	for _, p := range t.Places(class, t.view.Image(), state.MaxFrames) {
		if p.Picture == nil {
			want.Keyframes = append(want.Keyframes, p.Step)
		}
	}
	if r.out == nil {
		r.out = make(chan pastRead, 1)
	}
	source, out, wake := t.source, r.out, t.wake
	go func() {
		out <- pastRead{source, state.ReadPast(source, want)}
		if wake != nil {
			wake()
		}
	}()
}

// Places is at most n places of an image's past, oldest first: of a recording its keyframes, whether the page has seen them or
// not, else what it has seen.
func (t *Timeline) Places(class, i, n int) []state.Place {
	s, live := t.Shown()
	if live && !s.Over() {
		return t.history().Places(s, class, i, n, nil)
	}
	return t.history().Places(s, class, i, n, t.keyframes)
}

// Recording reports whether the timeline has a recording to take the past from.
func (t *Timeline) Recording() bool { return len(t.keyframes) > 0 }
