package app

import (
	"fmt"

	"reta/viewer/scene"
	"reta/viewer/state"
)

// standalone is what a page without a server has in the place of a run: a recording that stands beside it, if any.
type standalone struct {
	active    bool
	loading   bool         // the recording is on its way
	failure   string       // it cannot be shown
	source    state.Source // the recording beside the page, to come back to
	address   string
	untouched bool // it is there, and nobody has used the timeline yet
}

// Standalone reports whether no server stands behind the page. With loading a recording beside it is on its way:
// SetSiteRecording or NoSiteRecording end that.
func (v *Viewer) Standalone(loading bool) {
	v.standalone = standalone{active: true, loading: loading}
	v.Link = Link{State: "none"}
}

// SetSiteRecording shows the recording that stands beside the page, unless the user has opened another by now.
func (v *Viewer) SetSiteRecording(s state.Source, address string) {
	v.standalone.source, v.standalone.address, v.standalone.loading = s, address, false
	if _, opened := v.Time.File(); !opened {
		v.standalone.untouched = true
		v.showSiteRecording()
	}
}

func (v *Viewer) showSiteRecording() {
	v.Time.SetSource(v.standalone.source, v.standalone.address, v.standalone.address, true)
}

// NoSiteRecording says why the recording beside the page cannot be shown.
func (v *Viewer) NoSiteRecording(why string) { v.standalone.loading, v.standalone.failure = false, why }

// leave goes back from a recording to the server's run, or to the recording beside the page.
func (v *Viewer) leave() {
	v.Time.Close()
	if v.standalone.source != nil {
		v.showSiteRecording()
	}
}

// noRun is what stands in for the scenes of a run when there is nothing to show of any; nil while a server may still
// send one.
func (v *Viewer) noRun() *scene.Empty {
	const hint = "Drop a recording here, the file events.reta of a run's folder, or go to the lessons and the sandbox, which need none."
	e := &scene.Empty{Head: "No run here", Body: hint, Act: "page:open", Label: "Open a recording…"}
	switch f, opened := v.Time.File(); {
	case opened && f.Loaded:
		e.Head = "This recording holds no run"
	case opened && f.Failed != "":
		e.Head, e.Body = "The recording cannot be shown", f.Failed+". "+hint
	case opened:
		return &scene.Empty{Head: "Opening the recording"}
	case v.standalone.loading:
		return &scene.Empty{Head: "Loading the recording", Body: "Lessons and sandbox need none: they are open."}
	case v.standalone.failure != "":
		e.Head, e.Body = "The recording cannot be loaded", v.standalone.failure+". "+hint
	case !v.standalone.active:
		return nil
	}
	return e
}

// notice is the line over the drawing: the way back from a recording that was opened, or what a visitor sees.
func (v *Viewer) notice() *Notice {
	f, open := v.Time.File()
	switch opened := "You see the recording " + f.Name + "."; {
	case !open:
		return nil
	case v.Live.Run != 0:
		return &Notice{Text: opened, Act: "return", Label: "Back to the run"}
	case v.standalone.source != nil && f.Source != v.standalone.source:
		return &Notice{Text: opened, Act: "return", Label: "Back to the first recording"}
	case v.standalone.untouched && f.Ready && v.inRun():
		h := &v.Time.Whole().Hello
		if h.Steps == 0 || len(h.Classes) == 0 {
			return nil
		}
		text := fmt.Sprintf("A recorded run: %s, %d classes distilled to %d images each in %d steps. Play it from its start",
			h.Dataset, len(h.Classes), h.IPC, h.Steps)
		if _, ok := scene.Lookup("lessons"); ok {
			text += ", or begin with the lessons"
		}
		return &Notice{Text: text + ".", Act: "time:play", Label: "Play"}
	}
	return nil
}

// inRun reports whether the open scene is one of a run.
func (v *Viewer) inRun() bool { return !scene.Shown(&v.View).Learning() }
