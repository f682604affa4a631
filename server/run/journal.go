package run

import "reta/shared/event"

// journal is the run's event log. Pictures are thinned to about twenty sets a
// run, so that the log stays small; all else is kept.
type journal struct {
	file  *event.LogFile
	every int            // steps between sets of pictures
	last  map[[2]int]int // step of the last kept picture by kind and class
}

func openJournal(path string, steps int) (*journal, error) {
	file, err := event.OpenLog(path)
	if err != nil {
		return nil, err
	}
	return &journal{file: file, every: max(1, steps/20), last: map[[2]int]int{}}, nil
}

// add appends what is worth keeping.
func (j *journal) add(e event.Event) error {
	switch e := e.(type) {
	case event.Status:
		if e.State == event.Recovering || e.State == event.Squeezing || e.State == event.Loading {
			return nil
		}
	case event.Images:
		if !j.due(int(e.Kind()), e.Class, e.Step) {
			return nil
		}
	case event.Cloud:
		if !j.due(int(e.Kind()), e.Class, e.Step) {
			return nil
		}
	}
	return j.file.Append(e)
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

func (j *journal) close() error { return j.file.Close() }
