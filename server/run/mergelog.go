package run

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"reta/shared/event"
)

// mergeLogs makes the log of a merged recovery: the shards' one behind the other, as one process would have written it group by
// group, with a line that says where each was made. What stands for the run as a whole is made anew.
func mergeLogs(out string, f *Folder, pieces []piece, emit func(event.Event)) error {
	log, err := event.OpenLog(f.File("events.reta"))
	if err != nil {
		return err
	}
	defer log.Close()
	all, known, hello, changes := event.Result{Path: filepath.Join(out, "export")}, 0, false, 0
	for _, p := range pieces {
		share, introduced, result := float32(p.classes), false, (*event.Result)(nil)
		whole, err := readEvents(p.path, func(e event.Event) error {
			switch e := e.(type) {
			case event.Hello: // again wherever the shard was continued
				if !hello {
					hello = true
					e.Run = out
					if err := log.Append(e); err != nil {
						return err
					}
				}
				if introduced {
					return nil
				}
				introduced = true
				return log.Append(event.Log{Text: fmt.Sprintf("%v: version %s on %s, driver %s: what follows is its log", p, p.meta.Version, p.meta.Device, p.meta.Driver)})
			case event.Status:
				return nil
			case event.Change: // every shard begins with those before it
				if e.ID <= changes {
					return nil
				}
				changes = e.ID
			case event.Result:
				result = &e
				return nil
			}
			return log.Append(e)
		})
		if err != nil {
			return err
		}
		all.Images += p.classes * p.config.Recipe.IPC
		if !whole || result == nil {
			warnf(emit, "merge: %v has no whole log: what it lacks, the merged one lacks too", p)
			continue
		}
		known += p.classes
		all.CEBefore, all.CEAfter = all.CEBefore+share*result.CEBefore, all.CEAfter+share*result.CEAfter
		all.BNBefore, all.BNAfter = all.BNBefore+share*result.BNBefore, all.BNAfter+share*result.BNAfter
		all.Seconds += result.Seconds
	}
	if n := float32(known); known > 0 {
		all.CEBefore, all.CEAfter, all.BNBefore, all.BNAfter = all.CEBefore/n, all.CEAfter/n, all.BNBefore/n, all.BNAfter/n
	}
	what := fmt.Sprintf("merged of %s", event.Counted(len(pieces), "shard"))
	end := event.Status{State: event.Done, Text: what + ": distilled images are in " + all.Path, Phase: string(Recover), Done: 1, Total: 1, Step: f.Config.Recipe.Steps}
	if f.Config.last() != Recover {
		end.State, end.Text = event.Paused, what+"; continue with --resume "+out
	}
	for _, e := range []event.Event{event.Log{Text: "merge: " + end.Text}, all, end} {
		if err := log.Append(e); err != nil {
			return err
		}
	}
	return log.Close()
}

// readEvents gives f the events of a run's log in order, but for those of kinds that this version does not know. It reports
// whether there is a log, and all of it could be read.
func readEvents(folder string, f func(event.Event) error) (whole bool, err error) {
	file, err := os.Open(filepath.Join(folder, "events.reta"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	recording, err := event.OpenRecording(file, info.Size())
	if err != nil {
		return false, nil // no recording: the run is worth more than its log
	}
	whole = recording.Cut() == 0
	for _, entry := range recording.Index().Entries() {
		m, err := recording.Read(entry)
		if errors.Is(err, event.ErrUnknownKind) {
			continue
		}
		if err != nil {
			whole = false
			continue
		}
		if err := f(m.Event); err != nil {
			return whole, err
		}
	}
	return whole, nil
}

// addLogs adds to the log of a run what the shards' logs have of what was made of its images: their lines, views with soft labels
// of the first shard, and, of an evaluation, all trainings as they ended, given as events, with the confusion of the classes
// summed over the shards. The images most often wrong are kept of trainings that one shard has made all of.
func addLogs(f *Folder, pieces []piece, made []event.Event, emit func(event.Event)) error {
	log, err := event.OpenLog(f.File("events.reta"))
	if err != nil {
		return err
	}
	defer log.Close()
	phase := pieces[0].config.Shard.Phase
	if phase == Evaluate {
		made = append(emptied(log.Index()), made...)
	}
	answers := confusions{}
	for i, p := range pieces {
		if err := log.Append(event.Log{Text: fmt.Sprintf("%v: version %s on %s, driver %s: what follows is its log", p, p.meta.Version, p.meta.Device, p.meta.Driver)}); err != nil {
			return err
		}
		mine := confusions{}
		whole, err := readEvents(p.path, func(e event.Event) error {
			switch e := e.(type) {
			case event.Log:
				return log.Append(e)
			case event.Views:
				if i == 0 || phase == Evaluate {
					return log.Append(e)
				}
			case event.Confusion:
				mine.set(e)
			case event.Mistakes:
				mine.wrong(e)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if !whole {
			warnf(emit, "merge: %v has no whole log: what it lacks, the merged one lacks too", p)
		}
		answers.add(mine)
	}
	text := map[Phase]string{Relabel: "labels are in " + f.File("labels"), Evaluate: "the results are in " + f.File(EvaluationFile)}[phase]
	text = fmt.Sprintf("merged of %s: %s", event.Counted(len(pieces), "shard"), text)
	made = append(made, answers.events()...)
	made = append(made, event.Log{Text: "merge: " + text}, event.Status{State: event.Done, Text: text, Phase: string(phase), Done: 1, Total: 1})
	for _, e := range made {
		if err := log.Append(e); err != nil {
			return err
		}
	}
	return log.Close()
}

// confusions are the answers at the last tests, by the first of the trials that differ in their seed only.
type confusions map[int]*answered

type answered struct {
	confusion event.Confusion
	mistakes  *event.Mistakes
	shards    int
}

func (c confusions) of(trial int) *answered {
	if c[trial] == nil {
		c[trial] = &answered{}
	}
	return c[trial]
}

// set and wrong take the newest of one shard.
func (c confusions) set(e event.Confusion)  { c.of(e.Trial).confusion = e }
func (c confusions) wrong(e event.Mistakes) { c.of(e.Trial).mistakes = &e }

// add takes in what another shard has.
func (c confusions) add(other confusions) {
	for trial, o := range other {
		a := c.of(trial)
		a.shards++
		a.mistakes = o.mistakes
		if a.shards == 1 {
			a.confusion = o.confusion
			continue
		}
		a.confusion.Trials += o.confusion.Trials
		for _, sum := range []struct{ to, from []uint32 }{
			{a.confusion.Correct, o.confusion.Correct}, {a.confusion.Total, o.confusion.Total}, {a.confusion.Counts, o.confusion.Counts},
		} {
			for i := range min(len(sum.to), len(sum.from)) {
				sum.to[i] += sum.from[i]
			}
		}
	}
}

func (c confusions) events() (list []event.Event) {
	for _, trial := range slices.Sorted(maps.Keys(c)) {
		list = append(list, c[trial].confusion)
		if a := c[trial]; a.shards == 1 && a.mistakes != nil {
			list = append(list, *a.mistakes)
		}
	}
	return list
}
