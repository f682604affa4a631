package app

import (
	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/timeline"
	"reta/viewer/ui"
)

// Report is what the page writes around the drawing. Numbers that are only read come as text, so that canvas and page
// write them alike.
type Report struct {
	Rev     int             `json:"rev"`
	Scene   string          `json:"scene"`
	Values  map[string]any  `json:"values"` // of all parameters
	Link    Link            `json:"link"`
	Ack     Ack             `json:"ack"`
	Run     RunReport       `json:"run"`
	Time    timeline.Report `json:"timeline"`
	Panel   panel.Panel     `json:"panel"`
	Steer   panel.Panel     `json:"steer,omitempty"` // of the run's settings
	Empty   *scene.Empty    `json:"empty,omitempty"`
	Log     []LogLine       `json:"log"`   // newest first
	Label   string          `json:"label"` // what the drawing shows, in a sentence
	Exports []string        `json:"exports"`
	Notice  *Notice         `json:"notice,omitempty"`
}

// LogLine is one line of the run's log.
type LogLine struct {
	Level string `json:"level"` // info, warning, error
	Text  string `json:"text"`
	Unix  int64  `json:"unix"` // milliseconds since 1970, 0 if unknown
}

// RunReport is the line under the header.
type RunReport struct {
	Name    string   `json:"name"`
	Recipe  string   `json:"recipe"`
	Dataset string   `json:"dataset"`
	Device  string   `json:"device"`
	Classes []string `json:"classes"`
	IPC     int      `json:"ipc"`
	State   string   `json:"state"`
	Text    string   `json:"text"`
	Phase   string   `json:"phase"`
	Done    int      `json:"done"`
	Total   int      `json:"total"`
	Parts   bool     `json:"parts"` // done and total count parts of the run, not steps
	Stage   int      `json:"stage"` // from 1, 0 before the first
	Stages  int      `json:"stages"`
	Marks   []int    `json:"marks"` // steps at which stages end
	Speed   string   `json:"speed"` // steps per second
	ETA     string   `json:"eta"`
	Memory  string   `json:"memory"`
	Control bool     `json:"control"`
	Skipped uint64   `json:"skipped"`
	Live    bool     `json:"live"` // a run, not a recording

	Recording string `json:"recording"` // address of the recording, to save it
}

// Notice is a line over the drawing, with a button.
type Notice struct {
	Text  string `json:"text"`
	Bad   bool   `json:"bad,omitempty"`
	Act   string `json:"act,omitempty"`
	Label string `json:"label,omitempty"`
}

// Report sums the viewer up for the page.
func (v *Viewer) Report() Report {
	x, open := v.Context(), v.scene()
	r := Report{Rev: v.View.Rev, Scene: v.SceneName(), Link: v.Link, Ack: v.button, Run: v.run(), Time: v.Time.Report(v.inRun()), Panel: open.Panel(x), Steer: v.steering.Panel(v.Time.Whole(), v.now), Log: v.log(), Exports: []string{"png"}}
	r.Values = v.View.Values()
	r.Values["scene"] = r.Scene
	r.Notice = v.notice()
	if _, file := v.Time.File(); file {
		r.Link = Link{State: "none"}
	}
	if s, ok := open.(scene.Idler); ok {
		r.Empty = s.Empty(x)
	}
	if _, adds := open.(scene.Adder); x.Run == 0 && v.inRun() && (r.Empty != nil || !adds) { // what was added needs no run
		if e := v.noRun(); e != nil || !adds {
			r.Empty = e
		}
	}
	if s, ok := open.(scene.Labeller); ok {
		r.Label = s.Label(x)
	}
	if r.Empty != nil {
		r.Label = r.Empty.Head + ". " + r.Empty.Body
	}
	if _, ok := open.(scene.Tabler); ok {
		r.Exports = append(r.Exports, "csv")
	}
	return r
}

func (v *Viewer) log() []LogLine {
	const lines = 40
	log, s := []LogLine{}, v.Time.Whole()
	for i := len(s.Log) - 1; i >= 0 && len(log) < lines; i-- {
		l := s.Log[i]
		log = append(log, LogLine{[]string{"info", "warning", "error"}[min(l.Level, event.Error)], l.Text, l.Unix})
	}
	return log
}

func (v *Viewer) run() RunReport {
	s := v.Time.Whole()
	h, st := &s.Hello, &s.Status
	r := RunReport{Name: h.Run, Recipe: h.Recipe, Dataset: h.Dataset, Device: h.Device, Classes: h.Classes, IPC: h.IPC,
		State: string(st.State), Text: st.Text, Phase: st.Phase, Done: st.Done, Total: st.Total,
		Parts:   s.Work.Total > 0 && s.Work.Phase == st.Phase && s.Work.Total == st.Total,
		Control: h.Control, Skipped: s.Flow.Skipped, Marks: []int{}, Live: s.Run != 0 && !v.Time.Recorded()}
	switch f, file := v.Time.File(); {
	case file:
		r.Recording = f.Address
	case h.Run != "":
		r.Recording = "recording"
	}
	if r.Classes == nil {
		r.Classes = []string{}
	}
	stages, ends := s.Stages()
	r.Stages = stages
	if len(s.Points) > 0 {
		r.Stage = max(st.Stage, s.Points[len(s.Points)-1].Stage) + 1
	}
	for i := range stages - 1 {
		if at, known := ends[i]; known {
			r.Marks = append(r.Marks, at)
		} else if h.Steps > 0 {
			r.Marks = append(r.Marks, h.Steps*(i+1)/stages)
		}
	}
	if v.Time.Recorded() || st.State == event.Done { // the last status counts the export
		r.Done, r.Total, r.Stage = v.Time.Step(), h.Steps, min(1, stages)
		for _, end := range r.Marks {
			if end < r.Done {
				r.Stage++
			}
		}
	}
	if v.Time.Recorded() && st.State == event.Done {
		r.Text = "" // where the images lay on the machine that made them
	}
	if st.StepsPerSecond > 0 {
		r.Speed = ui.Number(float64(st.StepsPerSecond))
	}
	if st.ETASeconds > 0 {
		r.ETA = ui.Duration(float64(st.ETASeconds))
	}
	if st.MemoryBytes > 0 {
		r.Memory = ui.Bytes(float64(st.MemoryBytes))
	}
	return r
}
