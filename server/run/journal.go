package run

import (
	"context"
	"errors"

	"reta/compute/distill"
	"reta/shared/event"
)

// journal is the run's event log. Pictures are thinned to about twenty sets a
// run, so that the log stays small; all else is kept.
type journal struct {
	file  *event.LogFile
	every int            // steps between sets of pictures
	last  map[[2]int]int // step of the last kept picture by kind and class
	err   error
}

func openJournal(path string, steps int) (*journal, error) {
	file, err := event.OpenLog(path)
	if err != nil {
		return nil, err
	}
	return &journal{file: file, every: max(1, steps/20), last: map[[2]int]int{}}, nil
}

func (j *journal) add(e event.Event) {
	if j == nil || j.err != nil {
		return
	}
	switch e := e.(type) {
	case event.Status:
		if e.State == event.Recovering || e.State == event.Squeezing || e.State == event.Loading {
			return
		}
	case event.Images:
		if !j.due(int(e.Kind()), e.Class, e.Step) {
			return
		}
	case event.Cloud:
		if !j.due(int(e.Kind()), e.Class, e.Step) {
			return
		}
	}
	j.err = j.file.Append(e)
}

// due tells whether a picture of a class is to be kept.
func (j *journal) due(kind, class, step int) bool {
	key := [2]int{kind, class}
	if last, seen := j.last[key]; seen && step > last && step-last < j.every {
		return false
	}
	j.last[key] = step
	return true
}

func (j *journal) close() error { return errors.Join(j.err, j.file.Close()) }

// resumable tells whether a run that ended with err can be continued.
func resumable(err error) bool {
	return errors.Is(err, distill.ErrStop) || errors.Is(err, context.Canceled)
}
