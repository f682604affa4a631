package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reta/server/run"
	"reta/shared/event"
)

// Run is what the log of a run says, with the settings and circumstances that its folder keeps beside it.
type Run struct {
	Hello  event.Hello
	Start  *Stage // before the first step; nil in logs that have none
	Ends   []Stage
	Torn   string // what of the log could not be read, "" when nothing
	Result *event.Result
	// Changes are the settings changed while the run went on, in the order of their effect.
	Changes []event.Change `json:",omitempty"`
	// Trials are those of the last evaluation, nil without one.
	Trials *event.Trials

	given       string        // path as it was given
	path        string        // of the log
	name        string        // of the folder or file
	unlogged    []event.Event // of the last evaluation, where there is no log of it
	config      *run.Config
	evaluation  *run.Evaluation // the last, nil without one
	meta        run.Meta
	warnings    []string
	began       int64 // first line of the log, milliseconds since 1970
	losses      []event.Point
	teachers    []event.TrainPoint
	curves      map[int][]event.CurvePoint // by place in Trials.List
	confusions  map[int]event.Confusion    // by the first of the trials
	mistakes    map[int]event.Mistakes     // by the first of the trials
	first, last map[event.Item]event.Entry // pictures of a block of synthetic images
}

// read are the kinds of events that a report is made of. Pictures are read when they are shown.
var read = []event.Kind{event.KindHello, event.KindLog, event.KindMetrics, event.KindSqueeze, event.KindStart, event.KindStageEnd, event.KindDiagnosis, event.KindResult,
	event.KindChange, event.KindSettings, event.KindTrials, event.KindCurve, event.KindConfusion, event.KindMistakes}

// Read reads a run folder, a recording alone, or what server evaluate wrote beside images of a folder. A run that is still going
// on, or that was interrupted, is reported as far as it came; before the end of its first stage and its first evaluation there is
// nothing to report, which is an error.
func Read(path string) (*Run, error) {
	r := newRun()
	r.given, r.path, r.name = path, path, strings.TrimSuffix(filepath.Base(path), ".reta")
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		r.path = filepath.Join(path, "events.reta")
		err = r.folder(path)
	}
	if err == nil {
		err = r.log()
	}
	if errors.Is(err, fs.ErrNotExist) && r.Trials != nil { // of images that are no run's
		err, r.path = nil, ""
	}
	if err != nil {
		return nil, fmt.Errorf("report: %w: want the folder of a run, or a recording", err)
	}
	if len(r.Ends) == 0 && len(r.rows()) == 0 {
		return nil, fmt.Errorf("report: %s: no stage of this run has ended and no student is trained: let it get there, and give it again", path)
	}
	return r, nil
}

// newRun is a run of which nothing was read.
func newRun() *Run {
	return &Run{curves: map[int][]event.CurvePoint{}, confusions: map[int]event.Confusion{}, mistakes: map[int]event.Mistakes{},
		first: map[event.Item]event.Entry{}, last: map[event.Item]event.Entry{}}
}

// folder reads what a run keeps beside its log, where it is there.
func (r *Run) folder(path string) error {
	if abs, err := filepath.Abs(path); err == nil {
		r.name = filepath.Base(abs)
	}
	config, err := run.ReadFolder(path)
	switch {
	case err == nil:
		r.config = &config
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if r.meta, err = run.ReadMeta(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	e, err := run.ReadEvaluation(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	r.take(e)
	return nil
}

// take takes in an evaluation.
func (r *Run) take(e *run.Evaluation) {
	if r.evaluation = e; len(r.meta.Teachers) == 0 {
		r.meta.Teachers = e.Teachers
	}
	r.Hello = event.Hello{Build: e.Program, Dataset: e.Dataset, Device: e.Device}
	r.unlogged = e.Events()
	for _, x := range r.unlogged {
		r.add(x, nil)
	}
}

// trained are the students of the last evaluation, with all settings of their training.
func (r *Run) trained() []run.EvaluatedStudent {
	if r.evaluation == nil {
		return nil
	}
	return r.evaluation.Students
}

// log reads the events in order.
func (r *Run) log() error {
	return r.recording(func(c *event.Recording) error {
		if n := c.Cut(); n > 0 {
			r.Torn = fmt.Sprintf("the log is torn: its last %d bytes cannot be read, what comes before is whole", n)
		}
		stages, damaged := map[int]*Stage{}, 0
		for _, entry := range c.Index().Entries() {
			switch entry.Kind {
			case event.KindImages:
				r.picture(entry)
			case event.KindTrials:
				r.unlogged = nil
			}
			if !slices.Contains(read, entry.Kind) {
				continue
			}
			m, err := c.Read(entry)
			switch {
			case errors.Is(err, event.ErrTorn):
				damaged++
			case err != nil && !errors.Is(err, event.ErrUnknownKind):
				return err
			case err == nil:
				r.add(m.Event, stages)
			}
		}
		if damaged > 0 {
			r.Torn = fmt.Sprintf("%s of the log damaged and left out", event.Counted(damaged, "record"))
		}
		r.close(stages)
		return nil
	})
}

// recording opens the log for as long as use takes.
func (r *Run) recording(use func(*event.Recording) error) error {
	if r.path == "" {
		return nil // there is none
	}
	file, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is a special file", r.path)
	}
	c, err := event.OpenRecording(file, info.Size())
	if err == nil {
		err = use(c)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	return nil
}

// picture remembers where the first and the last images of a block are. A resumed run may have made the first again.
func (r *Run) picture(e event.Entry) {
	if was, there := r.first[e.Item()]; !there || e.Step <= was.Step {
		r.first[e.Item()] = e
	}
	r.last[e.Item()] = e
}

// add takes one event in. What a resumed run did again takes the place of the old.
func (r *Run) add(e event.Event, stages map[int]*Stage) {
	at := func(index int) *Stage {
		if stages[index] == nil {
			stages[index] = &Stage{Index: index, groups: map[int]group{}}
		}
		return stages[index]
	}
	switch e := e.(type) {
	case event.Hello:
		r.Hello = e
	case event.Log:
		r.began = cmp.Or(r.began, e.Unix)
		if e.Level != event.Info && !slices.Contains(r.warnings, e.Text) {
			r.warnings = append(r.warnings, e.Text)
		}
	case event.Result:
		r.Result = &e
	case event.Metrics:
		for _, p := range e.Points {
			r.losses = append(cutAt(r.losses, p.Step, func(p event.Point) int { return p.Step }), p)
		}
	case event.Squeeze:
		for _, p := range e.Points {
			r.teachers = append(r.teachers, p)
		}
	case event.Change: // a continued run emits its changes again
		if e.ID <= len(r.Changes)+1 {
			r.Changes = append(r.Changes[:e.ID-1], e)
		}
	case event.Settings:
		r.Changes = r.Changes[:min(len(r.Changes), e.Changes)]
	case event.Start:
		at(start).groups[e.Shape.First] = group{e.End, e.Shape}
	case event.StageEnd: // its diagnosis follows at once, and says which group it is
		s := at(e.Stage)
		s.groups[-1] = group{end: e}
	case event.Diagnosis:
		s := at(e.Stage)
		s.groups[e.First] = group{s.groups[-1].end, e}
		delete(s.groups, -1)
	case event.Trials:
		r.trials(e)
	case event.Curve:
		r.curves[e.Trial] = e.Points
	case event.Confusion:
		if r.confusions[e.Trial] = e; len(e.Total) == 0 { // of an earlier evaluation
			delete(r.confusions, e.Trial)
			delete(r.mistakes, e.Trial)
		}
	case event.Mistakes:
		r.mistakes[e.Trial] = e
	}
}

// cutAt is points up to a step: those from there on were made again. Groups of classes each count their steps from 0: the last
// group's remain.
func cutAt[P any](points []P, step int, of func(P) int) []P {
	n := len(points)
	for n > 0 && of(points[n-1]) >= step {
		n--
	}
	return points[:n]
}
