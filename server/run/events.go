package run

import (
	"errors"
	"fmt"
	"time"

	"reta/compute/observe"
	"reta/shared/event"
	"reta/shared/wholefile"
)

// openLog opens the run's log, unless there is to be none. Whoever opens closes it.
func (r *Run) openLog() (err error) {
	if r.NoLog {
		return nil
	}
	file := r.Folder.File("events.reta")
	r.log, err = openJournal(file, r.Config.Recipe.Steps, r.setBytes())
	if errors.Is(err, event.ErrHeader) { // not worth the run
		r.damagedLog = file + ".damaged"
		if err = wholefile.Rename(file, r.damagedLog); err == nil {
			r.log, err = openJournal(file, r.Config.Recipe.Steps, r.setBytes())
		}
	}
	if err != nil {
		return err
	}
	r.log.also = r.Kept
	if r.Record != nil {
		r.Record(file)
	}
	return nil
}

// setBytes is the size of one set of pictures of all classes at their final
// size.
func (r *Run) setBytes() int64 {
	return int64(len(r.Set.Classes)) * int64(r.Config.Recipe.IPC) * int64(r.Set.Size) * int64(r.Set.Size) * 3
}

// recall emits to viewers, not to the log, what came of the run before it was interrupted: its losses, stages and last pictures.
func (r *Run) recall() error {
	if r.Recall == nil || r.log == nil {
		return nil
	}
	before := event.NewRecording(r.log.file, r.log.file.Index())
	for _, e := range before.Index().At(before.Index().Last()) {
		switch e.Kind {
		case event.KindHello, event.KindStatus, event.KindLog, event.KindResult, event.KindSettings, event.KindChange:
			continue // sent anew
		}
		m, err := before.Read(e)
		if errors.Is(err, event.ErrUnknownKind) {
			continue
		}
		if err != nil {
			return err
		}
		r.Recall(m.Event)
	}
	return nil
}

// emit sends an event everywhere. A log that cannot be written is warned of once: the run continues.
func (r *Run) emit(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e2 := e.(type) {
	case event.Log:
		if e2.Unix == 0 {
			e2.Unix = time.Now().UnixMilli()
			e = e2
		}
	case event.Status:
		if e2.State == event.Recovering || e2.State == event.Squeezing {
			r.last = e2
			if r.paused { // of a single step
				e = asPaused(e2)
			}
		}
	}
	err := r.log.add(e)
	if r.Emit == nil {
		return
	}
	r.Emit(e)
	if err != nil && !r.logWriteFailed {
		r.logWriteFailed = true
		r.Emit(event.Log{Level: event.Warning, Text: fmt.Sprintf("%v: the run continues; its log has gaps", err), Unix: time.Now().UnixMilli()})
	}
}

// wants reports whether a viewer sees a picture or the log keeps it.
func (r *Run) wants(p observe.Picture) bool {
	r.mu.Lock()
	kept := r.log != nil && r.log.wants(p)
	r.mu.Unlock()
	return kept || r.Watched != nil && r.Watched(p.Topic, p.Class)
}

// setPaused reports that the run was paused, or goes on.
func (r *Run) setPaused(paused bool) {
	r.mu.Lock()
	s := r.last
	r.paused = paused
	r.mu.Unlock()
	if s.State != "" {
		r.emit(s)
	}
}

// asPaused is the status of a run that was paused where s was.
func asPaused(s event.Status) event.Status {
	s.State, s.Text, s.StepsPerSecond, s.ETASeconds = event.Paused, "paused", 0, 0
	return s
}

func (r *Run) say(format string, args ...any) { r.emit(event.Log{Text: fmt.Sprintf(format, args...)}) }

func (r *Run) warn(format string, args ...any) {
	r.emit(event.Log{Level: event.Warning, Text: fmt.Sprintf(format, args...)})
}
