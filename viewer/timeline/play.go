package timeline

import (
	"math"
	"sort"

	"reta/shared/event"
	"reta/viewer/view"
)

// keyframeSeconds is how long a keyframe, a step that has pictures, is shown at speed 1, seconds.
const keyframeSeconds = 0.25

// playOn moves to the next keyframe when it is time.
func (t *Timeline) playOn() {
	if t.host.Now() < t.nextAt || t.loading || t.source == nil {
		return
	}
	i := sort.SearchInts(t.keyframes, t.target()+1)
	switch {
	case i < len(t.keyframes):
		view.Step.Set(t.view, float64(t.keyframes[i]))
	case playLoop.Of(t.view) && len(t.keyframes) > 1:
		view.Step.Set(t.view, float64(t.keyframes[0]))
	default:
		t.playing = false
		view.Step.Set(t.view, -1)
	}
	t.nextAt = t.host.Now() + keyframeSeconds/playSpeed.Of(t.view)
}

// Act does what the transport asks: play, back, forward, live, seek, speed, loop.
func (t *Timeline) Act(name string, arg float64) {
	switch name {
	case "play":
		t.play()
	case "back":
		t.back()
	case "forward":
		t.forward()
	case "live":
		t.playing = false
		view.Step.Set(t.view, -1)
	case "seek":
		t.playing = false
		if arg >= float64(t.last()) && t.Recorded() {
			arg = -1
		}
		view.Step.Set(t.view, arg)
	case "speed":
		playSpeed.Set(t.view, arg)
	case "loop":
		playLoop.Set(t.view, !playLoop.Of(t.view))
	}
}

// steerable reports whether the transport acts on the run itself: at its live edge, where it can be controlled.
func (t *Timeline) steerable() bool {
	return !t.Recorded() && t.live.Hello.Control && t.following() && t.live.Continues()
}

// play plays or pauses, at the live edge the run itself.
func (t *Timeline) play() {
	switch {
	case t.steerable() && t.live.Status.State == event.Paused:
		t.host.Control(event.Resume)
	case t.steerable():
		t.host.Control(event.Pause)
	case t.playing:
		t.playing = false
	case len(t.keyframes) > 0:
		t.playing, t.nextAt = true, t.host.Now()+keyframeSeconds/playSpeed.Of(t.view)
		if t.target() >= t.keyframes[len(t.keyframes)-1] {
			view.Step.Set(t.view, float64(t.keyframes[0]))
		}
	case t.source == nil: // it is asked for, since the step is not the newest, and played when it is there
		t.playing = true
		view.Step.Set(t.view, 0)
	}
}

// back goes to the keyframe before, or where there is no recording yet a step back.
func (t *Timeline) back() {
	t.playing = false
	if len(t.keyframes) == 0 {
		view.Step.Set(t.view, math.Max(0, float64(t.Step()-1)))
	} else if i := sort.SearchInts(t.keyframes, t.Step()); i > 0 {
		view.Step.Set(t.view, float64(t.keyframes[i-1]))
	}
}

// forward goes to the next keyframe or the newest step; at the live edge the run makes one step.
func (t *Timeline) forward() {
	t.playing = false
	if t.steerable() {
		t.host.Control(event.StepOnce)
	} else if i := sort.SearchInts(t.keyframes, t.target()+1); !t.following() && i < len(t.keyframes) {
		view.Step.Set(t.view, float64(t.keyframes[i]))
	} else {
		view.Step.Set(t.view, -1)
	}
}
