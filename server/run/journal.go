package run

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"reta/compute/observe"
	"reta/shared/event"
)

// Bounds of the pictures of a run that its log keeps.
const (
	pictureBytes = 256 << 20
	leastSets    = 20 // though they take more than pictureBytes
	mostSets     = 200
)

// journal is the run's event log. Of the pictures (images and clouds) it keeps as many sets as fit in pictureBytes,
// leastSets to mostSets spread evenly over the steps, and of each stage the first and the last that the engine sent.
// Of an evaluation it keeps the curves at intervals and as they end. All else is kept but the progress within a stage.
type journal struct {
	file  *event.LogFile
	every int // steps between sets of pictures
	kept  map[event.Item]seen
	held  map[event.Item]event.Event // newest picture, while it is not kept: it may be its stage's last
	also  func(event.Event)          // receives what is kept; nil: nobody
	// Curves hold all of a trial so far, and grow several times a second: when each was kept last; mistakes of a set are pictures.
	curves map[event.Item]time.Time
}

// curveEvery is the least time between two states of a curve, of the list of trials, or of mistakes, that are kept, but for the last.
const curveEvery = 20 * time.Second

// seen is where a picture was.
type seen struct{ stage, step int }

// openJournal opens the log of a run of so many steps, whose pictures of all classes together take setBytes.
func openJournal(path string, steps int, setBytes int64) (*journal, error) {
	file, err := event.OpenLog(path)
	if err != nil {
		return nil, err
	}
	sets := min(max(pictureBytes/max(1, setBytes), leastSets), mostSets)
	return &journal{file: file, every: max(1, steps/int(sets)), kept: map[event.Item]seen{}, held: map[event.Item]event.Event{}, curves: map[event.Item]time.Time{}}, nil
}

// passing are the states whose progress is not kept.
var passing = []event.State{event.Loading, event.Squeezing, event.Recovering, event.Relabelling, event.Evaluating}

// add appends what is worth keeping. No journal, as of a run without log, keeps nothing.
func (j *journal) add(e event.Event) error {
	if j == nil {
		return nil
	}
	switch e := e.(type) {
	case event.Status:
		if slices.Contains(passing, e.State) {
			return nil
		}
	case event.Images:
		if !j.due(e, seen{e.Stage, e.Step}) {
			return nil
		}
	case event.Cloud:
		if !j.due(e, seen{e.Stage, e.Step}) {
			return nil
		}
	case event.Curve, event.Trials, event.Mistakes:
		item := event.ItemOf(e)
		if time.Since(j.curves[item]) < curveEvery {
			j.held[item] = e
			return nil
		}
		if !empty(e) {
			j.curves[item] = time.Now()
		}
		delete(j.held, item)
	case event.Confusion: // with the curves that led there; pictures wait
		if err := j.keepHeld(event.KindCurve, event.KindTrials); err != nil {
			return err
		}
	case event.StageEnd, event.Result:
		if err := j.keepHeld(); err != nil {
			return err
		}
	}
	return j.append(e)
}

// empty reports whether an event says that nothing is known of its item any more.
func empty(e event.Event) bool {
	switch e := e.(type) {
	case event.Curve:
		return len(e.Points) == 0
	case event.Mistakes:
		return e.Len() == 0
	}
	return false
}

// append writes an event to the file.
func (j *journal) append(e event.Event) error {
	err := j.file.Append(e)
	if err == nil && j.also != nil {
		j.also(e)
	}
	return err
}

// wants reports whether a picture would be kept: all that is no set of images or feature spaces is, and of those the ones that
// a stage begins and ends with and one every so many steps.
func (j *journal) wants(p observe.Picture) bool {
	kind := map[event.Topic]event.Kind{event.TopicImages: event.KindImages, event.TopicCloud: event.KindCloud}[p.Topic]
	if kind == 0 || p.Edge {
		return true
	}
	last, before := j.kept[event.Item{Kind: kind, Class: p.Class}]
	return !before || last.stage != p.Stage || p.Step < last.step || p.Step-last.step >= j.every
}

// due reports whether a picture is to be kept now; else it is held, unless it is the one kept last.
func (j *journal) due(e event.Event, at seen) bool {
	item := event.ItemOf(e)
	last, before := j.kept[item]
	if before && last == at {
		return false
	}
	if before && last.stage == at.stage && at.step > last.step && at.step-last.step < j.every {
		j.held[item] = e
		return false
	}
	j.kept[item] = at
	delete(j.held, item)
	return true
}

// keepHeld appends what is held back of some kinds, or of all: pictures as the last of their stage.
func (j *journal) keepHeld(kinds ...event.Kind) error {
	var last []event.Event
	for item, e := range j.held {
		if len(kinds) == 0 || slices.Contains(kinds, item.Kind) {
			last = append(last, e)
			delete(j.held, item)
		}
	}
	slices.SortFunc(last, func(a, b event.Event) int {
		x, y := event.ItemOf(a), event.ItemOf(b)
		return cmp.Or(event.Step(a)-event.Step(b), int(x.Kind)-int(y.Kind), x.Class-y.Class, x.Part-y.Part)
	})
	for _, e := range last {
		if err := j.append(e); err != nil {
			return err
		}
	}
	return nil
}

// cut is the number of bytes lost at the end of the log that was there.
func (j *journal) cut() int64 {
	if j == nil {
		return 0
	}
	return j.file.Cut()
}

// close keeps the last pictures and closes the log.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.keepHeld(), j.file.Close())
}
