package timeline

import (
	"fmt"
	"slices"

	"reta/viewer/state"
	"reta/viewer/view"
)

// Report is the transport of the page.
type Report struct {
	Shown     bool    `json:"shown"`
	Live      bool    `json:"live"` // there is a run to follow
	Following bool    `json:"following"`
	Playing   bool    `json:"playing"`
	Step      int     `json:"step"`
	First     int     `json:"first"`
	Last      int     `json:"last"`
	Keyframes []int   `json:"rests"`
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

// Report is the transport as the page shows it, wanted where the open scene is one of a run.
func (t *Timeline) Report(wanted bool) Report {
	r := Report{Live: !t.Recorded() && t.live.Continues(), Following: t.following(), Playing: t.playing, Step: t.Step(), Last: t.last(),
		Keyframes: t.keyframes, Bands: []Band{}, Marks: []Mark{}, Speed: playSpeed.Of(t.view), Loop: playLoop.Of(t.view), Busy: t.loading || t.Pending(), Note: t.failed}
	if r.Keyframes == nil {
		r.Keyframes = []int{}
	}
	if !r.Following {
		r.Step = view.Step.Int(t.view)
	}
	r.Shown = r.Last > 0 && wanted
	whole := t.Whole()
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
	r.Marks = append(r.Marks, changeMarks(whole)...)
	slices.SortStableFunc(r.Marks, func(a, b Mark) int { return a.At - b.At })
	return r
}

// changeMarks are the changes of settings as the timeline shows them.
func changeMarks(s *state.State) []Mark {
	var out []Mark
	for _, c := range s.ChangesInForce() {
		words := s.ChangeText(c)
		if c.Undo {
			words += ", taken back"
		}
		out = append(out, Mark{c.Step, "change", words})
	}
	return out
}
