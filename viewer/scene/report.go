package scene

import (
	"fmt"
	"math"

	"reta/shared/event"
	"reta/viewer/ui"
)

// Report is what the page writes in words beside the drawing. Numbers that are only
// read come as text, so that canvas and page write them alike.
type Report struct {
	View     View            `json:"view"`
	Link     Link            `json:"link"`
	Ack      Ack             `json:"ack"`
	Run      RunReport       `json:"run"`
	Image    *ImageReport    `json:"image,omitempty"`
	Training TrainingReport  `json:"training"`
	Features *FeaturesReport `json:"features,omitempty"`
	Empty    *Empty          `json:"empty,omitempty"`
	Table    [][]string      `json:"table,omitempty"` // head first
	Log      []LogLine       `json:"log"`             // newest first
	Label    string          `json:"label"`           // what the drawing shows, in a sentence
}

// LogLine is one line of the run's diary.
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
	Stage   int      `json:"stage"` // from 1, 0 before the first
	Stages  int      `json:"stages"`
	Marks   []int    `json:"marks"` // steps at which stages end
	Speed   string   `json:"speed"` // steps per second
	ETA     string   `json:"eta"`
	Memory  string   `json:"memory"`
	Control bool     `json:"control"`
	Skipped uint64   `json:"skipped"`
}

// ImageReport describes the chosen image.
type ImageReport struct {
	Name       string `json:"name"`
	Count      int    `json:"count"` // images of the class
	Step       int    `json:"step"`
	Moment     bool   `json:"moment"`
	Anchor     string `json:"anchor"`
	Fit        string `json:"fit"`
	Complexity string `json:"complexity"`
	Alpha      string `json:"alpha"`
	Injected   string `json:"injected"`
}

// TrainingReport is the reading of the loss curves.
type TrainingReport struct {
	Chart  string     `json:"chart"`
	Both   bool       `json:"both"` // teacher and distillation can be chosen
	Title  string     `json:"title"`
	Rows   []Reading  `json:"rows"`
	Ends   [][]string `json:"ends"`
	Result []Reading  `json:"result"`
}

// Reading is a named value; Role is its colour in the style sheet.
type Reading struct {
	Role  string `json:"role"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// FeaturesReport is the reading of the filtration.
type FeaturesReport struct {
	Class    string     `json:"class"`
	Step     int        `json:"step"`
	Eps      float64    `json:"eps"`
	EpsMax   float64    `json:"epsMax"`
	EpsText  string     `json:"epsText"`
	Real     []float32  `json:"real"` // births and deaths of the set
	Syn      []float32  `json:"syn"`
	Rows     [][]string `json:"rows"` // name, real, synthetic
	Reason   string     `json:"reason"`
	Kappa    string     `json:"kappa"`
	Variance string     `json:"variance"`
	K        int        `json:"k"`
	N        string     `json:"n"`
	Bars     bool       `json:"bars"`
}

// Empty says why there is nothing to see, and what to expect.
type Empty struct {
	Head string `json:"head"`
	Body string `json:"body"`
}

// Report sums the viewer up for the page.
func (v *Viewer) Report() Report {
	r := Report{View: v.View, Link: v.Link, Ack: v.Ack, Run: v.run(), Empty: v.empty()}
	r.View.Palette = nil
	s := &v.State
	switch v.View.Scene {
	case "images":
		r.Image = v.image()
	case "training":
		r.Training = v.training()
	case "features":
		if c, ok := s.Clouds[v.View.Class]; ok {
			r.Features = v.features(c)
		}
	}
	if v.View.Table {
		r.Table = v.table()
	}
	const lines = 40
	r.Log = []LogLine{}
	for i := len(s.Log) - 1; i >= 0 && len(r.Log) < lines; i-- {
		l := s.Log[i]
		r.Log = append(r.Log, LogLine{[]string{"info", "warning", "error"}[min(l.Level, event.Error)], l.Text, l.Unix})
	}
	r.Label = v.label(&r)
	return r
}

// label describes the drawing for those who cannot see it.
func (v *Viewer) label(r *Report) string {
	s := &v.State
	switch {
	case r.Empty != nil:
		return r.Empty.Head + ". " + r.Empty.Body
	case v.View.Scene == "images":
		return fmt.Sprintf("%d synthetic images of %d classes at step %d", s.Pictures, len(s.Tiles), s.Step)
	case v.View.Scene == "training":
		words := "Curves. " + r.Training.Title
		for _, row := range r.Training.Rows {
			words += ", " + row.Name + " " + row.Value
		}
		return words
	case r.Features != nil:
		f := r.Features
		return fmt.Sprintf("Filtration of %s at epsilon %s: %s real and %s synthetic components", f.Class, f.EpsText, f.Rows[4][1], f.Rows[4][2])
	}
	return ""
}

func (v *Viewer) run() RunReport {
	s := &v.State
	h, st := &s.Hello, &s.Status
	r := RunReport{Name: h.Run, Recipe: h.Recipe, Dataset: h.Dataset, Device: h.Device, Classes: h.Classes, IPC: h.IPC,
		State: string(st.State), Text: st.Text, Phase: st.Phase, Done: st.Done, Total: st.Total,
		Control: h.Control, Skipped: s.Flow.Skipped, Marks: []int{}}
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
	if st.StepsPerSecond > 0 {
		r.Speed = ui.Number(float64(st.StepsPerSecond))
	}
	if st.ETASeconds > 0 {
		r.ETA = duration(float64(st.ETASeconds))
	}
	if st.MemoryBytes > 0 {
		r.Memory = bytes(float64(st.MemoryBytes))
	}
	return r
}

func bytes(n float64) string {
	if n < 1e9 {
		return fmt.Sprintf("%.0f MB", n/1e6)
	}
	return fmt.Sprintf("%.1f GB", n/1e9)
}

func duration(seconds float64) string {
	n := int(math.Ceil(min(seconds, 1e8)))
	switch {
	case n >= 86400:
		return fmt.Sprintf("%d d %d h", n/86400, n%86400/3600)
	case n >= 3600:
		return fmt.Sprintf("%d h %02d min", n/3600, n%3600/60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

func (v *Viewer) image() *ImageReport {
	s := &v.State
	t := s.Tile(v.View.Class, v.View.Image)
	if t == nil {
		return nil
	}
	r := &ImageReport{Name: fmt.Sprintf("%s  #%d", s.ClassName(v.View.Class), v.View.Image),
		Count: len(s.Tiles[v.View.Class]), Step: t.Step}
	if m := t.Last(); m != nil {
		r.Moment, r.Anchor = true, m.AnchorID
		r.Fit, r.Complexity = ui.Number(float64(m.Fit)), ui.Number(float64(m.Complexity))
		r.Alpha = ui.Number(float64(m.Alpha))
		r.Injected = fmt.Sprintf("step %d, end of stage %d", m.Step, m.Stage+1)
	}
	return r
}

func (v *Viewer) training() TrainingReport {
	s := &v.State
	r := TrainingReport{Chart: s.Chart(&v.View), Both: len(s.Points) > 0 && len(s.Squeeze) > 0}
	p, hovering := v.scenes["training"].(*training)
	hovering = hovering && p.over
	r.Title = "Latest step"
	roles := []string{"total", "ce", "bn", "topo"}
	if r.Chart == "squeeze" {
		roles = []string{"ce", "bn"}
	}
	for i, k := range s.curves(r.Chart) {
		value := "–"
		if n := len(k.raw); n > 0 {
			at := n - 1
			if hovering {
				at = nearest(k.raw, p.hover)
			}
			value = ui.Number(k.raw[at].Y)
			if k.unit {
				value = fmt.Sprintf("%.1f %%", 100*k.raw[at].Y)
			}
			if i == 0 {
				r.Title = fmt.Sprintf("Step %d", int(k.raw[at].X))
			}
		}
		r.Rows = append(r.Rows, Reading{roles[i], k.name, value})
	}
	for _, e := range s.Ends {
		spread := "–"
		if e.SpreadBefore > 0 && e.SpreadAfter > 0 {
			spread = ui.Number(float64(e.SpreadAfter / e.SpreadBefore))
		}
		r.Ends = append(r.Ends, []string{itoa(e.Stage + 1), itoa(e.Resolution), itoa(e.Anchors),
			number(e.MeanFit), number(e.KappaMean), spread})
	}
	if e := s.Result; e != nil {
		r.Result = []Reading{
			{"", "Images", itoa(e.Images)},
			{"", "Cross-entropy", number(e.CEBefore) + " → " + number(e.CEAfter)},
			{"", "Batch norm", number(e.BNBefore) + " → " + number(e.BNAfter)},
			{"", "Time", duration(float64(e.Seconds))},
			{"", "Folder", e.Path},
		}
	}
	return r
}

func number(v float32) string { return ui.Number(float64(v)) }

func (v *Viewer) features(c event.Cloud) *FeaturesReport {
	eps := v.View.epsIn(&c)
	r := &FeaturesReport{Class: v.State.ClassName(c.Class), Step: c.Step, Eps: float64(eps), EpsMax: float64(c.EpsMax),
		EpsText: fmt.Sprintf("%s of %s", number(eps), number(c.EpsMax)), Reason: c.Reason, K: c.K,
		Real: Events(c, c.Real), Syn: Events(c, c.Syn), Bars: len(c.Real.Bars)+len(c.Syn.Bars) > 0,
		Variance: fmt.Sprintf("%.0f %%", 100*(c.Explained[0]+c.Explained[1]))}
	real, syn := NewComplex(c.Real, eps), NewComplex(c.Syn, eps)
	row := func(name string, a, b int) { r.Rows = append(r.Rows, []string{name, itoa(a), itoa(b)}) }
	row("Points", c.Real.Len(), c.Syn.Len())
	row("Edges", real.Edges, syn.Edges)
	row("Triangles", real.Triangles, syn.Triangles)
	row("Components (union-find)", real.Components, syn.Components)
	row("β₀ components", real.Betti[0], syn.Betti[0])
	row("β₁ open loops", real.Betti[1], syn.Betti[1])
	r.Kappa = fmt.Sprintf("Pull-to-anchor κ: %s in degree 0, %s in degree 1 (0 is none).", number(c.Kappa[0]), number(c.Kappa[1]))
	r.N = fmt.Sprintf("%d real, %d synthetic points", c.Real.Len(), c.Syn.Len())
	if r.Reason == "" && min(c.Real.Len(), c.Syn.Len()) < 2 {
		r.Reason = "With one image per class there is one point: a single component that never ends, and no diagram to compare."
	}
	return r
}

// empty explains a scene that has nothing to draw.
func (v *Viewer) empty() *Empty {
	s := &v.State
	waiting := s.Status.Text
	if waiting == "" {
		waiting = "The run is getting ready; this fills as soon as there is something to see."
	}
	switch {
	case s.Run == 0:
		return nil // the banner says it
	case v.View.Scene == "images" && s.Pictures == 0:
		if s.Status.State == event.Squeezing {
			waiting = "The teacher is being trained first; its curve is under Training."
		}
		return &Empty{"No images yet", waiting}
	case v.View.Scene == "training" && len(s.Points)+len(s.Squeeze) == 0:
		return &Empty{"No losses yet", waiting}
	case v.View.Scene == "features":
		if _, ok := s.Clouds[v.View.Class]; !ok {
			body := "Features of “" + s.ClassName(v.View.Class) + "” come with the next topology update."
			if s.Status.State == event.Paused {
				body = "The run is paused. Features of “" + s.ClassName(v.View.Class) + "” come when it goes on."
			}
			if s.Pictures == 0 {
				body = waiting
			}
			return &Empty{"No feature cloud yet", body}
		}
	}
	return nil
}
