package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image/png"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"reta/shared/event"
)

// Board turns the events that a run's log keeps into TensorBoard's event files: losses, learning rate, kappa and spread as
// scalars by step, the synthetic images of each class at the ends of stages, and each trial's accuracy and loss by epoch as
// a run of its own in TensorBoard, so that trials are drawn over each other.
type Board struct {
	run    string
	put    func(name string, data []byte) error
	files  map[string]bool             // that were begun
	images map[event.Item]event.Images // the newest, until their stage ends
	epochs map[int]int                 // of each trial that were written
	state  *Run                        // stages and trials so far
	stages map[int]*Stage
	file   string
}

// NewBoard is a board for the run of a name. put appends to a file whose name, with slashes, is relative to TensorBoard's
// log folder; its error is returned by Add.
func NewBoard(run string, put func(name string, data []byte) error) *Board {
	return &Board{run: boardName(run), put: put, files: map[string]bool{}, images: map[event.Item]event.Images{}, epochs: map[int]int{},
		state: newRun(), stages: map[int]*Stage{}}
}

// Bounds of a board's pictures.
const (
	boardClasses = 100
	boardImages  = 10 // of a class
	boardSide    = 112
)

// Add takes the next event, which happened at a time.
func (b *Board) Add(e event.Event, at time.Time) error {
	switch e := e.(type) {
	case event.Images:
		if e.Class < boardClasses && e.First < boardImages {
			b.images[event.ItemOf(e)] = e
		}
		return nil
	case event.Trials:
		if was := b.state.Trials; was != nil {
			for i := range was.List {
				if i >= len(e.List) || !was.List[i].Same(e.List[i]) {
					delete(b.epochs, i)
				}
			}
		}
	}
	b.state.add(e, b.stages)
	switch e := e.(type) {
	case event.Metrics:
		return b.metrics(e, at)
	case event.Squeeze:
		return b.squeeze(e, at)
	case event.Start:
		return b.stageEnd(start, at)
	case event.Diagnosis:
		return b.stageEnd(e.Stage, at)
	case event.Curve:
		return b.curve(e, at)
	}
	return nil
}

func (b *Board) metrics(e event.Metrics, at time.Time) error {
	var out []byte
	for _, p := range e.Points {
		out = appendSummary(out, at, p.Step, scalars("loss/CE", p.CE, "loss/L_BN", p.BN, "loss/L_topo", p.Topo, "loss/total", p.Total, "learning rate", p.LR))
	}
	return b.write("", at, out)
}

func (b *Board) squeeze(e event.Squeeze, at time.Time) error {
	var out []byte
	for _, p := range e.Points {
		out = appendSummary(out, at, p.Step, scalars("teacher/loss", p.Loss, "teacher/accuracy", p.Accuracy, "teacher/learning rate", p.LR))
	}
	return b.write("", at, out)
}

// stageEnd writes the means over the groups that have come so far, and the images of the stage's last pictures.
func (b *Board) stageEnd(stage int, at time.Time) error {
	s := *b.stages[stage]
	s.Mean, s.Classes = Means{}, nil
	s.average()
	values := scalars("stage/CE", s.Mean.CE, "stage/L_BN", s.Mean.BN)
	if s.Mean.Pairs > 0 {
		values = append(values, scalars("stage/kappa", s.KappaTotal(), "stage/kappa H1", s.Mean.Kappa[1], "stage/spread", s.Mean.SpreadBefore)...)
	}
	out := appendSummary(nil, at, s.Step, values)
	byClass := map[int][]event.Images{}
	for _, m := range b.images {
		byClass[m.Class] = append(byClass[m.Class], m)
	}
	clear(b.images)
	for _, class := range sortedKeys(byClass) {
		blocks := byClass[class]
		slices.SortFunc(blocks, func(a, b event.Images) int { return cmp.Compare(a.First, b.First) })
		value, err := b.strip(class, blocks)
		if err != nil {
			return err
		}
		out = appendSummary(out, at, s.Step, value)
	}
	return b.write("", at, out)
}

// strip is the images of a class side by side.
func (b *Board) strip(class int, blocks []event.Images) ([]byte, error) {
	all := montage(blocks, boardImages, boardSide)
	if all == nil {
		return nil, nil
	}
	var data bytes.Buffer
	if err := png.Encode(&data, all); err != nil {
		return nil, err
	}
	return imageValue("images/"+className(b.state.Hello, class), all.Rect.Dx(), all.Rect.Dy(), data.Bytes()), nil
}

// curve writes a trial's epochs that are new.
func (b *Board) curve(e event.Curve, at time.Time) error {
	if b.state.Trials == nil || e.Trial >= len(b.state.Trials.List) {
		return nil // of no trial that is known
	}
	var out []byte
	for _, p := range e.Points {
		if p.Epoch > b.epochs[e.Trial] {
			out = appendSummary(out, at, p.Epoch, scalars("accuracy/top-1", p.Top1, "accuracy/top-5", p.Top5, "loss/training", p.Loss, "learning rate", p.LR))
			b.epochs[e.Trial] = p.Epoch
		}
	}
	t := b.state.Trials.List[e.Trial]
	return b.write(boardName(fmt.Sprintf("%02d-%s-%s-%s-seed%d", e.Trial, t.Student, t.Images, t.Labels, t.Seed)), at, out)
}

// write appends records to the file of the run, or of one of its trials.
func (b *Board) write(trial string, at time.Time, records []byte) error {
	if len(records) == 0 {
		return nil
	}
	if b.file == "" {
		b.file = fmt.Sprintf("events.out.tfevents.%010d.reta", max(0, at.Unix()))
	}
	name := path.Join(b.run, trial, b.file)
	if !b.files[name] {
		b.files[name] = true
		records = append(appendVersion(nil, at), records...)
	}
	return b.put(name, records)
}

// boardName is a name that a folder can have everywhere.
func boardName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, name)
	if strings.Trim(name, ".") == "" {
		return "run"
	}
	return name
}

// EventFiles is what the logs of runs hold, as TensorBoard's event files.
func EventFiles(runs []*Run) ([]File, error) {
	names := namesOf(runs)
	var list []File
	for i, r := range runs {
		b := NewBoard(names[i], func(name string, data []byte) error {
			k := slices.IndexFunc(list, func(f File) bool { return f.Name == name })
			if k < 0 {
				k, list = len(list), append(list, File{Name: name})
			}
			list[k].Data = append(list[k].Data, data...)
			return nil
		})
		at := r.began
		for _, e := range r.unlogged {
			if err := b.Add(e, time.UnixMilli(at)); err != nil {
				return nil, err
			}
		}
		err := r.recording(func(c *event.Recording) error {
			for _, entry := range c.Index().Entries() {
				if entry.Kind != event.KindImages && !slices.Contains(read, entry.Kind) {
					continue
				}
				m, err := c.Read(entry)
				if errors.Is(err, event.ErrTorn) || errors.Is(err, event.ErrUnknownKind) {
					continue
				}
				if err != nil {
					return err
				}
				if l, is := m.Event.(event.Log); is && l.Unix > 0 {
					at = l.Unix
				}
				if err := b.Add(m.Event, time.UnixMilli(at)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	return list, nil
}

// scalars is a summary of the values that are numbers, given as pairs of tag and float32 or float64.
func scalars(pairs ...any) (values []byte) {
	for i := 0; i < len(pairs); i += 2 {
		v := math.NaN()
		switch x := pairs[i+1].(type) {
		case float32:
			v = float64(x)
		case float64:
			v = x
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, scalarValue(pairs[i].(string), float32(v))...)
		}
	}
	return values
}
