package scene

import (
	"fmt"
	"slices"

	"reta/shared/event"
)

// alone is what a page without a server has in the place of a run: a recording that stands beside it, if any.
type alone struct {
	is      bool
	waits   bool   // the recording is on its way
	why     string // it cannot be shown
	source  Source // the recording beside the page, to come back to
	address string
	fresh   bool // it is there, and nobody has touched the timeline yet
}

// Alone tells that no server stands behind the page. With waits a recording beside it is on its way: SetBeside or NoBeside
// end that.
func (v *Viewer) Alone(waits bool) {
	v.alone = alone{is: true, waits: waits}
	v.Link = Link{State: "none"}
}

// SetBeside shows the recording that stands beside the page, unless the user has opened another by now.
func (v *Viewer) SetBeside(s Source, address string) {
	v.alone.source, v.alone.address, v.alone.waits = s, address, false
	if !v.time.file {
		v.alone.fresh = true
		v.showBeside()
	}
}

func (v *Viewer) showBeside() {
	v.SetSource(v.alone.source, v.alone.address, true)
	v.time.address = v.alone.address
}

// NoBeside says why the recording beside the page cannot be shown.
func (v *Viewer) NoBeside(why string) { v.alone.waits, v.alone.why = false, why }

// recorded reports whether what is shown has ended and cannot be steered: a recording, here or replayed by a server.
func (v *Viewer) recorded() bool { return v.time.file || v.replayed() }

func (v *Viewer) replayed() bool {
	return slices.Contains(v.Live.Hello.Capabilities, event.CapReplay)
}

// noRun is what stands in for the scenes of a run when there is nothing to show of any; nil while a server may still
// send one.
func (v *Viewer) noRun() *Empty {
	const hint = "Drop a recording here, the file events.reta of a run's folder, or go to the lessons and the sandbox, which need none."
	e := &Empty{Head: "No run here", Body: hint, Act: "page:open", Label: "Open a recording…"}
	switch t := &v.time; {
	case t.file && t.past != nil:
		e.Head = "This recording tells of no run"
	case t.file && t.failed != "":
		e.Head, e.Body = "The recording cannot be shown", t.failed+". "+hint
	case t.file:
		return &Empty{Head: "Opening the recording"}
	case v.alone.waits:
		return &Empty{Head: "Loading the recording", Body: "Lessons and sandbox need none: they are open."}
	case v.alone.why != "":
		e.Head, e.Body = "The recording cannot be loaded", v.alone.why+". "+hint
	case !v.alone.is:
		return nil
	}
	return e
}

// notice is the line over the drawing: the way back from a recording that was opened, or what a visitor sees.
func (v *Viewer) notice() *Notice {
	t := &v.time
	switch opened := "You see the recording " + t.name + "."; {
	case !t.file:
		return nil
	case v.Live.Run != 0:
		return &Notice{Text: opened, Act: "return", Label: "Back to the run"}
	case v.alone.source != nil && t.source != v.alone.source:
		return &Notice{Text: opened, Act: "return", Label: "Back to the first recording"}
	case v.alone.fresh && t.final != nil && v.inRun():
		h := &t.final.Hello
		if h.Steps == 0 || len(h.Classes) == 0 {
			return nil
		}
		text := fmt.Sprintf("A recorded run: %s, %d classes distilled to %d images each in %d steps. Play it from its start",
			h.Dataset, len(h.Classes), h.IPC, h.Steps)
		if _, ok := scenes["lessons"]; ok {
			text += ", or begin with the lessons"
		}
		return &Notice{Text: text + ".", Act: "time:play", Label: "Play"}
	}
	return nil
}

// inRun reports whether the open scene is one of a run.
func (v *Viewer) inRun() bool { return scenes[v.View.Scene()].Order < learning }
