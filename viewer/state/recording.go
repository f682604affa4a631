package state

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"reta/shared/event"
	"reta/viewer/ui"
)

// Source is a recording; see event.Recording. Reading may wait for a network.
type Source interface {
	Index() event.Index
	Read(event.Entry) (event.Message, error)
}

// ReadState is the state of a recording at a step, made of the events of some kinds.
func ReadState(source Source, step int, of func(event.Kind) bool) (*State, error) {
	s := &State{helloAt: math.Inf(-1)}
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

// PastRequest is what ReadPast reads: a class's images at some keyframes, and with Residuals the residual connections that are not
// Known yet, by their offset in the recording.
type PastRequest struct {
	Class     int
	Keyframes []int
	Residuals bool
	Known     map[int64]bool
}

// Past is what was read.
type Past struct {
	images    []imagesAt
	residuals map[int64]event.Residual
}

type imagesAt struct {
	keyframe int
	events   []event.Images
}

// ReadPast reads images of steps gone by. What cannot be read is left out: the film strip stays empty there, and going to
// the step says why.
func ReadPast(source Source, want PastRequest) Past {
	var p Past
	for _, keyframe := range want.Keyframes {
		at := imagesAt{keyframe: keyframe}
		for _, e := range source.Index().At(keyframe) {
			if e.Kind != event.KindImages || e.Class != want.Class {
				continue
			}
			if m, err := source.Read(e); err == nil {
				if images, ok := m.Event.(event.Images); ok {
					at.events = append(at.events, images)
				}
			}
		}
		p.images = append(p.images, at)
	}
	if want.Residuals {
		p.residuals = readResiduals(source, want.Known)
	}
	return p
}

// readResiduals is the residual connections of a recording that are not known yet, as many as fit in historyBytes.
func readResiduals(source Source, known map[int64]bool) map[int64]event.Residual {
	out, room := map[int64]event.Residual{}, historyBytes
	for _, step := range source.Index().StepsOf(event.KindResidual) {
		for _, e := range source.Index().At(step) {
			if _, twice := out[e.Offset]; e.Kind != event.KindResidual || known[e.Offset] || twice || e.Size > room {
				continue
			}
			room -= e.Size
			if m, err := source.Read(e); err == nil {
				if r, ok := m.Event.(event.Residual); ok {
					out[e.Offset] = r
				}
			}
		}
	}
	return out
}

// Add keeps what was read of a recording, for a run of which s is a state.
func (h *History) Add(p Past, s *State) {
	for _, at := range p.images {
		for _, e := range at.events {
			h.put(e, at.keyframe, s)
		}
	}
	if h.known == nil {
		h.known, h.residuals = map[int64]bool{}, State{helloAt: math.Inf(-1)}
	}
	for _, offset := range slices.Sorted(maps.Keys(p.residuals)) {
		h.known[offset] = true
		h.residuals.residual(p.residuals[offset], math.Inf(-1))
	}
}

// put keeps images of a recording as they are at a keyframe.
func (h *History) put(e event.Images, keyframe int, s *State) {
	var p ui.Picture
	for i := range e.Count {
		if p.SetRGB(e.Width, e.Height, e.Image(i)) {
			h.addFrame(e.Class, e.First+i, keyframe, &p, s.ImageCount())
		}
	}
}

// Known is the residual connections that Add was given, by their offset.
func (h *History) Known() map[int64]bool { return maps.Clone(h.known) }

// Complete gives the images of a recording at a step the residual connections that the state does not hold: of stages before
// those it does.
func (h *History) Complete(s *State) {
	if s == nil {
		return
	}
	for class, tiles := range s.Tiles {
		for i, t := range tiles {
			before := h.residuals.Tile(class, i)
			if t == nil || before == nil {
				continue
			}
			n := 0
			for n < len(before.Residuals) && before.Residuals[n].Step <= s.Step && (t.Last() == nil || before.Residuals[n].Stage < t.Residuals[0].Stage) {
				n++
			}
			t.Residuals = append(slices.Clip(before.Residuals[:n]), t.Residuals...)
		}
	}
}
